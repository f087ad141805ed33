"""Lists that a loop appends to, as what the loop carries: buffers, which each iteration writes at its own place."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2s.runtime import dtypes, effects, hlo, host_calls, joins, linear_forms, open_lists, simple_loops, staging
from s2s.runtime.aval import Aval
from s2s.runtime.entries import Counted, Layout, Run, joined_runs, layout_of, stacked
from s2s.runtime.errors import at_user_line
from s2s.runtime.joins import JoinError
from s2s.runtime.recomputation import Iterations, Recomputed
from s2s.runtime.regions import Region
from s2s.runtime.staged_lists import List
from s2s.runtime.staging import Staged


class Growth:
    """One list that grows by as many entries in each iteration, or by as many as staged conditions decide.

    Attributes:
        target: the list.
        capacity: how many iterations there can be; None where that is not known: then nothing is kept of them.
        layout: of the entries, once an iteration has been built.
        count: how many entries an iteration appends, at most.
        varies: whether it may append fewer; the number of entries is carried then, behind the buffers.
        following: place of a leaf to that of another one, which is what the next entry has there, and to the variable's
            value before the loop: one buffer holds both, from a row on that is the latter.
        counted: place of a leaf to its value in the first iteration and its step, where the number of the iteration
            says what it is: it is in no buffer.
    """

    def __init__(self, target: List, capacity: int | None) -> None:
        if target.run is not None and type(target.run) is not Run:
            raise JoinError(f"a list of unknown length grows in a loop{at_user_line()}")
        self.target, self.capacity = target, capacity
        self.entry = target.snapshot()
        self.layout: Layout
        self.count = 0
        self.varies = False
        self.following: dict[int, tuple[int, Any]] = {}
        self.counted: dict[int, tuple[int, int]] = {}

    def begin(self) -> None:
        """Empties the list, for an iteration to be built."""
        empty = List()
        empty.growing = True
        effects.note(self.target)
        self.target.restore(empty)

    def take(self, state: List, region: Region) -> None:
        """Notes what an iteration appended."""
        self.front, self.block = state.front(), state.run
        if self.block is not None or not self.front:
            self.block = self._block(state)
            self.varies = type(self.block.length) is not int
            self.layout, self.count = self.block.layout, self.block.capacity if self.varies else self.block.length
        else:
            self.layout = layout_of(self.front, lambda value: _is_constant(value, region))
            self.count = len(self.front)

    def _block(self, state: List) -> Any:
        """What an iteration appended, in buffers."""
        block = state.run
        if block is None or not (type(block.length) is int or (open_lists.is_open(block) and self.capacity)):
            raise JoinError(f"how many entries a list gets in each iteration is not known{at_user_line()}")
        if state.tail:
            block = open_lists.joined(block, stacked(state.tail))
        return joined_runs(stacked(self.front), block) if self.front else block

    def avals(self) -> list[Aval]:
        """Of the buffers."""
        if self.capacity is None:
            return []
        return [*self._buffers(), *([Aval((), dtypes.int64, True)] if self.varies else [])]

    def _buffers(self) -> list[Aval]:
        if self.capacity is None:
            return []
        rows, ends, avals = self.capacity * self.count, self._ends(), self.layout.avals()
        return [Aval((rows + (i in ends), *avals[i].shape), avals[i].dtype, avals[i].weak) for i in self._held()]

    def _held(self) -> list[int]:
        """The leaves that have buffers."""
        return [i for i in range(len(self.layout.avals())) if i not in self.following and i not in self.counted]

    def _ends(self) -> dict[int, int]:
        """Place of a leaf that the next entry begins with to where that has it."""
        return {end: first for first, (end, _) in self.following.items()}

    def share(self, counter: Any, carried: Sequence[tuple[Staged, Any, Any]]) -> None:
        """Finds leaves that need no buffer, or one for two; `carried` are variables as an iteration has them, leaves
        them, and as they are before the loop, `counter` is the MLIR value of the number of the iteration."""
        if self.capacity is None or self.block is not None or len(self.front) != 1:
            return
        kept, avals = self.layout.kept(self.front[0]), self.layout.avals()
        self.counted = {i: found for i, x in enumerate(kept) if (found := linear_forms.in_terms_of(counter, x))}
        leaves = [None if i in self.counted else getattr(leaf, "_value", None) for i, leaf in enumerate(kept)]
        for begun, left, start in carried:
            pair = [_place_of(value, leaves) for value in (begun._value, getattr(left, "_value", None))]
            first, end = pair
            if first is None or end is None or first == end or avals[first] != avals[end] or begun.aval != avals[end]:
                continue
            if not {first, end} & {*self.following, *self._ends()}:
                self.following[first] = end, start

    def start(self, buffers: Sequence[Staged]) -> list[Any]:
        """The MLIR values of these buffers before the loop, and of the number of entries."""
        made = [*buffers, *([staging.zeros(self.avals()[-1])] if self.varies else [])]
        held = self._held()
        for end, start in self.following.values():
            at, row = held.index(end), hlo.expand(staging.like(start, self.layout.avals()[end]), [0])
            made[at] = simple_loops.with_rows(made[at], row, simple_loops.index(0))
        return [value.value for value in made]

    def _places(self) -> tuple[Any, ...]:
        """See `Run`."""
        held, ends = self._held(), self._ends()
        found: dict[int, Any] = {i: (at, int(i in ends)) for at, i in enumerate(held)}
        found |= {first: (held.index(end), 0) for first, (end, _) in self.following.items()}
        found |= {i: Counted(*first_and_step) for i, first_and_step in self.counted.items()}
        return tuple(found[i] for i in range(len(found)))

    def is_recomputed(self) -> bool:
        """Whether the entries are computed again where they are read."""
        return self.capacity is None and bool(self.layout.avals())

    def updated(self, buffers: Sequence[Staged], k: Staged) -> list[Any]:
        """The MLIR values of the buffers after iteration k."""
        place = hlo.multiply(k, hlo.full_like(k, self.count)) if self.count != 1 else k
        lengths: list[Any] = []
        if self.varies:
            *buffers, place = buffers
            lengths = [joins.as_aval(place + self.block.length, place.aval)]
        columns, ends = self.columns() if buffers else [], self._ends()
        written = [
            _written(buffer, columns[i], hlo.add(place, hlo.full_like(place, 1)) if i in ends else place)
            for buffer, i in zip(buffers, self._held() if buffers else (), strict=True)
        ]
        return [*written, *lengths]

    def columns(self) -> list[Staged]:
        """What an iteration appends, built at its end."""
        if self.block is not None:
            return self.block.buffers
        rows = [self.layout.kept(entry) for entry in self.front]
        columns = []
        for aval, values in zip(self.layout.avals(), zip(*rows, strict=True), strict=True):
            parts = [hlo.expand(staging.like(joins.as_aval(v, aval), aval), [0]) for v in values]
            columns.append(hlo.concatenate(parts, 0))
        return columns

    def finish(self, buffers: Sequence[Staged], iterations: Any) -> None:
        """Gives the list its new entries."""
        capacity = None if self.capacity is None else self.capacity * self.count
        length = iterations * self.count
        if type(length) is Staged:
            length.origin = getattr(iterations, "origin", None)
        if self.varies:
            *buffers, length = buffers
            length.bounds = (0, self.capacity * self.count)  # type: ignore[operator]
        self._give(Run(self.layout, buffers, capacity, length, self._places()))

    def finish_recomputed(self, iterations: Iterations, columns: tuple[int, int]) -> None:
        """The same where they are computed again; `columns` are the places of those of this list."""
        self._give(Recomputed(iterations, self.layout, columns, self.count))

    def _give(self, run: Any) -> None:
        effects.note(self.target)
        self.target.restore(self.entry)
        self.target.take(run)


def starts(lists: Sequence[Growth]) -> list[Any]:
    """What the buffers of lists, and their lengths, are before a loop.

    No entry is read before it is written. In a loop around, buffers that are alike begin with different numbers: if
    they were one array, XLA would copy it for each of them in every iteration.
    """
    scope = staging.scope()
    seen: dict[Any, int] = {}
    made = []
    for growth in lists:
        buffers = []
        for aval in growth.avals()[: len(growth.avals()) - growth.varies]:
            kind = (aval.shape, aval.dtype)
            seen[kind] = seen.get(kind, scope.filled) + 1
            is_inner = scope.parent is not None and aval.dtype.kind in "fci"
            buffers.append(hlo.full(aval.shape, seen[kind] if is_inner else 0, aval.dtype))
        made += growth.start(buffers)
    scope.filled = max(seen.values(), default=scope.filled)
    return made


def refuse_more(iterations: Staged, limit: int) -> None:
    """Makes the program raise an exception where there were more iterations than the user said there can be."""

    error = RuntimeError(f"a loop has more than max_iters={limit} iterations")
    host_calls.fail_unless(np.less_equal(iterations, limit), error)


def _is_constant(value: Any, region: Region) -> bool:
    """Whether a leaf is the same in all iterations."""
    if type(value) is not Staged:
        return True
    if any(value is argument and region.is_written(i) for i, argument in enumerate(region.arguments)):
        raise JoinError(f"an array is appended to a list and changed in place in a loop{at_user_line()}")
    return not value.home.is_inside(region.scope)


def _place_of(value: Any, leaves: Sequence[Any]) -> int | None:
    """Where a value is among others, if it is once."""
    found = [i for i, leaf in enumerate(leaves) if leaf is not None and value is not None and leaf == value]
    return found[0] if len(found) == 1 else None


def _written(buffer: Staged, block: Staged, place: Staged) -> Any:
    starts = [place, *[hlo.scalar(0, dtypes.int64)] * (buffer.ndim - 1)]
    return hlo.dynamic_update_slice(buffer, hlo.convert(block, buffer.dtype), starts).value
