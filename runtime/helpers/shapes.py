"""Helpers of emitted code: the transposes of shape operations."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from s2s.runtime.helpers.indexing import add_at, set_at
from s2s.runtime.helpers.reductions import Shape, normal_axes
from s2s.runtime.helpers.trees import instantiate, is_open, rebuild


def concatenate_bar(g: Any, arrays: Any, axis: int | None = 0) -> Any:
    """Cotangents of the arrays that were concatenated along `axis`; a list, or an array if `arrays` is one."""
    if axis is None:
        sizes = [math.prod(np.shape(a)) for a in arrays]
        return rebuild(arrays, [np.reshape(p, np.shape(a)) for p, a in zip(_pieces(g, sizes, 0), arrays, strict=True)])
    return rebuild(arrays, _pieces(g, [np.shape(a)[axis] for a in arrays], axis))


def _pieces(g: Any, sizes: Sequence[int], axis: int) -> list[Any]:
    """`g` cut along `axis` into consecutive parts of the given sizes."""
    lead = (slice(None),) * (axis if axis >= 0 else axis + np.ndim(g))
    ends = np.cumsum(sizes, dtype=int).tolist()
    return [g[(*lead, slice(end - size, end))] for size, end in zip(sizes, ends, strict=True)]


def stack_bar(g: Any, arrays: Any, axis: int = 0) -> Any:
    """Cotangents of the arrays that were stacked along the new `axis`."""
    if is_open(arrays) and axis == 0:
        return arrays.of_array(g)
    rows = np.moveaxis(g, axis, 0)
    found = arrays.of_known_rows(rows) if hasattr(arrays, "of_known_rows") else None
    return rebuild(arrays, [rows[i] for i in range(len(arrays))]) if found is None else found


def vstack_bar(g: Any, tup: Any) -> Any:
    """Cotangents of the arrays that `np.vstack` put one below the other."""
    sizes = [np.shape(a)[0] if np.ndim(a) > 1 else 1 for a in tup]
    return _reshaped_pieces(g, sizes, 0, tup)


def hstack_bar(g: Any, tup: Any) -> Any:
    """Cotangents of the arrays that `np.hstack` put side by side."""
    axis = 0 if np.ndim(tup[0]) <= 1 else 1
    return _reshaped_pieces(g, [np.shape(a)[axis] if np.ndim(a) else 1 for a in tup], axis, tup)


def dstack_bar(g: Any, tup: Any) -> Any:
    """Cotangents of the arrays that `np.dstack` put one behind the other."""
    return _reshaped_pieces(g, [np.shape(a)[2] if np.ndim(a) > 2 else 1 for a in tup], 2, tup)


def column_stack_bar(g: Any, tup: Any) -> Any:
    """Cotangents of the columns and matrices that `np.column_stack` put side by side."""
    return _reshaped_pieces(g, [np.shape(a)[1] if np.ndim(a) > 1 else 1 for a in tup], 1, tup)


def _reshaped_pieces(g: Any, sizes: Sequence[int], axis: int, arrays: Any) -> Any:
    pieces = _pieces(g, sizes, axis)
    return rebuild(arrays, [np.reshape(p, np.shape(a)) for p, a in zip(pieces, arrays, strict=True)])


def append_bar(g: Any, parts: tuple[Any, Any], axis: int | None = None) -> Any:
    """Cotangents of the two arrays that `np.append` joined."""
    return concatenate_bar(g, parts, axis)


def array_bar(g: Any, elements: Any, dtype: Any = None) -> Any:
    """Cotangent of the number, array or nested list that `np.array` made an array of."""
    if is_open(elements):
        return elements.of_array(g)
    if isinstance(elements, (list, tuple)):
        return rebuild(elements, [array_bar(g[i], e, dtype) for i, e in enumerate(elements)])
    return g if dtype is None else cast_bar(g, elements, dtype)


def array_dot(t: Any, elements: Any, dtype: Any = None) -> Any:
    """Tangent of the array that `np.array` made of numbers, arrays or nested lists; None is zero."""
    made = _nested(instantiate(t, elements))
    return made if dtype is None else cast_dot(made, dtype)


def _nested(parts: Any) -> Any:
    """`np.array` of nested lists, in which there may be arrays that are not NumPy's."""
    if isinstance(parts, (list, tuple)):
        return np.stack([_nested(part) for part in parts]) if parts else np.array(parts)
    return parts if hasattr(parts, "__array_function__") else np.array(parts)


def repeat_bar(g: Any, shape: Shape, repeats: Any, axis: int | None = None) -> Any:
    """Cotangent of the array of shape `shape` whose elements `np.repeat` repeated along `axis`."""
    n = math.prod(shape) if axis is None else shape[axis]
    owner = np.repeat(np.arange(n), repeats)
    if axis is None:
        return np.reshape(add_at(np.zeros_like(g, shape=(n,)), owner, g), shape)
    lead = (slice(None),) * (axis if axis >= 0 else axis + len(shape))
    return add_at(np.zeros_like(g, shape=tuple(shape)), (*lead, owner), g)


def tile_bar(g: Any, shape: Shape, reps: Any) -> Any:
    """Cotangent of the array of shape `shape` that `np.tile` repeated `reps` times."""
    reps = tuple(reps) if isinstance(reps, (tuple, list)) else (reps,)
    rank = max(len(reps), len(shape))
    reps = (1,) * (rank - len(reps)) + reps
    sizes = (1,) * (rank - len(shape)) + tuple(shape)
    split = tuple(n for pair in zip(reps, sizes, strict=True) for n in pair)
    return np.reshape(np.sum(np.reshape(g, split), axis=tuple(range(0, 2 * rank, 2))), shape)


def unpad(g: Any, shape: Shape, pad_width: Any, mode: str = "constant") -> Any:
    """Cotangent of the array of shape `shape` that `np.pad` put a constant border around."""
    if mode != "constant":
        raise NotImplementedError(f"the derivative of np.pad with mode={mode!r} is not supported; use mode='constant'")
    widths = np.broadcast_to(np.asarray(pad_width), (len(shape), 2)).tolist()
    return g[tuple(slice(before, before + n) for (before, _), n in zip(widths, shape, strict=True))]


def diag_bar(g: Any, shape: Shape, k: int = 0) -> Any:
    """Cotangent of the vector or matrix of shape `shape` given to `np.diag`."""
    return np.diagonal(g, k) if len(shape) == 1 else diagonal_bar(g, shape, k)


def diagonal_bar(g: Any, shape: Shape, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The array of shape `shape` whose diagonal is `g` and that is zero elsewhere."""
    axis1, axis2 = normal_axes((axis1, axis2), len(shape))
    rows = np.arange(np.shape(g)[-1]) + max(-offset, 0)
    columns = np.arange(np.shape(g)[-1]) + max(offset, 0)
    rest = [n for i, n in enumerate(shape) if i not in (axis1, axis2)]
    full = np.zeros_like(g, shape=(*rest, shape[axis1], shape[axis2]))
    return np.moveaxis(set_at(full, (..., rows, columns), g), (-2, -1), (axis1, axis2))


def trace_bar(g: Any, shape: Shape, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Cotangent of the array of shape `shape` of which the trace was taken."""
    axis1, axis2 = normal_axes((axis1, axis2), len(shape))
    on_diagonal = np.eye(shape[axis1], shape[axis2], offset, dtype=bool)
    spread = np.where(on_diagonal, np.expand_dims(g, (-2, -1)), 0)
    return np.moveaxis(spread, (-2, -1), (axis1, axis2))


def cast_bar(g: Any, x: Any, dtype: Any) -> Any:
    """Cotangent of `x` that was converted to `dtype`: in the dtype of `x`, zero if `dtype` holds no fractions."""
    return _as_dtype(cast_dot(g, dtype), np.result_type(x))


def cast_dot(t: Any, dtype: Any) -> Any:
    """Tangent of a value that is converted to `dtype`: zero if `dtype` holds no fractions; None converts nothing."""
    if dtype is None:
        return t
    if np.issubdtype(np.dtype(dtype), np.integer) or np.dtype(dtype) == bool:
        return np.zeros_like(t)
    return _as_dtype(t, dtype)


def _as_dtype(t: Any, dtype: Any) -> Any:
    return np.astype(t, dtype) if hasattr(t, "__array_function__") else np.asarray(t, dtype)
