"""Functions of one number: exponentials, logarithms, trigonometric, hyperbolic, special functions, casts."""

import math

import numpy as np

from s2s.runtime import support
from s2s.runtime.adapter import chlo, stablehlo
from s2s.runtime.primitives import elementwise_lowering as lowering
from s2s.runtime.primitives.table import LATE_FUNCTIONS, elementwise, general, linear, nondifferentiable, recognise

exp = elementwise(
    "exp", "x", lower=lowering.inexact(stablehlo.exponential), functions=(np.exp, math.exp), partials={"x": "out"}
)
exp2 = elementwise(
    "exp2", "x", lower=lowering.exp2, functions=(np.exp2, math.exp2), partials={"x": "0.6931471805599453 * out"}
)
expm1 = elementwise(
    "expm1",
    "x",
    lower=lowering.inexact(stablehlo.exponential_minus_one),
    functions=(np.expm1, math.expm1),
    partials={"x": "np.exp(x)"},
)
log = elementwise(
    "log", "x", lower=lowering.inexact(stablehlo.log), functions=(np.log, math.log), partials={"x": "1 / x"}
)
log2 = elementwise(
    "log2", "x", lower=lowering.log2, functions=(np.log2, math.log2), partials={"x": "1.4426950408889634 / x"}
)
log10 = elementwise(
    "log10", "x", lower=lowering.log10, functions=(np.log10, math.log10), partials={"x": "0.4342944819032518 / x"}
)
log1p = elementwise(
    "log1p",
    "x",
    lower=lowering.inexact(stablehlo.log_plus_one),
    functions=(np.log1p, math.log1p),
    partials={"x": "1 / (1 + x)"},
)
log_of_base = elementwise(
    "log_of_base",
    "x, base",
    lower=lowering.log_of_base,
    partials={"x": "1 / (x * np.log(base))", "base": "-out / (base * np.log(base))"},
)
recognise(math.log, "log_of_base", count=2)
sqrt = elementwise(
    "sqrt", "x", lower=lowering.inexact(stablehlo.sqrt), functions=(np.sqrt, math.sqrt), partials={"x": "0.5 / out"}
)
cbrt = elementwise(
    "cbrt",
    "x",
    lower=lowering.real(stablehlo.cbrt),
    functions=(np.cbrt, math.cbrt),
    partials={"x": "1 / (3 * out ** 2)"},
)

sin = elementwise(
    "sin", "x", lower=lowering.inexact(stablehlo.sine), functions=(np.sin, math.sin), partials={"x": "np.cos(x)"}
)
cos = elementwise(
    "cos", "x", lower=lowering.inexact(stablehlo.cosine), functions=(np.cos, math.cos), partials={"x": "-np.sin(x)"}
)
tan = elementwise(
    "tan", "x", lower=lowering.inexact(chlo.tan), functions=(np.tan, math.tan), partials={"x": "1 + out ** 2"}
)
arcsin = elementwise(
    "arcsin",
    "x",
    lower=lowering.inexact(chlo.asin),
    functions=(np.arcsin, math.asin),
    partials={"x": "1 / np.sqrt(1 - x ** 2)"},
)
arccos = elementwise(
    "arccos",
    "x",
    lower=lowering.inexact(chlo.acos),
    functions=(np.arccos, math.acos),
    partials={"x": "-1 / np.sqrt(1 - x ** 2)"},
)
arctan = elementwise(
    "arctan",
    "x",
    lower=lowering.inexact(chlo.atan),
    functions=(np.arctan, math.atan),
    partials={"x": "1 / (1 + x ** 2)"},
)
arctan2 = elementwise(
    "arctan2",
    "y, x",
    lower=lowering.arctan2,
    functions=(np.arctan2, math.atan2),
    partials={"y": "x / (x ** 2 + y ** 2)", "x": "-y / (x ** 2 + y ** 2)"},
)
sinh = elementwise(
    "sinh", "x", lower=lowering.inexact(chlo.sinh), functions=(np.sinh, math.sinh), partials={"x": "np.cosh(x)"}
)
cosh = elementwise(
    "cosh", "x", lower=lowering.inexact(chlo.cosh), functions=(np.cosh, math.cosh), partials={"x": "np.sinh(x)"}
)
tanh = elementwise(
    "tanh", "x", lower=lowering.inexact(stablehlo.tanh), functions=(np.tanh, math.tanh), partials={"x": "1 - out ** 2"}
)
arcsinh = elementwise(
    "arcsinh",
    "x",
    lower=lowering.inexact(chlo.asinh),
    functions=(np.arcsinh, math.asinh),
    partials={"x": "1 / np.sqrt(x ** 2 + 1)"},
)
arccosh = elementwise(
    "arccosh",
    "x",
    lower=lowering.inexact(chlo.acosh),
    functions=(np.arccosh, math.acosh),
    partials={"x": "1 / np.sqrt(x ** 2 - 1)"},
)
arctanh = elementwise(
    "arctanh",
    "x",
    lower=lowering.inexact(chlo.atanh),
    functions=(np.arctanh, math.atanh),
    partials={"x": "1 / (1 - x ** 2)"},
)
sinc = elementwise(
    "sinc", "x", lower=lowering.sinc, functions=(np.sinc,), partials={"x": "divide_or_zero(np.cos(np.pi * x) - out, x)"}
)
degrees = elementwise(
    "degrees",
    "x",
    lower=lowering.times(180 / math.pi),
    functions=(np.degrees, np.rad2deg, math.degrees),
    partials={"x": "57.29577951308232"},
)
radians = elementwise(
    "radians",
    "x",
    lower=lowering.times(math.pi / 180),
    functions=(np.radians, np.deg2rad, math.radians),
    partials={"x": "0.017453292519943295"},
)

erf = elementwise(
    "erf",
    "x",
    lower=lowering.real(chlo.erf),
    functions=(support.erf, math.erf),
    partials={"x": "1.1283791670955126 * np.exp(-x ** 2)"},
)
erfc = elementwise(
    "erfc",
    "x",
    lower=lowering.real(chlo.erfc),
    functions=(support.erfc, math.erfc),
    partials={"x": "-1.1283791670955126 * np.exp(-x ** 2)"},
)
erfinv = elementwise(
    "erfinv",
    "y",
    lower=lowering.real(chlo.erf_inv),
    functions=(support.erfinv,),
    partials={"y": "0.886226925452758 * np.exp(out ** 2)"},
)
gammaln = elementwise(
    "gammaln",
    "x",
    lower=lowering.real(chlo.lgamma),
    functions=(support.gammaln, math.lgamma),
    partials={"x": "digamma(x)"},
)
gamma = elementwise(
    "gamma", "x", lower=lowering.gamma, functions=(support.gamma, math.gamma), partials={"x": "out * digamma(x)"}
)
digamma = elementwise(
    "digamma",
    "x",
    lower=lowering.real(chlo.digamma),
    functions=(support.digamma,),
    partials={"x": "polygamma(1, x)"},
)
polygamma = elementwise(
    "polygamma",
    "n, x",
    lower=lowering.polygamma,
    operands=("x",),
    functions=(support.polygamma,),
    partials={"x": "polygamma(n + 1, x)"},
)
expit = elementwise(
    "expit",
    "x",
    lower=lowering.inexact(stablehlo.logistic),
    functions=(support.expit,),
    partials={"x": "out * (1 - out)"},
)

nan_to_num = general(
    "nan_to_num",
    "x, copy=True, nan=0.0, posinf=None, neginf=None",
    lower=lowering.nan_to_num,
    operands=("x",),
    functions=(np.nan_to_num,),
    vjp="x_bar = np.where(np.isfinite(x), out_bar, 0)",
    jvp={"x": "np.where(np.isfinite(x), x_dot, 0)"},
)
real = linear("real", "val", lower=lowering.real_part, functions=(np.real,), vjp="val_bar = out_bar")
conjugate = linear(
    "conjugate",
    "x",
    lower=lowering.conjugate,
    functions=(np.conjugate,),
    method="conj",
    vjp="x_bar = np.conjugate(out_bar)",
)
imag = nondifferentiable(
    "imag",
    "val",
    lower=lowering.imag,
    functions=(np.imag,),
    why_not="derivatives of complex values are not supported yet",
)
angle = nondifferentiable(
    "angle",
    "z",
    lower=lowering.angle,
    functions=(np.angle,),
    why_not="derivatives of complex values are not supported yet",
)

# Casts. `float(x)` of an array with one element is a number.
float_cast = linear(
    "float_cast",
    "x",
    lower=lowering.to_scalar(float),
    functions=(float,),
    vjp="x_bar = np.reshape(out_bar, np.shape(x))",
)
item = linear("item", "x", lower=lowering.one_element, method="item", vjp="x_bar = np.reshape(out_bar, np.shape(x))")
int_cast = nondifferentiable("int_cast", "x", lower=lowering.to_scalar(int), functions=(int,))
bool_cast = nondifferentiable("bool_cast", "x", lower=lowering.to_scalar(bool), functions=(bool,))
complex_cast = nondifferentiable(
    "complex_cast",
    "x",
    lower=lowering.to_scalar(complex),
    functions=(complex,),
    why_not="derivatives of complex values are not supported yet",
)

LATE_FUNCTIONS["scipy.special"] = {
    name: name for name in ("erf", "erfc", "erfinv", "gammaln", "gamma", "digamma", "polygamma", "expit", "logsumexp")
} | {"psi": "digamma"}
