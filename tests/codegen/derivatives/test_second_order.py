"""Composition: every transformation of the output of every other, and of functions that call transformations."""

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError
from tests.codegen.derivative_checks import check_second, program, programs


@pytest.mark.parametrize("case", programs("straight", "calls", "names"), ids=lambda c: ".".join(c))
def test_four_compositions(case):
    """Forward over reverse, reverse over reverse, forward over forward and reverse over forward."""
    _check(case)


@pytest.mark.parametrize("case", programs("branches", "jumps", "containers", "loops"), ids=lambda c: ".".join(c))
def test_four_compositions_with_control_flow(case):
    _check(case)


def _check(case):
    try:
        check_second(*program(*case))
    except UnsupportedError as error:
        pytest.xfail(f"refused: {str(error).splitlines()[0]}")


def cube(x):
    return x**3


def quartic(x):
    return x**4 - 3.0 * x


def test_third_and_fourth_order():
    third = s2s.grad(s2s.grad(s2s.grad(quartic)))
    assert third(2.0) == 48.0
    assert s2s.grad(third)(2.0) == 24.0
    assert s2s.grad(s2s.grad(third))(2.0) == 0.0


def shifted_square(x):
    return ((x - 1.0) ** 2).sum()


def test_exponents_are_not_differentiated():
    """`0 * log(negative)` would be NaN."""
    x = np.array([0.5, -2.0])
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(s2s.jvp(s2s.grad(shifted_square), (x,), (np.ones(2),))[1], [2.0, 2.0])


def slope_inside(x):
    return s2s.grad(cube)(x) * x


def curvature_inside(x):
    return s2s.grad(s2s.grad(cube))(x) + s2s.jvp(cube, (x,), (2.0,))[1]


slope_of_cube = s2s.grad(cube)


def slope_by_name(x):
    return slope_of_cube(x) + x


def newton_by_slope(x):
    for _ in range(3):
        x = x - s2s.grad(quartic)(x) / s2s.grad(s2s.grad(quartic))(x)
    return x


def two_arguments(x, y):
    return np.sin(x) * y**2


def value_and_slopes(x):
    value, slopes = s2s.value_and_grad(two_arguments, argnums=(0, 1))(x, 2.0 * x)
    return value * slopes[0] + slopes[1]


@s2s.grad
def decorated(x):
    return x**4


def calls_decorated(x):
    return decorated(x) * 2.0


@pytest.mark.parametrize(
    "function",
    [slope_inside, curvature_inside, slope_by_name, newton_by_slope, value_and_slopes, calls_decorated, decorated],
)
def test_transformations_inside_of_functions(function):
    step, x = 1e-6, 1.3
    expected = (function(x + step) - function(x - step)) / (2 * step)
    np.testing.assert_allclose(s2s.grad(function)(x), expected, rtol=1e-7)
    np.testing.assert_allclose(s2s.jvp(function, (x,), (1.0,))[1], expected, rtol=1e-7)


def quadratic(x, matrix):
    return x @ matrix @ x * np.sum(x)


def hessian_vector(x, v, matrix):
    return s2s.jvp(s2s.grad(quadratic), (x, matrix), (v, np.zeros_like(matrix)))[1]


def test_hessian_vector_product_as_a_user_writes_it():
    rng = np.random.default_rng(0)
    x, v, matrix = rng.normal(size=3), rng.normal(size=3), rng.normal(size=(3, 3))
    gradient = s2s.grad(quadratic)
    expected = (gradient(x + 1e-6 * v, matrix) - gradient(x - 1e-6 * v, matrix)) / 2e-6
    np.testing.assert_allclose(hessian_vector(x, v, matrix), expected, rtol=1e-7)


def test_a_transformed_function_is_not_taken_for_what_it_wraps():
    """`functools.update_wrapper` shows the original function; its derivative would be another one's."""
    assert s2s.grad(decorated)(2.0) == 48.0
    assert s2s.grad(s2s.jit(decorated))(2.0) == 48.0
    assert s2s.grad(calls_decorated)(2.0) == 96.0
