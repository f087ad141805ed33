"""The derivatives of the functions that batched code calls (`s2s.runtime.support_batching`)."""

from s2s.runtime import support_batching as support
from s2s.runtime import support_vectorized
from s2s.runtime.primitives.table import general, linear, nondifferentiable

for _static in (
    support.inner_axis,
    support.inner_axes,
    support.inner_index,
    support.inner_permutation,
    support.inner_shape,
    support.single_axes,
    support.dot_rank,
    support_vectorized.loop_shape,
    support_vectorized.loop_size,
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
linear("as_rows", "x, ndim", operands=("x",), functions=(support.as_rows,), vjp="x_bar = from_rows(out_bar, ndim)")
linear("from_rows", "x, ndim", operands=("x",), functions=(support.from_rows,), vjp="x_bar = as_rows(out_bar, ndim)")
linear("spread", "x, count, at=0", operands=("x",), functions=(support.spread,), vjp="x_bar = np.sum(out_bar, axis=at)")
linear(
    "inner_sum_to",
    "t, shape, lead=1",
    operands=("t",),
    functions=(support.inner_sum_to,),
    vjp="t_bar = np.broadcast_to(align(out_bar, np.ndim(t), lead), np.shape(t))",
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
