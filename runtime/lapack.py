"""Dense factorisations through the kernels that jaxlib ships: LAPACK on the CPU, cuSOLVER on CUDA.

Every function takes staged matrices of shape (..., m, n), float32 or float64, and builds one custom call, batched over
the leading axes. Where the kernel reports failure the results are NaN.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from s2s.runtime import adapter, dtypes, staging
from s2s.runtime.adapter import ir, stablehlo
from s2s.runtime.staging import Staged

Result = tuple[tuple[int, ...], np.dtype]

_PREFIX = {dtypes.float32: "s", dtypes.float64: "d"}
_lock = threading.Lock()
_ready: set[str] = set()


def available(platform: str) -> bool:
    """Whether the kernels of a platform could be registered with XLA."""
    with _lock:
        if platform not in _ready and _register(platform):
            _ready.add(platform)
    return platform in _ready


def _register(platform: str) -> bool:
    if platform == "cpu":
        from jaxlib import lapack  # noqa: PLC0415 - SciPy's LAPACK takes 100 ms to load

        targets = lapack.registrations()["cpu"]
    elif platform == "cuda":
        from jaxlib import gpu_solver  # noqa: PLC0415 - looks for the CUDA plugin

        targets = gpu_solver.registrations()["CUDA"]
    else:
        return False
    for name, function, api_version in targets:
        adapter.register_custom_call(name, function, {"cpu": "cpu", "cuda": "CUDA"}[platform], api_version)
    if platform == "cpu":
        lapack._lapack.initialize()  # without it the first call crashes the process
    return bool(targets)


def cholesky(a: Staged) -> Staged:
    """The lower Cholesky factor, reading the lower triangle; its upper triangle holds what a's held."""
    batch = a.shape[:-2]
    info: Result = (batch, dtypes.int32)
    factor, status = call("potrf", "potrf", [a], [_same(a), info], {"uplo": _char("L")}, {"lower": _flag(True)})
    return nan_unless(status, factor, "EQ")


def triangular_solve(a: Staged, b: Staged, transpose: bool, lower: bool, unit_diagonal: bool) -> Staged:
    """x with op(a) x = b, for b of shape (..., n, k) with a's batch axes."""
    attributes = {
        "side": _char("L"),
        "uplo": _char("L" if lower else "U"),
        "trans_x": _char("T" if transpose else "N"),
        "diag": _char("U" if unit_diagonal else "N"),
    }
    return call("trsm", None, [a, b], [_same(b)], attributes, {}, alias=1)[0]


def lu(a: Staged) -> tuple[Staged, Staged]:
    """The packed factors and LAPACK's pivots, counted from one."""
    *batch, m, n = a.shape
    pivots: Result = ((*batch, min(m, n)), dtypes.int32)
    info: Result = (tuple(batch), dtypes.int32)
    factors, rows, status = call("getrf", "getrf", [a], [_same(a), pivots, info], {}, {})
    return nan_unless(status, factors, "GE"), rows


def qr(a: Staged) -> tuple[Staged, Staged]:
    """Householder vectors below R, and their factors `taus` of shape (..., min(m, n))."""
    *batch, m, n = a.shape
    packed, taus = call("geqrf", "geqrf", [a], [_same(a), ((*batch, min(m, n)), a.dtype)], {}, {})
    return packed, taus


def householder_product(a: Staged, taus: Staged) -> Staged:
    """The first n columns of Q from the Householder vectors in the columns of a (..., m, n)."""
    return call("orgqr", "orgqr", [a, taus], [_same(a)], {}, {})[0]


def eigh(a: Staged, lower: bool) -> tuple[Staged, Staged]:
    """Eigenvalues in ascending order and eigenvectors, reading one triangle."""
    *batch, n = a.shape[:-1]
    results: list[Result] = [_same(a), ((*batch, n), a.dtype), (tuple(batch), dtypes.int32)]
    cpu = {"mode": _char("V"), "uplo": _char("L" if lower else "U")}
    cuda = {"lower": _flag(lower), "algorithm": _byte(0)}
    vectors, values, status = call("syevd", "syevd", [a], results, cpu, cuda)
    return nan_unless(status, values, "EQ"), nan_unless(status, vectors, "EQ")


def svd(a: Staged, full_matrices: bool, compute_uv: bool = True) -> tuple[Staged, Staged, Staged]:
    """u, s, vh with singular values in descending order. On CUDA, m >= n is required of a (..., m, n)."""
    *batch, m, n = a.shape
    k = min(m, n)
    u = (*batch, m, m if full_matrices else k)
    vh = (*batch, n if full_matrices else k, n)
    results: list[Result] = [_same(a), ((*batch, k), a.dtype), (u, a.dtype), (vh, a.dtype)]
    results.append((tuple(batch), dtypes.int32))
    cpu = {"mode": _char(("A" if full_matrices else "S") if compute_uv else "N")}
    cuda = {"full_matrices": _flag(full_matrices), "compute_uv": _flag(True), "transposed": _flag(False)}
    _, values, left, right, status = call("gesdd", "gesvd", [a], results, cpu, cuda)
    return nan_unless(status, left, "EQ"), nan_unless(status, values, "EQ"), nan_unless(status, right, "EQ")


def call(
    cpu_name: str,
    cuda_name: str | None,
    operands: Sequence[Staged],
    results: Sequence[Result],
    cpu_attributes: Mapping[str, Any],
    cuda_attributes: Mapping[str, Any],
    alias: int = 0,
) -> list[Staged]:
    """A call of one kernel, whose first result reuses the memory of operand `alias`."""
    platform = staging.scope().platform
    target, attributes = f"lapack_{_PREFIX[operands[0].dtype]}{cpu_name}_ffi", cpu_attributes
    if platform == "cuda":
        target, attributes = f"cusolver_{cuda_name}_ffi", cuda_attributes
    if (platform == "cuda" and cuda_name is None) or not available(platform):
        raise NotImplementedError(f"the factorisation {cpu_name} is not available on {platform}; compute it on the CPU")
    operation = _custom_call(target, operands, results, attributes, alias)
    return [staging.wrap(value) for value in operation.results]


def _custom_call(
    target: str, operands: Sequence[Staged], results: Sequence[Result], attributes: Mapping[str, Any], alias: int
) -> Any:
    rank = max(operand.ndim for operand in operands)
    # Refers to the only result where there is one, else to the first of a tuple.
    index = [0] if len(results) > 1 else []
    operation = stablehlo.CustomCallOp.build_generic(
        results=[dtypes.tensor_type(shape, dtype) for shape, dtype in results],
        operands=[operand.value for operand in operands],
        attributes={
            "call_target_name": ir.StringAttr.get(target),
            "has_side_effect": ir.BoolAttr.get(False),
            "backend_config": ir.StringAttr.get(""),
            "api_version": ir.IntegerAttr.get(ir.IntegerType.get_signless(32), 1),
            "called_computations": ir.ArrayAttr.get([]),
            "output_operand_aliases": ir.ArrayAttr.get([stablehlo.OutputOperandAlias.get(index, alias, [])]),
            "operand_layouts": _layouts([operand.shape for operand in operands], rank),
            "result_layouts": _layouts([shape for shape, _ in results], rank),
        },
    )
    # The typed interface reads its attributes here and ignores the string.
    operation.operation.attributes["mhlo.backend_config"] = ir.DictAttr.get(dict(attributes))
    return operation


def _layouts(shapes: Sequence[tuple[int, ...]], rank: int) -> Any:
    """Column-major for matrices, row-major for the rest, axes from minor to major."""
    orders = [_column_major(rank) if len(shape) == rank else list(range(len(shape)))[::-1] for shape in shapes]
    index = ir.IndexType.get()
    return ir.ArrayAttr.get([ir.DenseIntElementsAttr.get(np.asarray(o, np.int64), type=index) for o in orders])


def _column_major(rank: int) -> list[int]:
    return [rank - 2, rank - 1, *range(rank - 3, -1, -1)]


def nan_unless(status: Staged, x: Staged, relation: str) -> Staged:
    """x, or NaN for those batch members whose status does not compare with zero as `relation` says."""
    zero = staging.constant(np.zeros(status.shape, np.int32))
    direction = stablehlo.ComparisonDirectionAttr.get(relation)
    good = stablehlo.compare(status.value, zero.value, direction)
    mask = dtypes.tensor_type(x.shape, dtypes.bool_)
    spread = stablehlo.broadcast_in_dim(mask, good, ir.DenseI64ArrayAttr.get(list(range(status.ndim))))
    nan = stablehlo.broadcast_in_dim(
        dtypes.tensor_type(x.shape, x.dtype),
        staging.constant(np.asarray(np.nan, x.dtype)).value,
        ir.DenseI64ArrayAttr.get([]),
    )
    return staging.like(stablehlo.select(spread, x.value, nan), x.aval.strong())


def _same(a: Staged) -> Result:
    return a.shape, a.dtype


def _byte(value: int) -> Any:
    return ir.IntegerAttr.get(ir.IntegerType.get_unsigned(8), value)


def _char(letter: str) -> Any:
    return _byte(ord(letter))


def _flag(value: bool) -> Any:
    return ir.BoolAttr.get(value)
