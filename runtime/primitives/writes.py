"""What an in-place write changes beside the variable that it names (`support_writes`), and its derivatives."""

from s2s.runtime import support
from s2s.runtime.primitives import index_lowering as lowering
from s2s.runtime.primitives.table import general, linear, nondifferentiable

for _question in (support.is_view, support.is_array):
    nondifferentiable(_question.__name__, "*values", operands=(), functions=(_question,), result_kind="static")
linear(
    "choose",
    "flag, a, b",
    operands=("a", "b"),
    functions=(support.choose,),
    vjp="""
        a_bar = choose(flag, out_bar, zeros_like(a))
        b_bar = choose(flag, zeros_like(b), out_bar)
    """,
)
linear("kept", "x", functions=(support.kept,), vjp="x_bar = out_bar")
general(
    "reread",
    "old, c, index",
    operands=("old", "c", "index"),
    functions=(support.reread,),
    vjp="""
        flag = is_view(old, index)
        c_bar = getitem_bar(c, index, choose(flag, out_bar, 0.0))
        old_bar = choose(flag, zeros_like(old), out_bar)
    """,
    jvp={
        "old": "choose(is_view(old, index), zeros_like(old), old_dot)",
        "c": "choose(is_view(old, index), c_dot[index], zeros_like(old))",
        "old c": "choose(is_view(old, index), c_dot[index], old_dot)",
    },
)
general(
    "put_view",
    "c, index, v",
    operands=("c", "index", "v"),
    functions=(support.put_view,),
    vjp="""
        v_bar = choose(is_view(v, index), set_at_bar(out_bar, index, v), zeros_like(v))
        c_bar = put_view(out_bar, index, zeros_like(v))
    """,
    jvp={
        "c": "put_view(c_dot, index, zeros_like(v))",
        "v": "put_view(zeros_like(c), index, v_dot)",
        "c v": "put_view(c_dot, index, v_dot)",
    },
)
general(
    "as_written",
    "old, new",
    functions=(support.as_written,),
    vjp="""
        flag = is_array(old)
        new_bar = choose(flag, out_bar, zeros_like(new))
        old_bar = choose(flag, zeros_like(old), out_bar)
    """,
    jvp={
        "new": "choose(is_array(old), new_dot, zeros_like(new))",
        "old": "choose(is_array(old), zeros_like(old), old_dot)",
    },
)

# Functions of NumPy that write an argument, as functions of it.
general(
    "write_where",
    "c, v, where",
    operands=("c", "v"),
    functions=(support.write_where,),
    vjp="""
        c_bar = np.where(where, 0.0, out_bar)
        v_bar = sum_to(np.where(where, out_bar, 0.0), np.shape(v))
    """,
    jvp={"c": "np.where(where, 0.0, c_dot)", "v": "write_where(np.zeros_like(c), v_dot, where)"},
)
for _cycled, _parameters in ((support.cycled, "v, index"), (support.cycled_mask, "v, mask")):
    linear(
        _cycled.__name__,
        _parameters,
        operands=("v",),
        functions=(_cycled,),
        vjp="v_bar = np.reshape(add_at(np.zeros(np.size(v)), np.arange(np.size(out_bar)) % np.size(v), "
        "np.ravel(out_bar)), np.shape(v))",
    )
for _index in (support.diagonal_index, support.along_axis_index):
    nondifferentiable(_index.__name__, "*values", operands=(), functions=(_index,), result_kind="static")
general(
    "multiply_at",
    "c, index, v",
    lower=lowering.updating("multiply"),
    functions=(support.multiply_at,),
    vjp="""
        c_bar = multiply_at(out_bar, index, v)
        v_bar = sum_to((out_bar * c)[index] * other_factors(c, index, v), np.shape(v))
    """,
    jvp={
        "c": "multiply_at(c_dot, index, v)",
        "v": "add_at(np.zeros_like(c), index, v_dot * c[index] * other_factors(c, index, v))",
    },
)
nondifferentiable(
    "other_factors",
    "c, index, v",
    functions=(support.other_factors,),
    why_not="the second derivative of np.multiply.at is not implemented; write x[i] *= v",
)
