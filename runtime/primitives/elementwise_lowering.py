"""How elementwise operations are built, with NumPy's dtypes."""

import math
from collections.abc import Callable
from typing import Any

import ml_dtypes

from s2s.runtime import dtypes, hlo
from s2s.runtime.adapter import chlo, stablehlo
from s2s.runtime.staging import Staged

Unary = Callable[[Staged], Staged]
Binary = Callable[[Staged, Staged], Staged]


# Makers of lowerings.


def inexact(build: Callable[..., Any]) -> Unary:
    """A function of floating or complex numbers; integers are converted first."""

    def lower(x: Staged) -> Staged:
        (x,) = hlo.promote_inexact(x)
        return hlo.unary(build, x)

    return lower


def real(build: Callable[..., Any]) -> Unary:
    """The same, of floating numbers only."""
    return real_formula(lambda x: hlo.unary(build, x))


def inexact_formula(formula: Unary) -> Unary:
    """A function of floating or complex numbers, given on staged arrays."""
    return lambda x: formula(*hlo.promote_inexact(x))


def bools_as_int8(x: Staged) -> Staged:
    return hlo.convert(x, dtypes.int8) if x.dtype == dtypes.bool_ else x


def real_formula(formula: Callable[..., Staged]) -> Callable[..., Staged]:
    """A function of one or more floating numbers of one shape, given on staged arrays."""

    def lower(*operands: Staged) -> Staged:
        operands = tuple(hlo.broadcast_together(*hlo.promote_inexact(*operands)))
        if dtypes.is_complex(operands[0].dtype):
            raise TypeError("this function is not defined on complex numbers; take their real part or size first")
        return formula(*operands)

    return lower


def arithmetic(name: str, build: Callable[..., Any], of_bools: Callable[..., Any] | None) -> Binary:
    """An operation on numbers of one dtype; `of_bools` is what NumPy does on bools, None where it refuses."""

    def lower(x: Staged, y: Staged) -> Staged:
        x, y = hlo.together(x, y)
        if x.dtype != dtypes.bool_:
            return hlo.binary(build, x, y)
        if of_bools is None:
            raise TypeError(f"np.{name} is not supported on bools; use np.logical_xor, or convert to a number dtype")
        return hlo.binary(of_bools, x, y)

    return lower


def _hypot(x: Staged, y: Staged) -> Staged:
    """Scaled by the larger one, so that no square overflows."""
    x, y = (hlo.unary(stablehlo.abs, v) for v in (x, y))
    large, small = hlo.maximum(x, y), hlo.minimum(x, y)
    ratio = hlo.divide(small, large)
    length = hlo.multiply(large, hlo.unary(stablehlo.sqrt, hlo.add(hlo.full_like(x, 1), hlo.multiply(ratio, ratio))))
    length = hlo.select(hlo.compare(large, hlo.full_like(x, 0), "EQ"), hlo.full_like(x, 0), length)
    infinite = hlo.full_like(x, math.inf)
    either = hlo.logical_or(hlo.compare(x, infinite, "EQ"), hlo.compare(y, infinite, "EQ"))
    return hlo.select(either, infinite, length)


hypot = real_formula(_hypot)


def _log_add(exp: Unary, log1p: Unary) -> Binary:
    def formula(x: Staged, y: Staged) -> Staged:
        difference = hlo.subtract(x, y)
        tail = log1p(exp(hlo.negate(hlo.unary(stablehlo.abs, difference))))
        return hlo.select(hlo.is_nan(difference), hlo.add(x, y), hlo.add(hlo.maximum(x, y), tail))

    return real_formula(formula)


def _scaled(formula: Callable[..., Any], before: float = 1.0, after: float = 1.0) -> Unary:
    """`after * formula(before * x)`."""

    def lower(x: Staged) -> Staged:
        (x,) = hlo.promote_inexact(x)
        inner = x if before == 1.0 else hlo.multiply(x, hlo.full_like(x, before))
        outer = hlo.unary(formula, inner)
        return outer if after == 1.0 else hlo.multiply(outer, hlo.full_like(x, after))

    return lower


def times(factor: float) -> Unary:
    return real_formula(lambda x: hlo.multiply(x, hlo.full_like(x, factor)))


def _log_in_base(base: float) -> Unary:
    return inexact_formula(lambda x: hlo.divide(hlo.unary(stablehlo.log, x), hlo.full_like(x, math.log(base))))


log2 = _log_in_base(2.0)
log10 = _log_in_base(10.0)
exp2 = inexact_formula(lambda x: hlo.binary(stablehlo.power, hlo.full_like(x, 2.0), x))
logaddexp = _log_add(inexact(stablehlo.exponential), inexact(stablehlo.log_plus_one))
logaddexp2 = _log_add(exp2, _scaled(stablehlo.log_plus_one, after=1 / math.log(2.0)))


log_of_base = real_formula(lambda x, base: hlo.divide(hlo.unary(stablehlo.log, x), hlo.unary(stablehlo.log, base)))


def _sinc(x: Staged) -> Staged:
    zero = hlo.compare(x, hlo.full_like(x, 0), "EQ")
    angle = hlo.multiply(hlo.select(zero, hlo.full_like(x, 1), x), hlo.full_like(x, math.pi))
    return hlo.select(zero, hlo.full_like(x, 1), hlo.divide(hlo.unary(stablehlo.sine, angle), angle))


sinc = inexact_formula(_sinc)
arctan2 = real_formula(lambda y, x: hlo.binary(stablehlo.atan2, y, x))
heaviside = real_formula(
    lambda x, y: hlo.select(
        hlo.compare(x, hlo.full_like(x, 0), "EQ"),
        y,
        hlo.select(hlo.is_nan(x), x, hlo.maximum(hlo.unary(stablehlo.sign, x), hlo.full_like(x, 0))),
    )
)
nextafter = real_formula(lambda x, y: hlo.binary(chlo.next_after, x, y))


# Special functions.


def _gamma(x: Staged) -> Staged:
    """By the logarithm; negative between -1 and 0, -3 and -2, ...; NaN at the negative integers."""
    size = hlo.unary(stablehlo.exponential, hlo.unary(chlo.lgamma, x))
    low = hlo.unary(stablehlo.floor, x)
    zero, two = hlo.full_like(x, 0), hlo.full_like(x, 2)
    odd = hlo.compare(hlo.binary(stablehlo.remainder, low, two), zero, "NE")
    flips = hlo.logical_and(odd, hlo.compare(x, zero, "LT"))
    pole = hlo.logical_and(hlo.compare(x, low, "EQ"), hlo.compare(x, zero, "LT"))
    signed = hlo.select(flips, hlo.negate(size), size)
    at_zero = hlo.compare(x, zero, "EQ")
    signed = hlo.select(at_zero, hlo.divide(hlo.full_like(x, 1), x), signed)
    return hlo.select(pole, hlo.full_like(x, math.nan), signed)


gamma = real_formula(_gamma)


def polygamma(x: Staged, n: int) -> Staged:
    (x,) = hlo.promote_inexact(x)
    return hlo.binary(chlo.polygamma, hlo.full_like(x, n), x)


def nan_to_num(x: Staged, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Staged:
    if not dtypes.is_float(x.dtype):
        return x
    limits = ml_dtypes.finfo(x.dtype)
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    result = hlo.select(hlo.is_nan(x), hlo.full_like(x, nan), x)
    for infinity, finite in ((math.inf, high), (-math.inf, low)):
        result = hlo.select(hlo.compare(x, hlo.full_like(x, infinity), "EQ"), hlo.full_like(x, finite), result)
    return result


# Complex numbers and casts.


def real_part(val: Staged) -> Staged:
    return hlo.convert(val, dtypes.real_dtype(val.dtype), val.weak)


def imag(val: Staged) -> Staged:
    if not dtypes.is_complex(val.dtype):
        return hlo.full_like(val, 0)
    return hlo.unary(stablehlo.imag, val, dtypes.real_dtype(val.dtype))


def conjugate(x: Staged) -> Staged:
    return hlo.unary(chlo.conj, x) if dtypes.is_complex(x.dtype) else bools_as_int8(x)


def angle(z: Staged) -> Staged:
    (z,) = hlo.promote_inexact(z)
    return hlo.binary(stablehlo.atan2, imag(z), real_part(z))


def to_scalar(kind: type) -> Unary:
    """Python's `float(x)` and the like: one element, as a weak number of rank 0."""
    dtype = dtypes.SCALARS[kind]

    def lower(x: Staged) -> Staged:
        return hlo.convert(one_element(x), dtype, weak=True)

    return lower


def one_element(x: Staged) -> Staged:
    if x.size != 1:
        raise TypeError(f"only an array of one element can become a Python number, not one of shape {x.shape}")
    return hlo.reshape(x, ())
