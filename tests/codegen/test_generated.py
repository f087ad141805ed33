"""Generated programs: derivatives against central differences, and forward against reverse mode."""

import warnings

import numpy as np
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

import s2s
from s2s.codegen.source import function_from_string
from tests.codegen.generated_programs import programs

MODEST = settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def arguments(seed):
    rng = np.random.default_rng(seed)
    return float(rng.normal()), float(rng.normal()), rng.normal(size=3), rng.normal(size=3)


def along(function, args, direction, step):
    return function(*[a + step * d for a, d in zip(args, direction, strict=True)])


def slope(function, args, direction, step):
    return (along(function, args, direction, step) - along(function, args, direction, -step)) / (2 * step)


def is_smooth_here(function, args, direction):
    """Whether differences of two widths agree: no kink, no other branch nearby."""
    slopes = [slope(function, args, direction, step) for step in (1e-5, 3e-6)]
    return np.isfinite(slopes).all() and np.allclose(*slopes, rtol=1e-5, atol=1e-6)


@MODEST
@given(programs(), st.integers(0, 3))
def test_derivatives_of_generated_programs(text, seed):
    note(text)
    function = function_from_string(text, name="f")
    args, direction = arguments(seed), arguments(seed + 100)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assume(is_smooth_here(function, args, direction))
        expected = slope(function, args, direction, 1e-5)
        value, dot = s2s.jvp(function, args, direction)
        assert value == function(*args)
        np.testing.assert_allclose(dot, expected, rtol=1e-4, atol=1e-5)
        bars = s2s.grad(function, argnums=(0, 1, 2, 3))(*args)
        backward = sum(np.sum(b * d) for b, d in zip(bars, direction, strict=True))
        np.testing.assert_allclose(backward, dot, rtol=1e-9, atol=1e-10)
