"""Loops over ranges whose start, end or step is each row's own."""

import numpy as np
import pytest

import s2s

X = np.random.default_rng(0).normal(size=(5, 8))
A, B = np.array([1, 2, 3, 0, 4]), np.array([4, 8, 3, 5, 6])


def strided(x, k):
    s = 0.0
    for i in range(0, 8, k):
        s = s + np.sin(x[i]) * i
    return s


def ranged(x, a, b):
    s = 1.0
    for i in range(a, b):
        s = s * np.sin(x[i]) + x[a]
    return s


def downwards(x, a):
    s = 1.0
    for i in range(a, -1, -1):
        s = s * np.sin(x[i]) + i
    return s


def turned(x, n):
    s = 1.0
    for i in reversed(range(n)):
        s = s * np.sin(x[i]) + i
    return s


def left_early(x, a, b):
    s = 0.0
    for i in range(a, b):
        s = s + x[i] ** 2
        if s > 1.5:
            break
    return s


def by_fori_loop(x, a, b):
    return s2s.lax.fori_loop(a, b, lambda i, v: v * 1.1 + x[i], x[0])


CASES = [
    (strided, (X, np.array([1, 2, 3, 1, 4]))),
    (ranged, (X, A, B)),
    (downwards, (X, A)),
    (turned, (X, B)),
    (left_early, (X, A, B)),
    (by_fori_loop, (X, A, B)),
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("f", "arguments"), CASES, ids=lambda p: getattr(p, "__name__", ""))
def test_rows_count_their_own_numbers(f, arguments):
    rows = list(zip(*arguments, strict=True))
    values, gradients = [f(*row) for row in rows], [s2s.grad(f)(*row) for row in rows]
    for run in (s2s.vmap(f), s2s.jit(s2s.vmap(f))):
        np.testing.assert_allclose(run(*arguments), values, rtol=1e-12, atol=1e-14)
    batched = s2s.vmap(s2s.grad(f))
    for run in (batched, s2s.jit(batched), s2s.grad(lambda *a: s2s.vmap(f)(*a).sum())):
        np.testing.assert_allclose(run(*arguments), gradients, rtol=1e-12, atol=1e-14)
