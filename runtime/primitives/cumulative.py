"""Cumulative operations along one axis, and the linear recurrence that closes their derivatives.

All are built by the recursive doubling of Blelloch ("Prefix sums and their applications", 1990): pairs are combined,
the half as long sequence is scanned, the rest is filled in; O(n) work and O(log n) operations.
"""

import numpy as np

from s2s.runtime.helpers import scan as support
from s2s.runtime.primitives import scan_lowering as lowering
from s2s.runtime.primitives.table import general, linear, nondifferentiable

# `reverse` flips both ways where there is an axis; a flattened result is flipped whole.
linear(
    "cumsum",
    "a, axis=None, dtype=None",
    functions=(np.cumsum,),
    method="cumsum",
    lower=lowering.cumsum,
    vjp="a_bar = np.reshape(np.flip(np.cumsum(np.flip(out_bar, axis), axis), axis), np.shape(a))",
)

# Exact where elements are zero: out[j] changes with a[i] by the product of what is before i and between i and j.
general(
    "cumprod",
    "a, axis=None, dtype=None",
    functions=(np.cumprod,),
    method="cumprod",
    lower=lowering.cumprod,
    vjp="""
        following = shift(a, -1, axis)
        suffix = linear_recurrence(following, out_bar, axis, reverse=True)
        a_bar = np.reshape(shift(out, 1, axis, fill=1) * suffix, np.shape(a))
    """,
    jvp={
        "a": "linear_recurrence(flattened_if(a, axis), flattened_if(a_dot, axis) * shift(out, 1, axis, fill=1), axis)"
    },
)

general(
    "linear_recurrence",
    "decay, x, axis=-1, reverse=False",
    functions=(support.linear_recurrence,),
    lower=lowering.linear_recurrence,
    vjp="""
        carried = shift(decay, 2 * reverse - 1, axis)
        carried_bar = linear_recurrence(carried, out_bar, axis, reverse=not reverse)
        decay_bar = np.reshape(carried_bar * shift(out, 1 - 2 * reverse, axis), np.shape(decay))
        x_bar = np.reshape(carried_bar, np.shape(x))
    """,
    jvp={
        "decay": """
            linear_recurrence(
                decay, flattened_if(decay_dot, axis) * shift(out, 1 - 2 * reverse, axis), axis, reverse
            )
        """,
        "x": "linear_recurrence(decay, x_dot, axis, reverse)",
    },
)

linear(
    "flattened_if",
    "x, axis",
    operands=("x",),
    functions=(support.flattened_if,),
    vjp="x_bar = np.reshape(out_bar, np.shape(x))",
)

general(
    "shift",
    "x, offset, axis=-1, fill=0",
    operands=("x",),
    functions=(support.shift,),
    vjp="x_bar = np.reshape(shift(out_bar, -offset, axis), np.shape(x))",
    jvp={"x": "shift(x_dot, offset, axis)"},
)

for _name, _function, _lower in (
    ("cummax", np.maximum.accumulate, lowering.cummax),
    ("cummin", np.minimum.accumulate, lowering.cummin),
):
    general(
        _name,
        "array, axis=0, dtype=None",
        functions=(_function,),
        lower=_lower,
        vjp="array_bar = take_along_axis_bar(out_bar, array, running_extreme_index(array, out, axis), axis)",
        jvp={"array": "np.take_along_axis(array_dot, running_extreme_index(array, out, axis), axis)"},
    )

nondifferentiable("running_extreme_index", "a, extreme, axis=0", functions=(support.running_extreme_index,))

general(
    "logcumsumexp",
    "array, axis=0, dtype=None",
    functions=(np.logaddexp.accumulate,),
    lower=lowering.logcumsumexp,
    vjp="""
        decay = shift(exp_difference(shift(out, 1, axis, fill=-np.inf), out), -1, axis)
        array_bar = exp_difference(array, out) * linear_recurrence(decay, out_bar, axis, reverse=True)
    """,
    jvp={
        "array": """
            linear_recurrence(
                exp_difference(shift(out, 1, axis, fill=-np.inf), out), array_dot * exp_difference(array, out), axis
            )
        """
    },
)

general(
    "exp_difference",
    "x, y",
    functions=(support.exp_difference,),
    vjp="""
        x_bar = out_bar * out
        y_bar = -out_bar * out
    """,
    jvp={"x": "out * x_dot", "y": "-out * y_dot"},
)
