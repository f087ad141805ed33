"""Slices at places that a loop's index says: the loop is one operation, and the numbers are those of NumPy."""

import re

import numpy as np
import pytest

import s2s

X = np.linspace(-1.0, 1.0, 24)
M = np.sin(np.arange(72.0)).reshape(6, 12)


def windows(x):
    total = 0.0
    for i in range(len(x) - 2):
        total = total + np.sum(x[i : i + 3]) ** 2
    return total


def around(x):
    total = 0.0
    for i in range(1, len(x) - 1):
        total = total + np.dot(x[i - 1 : i + 2], x[i - 1 : i + 2] * i)
    return total


def blocks(x):
    k, total = 4, 0.0
    for i in range(len(x) // k):
        total = total + np.prod(x[i * k : (i + 1) * k]) * (i + 1)
    return total


def blocks_by_their_beginning(x):
    total = 0.0
    for i in range(0, len(x), 6):
        total = total + np.sum(x[i : i + 6 : 2]) ** 2 + np.max(x[-6 - i : -i or None] if i is None else x[i : 6 + i])
    return total


def added(x):
    y = np.zeros(len(x))
    for i in range(len(x) - 2):
        y[i : i + 3] += x[i] * x[i : i + 3]
    return np.sum(y * y)


def added_around(x):
    y = x * 1.0
    for i in range(1, len(x) - 1):
        y[i - 1 : i + 2] += np.tanh(y[i])
    return np.sum(y * y)


def set_backwards(x):
    y = x * 1.0
    for i in reversed(range(2, len(x))):
        y[i - 2 : i] = y[i - 1 : i + 1] * 0.5 + x[i]
    return np.sum(y * y)


def carried(x):
    h = x[:3]
    for i in range(1, len(x) - 3):
        h = np.tanh(h) + x[i : i + 3] * h
    return np.sum(h)


def columns(m):
    out = m * 1.0
    for j in range(1, m.shape[1]):
        out[:, j] = np.tanh(out[:, j - 1]) * m[:, j]
    return np.sum(out * out)


def tiles(m):
    total = 0.0
    for i in range(m.shape[0] - 1):
        for j in range(m.shape[1] - 2):
            total = total + np.sum(m[i : i + 2, j : j + 3] * m[i + 1, j : j + 3]) ** 2
    return total


def parts_of_rows(m):
    out = np.zeros((m.shape[0], 4))
    for i in range(m.shape[0]):
        out[i, 1:3] = m[i, i : i + 2] * 2.0
    return np.sum(out**3)


CASES = [
    *[(f, X) for f in (windows, around, blocks, added, added_around, set_backwards, carried)],
    *[(f, M) for f in (columns, tiles, parts_of_rows)],
]


def shorter(x):
    return x[: len(x) - 4] if x.ndim == 1 else x[:-1]


def operations(function, *arguments):
    text = s2s.jit(function).lower(*arguments).as_text()
    return len(re.findall(r"stablehlo\.\w+", text)), text.count("stablehlo.while")


@pytest.mark.parametrize(("function", "x"), CASES, ids=lambda x: getattr(x, "__name__", ""))
def test_the_same_numbers_and_operations_whatever_the_length(function, x):
    gradient = s2s.grad(function)

    def tangent(x, u):
        return s2s.jvp(function, (x,), (u,))

    for transformed, arguments in ((function, (x,)), (gradient, (x,)), (tangent, (x, np.cos(x)))):
        found, wanted = s2s.jit(transformed)(*arguments), transformed(*arguments)
        np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-9, atol=1e-12)
        short = tuple(map(shorter, arguments))
        count, loops = operations(transformed, *arguments)
        assert loops and count == operations(transformed, *short)[0], transformed


def test_a_slice_that_counts_from_the_end_in_one_iteration_is_that_of_numpy():
    def f(x):
        total = 0.0
        for i in range(5):
            total = total + np.sum(x[i - 1 : i + 2]) + np.sum(x[i + 18 : i + 22])
        return total

    np.testing.assert_allclose(np.asarray(s2s.jit(f)(X)), f(X), rtol=1e-12)
    np.testing.assert_allclose(np.asarray(s2s.jit(s2s.grad(f))(X)), s2s.grad(f)(X), rtol=1e-12)


def test_a_place_that_nothing_is_known_of_is_refused():
    def f(x, n):
        return np.sum(x[n : n + 3])

    with pytest.raises(IndexError, match="dynamic_slice"):
        s2s.jit(f)(X, s2s.device_put(2))
