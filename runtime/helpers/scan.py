"""Functions that the derivatives of sorting and of cumulative operations call, on every kind of array.

`axis` None means the flattened array, as NumPy's `cumsum` and `sort` have it.
"""

from typing import Any

import numpy as np

from s2s.runtime.helpers.indexing import call

Array = Any


def flattened_if(x: Array, axis: int | None) -> Array:
    """x flattened where there is no axis, else x."""
    return np.reshape(x, (-1,)) if axis is None else x


def shift(x: Array, offset: int, axis: int | None = -1, fill: float = 0) -> Array:
    """x moved by `offset` places along an axis; `fill` comes in at the one end, the other end is lost."""
    x = np.moveaxis(flattened_if(x, axis), -1 if axis is None else axis, -1)
    filling = np.full_like(x[..., : abs(offset)], fill)
    kept = x[..., : np.shape(x)[-1] - offset] if offset > 0 else x[..., -offset:]
    parts = [filling, kept] if offset > 0 else [kept, filling]
    return np.moveaxis(np.concatenate(parts, axis=-1), -1, -1 if axis is None else axis)


def linear_recurrence(decay: Array, x: Array, axis: int | None = -1, reverse: bool = False) -> Array:
    """y with y[i] = decay[i] y[i-1] + x[i] along an axis, from y[-1] = 0; backwards with `reverse`.

    decay and x have the same shape; with `reverse`, y[i] = decay[i] y[i+1] + x[i].
    """
    decay, x = flattened_if(decay, axis), flattened_if(x, axis)
    result = call(linear_recurrence, decay, x, axis, reverse)
    if result is not NotImplemented:
        return result
    decay, x = (np.moveaxis(v, -1 if axis is None else axis, 0) for v in np.broadcast_arrays(decay, x))
    out = np.empty(x.shape, np.result_type(decay, x))
    carry = np.zeros(x.shape[1:], out.dtype)
    for i in range(len(x))[:: -1 if reverse else 1]:
        carry = out[i] = decay[i] * carry + x[i]
    return np.moveaxis(out, 0, -1 if axis is None else axis)


def running_extreme_index(a: Array, extreme: Array, axis: int = 0) -> Array:
    """The position along an axis of the latest element that equals the running maximum or minimum `extreme`."""
    count = np.shape(a)[axis]
    column = np.reshape(np.arange(count), [count if i == axis % np.ndim(a) else 1 for i in range(np.ndim(a))])
    return np.maximum.accumulate(np.where(a == extreme, column, 0), axis=axis)


def exp_difference(x: Array, y: Array) -> Array:
    """exp(x - y); zero where x is -inf, whatever y."""
    empty = x == -np.inf
    return np.where(empty, 0, np.exp(np.where(empty, 0, x) - np.where(empty, 0, y)))


def top_k(x: Array, k: int) -> tuple[Array, Array]:
    """The k largest elements along the last axis, in descending order, and their positions (int32).

    Of equal elements the first comes first.
    """
    result = call(top_k, x, k)
    if result is not NotImplemented:
        return result
    order = np.argsort(-np.asarray(x), axis=-1, kind="stable")[..., :k].astype(np.int32)
    return np.take_along_axis(np.asarray(x), order, axis=-1), order
