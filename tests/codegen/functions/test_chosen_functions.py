"""Variables that tests make one of several functions: in derivatives, batches and staged code."""

import numpy as np
import pytest

import s2s

X, U = np.array([0.3, 0.2, 0.1]), np.array([0.3, 0.2, -0.5])


def square(v):
    return v * v


def expressions(x):
    f = np.sin if x[0] > 0 else np.cos
    g = (lambda v: v**2) if x[1] > x[2] else (lambda v: 3 * v)
    h = min if x[2] > 0 else max
    return f(x[0]) + g(x[1]) * h(x[0], x[1])


def statements(x):
    if x[0] > 0.5:
        f = np.sin
    elif x[1] > 0.1:
        f = square
    else:
        f = lambda v: v * x[2]  # noqa: E731
    return f(x[0]) + sum(map(f, x))


def in_loop(x):
    total = 0.0
    for k in range(3):
        f = np.tanh if x[k] > 0.15 else square
        total = total + f(x[k]) * f(k * x[0])
    return total


@pytest.mark.parametrize("f", [expressions, statements, in_loop], ids=lambda f: f.__name__)
def test_all_modes(f):
    slope = (f(X + 1e-6 * U) - f(X - 1e-6 * U)) / 2e-6
    value, x_bar = s2s.jit(s2s.value_and_grad(f))(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-12)
    np.testing.assert_allclose(x_bar @ U, slope, rtol=1e-6)
    np.testing.assert_allclose(s2s.jvp(f, (X,), (U,))[1], slope, rtol=1e-6)
    np.testing.assert_allclose(s2s.vmap(f)(np.stack([X, -X])), [f(X), f(-X)], rtol=1e-12)


def test_the_function_itself():
    np.testing.assert_allclose(
        s2s.jit(lambda x: (expressions(x), statements(x)))(-X), (expressions(-X), statements(-X))
    )


def test_later_tests_are_asked_only_where_earlier_ones_fail():
    def f(x, n):
        g = np.sin if n == 0 else np.cos if 1 / n > 0.5 else np.tanh
        return g(x)

    np.testing.assert_allclose(
        [s2s.grad(f)(0.3, n) for n in (0, 1, 4)], [np.cos(0.3), -np.sin(0.3), 1 - np.tanh(0.3) ** 2]
    )
