"""Reductions over axes: sums, products, extremes, moments, and the tests that give no derivative."""

import numpy as np

from s2s.runtime import support
from s2s.runtime.primitives import reduction_lowering as lowering
from s2s.runtime.primitives.table import general, linear, nondifferentiable

sum_ = linear(
    "sum",
    "a, axis=None, dtype=None, *, keepdims=False",
    lower=lowering.sum_,
    operands=("a",),
    functions=(np.sum,),
    method="sum",
    vjp="a_bar = unreduce(out_bar, np.shape(a), axis, keepdims)",
)
mean = linear(
    "mean",
    "a, axis=None, dtype=None, *, keepdims=False",
    lower=lowering.mean,
    operands=("a",),
    functions=(np.mean,),
    method="mean",
    vjp="a_bar = unreduce(out_bar, np.shape(a), axis, keepdims) / reduced_size(np.shape(a), axis)",
)
prod = general(
    "prod",
    "a, axis=None, dtype=None, *, keepdims=False",
    lower=lowering.total("multiply"),
    operands=("a",),
    functions=(np.prod,),
    method="prod",
    vjp="a_bar = unreduce(out_bar, np.shape(a), axis, keepdims) * product_of_others(a, axis)",
    jvp={"a": "np.sum(a_dot * product_of_others(a, axis), axis, keepdims=keepdims)"},
)
max_ = general(
    "max",
    "a, axis=None, *, keepdims=False",
    lower=lowering.extreme("max"),
    operands=("a",),
    functions=(np.max, np.amax),
    method="max",
    vjp="a_bar = unreduce(out_bar, np.shape(a), axis, keepdims) * max_weights(a, axis)",
    jvp={"a": "np.sum(a_dot * max_weights(a, axis), axis, keepdims=keepdims)"},
)
min_ = general(
    "min",
    "a, axis=None, *, keepdims=False",
    lower=lowering.extreme("min"),
    operands=("a",),
    functions=(np.min, np.amin),
    method="min",
    vjp="a_bar = unreduce(out_bar, np.shape(a), axis, keepdims) * min_weights(a, axis)",
    jvp={"a": "np.sum(a_dot * min_weights(a, axis), axis, keepdims=keepdims)"},
)
ptp = general(
    "ptp",
    "a, axis=None, *, keepdims=False",
    lower=lowering.ptp,
    operands=("a",),
    functions=(np.ptp,),
    vjp="""
        weights = max_weights(a, axis) - min_weights(a, axis)
        a_bar = unreduce(out_bar, np.shape(a), axis, keepdims) * weights
    """,
    jvp={"a": "np.sum(a_dot * (max_weights(a, axis) - min_weights(a, axis)), axis, keepdims=keepdims)"},
)
var = general(
    "var",
    "a, axis=None, dtype=None, *, ddof=0, keepdims=False",
    lower=lowering.var,
    operands=("a",),
    functions=(np.var,),
    method="var",
    vjp="""
        centred = a - np.mean(a, axis, keepdims=True)
        a_bar = 2 * centred * unreduce(out_bar, np.shape(a), axis, keepdims) / (reduced_size(np.shape(a), axis) - ddof)
    """,
    jvp={
        "a": "2 * np.sum(a_dot * (a - np.mean(a, axis, keepdims=True)), axis, keepdims=keepdims)"
        " / (reduced_size(np.shape(a), axis) - ddof)"
    },
)
std = general(
    "std",
    "a, axis=None, dtype=None, *, ddof=0, keepdims=False",
    lower=lowering.std,
    operands=("a",),
    functions=(np.std,),
    method="std",
    vjp="""
        centred = a - np.mean(a, axis, keepdims=True)
        scaled = divide_or_zero(out_bar, out) / (reduced_size(np.shape(a), axis) - ddof)
        a_bar = centred * unreduce(scaled, np.shape(a), axis, keepdims)
    """,
    jvp={
        "a": "divide_or_zero(np.sum(a_dot * (a - np.mean(a, axis, keepdims=True)), axis, keepdims=keepdims), out)"
        " / (reduced_size(np.shape(a), axis) - ddof)"
    },
)
logsumexp = general(
    "logsumexp",
    "a, axis=None, b=None, keepdims=False",
    lower=lowering.logsumexp,
    operands=("a",),
    functions=(support.logsumexp,),
    vjp="""
        weights = softmax_weight(a, unreduce(out, np.shape(a), axis, keepdims))
        a_bar = unreduce(out_bar, np.shape(a), axis, keepdims) * weights
    """,
    jvp={"a": "np.sum(a_dot * softmax_weight(a, unreduce(out, np.shape(a), axis, keepdims)), axis, keepdims=keepdims)"},
)

any_ = nondifferentiable(
    "any",
    "a, axis=None, *, keepdims=False",
    lower=lowering.truth("or"),
    operands=("a",),
    functions=(np.any,),
    method="any",
)
all_ = nondifferentiable(
    "all",
    "a, axis=None, *, keepdims=False",
    lower=lowering.truth("and"),
    operands=("a",),
    functions=(np.all,),
    method="all",
)
argmax = nondifferentiable(
    "argmax",
    "a, axis=None, *, keepdims=False",
    lower=lowering.position_of("GT"),
    operands=("a",),
    functions=(np.argmax,),
    method="argmax",
)
argmin = nondifferentiable(
    "argmin",
    "a, axis=None, *, keepdims=False",
    lower=lowering.position_of("LT"),
    operands=("a",),
    functions=(np.argmin,),
    method="argmin",
)
count_nonzero = nondifferentiable(
    "count_nonzero",
    "a, axis=None, *, keepdims=False",
    lower=lowering.count_nonzero,
    operands=("a",),
    functions=(np.count_nonzero,),
)
