"""What `s2s.lax` offers beyond the primitives, written over `np` and the helpers of emitted code.

NumPy arrays give NumPy arrays, s2s arrays give s2s arrays, and the code generator differentiates this very text.
Names of parameters are the peer's; `axes` and the like are static.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

Shape = Sequence[int]


# Elementwise.


def rsqrt(x: Any) -> Any:
    """1 / sqrt(x)."""
    return 1 / np.sqrt(x)


def clamp(min: Any, x: Any, max: Any) -> Any:
    """x, cut off below at `min` and above at `max`."""
    return np.clip(x, min, max)


def integer_pow(x: Any, y: int) -> Any:
    """x to the power of a Python int."""
    return x**y


def div(x: Any, y: Any) -> Any:
    """x / y; integers are divided with the fraction dropped, as in C."""
    if _are_integers(x, y):
        result = np.sign(x) * np.sign(y) * (np.abs(x) // np.abs(y))
    else:
        result = x / y
    return result


def _are_integers(x: Any, y: Any) -> bool:
    return np.result_type(x).kind in "iu" and np.result_type(y).kind in "iu"


def population_count(x: Any) -> Any:
    """The number of bits that are set."""
    return np.bitwise_count(x).astype(np.result_type(x))


def round_half_away(x: Any) -> Any:
    """The nearest integer; halves are rounded away from zero."""
    return np.trunc(x + np.copysign(0.5, x))


def select(pred: Any, on_true: Any, on_false: Any) -> Any:
    """on_true where `pred` holds, else on_false."""
    return np.where(pred, on_true, on_false)


def select_n(which: Any, *cases: Any) -> Any:
    """For each element that of the case with the number `which` (a boolean chooses between two)."""
    result = cases[0]
    for i in range(1, len(cases)):
        result = np.where(which == i, cases[i], result)
    return result


# Reductions.


def reduce_sum(operand: Any, axes: Shape) -> Any:
    """Sum over those axes."""
    return np.sum(operand, axis=tuple(axes), dtype=np.result_type(operand))


def reduce_prod(operand: Any, axes: Shape) -> Any:
    """Product over those axes."""
    return np.prod(operand, axis=tuple(axes), dtype=np.result_type(operand))


def reduce_max(operand: Any, axes: Shape) -> Any:
    """Largest element over those axes."""
    return np.max(operand, axis=tuple(axes))


def reduce_min(operand: Any, axes: Shape) -> Any:
    """Smallest element over those axes."""
    return np.min(operand, axis=tuple(axes))


def reduce_and(operand: Any, axes: Shape) -> Any:
    """Whether all are true over those axes."""
    return np.all(operand, axis=tuple(axes))


def reduce_or(operand: Any, axes: Shape) -> Any:
    """Whether any is true over those axes."""
    return np.any(operand, axis=tuple(axes))


def cumsum(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """Cumulative sum along one axis, from its end with `reverse`."""
    forward = np.flip(operand, axis) if reverse else operand
    sums = np.cumsum(forward, axis=axis, dtype=np.result_type(operand))
    return np.flip(sums, axis) if reverse else sums


def cumprod(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """Cumulative product along one axis, from its end with `reverse`."""
    forward = np.flip(operand, axis) if reverse else operand
    products = np.cumprod(forward, axis=axis, dtype=np.result_type(operand))
    return np.flip(products, axis) if reverse else products


def cummax(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """Cumulative maximum along one axis, from its end with `reverse`."""
    forward = np.flip(operand, axis) if reverse else operand
    largest = np.maximum.accumulate(forward, axis=axis)
    return np.flip(largest, axis) if reverse else largest


def cummin(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """Cumulative minimum along one axis, from its end with `reverse`."""
    forward = np.flip(operand, axis) if reverse else operand
    smallest = np.minimum.accumulate(forward, axis=axis)
    return np.flip(smallest, axis) if reverse else smallest


def cumlogsumexp(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """log(cumsum(exp(operand))) along one axis, from its end with `reverse`."""
    forward = np.flip(operand, axis) if reverse else operand
    sums = np.logaddexp.accumulate(forward, axis=axis)
    return np.flip(sums, axis) if reverse else sums


# Products.


def dot(lhs: Any, rhs: Any, *, dimension_numbers: Any = None) -> Any:
    """Product of vectors and matrices, or `dot_general`."""
    if dimension_numbers is not None:
        result = dot_general(lhs, rhs, dimension_numbers)
    else:
        result = np.dot(lhs, rhs)
    return result


def dot_general(lhs: Any, rhs: Any, dimension_numbers: Any) -> Any:
    """Products summed over contracting axes, for each index of the batch axes.

    `dimension_numbers` is ((lhs_contracting, rhs_contracting), (lhs_batch, rhs_batch)). The result has the batch axes,
    then the other axes of lhs, then those of rhs.
    """
    return np.einsum(_subscripts(np.ndim(lhs), np.ndim(rhs), dimension_numbers), lhs, rhs)


def _subscripts(lhs_ndim: int, rhs_ndim: int, dimension_numbers: Any) -> str:
    """A general product in the notation of einsum."""
    (lhs_contracting, rhs_contracting), (lhs_batch, rhs_batch) = dimension_numbers
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    left = [next(letters) for _ in range(lhs_ndim)]
    right = [next(letters) for _ in range(rhs_ndim)]
    for i, j in zip((*lhs_contracting, *lhs_batch), (*rhs_contracting, *rhs_batch), strict=True):
        right[j] = left[i]
    batch = [left[i] for i in lhs_batch]
    free_left = [c for i, c in enumerate(left) if i not in (*lhs_contracting, *lhs_batch)]
    free_right = [c for j, c in enumerate(right) if j not in (*rhs_contracting, *rhs_batch)]
    return f"{''.join(left)},{''.join(right)}->{''.join(batch + free_left + free_right)}"


def batch_matmul(lhs: Any, rhs: Any) -> Any:
    """Matrix products, one for each index of the leading axes."""
    return lhs @ rhs


# Sorting and searching.


def sort(operand: Any, dimension: int = -1, is_stable: bool = True) -> Any:
    """Ascending along one axis."""
    return np.sort(operand, axis=dimension)


def sort_key_val(keys: Any, values: Any, dimension: int = -1, is_stable: bool = True) -> tuple[Any, Any]:
    """Keys in ascending order along one axis, and the values moved with them."""
    order = np.argsort(keys, axis=dimension, kind="stable")
    return np.take_along_axis(keys, order, axis=dimension), np.take_along_axis(values, order, axis=dimension)


def argmax(operand: Any, axis: int, index_dtype: Any) -> Any:
    """Index of the largest element along one axis."""
    return np.argmax(operand, axis=axis).astype(index_dtype)


def argmin(operand: Any, axis: int, index_dtype: Any) -> Any:
    """Index of the smallest element along one axis."""
    return np.argmin(operand, axis=axis).astype(index_dtype)
