"""`defaultdict`, `deque` and calls of `dict`: both modes, compiled, and what stays refused."""

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError
from tests.codegen.derivative_checks import check_forward, check_reverse, program
from tests.programs import collection_types


@pytest.mark.parametrize("name", collection_types.CASES)
def test_both_modes(name):
    function, args = program("collection_types", name)
    check_reverse(function, args)
    check_forward(function, args)


@pytest.mark.parametrize("name", ["dq_window", "dq_left", "dq_momentum", "dd_list"])
def test_compiled(name):
    function, (x,) = program("collection_types", name)
    np.testing.assert_allclose(s2s.jit(function)(x), function(x), rtol=1e-12)
    np.testing.assert_allclose(s2s.jit(s2s.grad(function))(x), s2s.grad(function)(x), rtol=1e-10)


def test_a_deque_of_two_names_is_refused():
    with pytest.raises(UnsupportedError, match="q.append"):
        s2s.grad(collection_types.alias)(collection_types.X)
