"""How the operations of linear algebra are built: kernels of `s2s.runtime.lapack`, and NumPy functions around them."""

from typing import Any

import numpy as np

from s2s.runtime import dtypes, lapack, staging
from s2s.runtime.adapter import ir, stablehlo
from s2s.runtime.helpers.linalg import copy_lower_if, from_columns
from s2s.runtime.staging import Staged

EighResult = type(np.linalg.eigh(np.eye(1)))
QRResult = type(np.linalg.qr(np.eye(1)))
SVDResult = type(np.linalg.svd(np.eye(1)))
SlogdetResult = type(np.linalg.slogdet(np.eye(1)))


def cholesky(a: Staged, upper: bool = False) -> Staged:
    a = _square("cholesky", a)
    a = np.matrix_transpose(a) if upper else a
    if staging.scope().platform == "cpu":
        factor = lapack.cholesky(a)
    else:
        factor = staging.like(stablehlo.cholesky(a.value, lower=ir.BoolAttr.get(True)), a.aval)
    return np.triu(np.matrix_transpose(factor)) if upper else np.tril(factor)


def solve(a: Staged, b: Staged) -> Staged:
    """x with a x = b; b is one vector if it has one axis, else matrices, as in NumPy 2."""
    a, b, vector = _operands("solve", a, b)
    factors, _, order = lu(a)
    rows = np.take_along_axis(b, order[..., None], axis=-2)
    x = _solve_triangle(factors, rows, False, True, True)
    return from_columns(_solve_triangle(factors, x, False, False, False), vector)


def solve_triangular(a: Staged, b: Staged, trans: int = 0, lower: bool = False, unit_diagonal: bool = False) -> Staged:
    a, b, vector = _operands("solve_triangular", a, b)
    return from_columns(_solve_triangle(a, b, bool(trans), bool(lower), bool(unit_diagonal)), vector)


def _solve_triangle(a: Staged, b: Staged, transpose: bool, lower: bool, unit_diagonal: bool) -> Staged:
    if staging.scope().platform == "cpu":
        return lapack.triangular_solve(a, b, transpose, lower, unit_diagonal)
    flags = [ir.BoolAttr.get(flag) for flag in (True, lower, unit_diagonal)]
    mode = stablehlo.TransposeAttr.get("TRANSPOSE" if transpose else "NO_TRANSPOSE")
    return staging.like(stablehlo.triangular_solve(a.value, b.value, *flags, mode), b.aval)


def inv(a: Staged) -> Staged:
    a = _square("inv", a)
    return solve(a, staging.constant(np.eye(a.shape[-1], dtype=a.dtype)))


def det(a: Staged) -> Staged:
    factors, pivots, _ = lu(_square("det", a))
    return _swap_sign(pivots, factors.dtype) * np.prod(_diagonal(factors), axis=-1)


def slogdet(a: Staged) -> Any:
    factors, pivots, _ = lu(_square("slogdet", a))
    diagonal = _diagonal(factors)
    sign = _swap_sign(pivots, factors.dtype) * np.prod(np.sign(diagonal), axis=-1)
    return SlogdetResult(sign, np.sum(np.log(np.abs(diagonal)), axis=-1))


def _swap_sign(pivots: Staged, dtype: np.dtype) -> Staged:
    """The determinant of the row swaps: -1 for an odd number of them."""
    own = staging.constant(np.arange(pivots.shape[-1], dtype=np.int32))
    swaps = np.sum(np.not_equal(pivots, own).astype(np.int32), axis=-1)
    return (1 - 2 * (swaps % 2)).astype(dtype)


def _diagonal(a: Staged) -> Staged:
    return np.diagonal(a, axis1=-2, axis2=-1)


def lu(a: Staged) -> tuple[Staged, Staged, Staged]:
    """(lu, pivots, permutation), pivots counted from zero."""
    factors, pivots = lapack.lu(_matrices("lu", a))
    pivots = pivots - staging.constant(np.int32(1))
    return factors, pivots, _permutation(pivots, a.shape[-2])


def _permutation(pivots: Staged, rows: int) -> Staged:
    """The order of rows after the swaps i <-> pivots[i], one after the other."""
    *batch, count = pivots.shape
    shape = (*batch, rows)
    order = staging.constant(np.broadcast_to(np.arange(rows, dtype=np.int32), shape))
    start = staging.constant(np.int32(0))
    loop = stablehlo.WhileOp([v.value.type for v in (start, order)], [start.value, order.value])
    kinds = [start.value.type, order.value.type]
    test = loop.regions[0].blocks.append(*kinds)
    with ir.InsertionPoint(test):
        more = np.less(staging.wrap(test.arguments[0]), staging.constant(np.int32(count)))
        stablehlo.return_([more.value])
    body = loop.regions[1].blocks.append(*kinds)
    with ir.InsertionPoint(body):
        i, order = (staging.wrap(argument) for argument in body.arguments)
        swapped = _swap(order, i, pivots)
        stablehlo.return_([(i + staging.constant(np.int32(1))).value, swapped.value])
    return staging.wrap(loop.results[1])


def _swap(order: Staged, i: Staged, pivots: Staged) -> Staged:
    """`order` with positions i and pivots[i] of its last axis exchanged."""
    column = staging.constant(np.arange(order.shape[-1], dtype=np.int32))
    at_i = np.equal(column, i)
    at_swaps = np.equal(staging.constant(np.arange(pivots.shape[-1], dtype=np.int32)), i)
    zero = staging.constant(np.int32(0))
    j = np.sum(np.where(at_swaps, pivots, zero), axis=-1, keepdims=True, dtype=np.int32)
    at_j = np.equal(column, j)
    first = np.sum(np.where(at_i, order, zero), axis=-1, keepdims=True, dtype=np.int32)
    second = np.sum(np.where(at_j, order, zero), axis=-1, keepdims=True, dtype=np.int32)
    return np.where(at_i, second, np.where(at_j, first, order))


def qr(a: Staged, mode: str = "reduced") -> Any:
    if mode != "reduced":
        raise NotImplementedError(f"np.linalg.qr with mode={mode!r} is not supported; use mode='reduced'")
    a = _matrices("qr", a)
    m, n = a.shape[-2:]
    packed, taus = lapack.qr(a)
    q = lapack.householder_product(packed if m >= n else packed[..., :m], taus)
    return QRResult(q, np.triu(packed[..., : min(m, n), :]))


def eigh(a: Staged, UPLO: str = "L") -> Any:
    return EighResult(*lapack.eigh(_square("eigh", a), UPLO.upper() == "L"))


def eigvalsh(a: Staged, UPLO: str = "L") -> Staged:
    return eigh(a, UPLO)[0]


def svd(a: Staged, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    a = copy_lower_if(a, hermitian)
    if not compute_uv:
        return svdvals(a)
    u, s, vh = _svd(_matrices("svd", a), bool(full_matrices))
    return SVDResult(u, s, vh)


def svdvals(x: Staged) -> Staged:
    x = _matrices("svdvals", x)
    return lapack.svd(x, False, False)[1] if staging.scope().platform == "cpu" else _svd(x, False)[1]


def _svd(a: Staged, full_matrices: bool) -> tuple[Staged, Staged, Staged]:
    m, n = a.shape[-2:]
    if staging.scope().platform == "cpu" or m >= n:
        return lapack.svd(a, full_matrices)
    u, s, vh = lapack.svd(np.matrix_transpose(a), full_matrices)
    return np.matrix_transpose(vh), s, np.matrix_transpose(u)


def norm(x: Staged, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Staged:
    if axis is None and ord is not None and x.ndim > 2:
        raise ValueError(f"np.linalg.norm with ord={ord!r} needs a vector or a matrix, got shape {x.shape}")
    matrix = (axis is None and x.ndim == 2) or (isinstance(axis, (tuple, list)) and len(axis) == 2)
    if ord is None or ord == 2 and not matrix or ord == "fro" and matrix:
        return np.sqrt(np.sum(np.abs(x) ** 2, axis=axis, keepdims=keepdims))
    return (_matrix_norm if matrix else _vector_norm)(x, ord, axis, keepdims)


def _vector_norm(x: Staged, ord: Any, axis: Any, keepdims: bool) -> Staged:
    size = np.abs(x)
    if ord == np.inf:
        return np.max(size, axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return np.min(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum((size != 0).astype(_inexact(x.dtype)), axis=axis, keepdims=keepdims)
    if not isinstance(ord, (int, float)):
        raise ValueError(f"np.linalg.norm: ord={ord!r} is not a norm of vectors")
    total = np.sum(size if ord == 1 else size**ord, axis=axis, keepdims=keepdims)
    return total if ord == 1 else total ** (1.0 / ord)


def _matrix_norm(x: Staged, ord: Any, axis: Any, keepdims: bool) -> Staged:
    row, column = (0, 1) if axis is None else (axis[0] % x.ndim, axis[1] % x.ndim)
    if ord in (2, -2, "nuc"):
        return _spectral_norm(x, ord, (row, column), keepdims)
    if ord not in (1, -1, np.inf, -np.inf):
        raise ValueError(f"np.linalg.norm: ord={ord!r} is not a norm of matrices")
    summed, compared = (row, column) if abs(ord) == 1 else (column, row)
    sums = np.sum(np.abs(x), axis=summed, keepdims=True)
    extreme = (np.max if ord > 0 else np.min)(sums, axis=compared, keepdims=True)
    return extreme if keepdims else np.squeeze(extreme, axis=(row, column))


def _spectral_norm(x: Staged, ord: Any, axes: tuple[int, int], keepdims: bool) -> Staged:
    values = svdvals(np.moveaxis(x, axes, (-2, -1)))
    reduce: Any = {2: np.max, -2: np.min, "nuc": np.sum}[ord]
    reduced = reduce(values, axis=-1)
    return np.expand_dims(reduced, axes) if keepdims else reduced


def _operands(name: str, a: Staged, b: Staged) -> tuple[Staged, Staged, int]:
    """Both with the same dtype and batch axes, b as columns, and the rank that b had."""
    rank = b.ndim
    dtype = _inexact(dtypes.result_type(a, b)[0])
    a, b = _square(name, a.astype(dtype)), (b[:, None] if rank == 1 else b).astype(dtype)
    if b.ndim < 2 or b.shape[-2] != a.shape[-1]:
        raise ValueError(f"np.linalg.{name}: a is {a.shape}, so b needs {a.shape[-1]} rows, got shape {b.shape}")
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return np.broadcast_to(a, batch + a.shape[-2:]), np.broadcast_to(b, batch + b.shape[-2:]), rank


def _square(name: str, a: Staged) -> Staged:
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError(f"{name} needs square matrices, got shape {a.shape}")
    return _matrices(name, a)


def _matrices(name: str, a: Staged) -> Staged:
    if a.ndim < 2:
        raise ValueError(f"{name} needs matrices, got shape {a.shape}")
    dtype = _inexact(a.dtype)
    if dtype not in (dtypes.float32, dtypes.float64):
        raise NotImplementedError(f"{name} of {dtype} is not supported; convert to float32 or float64")
    return a if a.dtype == dtype else a.astype(dtype)


def _inexact(dtype: np.dtype) -> np.dtype:
    """The dtype that NumPy's linear algebra computes in: its own, float64 (or the default) for integers."""
    return dtype if dtypes.is_inexact(dtype) else dtypes.default_float()
