"""Writes into containers inside of containers: both modes and the second derivative; aliases are refused, or right."""

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError
from tests.codegen.derivative_checks import check_forward, check_reverse, program
from tests.programs import nested_writes


@pytest.mark.parametrize("name", nested_writes.CASES)
def test_both_modes(name):
    function, args = program("nested_writes", name)
    check_reverse(function, args)
    check_forward(function, args)


@pytest.mark.parametrize("name", ["table", "groups", "bag_methods", "alias_in_loop"])
def test_staged_gradients(name):
    function, args = program("nested_writes", name)
    grad = s2s.grad(function, argnums=tuple(range(len(args))))
    for staged, eager in zip(s2s.jit(grad)(*args), grad(*args), strict=True):
        np.testing.assert_allclose(staged, eager, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("function", nested_writes.REFUSED, ids=lambda f: f.__name__)
def test_what_another_place_would_have_to_show_is_refused(function):
    with pytest.raises(UnsupportedError, match="is changed in place here, but"):
        s2s.vjp(function, nested_writes.X)


def test_both_lines_are_named():
    with pytest.raises(UnsupportedError, match="an element of 'rows' is changed") as shared:
        s2s.grad(nested_writes.shared_rows)(nested_writes.X)
    line = nested_writes.shared_rows.__code__.co_firstlineno
    assert f"nested_writes.py:{line + 2}:" in str(shared.value)
    assert f"in two places since line {line + 1}" in str(shared.value)
