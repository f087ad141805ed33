"""Forward mode on whole programs: tangents against central differences."""

import numpy as np
import pytest

import s2s
from tests.codegen.derivative_checks import check_forward, program, programs, random_like

CASES = programs("straight", "loops", "branches", "jumps", "inline", "matching", "containers", "calls", "names")


@pytest.mark.parametrize("case", CASES, ids=lambda c: ".".join(c))
def test_jvp_is_right(case):
    check_forward(*program(*case))


def test_value_and_tangent_have_one_structure():
    function, args = program("containers", "tuple_result")
    out, out_dot = s2s.jvp(function, args, random_like(args, 1))
    assert isinstance(out_dot, tuple) and isinstance(out_dot[1][1], list)
    assert np.shape(out_dot[1][1][0]) == np.shape(out[1][1][0])


def larger_inactive(x, y):
    return x + y, x * 0 + y, np.maximum(x, 0) * y


def test_tangent_has_the_shape_of_the_value():
    """Also where the inactive operand is the larger one."""
    out, out_dot = s2s.jvp(larger_inactive, (1.5, np.arange(6).reshape(2, 3)), (1.0, np.zeros((2, 3))))
    assert [np.shape(d) for d in out_dot] == [np.shape(o) for o in out] == [(2, 3)] * 3


def test_unused_arguments():
    function, args = program("straight", "unused_argument")
    _, dot = s2s.jvp(function, args, (np.zeros(4), np.ones(4)))
    np.testing.assert_array_equal(dot, 0.0)


def test_constant_results_have_zero_tangents():
    function, args = program("straight", "constant_result")
    out, dot = s2s.jvp(function, args, random_like(args, 1))
    np.testing.assert_array_equal(dot, np.zeros(3))
    np.testing.assert_array_equal(out, np.ones(3))


def test_tangents_are_linear():
    function, args = program("loops", "nested_three_deep")
    one, two = random_like(args, 1), random_like(args, 2)
    both = (one[0] + 3.0 * two[0],)
    (_, a), (_, b), (_, c) = (s2s.jvp(function, args, d) for d in (one, two, both))
    np.testing.assert_allclose(a + 3.0 * b, c, rtol=1e-12)


def test_linearize():
    function, args = program("straight", "quadratic_form")
    out, linear = s2s.linearize(function, *args)
    np.testing.assert_allclose(out, function(*args), rtol=1e-14)
    for seed in (1, 2):
        direction = random_like(args, seed)
        np.testing.assert_allclose(linear(*direction), s2s.jvp(function, args, direction)[1], rtol=1e-14)
