"""Indices of `getitem` and of the `.at` updates, before they reach a primitive.

What is known on the host is checked and brought to one form here: out-of-range and negative integers, lists, boolean
masks. Slices stay known, integers stay runtime values, so that `x[i]` in a loop compiles once.
"""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from s2s.runtime import errors, staging
from s2s.runtime.array import Array
from s2s.runtime.primitives.table import Primitive
from s2s.runtime.staging import Staged


def normalise(primitive: Primitive, operands: Sequence[Any]) -> tuple[Any, ...]:
    """The operands with their index in normal form: a tuple of ints, slices, None, Ellipsis and integer arrays."""
    position = primitive.operands.index("index")
    array, index = operands[0], operands[position]
    items = list(index) if isinstance(index, tuple) else [index]
    items = [_plain(item) for item in items]
    if primitive.name == "getitem":
        _refuse_staged_masks(items)
    items = _checked(items, np.shape(array)) if any(type(i) is int for i in items) or _has_mask(items) else items
    return (*operands[:position], tuple(items), *operands[position + 1 :])


def _refuse_staged_masks(items: Sequence[Any]) -> None:
    if any(type(item) is Staged and item.dtype == np.bool_ for item in items):
        raise errors.MaskError(
            f"the shape of x[mask] depends on the values of mask{errors.at_user_line()}, which is being staged; "
            "write np.where(mask, x, otherwise), or sum np.where(mask, x, 0)"
        )


def _plain(item: Any) -> Any:
    """One item of an index as int, slice, None, Ellipsis or array. IndexError for anything else."""
    if isinstance(item, (bool, np.bool_)) or item is None or item is Ellipsis or type(item) is Staged:
        return np.asarray(item) if isinstance(item, (bool, np.bool_)) else item
    if isinstance(item, slice):
        return item
    if isinstance(item, (list, tuple)):
        item = _list(item)
    if isinstance(item, (Array, Staged, np.ndarray, np.generic)):
        return _array(item)
    try:
        return operator.index(item)
    except TypeError:
        kind = type(item).__name__
        message = f"an index must be of integers, slices, None, Ellipsis or integer arrays, not {kind}"
        raise IndexError(message + errors.at_user_line()) from None


def _list(items: Any) -> Any:
    if any(type(item) is Staged for item in items):
        return np.stack([staging.stage(item) for item in items])
    return np.asarray(items, dtype=None if items else np.int64)


def _array(item: Any) -> Any:
    if item.dtype.kind not in "iub":
        raise IndexError(
            f"arrays used as indices must be of integers or bools, not {item.dtype}{errors.at_user_line()}"
        )
    if item.ndim == 0 and item.dtype.kind != "b" and not isinstance(item, Array):
        return int(item)
    return item


def _has_mask(items: Sequence[Any]) -> bool:
    return any(_is_mask(item) for item in items)


def _is_mask(item: Any) -> bool:
    return isinstance(item, (Array, np.ndarray)) and item.dtype == np.bool_


def _width(item: Any) -> int:
    """How many axes of the array an item takes."""
    if item is None or item is Ellipsis:
        return 0
    is_mask = getattr(item, "dtype", None) == np.bool_
    return item.ndim if is_mask else 1


def _checked(items: list[Any], shape: tuple[int, ...]) -> list[Any]:
    """Integers made non-negative and checked against the shape; masks known on the host as integer arrays."""
    if sum(map(_width, items)) > len(shape):
        raise IndexError(f"too many indices for an array of shape {shape}{errors.at_user_line()}")
    result: list[Any] = []
    axis = 0
    for position, item in enumerate(items):
        if item is Ellipsis:
            axis = len(shape) - sum(map(_width, items[position:]))
        result.extend(_checked_item(item, axis, shape))
        axis += _width(item)
    return result


def _checked_item(item: Any, axis: int, shape: tuple[int, ...]) -> list[Any]:
    if type(item) is int:
        return [_in_range(item, axis, shape)]
    if _is_mask(item) and item.ndim:
        mask = np.asarray(item)
        if mask.shape != shape[axis : axis + mask.ndim]:
            raise IndexError(
                f"a mask of shape {mask.shape} does not fit an array of shape {shape}{errors.at_user_line()}"
            )
        return list(np.nonzero(mask))
    return [item]


def _in_range(index: int, axis: int, shape: tuple[int, ...]) -> int:
    size = shape[axis]
    if not -size <= index < size:
        message = f"index {index} is out of bounds for axis {axis} with size {size}"
        raise IndexError(message + errors.at_user_line())
    return index + size if index < 0 else index
