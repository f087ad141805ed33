"""Functions that batched code calls: what has a batch axis has it first, whatever its rank.

"Inner" is what the user's function sees of one row: the axes after the batch axis.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s.runtime.errors import RaggedError, RefusedError
from s2s.runtime.helpers.checks import is_unset
from s2s.runtime.helpers.trees import is_numeric, is_open, rebuild, zeros_like

Array = Any


# Static: ranks, axes and shapes ----------------------------------------------------------------------------------


def inner_axis(axis: int) -> int:
    """Where the inner axis `axis` is in the batched array."""
    return axis + 1 if axis >= 0 else axis


def inner_axes(axis: Any, ndim: int) -> Any:
    """Where the inner axes `axis` (None for all) are in a batched array of that rank."""
    if axis is None:
        return tuple(range(1, ndim))
    return tuple(inner_axis(a) for a in axis) if isinstance(axis, Sequence) else inner_axis(axis)


def inner_permutation(axes: Any, ndim: int) -> tuple[int, ...]:
    """The permutation of the batched array that permutes the inner axes by `axes` (None reverses them)."""
    if axes is None:
        return (0, *range(ndim - 1, 0, -1))
    return (0, *[a % (ndim - 1) + 1 for a in axes])


def inner_shape(size: int, shape: Any) -> tuple[int, ...]:
    """The shape of a batch of `size` arrays of a shape."""
    return (size, *shape) if isinstance(shape, Sequence) else (size, shape)


def single_axes(axis: Any, shape: tuple[int, ...]) -> Any:
    """Where the inner axes `axis` are in a batched array of this shape; for None, all that have length one."""
    if axis is not None:
        return inner_axes(axis, len(shape))
    return tuple(i for i, n in enumerate(shape) if i > 0 and n == 1)


def inner_index(index: Any) -> tuple[Any, ...]:
    """The index into a batched array that is `index` in each row.

    Raises:
        IndexError: NumPy would put the batch axis elsewhere, because arrays in the index do not stand together.
    """
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [i for i, part in enumerate(parts) if hasattr(part, "shape") or isinstance(part, int | list)]
    if any(np.ndim(parts[i]) for i in arrays) and arrays[-1] - arrays[0] >= len(arrays):
        raise IndexError("index arrays that do not stand together have no batched form; index in two steps")
    return (slice(None), *parts)


def batch_size(*values: Any, axis: int = 0) -> int:
    """How many rows the batched arguments have along their batch axis: (value, which leaves are batched) pairs.

    Which leaves are batched is said by True, False, a tuple of such, or (key, such) pairs for a dict.

    Raises:
        ValueError: they do not all have the same number of rows.
    """
    leaves = [leaf for value, batched in values for leaf in _batched_leaves(value, batched)]
    sizes = {np.shape(leaf)[axis] for leaf in leaves if np.ndim(leaf) > axis}  # flags and options have no rows
    if len(sizes) > 1:
        raise ValueError(f"the batched arguments have different numbers of rows: {sorted(sizes)}")
    return sizes.pop()


def _batched_leaves(value: Any, batched: Any) -> list[Any]:
    if value is None or is_unset(value):
        return []
    if hasattr(value, "has_unknown_length") and value.has_unknown_length():  # staged: its entries are alike
        return _batched_leaves(value.entry_like(), batched is True or (batched and batched[0]))
    if batched is True:
        return [leaf for part in _parts(value) for leaf in _batched_leaves(part, True)] if _is_tree(value) else [value]
    if not batched:
        return []
    parts = dict(batched) if isinstance(value, dict) else dict(enumerate(batched))
    return [leaf for k, inner in parts.items() for leaf in _batched_leaves(value[k], inner)]


def _is_tree(value: Any) -> bool:
    return isinstance(value, dict | list | tuple)


def _parts(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)


def inner_pad_width(pad_width: Any, ndim: int) -> tuple[Any, ...]:
    """`pad_width` of each row, for a batched array of that rank."""
    widths = np.broadcast_to(np.asarray(pad_width), (ndim - 1, 2)).tolist()
    return ((0, 0), *map(tuple, widths))


def tiled_shape(size: int, shape: tuple[int, ...], reps: Any) -> tuple[int, ...]:
    """The shape of `size` rows of that shape with as many axes as `np.tile(row, reps)` has."""
    count = len(reps) if isinstance(reps, Sequence) else 1
    return (size, *[1] * (count - len(shape)), *shape)


def span(start: int, stop: int) -> tuple[int, ...]:
    """The axes from `start` up to `stop`."""
    return tuple(range(start, stop))


def tensordot_plan(shape_a: Any, shape_b: Any, axes: Any) -> tuple[Any, ...]:
    """How `np.tensordot` is one product of matrices: both permutations, both shapes of a matrix, and the result's."""
    if isinstance(axes, int):
        of_a, of_b = list(range(len(shape_a) - axes, len(shape_a))), list(range(axes))
    else:
        of_a, of_b = ([side] if isinstance(side, int) else list(side) for side in axes)
        of_a, of_b = [i % len(shape_a) for i in of_a], [i % len(shape_b) for i in of_b]
    free_a = [i for i in range(len(shape_a)) if i not in of_a]
    free_b = [i for i in range(len(shape_b)) if i not in of_b]
    rows, columns = ([shape[i] for i in free] for shape, free in ((shape_a, free_a), (shape_b, free_b)))
    count = math.prod(shape_a[i] for i in of_a)
    shapes = (math.prod(rows), count), (count, math.prod(columns)), (*rows, *columns)
    return tuple(free_a + of_a), tuple(of_b + free_b), *shapes


def kron_plan(shape_a: tuple[int, ...], shape_b: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """How `np.kron` is a product of arrays: the shapes of both, with axes of length one between, and the result's."""
    rank = max(len(shape_a), len(shape_b))
    wide_a, wide_b = ((1,) * (rank - len(shape)) + tuple(shape) for shape in (shape_a, shape_b))
    left = tuple(n for size in wide_a for n in (size, 1))
    right = tuple(n for size in wide_b for n in (1, size))
    return left, right, tuple(a * b for a, b in zip(wide_a, wide_b, strict=True))


def widened_shape(shape: tuple[int, ...], axis: int, count: int) -> tuple[int, ...]:
    """The shape with `count` times as many elements along an axis."""
    return (*shape[:axis], shape[axis] * count, *shape[axis + 1 :])


def window_places(shape: tuple[int, ...], starts: Any, sizes: tuple[int, ...]) -> Array:
    """The places, in an array of that shape that is flattened, of the window that begins at `starts`.

    Windows that stick out are moved inside. Starts may be arrays: the result has their axes first.
    """
    places: Array = 0
    for axis, (start, n, size) in enumerate(zip(starts, shape, sizes, strict=True)):
        first = np.clip(np.where(np.less(start, 0), start + n, start), 0, n - size)
        along = np.reshape(np.arange(size), (size, *[1] * (len(shape) - axis - 1)))
        here = np.expand_dims(first, tuple(range(np.ndim(first), np.ndim(first) + len(shape)))) + along
        places = places + here * math.prod(shape[axis + 1 :])
    return places


# Linear: axes put in or taken away -------------------------------------------------------------------------------


def align(x: Array, ndim: int, at: int = 1) -> Array:
    """x of shape (rows, ...) with axes of length one after the first `at`, so that its rank is at least `ndim`."""
    missing = ndim - np.ndim(x)
    return x if missing <= 0 else np.expand_dims(x, tuple(range(at, missing + at)))


def index_rank(index: Any) -> int:
    """The rank of an index array of each row's own.

    Raises:
        RaggedError: it is a mask, which takes another number of elements from each row.
    """
    if getattr(index, "dtype", None) == np.bool_:
        raise RaggedError(
            "a mask that differs between rows takes another number of elements from each; use np.where, or "
            "s2s.vmap(f, loop_over_batch=True)"
        )
    return np.ndim(index)


def beside(rows: Array, ndim: int) -> Array:
    """The numbers of the rows (rows,) with axes of length one behind, to stand beside index arrays of that rank."""
    return np.expand_dims(rows, tuple(range(1, ndim)))


def align_stack(x: Array, ndim: int, at: int = 1) -> Array:
    """`align` for the product with a stack of matrices of rank `ndim - at`; x itself for one matrix or vector."""
    _require_axes(np.ndim(x) - at)
    return align(x, ndim, at) if ndim > 2 + at else x


def _require_axes(ndim: int) -> None:
    if ndim == 0:
        raise ValueError("a matrix product of numbers has no batched form; write x * y")


def dot_rank(ndim: int) -> int:
    """The rank itself; `np.dot` of arrays of a higher rank than two is no product of stacks."""
    if ndim > 2:
        raise ValueError("np.dot of arrays of more than two axes has no batched form; use np.matmul or np.einsum")
    if ndim == 0:
        raise ValueError("np.dot of numbers has no batched form; write x * y")
    return ndim


def row_rank(rank: int, other: int) -> int:
    """The rank to go by for the left factor of `x @ y`: vectors are rows of a matrix, unless y is a stack."""
    return rank if other > 2 else 2


def as_rows(x: Array, ndim: int) -> Array:
    """A batch of vectors (rank `ndim` is 1) as one of matrices of one row; other arrays as they are."""
    _require_axes(ndim)
    return np.expand_dims(x, -2) if ndim == 1 else x


def from_rows(x: Array, ndim: int) -> Array:
    """Undoes `as_rows`."""
    return np.squeeze(x, -2) if ndim == 1 else x


def spread(x: Array, count: int, at: int = 0) -> Array:
    """`count` rows that are all x, along a new axis `at`; what holds no value as it is."""
    if x is None or is_unset(x):
        return x
    shape = np.shape(x)
    return np.broadcast_to(np.expand_dims(x, at) if at else x, (*shape[:at], count, *shape[at:]))


def inner_atleast(a: Array, rank: int) -> Array:
    """`np.atleast_1d`, `_2d` or `_3d` of each row."""
    shape = np.shape(a)[1:]
    if len(shape) >= rank:
        return a
    padded = (1,) * rank if not shape else (1, *shape, *[1] * (rank - 2)) if len(shape) == 1 else (*shape, 1)
    return np.reshape(a, (np.shape(a)[0], *padded))


def inner_sum_to(t: Array, shape: tuple[int, ...], lead: int = 1) -> Array:
    """`sum_to` of each row: t of shape (rows, ...), `lead` axes for the rows, summed to (rows, *shape)."""
    inner = np.ndim(t) - len(shape)
    axes = tuple(range(lead, inner))
    axes += tuple(i + inner for i, n in enumerate(shape) if n == 1 and np.shape(t)[i + inner] != 1)
    return np.reshape(np.sum(t, axis=axes), (*np.shape(t)[:lead], *shape)) if axes else t


def rows_first(x: Array, axis: int) -> Array:
    """The array with its batch axis first."""
    return np.moveaxis(x, axis, 0)


# Trees -----------------------------------------------------------------------------------------------------------


def spread_tree(value: Any, batched: Any, count: int, at: int = 0) -> Any:
    """The value with every array that is not batched yet repeated in `count` rows, along a new axis `at`."""
    return _unbatched(value, batched, lambda x: spread(x, count, at))


def sum_tree(value: Any, batched: Any, count: int, at: int = 0) -> Any:
    """The transpose of `spread_tree`: the sum over the rows of every array that was repeated."""
    return _unbatched(value, batched, lambda x: np.sum(x, axis=at))


def _unbatched(value: Any, batched: Any, change: Callable[[Array], Array]) -> Any:
    """`change` of every array that is not batched."""
    if batched is True:
        return value
    if isinstance(value, dict):
        return {k: _unbatched(v, batched and dict(batched)[k], change) for k, v in value.items()}
    if isinstance(value, list | tuple):
        # A list of unknown length has one pattern for all of its elements.
        each = batched if batched and len(batched) == len(value) else [batched and batched[0]] * len(value)
        return rebuild(value, [_unbatched(v, b, change) for v, b in zip(value, each, strict=True)])
    return change(value) if is_numeric(value) else value


def rows_at(value: Any, axes: Any) -> Any:
    """The tree with the batch axis of its arrays moved from the front to `axes`, one axis or a tree of them.

    Where this is None, all rows are the same already and the value stays.
    """
    return _moved(value, axes, lambda x, axis: np.moveaxis(x, 0, axis))


def rows_from(value: Any, axes: Any) -> Any:
    """Undoes `rows_at`."""
    return _moved(value, axes, lambda x, axis: np.moveaxis(x, axis, 0))


def _moved(value: Any, axes: Any, move: Callable[[Array, int], Array]) -> Any:
    if axes is None or value is None:
        return value
    of = (lambda k: axes) if isinstance(axes, int) else (lambda k: axes[k])
    if isinstance(value, dict):
        return {k: _moved(v, of(k), move) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return rebuild(value, [_moved(v, of(k), move) for k, v in enumerate(value)])
    return move(value, axes)


def select(test: Array, x: Any, y: Any, at: int = 1) -> Any:
    """Row by row, x where the test (rows,) holds and y elsewhere; both are batched, or containers of batched arrays.

    Raises:
        RefusedError: None in some rows, and an array in others.
    """
    if is_unset(x) or is_unset(y):
        return y if is_unset(x) else x
    x, y = (v if getattr(v, "unset", None) is None else v.unset.without(v) for v in (x, y))
    if x is None or y is None:
        return _none(x, y)
    if isinstance(x, dict):
        return {k: select(test, v, y[k], at) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return rebuild(x, [select(test, v, w, at) for v, w in zip(x, y, strict=True)])
    rank = max(np.ndim(x), np.ndim(y))
    x, y = (v if np.ndim(v) == 0 else align(v, rank, at) for v in (x, y))  # a number is that of all rows
    return np.where(align(test, rank, at), x, y)


def _none(x: Any, y: Any) -> None:
    if x is not y:
        raise RefusedError(
            "a variable is None in some rows and an array in others; give it an array in all rows, or use "
            "vmap(..., loop_over_batch=True)"
        )


def entries_of(xs: list[Any], size: int) -> list[Any]:
    """The elements of a list, each of which all rows have, as (rows that have it, element) pairs."""
    return [(np.full(size, True), x) for x in xs]


def filled_entries(entries: list[Any]) -> list[Any]:
    """The elements, zero in the rows that do not have them; each row has those from a place on, or up to one.

    Raises:
        RaggedError: a row lacks an element between others.
    """
    if is_open(entries):
        return entries.filled()
    _require_prefix(entries)
    return [select(rows, x, zeros_like(x)) for rows, x in entries]


def _require_prefix(entries: list[Any]) -> None:
    masks = [np.asarray(rows) for rows, _ in entries if isinstance(rows, np.ndarray)]
    steps = [(a, b) for a, b in zip(masks, masks[1:], strict=False)]
    if any((b > a).any() for a, b in steps) and any((a > b).any() for a, b in steps):
        raise RaggedError("a list has gaps in some rows; s2s.vmap(f, loop_over_batch=True) runs each row by itself")


def sum_of_entries(entries: list[Any]) -> Any:
    """The sum of the elements that each row has."""
    if is_open(entries):
        return entries.filled().total()
    total: Any = 0
    for rows, x in entries:
        total = total + select(rows, x, zeros_like(x))
    return total


def first_of_entries(entries: list[Any]) -> Any:
    """The first element of each row. IndexError if a row has none."""
    found, seen = entries[0][1], entries[0][0]
    for rows, x in entries[1:]:
        found = select(seen, found, x)
        seen = np.logical_or(seen, rows)
    if isinstance(seen, np.ndarray) and not seen.all():
        raise IndexError("a list is empty in some rows")
    return found


def last_of_entries(entries: list[Any]) -> Any:
    """The last element of each row. IndexError if a row has none."""
    return first_of_entries(entries[::-1])


def rest_of_entries(entries: list[Any]) -> list[Any]:
    """The elements behind the first of each row."""
    rest = [(np.zeros_like(entries[0][0]), entries[0][1])]
    seen = entries[0][0]
    for rows, x in entries[1:]:
        rest.append((np.logical_and(seen, rows), x))
        seen = np.logical_or(seen, rows)
    return rest


def row(value: Any, batched: Any, i: int) -> Any:
    """Row i of every batched array."""
    if not batched or value is None:
        return value
    if isinstance(value, dict):
        return {k: row(v, batched is True or dict(batched)[k], i) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return rebuild(value, [row(v, batched is True or batched[k], i) for k, v in enumerate(value)])
    return value[i]


def stack_rows(rows: list[Any]) -> Any:
    """The arrays of all rows, stacked; containers leaf by leaf."""
    if isinstance(rows[0], dict):
        return {k: stack_rows([r[k] for r in rows]) for k in rows[0]}
    if isinstance(rows[0], tuple | list):
        return rebuild(rows[0], [stack_rows(list(part)) for part in zip(*rows, strict=True)])
    return np.stack(rows)
