"""Operations that are piecewise constant: comparisons, logic, bits, rounding, tests of floating-point values."""

import math
import operator

import numpy as np

from s2s.runtime.adapter import stablehlo
from s2s.runtime.primitives import arithmetic_lowering, elementwise_lowering
from s2s.runtime.primitives import comparison_lowering as lowering
from s2s.runtime.primitives.table import nondifferentiable, recognise_method

equal = nondifferentiable("equal", "x, y", lower=lowering.comparison("EQ"), functions=(np.equal, operator.eq))
not_equal = nondifferentiable(
    "not_equal", "x, y", lower=lowering.comparison("NE"), functions=(np.not_equal, operator.ne)
)
less = nondifferentiable("less", "x, y", lower=lowering.comparison("LT"), functions=(np.less, operator.lt))
less_equal = nondifferentiable(
    "less_equal", "x, y", lower=lowering.comparison("LE"), functions=(np.less_equal, operator.le)
)
greater = nondifferentiable("greater", "x, y", lower=lowering.comparison("GT"), functions=(np.greater, operator.gt))
greater_equal = nondifferentiable(
    "greater_equal", "x, y", lower=lowering.comparison("GE"), functions=(np.greater_equal, operator.ge)
)

logical_and = nondifferentiable(
    "logical_and", "x, y", lower=lowering.logical(stablehlo.and_), functions=(np.logical_and,)
)
logical_or = nondifferentiable("logical_or", "x, y", lower=lowering.logical(stablehlo.or_), functions=(np.logical_or,))
logical_xor = nondifferentiable(
    "logical_xor", "x, y", lower=lowering.logical(stablehlo.xor), functions=(np.logical_xor,)
)
logical_not = nondifferentiable(
    "logical_not", "x", lower=lowering.logical_not, functions=(np.logical_not, operator.not_)
)

bitwise_and = nondifferentiable(
    "bitwise_and",
    "x, y",
    lower=lowering.bitwise("bitwise_and", stablehlo.and_),
    functions=(np.bitwise_and, operator.and_),
)
bitwise_or = nondifferentiable(
    "bitwise_or", "x, y", lower=lowering.bitwise("bitwise_or", stablehlo.or_), functions=(np.bitwise_or, operator.or_)
)
bitwise_xor = nondifferentiable(
    "bitwise_xor",
    "x, y",
    lower=lowering.bitwise("bitwise_xor", stablehlo.xor),
    functions=(np.bitwise_xor, operator.xor),
)
invert = nondifferentiable("invert", "x", lower=lowering.invert, functions=(np.invert, operator.invert))
left_shift = nondifferentiable(
    "left_shift", "x, y", lower=lowering.shift("left_shift"), functions=(np.left_shift, operator.lshift)
)
right_shift = nondifferentiable(
    "right_shift", "x, y", lower=lowering.shift("right_shift"), functions=(np.right_shift, operator.rshift)
)
bitwise_count = nondifferentiable("bitwise_count", "x", lower=lowering.bitwise_count, functions=(np.bitwise_count,))

sign = nondifferentiable("sign", "x", lower=arithmetic_lowering.sign, functions=(np.sign,))
signbit = nondifferentiable("signbit", "x", lower=arithmetic_lowering.signbit, functions=(np.signbit,))
floor = nondifferentiable("floor", "x", lower=lowering.rounding(stablehlo.floor), functions=(np.floor,))
ceil = nondifferentiable("ceil", "x", lower=lowering.rounding(stablehlo.ceil), functions=(np.ceil,))
trunc = nondifferentiable("trunc", "x", lower=lowering.truncate, functions=(np.trunc, np.fix))
rint = nondifferentiable("rint", "x", lower=lowering.rint, functions=(np.rint,))
round_ = nondifferentiable(
    "round", "a, decimals=0", lower=lowering.round_, operands=("a",), functions=(np.round, np.around), method="round"
)
# Python's own roundings give ints.
round_builtin = nondifferentiable(
    "round_builtin", "x, ndigits=None", lower=lowering.round_builtin, operands=("x",), functions=(round,)
)
floor_int = nondifferentiable("floor_int", "x", lower=lowering.to_int(stablehlo.floor), functions=(math.floor,))
ceil_int = nondifferentiable("ceil_int", "x", lower=lowering.to_int(stablehlo.ceil), functions=(math.ceil,))
trunc_int = nondifferentiable("trunc_int", "x", lower=lowering.to_int(None), functions=(math.trunc,))

isnan = nondifferentiable("isnan", "x", lower=lowering.is_nan, functions=(np.isnan, math.isnan))
isinf = nondifferentiable("isinf", "x", lower=lowering.is_inf, functions=(np.isinf, math.isinf))
isfinite = nondifferentiable("isfinite", "x", lower=lowering.is_finite, functions=(np.isfinite, math.isfinite))
isposinf = nondifferentiable("isposinf", "x", lower=lowering.is_infinity(math.inf), functions=(np.isposinf,))
isneginf = nondifferentiable("isneginf", "x", lower=lowering.is_infinity(-math.inf), functions=(np.isneginf,))
isclose = nondifferentiable(
    "isclose",
    "a, b, rtol=1e-5, atol=1e-8, equal_nan=False",
    lower=lowering.is_close,
    operands=("a", "b"),
    functions=(np.isclose,),
)
allclose = nondifferentiable(
    "allclose",
    "a, b, rtol=1e-5, atol=1e-8, equal_nan=False",
    lower=lowering.all_close,
    operands=("a", "b"),
    functions=(np.allclose,),
)
array_equal = nondifferentiable("array_equal", "a1, a2", lower=lowering.array_equal, functions=(np.array_equal,))
nextafter = nondifferentiable(
    "nextafter", "x, y", lower=elementwise_lowering.nextafter, functions=(np.nextafter, math.nextafter)
)
recognise_method("round", "round")
