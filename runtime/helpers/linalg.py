"""Functions that the derivatives of linear algebra call, on NumPy arrays, device arrays and staged arrays alike.

Matrices are the last two axes of an array of any rank >= 2; leading axes are batch axes.
"""

from typing import Any

import numpy as np

from s2s.runtime.helpers.indexing import call

Array = Any


def symmetrize(x: Array) -> Array:
    """(x + xᵀ) / 2."""
    return 0.5 * (x + np.matrix_transpose(x))


def copy_lower(x: Array) -> Array:
    """The symmetric matrix with x's lower triangle (`copyltu` of Walter & Lehmann)."""
    return np.tril(x) + np.matrix_transpose(np.tril(x, -1))


def fold_lower(x: Array) -> Array:
    """The lower triangle of x plus its strictly upper triangle mirrored; the transpose of `copy_lower`."""
    return np.tril(x) + np.matrix_transpose(np.triu(x, 1))


def copy_lower_if(x: Array, condition: bool) -> Array:
    """`copy_lower(x)` where the condition holds: what a function reads of a matrix called hermitian; else x."""
    return copy_lower(x) if condition else x


def fold_lower_if(x: Array, condition: bool) -> Array:
    """The transpose of `copy_lower_if`."""
    return fold_lower(x) if condition else x


def copy_triangle(x: Array, UPLO: str) -> Array:  # noqa: N803 - NumPy's name
    """The symmetric matrix with the triangle of x that `np.linalg.eigh(x, UPLO)` reads."""
    return copy_lower(transpose_if(x, UPLO in "Uu"))


def fold_triangle(x: Array, UPLO: str) -> Array:  # noqa: N803 - NumPy's name
    """The transpose of `copy_triangle`: that triangle of x plus the other one mirrored."""
    upper = UPLO in "Uu"
    return transpose_if(fold_lower(transpose_if(x, upper)), upper)


def lower_half(x: Array) -> Array:
    """The lower triangle of x with its diagonal halved (Φ of Murray 2016)."""
    return 0.5 * (np.tril(x) + np.tril(x, -1))


def unit_lower(x: Array) -> Array:
    """The strictly lower triangle of x plus the identity: L of a packed LU factorisation."""
    return np.where(np.eye(np.shape(x)[-1], dtype=bool), 1, np.tril(x, -1))


def transpose_if(x: Array, condition: int) -> Array:
    """xᵀ where `condition` holds, else x."""
    return np.matrix_transpose(x) if condition else x


def triangle(x: Array, lower: bool, unit_diagonal: bool = False) -> Array:
    """The triangle of x that a triangular solve reads."""
    return np.tril(x, -int(unit_diagonal)) if lower else np.triu(x, int(unit_diagonal))


def as_columns(x: Array, rank: int) -> Array:
    """x with a trailing axis of length 1 where it is, or stacks, right-hand sides of that rank 1; else x."""
    return np.expand_dims(x, -1) if rank == 1 else x


def from_columns(x: Array, rank: int) -> Array:
    """Undoes `as_columns`."""
    return x[..., 0] if rank == 1 else x


def inverse_gaps(w: Array) -> Array:
    """The matrices 1 / (w[j] - w[i]) with zeros on the diagonal, shape (..., n, n) for w of shape (..., n).

    Equal values give inf: there the eigenvectors have no derivative.
    """
    diagonal = np.eye(np.shape(w)[-1], dtype=bool)
    gaps = w[..., None, :] - w[..., :, None]
    with np.errstate(divide="ignore"):
        return np.where(diagonal, 0, 1 / np.where(diagonal, 1, gaps))


def beyond_span(u: Array, x: Array, s: Array) -> Array:
    """(I - u uᵀ) x / s: what x has outside the span of u's columns, each column divided by s; zero for square u."""
    if np.shape(u)[-2] == np.shape(u)[-1]:
        return np.zeros_like(x)
    return (x - u @ (np.matrix_transpose(u) @ x)) / s[..., None, :]


def cofactor(a: Array) -> Array:
    """The cofactor matrix det(a) inv(a)ᵀ, the derivative of det(a), right for singular matrices too.

    By the singular value decomposition: cof(u s vᵀ) = det(u) det(v) u cof(s) vᵀ, where cof(s) multiplies all
    singular values but one.
    """
    u, s, vh = np.linalg.svd(a)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    others = np.prod(np.where(np.eye(np.shape(s)[-1], dtype=bool), 1, s[..., None, :]), axis=-1)
    return (u * (np.round(sign)[..., None] * others)[..., None, :]) @ vh


def solve_triangular(a: Array, b: Array, trans: int = 0, lower: bool = False, unit_diagonal: bool = False) -> Array:
    """Solves a x = b (trans=0) or aᵀ x = b (trans=1) for triangular a of shape (..., n, n), reading one triangle.

    b is one vector (n,) or matrices (..., n, k); leading axes broadcast. As `scipy.linalg.solve_triangular`.
    """
    if np.shape(a)[-1] != np.shape(a)[-2]:
        raise ValueError(
            f"a triangular solve needs a square matrix, got shape {np.shape(a)}; the derivative of qr needs at least"
            " as many rows as columns, that of lu as many rows as columns"
        )
    result = call(solve_triangular, a, b, trans, lower, unit_diagonal)
    if result is not NotImplemented:
        return result
    from scipy.linalg import solve_triangular as solve_on_host  # noqa: PLC0415 - 100 ms to load

    b = np.asarray(b)
    columns = b[:, None] if b.ndim == 1 else b
    batch = np.broadcast_shapes(np.shape(a)[:-2], columns.shape[:-2])
    x = solve_on_host(
        np.broadcast_to(a, batch + np.shape(a)[-2:]),
        np.broadcast_to(columns, batch + columns.shape[-2:]),
        trans=int(trans),
        lower=bool(lower),
        unit_diagonal=bool(unit_diagonal),
    )
    return x[..., 0] if b.ndim == 1 else x


def lu(a: Array) -> tuple[Array, Array, Array]:
    """The pivoted factorisation a[permutation] = L U: (lu, pivots, permutation).

    `lu` holds U in its upper triangle and L, whose diagonal is one, below it. `pivots` are LAPACK's row swaps counted
    from zero (int32, shape (..., min(m, n))), `permutation` the resulting order of the rows (int32, (..., m)).
    """
    result = call(lu, a)
    if result is not NotImplemented:
        return result
    from scipy.linalg import lu_factor  # noqa: PLC0415 - 100 ms to load

    factors, pivots = lu_factor(a, check_finite=False)
    return factors, pivots.astype(np.int32), _permutation(pivots, np.shape(a)[-2])


def _permutation(pivots: np.ndarray, rows: int) -> np.ndarray:
    order = np.broadcast_to(np.arange(rows, dtype=np.int32), (*pivots.shape[:-1], rows)).copy()
    for index in np.ndindex(pivots.shape[:-1]):
        for i, j in enumerate(pivots[index]):
            order[(*index, [i, j])] = order[(*index, [j, i])]
    return order


def norm_power(ord: Any, ndim: int, axis: Any) -> float:
    """The p of the p-norm that `np.linalg.norm` computes; NotImplementedError for norms without a derivative here."""
    matrix = (axis is None and ndim == 2 and ord is not None) or (isinstance(axis, tuple) and len(axis) == 2)
    if ord is None or (matrix and ord == "fro") or (not matrix and ord == 2):
        return 2
    if not matrix and isinstance(ord, (int, float)) and 0 < ord < np.inf:
        return ord
    kind = "a matrix" if matrix else "a vector"
    raise NotImplementedError(
        f"np.linalg.norm of {kind} with ord={ord!r} has no derivative; write it with np.abs, np.max and np.sum,"
        " or np.linalg.svd"
    )


def abs_power(x: Array, p: float) -> Array:
    """|x| ** p; zero for p = -1, which arises only with the factor p + 1 = 0, as the derivative of sign(x)."""
    return np.zeros_like(x) if p == -1 else np.abs(x) ** p


def signed_power(x: Array, p: float) -> Array:
    """sign(x) |x| ** p: x itself for p = 1, its sign for p = 0, and zero for p = -1 as in `abs_power`."""
    if p == 1:
        return x
    if p == -1:
        return np.zeros_like(x)
    return np.sign(x) if p == 0 else np.sign(x) * np.abs(x) ** p
