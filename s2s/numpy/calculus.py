"""Differences, integrals, interpolation and polynomials, written over `np` like `statistics`."""

from typing import Any

import numpy as np

from s2s.numpy import axes
from s2s.runtime.builtin_functions import slope


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """n-th difference along `axis`: `out[i] = a[i + 1] - a[i]`, n times; exclusive or for booleans."""
    if prepend is not None:
        a = np.concatenate([_border(prepend, a, axis), a], axis=axis)
    if append is not None:
        a = np.concatenate([a, _border(append, a, axis)], axis=axis)
    later, earlier = axes.along(axis, np.ndim(a), 1, None), axes.along(axis, np.ndim(a), None, -1)
    for _ in range(n):
        a = _difference(a[later], a[earlier])
    return a


def _border(values: Any, a: Any, axis: int) -> Any:
    """`values` as a slice of `a` along `axis`: a scalar fills one element."""
    if np.ndim(values) == 0:
        values = np.zeros_like(a, shape=axes.with_length(np.shape(a), axis, 1)) + values
    return values


def _difference(later: Any, earlier: Any) -> Any:
    if np.result_type(later) == np.bool_:
        result = later != earlier
    else:
        result = later - earlier
    return result


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Differences of the flattened array, with `to_begin` before and `to_end` after them."""
    flat = np.ravel(ary)
    result = flat[1:] - flat[:-1]
    if to_begin is not None:
        result = np.concatenate([np.ravel(to_begin), result])
    if to_end is not None:
        result = np.concatenate([result, np.ravel(to_end)])
    return result


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int | None = None) -> Any:
    """Central differences inside, one-sided ones at the borders, along each axis in `axis` (all by default).

    `varargs`: the spacing, one for all axes or one per axis, each a scalar or the coordinates along the axis. Returns
    one array per axis, or the array itself if there is one axis.
    """
    over = axes.normalised(axis, np.ndim(f))
    spacings = _spacings(varargs, len(over), edge_order)
    slopes = [slope(f, h, k) for h, k in zip(spacings, over, strict=True)]
    return slopes[0] if len(slopes) == 1 else slopes


def _spacings(varargs: tuple[Any, ...], n: int, edge_order: int | None) -> tuple[Any, ...]:
    if edge_order not in (None, 1):
        raise NotImplementedError("gradient: edge_order=2 is not supported yet")
    if len(varargs) not in (0, 1, n):
        raise TypeError("gradient: give no spacing, one, or one per axis")
    return tuple(varargs) if len(varargs) == n else (varargs or (1.0,)) * n


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Integral of `y` along `axis` by the trapezoidal rule, over the points `x` or a spacing `dx`."""
    widths = dx
    if x is not None:
        widths = diff(x) if np.ndim(x) == 1 else np.moveaxis(diff(x, axis=axis), axis, -1)
    heights = np.moveaxis(y, axis, -1)
    return np.sum(widths * (heights[..., 1:] + heights[..., :-1]), axis=-1) / 2


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Piecewise linear interpolation at `x` of the points (xp, fp), xp increasing; constant outside.

    Raises:
        NotImplementedError: for `period`, which is not supported yet.
    """
    _refuse_period(period)
    i = np.clip(np.searchsorted(xp, x, side="right"), 1, np.size(xp) - 1)
    start, level = _at(xp, i - 1), _at(fp, i - 1)
    slope = (_at(fp, i) - level) / (_at(xp, i) - start)
    inside = level + slope * (x - start)
    below = fp[0] if left is None else left
    above = fp[-1] if right is None else right
    return +np.where(x < xp[0], below, np.where(x > xp[-1], above, inside))  # without dimensions, a number


def _at(values: Any, i: Any) -> Any:
    """`values[i]`, which NumPy hands over where the positions alone are ours."""
    return np.reshape(np.take_along_axis(values, np.ravel(i), axis=0), np.shape(i))


def _refuse_period(period: Any) -> None:
    if period is not None:
        raise NotImplementedError("interp: period is not supported yet")


def polyval(p: Any, x: Any) -> Any:
    """Polynomial with coefficients `p`, highest power first, at `x`, by Horner's rule."""
    y = np.zeros_like(x * p[0])
    for coefficient in p:
        y = y * x + coefficient
    return y


def polyadd(a1: Any, a2: Any) -> Any:
    """Sum of two polynomials given by their coefficients, highest power first."""
    n = max(np.size(a1), np.size(a2))
    return np.pad(a1, (n - np.size(a1), 0)) + np.pad(a2, (n - np.size(a2), 0))


def polysub(a1: Any, a2: Any) -> Any:
    """Difference of two polynomials given by their coefficients, highest power first."""
    n = max(np.size(a1), np.size(a2))
    return np.pad(a1, (n - np.size(a1), 0)) - np.pad(a2, (n - np.size(a2), 0))


def polymul(a1: Any, a2: Any) -> Any:
    """Product of two polynomials given by their coefficients, highest power first."""
    return np.convolve(a1, a2)


def polyder(p: Any, m: int = 1) -> Any:
    """m-th derivative of the polynomial `p`, highest power first."""
    for _ in range(m):
        p = p[:-1] * np.arange(np.size(p) - 1, 0, -1, dtype=np.result_type(p))
    return p


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """Vandermonde matrix: the powers N - 1, ..., 0 of the vector `x` in its columns (0, ..., N - 1 if `increasing`)."""
    ones = np.ones_like(x)[:, None]
    factors = np.concatenate([ones, np.broadcast_to(x[:, None], _power_shape(x, N))], axis=1)
    powers = np.cumprod(factors, axis=1)[:, : _columns(x, N)]
    return powers if increasing else powers[:, ::-1]


def _power_shape(x: Any, columns: int | None) -> tuple[int, int]:
    return np.size(x), max(_columns(x, columns) - 1, 0)


def _columns(x: Any, columns: int | None) -> int:
    return np.size(x) if columns is None else columns


def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Discrete convolution of two vectors; `mode` "full", "same" or "valid" as in NumPy."""
    longer, shorter = (a, v) if np.size(a) >= np.size(v) else (v, a)
    n, k = np.size(longer), np.size(shorter)
    padded = np.pad(longer, (k - 1, k - 1))
    full = padded[_windows(n, k)] @ shorter[::-1]
    return full[_part(mode, n, k)]


def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """Cross-correlation of two vectors: the convolution of `a` with `v` reversed and conjugated."""
    full = convolve(a, np.conj(v)[::-1], mode="full")
    start, stop = _part_of_correlation(mode, np.size(a), np.size(v))
    return full[start:stop]


def _windows(n: int, k: int) -> Any:
    """Index matrix [n + k - 1, k] of the windows of length k."""
    return np.arange(n + k - 1)[:, None] + np.arange(k)[None, :]


def _part(mode: str, n: int, k: int) -> slice:
    """What `mode` keeps of the full convolution of lengths n >= k."""
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"mode must be 'full', 'same' or 'valid', not {mode!r}")
    starts = {"full": (0, n + k - 1), "same": ((k - 1) // 2, (k - 1) // 2 + n), "valid": (k - 1, n)}
    return slice(*starts[mode])


def _part_of_correlation(mode: str, n: int, k: int) -> tuple[int, int]:
    """As `_part`; where the second operand is the longer one, "same" is cut from its side."""
    kept = _part(mode, max(n, k), min(n, k))
    if mode == "same" and k > n:
        offset = n // 2
        return offset, offset + k
    return kept.start, kept.stop
