"""Transposes of linear functions, and the refusal of others."""

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError

A = np.random.default_rng(0).normal(size=(2, 3))


def gathered(x):
    return A @ x[1:] * 2.0 + np.concatenate([x[:1], x[:1]])


def written(x):
    y = np.zeros(4)
    for i in range(4):
        y[i] = x[i] * i
    return y[::-1]


@pytest.mark.parametrize("f", [gathered, written, lambda x: np.cumsum(x) - x.mean(), lambda x: x[np.array([0, 0, 3])]])
def test_transpose(f):
    transpose = s2s.linear_transpose(f, s2s.ShapeDtypeStruct((4,), np.float64))
    matrix = np.stack([f(e) for e in np.eye(4)], axis=1)
    bar = np.arange(1.0, len(matrix) + 1)
    np.testing.assert_allclose(transpose(bar)[0], matrix.T @ bar)


@pytest.mark.parametrize(
    "f", [np.sin, lambda x: x * x, lambda x: np.where(x > 0, x, 0.0), lambda x: x if x[0] > 0 else 2.0 * x, np.abs]
)
def test_other_functions_are_refused(f):
    with pytest.raises(UnsupportedError, match="not linear in its arguments"):
        s2s.linear_transpose(lambda x: f(x), np.zeros(3))
