"""How comparisons, logic, bit operations and roundings are built."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime import dtypes, hlo
from s2s.runtime.adapter import stablehlo
from s2s.runtime.primitives.elementwise_lowering import Binary, Unary, one_element, real
from s2s.runtime.staging import Staged


def comparison(direction: str) -> Binary:
    """A comparison; only equality is defined on complex numbers."""

    def lower(x: Staged, y: Staged) -> Staged:
        x, y = hlo.comparable(x, y)
        if dtypes.is_complex(x.dtype) and direction not in ("EQ", "NE"):
            raise TypeError("complex numbers have no order; compare np.abs or np.real of them")
        return hlo.compare(x, y, direction)

    return lower


def logical(build: Callable[..., Any]) -> Binary:
    """An operation on truth values."""

    def lower(x: Staged, y: Staged) -> Staged:
        x, y = (hlo.convert(v, dtypes.bool_) for v in (x, y))
        return hlo.binary(build, *hlo.broadcast_together(x, y))

    return lower


def logical_not(x: Staged) -> Staged:
    return hlo.logical_not(hlo.convert(x, dtypes.bool_))


def bitwise(name: str, build: Callable[..., Any]) -> Binary:
    """An operation on the bits of integers and bools."""

    def lower(x: Staged, y: Staged) -> Staged:
        x, y = hlo.together(x, y)
        _check_bits(name, x)
        return hlo.binary(build, x, y)

    return lower


def shift(name: str) -> Binary:
    def lower(x: Staged, y: Staged) -> Staged:
        x, y = hlo.together(x, y)
        _check_bits(name, x)
        if x.dtype == dtypes.bool_:
            x, y = hlo.convert(x, dtypes.int8), hlo.convert(y, dtypes.int8)
        right = stablehlo.shift_right_arithmetic if x.dtype.kind == "i" else stablehlo.shift_right_logical
        return hlo.binary(stablehlo.shift_left if name == "left_shift" else right, x, y)

    return lower


def _check_bits(name: str, x: Staged) -> None:
    if dtypes.is_inexact(x.dtype):
        raise TypeError(f"np.{name} is not defined on {x.dtype}; convert to an integer dtype")


def invert(x: Staged) -> Staged:
    _check_bits("invert", x)
    return hlo.unary(stablehlo.not_, x)


def bitwise_count(x: Staged) -> Staged:
    _check_bits("bitwise_count", x)
    size = x if x.dtype.kind in "bu" else hlo.unary(stablehlo.abs, x)
    size = hlo.convert(size, dtypes.uint8) if x.dtype == dtypes.bool_ else size
    return hlo.convert(hlo.unary(stablehlo.popcnt, size), dtypes.uint8)


def rounding(build: Callable[..., Any]) -> Unary:
    """A rounding that leaves integers and bools alone."""

    def lower(x: Staged) -> Staged:
        return hlo.unary(build, x) if dtypes.is_float(x.dtype) else _unrounded(x)

    return lower


def _unrounded(x: Staged) -> Staged:
    if dtypes.is_complex(x.dtype):
        raise TypeError("complex numbers cannot be rounded; round their parts")
    return x


def truncate(x: Staged) -> Staged:
    if not dtypes.is_float(x.dtype):
        return _unrounded(x)
    low = hlo.unary(stablehlo.floor, hlo.unary(stablehlo.abs, x))
    return hlo.multiply(hlo.unary(stablehlo.sign, x), low)


rint = real(stablehlo.round_nearest_even)


def round_(a: Staged, decimals: int = 0) -> Staged:
    if not dtypes.is_float(a.dtype):
        return _round_integer(_unrounded(a), decimals)
    if decimals == 0:
        return hlo.unary(stablehlo.round_nearest_even, a)
    factor = hlo.full_like(a, 10.0 ** abs(decimals))
    there, back = (hlo.multiply, hlo.divide) if decimals > 0 else (hlo.divide, hlo.multiply)
    return back(hlo.unary(stablehlo.round_nearest_even, there(a, factor)), factor)


def _round_integer(a: Staged, decimals: int) -> Staged:
    if decimals >= 0 or a.dtype == dtypes.bool_:
        return a
    return hlo.convert(round_(hlo.convert(a, dtypes.float64), decimals), a.dtype, a.weak)


def to_int(build: Callable[..., Any] | None) -> Unary:
    """Python's roundings to int, and `int(x)` itself (no builder): a weak int64 of rank 0."""

    def lower(x: Staged) -> Staged:
        x = one_element(x)
        if build is not None and dtypes.is_float(x.dtype):
            x = hlo.unary(build, x)
        return hlo.convert(x, dtypes.int64, weak=True)

    return lower


def round_builtin(x: Staged, ndigits: int | None = None) -> Staged:
    if ndigits is None and x.ndim == 0:
        return to_int(stablehlo.round_nearest_even)(x)
    return round_(x, ndigits or 0)


def is_nan(x: Staged) -> Staged:
    return hlo.is_nan(x)


def is_finite(x: Staged) -> Staged:
    if dtypes.is_complex(x.dtype):
        parts = [hlo.unary(build, x, dtypes.real_dtype(x.dtype)) for build in (stablehlo.real, stablehlo.imag)]
        return hlo.logical_and(*[is_finite(part) for part in parts])
    if not dtypes.is_inexact(x.dtype):
        return hlo.full_like(x, True, dtypes.bool_)
    return hlo.unary(stablehlo.is_finite, x, dtypes.bool_)


def is_inf(x: Staged) -> Staged:
    if dtypes.is_complex(x.dtype):
        return hlo.logical_not(hlo.logical_or(is_finite(x), is_nan(x)))
    return is_infinity(math.inf)(x if not dtypes.is_float(x.dtype) else hlo.unary(stablehlo.abs, x))


def is_infinity(value: float) -> Unary:
    """Whether an element is +inf or -inf, whichever is given."""

    def lower(x: Staged) -> Staged:
        if not dtypes.is_float(x.dtype):
            return hlo.full_like(x, False, dtypes.bool_)
        return hlo.compare(x, hlo.full_like(x, value), "EQ")

    return lower


def is_close(a: Staged, b: Staged, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Staged:
    x, y = hlo.broadcast_together(*hlo.promote_inexact(a, b))
    size = hlo.unary(stablehlo.abs, y, dtypes.real_dtype(y.dtype))
    bound = hlo.add(hlo.full_like(size, atol), hlo.multiply(hlo.full_like(size, rtol), size))
    near = hlo.compare(hlo.unary(stablehlo.abs, hlo.subtract(x, y), size.dtype), bound, "LE")
    close = hlo.logical_or(hlo.logical_and(near, is_finite(y)), hlo.compare(x, y, "EQ"))
    return hlo.logical_or(close, hlo.logical_and(is_nan(x), is_nan(y))) if equal_nan else close


def all_close(a: Staged, b: Staged, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Staged:
    close = is_close(a, b, rtol, atol, equal_nan)
    return hlo.reduce(close, range(close.ndim), "and")


def array_equal(a1: Staged, a2: Staged) -> Staged:
    if a1.shape != a2.shape:
        return hlo.scalar(False, np.bool_)
    x, y = hlo.promote(a1, a2)
    same = hlo.compare(x, y, "EQ")
    return hlo.reduce(same, range(same.ndim), "and")
