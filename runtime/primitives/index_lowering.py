"""How elements are read and written.

An index that is only known when the program runs cannot raise: a read outside of the array gives NaN (integers: the
most negative one, or the largest unsigned one), and so does a write at a run-time integer into the nearest element, so
that the mistake shows; an update through an array of indices drops what lies outside.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s.runtime import dtypes, errors, hlo
from s2s.runtime.adapter import stablehlo
from s2s.runtime.index_plan import (
    NEW,
    Plan,
    Position,
    Slice,
    check_literal,
    inside,
    is_inside,
    make_plan,
    out_of_bounds_value,
    wrapped,
)
from s2s.runtime.primitives import arithmetic_lowering as arithmetic
from s2s.runtime.primitives.shape_lowering import ravel
from s2s.runtime.staging import Staged

# Reading.


def getitem(c: Staged, index: Any) -> Staged:
    plan = make_plan(c.shape, index)
    for position in plan.positions:
        check_literal(position, c.shape[position.axis])
    part = _sliced(c, plan)
    part = _gathered(part, plan) if plan.gathers else _picked(part, plan)
    return hlo.reshape(part, plan.result_shape())


def _sliced(c: Staged, plan: Plan) -> Staged:
    """`c` with every slice applied."""
    c = _moved(c, plan)
    starts, limits, strides = [0] * c.ndim, list(c.shape), [1] * c.ndim
    for s in plan.slices:
        low = s.lowest()
        starts[s.axis], strides[s.axis] = low, abs(s.step)
        limits[s.axis] = low + (s.size - 1) * abs(s.step) + 1 if s.size else low
    return hlo.reverse(hlo.slice_(c, starts, limits, strides), [s.axis for s in plan.slices if s.step < 0])


def _moved(c: Staged, plan: Plan) -> Staged:
    """The part of `c` that slices at run-time places take."""
    moving = {s.axis: s for s in plan.slices if s.origin is not None}
    if not moving:
        return c
    sizes = [moving[axis].span() if axis in moving else n for axis, n in enumerate(c.shape)]
    return hlo.dynamic_slice(c, [_origin(moving.get(axis)) for axis in range(c.ndim)], sizes)


def _origin(s: Slice | None) -> Staged:
    return hlo.constant(np.int64(0)) if s is None or s.origin is None else s.origin


def _picked(part: Staged, plan: Plan) -> Staged:
    """The element of every axis that an integer picks; those axes keep length 1."""
    if not plan.positions:
        return part
    sizes = [1 if i in {p.axis for p in plan.positions} else n for i, n in enumerate(part.shape)]
    if all(p.index.literal is not None for p in plan.positions):
        starts = [0] * part.ndim
        for p in plan.positions:
            starts[p.axis] = int(p.index.literal) % plan.shape[p.axis]
        return hlo.slice_(part, starts, [a + n for a, n in zip(starts, sizes, strict=True)])
    found = hlo.dynamic_slice(part, _starts(plan), sizes)
    if all(is_inside(p, plan.shape[p.axis]) for p in plan.positions):
        return found
    return hlo.select(_all_inside(plan), found, hlo.full_like(found, out_of_bounds_value(part.dtype)))


def _starts(plan: Plan) -> list[Staged]:
    """Where a window begins, axis by axis: the integers, and 0 for axes that are already sliced."""
    starts = [hlo.constant(np.int64(0))] * len(plan.shape)
    for p in plan.positions:
        starts[p.axis] = wrapped(p, plan.shape[p.axis])
    return starts


def _all_inside(plan: Plan) -> Staged:
    """Whether all run-time integers, brought to a common shape, are inside of their axes."""
    checks = [inside(wrapped(p, plan.shape[p.axis]), plan.shape[p.axis]) for p in plan.positions]
    result = hlo.broadcast_to(checks[0], plan.batch)
    for check in checks[1:]:
        result = hlo.logical_and(result, hlo.broadcast_to(check, plan.batch))
    return result


def _gathered(part: Staged, plan: Plan) -> Staged:
    """The batch of elements that index arrays pick, at its place among the slices."""
    axes = [p.axis for p in plan.positions]
    indices = _index_vectors([wrapped(p, plan.shape[p.axis]) for p in plan.positions], plan.batch)
    before, rank = plan.slices_before_batch(), len(plan.batch)
    kept = [n for i, n in enumerate(part.shape) if i not in axes]
    shape = (*kept[:before], *plan.batch, *kept[before:])
    offsets = [i for i in range(len(shape)) if not before <= i < before + rank]
    numbers = stablehlo.GatherDimensionNumbers.get(offsets, axes, [], [], axes, rank)
    sizes = [1 if i in axes else n for i, n in enumerate(part.shape)]
    if 0 in part.shape:
        return hlo.full(shape, out_of_bounds_value(part.dtype), part.dtype)
    value = stablehlo.gather(part.value, indices.value, numbers, sizes)
    found = hlo.staging.like(value, hlo.Aval(shape, part.dtype))
    valid = hlo.broadcast_in_dim(_all_inside(plan), shape, range(before, before + rank))
    return hlo.select(valid, found, hlo.full_like(found, out_of_bounds_value(part.dtype)))


def _index_vectors(indices: Sequence[Staged], batch: Sequence[int]) -> Staged:
    """Indices of one shape, side by side on a new last axis."""
    columns = [hlo.expand(hlo.broadcast_to(i, batch), [len(batch)]) for i in indices]
    return hlo.concatenate(columns, len(batch))


# Writing.

_COMBINE: dict[str, Callable[..., Any]] = {
    "set": lambda old, new: new,
    "add": stablehlo.add,
    "multiply": stablehlo.multiply,
    "min": stablehlo.minimum,
    "max": stablehlo.maximum,
}


def updating(kind: str) -> Callable[[Staged, Any, Staged], Staged]:
    """`c.at[index].set(v)` ("set"), or "add", "multiply", "min", "max"."""

    def lower(c: Staged, index: Any, v: Staged) -> Staged:
        v = _cast_into(c, v, kind)
        if _mask_of(index) is not None:
            return _masked(c, _mask_of(index), v, kind)  # type: ignore[arg-type]
        plan = make_plan(c.shape, index)
        for position in plan.positions:
            check_literal(position, c.shape[position.axis])
        update = _as_result(v, plan)
        if 0 in update.shape:
            return c
        contiguous = all(s.step in (1, -1) or s.size <= 1 for s in plan.slices)
        write = _window if contiguous and not plan.gathers else _scattered
        return write(hlo.convert(c, c.dtype), update, plan, kind)

    return lower


def _cast_into(c: Staged, v: Staged, kind: str) -> Staged:
    loses = dtypes.category(v.dtype) > dtypes.category(c.dtype)
    if loses and (kind != "set" or dtypes.is_complex(v.dtype)):
        raise TypeError(f"an update of dtype {v.dtype} does not fit an array of dtype {c.dtype}{errors.at_user_line()}")
    return hlo.convert(v, c.dtype)


def _mask_of(index: Any) -> Staged | None:
    items = index if isinstance(index, tuple) else (index,)
    masks = [i for i in items if isinstance(i, Staged) and i.dtype == dtypes.bool_]
    plain = all(i is Ellipsis or (isinstance(i, slice) and i == slice(None)) for i in items[1:])
    return masks[0] if len(masks) == 1 and items[0] is masks[0] and plain else None


def _masked(c: Staged, mask: Staged, v: Staged, kind: str) -> Staged:
    """An update where a mask holds, of a value that is the same for all elements that it selects."""
    if mask.shape != c.shape[: mask.ndim]:
        message = f"a mask of shape {mask.shape} does not fit an array of shape {c.shape}"
        raise IndexError(message + errors.at_user_line())
    if v.ndim > c.ndim - mask.ndim:
        raise IndexError(
            f"how many elements a mask selects is not known while staging{errors.at_user_line()}; "
            "write np.where(mask, values_of_full_shape, x)"
        )
    spread = hlo.broadcast_in_dim(mask, c.shape, range(mask.ndim))
    updated = hlo.binary(_COMBINE[kind], c, hlo.broadcast_to(v, c.shape)) if kind != "set" else None
    return hlo.select(spread, hlo.broadcast_to(v, c.shape) if updated is None else updated, c)


def _as_result(v: Staged, plan: Plan) -> Staged:
    """The value in the shape of `c[index]`, without new axes and with reversed slices put straight."""
    shape = plan.result_shape()
    extra = v.ndim - len(shape)
    if extra > 0 and all(n == 1 for n in v.shape[:extra]):
        v = hlo.reshape(v, v.shape[extra:])
    v = hlo.broadcast_to(v, shape)
    layout = [e for e in plan.layout() if e is not NEW]
    sizes = [(e.size,) if isinstance(e, Slice) else plan.batch for e in layout]
    v = hlo.reshape(v, [n for part in sizes for n in part])
    places = np.cumsum([0, *[len(part) for part in sizes]])
    return hlo.reverse(v, [int(p) for e, p in zip(layout, places, strict=False) if isinstance(e, Slice) and e.step < 0])


def _window(c: Staged, update: Staged, plan: Plan, kind: str) -> Staged:
    """An update of one block of neighbouring elements."""
    sizes, starts = [1] * c.ndim, _starts(plan)
    for s in plan.slices:
        place = hlo.constant(np.int64(s.lowest())) if s.origin is None else s.origin
        sizes[s.axis], starts[s.axis] = s.size, place
    update = hlo.reshape(update, sizes)
    if kind != "set":
        update = hlo.binary(_COMBINE[kind], hlo.dynamic_slice(c, starts, sizes), update)
    if not all(is_inside(p, plan.shape[p.axis]) for p in plan.positions):
        update = hlo.select(_all_inside(plan), update, hlo.full_like(update, out_of_bounds_value(c.dtype)))
    return update if update.shape == c.shape else hlo.dynamic_update_slice(c, update, starts)


def _scattered(c: Staged, update: Staged, plan: Plan, kind: str) -> Staged:
    """An update through arrays of indices; slices that do not cover their axis become arrays as well."""
    partial = [s for s in plan.slices if not s.covers(c.shape[s.axis])]
    whole = [s for s in plan.slices if s.covers(c.shape[s.axis])]
    update = _batch_first(update, plan, partial, whole)
    batch = (*plan.batch, *[s.size for s in partial])
    by_axis = {p.axis: _trailing_ones(wrapped(p, c.shape[p.axis]), len(partial)) for p in plan.positions}
    for place, s in enumerate(partial):
        line = hlo.constant(s.lowest() + abs(s.step) * np.arange(s.size))
        line = line if s.origin is None else hlo.add(line, hlo.broadcast_to(s.origin, line.shape))
        by_axis[s.axis] = _trailing_ones(line, len(partial) - place - 1)
    axes = sorted(by_axis)
    indices = _index_vectors([by_axis[a] for a in axes], batch)
    window = list(range(len(batch), update.ndim))
    numbers = stablehlo.ScatterDimensionNumbers.get(window, axes, [], [], axes, len(batch))
    kind_of_result = dtypes.tensor_type(c.shape, c.dtype)
    op = stablehlo.ScatterOp([kind_of_result], [c.value], indices.value, [update.value], numbers)
    hlo.combining_region(op, c.dtype, _COMBINE[kind])
    return hlo.staging.like(op.results[0], c.aval.strong())


def _trailing_ones(x: Staged, count: int) -> Staged:
    return hlo.reshape(x, (*x.shape, *[1] * count))


def _batch_first(update: Staged, plan: Plan, partial: list[Slice], whole: list[Slice]) -> Staged:
    """The update with its batch first, then the partial slices, then the whole ones."""
    layout = [e for e in plan.layout() if e is not NEW]
    places: dict[Any, list[int]] = {}
    next_axis = 0
    for e in layout:
        rank = 1 if isinstance(e, Slice) else len(plan.batch)
        places[e] = list(range(next_axis, next_axis + rank))
        next_axis += rank
    return hlo.transpose(update, [i for e in ("batch", *partial, *whole) for i in places.get(e, [])])


def divide_at(c: Staged, index: Any, v: Staged) -> Staged:
    divisors = updating("multiply")(hlo.full_like(c, 1), index, v)
    return hlo.convert(arithmetic.divide(c, divisors), c.dtype)


def power_at(c: Staged, index: Any, v: Staged) -> Staged:
    return hlo.convert(arithmetic.power(c, updating("multiply")(hlo.full_like(c, 1), index, v)), c.dtype)


# Functions of NumPy and slices at a run-time place.


def take(a: Staged, indices: Any, axis: int | None = None) -> Staged:
    indices = np.stack(indices) if isinstance(indices, (list, tuple)) else indices
    if axis is None:
        return getitem(ravel(a), (indices,))
    lead = axis + a.ndim if axis < 0 else axis
    if not 0 <= lead < a.ndim:
        raise np.exceptions.AxisError(axis, a.ndim)
    return getitem(a, (*[slice(None)] * lead, indices))


def take_along_axis(arr: Staged, indices: Staged, axis: int | None = -1) -> Staged:
    if axis is None:
        return getitem(ravel(arr), (indices,))
    axis = axis + arr.ndim if axis < 0 else axis
    if indices.ndim != arr.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    return getitem(arr, tuple(indices if i == axis else _line(arr.shape, i) for i in range(arr.ndim)))


def _line(shape: Sequence[int], axis: int) -> Staged:
    return hlo.iota([n if i == axis else 1 for i, n in enumerate(shape)], axis)


def select(condlist: Any, choicelist: Any, default: Staged) -> Staged:
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = arithmetic.where(condition, choice, result)
    return result


def dynamic_slice(operand: Staged, start_indices: Any, slice_sizes: Any) -> Staged:
    sizes = tuple(int(n) for n in slice_sizes)
    if len(sizes) != operand.ndim or any(k > n for k, n in zip(sizes, operand.shape, strict=True)):
        raise ValueError(f"dynamic_slice: sizes {sizes} do not fit an array of shape {operand.shape}")
    return hlo.dynamic_slice(operand, _window_starts(operand, start_indices), sizes)


def dynamic_update_slice(operand: Staged, update: Staged, start_indices: Any) -> Staged:
    if update.ndim != operand.ndim or any(k > n for k, n in zip(update.shape, operand.shape, strict=True)):
        raise ValueError(f"dynamic_update_slice: {update.shape} does not fit an array of shape {operand.shape}")
    starts = _window_starts(operand, start_indices)
    return hlo.dynamic_update_slice(operand, hlo.convert(update, operand.dtype), starts)


def _window_starts(operand: Staged, start_indices: Any) -> list[Staged]:
    given = start_indices
    if isinstance(given, Staged):
        given = [getitem(given, (i,)) for i in range(given.shape[0])]
    if len(given) != operand.ndim:
        raise ValueError(f"{len(given)} start indices for an array of rank {operand.ndim}")
    return [wrapped(Position(i, s), n) for i, (s, n) in enumerate(zip(given, operand.shape, strict=True))]


def depends_on_values(name: str) -> Callable[..., Staged]:
    """What cannot be built: the shape of the result depends on the values."""

    def lower(a: Staged) -> Staged:
        raise TypeError(
            f"np.{name}: how many elements there are depends on the values, which are not known here"
            f"{errors.at_user_line()}; use np.where(mask, x, 0), or np.{name}(np.asarray(x)) outside of jit"
        )

    return lower
