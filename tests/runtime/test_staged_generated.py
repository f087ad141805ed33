"""Staged derivatives of programs that were found by generating them."""

import numpy as np

import s2s

V = np.array([0.4, -0.7, 1.1, 0.3])
U = np.array([0.3, -1.2, 0.5, 0.9])


def same(function, *xs):
    """Staged gradients are the eager ones, which agree with forward mode."""
    gradient = s2s.grad(function, argnums=(0, 1))
    compiled = s2s.jit(gradient)
    for x in xs:
        (x_bar, v_bar), found = gradient(x, V), compiled(x, V)
        for want, got in zip((x_bar, v_bar), found, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)
        dot = s2s.jvp(function, (x, V), (0.7, U))[1]
        np.testing.assert_allclose(x_bar * 0.7 + np.sum(v_bar * U), dot, rtol=1e-9)


def power(a, n):
    if n == 0:
        return 1.0
    return a * power(a, n - 1)


def scale_in_place(a, s):
    for i in range(len(a)):
        a[i] = a[i] * s + 0.1 * i


def test_entries_of_a_loop_that_returns_are_not_all_alike():
    def f(x, v):
        n = 0
        while n < 3:
            n = n + 1
            x = np.tanh(x + power(x, 2))
            for e in v:
                if x > 0.9:
                    return x * 0.5 + np.sum(v)
                x = np.sin(x + e)
        return x

    same(f, 0.2, 3.0)


def test_a_result_is_not_set_in_the_first_entry():
    def f(x, v):
        n = 0
        y = np.sum(v)
        while n < 3:
            n = n + 1
            if y < 0.6:
                break
            y = np.tanh(np.mean(v) * x)
            if y > 0.1:
                return x * 0.5 + np.sum(v)
        return x * y

    same(f, 0.2, 3.0)


def test_an_adjoint_list_meets_the_one_of_a_way_that_returned():
    def f(x, v):
        parts = [e * x for e in v]
        for e in v:
            if e > 0.5:
                return e * 0.5 + np.sum(v) * x
            x = np.tanh(x + parts[0])
        return sum(parts) * x

    same(f, 0.2)


def test_constants_are_written_in_place_by_another_function():
    def f(x, v):
        b = np.full(4, 0.5)
        if x > 0.0:
            scale_in_place(b, 0.7)
        return np.sum(b * v) * x

    same(f, 0.2, -0.2)


def test_arrays_of_numbers_and_constants():
    def f(x, v):
        b = np.array([x, v[0], 0.5, x])
        b[0], b[2] = b[2] * 0.9, b[0]
        return np.sum(b * v) + np.sum(np.array([[x, 1.0], [x * x, v[1]]]) ** 2)

    expected = s2s.jvp(f, (0.2, V), (0.7, U))
    np.testing.assert_allclose(s2s.jit(lambda *args: s2s.jvp(f, args[:2], args[2:]))(0.2, V, 0.7, U), expected)
