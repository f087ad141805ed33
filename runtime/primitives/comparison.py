"""Operations that are piecewise constant: comparisons, logic, bits, rounding, tests of floating-point values."""

import math
import operator

import numpy as np
from s2s.runtime.primitives.table import nondifferentiable, recognise_method

equal = nondifferentiable("equal", "x, y", functions=(np.equal, operator.eq))
not_equal = nondifferentiable("not_equal", "x, y", functions=(np.not_equal, operator.ne))
less = nondifferentiable("less", "x, y", functions=(np.less, operator.lt))
less_equal = nondifferentiable("less_equal", "x, y", functions=(np.less_equal, operator.le))
greater = nondifferentiable("greater", "x, y", functions=(np.greater, operator.gt))
greater_equal = nondifferentiable("greater_equal", "x, y", functions=(np.greater_equal, operator.ge))

logical_and = nondifferentiable("logical_and", "x, y", functions=(np.logical_and,))
logical_or = nondifferentiable("logical_or", "x, y", functions=(np.logical_or,))
logical_xor = nondifferentiable("logical_xor", "x, y", functions=(np.logical_xor,))
logical_not = nondifferentiable("logical_not", "x", functions=(np.logical_not, operator.not_))

bitwise_and = nondifferentiable("bitwise_and", "x, y", functions=(np.bitwise_and, operator.and_))
bitwise_or = nondifferentiable("bitwise_or", "x, y", functions=(np.bitwise_or, operator.or_))
bitwise_xor = nondifferentiable("bitwise_xor", "x, y", functions=(np.bitwise_xor, operator.xor))
invert = nondifferentiable("invert", "x", functions=(np.invert, operator.invert))
left_shift = nondifferentiable("left_shift", "x, y", functions=(np.left_shift, operator.lshift))
right_shift = nondifferentiable("right_shift", "x, y", functions=(np.right_shift, operator.rshift))
bitwise_count = nondifferentiable("bitwise_count", "x", functions=(np.bitwise_count,))

sign = nondifferentiable("sign", "x", functions=(np.sign,))
signbit = nondifferentiable("signbit", "x", functions=(np.signbit,))
floor = nondifferentiable("floor", "x", functions=(np.floor,))
ceil = nondifferentiable("ceil", "x", functions=(np.ceil,))
trunc = nondifferentiable("trunc", "x", functions=(np.trunc, np.fix))
rint = nondifferentiable("rint", "x", functions=(np.rint,))
round_ = nondifferentiable("round", "a, decimals=0", operands=("a",), functions=(np.round, np.around), method="round")
# Python's own roundings give ints.
round_builtin = nondifferentiable("round_builtin", "x, ndigits=None", operands=("x",), functions=(round,))
floor_int = nondifferentiable("floor_int", "x", functions=(math.floor,))
ceil_int = nondifferentiable("ceil_int", "x", functions=(math.ceil,))
trunc_int = nondifferentiable("trunc_int", "x", functions=(math.trunc,))

isnan = nondifferentiable("isnan", "x", functions=(np.isnan, math.isnan))
isinf = nondifferentiable("isinf", "x", functions=(np.isinf, math.isinf))
isfinite = nondifferentiable("isfinite", "x", functions=(np.isfinite, math.isfinite))
isposinf = nondifferentiable("isposinf", "x", functions=(np.isposinf,))
isneginf = nondifferentiable("isneginf", "x", functions=(np.isneginf,))
isclose = nondifferentiable(
    "isclose", "a, b, rtol=1e-5, atol=1e-8, equal_nan=False", operands=("a", "b"), functions=(np.isclose,)
)
allclose = nondifferentiable(
    "allclose", "a, b, rtol=1e-5, atol=1e-8, equal_nan=False", operands=("a", "b"), functions=(np.allclose,)
)
array_equal = nondifferentiable("array_equal", "a1, a2", functions=(np.array_equal,))
nextafter = nondifferentiable("nextafter", "x, y", functions=(np.nextafter, math.nextafter))
recognise_method("round", "round")
