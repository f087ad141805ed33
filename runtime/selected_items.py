"""Indices by staged masks: what they select, places in what was selected, and writes back to where it came from."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2s.runtime import errors, staging, views
from s2s.runtime.host_calls import fail_unless
from s2s.runtime.index_plan import out_of_bounds_value
from s2s.runtime.selections import BY_MASK, Length, Selected, aligned, apply, axes_of, is_mask, rule, same, unknown
from s2s.runtime.staging import Staged

_UPDATES = ("set_at", "add_at", "multiply_at", "divide_at", "min_at", "max_at", "put", "put_add")


def places(function: Any, mask: Any) -> Any:
    """`np.nonzero(mask)` or `np.flatnonzero(mask)`: the places where a mask of one axis holds."""
    if mask.ndim != 1 or type(mask) is Selected:
        raise unknown("the places where a mask holds")
    found = Selected(staging.stage(np.arange(mask.shape[0])), views.own(mask))
    return found if function is np.flatnonzero else (found,)


def _of_mask(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    """Reads by a staged mask."""
    array, index = operands
    items = list(index) if type(index) is tuple else [index]
    if not items or not is_mask(items[0]) or any(map(is_mask, items[1:])) or not _are_plain(items[1:]):
        return NotImplemented
    mask, *rest = items
    if mask.ndim == 0 or mask.shape != np.shape(array)[: mask.ndim]:
        raise IndexError(
            f"a mask of shape {mask.shape} does not fit an array of shape {np.shape(array)}{errors.at_user_line()}"
        )
    array = staging.stage(array)
    whole = array[(*[slice(None)] * mask.ndim, *rest)] if rest else array
    rows = views.own(_rows_of(whole, mask.ndim))  # what is written later is not seen here
    return Selected(rows, views.own(np.reshape(mask, -1) if mask.ndim > 1 else mask))


def _rows_of(array: Staged, axes: int) -> Staged:
    return array if axes == 1 else np.reshape(array, (-1, *array.shape[axes:]))


@rule("getitem")
def _item(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    array, index = operands
    if type(array) is not Selected:  # positions of selected rows
        return Selected(array[np.where(index.valid, index.array, 0)], index.valid, index.packed)
    first, *rest = index if type(index) is tuple else (index,)
    if is_mask(first) and not rest:
        if type(first) is not Selected:
            raise unknown("the number of elements that a mask selects, for a mask of known length,")
        (array, mask), _ = aligned([array, first])
        return Selected(array.array, np.logical_and(array.valid, mask.array))
    if isinstance(first, slice):
        whole = Selected(array.array[(slice(None), *rest)], array.valid, array.packed) if rest else array
        return whole if first == slice(None) else part_of(whole.rows(), first)
    if first is None or first is Ellipsis or np.ndim(first):
        raise unknown("the shape of what a mask selects, by this index,")
    row = _row(array.rows(), first)
    return row[tuple(rest)] if rest else row


def _row(x: Selected, index: Any) -> Staged:
    count = Length(x.valid).count
    place = np.where(np.less(index, 0), index + count, index)
    found = np.take(x.array, np.clip(place, 0, x.array.shape[0] - 1), axis=0)
    nothing = np.asarray(out_of_bounds_value(found.dtype), found.dtype)
    return np.where(np.logical_and(np.greater_equal(place, 0), np.less(place, count)), found, nothing)


def part_of(x: Selected, part: slice) -> Selected:
    """`x[start:stop:step]`, of a length that is not known."""
    start, step, total = _span(x, part)
    places = np.arange(x.array.shape[0])
    rows = np.take(x.array, np.clip(start + places * step, 0, x.array.shape[0] - 1), axis=0)
    return Selected(rows, np.less(places, total), True)


def _span(x: Selected, part: slice) -> tuple[Any, int, Any]:
    """Where a slice begins, its step, and how many rows it takes, as `slice.indices` has it."""
    count: Any = Length(x.valid).count
    step = part.step or 1
    low, high = (0, count) if step > 0 else (-1, count - 1)
    first, last = (low, high) if step > 0 else (high, low)
    start = first if part.start is None else _bound(part.start, count, low, high)
    stop = last if part.stop is None else _bound(part.stop, count, low, high)
    return start, step, np.maximum((stop - start + (step - 1 if step > 0 else step + 1)) // step, 0)


def _bound(bound: Any, count: Staged, low: Any, high: Any) -> Any:
    place = np.where(np.less(bound, 0), bound + count, bound)
    return np.minimum(np.maximum(place, low), high)


@rule("flip")
def _reversed(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    (x,) = operands
    if axes_of(x, static) != (0,):
        raise unknown(f"the shape of what a mask selects, by {primitive.name},")
    return part_of(x.rows(), slice(None, None, -1))


@rule(*_UPDATES)
def _update(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    """`c[index] = v`, where `c` or `v` was selected."""
    c, index, v = operands
    if type(c) is Selected:
        return _changed(primitive, c, index, v)
    if type(index) is Selected and index.dtype != np.bool_:
        return _scattered(primitive, c, index, v)
    mask, *rest = index if type(index) is tuple else (index,)
    if type(mask) is Selected or not is_mask(mask) or not _are_plain(rest) or type(v) is not Selected:
        raise unknown("the place of an element among those that a mask selects")
    rows = np.reshape(mask, -1) if mask.ndim > 1 else mask
    flat = views.own(_rows_of(staging.stage(c), mask.ndim))
    given = v.array if same(v.valid, rows) else _at_their_places(v, rows)
    changed = _where(primitive, flat, rows, given, (slice(None), *rest) if rest else Ellipsis)
    return changed if mask.ndim == 1 else views.own(np.reshape(changed, np.shape(c)))


def _update_of_parts(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    """`c[mask, 1] = v`, of what is the same for all rows."""
    c, index, v = operands
    mask, *rest = index if type(index) is tuple and index else (index,)
    if not rest or not is_mask(mask) or mask.ndim != 1 or not _are_plain(rest):
        return NotImplemented
    part = (slice(None), *rest)
    if np.ndim(v) >= np.ndim(np.empty(np.shape(c))[tuple(0 if type(i) is Staged else i for i in part)]):
        return NotImplemented
    return _where(primitive, staging.stage(c), mask, v, part)


def _are_plain(items: Sequence[Any]) -> bool:
    """Whether the rest of an index behind a mask is of slices and single places."""
    return all(isinstance(i, slice) or (i is not None and i is not Ellipsis and np.ndim(i) == 0) for i in items)


def _scattered(primitive: Any, c: Any, places: Selected, v: Any) -> Any:
    """`c[places] = v`: what does not count is written behind the end, which changes nothing."""
    operands, _ = aligned([places, v])
    behind = np.where(operands[0].valid, operands[0].array, np.shape(c)[0])
    return apply(primitive, c, behind, operands[1].array if type(v) is Selected else v)


def last_written(read: Selected, places: Selected, count: int) -> Selected:
    """What was written at `places` of an axis of that length and not overwritten there; zeros for the rest."""
    order = np.arange(places.array.shape[0])
    behind = np.where(places.valid, places.array, count)
    last = staging.stage(np.zeros(count, order.dtype)).at[behind].set(order)[np.where(places.valid, places.array, 0)]
    kept = np.reshape(np.equal(last, order), (-1, *[1] * (read.array.ndim - 1)))
    return Selected(np.where(kept, read.array, 0), read.valid, read.packed)


def _where(primitive: Any, array: Staged, rows: Staged, v: Any, index: Any = Ellipsis) -> Staged:
    """The array, updated in these rows."""
    changed = apply(primitive, array, index, v)
    return np.where(np.reshape(rows, (rows.shape[0], *[1] * (array.ndim - 1))), changed, array)


def _changed(primitive: Any, c: Selected, index: Any, v: Any) -> Selected:
    if is_mask(index):
        (c, index), _ = aligned([c, index])
        rows = np.logical_and(c.valid, index.array)
        v = _at_their_places(v, rows) if type(v) is Selected else v
    elif isinstance(index, slice):
        c = c.rows()
        start, step, total = _span(c, index)
        places: Any = (np.arange(c.array.shape[0]) - start) // step
        exact = np.equal(places * step + start, np.arange(c.array.shape[0]))
        rows = np.logical_and(exact, np.logical_and(np.greater_equal(places, 0), np.less(places, total)))
        v = _taken(v, places, total) if type(v) is Selected else v
    elif np.ndim(index) == 0 and index is not Ellipsis and index is not None:
        c = c.rows()
        rows = np.equal(np.arange(c.array.shape[0]), np.where(np.less(index, 0), index + Length(c.valid).count, index))
    else:
        raise unknown("the place of an element among those that a mask selects")
    return Selected(_where(primitive, c.array, rows, v), c.valid, c.packed)


def _taken(v: Selected, places: Any, total: Any) -> Staged:
    """The rows of `v` at these places, of which there are `total`; a single row stands for all."""
    count = Length(v.valid).count
    is_single = np.equal(count, 1)
    message = "the number of values that a mask selects is not that of the elements that they are assigned to"
    fail_unless(np.logical_or(is_single, np.equal(count, total)), ValueError(message))
    last = np.where(is_single, 0, v.array.shape[0] - 1)
    return np.take(v.rows().array, np.clip(places, 0, last), axis=0)


def _at_their_places(v: Selected, rows: Staged) -> Staged:
    """The rows of `v`, each at the place of the entry of a mask that it belongs to."""
    return _taken(v, np.cumsum(rows.astype(np.int64)) - 1, Length(rows).count)


BY_MASK["getitem"] = _of_mask
BY_MASK.update(dict.fromkeys(_UPDATES, _update_of_parts))
