"""How arithmetic is built, with NumPy's dtypes: operators, extremes, signs, where."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime import dtypes, hlo
from s2s.runtime.adapter import stablehlo
from s2s.runtime.primitives.elementwise_lowering import Binary, arithmetic, bools_as_int8, real_formula
from s2s.runtime.staging import Staged


def divide(x: Staged, y: Staged) -> Staged:
    if not (dtypes.is_inexact(x.dtype) or dtypes.is_inexact(y.dtype)):
        x, y = (hlo.convert(v, dtypes.default_float(), v.weak) for v in (x, y))
    return hlo.divide(*hlo.together(x, y))


def floor_divide(x: Staged, y: Staged) -> Staged:
    x, y = _numbers(x, y)
    if dtypes.is_integer(x.dtype):
        return _integer_floor_divide(x, y)
    quotient, _ = _divmod(x, y)
    return quotient


def remainder(x: Staged, y: Staged) -> Staged:
    x, y = _numbers(x, y)
    if dtypes.is_integer(x.dtype):
        return hlo.subtract(*_guarded(x, y, hlo.multiply(_integer_floor_divide(x, y), y)))
    return _divmod(x, y)[1]


def fmod(x: Staged, y: Staged) -> Staged:
    x, y = _numbers(x, y)
    result = hlo.binary(stablehlo.remainder, x, y)
    return result if dtypes.is_inexact(x.dtype) else _zero_where_zero(y, result)


def _numbers(x: Staged, y: Staged) -> tuple[Staged, Staged]:
    """Promoted and broadcast; bools as int8, complex refused."""
    x, y = hlo.together(x, y)
    if dtypes.is_complex(x.dtype):
        raise TypeError("floor division and remainders are not defined on complex numbers")
    if x.dtype == dtypes.bool_:
        return hlo.convert(x, dtypes.int8), hlo.convert(y, dtypes.int8)
    return x, y


def _zero_where_zero(y: Staged, result: Staged) -> Staged:
    """NumPy's result of an integer division by 0 is 0."""
    return hlo.select(hlo.compare(y, hlo.full_like(y, 0), "EQ"), hlo.full_like(result, 0), result)


def _guarded(x: Staged, y: Staged, product: Staged) -> tuple[Staged, Staged]:
    """`x` and `product`, both 0 where `y` is 0."""
    return _zero_where_zero(y, x), product


def _integer_floor_divide(x: Staged, y: Staged) -> Staged:
    quotient = hlo.divide(x, y)
    if x.dtype.kind == "i":
        rest = hlo.subtract(x, hlo.multiply(quotient, y))
        zero = hlo.full_like(x, 0)
        differ = hlo.compare(hlo.compare(rest, zero, "LT"), hlo.compare(y, zero, "LT"), "NE")
        inexact = hlo.logical_and(hlo.compare(rest, zero, "NE"), differ)
        quotient = hlo.subtract(quotient, hlo.convert(inexact, x.dtype))
    return _zero_where_zero(y, quotient)


def _divmod(x: Staged, y: Staged) -> tuple[Staged, Staged]:
    """Python's floor division and modulo of floats, by the steps of NumPy's npy_divmod."""
    zero = hlo.full_like(x, 0)
    rest = hlo.binary(stablehlo.remainder, x, y)
    quotient = hlo.divide(hlo.subtract(x, rest), y)
    has_rest = hlo.compare(rest, zero, "NE")
    differ = hlo.compare(hlo.compare(rest, zero, "LT"), hlo.compare(y, zero, "LT"), "NE")
    adjust = hlo.logical_and(has_rest, differ)
    rest = hlo.select(adjust, hlo.add(rest, y), rest)
    quotient = hlo.select(adjust, hlo.subtract(quotient, hlo.full_like(x, 1)), quotient)
    rest = hlo.select(hlo.compare(rest, zero, "EQ"), _copy_sign(zero, y), rest)
    low = hlo.unary(stablehlo.floor, quotient)
    low = hlo.select(
        hlo.compare(hlo.subtract(quotient, low), hlo.full_like(x, 0.5), "GT"), hlo.add(low, hlo.full_like(x, 1)), low
    )
    ratio = hlo.divide(x, y)
    low = hlo.select(hlo.compare(quotient, zero, "EQ"), _copy_sign(zero, ratio), low)
    return hlo.select(hlo.compare(y, zero, "EQ"), ratio, low), rest


def power(x: Staged, y: Staged) -> Staged:
    exponent = y.literal
    x, y = hlo.promote(x, y)
    if x.dtype == dtypes.bool_:
        x, y = hlo.convert(x, dtypes.int8), hlo.convert(y, dtypes.int8)
    if type(exponent) is int or (type(exponent) is float and exponent.is_integer()):
        if exponent < 0 and dtypes.is_integer(x.dtype):
            raise ValueError("integers to negative integer powers are not allowed; write x ** -2.0")
        if 1 <= exponent <= 4:
            return _repeated_product(x, int(exponent))
    if exponent == 0.5 and dtypes.is_float(x.dtype):
        return _square_root_power(x)
    return hlo.binary(stablehlo.power, *hlo.broadcast_together(x, y))


def _repeated_product(x: Staged, n: int) -> Staged:
    if n == 1:
        return x
    square = hlo.multiply(x, x)
    return {2: lambda: square, 3: lambda: hlo.multiply(square, x), 4: lambda: hlo.multiply(square, square)}[n]()


def _square_root_power(x: Staged) -> Staged:
    """`x ** 0.5`, which unlike `sqrt` is inf at -inf and 0 at -0."""
    root = hlo.unary(stablehlo.sqrt, hlo.add(x, hlo.full_like(x, 0)))
    return hlo.select(hlo.compare(x, hlo.full_like(x, -math.inf), "EQ"), hlo.full_like(x, math.inf), root)


def negative(x: Staged) -> Staged:
    if x.dtype == dtypes.bool_:
        raise TypeError("np.negative is not supported on bools; use np.logical_not, or convert to a number dtype")
    return hlo.negate(x)


def positive(x: Staged) -> Staged:
    return x


def absolute(x: Staged) -> Staged:
    if x.dtype.kind in "bu":
        return x
    return hlo.unary(stablehlo.abs, x, dtypes.real_dtype(x.dtype))


def square(x: Staged) -> Staged:
    x = bools_as_int8(x)
    return hlo.multiply(x, x)


def reciprocal(x: Staged) -> Staged:
    x = bools_as_int8(x)
    if dtypes.is_integer(x.dtype):
        return _zero_where_zero(x, hlo.divide(hlo.full_like(x, 1), x))
    (x,) = hlo.promote_inexact(x)
    return hlo.divide(hlo.full_like(x, 1), x)


def _sign_bit(x: Staged) -> Staged:
    """Whether a float has its sign bit set, -0.0 and NaN included."""
    bits = np.dtype(f"int{8 * x.dtype.itemsize}")
    kind = dtypes.tensor_type(x.shape, bits)
    raw = hlo.unary(lambda value: stablehlo.bitcast_convert(kind, value), x, bits)
    return hlo.compare(raw, hlo.full_like(raw, 0), "LT")


def _copy_sign(x: Staged, y: Staged) -> Staged:
    size = hlo.unary(stablehlo.abs, x)
    return hlo.select(_sign_bit(y), hlo.negate(size), size)


copysign = real_formula(_copy_sign)


signbit = real_formula(_sign_bit)


def sign(x: Staged) -> Staged:
    if x.dtype == dtypes.bool_:
        raise TypeError("np.sign is not supported on bools; convert to a number dtype")
    if x.dtype.kind == "u":
        return hlo.convert(hlo.compare(x, hlo.full_like(x, 0), "NE"), x.dtype)
    return hlo.unary(stablehlo.sign, x)


def _extreme(name: str, build: Callable[..., Any], of_bools: Callable[..., Any]) -> Binary:
    plain = arithmetic(name, build, of_bools)

    def lower(x: Staged, y: Staged) -> Staged:
        if dtypes.is_complex(x.dtype) or dtypes.is_complex(y.dtype):
            raise TypeError(f"np.{name} of complex numbers is not supported: they have no order")
        return plain(x, y)

    return lower


maximum = _extreme("maximum", stablehlo.maximum, stablehlo.or_)
minimum = _extreme("minimum", stablehlo.minimum, stablehlo.and_)


def _ignoring_nan(extreme: Binary) -> Binary:
    def lower(x: Staged, y: Staged) -> Staged:
        x, y = hlo.together(x, y)
        if not dtypes.is_inexact(x.dtype):
            return extreme(x, y)
        return hlo.select(hlo.is_nan(x), y, hlo.select(hlo.is_nan(y), x, extreme(x, y)))

    return lower


fmax = _ignoring_nan(maximum)
fmin = _ignoring_nan(minimum)


def clip(a: Staged, a_min: Staged | None = None, a_max: Staged | None = None) -> Staged:
    a = a if a_min is None else maximum(a, a_min)
    return a if a_max is None else minimum(a, a_max)


def where(condition: Staged, x: Staged, y: Staged) -> Staged:
    x, y = hlo.promote(x, y, wrap=True)  # as NumPy does
    condition, x, y = hlo.broadcast_together(hlo.convert(condition, dtypes.bool_), x, y)
    weak = x.weak and y.weak
    result = hlo.select(condition, x, y)
    return result if weak or not result.weak else hlo.convert(result, result.dtype)
