"""Joining, splitting and rearranging, written over `np` like `statistics`."""

from typing import Any

import numpy as np

from s2s.numpy import axes


def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    """`split` along the second axis, or the first for a vector."""
    return np.split(ary, indices_or_sections, axis=0 if np.ndim(ary) == 1 else 1)


def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    """`split` along the first axis."""
    return np.split(ary, indices_or_sections, axis=0)


def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    """`split` along the third axis."""
    return np.split(ary, indices_or_sections, axis=2)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The slices along `axis`, as a tuple."""
    front = np.moveaxis(x, axis, 0)
    return tuple([front[i] for i in range(np.shape(front)[0])])


def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """Moves `axis` to where it stands before `start`."""
    return np.transpose(a, _rolled(axis, start, np.ndim(a)))


def _rolled(axis: int, start: int, ndim: int) -> tuple[int, ...]:
    axis = axes.normalised(axis, ndim)[0]
    start = start + ndim if start < 0 else start
    others = [i for i in range(ndim) if i != axis]
    others.insert(start - 1 if axis < start else start, axis)
    return tuple(others)


def diagflat(v: Any, k: int = 0) -> Any:
    """A matrix with the flattened `v` on its k-th diagonal."""
    return np.diag(np.ravel(v), k)


def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    """The arguments, each with their common broadcast shape, as a tuple."""
    shape = np.broadcast_shapes(*[np.shape(x) for x in args])
    return tuple([np.broadcast_to(x, shape) for x in args])


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """Coordinate matrices of coordinate vectors; with "xy" the first two axes are exchanged."""
    _check_indexing(indexing)
    grids = [np.reshape(x, _grid_shape(i, len(xi), indexing)) for i, x in enumerate(xi)]
    return tuple(grids) if sparse else broadcast_arrays(*grids)


def _check_indexing(indexing: str) -> None:
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing must be 'xy' or 'ij', not {indexing!r}")


def _grid_shape(i: int, n: int, indexing: str) -> tuple[int, ...]:
    if indexing == "xy" and n > 1 and i < 2:
        i = 1 - i
    return (1,) * i + (-1,) + (1,) * (n - i - 1)


def ix_(*args: Any) -> tuple[Any, ...]:
    """Open mesh of index vectors, for `a[np.ix_(rows, columns)]`."""
    return tuple([np.reshape(x, _grid_shape(i, len(args), "ij")) for i, x in enumerate(args)])


def resize(a: Any, new_shape: Any) -> Any:
    """`a` repeated or cut to fill `new_shape`."""
    wanted = int(np.prod(new_shape))
    times = -(-wanted // max(np.size(a), 1))
    return np.reshape(np.tile(np.ravel(a), times)[:wanted], new_shape)


def insert(arr: Any, obj: int, values: Any, axis: int | None = None) -> Any:
    """`values` inserted before the index `obj` (a Python int) along `axis`; None flattens `arr` first."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    ndim = np.ndim(arr)
    shape = axes.with_length(np.shape(arr), axis, axes.inserted_length(np.shape(values), ndim, axis))
    middle = np.full_like(arr, values, shape=shape)
    before, after = arr[axes.along(axis, ndim, None, obj)], arr[axes.along(axis, ndim, obj, None)]
    return np.concatenate([before, middle, after], axis=axis)


def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """`arr` without the elements at the static indices `obj` (an int, a sequence or a slice) along `axis`."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    return np.take(arr, _kept_after_deletion(np.shape(arr)[axis], obj), axis=axis)


def _kept_after_deletion(n: int, obj: Any) -> Any:
    return np.delete(np.arange(n), obj)


def block(arrays: Any) -> Any:
    """Nested lists of blocks put together: the innermost along the last axis, those around along the ones before."""
    depth, inner = 0, arrays
    while isinstance(inner, list):
        depth, inner = depth + 1, inner[0]
    return _block(arrays, depth, depth)


def _block(arrays: Any, axis: int, rank: int) -> Any:
    if axis == 0:
        return np.reshape(arrays, (1,) * (rank - np.ndim(arrays)) + np.shape(arrays))
    return np.concatenate([_block(part, axis - 1, rank) for part in arrays], axis=-axis)
