"""A variable that is unset on the path taken: reading it is an error under every transformation, as in Python."""

import numpy as np
import pytest

import s2s


def after_branch(x):
    if x > 0:
        y = x * 2.0
    return y * x


def after_nested_branch(x):
    z = x * x
    if x > 0:
        y = x * 2.0
    if x < 5:
        if x < -0.5 or x > 2.0:
            z = z + y * y
    return z


def after_range(x, n):
    for i in range(n):
        y = x * i
    return y * x


def after_search(x, n):
    for i in range(n):
        if x * i > 2.0:
            found = x * i
    return found * x


def after_while(x, n):
    k = 0
    while k * x < n:
        y = k * x
        k = k + 1
    return y * x + k


def from_last_time(x, n):
    s = 0.0
    for i in range(n):
        if i + x > 1.0:
            s = s + previous  # noqa: F821
        previous = x * i  # noqa: F841
    return s


def tangent(f):
    return lambda *args: s2s.jvp(f, args, (1.0, *[0] * (len(args) - 1)))


WAYS = {
    "jit": s2s.jit,
    "grad": s2s.value_and_grad,
    "jit(grad)": lambda f: s2s.jit(s2s.value_and_grad(f)),
    "grad(jit)": lambda f: s2s.value_and_grad(s2s.jit(f)),
    "jit(jvp)": lambda f: s2s.jit(tangent(f)),
}
# Arguments for which the function is defined, and for which it is not.
PROGRAMS = [
    (after_branch, (1.5,), (-1.0,)),
    (after_nested_branch, (1.5,), (-1.0,)),
    (after_range, (1.5, 3), (1.5, 0)),
    (after_search, (1.5, 3), (0.5, 3)),
    (after_while, (1.5, 2.5), (1.5, 0.0)),
    (from_last_time, (0.5, 4), (1.5, 2)),
]


@pytest.mark.parametrize(("f", "good", "bad"), PROGRAMS, ids=lambda x: getattr(x, "__name__", ""))
@pytest.mark.parametrize("way", WAYS)
def test_reading_an_unset_variable(f, good, bad, way):
    done = WAYS[way](f)
    for raising in (f, done):
        with pytest.raises(UnboundLocalError):
            raising(*bad)
    value = done(*good)
    np.testing.assert_allclose(value if way == "jit" else value[0], f(*good))
    if way != "jit":
        slope = (f(good[0] + 1e-6, *good[1:]) - f(good[0] - 1e-6, *good[1:])) / 2e-6
        np.testing.assert_allclose(value[1], slope, rtol=1e-6)


def test_the_error_names_the_variable():
    with pytest.raises(UnboundLocalError, match="'found'"):
        s2s.jit(s2s.grad(after_search))(0.5, 3)


def test_nothing_but_an_array_may_be_unset():
    def f(x):
        if x > 0:
            mode = "sine"
        return np.sin(x) if mode == "sine" else x

    with pytest.raises(s2s.S2SError, match="'mode' may be unset.*set it on all paths"):
        s2s.jit(f)(np.asarray(1.0))


def maybe_none(x):
    y = None
    if x > 0:
        y = x * 2.0
    return x * 3.0 if y is None else y * x


def test_none_is_no_unset_variable():
    for x in (1.5, -1.5):
        assert s2s.jit(maybe_none)(x) == maybe_none(x)
        assert s2s.jit(s2s.grad(maybe_none))(x) == (3.0 if x < 0 else 4 * x)
    with pytest.raises(s2s.S2SError, match="None in some rows"):
        s2s.vmap(maybe_none)(np.array([1.0, -1.0]))


def test_a_conditional_append_of_an_unset_variable():
    def f(x):
        out = []
        if x > 1:
            y = x * x
        if x > 0:
            out.append(y)
        return sum(out) * x if out else x

    assert s2s.jit(f)(2.0) == 8.0
    assert s2s.jit(f)(-2.0) == -2.0
    with pytest.raises(UnboundLocalError):
        s2s.jit(f)(0.5)


def chain(x):
    if x[0] < 0:
        y = np.sin(x) * x
        s = np.sum(y * y)
    elif x[0] < 1:
        z = np.cos(x) * x
        s = np.sum(z * z * x)
    else:
        s = np.sum(x)
    return s


def asked_again(x):
    if x[0] < 0:
        y = np.sin(x)
    s = np.sum(x)
    if x[0] < 0:
        s = s + np.sum(y)
    return s


@pytest.mark.parametrize("f", [chain, asked_again])
def test_who_asks_for_the_same_again_is_not_checked(f):
    """Neither derivatives, which save what their way back on the same path reads, nor the user's code."""
    x = np.array([0.3, 1.2, -0.7])
    for done in (s2s.jit(s2s.grad(f)), s2s.jit(f)):
        assert "callback" not in str(done.lower(x).as_text())
    for shift in (0.0, -1.0, 1.0):
        np.testing.assert_allclose(s2s.jit(s2s.grad(f))(x + shift), s2s.grad(f)(x + shift))
