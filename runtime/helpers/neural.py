"""Functions of neural networks that have rules of their own. NumPy operands are computed with NumPy."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2s.runtime.helpers.indexing import call

Axis = int | Sequence[int] | None


def relu(x: Any) -> Any:
    """max(x, 0); its derivative at 0 is 0."""
    result = call(relu, x)
    return rectified(x) if result is NotImplemented else result


def softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow."""
    result = call(softplus, x)
    return log_one_plus_exp(x) if result is NotImplemented else result


def softmax(x: Any, axis: Axis = -1) -> Any:
    """exp(x) over its sum along `axis`, without overflow."""
    result = call(softmax, x, axis)
    return normalised_exponentials(x, axis) if result is NotImplemented else result


def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """log(softmax(x)) along `axis`, without overflow."""
    result = call(log_softmax, x, axis)
    return normalised_logits(x, axis) if result is NotImplemented else result


# How they are computed, on NumPy and on staged arrays.


def rectified(x: Any) -> Any:
    return np.maximum(x, 0)


def log_one_plus_exp(x: Any) -> Any:
    return np.logaddexp(x, 0)


def normalised_exponentials(x: Any, axis: Axis = -1) -> Any:
    unnormalised = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return unnormalised / np.sum(unnormalised, axis=axis, keepdims=True)


def normalised_logits(x: Any, axis: Axis = -1) -> Any:
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))
