"""Loops whose iterations do not depend on each other go forward and back at once."""

import numpy as np
import pytest

import s2s

X = np.array([0.4, -0.3, 1.2])
Y = np.array([1.0, 0.5, -0.7])


def over_pairs(w, xs, ys):
    total = 0.0
    for x, y in zip(xs, ys, strict=True):
        total += (np.tanh(w * x) - y) ** 2
    return total


def nested(w, xs, ys):
    total = 0.0
    for i in range(len(xs)):
        for j in range(i, len(ys)):
            total += np.sin(w * xs[i]) * ys[j]
    return total


def through_elements(w, xs, ys):
    total = 0.0
    for x in xs:
        total += np.exp(w * x) * x
    return total


def with_a_branch(w, xs, ys):
    total = 0.0
    for x in xs:
        z = np.sin(w * x)
        if z > 0:
            total += z * z
        else:
            total -= np.exp(z)
    return total


def carried(w, xs, ys):
    total = 0.0
    for x in xs:
        total = 0.5 * total + np.sin(w * x)
    return total


def read_afterwards(w, xs, ys):
    total, z = 0.0, 0.0
    for x in xs:
        z = np.sin(w * x)
        total += z
    return total * z


@pytest.mark.parametrize("f", [over_pairs, nested, through_elements, with_a_branch, carried, read_afterwards])
def test_gradients_are_right_as_text_and_compiled(f):
    gradient = s2s.grad(f, argnums=(0, 1))
    names = dict(globals())
    exec(gradient.source_for(0.7, X, Y), names)
    slope = (f(0.7 + 1e-6, X, Y) - f(0.7 - 1e-6, X, Y)) / 2e-6
    slopes = [(f(0.7, X + e, Y) - f(0.7, X - e, Y)) / 2e-6 for e in np.eye(3) * 1e-6]
    for bars in (gradient(0.7, X, Y), names[f"{f.__name__}_grad"](0.7, X, Y), s2s.jit(gradient)(0.7, X, Y)):
        np.testing.assert_allclose(bars[0], slope, rtol=1e-5)
        np.testing.assert_allclose(bars[1], slopes, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("f", [over_pairs, nested, through_elements, with_a_branch])
def test_one_loop_is_left_and_nothing_is_saved(f):
    source = s2s.grad(f).source_for(0.7, X, Y)
    assert "append" not in source
    assert source.count("for ") - source.count("# for ") == (2 if f is nested else 1)


@pytest.mark.parametrize("f", [over_pairs, through_elements])
def test_the_value_is_computed_in_a_forward_loop(f):
    source = s2s.value_and_grad(f).source_for(0.7, X, Y)
    assert "append" in source
    value, slope = s2s.value_and_grad(f)(0.7, X, Y)
    assert np.isclose(value, f(0.7, X, Y)) and np.isclose(slope, s2s.grad(f)(0.7, X, Y))
