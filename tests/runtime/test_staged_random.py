"""NumPy's generators in compiled functions draw as often as in Python, or are refused."""

import numpy as np
import pytest

import s2s
from s2s.runtime.errors import ConcretizationError

X = np.array([0.3, 0.5])


def in_loop(x, n):
    rng = np.random.default_rng(3)
    total = 0.0
    for k in range(n):
        total = total + x * rng.normal() * k
    return total + rng.uniform(size=2)


def step(rng, x):
    return x + np.tanh(x + rng.normal(size=2))


def passed_on(x):
    rng = np.random.default_rng(3)
    for _ in range(3):
        x = step(rng, x)
    return x


def of_module(x):
    total = 0.0
    for _ in range(3):
        total = total + x * np.random.normal()
    return total


def while_staged(x):
    rng = np.random.default_rng(3)
    while x.sum() < 5.0:
        x = x + abs(rng.normal())
    return x


def in_branch(x):
    rng = np.random.default_rng(3)
    if x.sum() < 0.3 or rng.random() < 0.5:
        x = x * 2.0
    return x * rng.random()


def test_loops_that_draw_are_written_out():
    np.testing.assert_allclose(s2s.jit(in_loop)(X, 3), in_loop(X, 3), rtol=1e-12)
    np.testing.assert_allclose(s2s.jit(passed_on)(X), passed_on(X), rtol=1e-12)
    np.random.seed(0)
    expected = of_module(X)
    np.random.seed(0)
    np.testing.assert_allclose(s2s.jit(of_module)(X), expected, rtol=1e-12)


@pytest.mark.parametrize("function", [while_staged, in_branch])
def test_draws_that_staged_values_decide_are_refused(function):
    with pytest.raises(ConcretizationError, match="a random number is drawn at .*test_staged_random.py"):
        s2s.jit(function)(X)
