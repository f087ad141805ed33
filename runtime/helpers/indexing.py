"""Helpers of emitted code: reading and writing elements of arrays, lists, tuples and dicts.

`c` is the container, `index` whatever stands in `c[index]`, `v` a value that broadcasts to `c[index]`. Functions called
`..._at` are pure; `put` and `put_add` may reuse `c`, which the caller proves to be dead afterwards.
"""

from typing import Any

import numpy as np

from s2s.runtime import chosen_entries, selected_items, selected_reductions, selections, staging
from s2s.runtime.helpers.reductions import Shape, sum_to
from s2s.runtime.helpers.trees import acc, is_numeric, is_open, rebuild, type_of_dict, zeros_like


def call(function: Any, *arguments: Any) -> Any:
    """`function` of the first argument that is not NumPy's own, through NumPy's protocol; NotImplemented if all are."""
    parts = [part for x in arguments for part in (x if isinstance(x, (list, tuple)) else (x,))]
    for x in filter(_is_foreign, parts):
        return x.__array_function__(function, (type(x),), arguments, {})
    return NotImplemented


def getitem(c: Any, index: Any) -> Any:
    """`c[index]`."""
    return c[index]


def getitem_bar(c: Any, index: Any, g: Any) -> Any:
    """The cotangent of `c` where `g` is that of `c[index]`: zeros elsewhere."""
    return add_at(zeros_like(c), index, g)


def set_at(c: Any, index: Any, v: Any) -> Any:
    """A copy of `c` with `c[index] = v`."""
    if not is_numeric(c):
        return _container_with(c, index, v)
    result = call(set_at, c, index, v)
    if result is not NotImplemented:
        return result
    made = np.array(c)
    made[index] = v
    return made


def add_at(c: Any, index: Any, v: Any) -> Any:
    """A copy of `c` with `v` added at `index`, repeatedly where an index array repeats an element."""
    if not is_numeric(c):
        return _container_with(c, index, acc(_entry(c, index), v))
    result = call(add_at, c, index, v)
    return _add_into(np.array(c), index, v) if result is NotImplemented else result


def put(c: Any, index: Any, v: Any) -> Any:
    """`set_at`, in place where `c` is a NumPy array, a list or a dict."""
    if chosen_entries.is_place(index) and type(c) is list:
        return set_at(c, index, v)
    if isinstance(c, (list, dict)) or _is_writeable(c, index, v):
        c[index] = v
        return c
    return set_at(c, index, v)


def put_add(c: Any, index: Any, v: Any) -> Any:
    """`add_at`, in place where `c` is a NumPy array, a list or a dict."""
    if chosen_entries.is_place(index) and type(c) is list:
        return add_at(c, index, v)
    if isinstance(c, (list, dict)):
        c[index] = acc(c[index], v)
        return c
    return _add_into(c, index, v) if _is_writeable(c, index, v) else add_at(c, index, v)


def _is_writeable(c: Any, index: Any, v: Any) -> bool:
    is_own = isinstance(c, np.ndarray) and c.flags.writeable and staging.current_scope() is None
    return is_own and not any(map(_is_foreign, (v, *_parts(index))))


def _is_foreign(x: Any) -> bool:
    """Whether `x` is an array, but not one of NumPy's."""
    return hasattr(x, "__array_function__") and not isinstance(x, (np.ndarray, np.generic))


def _parts(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _add_into(c: np.ndarray, index: Any, v: Any) -> np.ndarray:
    if any(isinstance(i, (list, np.ndarray)) and np.ndim(i) and np.asarray(i).dtype != bool for i in _parts(index)):
        np.add.at(c, index, v)
    else:
        c[index] += v
    return c


def _container_with(c: Any, index: Any, v: Any) -> Any:
    """A copy of a list, tuple or dict with one entry, or a slice of entries, replaced."""
    if isinstance(c, dict):
        return type_of_dict(c, {**c, index: v})
    if is_open(c):
        return c.changed_at(index, v)
    elements = list(c)
    if chosen_entries.is_place(index):
        return rebuild(c, chosen_entries.with_entry(elements, index, v))
    elements[index] = v
    return rebuild(c, elements)


def _entry(c: Any, index: Any) -> Any:
    is_chosen = isinstance(c, (list, tuple)) and not is_open(c) and chosen_entries.is_place(index)
    return chosen_entries.chosen(c, index) if is_chosen else c[index]


def set_at_bar(g: Any, index: Any, v: Any) -> Any:
    """The cotangent of `v` in `set_at(c, index, v)`: what was written, and not overwritten by a repeated index."""
    if _is_staged_mask(index) and np.ndim(v) == 0:
        return np.sum(np.where(index, g, 0))
    read = g[index]
    if isinstance(read, np.ndarray) and read.base is not None:
        read = read.copy()  # `g` may be written in place while this is in use
    if type(index) is selections.Selected and not _is_mask(index):
        read = selected_items.last_written(read, index, np.shape(g)[0])
    elif any(map(_names_positions, _parts(index))):
        order = np.reshape(np.arange(np.size(read)), np.shape(read))
        written = set_at(np.zeros_like(g, dtype=order.dtype), index, order)
        read = np.where(written[index] == order, read, 0)
    return sum_to(read, np.shape(v))


def _names_positions(i: Any) -> bool:
    """Whether `i` is an array or a list of positions, which may name one twice."""
    return (isinstance(i, list) or (is_numeric(i) and np.ndim(i) > 0)) and not _is_mask(i)


def _is_mask(i: Any) -> bool:
    return np.result_type(i).kind == "b" if is_numeric(i) else bool(i) and isinstance(i[0], bool)


def _is_staged_mask(index: Any) -> bool:
    return is_numeric(index) and not isinstance(index, np.ndarray) and np.ndim(index) > 0 and _is_mask(index)


def take_bar(g: Any, a: Any, indices: Any, axis: int | None = None) -> Any:
    """Cotangent of `a` in `np.take(a, indices, axis)`."""
    indices = np.asarray(indices) if isinstance(indices, (list, tuple)) else indices
    if axis is None:
        flat = add_at(np.zeros_like(a, shape=(np.size(a),)), indices, g)
        return np.reshape(flat, np.shape(a))
    lead = (slice(None),) * (axis if axis >= 0 else axis + np.ndim(a))
    return add_at(np.zeros_like(a), (*lead, indices), g)


def take_along_axis_bar(g: Any, arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """Cotangent of `arr` in `np.take_along_axis(arr, indices, axis)`."""
    if type(arr) is selections.Selected:
        return selected_reductions.taken_along_bar(g, arr, indices)
    if axis is None:
        return np.reshape(add_at(np.zeros_like(arr, shape=(np.size(arr),)), indices, g), np.shape(arr))
    return add_at(np.zeros_like(arr), along_axis_index(np.shape(arr), indices, axis), g)


def along_axis_index(shape: Shape, indices: Any, axis: int) -> tuple[Any, ...]:
    """The index of the elements that `np.take_along_axis` takes."""
    axis = axis + len(shape) if axis < 0 else axis
    grid = np.ogrid[tuple(slice(n) for n in shape)]
    return tuple(indices if i == axis else grid[i] for i in range(len(shape)))


def select_bar(g: Any, condlist: Any, choicelist: Any) -> Any:
    """Cotangents of the choices of `np.select`."""
    taken, bars = False, []
    for condition, choice in zip(condlist, choicelist, strict=True):
        chosen = np.logical_and(condition, np.logical_not(taken))
        taken = np.logical_or(taken, condition)
        bars.append(sum_to(np.where(chosen, g, 0), np.shape(choice)))
    return rebuild(choicelist, bars)


def dynamic_slice(operand: Any, start_indices: Any, slice_sizes: Shape) -> Any:
    """The part of `operand` of shape `slice_sizes` that begins at `start_indices`, moved inside where it sticks out."""
    result = call(dynamic_slice, operand, tuple(start_indices), tuple(slice_sizes))
    if result is not NotImplemented:
        return result
    return operand[_clamped_window(np.shape(operand), start_indices, slice_sizes)]


def dynamic_update_slice(operand: Any, update: Any, start_indices: Any) -> Any:
    """A copy of `operand` with `update` written at `start_indices`, moved inside where it sticks out."""
    result = call(dynamic_update_slice, operand, update, tuple(start_indices))
    if result is not NotImplemented:
        return result
    return set_at(operand, _clamped_window(np.shape(operand), start_indices, np.shape(update)), update)


def _clamped_window(shape: Shape, starts: Any, sizes: Shape) -> tuple[slice, ...]:
    places = [min(max(int(i) + n if i < 0 else int(i), 0), n - k) for i, n, k in zip(starts, shape, sizes, strict=True)]
    return tuple(slice(i, i + k) for i, k in zip(places, sizes, strict=True))
