"""Flags that are True in some rows of a batch and False in others."""

import numpy as np
import pytest

import s2s

X = np.array([[1.0, -2.0, 0.6], [0.0, 0.9, 0.8], [-1.0, 0.2, 0.3]])


def first_above(x):
    found, best = False, 0.0
    for v in x:
        if v > 0.5 and not found:
            best = v * 3.0
            found = True
    return best * x[0] if found else x[1] ** 2


def until_done(x):
    done, n, y = False, 0, np.abs(x[0]) + 1.0
    while not done:
        y, n = y * 1.5, n + 1
        done = y > 10.0
    return y * n


def either(x):
    low = False
    high = False
    if x[0] > 0.5:
        high = True
    elif x[0] < -0.5:
        low = True
    if low or high:
        return x[0] ** 2
    return x[1] * 2.0


def skipped(x):
    seen, total = False, 0.0
    for v in x:
        if seen:
            total = total + v**2
        seen = seen or v > 0.5
    return total


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("f", [first_above, until_done, either, skipped], ids=lambda f: f.__name__)
def test_rows_have_flags_of_their_own(f):
    values, gradients = [f(x) for x in X], [s2s.grad(f)(x) for x in X]
    for run in (s2s.vmap(f), s2s.jit(s2s.vmap(f))):
        np.testing.assert_allclose(run(X), values, rtol=1e-13)
    for run in (s2s.vmap(s2s.grad(f)), s2s.grad(lambda x: s2s.vmap(f)(x).sum())):
        np.testing.assert_allclose(run(X), gradients, rtol=1e-13)
