"""Batched operations of what derivatives are written with; operands have the batch axis first (see `batching`)."""

from s2s.runtime.primitives import batching, random_bits, writes  # noqa: F401 - declared before their batching
from s2s.runtime.primitives.table import batched

# What works on the last two axes, whatever is before them.
for _text in (
    "symmetrize(x)",
    "copy_lower(x)",
    "fold_lower(x)",
    "copy_lower_if(x, condition)",
    "fold_lower_if(x, condition)",
    "copy_triangle(x, UPLO)",
    "fold_triangle(x, UPLO)",
    "lower_half(x)",
    "unit_lower(x)",
    "transpose_if(x, condition)",
    "triangle(x, lower, unit_diagonal)",
    "inverse_gaps(w)",
    "cofactor(a)",
    "beyond_span(u, x, s)",
    "lu(a)",
    "top_k(x, k)",
):
    batched(_text, _text.partition("(")[0])
batched("np.linalg.cholesky(a, upper=upper)", "cholesky")
batched("np.linalg.pinv(a, rcond=rcond, hermitian=hermitian)", "pinv")
batched(
    "from_columns(solve_triangular(a, as_columns(b, np.ndim(b) - 1), trans, lower, unit_diagonal), np.ndim(b) - 1)",
    "solve_triangular",
)

# Casts, and copies for what is written later.
batched("x.astype(complex)", "complex_cast")
batched("kept(x)", "kept")
batched("choose(flag, a, b)", "choose")

# Along an axis, or all of them.
batched("shift(x, offset, inner_axis(axis), fill)", "shift")
batched("linear_recurrence(decay, x, inner_axis(axis), reverse)", "linear_recurrence")
batched("running_extreme_index(a, extreme, inner_axis(axis))", "running_extreme_index")
for _name, _function in {"cummax": "maximum", "cummin": "minimum", "logcumsumexp": "logaddexp"}.items():
    batched(f"np.{_function}.accumulate(array, axis=inner_axis(axis))", _name)
for _name in ("max_weights", "min_weights", "product_of_others"):
    batched(f"{_name}(a, inner_axes(axis, np.ndim(a)))", _name)
batched("leave_one_out(a, inner_axes(axis, np.ndim(a)), fill)", "leave_one_out")
batched("merge_left_out(t, inner_shape(size, shape), inner_axes(axis, np.size(shape) + 1))", "merge_left_out")
batched("logsumexp(a, axis=inner_axes(axis, np.ndim(a)), keepdims=keepdims)", "logsumexp")
batched("np.linalg.norm(x, ord, axis=inner_axes(axis, np.ndim(x)), keepdims=keepdims)", "norm")
batched("np.argpartition(a, kth, axis=inner_axis(axis))", "argpartition")
batched("np.partition(a, kth, axis=inner_axis(axis))", "partition")
batched("np.cross(align(a, np.ndim(b)), align(b, np.ndim(a)), axis=inner_axis(axis))", "cross")
batched("take_along_axis_bar(g, arr, indices, inner_axis(axis))", "take_along_axis_bar")
batched(
    "unreduce(t, inner_shape(size, shape), inner_axes(axis, np.size(shape) + 1), keepdims)",
    "unreduce",
)

batched("np.reshape(a, (size, -1, 1)) * np.reshape(b, (size, 1, -1))", "outer")

# Shapes.
batched("stack_bar(g, arrays, inner_axis(axis))", "stack_bar")
batched("concatenate_bar(g, arrays, inner_axis(axis))", "concatenate_bar")
batched("np.split(ary, indices_or_sections, axis=inner_axis(axis))", "split")
batched("np.array_split(ary, indices_or_sections, axis=inner_axis(axis))", "array_split")
batched("np.repeat(a, repeats, axis=inner_axis(axis))", "repeat")
batched("np.roll(a, shift, axis=inner_axes(axis, 0))", "roll")
batched("np.tile(align(A, np.size(reps) + 1), inner_shape(1, reps))", "tile")
batched(
    "np.reshape(tile_bar(g, tiled_shape(size, shape, reps), inner_shape(1, reps)), inner_shape(size, shape))",
    "tile_bar",
)
batched("np.pad(array, inner_pad_width(pad_width, np.ndim(array)), mode, constant_values=constant_values)", "pad")
batched("unpad(g, inner_shape(size, shape), inner_pad_width(pad_width, np.ndim(g)), mode)", "unpad")
batched("np.flip(m, 1)", "flipud")
batched("np.flip(m, 2)", "fliplr")
batched("np.rot90(m, k, inner_axes(axes, 0))", "rot90")
batched("diagonal_bar(g, inner_shape(size, shape), offset, inner_axis(axis1), inner_axis(axis2))", "diagonal_bar")
batched("trace_bar(g, inner_shape(size, shape), offset, inner_axis(axis1), inner_axis(axis2))", "trace_bar")
batched(
    "np.moveaxis(np.linspace(align(start, np.ndim(stop)), align(stop, np.ndim(start)), num, endpoint), 0, 1)",
    "linspace",
)
batched("np.broadcast_to(align(fill_value, np.size(shape) + 1), inner_shape(size, shape))", "full")
for _rank in (1, 2, 3):
    batched(f"inner_atleast(a, {_rank})", f"atleast_{_rank}d")
