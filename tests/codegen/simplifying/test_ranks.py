"""What shares memory is told from the ranks of the arguments where it has to be; the text says for which."""

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError
from tests.programs.shared_memory import PROGRAMS, V, array_without_dimensions, kept_item, number_under_two_names

STEP = 1e-6
# A staged number and a staged array without dimensions are the same.
STAGED = [f for f in PROGRAMS if f is not array_without_dimensions]


def slope(f, x, dx, dv):
    high, low = (float(f(x + h * dx, V + h * dv)) for h in (STEP, -STEP))
    return (high - low) / (2 * STEP)


@pytest.mark.parametrize("x", [0.8, -0.6])
@pytest.mark.parametrize("f", PROGRAMS, ids=[f.__name__ for f in PROGRAMS])
def test_both_modes(f, x):
    dx, dv = 0.7, np.array([0.3, -1.2, 0.5, 0.9])
    expected, given = slope(f, x, dx, dv), V.copy()
    value, dot = s2s.jvp(f, (x, given), (dx, dv))
    loss, (x_bar, v_bar) = s2s.value_and_grad(f, argnums=(0, 1))(x, given)
    np.testing.assert_allclose([value, loss], float(f(x, V.copy())), rtol=1e-12)
    np.testing.assert_allclose([dot, x_bar * dx + np.sum(v_bar * dv)], expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(given, V)


@pytest.mark.parametrize("f", STAGED, ids=[f.__name__ for f in STAGED])
def test_staged(f):
    expected = s2s.value_and_grad(f, argnums=(0, 1))(0.8, V)
    value, bars = s2s.jit(s2s.value_and_grad(f, argnums=(0, 1)))(0.8, V)
    np.testing.assert_allclose(value, expected[0], rtol=1e-12)
    for bar, wanted in zip(bars, expected[1], strict=True):
        np.testing.assert_allclose(bar, wanted, rtol=1e-10)
    np.testing.assert_allclose(s2s.jit(f)(0.8, V), f(0.8, V.copy()), rtol=1e-12)


def test_second_order():
    slopes = [s2s.grad(number_under_two_names)(0.8 + h, V) for h in (STEP, -STEP)]
    second = s2s.grad(s2s.grad(number_under_two_names))(0.8, V)
    np.testing.assert_allclose(second, (slopes[0] - slopes[1]) / (2 * STEP), rtol=1e-6)


def test_text_checks_the_ranks_that_it_is_written_for():
    gradient = s2s.grad(kept_item, argnums=(0, 1))
    gradient(0.8, V)
    text = gradient.source_for(0.8, V)
    names: dict = {}
    exec(compile(text, "<emitted>", "exec"), names)
    assert "assert shapes(x, v) == ((), (4,))" in text
    (written,) = [found for _, found in gradient._emitted.values()]
    assert "assert ranks(x, v) == (0, 1)" in written.text
    with pytest.raises(AssertionError):
        written.function(0.8, np.outer(V, V))


def test_views_stay_refused():
    with pytest.raises(UnsupportedError, match="is changed in place here, but 'kept' .* holds it, too"):
        s2s.grad(lambda x, m: np.sum(kept_item(x, m)), argnums=(0, 1))(0.8, np.outer(V, V))


@pytest.mark.parametrize(
    "made",
    [
        lambda x, v: np.zeros_like(v, shape=(2, 2)) + x,
        lambda x, v: np.linspace(v, v * x, 3),
        lambda x, v: np.sum(np.outer(v, v), axis=0, keepdims=True),
        lambda x, v: np.array([v, v * x]),
    ],
)
def test_rows_are_not_taken_for_numbers(made):
    def f(x, v):
        m = made(x, v)
        kept = [m[0]]
        m[0] = x
        return np.sum(kept[0] * v[:1]) + np.sum(m)

    with pytest.raises(UnsupportedError, match="'m' is changed in place here, but 'kept' .* holds it, too"):
        s2s.grad(f)(0.8, V)
