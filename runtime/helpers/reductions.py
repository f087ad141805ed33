"""Helpers of emitted code: broadcasting and reductions."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s.runtime import selected_reductions, selections

Shape = tuple[Any, ...]  # of ints, and `selections.Length` where a staged mask decides
Axis = int | tuple[int, ...] | None


def sum_to(t: Any, shape: Shape) -> Any:
    """`t` summed over the axes along which `shape` was broadcast to the shape of `t`."""
    if type(t) is selections.Selected:
        return selections.sum_to(t, shape)
    have = t.shape if hasattr(t, "shape") else np.shape(t)
    if have == tuple(shape):
        return t
    added = len(have) - len(shape)
    stretched = [i + added for i, n in enumerate(shape) if n == 1 and have[i + added] != 1]
    summed = np.sum(t, axis=(*range(added), *stretched), keepdims=not added)
    return np.reshape(summed, shape) if added and stretched else summed


def unreduce(t: Any, shape: Shape, axis: Axis = None, keepdims: bool = False) -> Any:
    """The transpose of a sum over `axis`: `t` repeated along the reduced axes of an array of shape `shape`."""
    if selections.is_shape(shape):
        return selections.unreduce(t, shape, normal_axes(axis, len(shape)))
    if (t.shape if hasattr(t, "shape") else np.shape(t)) == tuple(shape):
        return t
    return np.broadcast_to(np.reshape(t, kept_shape(shape, axis)), shape)


def kept_shape(shape: Shape, axis: Axis = None) -> Shape:
    """The shape of a reduction over `axis` with `keepdims=True`."""
    reduced = normal_axes(axis, len(shape))
    return tuple(1 if i in reduced else n for i, n in enumerate(shape))


def normal_axes(axis: Axis, ndim: int) -> Shape:
    """The axes that `axis` means, counted from the front; all for None."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(int(a) + ndim if a < 0 else int(a) for a in axes)


def reduced_size(shape: Shape, axis: Axis = None) -> int:
    """How many elements a reduction over `axis` combines into one."""
    return math.prod(shape[i] for i in normal_axes(axis, len(shape)))


def max_weights(a: Any, axis: Axis = None) -> Any:
    """The derivative of the maximum of `a` along `axis`: 1 where it is reached, shared equally among ties."""
    return _tie_weights(a, np.max(a, axis=axis, keepdims=True), axis)


def min_weights(a: Any, axis: Axis = None) -> Any:
    """The derivative of the minimum of `a` along `axis`: 1 where it is reached, shared equally among ties."""
    return _tie_weights(a, np.min(a, axis=axis, keepdims=True), axis)


def _tie_weights(a: Any, extreme: Any, axis: Axis) -> Any:
    ones = np.where(a == extreme, np.ones_like(a), np.zeros_like(a))
    return ones / np.maximum(np.sum(ones, axis=axis, keepdims=True), 1)


def product_of_others(a: Any, axis: Axis = None) -> Any:
    """For each element the product of the other elements along `axis`; exact where elements are zero."""
    if type(a) is selections.Selected:
        return selected_reductions.each_other(lambda rows: product_of_others(rows, axis), a, 1)
    rows, restore = _reduced_last(a, axis)
    ones = np.ones_like(rows[..., :1])
    before = np.cumprod(np.concatenate([ones, rows[..., :-1]], axis=-1), axis=-1)
    after = np.flip(np.cumprod(np.flip(np.concatenate([rows[..., 1:], ones], axis=-1), -1), axis=-1), -1)
    return restore(before * after) if np.size(a) else a


def leave_one_out(a: Any, axis: Axis, fill: float) -> Any:
    """`a` for each element along `axis`, on a new last axis, with that element itself replaced by `fill`."""
    rows, restore = _reduced_last(a, axis)
    n = np.shape(rows)[-1]
    copies = np.where(np.eye(n, dtype=bool), np.full_like(rows[..., :1, None], fill), rows[..., None, :])
    return np.stack([restore(copies[..., j]) for j in range(n)], axis=-1)


def merge_left_out(t: Any, shape: Shape, axis: Axis) -> Any:
    """The transpose of `leave_one_out(·, axis, 0)`."""
    n = np.shape(t)[-1]
    rows = np.stack([_reduced_last(t[..., j], axis)[0] for j in range(n)], axis=-1)
    summed = np.sum(np.where(np.eye(n, dtype=bool), np.zeros_like(rows), rows), axis=-2)
    return _reduced_last(np.zeros(shape), axis)[1](summed)


def inverse_permutation(axes: Sequence[int] | None) -> Shape | None:
    """The permutation that undoes `axes`; None, which reverses the axes, undoes itself."""
    if axes is None:
        return None
    positive = normal_axes(tuple(axes), len(axes))
    return tuple(positive.index(i) for i in range(len(positive)))


def negated(shift: Any) -> Any:
    """A shift, or a tuple of shifts, with the sign changed."""
    return tuple(-s for s in shift) if isinstance(shift, (tuple, list)) else -shift


def _reduced_last(a: Any, axis: Axis) -> tuple[Any, Callable[[Any], Any]]:
    """`a` with the reduced axes flattened into one last axis, and the function that undoes it."""
    shape = np.shape(a)
    reduced = normal_axes(axis, len(shape))
    kept = tuple(i for i in range(len(shape)) if i not in reduced)
    order = kept + reduced
    size = math.prod(shape[i] for i in reduced)
    rows = np.reshape(np.transpose(a, order), (*(shape[i] for i in kept), size))

    def restore(x: Any) -> Any:
        return np.transpose(np.reshape(x, tuple(shape[i] for i in order)), inverse_permutation(order))

    return rows, restore
