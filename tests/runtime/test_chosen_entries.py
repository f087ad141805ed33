"""Lists and tuples whose entries are read and written at places that only a run knows, by jit and in derivatives."""

import numpy as np
import pytest

import s2s
from s2s.runtime.errors import ConcretizationError

X = np.array([1.0, -2.0, 0.5, 3.0])
U = np.array([0.3, 0.2, -0.5, 0.1])


def read_tuple(x):
    pairs = ((x[0], x[1]), (x[1], x[2]), (x[2], x[0]), (x[3], x[3]))
    p, q = pairs[int(np.argmin(x))]
    return p * q + (x[0], 2.0)[int(x[0] > x[1])]


def pivots(x):
    n = 3
    perm = list(range(n))
    y = x.copy()
    for k in range(n):
        p = k + int(np.argmax(np.abs(y[k:n])))
        y[k], y[p] = y[p], y[k]
        perm[k], perm[p] = perm[p], perm[k]
    w = np.zeros(n)
    for i in range(n):
        w[i] = x[perm[i]] * (i + 1)
    return (w**2) @ y[:n]


def rows_are_arrays(x):
    rows = [x * 1.0, x * 2.0, np.sin(x)]
    r = rows[int(np.argmin(x)) % 3]
    rows[0][1] = 7.0
    r[0] = 5.0 * x[1]
    rows[2][2] = x[0] * x[1]
    return (rows[0] + rows[1] * 2 + rows[2] * 3 + r * r).sum()


def heap_in_while(x):
    heap = [x[0], x[1], x[2], x[3]]
    i = 0
    while i < 3:
        j = int(np.argmax(np.array(heap)))
        heap[j] = heap[j] * 0.5
        i += 1
    heap[int(np.argmin(np.array(heap)))] += x[0]
    return sum(h * h for h in heap)


def extremes_of_tuples(x):
    v, i = min((x[k], k) for k in range(3))
    w, j = max((x[0] * x[0], 0), (x[1] * x[1], 1))
    items = []
    for k in range(3):
        items.append((np.sin(x[k]), k))
    u, k = max(items)
    return v * x[i] + w * x[j] + u * x[k]


def sorted_tuples(x):
    return sorted([(x[0], x[1]), (x[2], x[0])])[0][1] * x[0]


def differences(f):
    h = 1e-6
    return (f(X + h * U) - f(X - h * U)) / (2 * h)


PROGRAMS = [read_tuple, pivots, rows_are_arrays, heap_in_while, extremes_of_tuples, sorted_tuples]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_as_numpy_and_differences_have_it(f):
    slope = differences(f)
    value, x_bar = s2s.jit(s2s.value_and_grad(f))(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-12)
    np.testing.assert_allclose(x_bar @ U, slope, rtol=1e-6)
    np.testing.assert_allclose(s2s.jvp(f, (X,), (U,))[1], slope, rtol=1e-6)


def test_the_function_itself():
    def f(x):
        return read_tuple(x) + heap_in_while(x), rows_are_arrays(x)

    np.testing.assert_allclose(s2s.jit(f)(X), f(X), rtol=1e-12)


def test_negative_places_count_from_the_end():
    def f(x):
        xs = [x[0], x[1], x[2]]
        xs[-int(np.argmax(x)) - 1] = 9.0
        return xs[-1 - int(np.argmax(x))] + xs[0] * x[1]

    for x in (np.array([3.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0])):
        np.testing.assert_allclose(s2s.jit(f)(x), f(x))


def test_entries_that_differ_are_refused_by_name():
    def f(x):
        return [x, x[:2]][int(np.argmin(x))]

    with pytest.raises(ConcretizationError, match="index into a list"):
        s2s.jit(f)(X)


def test_rows_that_order_differently_are_taken_one_by_one():
    def f(x):
        return sorted([x[0], x[1], x[2]])[0] * 2 + max(x[0], x[1], key=abs)

    batch = np.stack([X, X[::-1]])
    with pytest.warns(UserWarning, match="the order of these depends on a batched value"):
        got = s2s.vmap(f)(batch)
    np.testing.assert_allclose(got, [f(x) for x in batch])


def test_folds_of_lists_of_unknown_length():
    def f(x):
        t, ts = 0.0, []
        while t < 1.0:
            t = t + x * 0.3
            ts.append(np.sin(7 * t) * x)
        return sum(ts) + max(ts) * min(ts)

    np.testing.assert_allclose(s2s.jit(f)(1.1), f(1.1))


def test_tuples_written_into_arrays():
    def f(h, c):
        a = np.zeros(5)
        a[1:4] = h[0], 2 * h[1], 3.0
        a[3:] = [h[2], c]
        a[:2] += (c, h[0])
        return a * h[0] + [c, 1.0, h[1], 2.0, 3.0]

    h, batch = np.array([1.0, -2.0, 0.5]), np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(s2s.jit(f)(h, 2.0), f(h, 2.0))
    np.testing.assert_allclose(s2s.vmap(f, in_axes=(0, None))(batch, 2.0), [f(row, 2.0) for row in batch])

    def pull(w, h, c):
        return s2s.vjp(f, h, c)[1](w)

    w = np.arange(5.0)
    for got, want in zip(s2s.jit(pull)(w, h, 2.0), pull(w, h, 2.0), strict=True):
        np.testing.assert_allclose(got, want)


def test_lengths_of_lists_where_loops_end_early():
    def f(x):
        log, ts, t = [], [], 0.0
        for _ in range(6):
            x = x * 0.8
            log.append(x**2)
            if x < 0.3:
                break
        while t < 1.0:
            t = t + x
            ts.append(t)
        return sum(log) / len(log) + len(ts)

    np.testing.assert_allclose(s2s.jit(f)(0.7), f(0.7))
