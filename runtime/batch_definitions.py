"""Operations written with simpler ones, which batching takes in their place where an operation has no form of its own.

`axis` and shapes are those of one row; the text of these functions is batched like that of a user.
"""

import math
from typing import Any

import numpy as np

from s2s.runtime.support import (
    add_at,
    choose,
    concatenate_bar,
    diagonal_bar,
    getitem_bar,
    is_view,
    kron_plan,
    set_at,
    span,
    tensordot_plan,
    window_places,
)

Array = Any


def outer(a: Array, b: Array) -> Array:
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


def vdot(a: Array, b: Array) -> Array:
    return np.sum(np.conjugate(np.reshape(a, (-1,))) * np.reshape(b, (-1,)))


def inner(a: Array, b: Array) -> Array:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return a * b
    return np.tensordot(a, b, axes=(-1, -1))


def tensordot(a: Array, b: Array, axes: Any = 2) -> Array:
    order_a, order_b, shape_a, shape_b, shape = tensordot_plan(np.shape(a), np.shape(b), axes)
    left = np.reshape(np.transpose(a, order_a), shape_a)
    return np.reshape(left @ np.reshape(np.transpose(b, order_b), shape_b), shape)


def kron(a: Array, b: Array) -> Array:
    left, right, shape = kron_plan(np.shape(a), np.shape(b))
    return np.reshape(np.reshape(a, left) * np.reshape(b, right), shape)


def dynamic_slice(operand: Array, start_indices: Any, slice_sizes: Any) -> Array:
    return np.reshape(operand, (-1,))[window_places(np.shape(operand), start_indices, slice_sizes)]


def dynamic_update_slice(operand: Array, update: Array, start_indices: Any) -> Array:
    places = window_places(np.shape(operand), start_indices, np.shape(update))
    return np.reshape(set_at(np.reshape(operand, (-1,)), places, update), np.shape(operand))


def append(arr: Array, values: Array, axis: int | None = None) -> Array:
    if axis is None:
        return np.concatenate([np.reshape(arr, (-1,)), np.reshape(values, (-1,))])
    return np.concatenate([arr, values], axis=axis)


def append_bar(g: Array, parts: Any, axis: int | None = None) -> Any:
    arr, values = parts
    if axis is None:
        first, second = concatenate_bar(g, [np.reshape(arr, (-1,)), np.reshape(values, (-1,))], 0)
        return np.reshape(first, np.shape(arr)), np.reshape(second, np.shape(values))
    first, second = concatenate_bar(g, [arr, values], axis)
    return first, second


def diag(v: Array, k: int = 0) -> Array:
    if np.ndim(v) == 2:
        return np.diagonal(v, k)
    n = np.shape(v)[0] + abs(k)
    return diagonal_bar(v, (n, n), k)


def diag_bar(g: Array, shape: Any, k: int = 0) -> Array:
    if np.size(shape) == 1:
        return np.diagonal(g, k)
    return diagonal_bar(g, shape, k)


def take(a: Array, indices: Array, axis: int | None = None) -> Array:
    if axis is None:
        return np.reshape(a, (-1,))[indices]
    place, rank = axis % np.ndim(a), np.ndim(indices)
    taken = np.moveaxis(a, axis, 0)[indices]
    return np.moveaxis(taken, span(0, rank), span(place, place + rank))


def take_bar(g: Array, a: Array, indices: Array, axis: int | None = None) -> Array:
    if axis is None:
        return np.reshape(getitem_bar(np.reshape(a, (-1,)), indices, g), np.shape(a))
    place, rank = axis % np.ndim(a), np.ndim(indices)
    moved = np.moveaxis(g, span(place, place + rank), span(0, rank))
    return np.moveaxis(getitem_bar(np.moveaxis(a, axis, 0), indices, moved), 0, axis)


def roll(a: Array, shift: Any, axis: Any = None) -> Array:
    return np.reshape(np.roll(np.reshape(a, (-1,)), shift, 0), np.shape(a))


def repeat_bar(g: Array, shape: Any, repeats: Any, axis: int | None = None) -> Array:
    owner = np.repeat(np.arange(math.prod(shape) if axis is None else shape[axis]), repeats)
    if axis is None:
        return np.reshape(add_at(np.zeros_like(g, shape=(math.prod(shape),)), owner, g), shape)
    rest = [n for i, n in enumerate(shape) if i != axis % len(shape)]
    zeros = np.zeros_like(g, shape=(shape[axis], *rest))
    return np.moveaxis(add_at(zeros, owner, np.moveaxis(g, axis, 0)), 0, axis)


def hstack(tup: Any) -> Array:
    return np.concatenate([np.atleast_1d(a) for a in tup], axis=0 if np.ndim(tup[0]) <= 1 else 1)


def column_stack(tup: Any) -> Array:
    return np.concatenate([np.reshape(a, (-1, 1)) if np.ndim(a) == 1 else a for a in tup], axis=1)


def hstack_bar(g: Array, tup: Any) -> Any:
    parts = [np.atleast_1d(a) for a in tup]
    bars = concatenate_bar(g, parts, 0 if np.ndim(tup[0]) <= 1 else 1)
    return [np.reshape(bar, np.shape(a)) for bar, a in zip(bars, tup)]  # noqa: B905


def vstack_bar(g: Array, tup: Any) -> Any:
    bars = concatenate_bar(g, [np.atleast_2d(a) for a in tup], 0)
    return [np.reshape(bar, np.shape(a)) for bar, a in zip(bars, tup)]  # noqa: B905


def dstack_bar(g: Array, tup: Any) -> Any:
    bars = concatenate_bar(g, [np.atleast_3d(a) for a in tup], 2)
    return [np.reshape(bar, np.shape(a)) for bar, a in zip(bars, tup)]  # noqa: B905


def column_stack_bar(g: Array, tup: Any) -> Any:
    bars = concatenate_bar(g, [np.reshape(a, (-1, 1)) if np.ndim(a) == 1 else a for a in tup], 1)
    return [np.reshape(bar, np.shape(a)) for bar, a in zip(bars, tup)]  # noqa: B905


def flattened_if(x: Array, axis: int | None) -> Array:
    return np.reshape(x, (-1,)) if axis is None else x


def as_written(old: Array, new: Array) -> Array:
    return choose(np.ndim(old) > 0, new, old)


def reread(old: Array, c: Array, index: Any) -> Array:
    return choose(is_view(old, index), c[index], old)


def put_view(c: Array, index: Any, v: Array) -> Array:
    return choose(is_view(v, index), set_at(c, index, v), c)


def write_where(c: Array, v: Array, where: Array) -> Array:
    return np.where(where, v, c)


def array_equal(a1: Array, a2: Array) -> Array:
    return np.all(np.equal(a1, a2))


def allclose(a: Array, b: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Array:
    return np.all(np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan))


def searchsorted(a: Array, v: Array, side: str = "left", sorter: Any = None) -> Array:
    behind = np.expand_dims(v, -1)
    before = behind > a if side == "left" else behind >= a
    return np.sum(before, axis=-1)


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Array:
    out = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist)):  # noqa: B905
        out = np.where(condition, choice, out)
    return out


DEFINITIONS = {
    function.__name__: function
    for function in (
        outer, vdot, inner, tensordot, append, append_bar, diag, diag_bar, take, take_bar, roll, repeat_bar,
        hstack, column_stack, hstack_bar, vstack_bar, dstack_bar, column_stack_bar, flattened_if, as_written, reread,
        put_view, write_where, array_equal, allclose, searchsorted, select, kron, dynamic_slice, dynamic_update_slice,
    )
}  # fmt: skip


def definition_of(primitive: Any) -> Any:
    """A Python function that computes what the primitive does, with simpler ones; None if there is none."""
    if primitive.name in DEFINITIONS:
        return DEFINITIONS[primitive.name]
    own = (f for f in primitive.functions if getattr(f, "__module__", "").startswith("s2s.runtime.helpers."))
    return next(own, None)
