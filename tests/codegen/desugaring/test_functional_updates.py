"""`x.at[i].set(v)` and the like in functions that are differentiated or batched."""

import numpy as np
import pytest

import s2s
import s2s.numpy as snp

X = np.random.default_rng(0).normal(size=(5, 4))
PLACES, V = np.array([0, 3, 2, 1, 0]), np.random.default_rng(1).normal(size=5)


def elements(x, i, v):
    y = x.at[i].set(v * 2.0)
    return np.sin(y.at[i].add(x[0] * v)) * y.at[1:].multiply(v)


def extremes(x, i, v):
    y = x.at[0].max(v).at[1].min(x[i]).at[2].power(2)
    return y.at[-1].divide(v) * y.at[i].get() + x


def repeated(x, i, v):
    return x.at[np.array([0, 1, 1])].add(v * x[i]) ** 2


def by_numpy(f, x, i, v):
    return np.asarray(f(snp.array(x), i, v))


@pytest.mark.parametrize("f", [elements, extremes, repeated], ids=lambda f: f.__name__)
def test_derivatives_and_batches(f):
    def loss(x, i, v):
        return (f(x, i, v) ** 2).sum()

    rows = list(zip(X, PLACES, V, strict=True))
    values = [by_numpy(f, *row) for row in rows]
    gradients = np.array([difference(loss, *row) for row in rows])
    x = snp.array(X)
    for run in (s2s.vmap(f), s2s.jit(s2s.vmap(f))):
        np.testing.assert_allclose(run(x, PLACES, V), values, rtol=1e-12)
    one, batched = s2s.grad(loss), s2s.vmap(s2s.grad(loss))
    np.testing.assert_allclose([one(*row) for row in rows], gradients, rtol=1e-6, atol=1e-8)
    for run in (batched, s2s.jit(batched), s2s.grad(lambda *a: s2s.vmap(loss)(*a).sum())):
        np.testing.assert_allclose(run(x, PLACES, V), gradients, rtol=1e-6, atol=1e-8)


def difference(loss, x, i, v, step=1e-6):
    def at(y):
        return float(loss(snp.array(y), i, v))

    return [(at(x + step * e) - at(x - step * e)) / (2 * step) for e in np.eye(x.size)]


def test_the_array_stays_as_it_was():
    x = np.array([2.0, 3.0])
    gradient = s2s.grad(lambda x: x.at[0].set(x[1] ** 2).sum() * x[0])
    np.testing.assert_allclose(gradient(x), [12.0, 14.0])
    np.testing.assert_array_equal(x, [2.0, 3.0])


def test_an_index_that_may_repeat_is_multiplied_by_no_derivative():
    with pytest.raises(s2s.UnsupportedError, match="at"):
        s2s.grad(lambda x, i: x.at[i].multiply(2.0).sum())(X[0], np.array([0, 0]))
