"""Derivatives inside of derivatives: no perturbation is taken for another one (Siskind & Pearlmutter 2005)."""

import numpy as np
import pytest

import s2s
from s2s import grad, jit, jvp, vjp, vmap

V = np.array([0.5, -1.5, 2.0])


def pushed(f, x):
    return jvp(f, (x,), (1.0,))[1]


def outer_variable_in_a_product(x):
    return x * grad(lambda y: x + y)(1.0)


def three_levels_of_reverse_mode(x):
    return x * grad(lambda y: y * grad(lambda z: x * y * z * z)(2.0))(x)


def forward_in_forward(x):
    return x * jvp(lambda y: x * y, (2.0,), (1.0,))[1]


def forward_in_reverse_of_a_closure(x):
    def inner(y):
        return jvp(lambda z: y * z * x, (y,), (1.0,))[1]

    return grad(inner)(x) * x


def reverse_in_forward(x):
    return jvp(lambda y: grad(lambda z: z * z * y * x)(y), (x,), (1.0,))[1]


def same_names_everywhere(x):
    return grad(lambda x: x * grad(lambda x: x * x * x)(x))(x) * x


def a_function_that_is_passed_on(x):
    def slope(f, at):
        return grad(f)(at)

    return slope(lambda y: x * y * y, x) + slope(lambda y: slope(lambda z: y * z * x, 1.0), 2.0)


def tangents_that_depend_on_the_variable(x):
    return jvp(lambda y: y * y * x, (x,), (x * x,))[1]


def cotangents_that_depend_on_the_variable(x):
    out, back = vjp(lambda y: x * y * y, 3.0)
    return out * back(x)[0]


def in_a_loop_that_rebinds(x):
    w = x
    for _ in range(2):
        w = w - 0.1 * grad(lambda y, w=w: (y - x) ** 2 * w)(w * 2.0)
    return w


def compiled_inside(x):
    return jit(grad(lambda y: x * y * y))(x) * grad(jit(lambda y: y * x))(1.0)


def batched_inside(x):
    rows = vmap(grad(lambda y: x * y * y))(V)
    return np.sum(vmap(lambda y: x * y)(rows))


CASES = {
    outer_variable_in_a_product: lambda x: x,
    three_levels_of_reverse_mode: lambda x: x * 8.0 * x * x,
    forward_in_forward: lambda x: x * x,
    forward_in_reverse_of_a_closure: lambda x: x * x,
    reverse_in_forward: lambda x: 4.0 * x * x,
    same_names_everywhere: lambda x: 9.0 * x**3,
    a_function_that_is_passed_on: lambda x: 2.0 * x * x + x,
    tangents_that_depend_on_the_variable: lambda x: 2.0 * x * x * x * x,
    cotangents_that_depend_on_the_variable: lambda x: 9.0 * x * 6.0 * x * x,
    compiled_inside: lambda x: 2.0 * x**3,
    batched_inside: lambda x: 2.0 * x * x * np.sum(V),
    in_a_loop_that_rebinds: None,
}


def in_a_loop_by_hand(x):
    w = x
    for _ in range(2):
        w = w - 0.1 * 2.0 * (2.0 * w - x) * w
    return w


def slopes(f, x, step=1e-4):
    return (f(x + step) - f(x - step)) / (2 * step), (f(x + step) - 2 * f(x) + f(x - step)) / step**2


@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_value_and_derivatives_of_both_modes(f):
    by_hand = CASES[f] or in_a_loop_by_hand
    x = 1.3
    first, second = slopes(by_hand, x)
    assert np.isclose(f(x), by_hand(x))
    assert np.isclose(grad(f)(x), first, rtol=1e-6)
    assert np.isclose(pushed(f, x), first, rtol=1e-6)
    assert np.isclose(grad(lambda y: pushed(f, y))(x), second, rtol=1e-4, atol=1e-6)
    rows = np.array([x, 0.7, -0.4])
    np.testing.assert_allclose(vmap(grad(f))(rows), [slopes(by_hand, r)[0] for r in rows], rtol=1e-6)


@pytest.mark.parametrize("f", [reverse_in_forward, a_function_that_is_passed_on, batched_inside])
def test_around_gradients(f):
    first, second = slopes(CASES[f], 1.3)
    assert np.isclose(grad(grad(f))(1.3), second, rtol=1e-4)
    assert np.isclose(pushed(grad(f), 1.3), second, rtol=1e-4)
    np.testing.assert_allclose(s2s.jit(vmap(grad(f)))(np.array([1.3])), [first], rtol=1e-6)
