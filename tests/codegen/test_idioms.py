"""Programs as people write them, compiled and in both modes."""

import copy

import numpy as np
import pytest

import s2s
from tests.codegen.derivative_checks import check_reverse, leaves, program, programs


@pytest.mark.parametrize(("file", "name", "table"), programs("idioms"))
def test_compiled_and_in_reverse(file, name, table):
    function, args = program(file, name, table)
    expected = leaves(function(*copy.deepcopy(args)))
    for value, wanted in zip(leaves(s2s.jit(function)(*copy.deepcopy(args))), expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-12)
    check_reverse(function, args)
