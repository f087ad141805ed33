"""Tuples whose length changes in a loop: sums, repetitions, starred displays, in fields of frozen dataclasses."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import s2s


def summed(x):
    h = ()
    for _ in range(4):
        h = h + (x,)
        x = x * 0.8
    return x * sum(h)


def augmented(x):
    h = (x,)
    while x > 0.3:
        h += (x * x,)
        x = x * 0.8
    return x * sum(h) + len(h)


def starred(x):
    h, g = [x], (x,)
    for k in range(3):
        h = [x, *h, x * k]
        g = (*g, *h[:2])
        x = x * 0.8
    return sum(h) * sum(g)


def repeated(x):
    h = (x, x * x) * 2
    for _ in range(2):
        h = 2 * h
    return x * sum(h)


@dataclass(frozen=True)
class State:
    x: float
    history: tuple = ()

    def advance(self, g):
        return replace(self, x=self.x - 0.1 * g, history=self.history + (self.x,))


def frozen(x):
    s = State(x)
    for k in range(4):
        s = s.advance(2 * s.x + k)
    return s.x * sum(s.history)


@pytest.mark.parametrize("f", [summed, augmented, starred, repeated, frozen], ids=lambda f: f.__name__)
def test_gradient_and_tangent(f):
    slope = (f(0.7 + 1e-6) - f(0.7 - 1e-6)) / 2e-6
    np.testing.assert_allclose(s2s.grad(f)(0.7), slope, rtol=1e-7)
    np.testing.assert_allclose(s2s.jvp(f, (0.7,), (1.0,))[1], slope, rtol=1e-7)


def test_staged():
    np.testing.assert_allclose(s2s.jit(s2s.grad(augmented))(0.7), s2s.grad(augmented)(0.7), rtol=1e-12)
