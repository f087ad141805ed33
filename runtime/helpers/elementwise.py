"""Helpers of emitted code: elementwise operations."""

from typing import Any

import numpy as np


def where_larger(x: Any, y: Any, t: Any) -> Any:
    """`t` where `x > y`, half of it where they are equal, 0 elsewhere; None as a bound is no bound."""
    if x is None or y is None:
        return t
    return np.where(x > y, t, np.where(x == y, 0.5 * t, 0))


def where_between(x: Any, low: Any, high: Any, t: Any) -> Any:
    """`t` where `low < x < high`, half of it at a bound, 0 outside; None is no bound."""
    return where_larger(x, low, where_larger(high, x, t))


def where_below(x: Any, low: Any, high: Any, t: Any) -> Any:
    """`t` where `clip(x, low, high)` gives `low`, half of it at a tie, 0 elsewhere; None is no bound."""
    return where_larger(low, x, where_larger(high, low, t))


def where_above(x: Any, low: Any, high: Any, t: Any) -> Any:
    """`t` where `clip(x, low, high)` gives `high`, half of it at a tie, 0 elsewhere; None is no bound."""
    return where_larger(x if low is None else np.maximum(x, low), high, t)


def divide_or_zero(x: Any, y: Any) -> Any:
    """`x / y`, 0 where `y` is 0."""
    if _is_number(y):
        return 0 * x if y == 0 else x / y
    is_zero = y == 0
    return np.where(is_zero, 0, x / np.where(is_zero, 1, y))


def _is_number(x: Any) -> bool:
    """Whether `x` is Python's own number, whose dtype is weak: no `np.where` may make an array of it."""
    return isinstance(x, (bool, int, float, complex)) and not isinstance(x, np.generic)


def log_or_zero(x: Any) -> Any:
    """`log(x)`, 0 where `x` is 0: the factor of `x ** y` in its derivative by `y`."""
    return np.log(1 if _is_number(x) and x == 0 else np.where(x == 0, 1, x))


def power_partial(x: Any, y: Any) -> Any:
    """`y * x ** (y - 1)`, 0 where `y` is 0: the derivative of `x ** y` by `x`."""
    if _is_number(y):
        return 0 * x if y == 0 else y * _as_float(x) ** (y - 1)
    is_zero = y == 0
    return np.where(is_zero, 0, y * _as_float(x) ** np.where(is_zero, 1, y - 1))


def _as_float(x: Any) -> Any:
    return x * 1.0 if np.result_type(x).kind in "iub" else x


def softmax_weight(x: Any, total: Any) -> Any:
    """`exp(x - total)`, the share of `x` in the log-sum-exp `total`; 1 or 0 where both are the same infinity."""
    same = x == total
    return np.exp(np.where(same, np.where(x == -np.inf, x, 0), np.where(same, 0, x) - np.where(same, 0, total)))


def stop_gradient(x: Any) -> Any:
    """`x`, treated as a constant by every derivative."""
    return x
