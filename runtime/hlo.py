"""Thin wrappers over the builders of StableHLO and CHLO operations, on staged arrays.

Nothing here promotes or broadcasts on its own: a lowering calls `promote`, `broadcast_together` and the like, then
operations whose operands already agree in dtype and shape.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s.runtime import build, config, dtypes, errors, staging
from s2s.runtime.adapter import ir, stablehlo
from s2s.runtime.aval import Aval
from s2s.runtime.staging import Staged

Shape = tuple[int, ...]


# Constants, conversion and broadcasting.


def scalar(value: Any, dtype: Any) -> Staged:
    """A constant of rank 0."""
    return full((), value, dtype)


def full(shape: Sequence[int], value: Any, dtype: Any) -> Staged:
    """A constant array whose elements are all the same."""
    aval = Aval(tuple(shape), np.dtype(dtype))
    return staging.like(build.fill(aval, value), aval)


def full_like(x: Staged, value: Any, dtype: Any = None) -> Staged:
    return full(x.shape, value, x.dtype if dtype is None else dtype)


def constant(array: Any) -> Staged:
    return staging.constant(array)


def iota(shape: Sequence[int], axis: int, dtype: Any = dtypes.int64) -> Staged:
    """The position along `axis` of every element."""
    dtype = np.dtype(dtype)
    return staging.like(stablehlo.iota(dtypes.tensor_type(tuple(shape), dtype), axis), Aval(tuple(shape), dtype))


def convert(x: Staged, dtype: Any, weak: bool = False) -> Staged:
    """`x` in another dtype; numbers become bools by comparison with 0, as in NumPy."""
    dtype = np.dtype(dtype)
    if x.literal is not None:
        aval = Aval((), dtype, weak)
        return staging.like(build.fill(aval, np.asarray(x.literal).astype(dtype)), aval)
    if x.dtype == dtype:
        return x if x.weak == weak else staging.like(x.value, Aval(x.shape, dtype, weak))
    if dtype == dtypes.bool_:
        return compare(x, full_like(x, 0), "NE")
    if dtypes.is_complex(x.dtype) and not dtypes.is_complex(dtype):
        x = unary(stablehlo.real, x, dtypes.real_dtype(x.dtype))
    aval = Aval(x.shape, dtype, weak)
    return staging.like(build.operation("stablehlo.convert", aval, (x.value,)), aval)


def promote(*operands: Staged, wrap: bool = False) -> list[Staged]:
    """The operands in their common dtype; weak if all of them are. With `wrap`, Python ints need not fit into it."""
    dtype, weak = dtypes.result_type(*operands)
    for x in () if wrap else operands:
        refuse_overflow(x.literal, dtype)
    return [convert(x, dtype, weak) for x in operands]


def promote_inexact(*operands: Staged) -> list[Staged]:
    """The operands in the floating or complex dtype in which a function such as `sin` computes on them."""
    dtype, weak = dtypes.result_type(*operands)
    return [convert(x, dtypes.inexact_dtype(dtype), weak) for x in operands]


def broadcast_shapes(*operands: Staged) -> Shape:
    shapes = {x.shape for x in operands}
    return shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)


def broadcast_together(*operands: Staged) -> list[Staged]:
    """The operands in their common shape; ValueError as NumPy has it where there is none."""
    shape = broadcast_shapes(*operands)
    return [broadcast_to(x, shape) for x in operands]


_common: dict[tuple[Any, ...], Aval] = {}


def together(x: Staged, y: Staged) -> tuple[Staged, Staged]:
    """Two operands in their common dtype and their common shape; weak if both are."""
    if x.aval is y.aval:
        return x, y
    key = (x.aval, y.aval, config.default_float)
    aval = _common.get(key)
    if aval is None:
        dtype, weak = dtypes.result_type(x, y)
        aval = _common[key] = Aval(broadcast_shapes(x, y), dtype, weak)
    return _as(x, aval), _as(y, aval)


def _as(x: Staged, aval: Aval) -> Staged:
    """`x` in that dtype and shape."""
    if x.aval is aval:
        return x
    if x.literal is not None:
        refuse_overflow(x.literal, aval.dtype)
        return staging.like(build.fill(aval, np.asarray(x.literal).astype(aval.dtype)), aval)
    return broadcast_to(convert(x, aval.dtype, aval.weak), aval.shape)


def refuse_overflow(value: Any, dtype: np.dtype) -> None:
    """OverflowError for a Python int that an integer dtype, which it takes on (NEP 50), cannot hold."""
    if type(value) is int and not 0 <= value < 128 and dtype.kind in "iu" and not dtypes.fits(value, dtype):
        raise OverflowError(f"Python int {value} does not fit into {dtype}{errors.at_user_line()}")


def comparable(x: Staged, y: Staged) -> tuple[Staged, Staged]:
    """As `together`, for a comparison: a Python int that the other's integer dtype cannot hold is compared as int64."""
    return together(_widened(x, y), _widened(y, x))


def _widened(x: Staged, other: Staged) -> Staged:
    is_wide = type(x.literal) is int and other.dtype.kind in "iu" and not other.weak
    return staging.constant(x.literal) if is_wide and not dtypes.fits(x.literal, other.dtype) else x


def broadcast_to(x: Staged, shape: Sequence[int]) -> Staged:
    """`x` repeated along new leading axes and axes of length 1."""
    shape = tuple(shape)
    have = x.shape
    if have == shape:
        return x
    added = len(shape) - len(have)
    if added < 0 or any(n not in (1, m) for n, m in zip(have, shape[added:], strict=True)):
        raise ValueError(f"an array of shape {have} cannot be broadcast to shape {shape}")
    return broadcast_in_dim(x, shape, range(added, len(shape)))


def broadcast_in_dim(x: Staged, shape: Sequence[int], axes: Sequence[int]) -> Staged:
    """`x` with its axis i as axis `axes[i]` of an array of shape `shape`."""
    aval = Aval(tuple(shape), x.dtype, x.weak)
    attributes = {"broadcast_dimensions": build.integers(tuple(axes))}
    return staging.like(build.operation("stablehlo.broadcast_in_dim", aval, (x.value,), attributes), aval)


# Elementwise.


def unary(function: Callable[..., Any], x: Staged, dtype: Any = None) -> Staged:
    """A function of the dialect of one operand; the result has its shape, and its dtype if none is given."""
    aval = x.aval if dtype is None else Aval(x.shape, dtype, x.weak)
    return staging.like(build.elementwise(function, aval, (x.value,)), aval)


def binary(function: Callable[..., Any], x: Staged, y: Staged) -> Staged:
    """A function of the dialect of two operands that agree in shape and dtype."""
    return staging.like(build.elementwise(function, x.aval, (x.value, y.value)), x.aval)


def compare(x: Staged, y: Staged, direction: str) -> Staged:
    """A comparison ("EQ", "NE", "LT", "LE", "GT", "GE") of operands that agree in shape and dtype."""
    kind = {"b": "UNSIGNED", "u": "UNSIGNED", "i": "SIGNED"}.get(x.dtype.kind, "FLOAT")
    aval = Aval(x.shape, dtypes.bool_, x.weak and y.weak)
    attributes = build.comparison(direction, kind)
    return staging.like(build.operation("stablehlo.compare", aval, (x.value, y.value), attributes), aval)


def select(condition: Staged, x: Staged, y: Staged) -> Staged:
    """`x` where the condition holds, else `y`; all three agree in shape, or the condition has rank 0."""
    values = (condition.value, x.value, y.value)
    return staging.like(build.operation("stablehlo.select", x.aval, values), x.aval)


def add(x: Staged, y: Staged) -> Staged:
    return binary(stablehlo.add, x, y)


def subtract(x: Staged, y: Staged) -> Staged:
    return binary(stablehlo.subtract, x, y)


def multiply(x: Staged, y: Staged) -> Staged:
    return binary(stablehlo.multiply, x, y)


def divide(x: Staged, y: Staged) -> Staged:
    return binary(stablehlo.divide, x, y)


def maximum(x: Staged, y: Staged) -> Staged:
    return binary(stablehlo.maximum, x, y)


def minimum(x: Staged, y: Staged) -> Staged:
    return binary(stablehlo.minimum, x, y)


def negate(x: Staged) -> Staged:
    return unary(stablehlo.negate, x)


def logical_not(x: Staged) -> Staged:
    return unary(stablehlo.not_, x)


def logical_and(x: Staged, y: Staged) -> Staged:
    return binary(stablehlo.and_, x, y)


def logical_or(x: Staged, y: Staged) -> Staged:
    return binary(stablehlo.or_, x, y)


def is_nan(x: Staged) -> Staged:
    return compare(x, x, "NE") if dtypes.is_inexact(x.dtype) else full_like(x, False, dtypes.bool_)


# Shapes.


def reshape(x: Staged, shape: Sequence[int]) -> Staged:
    """The same elements, in the same order, in another shape (no -1)."""
    aval = Aval(tuple(shape), x.dtype, x.weak)
    if aval.shape == x.shape:
        return x
    return staging.like(build.operation("stablehlo.reshape", aval, (x.value,)), aval)


def expand(x: Staged, axes: Sequence[int]) -> Staged:
    """`x` with new axes of length 1 at these places of the result."""
    rest = iter(x.shape)
    return reshape(x, [1 if i in axes else next(rest) for i in range(x.ndim + len(axes))])


def transpose(x: Staged, axes: Sequence[int]) -> Staged:
    """Axis i of the result is axis `axes[i]` of `x`."""
    if list(axes) == list(range(x.ndim)):
        return x
    aval = Aval(tuple(x.shape[i] for i in axes), x.dtype, x.weak)
    permutation = {"permutation": build.integers(tuple(axes))}
    return staging.like(build.operation("stablehlo.transpose", aval, (x.value,), permutation), aval)


def reverse(x: Staged, axes: Sequence[int]) -> Staged:
    return staging.like(stablehlo.reverse(x.value, list(axes)), x.aval) if axes else x


def concatenate(arrays: Sequence[Staged], axis: int) -> Staged:
    """Arrays of one dtype, one after the other."""
    if len(arrays) == 1:
        return arrays[0]
    first = arrays[0]
    total = sum(a.shape[axis] for a in arrays)
    shape = (*first.shape[:axis], total, *first.shape[axis + 1 :])
    return staging.like(stablehlo.concatenate([a.value for a in arrays], axis), Aval(shape, first.dtype))


def slice_(x: Staged, starts: Sequence[int], limits: Sequence[int], strides: Sequence[int] | None = None) -> Staged:
    """A static part of `x`; positive strides."""
    strides = [1] * x.ndim if strides is None else list(strides)
    shape = tuple(max(0, -(-(b - a) // s)) for a, b, s in zip(starts, limits, strides, strict=True))
    if shape == x.shape:
        return x
    value = stablehlo.slice(x.value, list(starts), list(limits), strides)
    return staging.like(value, Aval(shape, x.dtype, x.weak))


def pad(x: Staged, value: Staged, low: Sequence[int], high: Sequence[int], interior: Sequence[int] = ()) -> Staged:
    """`x` with `value` (rank 0) around it and between its elements; negative widths cut off."""
    interior = list(interior) or [0] * x.ndim
    sizes = zip(x.shape, low, high, interior, strict=True)
    shape = tuple(a + n + b + max(n - 1, 0) * i for n, a, b, i in sizes)
    built = stablehlo.pad(x.value, value.value, list(low), list(high), interior)
    return staging.like(built, Aval(shape, x.dtype))


def dynamic_slice(x: Staged, starts: Sequence[Staged], sizes: Sequence[int]) -> Staged:
    """A part of static size at a run-time place, moved inside where it sticks out."""
    value = stablehlo.dynamic_slice(x.value, [s.value for s in starts], list(sizes))
    return staging.like(value, Aval(tuple(sizes), x.dtype, x.weak))


def dynamic_update_slice(x: Staged, update: Staged, starts: Sequence[Staged]) -> Staged:
    """`x` with `update` written at a run-time place, moved inside where it sticks out."""
    value = stablehlo.dynamic_update_slice(x.value, update.value, [s.value for s in starts])
    return staging.like(value, x.aval.strong())


# Reductions.

_COMBINE = {
    "add": stablehlo.add,
    "multiply": stablehlo.multiply,
    "max": stablehlo.maximum,
    "min": stablehlo.minimum,
    "and": stablehlo.and_,
    "or": stablehlo.or_,
}


def identity_of(kind: str, dtype: np.dtype) -> Any:
    """The value that a reduction of that kind starts from."""
    if kind in ("add", "or"):
        return 0
    if kind in ("multiply", "and"):
        return 1
    if dtype == dtypes.bool_:
        return kind == "min"
    if dtypes.is_integer(dtype):
        return np.iinfo(dtype).min if kind == "max" else np.iinfo(dtype).max
    return -math.inf if kind == "max" else math.inf


def reduce(x: Staged, axes: Sequence[int], kind: str) -> Staged:
    """A reduction with "add", "multiply", "max", "min", "and" or "or"."""
    shape = tuple(n for i, n in enumerate(x.shape) if i not in axes)
    if not axes:
        return x
    start = scalar(identity_of(kind, x.dtype), x.dtype)
    aval = Aval(shape, x.dtype, x.weak)
    return staging.like(build.reduction(aval, x.value, start.value, tuple(axes), _COMBINE[kind]), aval)


def combining_region(op: Any, dtype: np.dtype, combine: Callable[..., Any]) -> None:
    """Fills the region of a reduction or scatter: a function of two scalars."""
    element = dtypes.tensor_type((), dtype)
    block = op.regions[0].blocks.append(element, element)
    with ir.InsertionPoint(block):
        stablehlo.return_([combine(*block.arguments)])


# Products.


def dot_general(
    x: Staged, y: Staged, contract: tuple[Sequence[int], Sequence[int]], batch: tuple[Sequence[int], Sequence[int]]
) -> Staged:
    """The product over contracted axes; the result has the batch axes, then the free axes of `x`, then those of `y`."""
    free_x = [n for i, n in enumerate(x.shape) if i not in contract[0] and i not in batch[0]]
    free_y = [n for i, n in enumerate(y.shape) if i not in contract[1] and i not in batch[1]]
    aval = Aval((*(x.shape[i] for i in batch[0]), *free_x, *free_y), x.dtype)
    numbers = build.dot_numbers(*map(tuple, (*batch, *contract)))
    return staging.like(build.operation("stablehlo.dot_general", aval, (x.value, y.value), numbers), aval)
