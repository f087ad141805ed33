"""What collectives over a batch axis (`s2s.runtime.collectives`) are written with."""

from typing import Any

import numpy as np

Array = Any


def inverse_perm(perm: Any) -> list[tuple[int, int]]:
    """The permutation that undoes `perm`, for transposes."""
    return [(d, s) for s, d in perm]


def sources(perm: Any) -> Any:
    """The rows that `ppermute` takes from. ValueError if a row is given or taken twice."""
    pairs = list(perm)
    if len({s for s, _ in pairs}) != len(pairs) or len({d for _, d in pairs}) != len(pairs):
        raise ValueError(f"ppermute sources and destinations must be unique, got {pairs}")
    return np.array([s for s, _ in pairs], dtype=int)


def destinations(perm: Any) -> Any:
    """The rows that `ppermute` writes to."""
    return np.array([d for _, d in list(perm)], dtype=int)


def joined_shape(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """The shape with an axis and the one after it as one."""
    axis = axis % (len(shape) - 1)
    return (*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2 :])


def cut_shape(shape: tuple[int, ...], axis: int, count: int) -> tuple[int, ...]:
    """The shape with an axis cut into `count` parts. ValueError if they are not equal."""
    if shape[axis] % count:
        raise ValueError(f"all_to_all cannot cut an axis of {shape[axis]} elements into {count} equal parts")
    axis = axis % len(shape)
    return (*shape[:axis], count, shape[axis] // count, *shape[axis + 1 :])


def require_rows(shape: tuple[int, ...], axis: int, count: int) -> int:
    """The axis, counted from the front. ValueError unless it has as many elements as there are rows."""
    if shape[axis] != count:
        raise ValueError(
            f"all_to_all requires the size of the mapped axis to equal that of split_axis, but they are {count} and "
            f"{shape[axis]}"
        )
    return axis % len(shape)


def rows_axis(axis: int, tiled: bool) -> int:
    """Where the axis of the rows is before it is joined with the one behind it to be `axis`; not `tiled`, it stays."""
    return axis - 1 if tiled and axis < 0 else axis


def parts_shape(shape: tuple[int, ...], part: tuple[int, ...], axis: int, tiled: bool) -> tuple[int, ...]:
    """The shape of what `all_gather` made of rows of the shape `part`, with an axis of its own for the rows."""
    return cut_shape(shape, axis, shape[axis] // part[axis]) if tiled else shape
