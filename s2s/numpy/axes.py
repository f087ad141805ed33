"""Static arithmetic on axes and shapes: Python integers in, Python integers out, never an array."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Axis = int | Sequence[int] | None


def normalised(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes that `axis` stands for, each in [0, ndim); None means all.

    Raises:
        numpy.exceptions.AxisError: an axis out of range, or (ValueError) one given twice.
    """
    if axis is None:
        return tuple(range(ndim))
    return np.lib.array_utils.normalize_axis_tuple(axis, ndim)


def collapsed_order(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The permutation that brings the axes in `axis` to the end."""
    axes = normalised(axis, ndim)
    return tuple(i for i in range(ndim) if i not in axes) + axes


def collapsed_shape(axis: Axis, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape after the axes in `axis` were merged into one, last."""
    axes = normalised(axis, len(shape))
    kept = tuple(n for i, n in enumerate(shape) if i not in axes)
    return kept + (count(axis, shape),)


def count(axis: Axis, shape: tuple[int, ...]) -> int:
    """How many elements a reduction over `axis` combines."""
    size = 1
    for i in normalised(axis, len(shape)):
        size *= shape[i]
    return size


def kept_shape(axis: Axis, shape: tuple[int, ...], keepdims: bool) -> tuple[int, ...]:
    """The shape of a reduction over `axis`."""
    axes = normalised(axis, len(shape))
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return kept if keepdims else tuple(n for i, n in enumerate(shape) if i not in axes)


def along(axis: int, ndim: int, *bounds: Any) -> tuple[slice, ...]:
    """The index that slices one axis by `slice(*bounds)` and takes the others whole."""
    (position,) = normalised(axis, ndim)
    return (slice(None),) * position + (slice(*bounds),)


def padded(shape: tuple[int, ...], ndim: int) -> tuple[int, ...]:
    """The shape with ones in front, to at least `ndim` axes."""
    return (1,) * (ndim - len(shape)) + shape


def binary_digits(n: int) -> tuple[bool, ...]:
    """The binary digits of a positive integer after its leading one, most significant first."""
    return tuple(digit == "1" for digit in bin(n)[3:])


def last_with_new_axes(new: int) -> tuple[Any, ...]:
    """The index of the last element along the last axis, with `new` axes of length one after it."""
    return (Ellipsis, -1) + (None,) * new


def first(n: int) -> tuple[int, ...]:
    """The first n axes."""
    return tuple(range(n))


def last(n: int) -> tuple[int, ...]:
    """The last n axes, counted from the end."""
    return tuple(range(-n, 0))


def with_length(shape: tuple[int, ...], axis: int, length: int) -> tuple[int, ...]:
    """The shape with another length of one axis."""
    (position,) = normalised(axis, len(shape))
    return shape[:position] + (length,) + shape[position + 1 :]


def inserted_length(values: tuple[int, ...], ndim: int, axis: int) -> int:
    """How many slices values of that shape are, inserted along `axis` at one place."""
    (position,) = normalised(axis, ndim)
    return values[position - ndim] if len(values) >= ndim - position else 1


def as_columns(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a right-hand side as a matrix of columns."""
    return (*shape, 1) if len(shape) == 1 else shape


def single(axis: int, ndim: int) -> tuple[int, ...]:
    """The shape of a vector along `axis` of `ndim` axes, its length to be found (-1)."""
    (position,) = normalised(axis, ndim)
    return tuple(-1 if i == position else 1 for i in range(ndim))
