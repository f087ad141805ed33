"""Collectives over a named batch axis (`s2s.runtime.collectives`), and their derivatives before they are batched.

Each row's cotangent goes to all rows that its value came from, so a sum is its own transpose.
"""

from s2s.runtime import collectives
from s2s.runtime.helpers import collectives as support_collectives
from s2s.runtime.primitives.table import batched, linear, nondifferentiable

for _sum in (collectives.psum, collectives.pmean):
    linear(
        _sum.__name__,
        "x, axis_name, *, axis_index_groups=None",
        operands=("x",),
        functions=(_sum,),
        vjp=f"x_bar = {_sum.__name__}(out_bar, axis_name)",
        result_kind="tree",
    )
for _extreme in (collectives.pmax, collectives.pmin):
    nondifferentiable(
        _extreme.__name__,
        "x, axis_name, *, axis_index_groups=None",
        operands=("x",),
        functions=(_extreme,),
        why_not="which row it is taken from is known for all rows together only; differentiate the batched function",
        result_kind="tree",
    )
linear(
    "ppermute",
    "x, axis_name, perm",
    operands=("x",),
    functions=(collectives.ppermute,),
    vjp="x_bar = ppermute(out_bar, axis_name, inverse_perm(perm))",
    result_kind="tree",
)
linear(
    "all_gather",
    "x, axis_name, *, axis_index_groups=None, axis=0, tiled=False",
    operands=("x",),
    functions=(collectives.all_gather,),
    vjp="""
        parts = np.reshape(psum(out_bar, axis_name), parts_shape(np.shape(out_bar), np.shape(x), axis, tiled))
        x_bar = np.moveaxis(parts, rows_axis(axis, tiled), 0)[axis_index(axis_name)]
    """,
)
linear(
    "all_to_all",
    "x, axis_name, split_axis, concat_axis, *, axis_index_groups=None, tiled=False",
    operands=("x",),
    functions=(collectives.all_to_all,),
    vjp="x_bar = all_to_all(out_bar, axis_name, concat_axis, split_axis, tiled=tiled)",
)
for _number in (collectives.axis_index, collectives.axis_size):
    nondifferentiable(_number.__name__, "axis_name", operands=(), functions=(_number,))
for _static in (
    support_collectives.inverse_perm,
    support_collectives.sources,
    support_collectives.destinations,
    support_collectives.joined_shape,
    support_collectives.cut_shape,
    support_collectives.require_rows,
    support_collectives.rows_axis,
    support_collectives.parts_shape,
):
    nondifferentiable(_static.__name__, "*values", operands=(), functions=(_static,), result_kind="static")

# Batched over another axis than the named one.
batched("aligned", "psum pmean pmax pmin ppermute")
batched("all_gather(x, axis_name, axis=inner_axis(axis), tiled=tiled)", "all_gather")
batched("all_to_all(x, axis_name, inner_axis(split_axis), inner_axis(concat_axis), tiled=tiled)", "all_to_all")
