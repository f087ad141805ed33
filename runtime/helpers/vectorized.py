"""What vectorized functions call: their arguments have loop axes in front of the axes that the function sees."""

import math
from typing import Any

import numpy as np

Array = Any


def loop_shape(ranks: tuple[int, ...], *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The loop axes of arguments of these shapes, broadcast; `ranks` are the arguments' ranks without them.

    Raises:
        ValueError: an argument has fewer axes than its rank, or the loop axes do not broadcast.
    """
    for rank, shape in zip(ranks, shapes, strict=True):
        if len(shape) < rank:
            raise ValueError(f"an argument of shape {shape} has fewer axes than the {rank} that the signature names")
    return np.broadcast_shapes(*(s[: len(s) - rank] for rank, s in zip(ranks, shapes, strict=True)))


def loop_size(shape: tuple[int, ...]) -> int:
    """The number of loop steps."""
    return math.prod(shape)


def loop_rows(x: Array, shape: tuple[int, ...], rank: int) -> Array:
    """x with its loop axes broadcast to this shape, and all of them one axis."""
    core = np.shape(x)[np.ndim(x) - rank :]
    return np.reshape(np.broadcast_to(x, shape + core), (loop_size(shape),) + core)  # noqa: RUF005
