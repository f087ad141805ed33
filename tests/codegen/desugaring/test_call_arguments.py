"""Calls with `*args` and `**kwargs`, functions that take such, and closures over values of a function around."""

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError
from tests.codegen.derivative_checks import check_forward, check_reverse, check_second

X, W = np.array([0.3, -0.7, 1.2]), np.array([1.0, 2.0, -0.5])


def total(*args, bias=0.5, **more):
    result = bias * more.get("scale", 2.0)
    for i, a in enumerate(args):
        result = result + a * a * (i + 1)
    return result


def starred_tuple(x, y):
    both = x, y
    return total(*both, x * y, bias=y) + total(*[x], scale=x) + total(bias=x * y)


def starred_dict(x, y):
    options = {"bias": x * y, "scale": y}
    return total(x, **options) + total(**{"bias": x})


def power(x, exponent=2, /, *, shift=0.0):
    return x**exponent + shift


def plain_defaults(x, y):
    return power(x) + power(x, 3) * power(y, shift=x) + np.maximum(*(x, y))


def forwards(x, *rest, **options):
    return total(x, *rest, **options)


def through_two(x, y):
    return forwards(x, y, x, bias=y) * forwards(y)


@pytest.mark.parametrize("function", [starred_tuple, starred_dict, plain_defaults, through_two])
def test_derivatives(function):
    check_forward(function, (0.7, 1.3))
    check_reverse(function, (0.7, 1.3))


def test_second_order():
    check_second(plain_defaults, (0.7, 1.3))


def test_a_transformed_function_with_stars():
    def weighted(*values):
        return (power(*values) * W).sum()

    assert np.allclose(s2s.grad(weighted)(X), 2 * X * W)
    assert np.allclose(s2s.grad(weighted)(X, 3), 3 * X**2 * W)
    value, pull = s2s.vjp(weighted, X)
    assert np.allclose(pull(1.0)[0], 2 * X * W)
    assert np.allclose(s2s.jvp(s2s.grad(weighted), (X,), (W,))[1], 2 * W * W)
    assert np.allclose(s2s.jit(s2s.grad(weighted))(X), 2 * X * W)


def test_keywords_of_a_transformed_function():
    assert s2s.grad(total)(2.0, bias=3.0, scale=4.0) == 4.0
    assert s2s.grad(total, argnums="scale")(2.0, bias=3.0, scale=4.0) == 3.0


def test_emitted_text_names_each_argument():
    text = s2s.grad(through_two).source_for(0.7, 1.3)
    assert "def total_fwd(args_0, args_1, args_2, *, bias=0.5)" in text


def scaled(factor):
    def by(x):
        return x * factor.sum()

    return by


BY = scaled(W)


def calls_closure(x):
    return BY(x) * BY(x * x)


def test_closure_of_a_module_is_a_callee():
    check_forward(calls_closure, (0.7,))
    check_reverse(calls_closure, (0.7,))
    before = s2s.grad(calls_closure)(2.0)
    W[0] += 1.0
    try:
        assert np.isclose(s2s.grad(calls_closure)(2.0), before * (W.sum() / (W.sum() - 1.0)) ** 2)
    finally:
        W[0] -= 1.0


def test_captured_value_that_is_rebound_is_read_anew():
    k = 2.0

    def inner(x):
        return x * k

    def outer(x):
        return inner(x) * 3.0

    gradient = s2s.grad(outer)
    assert gradient(1.0) == 6.0
    k = 5.0
    assert gradient(1.0) == 15.0


def unknown_number(x, ys):
    return total(*ys) * x


def test_stars_of_unknown_number_are_refused():
    with pytest.raises(UnsupportedError, match="starred arguments have no structure that is known"):
        s2s.vjp(unknown_number, 1.0, X)


def too_many(x):
    return power(x, 2, x)


def test_too_many_arguments_are_refused():
    with pytest.raises(UnsupportedError, match=r"power\(\) takes 2 arguments, 3 were given"):
        s2s.grad(too_many)(1.0)
