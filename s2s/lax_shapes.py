"""The shape of arrays in `s2s.lax`: rearranging, padding, static and dynamic slices. Written as `lax_functions` is."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from s2s.numpy import axes as static
from s2s.runtime.support import dynamic_slice as _dynamic_slice
from s2s.runtime.support import dynamic_update_slice as _dynamic_update_slice
from s2s.runtime.support import set_at

Shape = Sequence[int]


def broadcast(operand: Any, sizes: Shape) -> Any:
    """`operand` repeated along new axes of those sizes, in front."""
    return np.broadcast_to(operand, (*sizes, *np.shape(operand)))


def broadcast_in_dim(operand: Any, shape: Shape, broadcast_dimensions: Shape) -> Any:
    """`operand` in an array of `shape`; its i-th axis is the axis broadcast_dimensions[i] of the result."""
    placed = np.reshape(operand, _placed_shape(np.shape(operand), len(shape), broadcast_dimensions))
    return np.broadcast_to(placed, tuple(shape))


def _placed_shape(shape: Shape, ndim: int, dimensions: Shape) -> tuple[int, ...]:
    sizes = dict(zip(dimensions, shape, strict=True))
    return tuple(sizes.get(i, 1) for i in range(ndim))


def broadcast_to_rank(x: Any, rank: int) -> Any:
    """`x` with axes of length one in front, to that rank."""
    return np.reshape(x, static.padded(np.shape(x), rank))


def reshape(operand: Any, new_sizes: Shape, dimensions: Shape | None = None) -> Any:
    """`operand`, its axes ordered as in `dimensions`, in another shape."""
    ordered = operand if dimensions is None else np.transpose(operand, tuple(dimensions))
    return np.reshape(ordered, tuple(new_sizes))


def collapse(operand: Any, start_dimension: int, stop_dimension: int | None = None) -> Any:
    """The axes from start_dimension up to before stop_dimension merged into one."""
    shape = np.shape(operand)
    stop = len(shape) if stop_dimension is None else stop_dimension
    merged = (*shape[:start_dimension], math.prod(shape[start_dimension:stop]), *shape[stop:])
    return np.reshape(operand, merged)


def expand_dims(array: Any, dimensions: Shape) -> Any:
    """New axes of length one at those places of the result."""
    return np.expand_dims(array, tuple(dimensions))


def squeeze(array: Any, dimensions: Shape) -> Any:
    """Without those axes, which have length one."""
    return np.squeeze(array, tuple(dimensions))


def transpose(operand: Any, permutation: Shape) -> Any:
    """The axes in another order."""
    return np.transpose(operand, tuple(permutation))


def rev(operand: Any, dimensions: Shape) -> Any:
    """Those axes reversed."""
    return np.flip(operand, tuple(dimensions))


def concatenate(operands: Sequence[Any], dimension: int) -> Any:
    """Arrays joined along one axis."""
    return np.concatenate(operands, axis=dimension)


def pad(operand: Any, padding_value: Any, padding_config: Sequence[tuple[int, int, int]]) -> Any:
    """(low, high, interior) padding for each axis; negative low and high cut off."""
    shape = np.shape(operand)
    full = np.full_like(operand, padding_value, shape=_padded_shape(shape, padding_config))
    inside, taken = _padding_windows(shape, padding_config)
    return full if 0 in np.shape(operand) else set_at(full, inside, operand[taken])


def _padded_shape(shape: Shape, config: Sequence[tuple[int, int, int]]) -> tuple[int, ...]:
    sizes = zip(shape, config, strict=True)
    return tuple(low + high + n + max(n - 1, 0) * interior for n, (low, high, interior) in sizes)


def _padding_windows(shape: Shape, config: Sequence[tuple[int, int, int]]) -> tuple[Any, Any]:
    """Where elements come to lie in the padded array, and which ones those are."""
    windows = [_padding_window(n, *c) for n, c in zip(shape, config, strict=True)]
    return tuple(inside for inside, _ in windows), tuple(taken for _, taken in windows)


def _padding_window(n: int, low: int, high: int, interior: int) -> tuple[slice, slice]:
    step = interior + 1
    first = max(0, -(low // step)) if low < 0 else 0
    size = low + high + n + max(n - 1, 0) * interior
    kept = [i for i in range(first, n) if 0 <= low + i * step < size]
    if not kept:
        return slice(0, 0), slice(0, 0)
    return slice(low + kept[0] * step, low + kept[-1] * step + 1, step), slice(kept[0], kept[-1] + 1)


# Slices.


def slice_(operand: Any, start_indices: Shape, limit_indices: Shape, strides: Shape | None = None) -> Any:
    """operand[start:limit:stride] along every axis, all static."""
    return operand[_slices(start_indices, limit_indices, strides)]


def _slices(starts: Shape, limits: Shape, strides: Shape | None) -> tuple[slice, ...]:
    steps = (1,) * len(starts) if strides is None else strides
    return tuple(slice(*bounds) for bounds in zip(starts, limits, steps, strict=True))


def slice_in_dim(operand: Any, start_index: int | None, limit_index: int | None, stride: int = 1, axis: int = 0) -> Any:
    """operand[start:limit:stride] along one axis, all static."""
    return operand[static.along(axis, np.ndim(operand), start_index, limit_index, stride)]


def index_in_dim(operand: Any, index: int, axis: int = 0, keepdims: bool = True) -> Any:
    """The slice at a static index along one axis, which is kept with length one by default."""
    return np.take(operand, [index] if keepdims else index, axis=axis)


def dynamic_slice(operand: Any, start_indices: Any, slice_sizes: Shape) -> Any:
    """The part of shape `slice_sizes` from `start_indices` on (one scalar per axis), moved inside where it sticks out.

    Negative indices count from the end.
    """
    return _dynamic_slice(operand, _from_front(start_indices, np.shape(operand)), tuple(slice_sizes))


def dynamic_update_slice(operand: Any, update: Any, start_indices: Any) -> Any:
    """`operand` with `update` written from `start_indices` on, moved inside where it sticks out."""
    return _dynamic_update_slice(operand, update, _from_front(start_indices, np.shape(operand)))


def dynamic_slice_in_dim(operand: Any, start_index: Any, slice_size: int, axis: int = 0) -> Any:
    """`dynamic_slice` along one axis, the others whole."""
    starts = _starts(start_index, axis, np.ndim(operand))
    return dynamic_slice(operand, starts, static.with_length(np.shape(operand), axis, slice_size))


def dynamic_index_in_dim(operand: Any, index: Any, axis: int = 0, keepdims: bool = True) -> Any:
    """The slice at an index along one axis, which is kept with length one by default."""
    part = dynamic_slice_in_dim(operand, index, 1, axis)
    return part if keepdims else np.squeeze(part, axis)


def dynamic_update_slice_in_dim(operand: Any, update: Any, start_index: Any, axis: int) -> Any:
    """`dynamic_update_slice` along one axis."""
    return dynamic_update_slice(operand, update, _starts(start_index, axis, np.ndim(operand)))


def dynamic_update_index_in_dim(operand: Any, update: Any, index: Any, axis: int) -> Any:
    """`operand` with one slice replaced, at an index along one axis; `update` may lack that axis."""
    whole = np.reshape(update, static.with_length(np.shape(operand), axis, 1))
    return dynamic_update_slice_in_dim(operand, whole, index, axis)


def _from_front(starts: Any, shape: Shape) -> list[Any]:
    return [np.where(np.less(i, 0), i + n, i) for i, n in zip(starts, shape, strict=True)]


def _starts(start: Any, axis: int, ndim: int) -> list[Any]:
    (position,) = static.normalised(axis, ndim)
    return [start if i == position else 0 for i in range(ndim)]


def split(operand: Any, sizes: Shape, axis: int = 0) -> Any:
    """Consecutive parts of those sizes along one axis."""
    return np.split(operand, list(np.cumsum(sizes)[:-1].tolist()), axis=axis)
