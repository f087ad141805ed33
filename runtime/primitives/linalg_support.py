"""The derivatives of the functions that the rules of linear algebra call (`s2s.runtime.helpers.linalg`)."""

from s2s.runtime.helpers import linalg as support
from s2s.runtime.primitives.table import elementwise, general, linear, nondifferentiable

linear("symmetrize", "x", functions=(support.symmetrize,), vjp="x_bar = symmetrize(out_bar)")
linear("copy_lower", "x", functions=(support.copy_lower,), vjp="x_bar = fold_lower(out_bar)")
linear("fold_lower", "x", functions=(support.fold_lower,), vjp="x_bar = copy_lower(out_bar)")
linear(
    "copy_lower_if",
    "x, condition",
    operands=("x",),
    functions=(support.copy_lower_if,),
    vjp="x_bar = fold_lower_if(out_bar, condition)",
)
linear(
    "fold_lower_if",
    "x, condition",
    operands=("x",),
    functions=(support.fold_lower_if,),
    vjp="x_bar = copy_lower_if(out_bar, condition)",
)
linear(
    "copy_triangle",
    "x, UPLO",
    operands=("x",),
    functions=(support.copy_triangle,),
    vjp="x_bar = fold_triangle(out_bar, UPLO)",
)
linear(
    "fold_triangle",
    "x, UPLO",
    operands=("x",),
    functions=(support.fold_triangle,),
    vjp="x_bar = copy_triangle(out_bar, UPLO)",
)
linear("lower_half", "x", functions=(support.lower_half,), vjp="x_bar = lower_half(out_bar)")
linear(
    "transpose_if",
    "x, condition",
    operands=("x",),
    functions=(support.transpose_if,),
    vjp="x_bar = transpose_if(out_bar, condition)",
)
linear(
    "triangle",
    "x, lower, unit_diagonal=False",
    operands=("x",),
    functions=(support.triangle,),
    vjp="x_bar = triangle(out_bar, lower, unit_diagonal)",
)
linear(
    "as_columns",
    "x, rank",
    operands=("x",),
    functions=(support.as_columns,),
    vjp="x_bar = from_columns(out_bar, rank)",
)
linear(
    "from_columns",
    "x, rank",
    operands=("x",),
    functions=(support.from_columns,),
    vjp="x_bar = as_columns(out_bar, rank)",
)
general(
    "unit_lower",
    "x",
    functions=(support.unit_lower,),
    vjp="x_bar = np.tril(out_bar, -1)",
    jvp={"x": "np.tril(x_dot, -1)"},
)
general(
    "inverse_gaps",
    "w",
    functions=(support.inverse_gaps,),
    vjp="""
        gaps_bar = out_bar * out ** 2
        w_bar = np.sum(gaps_bar, axis=-1) - np.sum(gaps_bar, axis=-2)
    """,
    jvp={"w": "out ** 2 * (np.expand_dims(w_dot, -1) - np.expand_dims(w_dot, -2))"},
)
general(
    "beyond_span",
    "u, x, s",
    functions=(support.beyond_span,),
    vjp="""
        scaled_bar = out_bar / np.expand_dims(s, -2)
        x_bar = beyond_span(u, out_bar, s)
        u_bar = -scaled_bar @ (np.matrix_transpose(x) @ u) - x @ (np.matrix_transpose(scaled_bar) @ u)
        s_bar = -np.sum(scaled_bar * out, axis=-2)
    """,
    jvp={
        "u": "-(u_dot @ (np.matrix_transpose(u) @ x) + u @ (np.matrix_transpose(u_dot) @ x)) / np.expand_dims(s, -2)",
        "x": "beyond_span(u, x_dot, s)",
        "s": "-out * np.expand_dims(s_dot / s, -2)",
    },
)
elementwise(
    "abs_power",
    "x, p",
    operands=("x",),
    functions=(support.abs_power,),
    partials={"x": "p * signed_power(x, p - 1)"},
)
elementwise(
    "signed_power",
    "x, p",
    operands=("x",),
    functions=(support.signed_power,),
    partials={"x": "p * abs_power(x, p - 1)"},
)
nondifferentiable("norm_power", "ord, ndim, axis", operands=(), functions=(support.norm_power,), result_kind="static")
