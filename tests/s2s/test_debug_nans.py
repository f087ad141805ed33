"""`s2s.debug_nans`: the statement that makes a NaN is named, with the user's line that it belongs to."""

import sys

import numpy as np
import pytest

import s2s


def forward(x):
    y = x - 1.0
    z = np.sqrt(y)
    return np.sum(z)


def only_in_the_derivative(x):
    h = x * 2.0
    for _ in range(2):
        r = np.sqrt(h * h)
        h = h + r
    return np.sum(h)


def good(x):
    return np.sum(np.sqrt(x))


BAD, ZERO, GOOD = np.array([0.5, 4.0]), np.array([0.0, 1.0]), np.array([1.0, 4.0])


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


def line_of(function, offset):
    return f"{__file__}:{function.__code__.co_firstlineno + offset}"


def message(call, *args):
    trace = sys.gettrace()
    with pytest.raises(FloatingPointError) as caught, s2s.debug_nans():
        call(*args)
    assert sys.gettrace() is trace and not s2s.config.debug_nans
    return str(caught.value)


def test_a_statement_of_the_users():
    assert message(forward, BAD) == f"'z' has a NaN after {line_of(forward, 2)} in forward: z = np.sqrt(y)"
    found = message(forward, s2s.numpy.asarray(BAD))
    assert f"'z' has a NaN after {line_of(forward, 2)}" in found


def test_the_forward_statement_of_a_derivative():
    found = message(s2s.grad(forward), BAD)
    assert "of forward_grad" in found and f"which belongs to {line_of(forward, 2)}: z = np.sqrt(y)" in found


def test_the_adjoint_statement():
    found = message(s2s.grad(only_in_the_derivative), ZERO)
    assert "after the statement `h_bar" in found and "of only_in_the_derivative_grad" in found
    assert f"which belongs to {line_of(only_in_the_derivative, 3)}: r = np.sqrt(h * h)" in found


def test_compiled_functions_are_run_again():
    compiled = s2s.jit(forward)
    assert np.isnan(compiled(BAD))
    assert message(compiled, BAD) == f"'z' has a NaN after {line_of(forward, 2)} in forward: z = np.sqrt(y)"
    assert f"{line_of(only_in_the_derivative, 3)}: r" in message(s2s.jit(s2s.grad(only_in_the_derivative)), ZERO)
    with s2s.debug_nans():
        assert compiled(GOOD) == forward(GOOD)
    assert np.isnan(compiled(BAD))


def test_nothing_is_said_where_there_is_none():
    with s2s.debug_nans():
        np.testing.assert_allclose(s2s.grad(good)(GOOD), [0.5, 0.25])
        with s2s.debug_nans(False):
            assert np.isnan(forward(BAD))
        with pytest.raises(FloatingPointError):
            forward(BAD)


def test_statements_of_the_block():
    with pytest.raises(FloatingPointError, match="'y' has a NaN after .*: y = np.log"), s2s.debug_nans():
        x = -1.0
        y = np.log(x)
        assert y


def test_the_setting():
    s2s.config.debug_nans = True
    try:
        for call in (s2s.grad(forward), s2s.jit(forward)):
            with pytest.raises(FloatingPointError, match="z = np.sqrt"):
                call(BAD)
        np.testing.assert_allclose(s2s.jit(s2s.grad(good))(GOOD), [0.5, 0.25])
    finally:
        s2s.config.debug_nans = False
    assert np.isnan(s2s.jit(forward)(BAD))
