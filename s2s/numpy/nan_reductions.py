"""Reductions that pass over NaN, written over `np` like `statistics`."""

from typing import Any

import numpy as np

from s2s.numpy.axes import Axis


def nansum(a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False) -> Any:
    """Sum along `axis`, NaN counting as zero."""
    return np.sum(np.where(np.isnan(a), 0, a), axis=axis, dtype=dtype, keepdims=keepdims)


def nanprod(a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False) -> Any:
    """Product along `axis`, NaN counting as one."""
    return np.prod(np.where(np.isnan(a), 1, a), axis=axis, dtype=dtype, keepdims=keepdims)


def nanmax(a: Any, axis: Axis = None, out: None = None, keepdims: bool = False) -> Any:
    """Largest element along `axis` that is not NaN; NaN where all are."""
    missing = np.isnan(a)
    largest = np.max(np.where(missing, -np.inf, a), axis=axis, keepdims=keepdims)
    return np.where(np.all(missing, axis=axis, keepdims=keepdims), np.nan, largest)


def nanmin(a: Any, axis: Axis = None, out: None = None, keepdims: bool = False) -> Any:
    """Smallest element along `axis` that is not NaN; NaN where all are."""
    missing = np.isnan(a)
    smallest = np.min(np.where(missing, np.inf, a), axis=axis, keepdims=keepdims)
    return np.where(np.all(missing, axis=axis, keepdims=keepdims), np.nan, smallest)


def _present(a: Any, axis: Axis, keepdims: bool) -> Any:
    """How many elements along `axis` are not NaN, in the dtype of `a`."""
    return np.sum(np.where(np.isnan(a), 0, np.ones_like(a)), axis=axis, keepdims=keepdims)


def nanmean(a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False) -> Any:
    """Mean along `axis` of the elements that are not NaN; NaN where all are."""
    present = _present(a, axis, keepdims)
    return nansum(a, axis=axis, dtype=dtype, keepdims=keepdims) / present


def nanvar(
    a: Any, axis: Axis = None, dtype: Any = None, out: None = None, ddof: int = 0, keepdims: bool = False
) -> Any:
    """Variance along `axis` of the elements that are not NaN, with divisor (their number - ddof)."""
    centred = np.where(np.isnan(a), 0, a - nanmean(a, axis=axis, dtype=dtype, keepdims=True))
    present = _present(a, axis, keepdims)
    squares = np.sum(np.real(centred * np.conj(centred)), axis=axis, dtype=dtype, keepdims=keepdims)
    return np.where(present > ddof, squares, np.nan) / np.maximum(present - ddof, 1)


def nanstd(
    a: Any, axis: Axis = None, dtype: Any = None, out: None = None, ddof: int = 0, keepdims: bool = False
) -> Any:
    """Square root of `nanvar`."""
    return np.sqrt(nanvar(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims))


def nanargmax(a: Any, axis: int | None = None, out: None = None, keepdims: bool = False) -> Any:
    """Index of the largest element along `axis` that is not NaN."""
    return np.argmax(np.where(np.isnan(a), -np.inf, a), axis=axis, keepdims=keepdims)


def nanargmin(a: Any, axis: int | None = None, out: None = None, keepdims: bool = False) -> Any:
    """Index of the smallest element along `axis` that is not NaN."""
    return np.argmin(np.where(np.isnan(a), np.inf, a), axis=axis, keepdims=keepdims)


def nancumsum(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    """Cumulative sum along `axis`, NaN counting as zero."""
    return np.cumsum(np.where(np.isnan(a), 0, a), axis=axis, dtype=dtype)


def nancumprod(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    """Cumulative product along `axis`, NaN counting as one."""
    return np.cumprod(np.where(np.isnan(a), 1, a), axis=axis, dtype=dtype)
