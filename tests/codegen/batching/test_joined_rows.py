"""Batched forms that one operation computes for all rows: convolutions, windows, Kronecker products, sorting, masks."""

import warnings

import numpy as np
import pytest

import s2s
from s2s import lax
from s2s.row_loops import RowLoopWarning


def array(*shape):
    return np.sin(1.0 + np.arange(np.prod(shape)) ** 1.5).reshape(shape)


@pytest.fixture(autouse=True)
def all_rows_at_once():
    with warnings.catch_warnings():
        warnings.simplefilter("error", RowLoopWarning)
        yield


def check(f, *args):
    """Values and gradients of all rows, and of rows that share the second argument, against loops."""

    def loss(*row):
        return np.sum(np.sin(f(*row)))

    axes = (0,) * len(args)
    for function in (f, s2s.grad(loss, argnums=tuple(range(len(args))))):
        found = s2s.vmap(function)(*args)
        rows = [function(*[a[k] for a in args]) for k in range(len(args[0]))]
        for ours, theirs in zip(leaves(found), zip(*map(leaves, rows), strict=True), strict=True):
            np.testing.assert_allclose(ours, np.stack(theirs), rtol=1e-10, atol=1e-12)
    shared = s2s.vmap(f, in_axes=(*axes[:1], *[None] * (len(args) - 1)))(args[0], *[a[0] for a in args[1:]])
    np.testing.assert_allclose(shared, [f(row, *[a[0] for a in args[1:]]) for row in args[0]], rtol=1e-10)


def leaves(value):
    return list(value) if isinstance(value, tuple) else [value]


def test_convolutions():
    def conv(image, kernel):
        return lax.conv_general_dilated(image, kernel, (2, 1), [(1, 1), (0, 2)], None, (1, 2), None, 2)

    def nhwc(image, kernel):
        return lax.conv_general_dilated(image, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))

    check(conv, array(2, 1, 4, 3, 3), array(2, 4, 2, 2, 2))
    images, kernels = array(2, 1, 4, 4, 2), array(2, 3, 3, 2, 2)
    found = s2s.vmap(nhwc)(images, kernels)
    np.testing.assert_allclose(found, [nhwc(images[k], kernels[k]) for k in range(2)], atol=1e-12)


def test_kronecker_products():
    check(lambda a, b: np.kron(a, b), array(3, 2, 2), array(3, 3, 2))
    check(lambda a, b: np.kron(a, b), array(3, 2), array(3, 3, 2))


def test_windows():
    x, starts = array(4, 5, 6), np.array([0, 2, 5, -3])

    def window(x, i):
        return lax.dynamic_slice(x, (i, 1), (2, 3))

    def written(x, i):
        return lax.dynamic_update_slice(x, np.ones((2, 3)), (1, i))

    for f in (window, written):
        np.testing.assert_allclose(s2s.vmap(f)(x, starts), [f(a, i) for a, i in zip(x, starts, strict=True)])
        np.testing.assert_allclose(s2s.vmap(f, in_axes=(None, 0))(x[0], starts), [f(x[0], i) for i in starts])


def test_unpacking_takes_each_row_apart():
    def f(x):
        a, b = x
        c, d = np.sort(x)
        return a * d - b * b * c

    check(f, array(2, 2))


def test_sorted_and_masks():
    def ordered(x):
        least, *_, most = sorted(x, reverse=True)
        return least - 2 * most

    def clipped(x):
        y = x * 2.0
        y[y < 0] = 0.0
        y[np.isnan(y)] = 1.0
        return y

    for f in (ordered, clipped):
        np.testing.assert_allclose(s2s.vmap(f)(array(3, 4)), [f(row) for row in array(3, 4)])
