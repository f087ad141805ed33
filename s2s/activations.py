"""Activation functions and their relatives, written over `np`: what `s2s.nn` offers beyond the primitives.

NumPy arrays give NumPy arrays, s2s arrays give s2s arrays, and the code generator differentiates this very text.
"""

import math
from typing import Any

import numpy as np

from s2s.numpy import axes
from s2s.numpy.axes import Axis
from s2s.special import erfc, sigmoid, softplus
from s2s.special import log_softmax as _log_softmax
from s2s.special import logsumexp as _logsumexp
from s2s.special import softmax as _softmax

_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


def identity(x: Any) -> Any:
    """`x` itself."""
    return x


def relu6(x: Any) -> Any:
    """min(max(x, 0), 6)."""
    return np.minimum(np.maximum(x, 0), 6)


def leaky_relu(x: Any, negative_slope: Any = 0.01) -> Any:
    """x where it is not negative, else negative_slope * x."""
    return np.where(x >= 0, x, negative_slope * x)


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """x where it is positive, else alpha * (exp(x) - 1)."""
    return np.where(x > 0, x, alpha * np.expm1(np.where(x > 0, 0, x)))


def celu(x: Any, alpha: Any = 1.0) -> Any:
    """x where it is positive, else alpha * (exp(x / alpha) - 1)."""
    return np.where(x > 0, x, alpha * np.expm1(np.where(x > 0, 0, x) / alpha))


def selu(x: Any) -> Any:
    """Scaled `elu` with the constants of Klambauer et al. (2017)."""
    return _SELU_SCALE * elu(x, _SELU_ALPHA)


def log_sigmoid(x: Any) -> Any:
    """log(sigmoid(x)), without overflow."""
    return -softplus(-x)


def soft_sign(x: Any) -> Any:
    """x / (1 + |x|)."""
    return x / (1 + np.abs(x))


def silu(x: Any) -> Any:
    """x * sigmoid(x), also called swish."""
    return x * sigmoid(x)


def gelu(x: Any, approximate: bool = True) -> Any:
    """x times the normal distribution function at x, by default approximated with tanh (Hendrycks & Gimpel, 2016)."""
    if approximate:
        inner = (2 / np.pi) ** 0.5 * (x + 0.044715 * x**3)
        result = 0.5 * x * (1 + np.tanh(inner))
    else:
        result = 0.5 * x * erfc(-x / 2**0.5)
    return result


def hard_tanh(x: Any) -> Any:
    """x, cut off at -1 and 1."""
    return np.where(x > 1, 1, np.where(x < -1, -1, x))


def hard_sigmoid(x: Any) -> Any:
    """relu6(x + 3) / 6."""
    return relu6(x + 3) / 6


def hard_silu(x: Any) -> Any:
    """x * hard_sigmoid(x)."""
    return x * hard_sigmoid(x)


def glu(x: Any, axis: int = -1) -> Any:
    """Gated linear unit: the first half of `x` along `axis` times the sigmoid of the second half."""
    first, second = np.split(x, 2, axis=axis)
    return first * sigmoid(second)


def squareplus(x: Any, b: Any = 4) -> Any:
    """(x + sqrt(x² + b)) / 2 (Barron, 2021)."""
    return (x + np.sqrt(x * x + b)) / 2


def mish(x: Any) -> Any:
    """x * tanh(softplus(x)) (Misra, 2019)."""
    return x * np.tanh(softplus(x))


def sparse_plus(x: Any) -> Any:
    """0 up to -1, x from 1 on, (x + 1)² / 4 between."""
    return np.where(x <= -1, 0, np.where(x >= 1, x, (x + 1) ** 2 / 4))


def sparse_sigmoid(x: Any) -> Any:
    """The derivative of `sparse_plus`: (x + 1) / 2, cut off at 0 and 1."""
    return 0.5 * np.clip(x + 1, 0, 2)


def log1mexp(x: Any) -> Any:
    """log(1 - exp(-x)) for x > 0 (Mächler, 2012)."""
    small = x <= 0.6931471805599453
    near = np.log(-np.expm1(-np.where(small, x, 1)))
    far = np.log1p(-np.exp(-np.where(small, 1, x)))
    return np.where(small, near, far)


def logsumexp(
    a: Any, axis: Axis = None, b: Any = None, keepdims: bool = False, return_sign: bool = False, where: Any = None
) -> Any:
    """log(sum(b * exp(a))) along `axis`, without overflow; `b` is 1 and `where` takes all by default.

    With `return_sign`, the pair (log of the absolute value, sign); without it a negative sum gives NaN.
    """
    if where is not None:
        a = np.where(where, a, -np.inf)
    if b is None and not return_sign:
        result = _logsumexp(a, axis, keepdims=keepdims)
    else:
        weights = 1 if b is None else b
        present = np.where(np.equal(weights, 0), -np.inf, a)
        shift = _finite(np.max(present, axis=axis, keepdims=True))
        total = np.sum(weights * np.exp(present - shift), axis=axis, keepdims=keepdims)
        shift = np.reshape(shift, np.shape(total))
        signed = np.log(np.abs(total)) + shift, np.sign(total)
        result = signed if return_sign else np.where(total < 0, np.nan, signed[0])
    return result


def _finite(x: Any) -> Any:
    return np.where(np.isfinite(x), x, 0)


def logmeanexp(x: Any, axis: Axis = None, where: Any = None, keepdims: bool = False) -> Any:
    """log(mean(exp(x))) along `axis`, without overflow."""
    if where is None:
        log_number = math.log(axes.count(axis, np.shape(x)))
    else:
        log_number = np.log(np.sum(np.where(where, np.ones_like(x), 0), axis=axis, keepdims=keepdims))
    return logsumexp(x, axis=axis, keepdims=keepdims, where=where) - log_number


def softmax(x: Any, axis: Axis = -1, where: Any = None) -> Any:
    """exp(x) over its sum along `axis`; elements outside `where` count as zero."""
    if where is None:
        result = _softmax(x, axis)
    else:
        result = np.where(where, _softmax(np.where(where, x, -np.inf), axis), 0)
    return result


def log_softmax(x: Any, axis: Axis = -1, where: Any = None) -> Any:
    """log(softmax(x)) along `axis`, without overflow; -inf outside `where`."""
    if where is None:
        result = _log_softmax(x, axis)
    else:
        result = np.where(where, _log_softmax(np.where(where, x, -np.inf), axis), -np.inf)
    return result


def standardize(
    x: Any, axis: Axis = -1, mean: Any = None, variance: Any = None, epsilon: Any = 1e-5, where: Any = None
) -> Any:
    """(x - mean) / sqrt(variance + epsilon), both of `x` along `axis` (over `where`) unless given.

    The variance around a given mean is the mean square less the square of that mean, as in the peer.
    """
    centred = x - (_masked_mean(x, axis, where) if mean is None else mean)
    if variance is not None:
        spread = variance
    elif mean is None:
        spread = _masked_mean(centred * centred, axis, where)
    else:
        spread = _masked_mean(x * x, axis, where) - mean * mean
    return centred / np.sqrt(spread + epsilon)


def _masked_mean(x: Any, axis: Axis, where: Any) -> Any:
    if where is None:
        result = np.mean(x, axis=axis, keepdims=True)
    else:
        number = np.sum(np.where(where, np.ones_like(x), 0), axis=axis, keepdims=True)
        result = np.sum(np.where(where, x, 0), axis=axis, keepdims=True) / number
    return result


def one_hot(x: Any, num_classes: int, *, dtype: Any = None, axis: int = -1) -> Any:
    """1 at the index given by each integer of `x` along a new `axis` of length `num_classes`, else 0.

    Indices outside of 0 ... num_classes - 1 give zeros only. float32 by default.
    """
    classes = np.reshape(np.arange(num_classes), axes.single(axis, np.ndim(x) + 1))
    hits = np.expand_dims(x, axis) == classes
    return hits.astype(np.float32 if dtype is None else dtype)
