"""Plain Python that numerical programs use: slices of lists, `finally`, `itertools`, `bisect`, shared tables."""

import bisect
import itertools

import numpy as np
import pytest

import s2s

X, U = np.array([0.3, 0.2, 0.1, 0.7]), np.array([0.3, 0.2, -0.5, 0.1])
TABLE = [1.0, 2.0, 5.0]


def slices_of_lists(x):
    xs = [x[0], x[1], x[2], x[3]]
    ys = xs
    xs[1:3] = [x[3] * 2.0]
    ys[-1:] = [x[1], x[2]]
    for k in range(2):
        xs[:2] = (xs[1] * x[k], xs[0])
    ys.append(x[0] * x[1])
    return xs[0] * xs[1] + xs[-1] * len(xs)


def finally_without_handlers(x):
    total = 0.0
    try:
        for v in x:
            total = total + v * v
    finally:
        k = 3
    return total * k


def pairs_and_padding(x):
    total = sum(a * b for a, b in itertools.combinations(x, 2))
    for i, (a, b) in enumerate(itertools.zip_longest(x, x[:2], fillvalue=1.0)):
        total += (i + 1) * a * b
    return total


def table_lookup(x):
    xs = [0.0, 0.15, 0.5, 3.0]
    k = min(max(bisect.bisect_right(xs, x[0]) - 1, 0), len(xs) - 2)
    t = (x[0] - xs[k]) / (xs[k + 1] - xs[k])
    return (1 - t) * x[k] + t * x[k + 1]


@pytest.mark.parametrize(
    "f", [slices_of_lists, finally_without_handlers, pairs_and_padding, table_lookup], ids=lambda f: f.__name__
)
def test_all_modes(f):
    slope = (f(X + 1e-6 * U) - f(X - 1e-6 * U)) / 2e-6
    value, x_bar = s2s.jit(s2s.value_and_grad(f))(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-12)
    np.testing.assert_allclose(x_bar @ U, slope, rtol=1e-6)
    np.testing.assert_allclose(s2s.jvp(f, (X,), (U,))[1], slope, rtol=1e-6)
    batch = np.stack([X, X[::-1]])
    np.testing.assert_allclose(s2s.vmap(f, loop_over_batch=True)(batch), [f(row) for row in batch], rtol=1e-12)


def test_shared_lists_at_places_of_rows():
    def f(x):
        k = int(x > 0.5) + 1
        return TABLE[k] * x + (7, 8, 9)[k]

    batch = np.array([0.2, 0.7])
    np.testing.assert_allclose(s2s.vmap(f)(batch), [f(x) for x in batch])
    assert "np.array" in s2s.vmap(f).source_for(batch)


def test_lists_among_joined_arrays():
    def f(x):
        h = np.zeros(2)
        for t in range(2):
            h = np.tanh(np.concatenate([h, [x[t]], (x[1], 2.0)]))[1:3]
        return h

    batch = np.arange(9.0).reshape(3, 3)
    np.testing.assert_allclose(s2s.jit(f)(batch[1]), f(batch[1]), rtol=1e-12)
    np.testing.assert_allclose(s2s.vmap(f)(batch), [f(row) for row in batch], rtol=1e-12)


def test_tests_of_rows_that_call_functions():
    def square(v):
        return v * v

    def f(x):
        t = 1.0
        while square(x * t) > square(x) * 0.3 + 0.1 * t * x and t > 1e-3:
            t *= 0.5
        return t * x

    batch = np.array([0.2, 0.7, 1.3, 3.0])
    np.testing.assert_allclose(s2s.vmap(f)(batch), [f(x) for x in batch])


def test_slices_with_other_bounds_are_refused():
    def f(x, a):
        xs = [x, x * x, 1.0]
        xs[a:2] = [x]
        return sum(xs)

    with pytest.raises(s2s.codegen.diagnostics.UnsupportedError, match="writing a slice of a list"):
        s2s.grad(f)(1.0, 1)
