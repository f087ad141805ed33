"""vectorize against NumPy's own, and its derivatives."""

import numpy as np
import pytest

import s2s

rng = np.random.default_rng(0)
A, V = rng.normal(size=(5, 2, 3)), rng.normal(size=(4, 1, 3))


def product(m, v):
    return m @ v


@pytest.mark.parametrize(("m", "v"), [(A, V), (A[0], V), (A, V[0, 0]), (A[0], V[0, 0])])
def test_signatures_broadcast_the_axes_in_front(m, v):
    vectorized = s2s.vectorize(product, signature="(n,m),(m)->(n)")
    np.testing.assert_allclose(vectorized(m, v), np.vectorize(product, signature="(n,m),(m)->(n)")(m, v))


def test_source_and_compositions():
    vectorized = s2s.numpy.vectorize(product, signature="(n,m),(m)->(n)")
    assert "shape = loop_shape((2, 1), np.shape(m), np.shape(v))" in vectorized.source

    def loss(m, v):
        return np.sum(np.sin(vectorized(m, v)))

    direction, step = rng.normal(size=A.shape), 1e-6
    slope = (loss(A + step * direction, V) - loss(A - step * direction, V)) / (2 * step)
    np.testing.assert_allclose(np.sum(s2s.grad(loss)(A, V) * direction), slope, rtol=1e-6)
    np.testing.assert_allclose(s2s.jit(vectorized)(A, V), vectorized(A, V))
    assert np.shape(s2s.vmap(vectorized, in_axes=(None, 0))(A, np.stack([V, V]))) == (2, 4, 5, 2)


def test_numbers_excluded_arguments_and_several_results():
    @s2s.vectorize
    def rectified(x):
        return x if x > 0.0 else 0.0 * x

    np.testing.assert_array_equal(rectified(np.array([[1.0, -2.0], [3.0, -4.0]])), [[1, 0], [3, 0]])
    assert rectified(2.0) == 2.0

    power = s2s.vectorize(lambda x, n: x**n, excluded={1})
    np.testing.assert_array_equal(s2s.grad(lambda x: power(x, 3).sum())(np.arange(3.0)), [0, 3, 12])

    total, twice = s2s.vectorize(lambda x: (x.sum(), 2.0 * x), signature="(n)->(),(n)")(A)
    np.testing.assert_allclose(total, A.sum(axis=-1))
    np.testing.assert_allclose(twice, 2.0 * A)


def test_errors():
    with pytest.raises(ValueError, match="not a signature"):
        s2s.vectorize(product, signature="(n,m->n")
    with pytest.raises(ValueError, match="the axis 'm' of the argument 'v' has length 2, not 3"):
        s2s.vectorize(product, signature="(n,m),(m)->(n)")(A, np.ones(2))
