"""The cotangents of matrix products for all rows of a batch, over functions that have derivatives themselves."""

from typing import Any

import numpy as np

from s2s.runtime.support_batching import align, as_rows, from_rows, inner_sum_to
from s2s.runtime.support_linalg import as_columns, from_columns

Array = Any


def rows_lhs_bar(g: Array, shape: tuple[int, ...], rhs: Array, rank: int) -> Array:
    """The cotangents of x (each of this shape) in the products x @ rhs, whose cotangents are the rows of g.

    `rank` is that of rhs in one row; where it has one axis more, the first is the batch axis.
    """
    left = len(shape)
    bars = as_rows(as_columns(g, rank), left)
    columns = as_columns(rhs, rank)
    if np.ndim(rhs) > rank:
        columns = align(columns, np.ndim(bars))
    whole = (1,) + shape if left == 1 else shape  # noqa: RUF005 - shapes are added in what is transformed
    return from_rows(inner_sum_to(bars @ np.swapaxes(columns, -1, -2), whole), left)


def rows_rhs_bar(g: Array, lhs: Array, shape: tuple[int, ...], rank: int) -> Array:
    """The cotangents of y (each of this shape) in the products lhs @ y; `rank` is that of lhs in one row."""
    right = len(shape)
    bars = as_rows(as_columns(g, right), rank)
    rows = as_rows(lhs, rank)
    if np.ndim(lhs) > rank:
        rows = align(rows, np.ndim(bars))
    whole = shape + (1,) if right == 1 else shape  # noqa: RUF005
    return from_columns(inner_sum_to(np.swapaxes(rows, -1, -2) @ bars, whole), right)
