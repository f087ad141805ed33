"""New arrays. Only `full` and `linspace` pass a derivative on; shapes and counts are static."""

import numpy as np

from s2s.runtime.primitives import creation_lowering as lowering
from s2s.runtime.primitives.table import general, nondifferentiable

zeros = nondifferentiable(
    "zeros", "shape, dtype=float", lower=lowering.constant_of(0), operands=(), functions=(np.zeros,)
)
ones = nondifferentiable("ones", "shape, dtype=None", lower=lowering.constant_of(1), operands=(), functions=(np.ones,))
empty = nondifferentiable(
    "empty", "shape, dtype=float", lower=lowering.constant_of(0), operands=(), functions=(np.empty,)
)
zeros_like = nondifferentiable(
    "zeros_like",
    "a, dtype=None, *, shape=None",
    lower=lowering.constant_like(0),
    operands=("a",),
    functions=(np.zeros_like,),
)
ones_like = nondifferentiable(
    "ones_like",
    "a, dtype=None, *, shape=None",
    lower=lowering.constant_like(1),
    operands=("a",),
    functions=(np.ones_like,),
)
empty_like = nondifferentiable(
    "empty_like",
    "a, dtype=None, *, shape=None",
    lower=lowering.constant_like(0),
    operands=("a",),
    functions=(np.empty_like,),
)
full = general(
    "full",
    "shape, fill_value, dtype=None",
    lower=lowering.full,
    operands=("fill_value",),
    functions=(np.full,),
    vjp="fill_value_bar = sum_to(cast_dot(out_bar, dtype), np.shape(fill_value))",
    jvp={"fill_value": "np.broadcast_to(cast_dot(fill_value_dot, dtype), shape)"},
)
full_like = general(
    "full_like",
    "a, fill_value, dtype=None, *, shape=None",
    lower=lowering.full_like,
    operands=("a", "fill_value"),
    functions=(np.full_like,),
    vjp="fill_value_bar = sum_to(cast_dot(out_bar, np.result_type(out)), np.shape(fill_value))",
    jvp={"fill_value": "np.broadcast_to(cast_dot(fill_value_dot, np.result_type(out)), np.shape(out))"},
)
eye = nondifferentiable("eye", "N, M=None, k=0, dtype=float", lower=lowering.eye, operands=(), functions=(np.eye,))
identity = nondifferentiable(
    "identity", "n, dtype=None", lower=lowering.identity, operands=(), functions=(np.identity,)
)
tri = nondifferentiable("tri", "N, M=None, k=0, dtype=float", lower=lowering.tri, operands=(), functions=(np.tri,))
arange = nondifferentiable(
    "arange",
    "start, stop=None, step=None, dtype=None",
    lower=lowering.arange,
    operands=(),
    functions=(np.arange,),
    why_not="the length of np.arange depends on its arguments; use start + step * np.arange(n)",
)
linspace = general(
    "linspace",
    "start, stop, num=50, endpoint=True, *, dtype=None",
    lower=lowering.linspace,
    operands=("start", "stop"),
    functions=(np.linspace,),
    vjp="""
        weights = np.linspace(0, 1, num, endpoint)
        start_bar = sum_to(np.tensordot(1 - weights, out_bar, 1), np.shape(start))
        stop_bar = sum_to(np.tensordot(weights, out_bar, 1), np.shape(stop))
    """,
    jvp={
        "start": "np.linspace(start_dot, np.zeros_like(stop), num, endpoint)",
        "stop": "np.linspace(np.zeros_like(start), stop_dot, num, endpoint)",
    },
)
