"""Order statistics, averages, covariances and their variants that pass over NaN.

Everything here is written over `np`, so NumPy arrays give NumPy arrays, s2s arrays give s2s arrays, and the code
generator differentiates this very text.
"""

from typing import Any

import numpy as np

from s2s.numpy import axes
from s2s.numpy.axes import Axis

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def average(a: Any, axis: Axis = None, weights: Any = None, returned: bool = False, keepdims: bool = False) -> Any:
    """Weighted mean along `axis`; with `returned`, the pair (mean, sum of weights).

    `weights` has the shape of `a`, or is one-dimensional along the single axis averaged over.
    """
    if weights is None:
        mean = np.mean(a, axis=axis, keepdims=keepdims)
        total = np.ones_like(mean) * axes.count(axis, np.shape(a))
    else:
        w = np.reshape(weights, _weights_shape(np.shape(weights), np.shape(a), axis))
        w = np.broadcast_to(w, np.shape(a))
        total = np.sum(w, axis=axis, keepdims=keepdims)
        mean = np.sum(a * w, axis=axis, keepdims=keepdims) / total
    result = (mean, total) if returned else mean
    return result


def _weights_shape(weights: tuple[int, ...], shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    if weights == shape:
        return weights
    over = axes.normalised(axis, len(shape))
    if axis is None or len(weights) != len(over):
        raise TypeError("axis must be given when the shapes of a and weights differ")
    if weights != tuple(shape[i] for i in over):
        raise ValueError(f"weights of shape {weights} do not match axis {axis} of an array of shape {shape}")
    return tuple(n if i in over else 1 for i, n in enumerate(shape))


def _ordered(a: Any, axis: Axis) -> Any:
    """`a` with the axes in `axis` merged into the last one and sorted along it."""
    merged = np.reshape(
        np.transpose(a, axes.collapsed_order(axis, np.ndim(a))), axes.collapsed_shape(axis, np.shape(a))
    )
    return np.sort(merged, axis=-1)


def median(a: Any, axis: Axis = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    """Middle element along `axis`, or the mean of the two middle ones; NaN where there is a NaN."""
    ordered = _ordered(a, axis)
    n = axes.count(axis, np.shape(a))
    middle = (ordered[..., (n - 1) // 2] + ordered[..., n // 2]) / 2
    last = ordered[..., n - 1]
    result = np.where(np.isnan(last), last, middle)
    return +np.reshape(result, axes.kept_shape(axis, np.shape(a), keepdims))  # without dimensions, a number


def quantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """The q-th quantiles of `a` along `axis`, 0 <= q <= 1; the result has the shape of q, then the kept axes.

    `method`: "linear", "lower", "higher", "midpoint" or "nearest" (Hyndman and Fan's definition 7 and its roundings).
    """
    ordered = _ordered(a, axis)
    low, high, fraction = _neighbours(q, axes.count(axis, np.shape(a)), method)
    lower = np.take(ordered, low, axis=-1)
    between = lower + (np.take(ordered, high, axis=-1) - lower) * fraction
    last = ordered[axes.last_with_new_axes(np.ndim(q))]
    result = np.where(np.isnan(last), last, between)
    result = np.moveaxis(result, axes.last(np.ndim(q)), axes.first(np.ndim(q)))
    return +np.reshape(result, np.shape(q) + axes.kept_shape(axis, np.shape(a), keepdims))


def percentile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """The q-th percentiles of `a` along `axis`, 0 <= q <= 100; see `quantile`."""
    # a Python number stays one, which leaves the dtype to `a`
    share = q / 100 if isinstance(q, float | int) else np.divide(q, 100)
    return quantile(a, share, axis=axis, method=method, keepdims=keepdims)


def _neighbours(q: Any, n: int, method: str) -> tuple[Any, Any, Any]:
    """Indices of the two order statistics around the q-th quantile of n, and how far it lies between them."""
    if method not in _INTERPOLATIONS:
        raise ValueError(f"method {method!r} is not supported; choose one of {', '.join(_INTERPOLATIONS)}")
    position = q * (n - 1) if isinstance(q, float | int) else np.multiply(q, n - 1)
    low, high = position // 1, -(-position // 1)
    if method == "nearest":
        low = high = np.round(position)
    fraction = {"linear": position - low, "midpoint": 0.5, "higher": 1.0}.get(method, 0.0)
    return _index(low), _index(high), fraction


def _index(position: Any) -> Any:
    return int(position) if isinstance(position, float | int) else position.astype(np.int32)


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    dtype: Any = None,
) -> Any:
    """Covariance matrix of the variables in the rows of `m` (its columns without `rowvar`), and of `y` below them."""
    x = _variables(m, rowvar)
    if y is not None:
        x = np.concatenate([x, _variables(y, rowvar)], axis=0)
    degrees = _degrees_of_freedom(bias, ddof)
    if fweights is None and aweights is None:
        centred = x - np.mean(x, axis=1, keepdims=True)
        result = centred @ np.conj(centred.T) / max(np.shape(x)[1] - degrees, 0)
    else:
        w, total = _joint_weights(fweights, aweights, degrees)
        centred = x - np.sum(x * w, axis=1, keepdims=True) / np.sum(w)
        result = (centred * w) @ np.conj(centred.T) / total
    return np.squeeze(result)


def _variables(m: Any, rowvar: bool) -> Any:
    x = np.reshape(m, axes.padded(np.shape(m), 2))
    return x if rowvar or np.ndim(m) < 2 else x.T


def _degrees_of_freedom(bias: bool, ddof: int | None) -> int:
    if ddof is None:
        return 0 if bias else 1
    return ddof


def _joint_weights(fweights: Any, aweights: Any, ddof: int) -> tuple[Any, Any]:
    """The product of both weights, and the normaliser of NumPy's `cov`."""
    if aweights is None:
        return fweights, np.sum(fweights) - ddof
    w = aweights if fweights is None else fweights * aweights
    return w, np.sum(w) - ddof * np.sum(w * aweights) / np.sum(w)


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, dtype: Any = None) -> Any:
    """Pearson's correlation coefficients of the variables in the rows of `x` (and `y`)."""
    c = cov(x, y, rowvar)
    if np.ndim(c) == 0:
        result = c / c
    else:
        deviation = np.sqrt(np.real(np.diag(c)))
        result = np.clip(c / deviation[:, None] / deviation[None, :], -1, 1)
    return result
