"""Arithmetic: the operators of Python and the functions of NumPy that stand for them, maximum, minimum, clip, where."""

import math
import operator

import numpy as np

from s2s.runtime import support
from s2s.runtime.adapter import stablehlo
from s2s.runtime.primitives import arithmetic_lowering as lowering
from s2s.runtime.primitives import elementwise_lowering
from s2s.runtime.primitives.table import elementwise, general, nondifferentiable

add = elementwise(
    "add",
    "x, y",
    lower=elementwise_lowering.arithmetic("add", stablehlo.add, stablehlo.or_),
    functions=(np.add, operator.add),
    partials={"x": "1", "y": "1"},
)
subtract = elementwise(
    "subtract",
    "x, y",
    lower=elementwise_lowering.arithmetic("subtract", stablehlo.subtract, None),
    functions=(np.subtract, operator.sub),
    partials={"x": "1", "y": "-1"},
)
multiply = elementwise(
    "multiply",
    "x, y",
    lower=elementwise_lowering.arithmetic("multiply", stablehlo.multiply, stablehlo.and_),
    functions=(np.multiply, operator.mul),
    partials={"x": "y", "y": "x"},
)
divide = elementwise(
    "divide",
    "x, y",
    lower=lowering.divide,
    functions=(np.divide, np.true_divide, operator.truediv),
    partials={"x": "1 / y", "y": "-x / y ** 2"},
)
power = elementwise(
    "power",
    "x, y",
    lower=lowering.power,
    functions=(np.power, math.pow, pow, operator.pow),
    partials={"x": "power_partial(x, y)", "y": "out * log_or_zero(x)"},
)
negative = elementwise(
    "negative", "x", lower=lowering.negative, functions=(np.negative, operator.neg), partials={"x": "-1"}
)
positive = elementwise(
    "positive", "x", lower=lowering.positive, functions=(np.positive, operator.pos), partials={"x": "1"}
)
absolute = elementwise(
    "absolute",
    "x",
    lower=lowering.absolute,
    functions=(abs, np.absolute, np.fabs, math.fabs, operator.abs),
    partials={"x": "np.sign(x)"},
)
floor_divide = nondifferentiable(
    "floor_divide", "x, y", lower=lowering.floor_divide, functions=(np.floor_divide, operator.floordiv)
)
remainder = elementwise(
    "remainder",
    "x, y",
    lower=lowering.remainder,
    functions=(np.remainder, np.mod, operator.mod),
    partials={"x": "1", "y": "-(x // y)"},
)
fmod = elementwise(
    "fmod", "x, y", lower=lowering.fmod, functions=(np.fmod, math.fmod), partials={"x": "1", "y": "-np.trunc(x / y)"}
)
square = elementwise("square", "x", lower=lowering.square, functions=(np.square,), partials={"x": "2 * x"})
reciprocal = elementwise(
    "reciprocal", "x", lower=lowering.reciprocal, functions=(np.reciprocal,), partials={"x": "-out ** 2"}
)
copysign = elementwise(
    "copysign",
    "x, y",
    lower=lowering.copysign,
    functions=(np.copysign, math.copysign),
    partials={"x": "np.sign(x) * np.copysign(1, y)", "y": "0"},
)

# At a tie each operand gets half; an operand that was not chosen gets 0, never 0 * inf.
maximum = general(
    "maximum",
    "x, y",
    lower=lowering.maximum,
    functions=(np.maximum,),
    vjp="""
        x_bar = sum_to(where_larger(x, y, out_bar), np.shape(x))
        y_bar = sum_to(where_larger(y, x, out_bar), np.shape(y))
    """,
    jvp={"x": "where_larger(x, y, x_dot)", "y": "where_larger(y, x, y_dot)"},
)
minimum = general(
    "minimum",
    "x, y",
    lower=lowering.minimum,
    functions=(np.minimum,),
    vjp="""
        x_bar = sum_to(where_larger(y, x, out_bar), np.shape(x))
        y_bar = sum_to(where_larger(x, y, out_bar), np.shape(y))
    """,
    jvp={"x": "where_larger(y, x, x_dot)", "y": "where_larger(x, y, y_dot)"},
)
fmax = general(
    "fmax",
    "x, y",
    lower=lowering.fmax,
    functions=(np.fmax,),
    vjp="""
        x_bar = sum_to(np.where(np.isnan(y), out_bar, where_larger(x, y, out_bar)), np.shape(x))
        y_bar = sum_to(np.where(np.isnan(x), out_bar, where_larger(y, x, out_bar)), np.shape(y))
    """,
    jvp={
        "x": "np.where(np.isnan(y), x_dot, where_larger(x, y, x_dot))",
        "y": "np.where(np.isnan(x), y_dot, where_larger(y, x, y_dot))",
    },
)
fmin = general(
    "fmin",
    "x, y",
    lower=lowering.fmin,
    functions=(np.fmin,),
    vjp="""
        x_bar = sum_to(np.where(np.isnan(y), out_bar, where_larger(y, x, out_bar)), np.shape(x))
        y_bar = sum_to(np.where(np.isnan(x), out_bar, where_larger(x, y, out_bar)), np.shape(y))
    """,
    jvp={
        "x": "np.where(np.isnan(y), x_dot, where_larger(y, x, x_dot))",
        "y": "np.where(np.isnan(x), y_dot, where_larger(x, y, y_dot))",
    },
)
clip = general(
    "clip",
    "a, a_min=None, a_max=None",
    lower=lowering.clip,
    operands=("a", "a_min", "a_max"),
    functions=(np.clip,),
    method="clip",
    vjp="""
        a_bar = sum_to(where_between(a, a_min, a_max, out_bar), np.shape(a))
        a_min_bar = sum_to(where_below(a, a_min, a_max, out_bar), np.shape(a_min))
        a_max_bar = sum_to(where_above(a, a_min, a_max, out_bar), np.shape(a_max))
    """,
    jvp={
        "a": "where_between(a, a_min, a_max, a_dot)",
        "a_min": "where_below(a, a_min, a_max, a_min_dot)",
        "a_max": "where_above(a, a_min, a_max, a_max_dot)",
    },
)
where = general(
    "where",
    "condition, x, y",
    lower=lowering.where,
    functions=(),
    vjp="""
        x_bar = sum_to(np.where(condition, out_bar, 0), np.shape(x))
        y_bar = sum_to(np.where(condition, 0, out_bar), np.shape(y))
    """,
    jvp={"x": "np.where(condition, x_dot, np.zeros_like(y))", "y": "np.where(condition, np.zeros_like(x), y_dot)"},
)
hypot = elementwise(
    "hypot",
    "x, y",
    lower=elementwise_lowering.hypot,
    functions=(np.hypot, math.hypot),
    partials={"x": "divide_or_zero(x, out)", "y": "divide_or_zero(y, out)"},
)
logaddexp = elementwise(
    "logaddexp",
    "x, y",
    lower=elementwise_lowering.logaddexp,
    functions=(np.logaddexp,),
    partials={"x": "softmax_weight(x, out)", "y": "softmax_weight(y, out)"},
)
logaddexp2 = elementwise(
    "logaddexp2",
    "x, y",
    lower=elementwise_lowering.logaddexp2,
    functions=(np.logaddexp2,),
    partials={
        "x": "softmax_weight(0.6931471805599453 * x, 0.6931471805599453 * out)",
        "y": "softmax_weight(0.6931471805599453 * y, 0.6931471805599453 * out)",
    },
)
heaviside = nondifferentiable("heaviside", "x, y", lower=elementwise_lowering.heaviside, functions=(np.heaviside,))
stop_gradient = nondifferentiable(
    "stop_gradient", "x", lower=lowering.positive, functions=(support.stop_gradient,), result_kind="tree"
)
