"""Functions defined inside that write what belongs to the function around: both modes, and what is refused."""

import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError
from tests.codegen.derivative_checks import check_forward, check_reverse, program
from tests.programs import written_captures


@pytest.mark.parametrize("name", written_captures.CASES)
def test_both_modes(name):
    function, args = program("written_captures", name)
    check_reverse(function, args)
    check_forward(function, args)


@pytest.mark.parametrize("function", written_captures.REFUSED, ids=lambda f: f.__name__)
def test_what_another_name_would_have_to_show_is_refused(function):
    with pytest.raises(UnsupportedError, match="th(e|is) call|is used as a value here"):
        s2s.vjp(function, written_captures.X)
