"""Reverse mode on whole programs: pulled-back cotangents against central differences and against forward mode."""

import numpy as np
import pytest

import s2s
from tests.codegen.derivative_checks import check_reverse, differences, program, programs, random_like
from tests.programs import loops

CASES = programs("straight", "loops", "branches", "jumps", "inline", "matching", "containers", "calls", "names")


@pytest.mark.parametrize("case", CASES, ids=lambda c: ".".join(c))
def test_vjp_is_right(case):
    check_reverse(*program(*case))


@pytest.mark.parametrize("name", ["rational", "chain_of_math", "long_expression", "unary_minus_and_plus"])
def test_grad_of_scalar_programs(name):
    function, args = program("straight", name)
    for i in range(len(args)):
        step = tuple(1.0 if k == i else 0.0 for k in range(len(args)))
        np.testing.assert_allclose(
            s2s.grad(function, argnums=i)(*args), differences(function, args, step)[0], rtol=1e-7
        )


def test_value_comes_with_the_gradient():
    function, args = program("straight", "long_expression")
    value, gradient = s2s.value_and_grad(function)(*args)
    assert value == function(*args)
    assert gradient == s2s.grad(function)(*args)


def test_cotangents_are_linear_and_can_be_pulled_back_again():
    function, args = program("loops", "over_rows")
    out, back = s2s.vjp(function, *args)
    one, two = random_like(out, 5), random_like(out, 6)
    separate = [a + 2.0 * b for a, b in zip(back(one), back(two), strict=True)]
    for together, alone in zip(back(one + 2.0 * two), separate, strict=True):
        np.testing.assert_allclose(together, alone, rtol=1e-12)
    np.testing.assert_array_equal(back(one)[0], back(one)[0])


def test_arguments_may_be_changed_after_the_forward_sweep():
    """What is saved refers to the argument; the value that counts is that of the call, and nothing is written."""

    def square(x):
        return (x * x).sum()

    x = np.array([1.0, 2.0])
    gradient = s2s.grad(square)(x)
    np.testing.assert_array_equal(gradient, [2.0, 4.0])
    gradient[0] = 100.0
    np.testing.assert_array_equal(x, [1.0, 2.0])


def identity_sum(x):
    return x.sum()


def plus_constant(x):
    return (x + 3.0).sum()


@pytest.mark.parametrize("function", [identity_sum, plus_constant])
def test_gradients_are_new_arrays(function):
    """Broadcast ones may be read-only views, but never the argument itself."""
    x = np.array([1.0, 2.0])
    gradient = s2s.grad(function)(x)
    assert not np.shares_memory(gradient, x)
    np.testing.assert_array_equal(gradient, [1.0, 1.0])


def broadcast_all_ways(row, column, scalar, matrix):
    return np.sum((row + column * scalar) / (matrix + row) - scalar**column)


def test_adjoints_have_the_shapes_of_their_operands():
    rng = np.random.default_rng(0)
    args = (rng.normal(size=3) + 9, rng.normal(size=(2, 1)), 1.5, rng.normal(size=(2, 3)))
    bars = s2s.grad(broadcast_all_ways, argnums=(0, 1, 2, 3))(*args)
    assert [np.shape(b) for b in bars] == [(3,), (2, 1), (), (2, 3)]
    check_reverse(broadcast_all_ways, args)


def sqrt_of_guarded(x):
    return np.sqrt(x) if x > 0 else 0.0 * x


def test_only_the_taken_branch_is_differentiated():
    with np.errstate(all="raise"):
        assert s2s.grad(sqrt_of_guarded)(0.0) == 0.0
    assert s2s.grad(sqrt_of_guarded)(4.0) == 0.25


def newton(a):
    x = a
    while abs(x * x - a) > 1e-14:
        x = 0.5 * (x + a / x)
    return x


@pytest.mark.parametrize("a", [1.5, 2.0, 1234.5])
def test_data_dependent_trip_counts(a):
    np.testing.assert_allclose(s2s.grad(newton)(a), 0.5 / np.sqrt(a), rtol=1e-12)


def long_recurrence(x):
    h = x
    for _ in range(2000):
        h = np.sin(h) + 0.3 * x
    return h.sum()


def test_long_loops():
    x = np.array([0.3, -1.2])
    check_reverse(long_recurrence, (x,))


@pytest.mark.parametrize("rows", [4, 5, 7])
def test_zip_of_unequal_lengths(rows):
    check_reverse(loops.over_unequal_zip, (np.linspace(-1, 2, rows * 5).reshape(rows, 5), np.linspace(0.5, 2, 5)))
    check_reverse(
        loops.over_unequal_reversed_zip, (np.linspace(-1, 2, rows * 5).reshape(rows, 5), np.linspace(0.5, 2, 5))
    )
