"""`with s2s.grad_of(h) as h_bar:`: the user's block in the backward pass, and nowhere else."""

import sys

import numpy as np
import pytest

import s2s

X = np.array([0.3, 0.7])


def clipped(x, w):
    h = np.sin(x) * w
    for i in range(3):
        with s2s.grad_of(h) as h_bar:
            limit = 0.5
            print("step", i, "gradient", h_bar, "value", h)
            h_bar = np.clip(h_bar, -limit, limit)
        h = h * w
    return np.sum(h)


def clipped_by_hand(x, w):
    h = np.sin(x) * w
    states = []
    for _ in range(3):
        states.append(h)
        h = h * w
    h_bar = np.ones_like(h)
    for i in reversed(range(3)):
        h_bar = h_bar * w
        print("step", i, "gradient", h_bar, "value", states[i])
        h_bar = np.clip(h_bar, -0.5, 0.5)
    return h_bar * w * np.cos(x)


def callee(h, w):
    with s2s.grad_of(h) as g:
        if np.sum(g) > 1:
            g = g / np.sum(g)
    return h * w


def through_a_call(x, w):
    y = callee(np.sin(x), w)
    if y[0] > 0:
        with s2s.grad_of(y) as y_bar:
            y_bar = 3 * y_bar  # noqa: E701
    return np.sum(y * y)


def through_a_call_by_hand(x, w):
    y = np.sin(x) * w
    g = w * (2 * y * (3 if y[0] > 0 else 1))
    return (g / np.sum(g) if np.sum(g) > 1 else g) * np.cos(x)


def test_a_gradient_is_printed_and_edited_in_the_backward_pass(capfd):
    expected = clipped_by_hand(X, 2.0)
    printed = capfd.readouterr().out
    for gradient in (s2s.grad(clipped), s2s.jit(s2s.grad(clipped))):
        np.testing.assert_allclose(gradient(X, 2.0), expected)
        assert capfd.readouterr().out == printed
    text = s2s.grad(clipped).source
    assert "# with s2s.grad_of(h) as h_bar:" in text and "h_bar = np.clip(h_bar, -0.5, 0.5)" in text
    assert "grad_of" not in text.replace("# with s2s.grad_of(h) as h_bar:", "")


def test_nothing_happens_without_reverse_mode(capfd):
    value = np.sum(np.sin(X) * 2.0**4)
    trace = sys.gettrace()
    assert clipped(X, 2.0) == s2s.jit(clipped)(X, 2.0) == pytest.approx(value)
    assert sys.gettrace() is trace
    slope = np.sum(np.cos(X) * X * 2.0**4)
    np.testing.assert_allclose(s2s.jvp(clipped, (X, 2.0), (X, 0.0)), [value, slope])
    np.testing.assert_allclose(s2s.vmap(clipped, (0, None))(np.stack([X, X]), 2.0), [value, value])
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("w", [2.0, 0.1, -1.0])
def test_in_callees_and_branches(w):
    expected = through_a_call_by_hand(X, w)
    np.testing.assert_allclose(s2s.grad(through_a_call)(X, w), expected)
    np.testing.assert_allclose(s2s.jit(s2s.grad(through_a_call))(X, w), expected)
    np.testing.assert_allclose(s2s.vmap(s2s.grad(through_a_call), (0, None))(np.stack([X, X]), w), [expected] * 2)


def test_the_edited_gradient_is_differentiated():
    def scaled(x):
        h = x * x
        with s2s.grad_of(h) as h_bar:
            h_bar = h_bar * h
        return np.sum(np.sin(h))

    def gradient_by_hand(x):
        return np.sum(np.cos(x * x) * x * x * 2 * x)

    np.testing.assert_allclose(s2s.grad(lambda x: np.sum(s2s.grad(scaled)(x)))(X), s2s.grad(gradient_by_hand)(X))


def test_what_has_no_meaning_is_refused():
    def of_an_expression(x):
        with s2s.grad_of(x * 2) as g:
            print(g)
        return np.sum(x)

    def left(x):
        for _ in range(2):
            with s2s.grad_of(x) as g:
                if g[0] > 0:
                    break
        return np.sum(x)

    def read_outside(x):
        limit = 1.0
        with s2s.grad_of(x) as g:
            limit = 2.0 * g
        return np.sum(x) * limit

    def of_another_shape(x):
        with s2s.grad_of(x) as g:
            g = np.sum(g)
        return np.sum(x)

    for function, message in (
        (of_an_expression, "grad_of takes one variable of the function"),
        (left, "runs in the backward pass, and cannot be left"),
        (read_outside, "'limit' is assigned in a `with grad_of"),
    ):
        with pytest.raises(s2s.UnsupportedError, match=message):
            s2s.grad(function)(X)
    with pytest.raises(TypeError, match=r"shape \(2,\) has shape \(\)"):
        s2s.grad(of_another_shape)(X)
