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
    return (*shape[:axis], count, shape[axis] // count, *shape[axis + 1 :])


def require_rows(shape: tuple[int, ...], axis: int, count: int) -> int:
    """The axis, counted from the front. ValueError unless it has as many elements as there are rows."""
    if shape[axis] != count:
        raise ValueError(
            f"all_to_all requires the size of the mapped axis to equal that of split_axis, but they are {count} and "
            f"{shape[axis]}"
        )
    return axis % len(shape)


def own_part(x: Array, index: Any, shape: tuple[int, ...], axis: int, tiled: bool) -> Array:
    """Of what `all_gather` joined, the part that comes from row `index`; `shape` is that of the part."""
    if tiled:
        x = np.reshape(x, cut_shape(np.shape(x), axis, np.shape(x)[axis] // shape[axis]))
    return np.moveaxis(x, axis, 0)[index]
