"""Products of vectors and matrices, written over `np` like `statistics`."""

from typing import Any

import numpy as np


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Sum of conj(x1) * x2 along `axis`."""
    return np.sum(np.conj(x1) * x2, axis=axis)


def matvec(x1: Any, x2: Any, /) -> Any:
    """Matrices [..., m, n] times vectors [..., n]."""
    return (x1 @ x2[..., None])[..., 0]


def vecmat(x1: Any, x2: Any, /) -> Any:
    """Conjugated vectors [..., m] times matrices [..., m, n]."""
    return (np.conj(x1)[..., None, :] @ x2)[..., 0, :]
