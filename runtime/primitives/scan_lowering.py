"""How cumulative operations are built."""

from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime import dtypes
from s2s.runtime.staging import Staged

Values = tuple[Staged, ...]
Combine = Callable[[Values, Values], Values]


def cumsum(a: Staged, axis: int | None = None, dtype: Any = None) -> Staged:
    return _along(a.astype(_sum_dtype(a, dtype)), axis, lambda x, y: (x[0] + y[0],))


def cumprod(a: Staged, axis: int | None = None, dtype: Any = None) -> Staged:
    return _along(a.astype(_sum_dtype(a, dtype)), axis, lambda x, y: (x[0] * y[0],))


def cummax(array: Staged, axis: int = 0, dtype: Any = None) -> Staged:
    return _along(_cast(array, dtype), axis, lambda x, y: (np.maximum(x[0], y[0]),))


def cummin(array: Staged, axis: int = 0, dtype: Any = None) -> Staged:
    return _along(_cast(array, dtype), axis, lambda x, y: (np.minimum(x[0], y[0]),))


def logcumsumexp(array: Staged, axis: int = 0, dtype: Any = None) -> Staged:
    array = array.astype(dtypes.inexact_dtype(array.dtype) if dtype is None else dtypes.canonical(dtype))
    return _along(array, axis, lambda x, y: (np.logaddexp(x[0], y[0]),))


def linear_recurrence(decay: Staged, x: Staged, axis: int | None = -1, reverse: bool = False) -> Staged:
    """y[i] = decay[i] y[i-1] + x[i], as a scan over the affine maps y -> decay y + x."""
    dtype = dtypes.result_type(decay, x)[0]
    where = _axis(axis, decay.ndim)
    maps = [np.moveaxis(_flat(v.astype(dtype), axis), where, -1) for v in (decay, x)]
    maps = [np.flip(v, -1) for v in maps] if reverse else maps
    last = associative_scan(_compose, (maps[0], maps[1]))[1]
    return np.moveaxis(np.flip(last, -1) if reverse else last, -1, where)


def _compose(first: Values, then: Values) -> Values:
    return first[0] * then[0], then[0] * first[1] + then[1]


def _along(a: Staged, axis: int | None, combine: Combine) -> Staged:
    where = _axis(axis, a.ndim)
    moved = np.moveaxis(_flat(a, axis), where, -1)
    return np.moveaxis(associative_scan(combine, (moved,))[0], -1, where)


def _flat(a: Staged, axis: int | None) -> Staged:
    return np.reshape(a, (-1,)) if axis is None else a


def _axis(axis: int | None, ndim: int) -> int:
    if axis is None:
        return 0
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return axis % ndim


def associative_scan(combine: Combine, values: Values) -> Values:
    """The running combination along the last axis; all of `values` have the same shape.

    Combines pairs, scans them, and fills in the elements between (Blelloch 1990).
    """
    n = values[0].shape[-1]
    if n < 2:
        return values
    pairs = combine(tuple(v[..., : n - 1 : 2] for v in values), tuple(v[..., 1::2] for v in values))
    odd = associative_scan(combine, pairs)
    even = values
    if n > 2:
        inner = combine(tuple(v[..., : (n - 1) // 2] for v in odd), tuple(v[..., 2::2] for v in values))
        even = tuple(np.concatenate([v[..., :1], w], axis=-1) for v, w in zip(values, inner, strict=True))
    return tuple(_interleave(e[..., : (n + 1) // 2], o) for e, o in zip(even, odd, strict=True))


def _interleave(even: Staged, odd: Staged) -> Staged:
    """The sequence even[0], odd[0], even[1], ...; `even` may be longer by one."""
    count = odd.shape[-1]
    pairs = np.reshape(np.stack([even[..., :count], odd], axis=-1), (*odd.shape[:-1], 2 * count))
    return pairs if even.shape[-1] == count else np.concatenate([pairs, even[..., count:]], axis=-1)


def _cast(a: Staged, dtype: Any) -> Staged:
    return a if dtype is None else a.astype(dtypes.canonical(dtype))


def _sum_dtype(a: Staged, dtype: Any) -> np.dtype:
    """The dtype in which NumPy sums: at least a 64-bit integer for integers and bool."""
    if dtype is not None:
        return dtypes.canonical(dtype)
    if dtypes.is_inexact(a.dtype):
        return a.dtype
    return dtypes.uint64 if a.dtype.kind == "u" else dtypes.int64
