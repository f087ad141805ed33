"""Products: linear in each factor, so a factor's cotangent is a product with the others."""

import operator

import numpy as np

from s2s.runtime.primitives import product_lowering as lowering
from s2s.runtime.primitives.table import general

matmul = general(
    "matmul",
    "lhs, rhs",
    lower=lowering.matmul,
    functions=(np.matmul, operator.matmul),
    vjp="""
        lhs_bar = matmul_lhs_bar(out_bar, np.shape(lhs), rhs)
        rhs_bar = matmul_rhs_bar(out_bar, lhs, np.shape(rhs))
    """,
    jvp={"lhs": "lhs_dot @ rhs", "rhs": "lhs @ rhs_dot"},
)
dot = general(
    "dot",
    "a, b",
    lower=lowering.dot,
    functions=(np.dot,),
    method="dot",
    vjp="""
        a_bar = dot_lhs_bar(out_bar, np.shape(a), b)
        b_bar = dot_rhs_bar(out_bar, a, np.shape(b))
    """,
    jvp={"a": "np.dot(a_dot, b)", "b": "np.dot(a, b_dot)"},
)
vdot = general(
    "vdot",
    "a, b",
    lower=lowering.vdot,
    functions=(np.vdot,),
    vjp="""
        a_bar = np.reshape(out_bar * b, np.shape(a))
        b_bar = np.reshape(out_bar * a, np.shape(b))
    """,
    jvp={"a": "np.vdot(a_dot, b)", "b": "np.vdot(a, b_dot)"},
)
inner = general(
    "inner",
    "a, b",
    lower=lowering.inner,
    functions=(np.inner,),
    vjp="""
        a_bar = inner_lhs_bar(out_bar, np.shape(a), b)
        b_bar = inner_rhs_bar(out_bar, a, np.shape(b))
    """,
    jvp={"a": "np.inner(a_dot, b)", "b": "np.inner(a, b_dot)"},
)
outer = general(
    "outer",
    "a, b",
    lower=lowering.outer,
    functions=(np.outer,),
    vjp="""
        a_bar = np.reshape(out_bar @ np.ravel(b), np.shape(a))
        b_bar = np.reshape(np.ravel(a) @ out_bar, np.shape(b))
    """,
    jvp={"a": "np.outer(a_dot, b)", "b": "np.outer(a, b_dot)"},
)
tensordot = general(
    "tensordot",
    "a, b, axes=2",
    lower=lowering.tensordot,
    operands=("a", "b"),
    functions=(np.tensordot,),
    vjp="""
        a_bar = tensordot_lhs_bar(out_bar, np.shape(a), b, axes)
        b_bar = tensordot_rhs_bar(out_bar, a, np.shape(b), axes)
    """,
    jvp={"a": "np.tensordot(a_dot, b, axes)", "b": "np.tensordot(a, b_dot, axes)"},
)
kron = general(
    "kron",
    "a, b",
    lower=lowering.kron,
    functions=(np.kron,),
    vjp="""
        a_bar = kron_lhs_bar(out_bar, np.shape(a), b)
        b_bar = kron_rhs_bar(out_bar, a, np.shape(b))
    """,
    jvp={"a": "np.kron(a_dot, b)", "b": "np.kron(a, b_dot)"},
)
cross = general(
    "cross",
    "a, b, *, axis=-1",
    lower=lowering.cross,
    operands=("a", "b"),
    functions=(np.cross,),
    vjp="""
        a_bar = sum_to(np.cross(b, out_bar, axis=axis), np.shape(a))
        b_bar = sum_to(np.cross(out_bar, a, axis=axis), np.shape(b))
    """,
    jvp={"a": "np.cross(a_dot, b, axis=axis)", "b": "np.cross(a, b_dot, axis=axis)"},
)
# `operands[k]` is one operand of the call; the text is used once for each active one.
einsum = general(
    "einsum",
    "subscripts, *operands",
    lower=lowering.einsum,
    operands=("operands",),
    functions=(np.einsum,),
    vjp="""
        operands_bar[k] = einsum_bar(out_bar, subscripts, k, *replaced(operands, k, np.shape(operands[k])))
    """,
    jvp={"operands": "np.einsum(subscripts, *replaced(operands, k, operands_dot[k]))"},
)
