"""Transformations of what has no source of its own: NumPy's functions and partial functions."""

import functools
import math

import numpy as np
import pytest

import s2s

MATRICES = np.sin(np.arange(8.0)).reshape(2, 2, 2) + 3 * np.eye(2)


def test_functions_of_numpy():
    np.testing.assert_allclose(s2s.grad(np.sin)(0.3), np.cos(0.3))
    np.testing.assert_allclose(s2s.grad(math.sin)(0.3), np.cos(0.3))
    solved = s2s.vmap(np.linalg.solve)(MATRICES, MATRICES[:, 0])
    np.testing.assert_allclose(solved, [np.linalg.solve(a, a[0]) for a in MATRICES])
    np.testing.assert_allclose(s2s.vmap(np.linalg.norm)(MATRICES), [np.linalg.norm(a) for a in MATRICES])
    assert "np.linalg.solve(a, b[..., None])" in s2s.vmap(np.linalg.solve).source_for(MATRICES, MATRICES[:, 0])


def scaled(a, x, power=2):
    return np.sum(a * x**power)


def test_partial_functions():
    np.testing.assert_allclose(s2s.grad(functools.partial(scaled, 3.0))(2.0), 12.0)
    np.testing.assert_allclose(s2s.grad(functools.partial(scaled, 3.0), argnums="x")(x=2.0, power=3), 36.0)
    cubes = s2s.vmap(functools.partial(scaled, power=3), in_axes=(None, 0))
    np.testing.assert_allclose(cubes(2.0, np.array([1.0, 2.0])), [2.0, 16.0])
    np.testing.assert_allclose(s2s.vmap(functools.partial(np.sum, axis=0))(MATRICES), MATRICES.sum(axis=1))


def test_objects_that_are_called():
    class Model:
        def __init__(self, w):
            self.w = w

        def __call__(self, x):
            return np.sum(x * self.w)

    np.testing.assert_allclose(s2s.vmap(Model(2.0))(np.ones((2, 3))), [6.0, 6.0])


def test_classes_are_refused():
    with pytest.raises(Exception, match="a class: it has no Python source to transform"):
        s2s.grad(np.random.RandomState)(1.0)
