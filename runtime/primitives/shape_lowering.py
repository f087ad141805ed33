"""How elements are rearranged: reshaping, joining, splitting, repeating, padding, diagonals, conversions."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s.runtime import dtypes, hlo, staging
from s2s.runtime.primitives.reduction_lowering import axes_of
from s2s.runtime.staging import Staged


def as_shape(shape: Any) -> tuple[int, ...]:
    """A static shape: an int or a sequence of ints."""
    return tuple(int(n) for n in shape) if isinstance(shape, (tuple, list)) else (int(shape),)


def reshape(a: Staged, shape: Any) -> Staged:
    wanted = as_shape(shape)
    if -1 in wanted:
        rest = -math.prod(wanted)
        if wanted.count(-1) > 1:
            raise ValueError("can only specify one unknown dimension")
        if rest <= 0 or a.size % rest:
            raise ValueError(f"cannot reshape array of size {a.size} into shape {wanted}")
        wanted = tuple(a.size // rest if n == -1 else n for n in wanted)
    if math.prod(wanted) != a.size:
        raise ValueError(f"cannot reshape array of size {a.size} into shape {wanted}")
    return hlo.reshape(a, wanted)


def ravel(a: Staged) -> Staged:
    return hlo.reshape(a, (a.size,))


def squeeze(a: Staged, axis: Any = None) -> Staged:
    axes = [i for i, n in enumerate(a.shape) if n == 1] if axis is None else axes_of(a, axis)
    if any(a.shape[i] != 1 for i in axes):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return hlo.reshape(a, [n for i, n in enumerate(a.shape) if i not in axes])


def expand_dims(a: Staged, axis: Any) -> Staged:
    given = as_shape(axis)
    rank = a.ndim + len(given)
    if not all(-rank <= i < rank for i in given):
        raise np.exceptions.AxisError(given[0], rank)
    return hlo.expand(a, [i % rank for i in given])


def transpose(a: Staged, axes: Any = None) -> Staged:
    if axes is None:
        return hlo.transpose(a, range(a.ndim)[::-1])
    order = axes_of(a, as_shape(axes))
    if len(order) != a.ndim:
        raise ValueError("axes don't match array")
    return hlo.transpose(a, order)


def matrix_transpose(x: Staged) -> Staged:
    return swapaxes(x, -1, -2)


def swapaxes(a: Staged, axis1: int, axis2: int) -> Staged:
    first, second = axes_of(a, axis1)[0], axes_of(a, axis2)[0]
    order = list(range(a.ndim))
    order[first], order[second] = second, first
    return hlo.transpose(a, order)


def moveaxis(a: Staged, source: Any, destination: Any) -> Staged:
    sources, places = axes_of(a, source), axes_of(a, destination)
    if len(sources) != len(places):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    order = [i for i in range(a.ndim) if i not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return hlo.transpose(a, order)


def atleast(rank: int) -> Callable[[Staged], Staged]:
    """`np.atleast_1d`, `2d` or `3d` of one array."""

    def lower(a: Staged) -> Staged:
        shape = a.shape if a.ndim >= rank else {0: (1,) * rank, 1: (1, *a.shape, 1), 2: (*a.shape, 1)}[a.ndim]
        return hlo.reshape(a, shape if a.ndim >= rank else shape[:rank])

    return lower


def broadcast_to(array: Staged, shape: Any) -> Staged:
    return hlo.broadcast_to(array, as_shape(shape))


# Conversions.


def copy(a: Staged) -> Staged:
    return a


def astype(x: Staged, dtype: Any) -> Staged:
    return hlo.convert(x, dtypes.canonical(dtype))


def array(object: Any, dtype: Any = None) -> Staged:
    """`np.array` of an array, a number, or a nested list of those."""
    made = _joined(object)
    return hlo.convert(made, made.dtype if dtype is None else dtypes.canonical(dtype))


def _joined(element: Any) -> Staged:
    if not isinstance(element, (list, tuple)):
        return element
    if not element:
        return hlo.full((0,), 0, dtypes.default_float())
    return stack([_joined(e) for e in element])


# Joining.


def rows_of(arrays: Any) -> list[Staged]:
    """The operands of a joining function: a sequence of arrays, or the rows of one."""
    if isinstance(arrays, Staged):
        return [_row(arrays, i) for i in range(arrays.shape[0])]
    return [_joined(a) for a in arrays]


def _row(x: Staged, i: int) -> Staged:
    row = hlo.slice_(x, [i, *[0] * (x.ndim - 1)], [i + 1, *x.shape[1:]])
    return hlo.reshape(row, x.shape[1:])


def _promoted(arrays: Sequence[Staged]) -> list[Staged]:
    """In one dtype; a result made of weak numbers alone is strong, as arrays are."""
    dtype, _ = dtypes.result_type(*arrays)
    return [hlo.convert(a, dtype) for a in arrays]


def concatenate(arrays: Any, axis: int | None = 0) -> Staged:
    parts = _promoted(rows_of(arrays))
    if not parts:
        raise ValueError("need at least one array to concatenate")
    if axis is None:
        return hlo.concatenate([ravel(p) for p in parts], 0)
    if parts[0].ndim == 0:
        raise ValueError("zero-dimensional arrays cannot be concatenated")
    place = axes_of(parts[0], axis)[0]
    expected = [n for i, n in enumerate(parts[0].shape) if i != place]
    for p in parts:
        if p.ndim != parts[0].ndim or [n for i, n in enumerate(p.shape) if i != place] != expected:
            shapes = ", ".join(str(q.shape) for q in parts)
            raise ValueError(f"arrays of shapes {shapes} cannot be concatenated along axis {axis}")
    return hlo.concatenate(parts, place)


def stack(arrays: Any, axis: int = 0) -> Staged:
    parts = rows_of(arrays)
    if not parts:
        raise ValueError("need at least one array to stack")
    if any(p.shape != parts[0].shape for p in parts):
        shapes = ", ".join(str(p.shape) for p in parts)
        raise ValueError(f"all input arrays must have the same shape, got {shapes}")
    return concatenate([expand_dims(p, axis) for p in parts], axis)


def vstack(tup: Any) -> Staged:
    return concatenate([atleast(2)(a) for a in rows_of(tup)], 0)


def hstack(tup: Any) -> Staged:
    parts = [atleast(1)(a) for a in rows_of(tup)]
    return concatenate(parts, 0 if parts[0].ndim == 1 else 1)


def dstack(tup: Any) -> Staged:
    return concatenate([atleast(3)(a) for a in rows_of(tup)], 2)


def column_stack(tup: Any) -> Staged:
    return concatenate([a if a.ndim >= 2 else reshape(a, (-1, 1)) for a in rows_of(tup)], 1)


def append(arr: Staged, values: Any, axis: int | None = None) -> Staged:
    return concatenate([arr, _joined(values)], axis)


# Splitting.


def splitting(uneven: bool) -> Callable[..., list[Staged]]:
    """`np.split`, or `np.array_split`, which allows parts of unequal length."""

    def lower(ary: Staged, indices_or_sections: Any, axis: int = 0) -> list[Staged]:
        place = axes_of(ary, axis)[0]
        ends = _ends(ary.shape[place], indices_or_sections, uneven)
        return [_part(ary, place, start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]

    return lower


def _ends(n: int, sections: Any, uneven: bool) -> list[int]:
    if isinstance(sections, (tuple, list)):
        return [*[min(int(i) + n if i < 0 else int(i), n) for i in sections], n]
    if n % sections and not uneven:
        raise ValueError("array split does not result in an equal division")
    sizes = [n // sections + (i < n % sections) for i in range(sections)]
    return np.cumsum(sizes).tolist()


def _part(x: Staged, axis: int, start: int, end: int) -> Staged:
    starts, limits = [0] * x.ndim, list(x.shape)
    starts[axis], limits[axis] = start, max(start, end)
    return hlo.slice_(x, starts, limits)


# Repeating and reordering.


def repeat(a: Staged, repeats: Any, axis: int | None = None) -> Staged:
    if axis is None:
        a, axis = ravel(a), 0
    place = axes_of(a, axis)[0]
    if isinstance(repeats, (tuple, list)) and len(repeats) > 1:
        return gather_axis(a, place, np.repeat(np.arange(a.shape[place]), repeats))
    count = int(repeats[0]) if isinstance(repeats, (tuple, list)) else int(repeats)
    shape = (*a.shape[: place + 1], count, *a.shape[place + 1 :])
    spread = hlo.broadcast_in_dim(a, shape, [i for i in range(len(shape)) if i != place + 1])
    return hlo.reshape(spread, (*a.shape[:place], a.shape[place] * count, *a.shape[place + 1 :]))


def gather_axis(x: Staged, axis: int, positions: np.ndarray) -> Staged:
    """The elements at positions that are known, along one axis."""
    return np.take(x, staging.constant(positions.astype(np.int64)), axis)


def tile(A: Staged, reps: Any) -> Staged:
    counts = as_shape(reps)
    rank = max(len(counts), A.ndim)
    counts = (1,) * (rank - len(counts)) + counts
    sizes = (1,) * (rank - A.ndim) + A.shape
    spread = tuple(n for pair in zip(counts, sizes, strict=True) for n in pair)
    wide = hlo.broadcast_in_dim(hlo.reshape(A, sizes), spread, range(1, 2 * rank, 2))
    return hlo.reshape(wide, [r * n for r, n in zip(counts, sizes, strict=True)])


def flip(m: Staged, axis: Any = None) -> Staged:
    return hlo.reverse(m, axes_of(m, axis))


def fliplr(m: Staged) -> Staged:
    return flip(m, 1)


def flipud(m: Staged) -> Staged:
    return flip(m, 0)


def roll(a: Staged, shift: Any, axis: Any = None) -> Staged:
    if axis is None:
        return hlo.reshape(roll(ravel(a), sum(as_shape(shift)), 0), a.shape)
    shifts, axes = np.broadcast_arrays(shift, axis)
    for count, place in zip(shifts.ravel().tolist(), axes.ravel().tolist(), strict=True):
        a = _rolled(a, count, axes_of(a, place)[0])
    return a


def _rolled(a: Staged, shift: int, axis: int) -> Staged:
    n = a.shape[axis]
    if n == 0 or shift % n == 0:
        return a
    cut = n - shift % n
    return hlo.concatenate([_part(a, axis, cut, n), _part(a, axis, 0, cut)], axis)


def rot90(m: Staged, k: int = 1, axes: Any = (0, 1)) -> Staged:
    first, second = axes_of(m, tuple(axes))
    if k % 4 == 0:
        return m
    if k % 4 == 2:
        return hlo.reverse(m, [first, second])
    return swapaxes(flip(m, second), first, second) if k % 4 == 1 else flip(swapaxes(m, first, second), second)


def pad(array: Staged, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0) -> Staged:
    widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()
    if any(width < 0 for pair in widths for width in pair):
        raise ValueError("index can't contain negative values")
    if mode == "constant":
        return _pad_constant(array, widths, np.broadcast_to(np.asarray(constant_values), (array.ndim, 2)))
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise ValueError(f"np.pad with mode={mode!r} is not supported; use constant, edge, reflect, symmetric or wrap")
    for axis, pair in enumerate(widths):
        if pair != [0, 0]:
            array = gather_axis(array, axis, np.pad(np.arange(array.shape[axis]), pair, mode))  # type: ignore[call-overload]
    return array


def _pad_constant(x: Staged, widths: list[list[int]], values: np.ndarray) -> Staged:
    if (values == values.flat[0]).all() if values.size else True:
        value = hlo.scalar(values.flat[0] if values.size else 0, x.dtype)
        return hlo.pad(x, value, [w[0] for w in widths], [w[1] for w in widths])
    for axis, (width, pair) in enumerate(zip(widths, values, strict=True)):
        for side in (0, 1):
            low, high = [0] * x.ndim, [0] * x.ndim
            (low, high)[side][axis] = width[side]
            x = hlo.pad(x, hlo.scalar(pair[side], x.dtype), low, high)
    return x


# Diagonals and triangles.


def diagonal(a: Staged, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Staged:
    first, second = _two_axes(a, axis1, axis2)
    a = moveaxis(a, (first, second), (-2, -1))
    rows, columns = a.shape[-2:]
    count = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    along = np.arange(count, dtype=np.int64)
    return a[..., staging.constant(along + max(-offset, 0)), staging.constant(along + max(offset, 0))]


def _two_axes(a: Staged, axis1: int, axis2: int) -> list[int]:
    if a.ndim < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    return axes_of(a, (axis1, axis2))


def trace(a: Staged, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Staged:
    return np.sum(diagonal(a, offset, axis1, axis2), axis=-1)


def diag(v: Staged, k: int = 0) -> Staged:
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ValueError("Input must be 1- or 2-d.")
    n = v.shape[0] + abs(k)
    padded = hlo.pad(v, hlo.scalar(0, v.dtype), [max(k, 0)], [max(-k, 0)])
    spread = hlo.broadcast_in_dim(padded, (n, n), [1])
    return hlo.select(on_diagonal((n, n), k, "EQ"), spread, hlo.full_like(spread, 0))


def on_diagonal(shape: tuple[int, ...], k: int, direction: str) -> Staged:
    """Where column - row compares so with `k`, in the last two axes."""
    rows, columns = hlo.iota(shape, len(shape) - 2), hlo.iota(shape, len(shape) - 1)
    return hlo.compare(hlo.subtract(columns, rows), hlo.full_like(rows, k), direction)


def triangle(direction: str) -> Callable[..., Staged]:
    """`np.tril` ("LE") or `np.triu` ("GE")."""

    def lower(m: Staged, k: int = 0) -> Staged:
        if m.ndim == 1:
            m = hlo.broadcast_to(m, (m.shape[0], m.shape[0]))
        return hlo.select(on_diagonal(m.shape, k, direction), m, hlo.full_like(m, 0))

    return lower


# What is known without running.


def shape(a: Any) -> tuple[int, ...]:
    return a.shape if isinstance(a, Staged) else np.shape(a)


def ndim(a: Any) -> int:
    return len(shape(a))


def size(a: Any, axis: int | None = None) -> int:
    return math.prod(shape(a)) if axis is None else shape(a)[axis]
