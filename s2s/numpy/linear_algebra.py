"""Linear algebra beyond the primitives, written over `np` like `statistics`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2s.numpy import axes
from s2s.numpy.axes import Axis


def matrix_power(a: Any, n: int) -> Any:
    """The n-th power of square matrices [..., m, m], by repeated squaring; of the inverse for negative n."""
    if n == 0:
        result = np.broadcast_to(np.eye(np.shape(a)[-1], dtype=np.result_type(a)), np.shape(a))
    else:
        base = np.linalg.inv(a) if n < 0 else a
        result = base
        for one in axes.binary_digits(abs(n)):
            result = result @ result
            if one:
                result = result @ base
    return result


def multi_dot(arrays: Sequence[Any]) -> Any:
    """Product of a sequence of matrices (the first and last may be vectors), from left to right."""
    result = arrays[0]
    for matrix in arrays[1:]:
        result = np.dot(result, matrix)
    return result


def lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Any, Any, Any, Any]:
    """Least squares solution of a x = b, for a [m, n] and b [m] or [m, k], by the singular values.

    Returns the solution, the sums of squared residuals, the rank of `a` and its singular values. The residuals are
    there for every rank, as in the peer (NumPy gives an empty array where the rank is not full).
    """
    cutoff = _least_squares_cutoff(rcond, a)
    right = np.reshape(b, axes.as_columns(np.shape(b)))
    solution = np.linalg.pinv(a, cutoff) @ right
    residuals = np.sum(np.abs(right - a @ solution) ** 2, axis=0)
    s = np.linalg.svdvals(a)
    rank = np.sum(s > cutoff * s[0])
    return np.reshape(solution, np.shape(a)[1:] + np.shape(b)[1:]), residuals, rank, s


def _least_squares_cutoff(rcond: float | None, a: Any) -> float:
    return float(np.finfo(np.result_type(a)).eps) * max(np.shape(a)) if rcond is None else rcond


def cond(x: Any, p: Any = None) -> Any:
    """Condition number of matrices [..., n, n]: the norm `p` of x times that of its inverse (2 by default)."""
    if p is None or p == 2 or p == -2:
        s = np.linalg.svdvals(x)
        result = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    else:
        inverse = np.linalg.inv(x)
        result = np.linalg.norm(x, ord=p, axis=(-2, -1)) * np.linalg.norm(inverse, ord=p, axis=(-2, -1))
    return result


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """Number of singular values of matrices [..., m, n] above `tol`, or above `rtol` times the largest."""
    s = np.linalg.svdvals(A)
    if tol is None:
        relative = _rank_cutoff(A) if rtol is None else rtol
        tol = np.max(s, axis=-1, keepdims=True) * relative
    return np.sum(s > tol, axis=-1)


def _rank_cutoff(a: Any) -> float:
    return float(np.finfo(np.result_type(a)).eps) * max(np.shape(a)[-2:])


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """The x with tensordot(a, x, x.ndim) = b."""
    a = a if axes is None else np.moveaxis(a, axes, tuple(range(np.ndim(a) - len(axes), np.ndim(a))))
    solution = np.linalg.solve(np.reshape(a, (np.size(b), -1)), np.ravel(b))
    return np.reshape(solution, np.shape(a)[np.ndim(b) :])


def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of `a` with respect to tensordot over its first `ind` axes."""
    rows, columns = np.shape(a)[:ind], np.shape(a)[ind:]
    return np.reshape(np.linalg.inv(np.reshape(a, (int(np.prod(rows)), -1))), columns + rows)


def vector_norm(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """Norm of the vectors along `axis`, which may be several axes taken together."""
    merged = np.reshape(
        np.transpose(x, axes.collapsed_order(axis, np.ndim(x))), axes.collapsed_shape(axis, np.shape(x))
    )
    norms = np.linalg.norm(merged, ord=ord, axis=-1)
    return np.reshape(norms, axes.kept_shape(axis, np.shape(x), keepdims))


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Norm of matrices [..., m, n]."""
    return np.linalg.norm(x, ord=ord, axis=(-2, -1), keepdims=keepdims)


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Cross product along `axis`."""
    return np.cross(x1, x2, axis=axis)


def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """Diagonals of matrices [..., m, n]."""
    return np.diagonal(x, offset, -2, -1)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Sums of the diagonals of matrices [..., m, n]."""
    return np.trace(x, offset, -2, -1)
