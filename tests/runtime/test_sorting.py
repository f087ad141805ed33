"""Sorting and cumulative operations: values against NumPy, rules against differences."""

import jax
import numpy as np
import pytest

from s2s.runtime import support
from s2s.runtime.array import from_host

rng = np.random.default_rng(2)
X = rng.normal(size=(3, 5))
ZEROS = np.where(rng.random(size=(3, 5)) < 0.4, 0.0, X)
TIES = rng.integers(0, 3, size=(4, 6))
NANS = np.array([2.0, np.nan, -0.0, 0.0, -np.inf, np.nan, np.inf, -1.0])
LONG = rng.normal(size=1000)

DTYPES = ["float16", "float32", "float64", "int8", "int32", "int64", "uint8", "uint64", "bool"]


def compare(function, *arrays, tolerance=0.0, **kwargs):
    """A function on our arrays against the same function on NumPy's."""
    ours, theirs = function(*map(from_host, arrays), **kwargs), function(*map(np.asarray, arrays), **kwargs)
    for mine, expected in zip(results(ours), results(theirs), strict=True):
        assert (mine.shape, mine.dtype) == (np.shape(expected), expected.dtype)
        np.testing.assert_allclose(np.asarray(mine), expected, rtol=tolerance, atol=tolerance)


def results(x):
    return x if isinstance(x, tuple) else (x,)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [-1, 0, None])
def test_sort(dtype, axis):
    x = (10 * X).astype(dtype)
    compare(np.sort, x, axis=axis)
    compare(np.argsort, x, axis=axis, kind="stable")


@pytest.mark.parametrize("function", [np.sort, np.argsort])
@pytest.mark.parametrize("x", [NANS, NANS.astype(np.float32), TIES, np.zeros(0), np.zeros((0, 3)), np.ones(1)])
def test_sort_of_special_values(function, x):
    compare(function, x, kind="stable")


def test_lexsort():
    first, second = from_host(TIES[0]), from_host(TIES[1])
    np.testing.assert_array_equal(np.lexsort((first, second)), np.lexsort((TIES[0], TIES[1])))


def test_partition():
    parted = np.asarray(np.partition(from_host(LONG), 300))
    assert parted[300] == np.sort(LONG)[300] and parted[:300].max() <= parted[300] <= parted[301:].min()
    order = np.asarray(np.argpartition(from_host(LONG), 300))
    np.testing.assert_array_equal(np.sort(LONG[order]), np.sort(LONG))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("size", [0, 1, 2, 7, 8, 1000])
def test_searchsorted(side, size):
    sorted_values = np.sort(np.round(LONG[:size], 1))
    compare(np.searchsorted, sorted_values, np.round(LONG.reshape(10, 100), 1), side=side)
    compare(np.searchsorted, sorted_values, np.float64(0.5), side=side)


@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted_with_nans_and_order(side):
    compare(np.searchsorted, np.sort(NANS), NANS, side=side)
    order = np.argsort(LONG)
    np.testing.assert_array_equal(
        np.searchsorted(from_host(LONG), from_host(X), side, from_host(order)), np.searchsorted(LONG, X, side, order)
    )


@pytest.mark.parametrize("x", [X, TIES, LONG])
def test_top_k(x):
    for mine, expected in zip(support.top_k(from_host(x), 4), jax.lax.top_k(x.astype(np.float32), 4), strict=True):
        np.testing.assert_allclose(np.asarray(mine), expected, rtol=1e-6)
    for mine, expected in zip(support.top_k(from_host(x), 4), support.top_k(x, 4), strict=True):
        np.testing.assert_array_equal(mine, expected)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: np.sort(from_host(X), axis=2), np.exceptions.AxisError, "axis 2"),
        (lambda: np.sort(from_host(X + 1j)), NotImplementedError, "complex"),
        (lambda: np.searchsorted(from_host(X), from_host(X)), ValueError, "one-dimensional"),
        (lambda: support.top_k(from_host(X), 6), ValueError, "k=6"),
        (lambda: np.cumsum(from_host(X), axis=2), np.exceptions.AxisError, "axis 2"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


# Cumulative operations.


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [-1, 0, None])
@pytest.mark.parametrize("function", [np.cumsum, np.cumprod])
def test_cumulative_sums_and_products(function, axis, dtype):
    compare(function, (2 * X).astype(dtype), axis=axis, tolerance=5e-2 if dtype == "float16" else 1e-5)


@pytest.mark.parametrize("function", [np.cumsum, np.cumprod])
def test_cumulative_dtype(function):
    compare(function, TIES.astype(np.int8), axis=1, dtype=np.float32)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 15, 16, 17, 1000])
def test_lengths(size):
    x = LONG[:size]
    compare(np.cumsum, x, tolerance=1e-12)
    compare(np.maximum.accumulate, x)
    compare(np.minimum.accumulate, x)
    if size:
        compare(np.logaddexp.accumulate, 300 * x, tolerance=1e-12)


@pytest.mark.parametrize("axis", [0, 1, None])
@pytest.mark.parametrize("reverse", [False, True])
def test_linear_recurrence(axis, reverse):
    compare(support.linear_recurrence, X, X + 1, axis=axis, reverse=reverse, tolerance=1e-10)


def test_linear_recurrence_by_hand():
    forwards = support.linear_recurrence(np.array([9.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0]))
    np.testing.assert_allclose(forwards, [1, 3, 10])
    backwards = support.linear_recurrence(np.array([2.0, 3.0, 9.0]), np.array([1.0, 1.0, 1.0]), reverse=True)
    np.testing.assert_allclose(backwards, [9, 4, 1])


# Rules.

RULES = [
    *(("sort", (X,), {"axis": i}) for i in (-1, 0, None)),
    *(("partition", (X,), {"kth": 2, "axis": i}) for i in (-1, 0)),
    ("top_k", (X,), {"k": 3}),
    *((name, (x,), {"axis": i}) for name in ("cumsum", "cumprod") for x in (X, ZEROS) for i in (None, 0, 1, -1)),
    *((name, (X,), {"axis": i}) for name in ("cummax", "cummin", "logcumsumexp") for i in (0, 1, -1)),
    *(("linear_recurrence", (X, X + 1), {"axis": i, "reverse": r}) for i in (None, 0, -1) for r in (False, True)),
    *(("shift", (X,), {"offset": o, "axis": i, "fill": 1}) for o in (1, -2) for i in (0, -1, None)),
    ("flattened_if", (X,), {"axis": None}),
    ("exp_difference", (X, X + 1), {}),
]


@pytest.mark.parametrize(("name", "operands", "static"), RULES, ids=lambda x: x if isinstance(x, str) else "")
def test_rules(check_rules, name, operands, static):
    check_rules(name, *operands, **static)


@pytest.mark.parametrize("zeros", [(), (0,), (2,), (1, 3), (4,)])
def test_adjoint_of_products_with_zeros(run_vjp, zeros):
    x = LONG[:5].copy()
    x[list(zeros)] = 0
    with jax.enable_x64(True):
        (expected,) = jax.vjp(jax.numpy.cumprod, x)[1](jax.numpy.ones(5))
    np.testing.assert_allclose(run_vjp("cumprod", {"a": x}, np.cumprod(x), np.ones(5)), expected)


def test_equal_elements_share_nothing_twice(run_vjp):
    x = np.array([1.0, 3.0, 3.0, 2.0, 3.0])
    adjoint = run_vjp("cummax", {"array": x}, np.maximum.accumulate(x), np.ones(5))
    np.testing.assert_array_equal(adjoint, [1, 1, 2, 0, 1])
    np.testing.assert_array_equal(run_vjp("sort", {"a": x}, np.sort(x), np.arange(5.0)), [0, 2, 3, 1, 4])


def test_leading_minus_infinity(run_vjp):
    x = np.array([-np.inf, 0.0, 1.0])
    out = np.logaddexp.accumulate(x)
    with jax.enable_x64(True):
        (expected,) = jax.vjp(jax.lax.cumlogsumexp, x)[1](jax.numpy.ones(3))
    ours = run_vjp("logcumsumexp", {"array": x}, out, np.ones(3))
    np.testing.assert_allclose(ours[1:], np.asarray(expected)[1:])
