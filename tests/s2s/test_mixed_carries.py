"""Loops that carry tuples of counters and numbers: the counters have no cotangent, in every composition."""

import numpy as np
import pytest

import s2s
from s2s import lax


def unpacking(s):
    k, w = s
    return k + 1, w * 1.5 + 0.1


def by_items(z):
    s = (0, np.abs(z) + 0.3)
    while s[1] < 10.0:
        s = unpacking(s)
    return s[1]


def by_while_loop(z):
    def step(s):
        return s[0] + 1, s[1] * 1.5 + 0.1 * s[2], s[2] * s[1]

    _, w, v = lax.while_loop(lambda s: s[1] < 10.0, step, (0, np.abs(z) + 0.3, z))
    return w * v


def by_branches(z):
    s = (z, 0, z * 2.0)
    for _ in range(4):
        if s[0] > 1.0:
            s = (s[0] * s[2] + 1.0, s[1] + 1, np.sin(s[2]))
        else:
            s = (s[0], s[1] + 2, np.cos(s[0]))
    return s[2] + s[0] ** 2


@pytest.mark.filterwarnings("ignore::s2s.RowLoopWarning")
@pytest.mark.parametrize("f", [by_items, by_while_loop, by_branches], ids=lambda f: f.__name__)
def test_gradients_through_carries_of_both(f):
    z = np.array([0.3, 1.2, 0.6])
    wanted = (f_of(f, z + 1e-6) - f_of(f, z - 1e-6)) / 2e-6
    gradient = s2s.grad(f)
    runs = (s2s.jit(gradient), s2s.vmap(gradient), s2s.jit(s2s.vmap(gradient)))
    np.testing.assert_allclose(runs[0](z[0]), wanted[0], rtol=1e-6)
    for run in (*runs[1:], s2s.grad(lambda x: s2s.vmap(f)(x).sum())):
        np.testing.assert_allclose(run(z), wanted, rtol=1e-6)


def f_of(f, z):
    return np.array([f(v) for v in z])
