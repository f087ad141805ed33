"""Batched operations: what each primitive becomes where its operands have a batch axis, which is always the first.

Many primitives become batched in the same way, so they stand here by what is done to them. A primitive that is not
named here, is not elementwise and has no case of its own in the code generator is done row by row.
"""

from s2s.runtime.primitives import (  # noqa: F401 - declared before their batching
    arithmetic,
    batching_support,
    comparison,
    creation,
    cumulative,
    elementwise,
    indexing,
    least_squares,
    linalg,
    linalg_support,
    neural,
    products,
    reductions,
    shapes,
    sorting,
    support_rules,
)
from s2s.runtime.primitives.table import batched

# Each element by itself.
batched(
    "aligned",
    "maximum minimum fmax fmin clip where exp_difference nan_to_num where_larger where_between where_below where_above "
    "floor_divide heaviside stop_gradient equal not_equal less less_equal greater greater_equal logical_and logical_or "
    "logical_xor logical_not bitwise_and bitwise_or bitwise_xor invert left_shift right_shift bitwise_count sign "
    "signbit floor ceil trunc rint round isnan isinf isfinite isposinf isneginf isclose nextafter angle imag real "
    "conjugate copy "
    "ascontiguousarray astype asarray zeros_like ones_like empty_like zeros_like_tree cast_bar cast_dot",
)

# Casts to Python's numbers.
batched("x.astype(float)", "float_cast")
for _name, _function in {"int_cast": "trunc", "trunc_int": "trunc", "floor_int": "floor", "ceil_int": "ceil"}.items():
    batched(f"np.{_function}(x).astype(int)", _name)
batched("np.round(x).astype(int)", "round_builtin")
batched("np.not_equal(x, 0)", "bool_cast")

# Reductions over given axes, or all of them.
for _options, _names in {
    "keepdims=keepdims": "sum mean prod max min ptp any all count_nonzero",
    "ddof=ddof, keepdims=keepdims": "var std",
}.items():
    for _name in _names.split():
        batched(f"np.{_name}(a, axis=inner_axes(axis, np.ndim(a)), {_options})", _name)
# Along one axis.
for _name in ("sort", "argsort", "argmax", "argmin", "cumsum", "cumprod"):
    batched(f"np.{_name}(a, axis=inner_axis(axis))", _name)
for _name in ("softmax", "log_softmax"):
    batched(f"{_name}(x, axis=inner_axis(axis))", _name)
batched("np.flip(m, inner_axes(axis, np.ndim(m)))", "flip")
batched("np.take_along_axis(arr, indices, inner_axis(axis))", "take_along_axis")

# Shapes.
batched("np.reshape(a, inner_shape(size, shape))", "reshape")
batched("np.reshape(a, (size, -1))", "ravel flatten")
batched("np.reshape(x, (size,))", "item")
batched("np.squeeze(a, single_axes(axis, np.shape(a)))", "squeeze")
batched("np.expand_dims(a, inner_axes(axis, 0))", "expand_dims")
batched("np.transpose(a, inner_permutation(axes, np.ndim(a)))", "transpose")
batched("np.matrix_transpose(x)", "matrix_transpose")
batched("np.swapaxes(a, inner_axis(axis1), inner_axis(axis2))", "swapaxes")
batched("np.moveaxis(a, inner_axes(source, 0), inner_axes(destination, 0))", "moveaxis")
batched("np.broadcast_to(align(array, np.size(shape) + 1), inner_shape(size, shape))", "broadcast_to")
batched("np.diagonal(a, offset, inner_axis(axis1), inner_axis(axis2))", "diagonal")
batched("spread(unit_vectors(x[0], start, count), size)", "unit_vectors")
batched("np.trace(a, offset, inner_axis(axis1), inner_axis(axis2))", "trace")
for _name in ("tril", "triu"):
    batched(f"np.{_name}(m, k)", _name)
for _name in ("concatenate", "stack"):
    batched(f"np.{_name}(arrays, axis=inner_axis(axis))", _name)

batched("np.moveaxis(x, axis, 0)", "rows_first")
batched("window_places(shape, starts, sizes)", "window_places")

# What sums back to a shape; shapes are those of one row.
batched("inner_sum_to(t, shape)", "sum_to")

# What batched code calls, where that is batched again.
batched("align(x, ndim + 1, at + 1)", "align")
batched("align_stack(x, ndim + 1, at + 1)", "align_stack")
batched("spread(x, count, at + 1)", "spread")
batched("inner_sum_to(t, shape, lead + 1)", "inner_sum_to")
for _name in ("as_rows", "from_rows"):
    batched(f"{_name}(x, ndim)", _name)
for _name in ("as_columns", "from_columns"):
    batched(f"{_name}(x, rank)", _name)

# Linear algebra takes stacks of matrices.
for _name in ("inv", "det", "slogdet", "eigvalsh", "eigh", "svdvals", "qr"):
    _operand = "x" if _name == "svdvals" else "a"
    batched(f"np.linalg.{_name}({_operand})", _name)
batched("np.linalg.cholesky(a)", "cholesky_lower")
batched("np.linalg.svd(a, full_matrices=full_matrices)", "svd")
batched("from_columns(np.linalg.solve(a, as_columns(b, np.ndim(b) - 1)), np.ndim(b) - 1)", "solve")
batched("np.sqrt(np.sum(x * x, axis=inner_axes(None, np.ndim(x))))", "norm_of_all")
