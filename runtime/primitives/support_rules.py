"""The rules of the helpers that emitted code calls (`s2s.runtime.support`), so that it can be differentiated again.

Only the cotangents of `matmul` have a lowering, the others are plain Python over functions that have one. A matrix
product and its two cotangents are the three derivatives of one trilinear form, so they differentiate among themselves;
the same holds for the other products.
"""

from s2s.runtime import support
from s2s.runtime.primitives import creation_lowering, product_lowering
from s2s.runtime.primitives.table import elementwise, general, linear, nondifferentiable

# Broadcasting and reductions.
linear(
    "sum_to",
    "t, shape",
    operands=("t",),
    functions=(support.sum_to,),
    vjp="t_bar = np.broadcast_to(out_bar, np.shape(t))",
)
linear(
    "unreduce",
    "t, shape, axis=None, keepdims=False",
    operands=("t",),
    functions=(support.unreduce,),
    vjp="t_bar = np.reshape(np.sum(out_bar, axis, keepdims=keepdims), np.shape(t))",
)
for _static in (support.reduced_size, support.inverse_permutation, support.negated, support.kept_shape):
    nondifferentiable(_static.__name__, "*values", operands=(), functions=(_static,), result_kind="static")
for _weights in (support.max_weights, support.min_weights):
    nondifferentiable(_weights.__name__, "a, axis=None", operands=("a",), functions=(_weights,))
general(
    "product_of_others",
    "a, axis=None",
    operands=("a",),
    functions=(support.product_of_others,),
    vjp="""
        pairs = np.expand_dims(out_bar, -1) * product_of_others(leave_one_out(a, axis, 1), -1)
        a_bar = merge_left_out(pairs, np.shape(a), axis)
    """,
    jvp={"a": "np.sum(leave_one_out(a_dot, axis, 0) * product_of_others(leave_one_out(a, axis, 1), -1), -1)"},
)
general(
    "leave_one_out",
    "a, axis, fill",
    operands=("a",),
    functions=(support.leave_one_out,),
    vjp="a_bar = merge_left_out(out_bar, np.shape(a), axis)",
    jvp={"a": "leave_one_out(a_dot, axis, 0)"},
)
linear(
    "merge_left_out",
    "t, shape, axis",
    operands=("t",),
    functions=(support.merge_left_out,),
    vjp="t_bar = leave_one_out(out_bar, axis, 0)",
)

# Elementwise.
general(
    "where_larger",
    "x, y, t",
    functions=(support.where_larger,),
    vjp="t_bar = sum_to(where_larger(x, y, out_bar), np.shape(t))",
    jvp={"t": "where_larger(x, y, t_dot)"},
)
for _clipping in (support.where_between, support.where_below, support.where_above):
    general(
        _clipping.__name__,
        "x, low, high, t",
        functions=(_clipping,),
        vjp=f"t_bar = sum_to({_clipping.__name__}(x, low, high, out_bar), np.shape(t))",
        jvp={"t": f"{_clipping.__name__}(x, low, high, t_dot)"},
    )
elementwise(
    "divide_or_zero",
    "x, y",
    functions=(support.divide_or_zero,),
    partials={"x": "divide_or_zero(1, y)", "y": "-divide_or_zero(out, y)"},
)
elementwise("log_or_zero", "x", functions=(support.log_or_zero,), partials={"x": "divide_or_zero(1, x)"})
elementwise(
    "power_partial",
    "x, y",
    functions=(support.power_partial,),
    partials={"x": "y * power_partial(x, y - 1)", "y": "x ** (y - 1) + out * log_or_zero(x)"},
)
elementwise("softmax_weight", "x, total", functions=(support.softmax_weight,), partials={"x": "out", "total": "-out"})

# Shapes.
nondifferentiable(
    "unit_vectors",
    "x, start=0, count=None",
    lower=creation_lowering.unit_vectors,
    operands=("x",),
    functions=(support.unit_vectors,),
)
nondifferentiable("zeros_like_tree", "x", functions=(support.zeros_like,), result_kind="tree")
linear(
    "instantiate",
    "t, like",
    shape_only=("like",),
    operands=("t",),
    functions=(support.instantiate,),
    result_kind="tree",
    vjp="t_bar = out_bar",
)
linear(
    "as_cotangent",
    "bar, x",
    shape_only=("x",),
    operands=("bar",),
    functions=(support.as_cotangent,),
    result_kind="tree",
    vjp="bar_bar = out_bar",
)
linear(
    "cast_bar",
    "g, x, dtype",
    shape_only=("x",),
    operands=("g",),
    functions=(support.cast_bar,),
    vjp="g_bar = out_bar",
)
linear(
    "cast_dot",
    "t, dtype",
    operands=("t",),
    functions=(support.cast_dot,),
    vjp="t_bar = cast_dot(out_bar, dtype)",
)
linear(
    "concatenate_bar",
    "g, arrays, axis=0",
    shape_only=("arrays",),
    operands=("g",),
    functions=(support.concatenate_bar,),
    result_kind="list",
    vjp="g_bar = np.concatenate(instantiate(out_bar, arrays), axis)",
)
linear(
    "stack_bar",
    "g, arrays, axis=0",
    shape_only=("arrays",),
    operands=("g",),
    functions=(support.stack_bar,),
    result_kind="list",
    vjp="g_bar = np.stack(instantiate(out_bar, arrays), axis)",
)
linear(
    "append_bar",
    "g, parts, axis=None",
    shape_only=("parts",),
    operands=("g",),
    functions=(support.append_bar,),
    result_kind="tuple",
    vjp="g_bar = np.concatenate(instantiate(out_bar, parts), axis)",
)
for _name in ("vstack", "hstack", "dstack", "column_stack"):
    linear(
        f"{_name}_bar",
        "g, tup",
        shape_only=("tup",),
        operands=("g",),
        functions=(getattr(support, f"{_name}_bar"),),
        result_kind="list",
        vjp=f"g_bar = np.{_name}(instantiate(out_bar, tup))",
    )
linear(
    "array_bar",
    "g, elements, dtype=None",
    shape_only=("elements",),
    operands=("g",),
    functions=(support.array_bar,),
    result_kind="tree",
    vjp="g_bar = array_dot(out_bar, elements, dtype)",
)
linear(
    "array_dot",
    "t, elements, dtype=None",
    shape_only=("elements",),
    operands=("t",),
    functions=(support.array_dot,),
    vjp="t_bar = array_bar(out_bar, elements, dtype)",
)
linear(
    "repeat_bar",
    "g, shape, repeats, axis=None",
    operands=("g",),
    functions=(support.repeat_bar,),
    vjp="g_bar = np.repeat(out_bar, repeats, axis)",
)
linear(
    "tile_bar",
    "g, shape, reps",
    operands=("g",),
    functions=(support.tile_bar,),
    vjp="g_bar = np.tile(out_bar, reps)",
)
linear(
    "unpad",
    "g, shape, pad_width, mode='constant'",
    operands=("g",),
    functions=(support.unpad,),
    vjp="g_bar = np.pad(out_bar, pad_width, mode)",
)
linear(
    "diag_bar",
    "g, shape, k=0",
    operands=("g",),
    functions=(support.diag_bar,),
    vjp="g_bar = np.diag(out_bar, k)",
)
linear(
    "diagonal_bar",
    "g, shape, offset=0, axis1=0, axis2=1",
    operands=("g",),
    functions=(support.diagonal_bar,),
    vjp="g_bar = np.diagonal(out_bar, offset, axis1, axis2)",
)
linear(
    "trace_bar",
    "g, shape, offset=0, axis1=0, axis2=1",
    operands=("g",),
    functions=(support.trace_bar,),
    vjp="g_bar = np.trace(out_bar, offset, axis1, axis2)",
)

# Indexing.
linear(
    "getitem_bar",
    "c, index, g",
    shape_only=("c",),
    operands=("g",),
    functions=(support.getitem_bar,),
    result_kind="tree",
    vjp="g_bar = out_bar[index]",
)
linear(
    "set_at_bar",
    "g, index, v",
    shape_only=("v",),
    operands=("g",),
    functions=(support.set_at_bar,),
    result_kind="tree",
    vjp="g_bar = set_at(zeros_like(g), index, out_bar)",
)
linear(
    "take_bar",
    "g, a, indices, axis=None",
    shape_only=("a",),
    operands=("g",),
    functions=(support.take_bar,),
    vjp="g_bar = np.take(out_bar, indices, axis)",
)
linear(
    "take_along_axis_bar",
    "g, arr, indices, axis=-1",
    shape_only=("arr",),
    operands=("g",),
    functions=(support.take_along_axis_bar,),
    vjp="g_bar = np.take_along_axis(out_bar, indices, axis)",
)
linear(
    "select_bar",
    "g, condlist, choicelist",
    shape_only=("choicelist",),
    operands=("g",),
    functions=(support.select_bar,),
    result_kind="list",
    vjp="g_bar = np.select(condlist, instantiate(out_bar, choicelist), 0)",
)


# Products.
def _product(name: str, function: str, more: str = "") -> None:
    """The cotangents of the factors of `function(lhs, rhs)`, called `<name>_lhs_bar` and `<name>_rhs_bar`."""
    last = f", {more}" if more else ""
    default = f", {more}=2" if more else ""
    general(
        f"{name}_lhs_bar",
        f"g, shape, rhs{default}",
        operands=("g", "rhs"),
        lower=getattr(product_lowering, f"{name}_lhs_bar", None),
        functions=(getattr(support, f"{name}_lhs_bar"),),
        vjp=f"""
            g_bar = {function}(out_bar, rhs{last})
            rhs_bar = {name}_rhs_bar(g, out_bar, np.shape(rhs){last})
        """,
        jvp={
            "g": f"{name}_lhs_bar(g_dot, shape, rhs{last})",
            "rhs": f"{name}_lhs_bar(g, shape, rhs_dot{last})",
        },
    )
    general(
        f"{name}_rhs_bar",
        f"g, lhs, shape{default}",
        operands=("g", "lhs"),
        lower=getattr(product_lowering, f"{name}_rhs_bar", None),
        functions=(getattr(support, f"{name}_rhs_bar"),),
        vjp=f"""
            g_bar = {function}(lhs, out_bar{last})
            lhs_bar = {name}_lhs_bar(g, np.shape(lhs), out_bar{last})
        """,
        jvp={
            "g": f"{name}_rhs_bar(g_dot, lhs, shape{last})",
            "lhs": f"{name}_rhs_bar(g, lhs_dot, shape{last})",
        },
    )


_product("matmul", "np.matmul")
_product("dot", "np.dot")
_product("inner", "np.inner")
_product("kron", "np.kron")
_product("tensordot", "np.tensordot", "axes")
general(
    "einsum_bar",
    "g, subscripts, i, *operands",
    operands=("g", "operands"),
    functions=(support.einsum_bar,),
    vjp="""
        g_bar = np.einsum(subscripts, *replaced(operands, i, out_bar))
        operands_bar[k] = einsum_bar(
            g, subscripts, k, *replaced(replaced(operands, i, out_bar), k, np.shape(operands[k]))
        )
    """,
    jvp={
        "g": "einsum_bar(g_dot, subscripts, i, *operands)",
        "operands": "einsum_bar(g, subscripts, i, *replaced(operands, k, operands_dot[k]))",
    },
)
