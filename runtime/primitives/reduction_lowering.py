"""How reductions are built, with NumPy's dtypes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime import dtypes, hlo
from s2s.runtime.adapter import ir, stablehlo
from s2s.runtime.staging import Staged

_HALF = frozenset({dtypes.float16, dtypes.bfloat16})


def axes_of(x: Staged, axis: Any) -> list[int]:
    """The reduced axes, counted from the front. AxisError as in NumPy."""
    if axis is None:
        return list(range(x.ndim))
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = [int(a) for a in given]
    for a in axes:
        if not -x.ndim <= a < x.ndim:
            raise np.exceptions.AxisError(a, x.ndim)
    axes = [a % x.ndim for a in axes]
    if len(set(axes)) != len(axes):
        raise ValueError("duplicate value in 'axis'")
    return axes


def keep(x: Staged, axes: list[int], keepdims: bool) -> Staged:
    """A reduced array with its reduced axes put back, if asked for."""
    return hlo.expand(x, axes) if keepdims else x


def _accumulated(x: Staged, axes: list[int], kind: str) -> Staged:
    """A sum or product; of half-precision numbers in float32, as NumPy does in its pairwise summation."""
    if x.dtype not in _HALF:
        return hlo.reduce(x, axes, kind)
    return hlo.convert(hlo.reduce(hlo.convert(x, dtypes.float32), axes, kind), x.dtype, x.weak)


def _wide(x: Staged, dtype: Any) -> Staged:
    """In the dtype that a sum has: small integers and bools as 64 bits."""
    if dtype is not None:
        return hlo.convert(x, dtypes.canonical(dtype))
    if dtypes.is_inexact(x.dtype):
        return x
    return hlo.convert(x, dtypes.uint64 if x.dtype.kind == "u" else dtypes.int64, x.weak)


def total(kind: str) -> Callable[..., Staged]:
    """`np.sum` ("add") or `np.prod` ("multiply")."""

    def lower(a: Staged, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Staged:
        axes = axes_of(a, axis)
        return keep(_accumulated(_wide(a, dtype), axes, kind), axes, keepdims)

    return lower


sum_ = total("add")


def extreme(kind: str) -> Callable[..., Staged]:
    """`np.max` or `np.min`."""

    def lower(a: Staged, axis: Any = None, *, keepdims: bool = False) -> Staged:
        axes = axes_of(a, axis)
        if any(a.shape[i] == 0 for i in axes):
            raise ValueError(f"zero-size array to reduction operation {kind}imum which has no identity")
        if dtypes.is_complex(a.dtype):
            raise TypeError(f"np.{kind} of complex numbers is not supported: they have no order")
        if a.dtype == dtypes.bool_:
            return keep(hlo.reduce(a, axes, "or" if kind == "max" else "and"), axes, keepdims)
        return keep(hlo.reduce(a, axes, kind), axes, keepdims)

    return lower


def ptp(a: Staged, axis: Any = None, *, keepdims: bool = False) -> Staged:
    return hlo.subtract(extreme("max")(a, axis, keepdims=keepdims), extreme("min")(a, axis, keepdims=keepdims))


def _computing(x: Staged, dtype: Any) -> tuple[Staged, np.dtype]:
    """`x` in the dtype in which moments are computed, and the dtype of the result."""
    result = dtypes.canonical(dtype) if dtype is not None else x.dtype
    if not dtypes.is_inexact(result):
        result = dtypes.default_float()
    wide = dtypes.float32 if result in _HALF else result
    return hlo.convert(x, wide, x.weak), result


def _count(x: Staged, axes: list[int], ddof: Any = 0) -> Any:
    return int(np.prod([x.shape[i] for i in axes], dtype=np.int64)) - ddof


def mean(a: Staged, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Staged:
    axes = axes_of(a, axis)
    a, result = _computing(a, dtype)
    summed = hlo.reduce(a, axes, "add")
    average = hlo.divide(summed, hlo.full_like(summed, _count(a, axes)))
    return keep(hlo.convert(average, result, a.weak), axes, keepdims)


def var(a: Staged, axis: Any = None, dtype: Any = None, *, ddof: Any = 0, keepdims: bool = False) -> Staged:
    axes = axes_of(a, axis)
    a, result = _computing(a, dtype)
    centred = hlo.subtract(a, hlo.broadcast_to(mean(a, axis, keepdims=True), a.shape))
    squares = _squared_size(centred)
    summed = hlo.reduce(squares, axes, "add")
    average = hlo.divide(summed, hlo.full_like(summed, max(_count(a, axes, ddof), 0)))
    return keep(hlo.convert(average, dtypes.real_dtype(result), a.weak), axes, keepdims)


def _squared_size(x: Staged) -> Staged:
    if not dtypes.is_complex(x.dtype):
        return hlo.multiply(x, x)
    parts = [hlo.unary(build, x, dtypes.real_dtype(x.dtype)) for build in (stablehlo.real, stablehlo.imag)]
    return hlo.add(*[hlo.multiply(part, part) for part in parts])


def std(a: Staged, axis: Any = None, dtype: Any = None, *, ddof: Any = 0, keepdims: bool = False) -> Staged:
    return hlo.unary(stablehlo.sqrt, var(a, axis, dtype, ddof=ddof, keepdims=keepdims))


def logsumexp(a: Staged, axis: Any = None, b: None = None, keepdims: bool = False) -> Staged:
    if b is not None:
        raise TypeError("logsumexp with weights b is not supported; write np.log(np.sum(b * np.exp(a - top))) + top")
    (a,) = hlo.promote_inexact(a)
    axes = axes_of(a, axis)
    top = extreme("max")(a, axis, keepdims=True)
    finite = hlo.unary(stablehlo.is_finite, top, dtypes.bool_)
    top = hlo.select(finite, top, hlo.full_like(top, 0))
    shares = hlo.unary(stablehlo.exponential, hlo.subtract(a, hlo.broadcast_to(top, a.shape)))
    log = hlo.unary(stablehlo.log, _accumulated(shares, axes, "add"))
    return keep(hlo.add(log, hlo.reshape(top, log.shape)), axes, keepdims)


def truth(kind: str) -> Callable[..., Staged]:
    """`np.all` ("and") or `np.any` ("or")."""

    def lower(a: Staged, axis: Any = None, *, keepdims: bool = False) -> Staged:
        axes = axes_of(a, axis)
        return keep(hlo.reduce(hlo.convert(a, dtypes.bool_), axes, kind), axes, keepdims)

    return lower


def count_nonzero(a: Staged, axis: Any = None, *, keepdims: bool = False) -> Staged:
    return sum_(hlo.convert(a, dtypes.bool_), axis, keepdims=keepdims)


def position_of(direction: str) -> Callable[..., Staged]:
    """`np.argmax` ("GT") or `np.argmin` ("LT"): the first extreme, or the first NaN."""

    def lower(a: Staged, axis: Any = None, *, keepdims: bool = False) -> Staged:
        rank = a.ndim
        flat = hlo.reshape(a, (a.size,)) if axis is None else a
        axes = axes_of(flat, 0 if axis is None else axis)
        if flat.shape[axes[0]] == 0:
            raise ValueError(f"attempt to get {'argmax' if direction == 'GT' else 'argmin'} of an empty sequence")
        if flat.dtype == dtypes.bool_:
            flat = hlo.convert(flat, dtypes.uint8)
        found = _first_position(flat, axes[0], direction)
        if keepdims:
            return hlo.expand(found, list(range(rank)) if axis is None else axes)
        return found

    return lower


def _first_position(x: Staged, axis: int, direction: str) -> Staged:
    shape = tuple(n for i, n in enumerate(x.shape) if i != axis)
    positions = hlo.iota(x.shape, axis)
    start = hlo.scalar(hlo.identity_of("max" if direction == "GT" else "min", x.dtype), x.dtype)
    kinds = [dtypes.tensor_type(shape, dtype) for dtype in (x.dtype, dtypes.int64)]
    # Starting after the last position lets an element equal to the identity win.
    last = hlo.scalar(np.iinfo(np.int64).max, dtypes.int64)
    op = stablehlo.ReduceOp(kinds, [x.value, positions.value], [start.value, last.value], [axis])
    scalars = [dtypes.tensor_type((), dtype) for dtype in (x.dtype, dtypes.int64)] * 2
    block = op.regions[0].blocks.append(*scalars)
    with ir.InsertionPoint(block):
        stablehlo.return_(_better(x.dtype, direction, *block.arguments))
    return hlo.staging.like(op.results[1], hlo.Aval(shape, dtypes.int64))


def _better(dtype: np.dtype, direction: str, value: Any, place: Any, other: Any, other_place: Any) -> list[Any]:
    """The better of two (value, position) pairs: NaN before all, then the extreme, then the lower position."""
    left, right = (hlo.staging.like(v, hlo.Aval((), dtype)) for v in (value, other))
    here, there = (hlo.staging.like(v, hlo.Aval((), dtypes.int64)) for v in (place, other_place))
    better = hlo.compare(left, right, direction)
    same = hlo.compare(left, right, "EQ")
    if dtypes.is_inexact(dtype):
        nan, other_nan = hlo.is_nan(left), hlo.is_nan(right)
        better = hlo.logical_or(better, hlo.logical_and(nan, hlo.logical_not(other_nan)))
        same = hlo.logical_or(same, hlo.logical_and(nan, other_nan))
    first = hlo.logical_or(better, hlo.logical_and(same, hlo.compare(here, there, "LT")))
    return [hlo.select(first, left, right).value, hlo.select(first, here, there).value]
