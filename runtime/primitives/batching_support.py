"""The derivatives of the functions that batched code calls (`s2s.runtime.helpers.batching`)."""

from s2s.runtime.helpers import batching as support
from s2s.runtime.helpers import vectorized
from s2s.runtime.primitives.table import general, linear, nondifferentiable

for _static in (
    support.inner_axis,
    support.inner_axes,
    support.inner_index,
    support.inner_permutation,
    support.inner_shape,
    support.single_axes,
    support.dot_rank,
    support.row_rank,
    vectorized.loop_shape,
    vectorized.loop_size,
    support.inner_pad_width,
    support.tiled_shape,
    support.span,
    support.tensordot_plan,
    support.kron_plan,
    support.widened_shape,
):
    nondifferentiable(_static.__name__, "*values", operands=(), functions=(_static,), result_kind="static")

nondifferentiable("batch_size", "*values, axis=0", operands=(), functions=(support.batch_size,), result_kind="static")
for _function in (support.align, support.align_stack):
    linear(
        _function.__name__,
        "x, ndim, at=1",
        operands=("x",),
        functions=(_function,),
        vjp="x_bar = np.reshape(out_bar, np.shape(x))",
    )
nondifferentiable("window_places", "shape, starts, sizes", operands=("starts",), functions=(support.window_places,))
nondifferentiable("index_rank", "index", functions=(support.index_rank,), result_kind="static")
linear(
    "beside",
    "rows, ndim",
    operands=("rows",),
    functions=(support.beside,),
    vjp="rows_bar = np.reshape(out_bar, np.shape(rows))",
)
linear("as_rows", "x, ndim", operands=("x",), functions=(support.as_rows,), vjp="x_bar = from_rows(out_bar, ndim)")
linear("from_rows", "x, ndim", operands=("x",), functions=(support.from_rows,), vjp="x_bar = as_rows(out_bar, ndim)")
linear(
    "inner_atleast",
    "a, rank",
    operands=("a",),
    functions=(support.inner_atleast,),
    vjp="a_bar = np.reshape(out_bar, np.shape(a))",
)
linear("spread", "x, count, at=0", operands=("x",), functions=(support.spread,), vjp="x_bar = np.sum(out_bar, axis=at)")
linear(
    "inner_sum_to",
    "t, shape, lead=1",
    operands=("t",),
    functions=(support.inner_sum_to,),
    vjp="t_bar = np.broadcast_to(align(out_bar, np.ndim(t), lead), np.shape(t))",
)
linear(
    "rows_first",
    "x, axis",
    operands=("x",),
    functions=(support.rows_first,),
    vjp="x_bar = np.moveaxis(out_bar, 0, axis)",
    result_kind="tree",
)
linear(
    "rows_at",
    "value, axes",
    operands=("value",),
    functions=(support.rows_at,),
    vjp="value_bar = rows_from(out_bar, axes)",
    result_kind="tree",
)
linear(
    "rows_from",
    "value, axes",
    operands=("value",),
    functions=(support.rows_from,),
    vjp="value_bar = rows_at(out_bar, axes)",
    result_kind="tree",
)
general(
    "select_rows",
    "test, x, y, at=1",
    operands=("x", "y"),
    functions=(support.select,),
    vjp="""
        x_bar = select(test, out_bar, zeros_like(out_bar), at)
        y_bar = select(test, zeros_like(out_bar), out_bar, at)
    """,
    jvp={"x": "select(test, x_dot, zeros_like(y), at)", "y": "select(test, zeros_like(x), y_dot, at)"},
    result_kind="tree",
)
for _name, _transpose in (("spread_tree", "sum_tree"), ("sum_tree", "spread_tree")):
    linear(
        _name,
        "value, batched, count, at=0",
        operands=("value",),
        functions=(getattr(support, _name),),
        vjp=f"value_bar = {_transpose}(out_bar, batched, count, at)",
        result_kind="tree",
    )
