"""Derivatives of linear algebra, sorting and cumulative operations through emitted source, to the second order."""

import numpy as np
import pytest

from s2s import grad, jvp
from s2s.runtime import support
from s2s.runtime.jit import jit

rng = np.random.default_rng(0)
M, V, W = (rng.normal(size=(4, 4)) for _ in range(3))
T, D = (rng.normal(size=(5, 4)) for _ in range(2))
C, SHIFT = rng.normal(size=(4, 2)), 4 * np.eye(4)


def cholesky(t):
    a = M + t * V
    return np.sum(W * np.linalg.cholesky(a @ a.T + SHIFT))


def upper_cholesky(t):
    a = M + t * V
    return np.sum(W * np.linalg.cholesky(a @ a.T + SHIFT, upper=True))


def cholesky_of_one_triangle(t):
    return np.sum(W * np.linalg.cholesky(np.tril(SHIFT + t * V)))


def cholesky_of_the_upper_triangle(t):
    return np.sum(W * np.linalg.cholesky(SHIFT + t * V, upper=True))


def solve(t):
    return np.sum(np.linalg.solve(M + t * V, C + t) ** 2)


def solve_for_a_vector(t):
    return np.sum(np.linalg.solve(M + t * V, C[:, 0] * t) ** 2)


def solve_triangular(t):
    return np.sum(np.sin(support.solve_triangular(M + t * V + SHIFT, C + t, lower=True)))


def inv(t):
    return np.sum(W * np.linalg.inv(M + t * V))


def det(t):
    return np.sum(np.linalg.det(M + t * V))


def lu(t):
    factors, pivots, permutation = support.lu(M + t * V)
    return np.sum(np.sin(factors))


def qr(t):
    q, r = np.linalg.qr(T + t * D)
    return np.sum(np.sum(q**3) + np.sin(r))


def eigh(t):
    a = M + t * V
    w, v = np.linalg.eigh(a + a.T)
    return np.sum(np.sin(w) + np.sum(v**4))


def eigh_of_one_triangle(t):
    w, v = np.linalg.eigh(M + t * V)
    return np.sum(np.sin(w) + np.sum(v**4))


def eigh_of_the_upper_triangle(t):
    w, v = np.linalg.eigh(M + t * V, UPLO="U")
    return np.sum(np.sin(w) + np.sum(v**4))


def eigvalsh_of_one_triangle(t):
    return np.sum(np.sin(np.linalg.eigvalsh(np.tril(M + t * V))))


def eigvalsh(t):
    a = M + t * V
    return np.sum(np.sin(np.linalg.eigvalsh(a + a.T)))


def svd(t):
    u, s, vh = np.linalg.svd(T + t * D, full_matrices=False)
    return np.sum(np.sum(u**4) + np.sin(s) + np.sum(vh**4))


def svdvals(t):
    return np.sum(np.linalg.svdvals(T + t * D) ** 3)


def norm(t):
    return np.sum(np.linalg.norm(T + t * D))


def norms_of_rows(t):
    return np.sum(np.linalg.norm(T + t * D, axis=1) ** 2.5)


def other_norms(t):
    return np.sum(np.linalg.norm(T + t * D, 3, axis=1) ** 2)


def sort(t):
    return np.sum(np.sort((T + t * D) ** 2, axis=0) * np.arange(4.0))


def cumprod(t):
    return np.sum(np.sin(np.cumprod(T + t * D, axis=0)))


def cumprod_of_all(t):
    return np.sum(np.sin(np.cumprod(T + t * D)))


def cumsum(t):
    return np.sum(np.sin(np.cumsum((T + t * D) ** 2)))


def logcumsumexp(t):
    return np.sum(np.sin(np.logaddexp.accumulate((T + t * D) ** 2)))


FUNCTIONS = [
    cholesky, upper_cholesky, cholesky_of_one_triangle, cholesky_of_the_upper_triangle, solve, solve_for_a_vector,
    solve_triangular, inv, det, lu, qr, eigh, eigh_of_one_triangle, eigh_of_the_upper_triangle, eigvalsh,
    eigvalsh_of_one_triangle, svd, svdvals, norm, norms_of_rows, other_norms, sort, cumprod, cumprod_of_all, cumsum,
    logcumsumexp,
]  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_derivatives(function):
    at, step = 0.1, 1e-5
    slope = (function(at + step) - function(at - step)) / (2 * step)
    first = grad(function)
    for got in (first(at), jit(first)(at), jvp(function, (at,), (1.0,))[1]):
        np.testing.assert_allclose(float(got), slope, rtol=1e-5, atol=1e-5)
    curvature = (first(at + step) - first(at - step)) / (2 * step)
    for got in (grad(first)(at), jvp(first, (at,), (1.0,))[1]):
        np.testing.assert_allclose(float(got), curvature, rtol=1e-5, atol=1e-5)
