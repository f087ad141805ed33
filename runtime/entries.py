"""Entries of staged lists: their leaves lie side by side in buffers, one more axis in front."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2s.runtime import dtypes, hlo, joins, staging
from s2s.runtime.aval import Aval
from s2s.runtime.errors import at_user_line
from s2s.runtime.helpers.checks import is_unset
from s2s.runtime.joins import Constant, JoinError
from s2s.runtime.selections import Length, Selected
from s2s.runtime.staging import Staged
from s2s.runtime.views import View, own

SHARED = object()  # stands for a value that all entries have in common


class Layout:
    """How an entry is kept: its structure, and per leaf an `Aval`, whose values are in a buffer, or a `Constant`."""

    __slots__ = ("treedef", "leaves")

    def __init__(self, treedef: Any, leaves: Sequence[Any]) -> None:
        self.treedef = treedef
        self.leaves = tuple(leaves)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layout) and self.treedef == other.treedef and self.leaves == other.leaves

    def __hash__(self) -> int:
        return hash(self.treedef)

    def avals(self) -> list[Aval]:
        return [leaf for leaf in self.leaves if type(leaf) is Aval]

    def shared(self) -> list[Staged]:
        """The staged values that all entries have in common: they belong to the block that they were made in."""
        return [leaf.value for leaf in self.leaves if type(leaf) is Constant and type(leaf.value) is Staged]

    def without_shared(self) -> "Layout":
        """The layout with gaps for these."""
        gap = Constant(SHARED)
        leaves = [gap if type(x) is Constant and type(x.value) is Staged else x for x in self.leaves]
        return Layout(self.treedef, leaves)

    def with_shared(self, values: Sequence[Any]) -> "Layout":
        """The layout with other values in these gaps."""
        rest = iter(values)
        is_gap = [type(x) is Constant and x.value is SHARED for x in self.leaves]
        leaves = [Constant(next(rest)) if gap else x for gap, x in zip(is_gap, self.leaves, strict=True)]
        return Layout(self.treedef, leaves)

    def kept(self, entry: Any) -> list[Any]:
        """The leaves of an entry that are in buffers."""
        rows = zip(self.leaves, joins.leaves_of(entry, self.treedef) or (), strict=True)
        return [value for leaf, value in rows if type(leaf) is Aval]

    def build(self, arrays: Iterator[Any]) -> Any:
        return self.treedef.unflatten([next(arrays) if type(x) is Aval else x.value for x in self.leaves])


def layout_of(entries: Sequence[Any], is_constant: Callable[[Any], bool]) -> Layout:
    """The layout that holds all of these entries.

    Raises:
        JoinError: they differ in structure, or in the shape or kind of a leaf.
    """
    first, treedef = joins.flatten(entries[0])
    leaves: list[Any] = [_leaf(x, is_constant) for x in first]
    for entry in entries[1:]:
        others = joins.leaves_of(entry, treedef)
        if others is None:
            raise joins.mismatch("an entry", "differs in structure from others of its list", entries[0], entry)
        leaves = [_both(a, _leaf(b, is_constant)) for a, b in zip(leaves, others, strict=True)]
    return Layout(treedef, leaves)


def _leaf(value: Any, is_constant: Callable[[Any], bool]) -> Any:
    return joins.aval_of(value) if joins.is_numeric(value) and not is_constant(value) else Constant(value)


def _both(a: Any, b: Any) -> Any:
    if a == b or _is_not_set(b):
        return a
    if _is_not_set(a):
        return b
    avals = [x if type(x) is Aval else joins.aval_of(x.value) if joins.is_numeric(x.value) else None for x in (a, b)]
    both = joins.joined(*avals) if None not in avals else None  # type: ignore[arg-type]
    if both is None:
        raise JoinError(f"the entries of a list differ in shape or kind{at_user_line()}")
    return both


def _is_not_set(leaf: Any) -> bool:
    """Whether it is what the first iteration saves of a variable that is set in it: nothing reads that."""
    return type(leaf) is Constant and is_unset(leaf.value)


@dataclass(frozen=True)
class Counted:
    """A leaf that the place of its entry says: `first + step * place`."""

    first: int
    step: int

    def at(self, place: Any) -> Any:
        scaled = place * self.step if self.step != 1 else place
        return scaled + self.first if self.first else scaled


class Run:
    """Entries in buffers.

    Attributes:
        layout: of every entry.
        held: the buffers, staged arrays with one more axis in front.
        places: per carried leaf, which buffer it is in, and the row of the first entry; or how it is counted. A leaf
            that an entry has in common with the one before it is in one buffer for both, which has a row more.
        capacity: how many entries the buffers hold; None where there are no buffers, and any number of entries.
        length: how many entries there are: an int, or a staged int.
    """

    __slots__ = ("layout", "held", "places", "capacity", "length")

    def __init__(self, layout: Layout, held: Sequence[Any], capacity: Any, length: Any, places: Any = None) -> None:
        self.layout, self.held, self.capacity, self.length = layout, list(held), capacity, length
        self.places: tuple[Any, ...] = tuple((i, 0) for i in range(len(held))) if places is None else places

    @property
    def buffers(self) -> list[Any]:
        """Per carried leaf a buffer of its own."""
        if len(self.places) == len(self.held):
            return self.held
        return [self._buffer(place) for place in self.places]

    def _buffer(self, place: Any) -> Any:
        if type(place) is Counted:
            return staging.constant(np.arange(self.capacity) * place.step + place.first)
        return self.held[place[0]][place[1] : place[1] + self.capacity]

    def item(self, k: Any) -> Any:
        """The entry at a place that is known to be there."""
        leaves = [self._leaf(place, aval, k) for place, aval in zip(self.places, self.layout.avals(), strict=True)]
        return self.layout.build(iter(leaves))

    def _leaf(self, place: Any, aval: Aval, k: Any) -> Any:
        if type(place) is Counted:
            return place.at(k)
        return read(self.held[place[0]], aval, k + place[1] if place[1] else k)

    def whole(self) -> Staged | None:
        """All entries as one array, where they are arrays and their number is known."""
        is_array = self.layout.treedef.num_nodes == 1 and len(self.places) == 1
        if not is_array or type(self.length) is not int or self.capacity is None:
            return None
        buffer = self.buffers[0]
        return own(buffer if self.length == self.capacity else buffer[: self.length])


def rows(run: Run | None, count: int, *, backwards: bool, last: bool) -> Staged | None:
    """An array of `count` rows, the first or last of which are the entries, in order or backwards, the others zeros.

    None where the entries are not arrays in one buffer, or there may be more of them than rows.
    """
    if run is None or run.layout.treedef.num_nodes != 1 or len(run.layout.avals()) != 1:
        return None
    if run.capacity is None or run.capacity > count:
        return None
    place = np.arange(count) - (count - run.length if last else 0)
    index = run.length - 1 - place if backwards else place
    inside = np.reshape((place >= 0) & (place < run.length), (count, *[1] * (run.buffers[0].ndim - 1)))
    return np.where(inside, np.take(run.buffers[0], np.clip(index, 0, run.capacity - 1), axis=0), 0)


def of_rows(x: Selected) -> Run:
    """The rows that a mask selects, one by one."""
    packed = x.rows()
    aval = Aval(packed.array.shape[1:], packed.array.dtype)
    layout = Layout(joins.flatten(0.0)[1], [aval])
    return Run(layout, [packed.array], packed.array.shape[0], Length(packed.valid).count)


class Entry(View):
    """An entry's place in a buffer: it is read when it is first needed."""

    __slots__ = ("target", "place")
    unwritten = True

    def __init__(self, target: Staged, buffer: Staged, place: Any) -> None:
        super().__init__(buffer, lambda whole: whole, None, True, False)
        self.target, self.place = target, place

    def is_current(self) -> bool:
        return self.target._value is not None

    def value(self) -> Any:
        staging.mark_use_of_arrays()
        found = _slice(self.base, self.target.aval, self.place)
        if staging.current_scope() is self.target.home:
            self.target._value = found
        return found


def read(buffer: Staged, aval: Aval, place: Any) -> Staged:
    """The entry's leaf at a place of a buffer, read when it is first needed."""
    made = Staged(None, aval, staging.scope())
    made.view = Entry(made, buffer, place)
    return made


def _slice(buffer: Staged, aval: Aval, place: Any) -> Any:
    start = hlo.convert(staging.stage(place), dtypes.int64)
    starts = [start, *[hlo.scalar(0, dtypes.int64)] * len(aval.shape)]
    part = hlo.dynamic_slice(buffer, starts, (1, *aval.shape))
    return hlo.reshape(part, aval.shape).value


def is_flag(value: Any) -> bool:
    """Whether a value stays known where entries have it in common: flags and counters decide what is built."""
    return type(value) in (bool, int)


def stacked(entries: Sequence[Any]) -> Run:
    """Python entries, all alike, in buffers; flags and counters that they share stay known."""
    layout = layout_of(entries, is_flag)
    columns = zip(*[layout.kept(entry) for entry in entries], strict=True)
    buffers = []
    for aval, column in zip(layout.avals(), columns, strict=True):
        parts = [hlo.expand(staging.like(joins.as_aval(value, aval), aval), [0]) for value in column]
        buffers.append(hlo.concatenate(parts, 0))
    return Run(layout, buffers, len(entries), len(entries))


def joined_runs(a: Run, b: Run) -> Run:
    """The entries of both, one after the other; the number of the first ones is known."""
    if b.capacity is None:
        raise JoinError(f"the entries of a list differ in structure{at_user_line()}")
    whole = joined_leaves(a.layout, b.layout)
    parts = [columns(run, whole) for run in (a, b)]
    buffers = [hlo.concatenate(pair, 0) for pair in zip(*parts, strict=True)]
    return Run(whole, buffers, a.length + b.capacity, b.length + a.length)


def joined_leaves(a: Layout, b: Layout) -> Layout:
    """The layout that holds the entries of both."""
    if a.treedef != b.treedef:
        raise JoinError(f"the entries of a list differ in structure{at_user_line()}")
    return Layout(a.treedef, [_both(x, y) for x, y in zip(a.leaves, b.leaves, strict=True)])


def columns(run: Run, layout: Layout) -> list[Staged]:
    """The buffers that another, wider layout has for these entries."""
    rest = iter(run.buffers)
    found = []
    for mine, wanted in zip(run.layout.leaves, layout.leaves, strict=True):
        buffer = next(rest) if type(mine) is Aval else None
        if type(wanted) is not Aval:
            continue
        if buffer is None:
            one = staging.like(joins.as_aval(mine.value, wanted), wanted)
            found.append(hlo.broadcast_to(hlo.expand(one, [0]), (run.capacity or 0, *wanted.shape)))
        else:
            found.append(hlo.convert(buffer, wanted.dtype))
    return found
