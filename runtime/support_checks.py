"""Helpers of emitted code: checks that refuse to go on with what would be a wrong number."""

from typing import Any

import numpy as np


def require_scalar(loss: Any) -> None:
    """Refuses the gradient of a result that is not one number.

    Raises:
        TypeError: `loss` is an array of rank 1 or more, a container, or not a floating-point number.
    """
    if isinstance(loss, (tuple, list, dict)) or loss is None or isinstance(loss, str):
        raise TypeError(f"the gradient is defined for functions that return one number; this one returns {_what(loss)}")
    if np.ndim(loss):
        shape = np.shape(loss)
        raise TypeError(
            f"the gradient is defined for functions that return one number; this one returns an array of shape {shape}; "
            "reduce it, for example with np.sum or np.mean, or use vjp"
        )


def check_ranks(**ranks: Any) -> None:
    """Checks what text simplified for given shapes assumes: each keyword is `name=(value, rank)`.

    Raises:
        TypeError: an argument has another rank.
    """
    for name, (value, rank) in ranks.items():
        if np.ndim(value) != rank:
            raise TypeError(f"this text was simplified for {name} of rank {rank}, not {np.ndim(value)}")


def _what(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
