"""`assert` and `raise` in compiled functions: the exception that Python raises, at the user's line."""

import numpy as np
import pytest

import s2s
from tests.programs import raising as programs
from tests.programs.raising import NotFinite, asserting, of_a_mode, raising, through_a_call

CASES = [
    (asserting, [4.0, 9.0, 16.0], [4.0, -1.0, 2.0], AssertionError, "element 1 is -1.0"),
    (asserting, [4.0, 9.0, 16.0], [1e6, 1.0, 2.0], AssertionError, ""),
    (raising, [1.0, 2.0, 3.0], [-1.5, 2.0, 3.0], NotFinite, "first: -1.5"),
    (raising, [1.0, 2.0, 3.0], [1.5, 20.0, 3.0], ValueError, "large 20"),
    (through_a_call, [1.0, 2.0, 3.0], [1.0, -2.0, 3.0], ValueError, "not positive: -2.0"),
]


@pytest.mark.parametrize(("program", "good", "bad", "kind", "message"), CASES)
def test_compiled_functions_and_gradients_raise_what_python_raises(program, good, bad, kind, message):
    good, bad = np.array(good), np.array(bad)
    with pytest.raises(kind) as expected:
        program(bad)
    assert str(expected.value) == message
    line = expected.traceback[-1].lineno + 1
    gradient = s2s.grad(program)(good)
    for compiled, value in ((s2s.jit(program), program(good)), (s2s.jit(s2s.grad(program)), gradient)):
        np.testing.assert_allclose(compiled(good), value)
        with pytest.raises(kind) as caught:
            compiled(bad)
        assert str(caught.value) == message
        assert any(str(note).startswith(f"{programs.__file__}:{line}") for note in caught.value.__notes__)
        np.testing.assert_allclose(compiled(good), value)


def test_attributes_of_exceptions_hold_the_values(capfd):
    with pytest.raises(NotFinite) as caught:
        s2s.jit(raising)(np.array([-1.5, 0.0]))
    assert caught.value.value == -1.5 and type(caught.value.value) is np.float64
    assert capfd.readouterr().out == "about to fail\n"


def test_an_exception_that_python_decides_is_raised_only_if_its_branch_is_taken():
    compiled = s2s.jit(of_a_mode, static_argnames="mode")
    assert compiled(np.array([-1.0, 2.0]), mode="slow") == 6.0
    with pytest.raises(KeyError, match="slow"):
        compiled(np.array([1.0, 2.0]), mode="slow")


def test_an_exception_that_is_always_raised():
    with pytest.raises(ValueError, match=r"never 3\.0"):
        s2s.jit(programs.always)(np.ones(3))


def test_an_exception_of_values_that_would_have_to_be_handled_is_refused():
    assert programs.handling(np.float64(-1.0)) == 0
    with pytest.raises(s2s.ConcretizationError, match="whether a ValueError is raised at .*:34 is known only when"):
        s2s.jit(programs.handling)(np.float64(-1.0))


def test_a_mistake_in_a_branch_is_no_exception_of_the_program():
    def mistaken(x):
        if x[0] > 0:
            x = x @ np.ones((5, 5))
        return x

    with pytest.raises((ValueError, TypeError), match="shape|dimension"):
        s2s.jit(mistaken).lower(np.ones(3))
