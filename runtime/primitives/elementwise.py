"""Functions of one number: exponentials, logarithms, trigonometric, hyperbolic, special functions, casts."""

import math

import numpy as np
from s2s.runtime import support
from s2s.runtime.primitives.table import LATE_FUNCTIONS, elementwise, general, linear, nondifferentiable, recognise

exp = elementwise("exp", "x", functions=(np.exp, math.exp), partials={"x": "out"})
exp2 = elementwise("exp2", "x", functions=(np.exp2, math.exp2), partials={"x": "0.6931471805599453 * out"})
expm1 = elementwise("expm1", "x", functions=(np.expm1, math.expm1), partials={"x": "np.exp(x)"})
log = elementwise("log", "x", functions=(np.log, math.log), partials={"x": "1 / x"})
log2 = elementwise("log2", "x", functions=(np.log2, math.log2), partials={"x": "1.4426950408889634 / x"})
log10 = elementwise("log10", "x", functions=(np.log10, math.log10), partials={"x": "0.4342944819032518 / x"})
log1p = elementwise("log1p", "x", functions=(np.log1p, math.log1p), partials={"x": "1 / (1 + x)"})
log_of_base = elementwise(
    "log_of_base",
    "x, base",
    partials={"x": "1 / (x * np.log(base))", "base": "-out / (base * np.log(base))"},
)
recognise(math.log, "log_of_base", count=2)
sqrt = elementwise("sqrt", "x", functions=(np.sqrt, math.sqrt), partials={"x": "0.5 / out"})
cbrt = elementwise("cbrt", "x", functions=(np.cbrt, math.cbrt), partials={"x": "out / (3 * x)"})

sin = elementwise("sin", "x", functions=(np.sin, math.sin), partials={"x": "np.cos(x)"})
cos = elementwise("cos", "x", functions=(np.cos, math.cos), partials={"x": "-np.sin(x)"})
tan = elementwise("tan", "x", functions=(np.tan, math.tan), partials={"x": "1 + out ** 2"})
arcsin = elementwise("arcsin", "x", functions=(np.arcsin, math.asin), partials={"x": "1 / np.sqrt(1 - x ** 2)"})
arccos = elementwise("arccos", "x", functions=(np.arccos, math.acos), partials={"x": "-1 / np.sqrt(1 - x ** 2)"})
arctan = elementwise("arctan", "x", functions=(np.arctan, math.atan), partials={"x": "1 / (1 + x ** 2)"})
arctan2 = elementwise(
    "arctan2",
    "y, x",
    functions=(np.arctan2, math.atan2),
    partials={"y": "x / (x ** 2 + y ** 2)", "x": "-y / (x ** 2 + y ** 2)"},
)
sinh = elementwise("sinh", "x", functions=(np.sinh, math.sinh), partials={"x": "np.cosh(x)"})
cosh = elementwise("cosh", "x", functions=(np.cosh, math.cosh), partials={"x": "np.sinh(x)"})
tanh = elementwise("tanh", "x", functions=(np.tanh, math.tanh), partials={"x": "1 - out ** 2"})
arcsinh = elementwise("arcsinh", "x", functions=(np.arcsinh, math.asinh), partials={"x": "1 / np.sqrt(x ** 2 + 1)"})
arccosh = elementwise("arccosh", "x", functions=(np.arccosh, math.acosh), partials={"x": "1 / np.sqrt(x ** 2 - 1)"})
arctanh = elementwise("arctanh", "x", functions=(np.arctanh, math.atanh), partials={"x": "1 / (1 - x ** 2)"})
sinc = elementwise("sinc", "x", functions=(np.sinc,), partials={"x": "divide_or_zero(np.cos(np.pi * x) - out, x)"})
degrees = elementwise(
    "degrees", "x", functions=(np.degrees, np.rad2deg, math.degrees), partials={"x": "57.29577951308232"}
)
radians = elementwise(
    "radians", "x", functions=(np.radians, np.deg2rad, math.radians), partials={"x": "0.017453292519943295"}
)

erf = elementwise(
    "erf", "x", functions=(support.erf, math.erf), partials={"x": "1.1283791670955126 * np.exp(-x ** 2)"}
)
erfc = elementwise(
    "erfc", "x", functions=(support.erfc, math.erfc), partials={"x": "-1.1283791670955126 * np.exp(-x ** 2)"}
)
erfinv = elementwise("erfinv", "y", functions=(support.erfinv,), partials={"y": "0.886226925452758 * np.exp(out ** 2)"})
gammaln = elementwise("gammaln", "x", functions=(support.gammaln, math.lgamma), partials={"x": "digamma(x)"})
gamma = elementwise("gamma", "x", functions=(support.gamma, math.gamma), partials={"x": "out * digamma(x)"})
digamma = elementwise("digamma", "x", functions=(support.digamma,), partials={"x": "polygamma(1, x)"})
polygamma = elementwise(
    "polygamma", "n, x", operands=("x",), functions=(support.polygamma,), partials={"x": "polygamma(n + 1, x)"}
)
expit = elementwise("expit", "x", functions=(support.expit,), partials={"x": "out * (1 - out)"})

nan_to_num = general(
    "nan_to_num",
    "x, copy=True, nan=0.0, posinf=None, neginf=None",
    operands=("x",),
    functions=(np.nan_to_num,),
    vjp="x_bar = np.where(np.isfinite(x), out_bar, 0)",
    jvp={"x": "np.where(np.isfinite(x), x_dot, 0)"},
)
real = linear("real", "val", functions=(np.real,), vjp="val_bar = out_bar")
conjugate = linear("conjugate", "x", functions=(np.conjugate,), method="conj", vjp="x_bar = np.conjugate(out_bar)")
imag = nondifferentiable(
    "imag", "val", functions=(np.imag,), why_not="derivatives of complex values are not supported yet"
)
angle = nondifferentiable(
    "angle", "z", functions=(np.angle,), why_not="derivatives of complex values are not supported yet"
)

# Casts. `float(x)` of an array with one element is a number.
float_cast = linear("float_cast", "x", functions=(float,), vjp="x_bar = np.reshape(out_bar, np.shape(x))")
item = linear("item", "x", method="item", vjp="x_bar = np.reshape(out_bar, np.shape(x))")
int_cast = nondifferentiable("int_cast", "x", functions=(int,))
bool_cast = nondifferentiable("bool_cast", "x", functions=(bool,))
complex_cast = nondifferentiable(
    "complex_cast", "x", functions=(complex,), why_not="derivatives of complex values are not supported yet"
)

LATE_FUNCTIONS["scipy.special"] = {
    name: name for name in ("erf", "erfc", "erfinv", "gammaln", "gamma", "digamma", "polygamma", "expit", "logsumexp")
} | {"psi": "digamma"}
