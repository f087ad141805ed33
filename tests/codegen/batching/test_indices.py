"""Index arrays of each row's own, among slices, new axes and index arrays that rows share: values and derivatives."""

import warnings

import numpy as np
import pytest

import s2s
import s2s.lax

X = np.sin(np.arange(4 * 5 * 6 * 3.0)).reshape(4, 5, 6, 3)
ONE = np.array([0, 2, 1, 2])
SOME = np.array([[0, 1], [2, 2], [1, 1], [0, 2]])
SHARED = np.array([0, 1, 1])

INDICES = {
    "last": (lambda x, i: x[..., i], ONE),
    "beside shared": (lambda x, i: x[i, SHARED], ONE),
    "between": (lambda x, i: x[:, i, SHARED], ONE),
    "parted by a slice": (lambda x, i: x[i, :, SHARED], ONE),
    "behind a new axis": (lambda x, i: x[1:, None, i], ONE),
    "arrays behind a slice": (lambda x, i: x[:, i], SOME),
    "arrays behind an ellipsis": (lambda x, i: x[..., i], SOME),
    "two arrays": (lambda x, i: x[:, i, i], SOME),
    "two arrays, parted": (lambda x, i: x[i, :, i], SOME),
    "of two axes": (lambda x, i: x[:, i[:, None], i[None, :]], SOME),
    "beside a number": (lambda x, i: x[i, 0], SOME),
}


@pytest.mark.parametrize("name", INDICES)
def test_rows_are_those_of_a_loop(name):
    f, index = INDICES[name]

    def loss(x, i):
        return np.sum(np.sin(f(x, i)))

    rows = [f(X[k], index[k]) for k in range(4)]
    np.testing.assert_array_equal(s2s.vmap(f)(X, index), rows)
    np.testing.assert_array_equal(s2s.vmap(f, in_axes=(None, 0))(X[0], index), [f(X[0], i) for i in index])
    grad = s2s.grad(loss)
    np.testing.assert_allclose(s2s.vmap(grad)(X, index), [grad(X[k], index[k]) for k in range(4)])


def test_writes_behind_a_slice():
    def written(v, x, i):
        y = x * 1.0
        y[:, i, 0] = v
        return np.sum(np.sin(y))

    values = np.cos(np.arange(4 * 5 * 2.0)).reshape(4, 5, 2)
    index = np.array([[0, 1], [3, 2], [1, 4], [0, 5]])
    rows = [written(values[k], X[k], index[k]) for k in range(4)]
    np.testing.assert_allclose(s2s.vmap(written)(values, X, index), rows)
    grad = s2s.grad(written)
    np.testing.assert_allclose(
        s2s.vmap(grad)(values, X, index), [grad(values[k], X[k], index[k]) for k in range(4)], atol=1e-14
    )


def test_what_may_be_a_container_is_not_taken_for_an_array():
    def outer(r, g):
        return g[:, None] * r[1][None, :]

    rows = s2s.vmap(outer, in_axes=((None, 0), 0))
    found = s2s.vmap(rows, in_axes=(None, 0))((X[0, 0], X[1, 0]), X[:, 0, :, :2])
    assert found.shape == (4, 6, 2, 3)
    np.testing.assert_allclose(found[1, 2], X[1, 0, 2, :2, None] * X[1, 0, 2][None, :])


def mean_of_chosen(x, chosen, weight):
    return weight * x[np.arange(len(chosen)), chosen].mean() + weight**2 * np.sum(x[1:]) + np.sum(x[:, 0])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_one_cotangent_for_all_that_was_read(count):
    """With as many rows as elements, shapes fit also where the cotangent of a row goes to an element."""
    rng = np.random.default_rng(0)
    x, chosen, weight = rng.normal(size=(3, count, 2)), rng.integers(0, 2, size=(3, count)), rng.normal(size=3)
    gradient = s2s.grad(mean_of_chosen, argnums=(0, 2))
    rows = [gradient(*row) for row in zip(x, chosen, weight, strict=True)]
    batched = s2s.vmap(gradient)
    for found in (batched(x, chosen, weight), s2s.jit(batched)(x, chosen, weight)):
        for k in (0, 1):
            np.testing.assert_allclose(found[k], np.stack([row[k] for row in rows]))


def test_what_a_branch_that_is_called_saves_is_taken_apart():
    def branched(x):
        return s2s.lax.cond(x > 0, lambda y: np.sin(y) ** 2, lambda y: -y, x)

    with warnings.catch_warnings():
        warnings.simplefilter("error", s2s.RowLoopWarning)
        found = s2s.vmap(s2s.grad(branched))(np.array([4.0, -1.0, 1.0]))
    np.testing.assert_allclose(found, [np.sin(8.0), -1.0, np.sin(2.0)])
