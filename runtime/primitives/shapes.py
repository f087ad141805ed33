"""Linear rearrangements of elements: reshaping, transposing, joining, splitting, repeating, padding, diagonals."""

import numpy as np

from s2s.runtime.primitives import shape_lowering as lowering
from s2s.runtime.primitives.table import general, linear, nondifferentiable

_RESHAPED = "a_bar = np.reshape(out_bar, np.shape(a))"

reshape = linear(
    "reshape",
    "a, shape",
    lower=lowering.reshape,
    operands=("a",),
    functions=(np.reshape,),
    method="reshape",
    vjp=_RESHAPED,
)
ravel = linear("ravel", "a", lower=lowering.ravel, functions=(np.ravel,), method="ravel", vjp=_RESHAPED)
flatten = linear("flatten", "a", lower=lowering.ravel, method="flatten", vjp=_RESHAPED)
squeeze = linear(
    "squeeze",
    "a, axis=None",
    lower=lowering.squeeze,
    operands=("a",),
    functions=(np.squeeze,),
    method="squeeze",
    vjp=_RESHAPED,
)
expand_dims = linear(
    "expand_dims", "a, axis", lower=lowering.expand_dims, operands=("a",), functions=(np.expand_dims,), vjp=_RESHAPED
)
transpose = linear(
    "transpose",
    "a, axes=None",
    lower=lowering.transpose,
    operands=("a",),
    functions=(np.transpose, np.permute_dims),
    method="transpose",
    vjp="a_bar = np.transpose(out_bar, inverse_permutation(axes))",
)
matrix_transpose = linear(
    "matrix_transpose",
    "x",
    lower=lowering.matrix_transpose,
    functions=(np.matrix_transpose,),
    vjp="x_bar = np.matrix_transpose(out_bar)",
)
swapaxes = linear(
    "swapaxes",
    "a, axis1, axis2",
    lower=lowering.swapaxes,
    operands=("a",),
    functions=(np.swapaxes,),
    method="swapaxes",
    vjp="a_bar = np.swapaxes(out_bar, axis1, axis2)",
)
moveaxis = linear(
    "moveaxis",
    "a, source, destination",
    lower=lowering.moveaxis,
    operands=("a",),
    functions=(np.moveaxis,),
    vjp="a_bar = np.moveaxis(out_bar, destination, source)",
)
atleast_1d = linear("atleast_1d", "a", lower=lowering.atleast(1), functions=(np.atleast_1d,), vjp=_RESHAPED)
atleast_2d = linear("atleast_2d", "a", lower=lowering.atleast(2), functions=(np.atleast_2d,), vjp=_RESHAPED)
atleast_3d = linear("atleast_3d", "a", lower=lowering.atleast(3), functions=(np.atleast_3d,), vjp=_RESHAPED)
broadcast_to = linear(
    "broadcast_to",
    "array, shape",
    lower=lowering.broadcast_to,
    operands=("array",),
    functions=(np.broadcast_to,),
    vjp="array_bar = sum_to(out_bar, np.shape(array))",
)

# Copies and conversions.
copy = linear("copy", "a", lower=lowering.copy, functions=(np.copy,), method="copy", vjp="a_bar = out_bar")
ascontiguousarray = linear(
    "ascontiguousarray", "a", lower=lowering.atleast(1), functions=(np.ascontiguousarray,), vjp=_RESHAPED
)
astype = general(
    "astype",
    "x, dtype",
    lower=lowering.astype,
    operands=("x",),
    functions=(np.astype,),
    method="astype",
    vjp="x_bar = cast_bar(out_bar, x, dtype)",
    jvp={"x": "cast_dot(x_dot, dtype)"},
)
array = general(
    "array",
    "object, dtype=None",
    lower=lowering.array,
    operands=("object",),
    functions=(np.array,),
    vjp="object_bar = array_bar(out_bar, object, dtype)",
    jvp={"object": "array_dot(object_dot, object, dtype)"},
)
asarray = general(
    "asarray",
    "a, dtype=None",
    lower=lowering.array,
    operands=("a",),
    functions=(np.asarray, np.asanyarray),
    vjp="a_bar = array_bar(out_bar, a, dtype)",
    jvp={"a": "array_dot(a_dot, a, dtype)"},
)

# Joining. The operand is a sequence; its cotangent is a sequence of the same kind.
concatenate = general(
    "concatenate",
    "arrays, axis=0",
    lower=lowering.concatenate,
    operands=("arrays",),
    functions=(np.concatenate,),
    vjp="arrays_bar = concatenate_bar(out_bar, arrays, axis)",
    jvp={"arrays": "np.concatenate(instantiate(arrays_dot, arrays), axis)"},
)
stack = general(
    "stack",
    "arrays, axis=0",
    lower=lowering.stack,
    operands=("arrays",),
    functions=(np.stack,),
    vjp="arrays_bar = stack_bar(out_bar, arrays, axis)",
    jvp={"arrays": "np.stack(instantiate(arrays_dot, arrays), axis)"},
)


def _joining(name: str) -> None:
    general(
        name,
        "tup",
        lower=getattr(lowering, name),
        functions=(getattr(np, name),),
        vjp=f"tup_bar = {name}_bar(out_bar, tup)",
        jvp={"tup": f"np.{name}(instantiate(tup_dot, tup))"},
    )


for _name in ("vstack", "hstack", "dstack", "column_stack"):
    _joining(_name)

append = general(
    "append",
    "arr, values, axis=None",
    lower=lowering.append,
    operands=("arr", "values"),
    functions=(np.append,),
    vjp="""
        arr_bar = append_bar(out_bar, (arr, values), axis)[0]
        values_bar = append_bar(out_bar, (arr, values), axis)[1]
    """,
    jvp={
        "arr": "np.append(arr_dot, np.zeros_like(values), axis)",
        "values": "np.append(np.zeros_like(arr), values_dot, axis)",
    },
)

# Splitting: the result is a list.


def _splitting(name: str) -> None:
    general(
        name,
        "ary, indices_or_sections, axis=0",
        operands=("ary",),
        lower=lowering.splitting(uneven=name == "array_split"),
        functions=(getattr(np, name),),
        result_kind="list",
        vjp="ary_bar = np.concatenate(instantiate(out_bar, out), axis)",
        jvp={"ary": f"np.{name}(ary_dot, indices_or_sections, axis)"},
    )


_splitting("split")
_splitting("array_split")

# Repeating and reordering.
repeat = linear(
    "repeat",
    "a, repeats, axis=None",
    lower=lowering.repeat,
    operands=("a",),
    functions=(np.repeat,),
    method="repeat",
    vjp="a_bar = repeat_bar(out_bar, np.shape(a), repeats, axis)",
)
tile = linear(
    "tile",
    "A, reps",
    lower=lowering.tile,
    operands=("A",),
    functions=(np.tile,),
    vjp="A_bar = tile_bar(out_bar, np.shape(A), reps)",
)
flip = linear(
    "flip",
    "m, axis=None",
    lower=lowering.flip,
    operands=("m",),
    functions=(np.flip,),
    vjp="m_bar = np.flip(out_bar, axis)",
)
fliplr = linear("fliplr", "m", lower=lowering.fliplr, functions=(np.fliplr,), vjp="m_bar = np.fliplr(out_bar)")
flipud = linear("flipud", "m", lower=lowering.flipud, functions=(np.flipud,), vjp="m_bar = np.flipud(out_bar)")
roll = linear(
    "roll",
    "a, shift, axis=None",
    lower=lowering.roll,
    operands=("a",),
    functions=(np.roll,),
    vjp="a_bar = np.roll(out_bar, negated(shift), axis)",
)
rot90 = linear(
    "rot90",
    "m, k=1, axes=(0, 1)",
    lower=lowering.rot90,
    operands=("m",),
    functions=(np.rot90,),
    vjp="m_bar = np.rot90(out_bar, -k, axes)",
)
pad = general(
    "pad",
    "array, pad_width, mode='constant', *, constant_values=0",
    lower=lowering.pad,
    operands=("array",),
    functions=(np.pad,),
    vjp="array_bar = unpad(out_bar, np.shape(array), pad_width, mode)",
    jvp={"array": "np.pad(array_dot, pad_width, mode)"},
)

# Diagonals and triangles.
diag = linear(
    "diag",
    "v, k=0",
    lower=lowering.diag,
    operands=("v",),
    functions=(np.diag,),
    vjp="v_bar = diag_bar(out_bar, np.shape(v), k)",
)
diagonal = linear(
    "diagonal",
    "a, offset=0, axis1=0, axis2=1",
    lower=lowering.diagonal,
    operands=("a",),
    functions=(np.diagonal,),
    method="diagonal",
    vjp="a_bar = diagonal_bar(out_bar, np.shape(a), offset, axis1, axis2)",
)
trace = linear(
    "trace",
    "a, offset=0, axis1=0, axis2=1",
    lower=lowering.trace,
    operands=("a",),
    functions=(np.trace,),
    method="trace",
    vjp="a_bar = trace_bar(out_bar, np.shape(a), offset, axis1, axis2)",
)
tril = linear(
    "tril",
    "m, k=0",
    lower=lowering.triangle("LE"),
    operands=("m",),
    functions=(np.tril,),
    vjp="m_bar = np.tril(out_bar, k)",
)
triu = linear(
    "triu",
    "m, k=0",
    lower=lowering.triangle("GE"),
    operands=("m",),
    functions=(np.triu,),
    vjp="m_bar = np.triu(out_bar, k)",
)

# What is known without running.
shape = nondifferentiable("shape", "a", lower=lowering.shape, functions=(np.shape,), result_kind="static")
ndim = nondifferentiable("ndim", "a", lower=lowering.ndim, functions=(np.ndim,), result_kind="static")
size = nondifferentiable(
    "size", "a, axis=None", lower=lowering.size, operands=("a",), functions=(np.size,), result_kind="static"
)
result_type = nondifferentiable(
    "result_type", "*arrays_and_dtypes", operands=(), functions=(np.result_type,), result_kind="static"
)
