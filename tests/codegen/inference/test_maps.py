"""Dicts whose keys are known at run time only, in both modes and at second order, against finite differences."""

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError

X = np.array([0.7, -1.2, 0.4, 1.5])
U = np.array([0.3, 0.8, -0.6, 0.5])
STEP = 1e-5


def comprehension(x):
    d = {i: v * v for i, v in enumerate(x)}
    return d[2] * d[0] + d[1]


def entries_written(x):
    d = {}
    for i in range(len(x)):
        d[i] = x[i] * x[i]
    return d[2] * d[3]


def overwritten(x):
    d = {}
    for i in range(len(x)):
        d[i % 2] = x[i] * x[i] * (1.0 if i < 2 else d[i % 2])
    return d[0] * d[1]


def augmented(x):
    d = {0: x[0] * 0.0, 1: x[1] * x[2]}
    for i in range(len(x)):
        d[i % 2] += x[i] ** 3
    return d[0] * d[1]


def keys_in_loop(x):
    d = {i * 2: v * v for i, v in enumerate(x)}
    total = 0.0
    for k in d:
        total += d[k] * (k + 1.0) * d[2]
    return total


def pairs_in_loop(x):
    d = {i + 1: np.sin(v) for i, v in enumerate(x)}
    total = 1.0
    for k, v in d.items():
        total = total * (v + k)
    return total


def values_in_loop(x):
    d = {str(i): v * v for i, v in enumerate(x)}
    total = 0.0
    for v in d.values():
        total += v * v
    return total + sum(d.values()) + max(d.values())


def defaults(x):
    d = {i: v * v for i, v in enumerate(x)}
    return d.get(1, 0.0) * x[0] + d.get(9, x[3]) * x[3] + len(d)


def membership(x):
    d = {}
    for i in (0, 2, 0, 3, 2):
        if i in d:
            d[i] = d[i] * x[i]
        else:
            d[i] = x[i] * 2.0
    return d[0] + d[2] * d[3]


def set_defaults(x):
    d = {}
    for i in range(4):
        v = d.setdefault(i % 3, x[i] ** 2)
        d[i % 3] = v * x[0]
    return sum(d.values()) ** 2


def popped(x):
    d = {i: v * v for i, v in enumerate(x)}
    last = d.pop(3)
    return last * d[1] + len(d)


def sorted_keys(x):
    d = {}
    for i in (2, 0, 3, 1):
        d[i] = x[i] ** 2
    total = 0.0
    for rank, k in enumerate(sorted(d)):
        total += rank * d[k] * d[0]
    for k in list(d):
        total += d[k] ** 2
    return total


def branches(x):
    d = {"a": x[0] * x[1]}
    if x[0] > 0.0:
        d["b"] = x[2] ** 2
    return sum(d.values()) ** 2


def arrays(x):
    d = {i: x * v for i, v in enumerate(x)}
    c = d.copy()
    c[1] = x**3
    return (d[1] * c[2] + c[1]).sum()


PROGRAMS = [
    comprehension, entries_written, overwritten, augmented, keys_in_loop, pairs_in_loop, values_in_loop, defaults,
    membership, set_defaults, popped, sorted_keys, branches, arrays,
]  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_modes_agree_with_finite_differences(f):
    want = (f(X + STEP * U) - f(X - STEP * U)) / (2 * STEP)
    value, dot = s2s.jvp(f, (X,), (U,))
    assert np.allclose(value, f(X))
    assert np.allclose(dot, want, rtol=1e-6, atol=1e-7)
    gradient = s2s.grad(f)
    assert np.allclose(gradient(X) @ U, want, rtol=1e-6, atol=1e-7)
    want = (gradient(X + STEP * U) - gradient(X - STEP * U)) / (2 * STEP)
    assert np.allclose(s2s.jvp(gradient, (X,), (U,))[1], want, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("f", [comprehension, entries_written, pairs_in_loop, augmented], ids=lambda f: f.__name__)
def test_staged(f):
    assert np.allclose(s2s.jit(s2s.grad(f))(X), s2s.grad(f)(X))


def test_reverse_of_reverse():
    def slope(x):
        return s2s.grad(overwritten)(x) @ U

    want = (slope(X + STEP * U) - slope(X - STEP * U)) / (2 * STEP)
    assert np.allclose(s2s.grad(slope)(X) @ U, want, rtol=1e-6, atol=1e-7)


def test_differentiated_keys_are_refused():
    def f(x):
        d = {}
        for v in x:
            d[v] = v * v
        return sum(d.values())

    with pytest.raises(UnsupportedError, match="key.* depends on a differentiated value"):
        s2s.grad(f)(X)


def test_argument_and_result():
    def f(x):
        return {i: v * v for i, v in enumerate(x)}

    _, dots = s2s.jvp(f, (X,), (U,))
    assert list(dots) == [0, 1, 2, 3]
    assert np.allclose(list(dots.values()), 2 * X * U)
    bar = s2s.vjp(f, X)[1]({i: 1.0 for i in range(4)})[0]
    assert np.allclose(bar, 2 * X)


def extremes(items):
    low = items[0]
    for item in items[1:]:
        low = np.minimum(low, item)
    return low


def test_second_order_of_a_list_that_two_functions_take():
    def f(x):
        squares = [v * v for v in x]
        return extremes([v for v in squares]) * max(squares)

    gradient = s2s.grad(f)
    want = (gradient(X + STEP * U) - gradient(X - STEP * U)) / (2 * STEP)
    assert np.allclose(s2s.jvp(gradient, (X,), (U,))[1], want, rtol=1e-6, atol=1e-7)
