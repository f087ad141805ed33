"""What an index means: which axes it slices, which it gathers, and the shape of the result."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2s.runtime import dtypes, errors, hlo, linear_forms, staging
from s2s.runtime.staging import Staged


@dataclass(frozen=True)
class Slice:
    """Elements `start, start + step, ...` of an axis of the array; `step` is not 0 and may be negative.

    With an `origin`, a run-time integer that is known to be inside, they are counted from that place.
    """

    axis: int
    start: int
    size: int
    step: int
    origin: Staged | None = field(default=None, compare=False)

    def covers(self, length: int) -> bool:
        return self.size == length and self.step == 1 and self.origin is None

    def span(self) -> int:
        """How many neighbouring elements it is among."""
        return (self.size - 1) * abs(self.step) + 1 if self.size else 0

    def lowest(self) -> int:
        return self.start if self.step > 0 else self.start + (self.size - 1) * self.step


@dataclass(frozen=True)
class Position:
    """An integer, or an array of integers, that picks from an axis."""

    axis: int
    index: Staged


NEW = "new"
Entry = Slice | Position | str


@dataclass(frozen=True)
class Plan:
    """An index taken apart.

    Attributes:
        shape: the shape of the array.
        entries: what the index holds, in order, `...` written out.
        batch: the common shape of its integers and integer arrays.
        gathers: whether it holds an array of integers, so that integers count as arrays, as in NumPy.
    """

    shape: tuple[int, ...]
    entries: list[Entry]
    batch: tuple[int, ...]
    gathers: bool

    @property
    def slices(self) -> list[Slice]:
        return [e for e in self.entries if isinstance(e, Slice)]

    @property
    def positions(self) -> list[Position]:
        return [e for e in self.entries if isinstance(e, Position)]

    def layout(self) -> list[Any]:
        """The parts of the result in order: `Slice`s, NEW, and once "batch" if the index gathers."""
        if not self.gathers:
            return [e for e in self.entries if not isinstance(e, Position)]
        places = [i for i, e in enumerate(self.entries) if isinstance(e, Position)]
        adjacent = places == list(range(places[0], places[-1] + 1))
        first = places[0] if adjacent else 0
        rest = [e for e in self.entries[first:] if not isinstance(e, Position)]
        return [*[e for e in self.entries[:first] if not isinstance(e, Position)], "batch", *rest]

    def slices_before_batch(self) -> int:
        layout = self.layout()
        return sum(isinstance(e, Slice) for e in layout[: layout.index("batch")])

    def result_shape(self) -> tuple[int, ...]:
        sizes = ((e.size,) if isinstance(e, Slice) else (1,) if e is NEW else self.batch for e in self.layout())
        return tuple(n for part in sizes for n in part)


def make_plan(shape: tuple[int, ...], index: Any) -> Plan:
    """Takes an index in normal form apart; raises IndexError for what cannot be staged."""
    items = list(index) if isinstance(index, tuple) else [index]
    entries: list[Entry] = []
    axis = 0
    for item in _without_ellipsis(items, len(shape)):
        if item is None:
            entries.append(NEW)
            continue
        entries.append(_entry(item, axis, shape))
        axis += 1
    arrays = [e.index for e in entries if isinstance(e, Position)]
    batch = np.broadcast_shapes(*[a.shape for a in arrays])
    return Plan(shape, entries, batch, any(a.ndim for a in arrays))


def _without_ellipsis(items: list[Any], rank: int) -> list[Any]:
    taken = sum(item is not None and item is not Ellipsis for item in items)
    if taken > rank:
        raise IndexError(f"too many indices for an array of rank {rank}: {taken} given{errors.at_user_line()}")
    fill = [slice(None)] * (rank - taken)
    if not any(item is Ellipsis for item in items):
        return [*items, *fill]
    place = next(i for i, item in enumerate(items) if item is Ellipsis)
    return [*items[:place], *fill, *items[place + 1 :]]


def _entry(item: Any, axis: int, shape: tuple[int, ...]) -> Entry:
    if isinstance(item, slice):
        return _slice(item, axis, shape[axis])
    if isinstance(item, (int, np.integer)):
        item = hlo.constant(np.int64(item))
    elif not isinstance(item, Staged):
        item = hlo.constant(np.asarray(item))
    if item.dtype == dtypes.bool_:
        raise errors.MaskError(
            f"how many elements a mask selects is not known while staging{errors.at_user_line()}; "
            "write np.where(mask, x, otherwise), or sum np.where(mask, x, 0)"
        )
    if not dtypes.is_integer(item.dtype):
        raise IndexError(f"an index must be of integers, not {item.dtype}{errors.at_user_line()}")
    return Position(axis, item)


def _slice(item: slice, axis: int, length: int) -> Slice:
    if any(isinstance(bound, Staged) and bound.literal is None for bound in (item.start, item.stop)):
        return _moving(item, axis, length)
    bounds = [_known(bound) for bound in (item.start, item.stop, item.step)]
    start, stop, step = slice(*bounds).indices(length)
    size = len(range(start, stop, step))
    return Slice(axis, start if size else 0, size, step if size else 1)


def _moving(item: slice, axis: int, length: int) -> Slice:
    """A slice at a run-time place: how many elements it has must be known, and that they are all there, as NumPy takes
    fewer at the end of an axis, and counts negative places from there."""
    start, stop = (_from_front(b, length, e) for b, e in ((item.start, 0), (item.stop, length)))
    step, size = _known(item.step) or 1, linear_forms.difference(stop, start)
    low, high = linear_forms.bounds(start), linear_forms.bounds(stop)
    if size is None or step < 0 or low is None or high is None or low[0] < 0 or high[1] > length:
        raise _unknown_bound(start, stop)
    count = len(range(0, size, step))
    return Slice(axis, 0, count, step if count else 1, hlo.convert(staging.stage(start), dtypes.int64))


def _from_front(bound: Any, length: int, default: int) -> Any:
    """A bound of a slice, where a negative one is known."""
    if bound is None:
        return default
    if isinstance(bound, Staged) and bound.literal is None:
        return bound
    value = int(bound.literal) if isinstance(bound, Staged) else bound.__index__()
    return max(0, value + length) if value < 0 else min(value, length)


def _known(bound: Any) -> int | None:
    if isinstance(bound, Staged):
        if bound.literal is not None:
            return int(bound.literal)
        raise _unknown_bound(bound)
    return None if bound is None else bound.__index__()


def _unknown_bound(*bounds: Any) -> Exception:
    message = (
        f"the bounds of a slice must be known while staging{errors.at_user_line()}, or those of a loop's index, inside "
        "of the array and a known number of elements apart; for a part of known length at a run-time place write "
        "s2s.lax.dynamic_slice(x, starts, sizes), or mark the bound as static"
    )
    unknown = [b for b in bounds if isinstance(b, Staged) and b.literal is None]
    if all(b.origin and min(b.origin) >= 0 for b in unknown):  # Python numbers decide it: staged again for these
        return errors.ConcretizationError(message, frozenset().union(*[b.origin for b in unknown if b.origin]))
    return IndexError(message)


def wrapped(position: Position, length: int) -> Staged:
    """The index counted from the front."""
    index = position.index
    if index.literal is not None:
        value = int(index.literal)
        return hlo.constant(np.int64(value + length if value < 0 else value))
    if index.dtype.kind == "u":
        return hlo.convert(index, dtypes.int64)
    known = index.bounds
    index = hlo.convert(index, dtypes.int64)
    if known is not None and known[0] >= 0:
        return index
    negative = hlo.compare(index, hlo.full_like(index, 0), "LT")
    return hlo.select(negative, hlo.add(index, hlo.full_like(index, length)), index)


def is_inside(position: Position, length: int) -> bool:
    """Whether a run-time index is known to be within the axis: a loop's own index often is."""
    bounds = position.index.bounds
    return position.index.literal is not None or (bounds is not None and -length <= bounds[0] and bounds[1] < length)


def inside(index: Staged, length: int) -> Staged:
    """Whether an index counted from the front is within the axis."""
    low = hlo.compare(index, hlo.full_like(index, 0), "GE")
    return hlo.logical_and(low, hlo.compare(index, hlo.full_like(index, length), "LT"))


def check_literal(position: Position, length: int) -> None:
    """IndexError where a known index is out of bounds."""
    value = position.index.literal
    if value is not None and not -length <= value < length:
        message = f"index {value} is out of bounds for axis {position.axis} with size {length}"
        raise IndexError(message + errors.at_user_line())


def out_of_bounds_value(dtype: np.dtype) -> Any:
    """What a read outside of an array gives where it cannot raise: NaN, or the most negative integer."""
    if dtypes.is_inexact(dtype):
        return math.nan
    if dtype == dtypes.bool_:
        return True
    return np.iinfo(dtype).min if dtype.kind == "i" else np.iinfo(dtype).max
