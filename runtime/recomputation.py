"""Iterations of loops of unknown length, computed again where the way back reads what they appended to lists.

Of such a loop nothing is kept but what it began with. When its entries are read, it runs a second time and leaves its
carries at regular places, the *checkpoints*; a *window* of entries at a time is then computed from the checkpoint
before it. There is no limit on the number of iterations: beyond `SLOTS` windows, the checkpoints lie several windows
apart. (Binomial checkpointing, Griewank & Walther ch. 12, with two levels.)
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from s2s.runtime import dtypes, hlo, joins, staging
from s2s.runtime.aval import Aval
from s2s.runtime.entries import Layout, read
from s2s.runtime.errors import at_user_line
from s2s.runtime.helpers.checks import is_unset
from s2s.runtime.joins import JoinError
from s2s.runtime.simple_loops import ceil_divide, index, repeated, row, while_less, with_rows
from s2s.runtime.staging import Scope, Staged
from s2s.runtime.templates import Template

# How many checkpoints there are, and how many iterations a window has, at most, ...
SLOTS = 1024
WINDOW = 1024
# ... and how many bytes each of them takes.
_MOST_BYTES = 2**26
_LEAST = 16


class Shapes:
    """What is known of a loop's iterations before it runs; equal for loops that compute the same.

    Attributes:
        body: takes the number of the iteration, the carries, the tapes that the loop reads, and what it captured;
            gives the carries, the tapes, and the columns of the entries.
        carries, tapes, captured, columns: the avals of these.
    """

    def __init__(self, body: Template, carries: list[Aval], tapes: list[Aval], columns: list[Aval]) -> None:
        self.body, self.carries, self.tapes, self.columns = body, carries, tapes, columns
        self.window = _rows_of(columns, WINDOW)
        self.slots = _rows_of(carries, SLOTS)

    def _key(self) -> Any:
        return (self.body, self.carries, self.tapes, self.columns)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shapes) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.body, len(self.carries), len(self.columns)))


def _rows_of(avals: Sequence[Aval], most: int) -> int:
    """How many rows are kept of these arrays."""
    size = sum(math.prod(aval.shape) * aval.dtype.itemsize for aval in avals)
    return max(_LEAST, min(most, 2 ** int(math.log2(_MOST_BYTES / max(size, 1)))))


class Iterations:
    """The iterations of a loop that has run.

    Attributes:
        shapes: what was known of it.
        entry: its carries before it.
        captured: what it read from around it.
        count: how many iterations there were.
    """

    def __init__(self, shapes: Shapes, entry: Sequence[Any], captured: Sequence[Any], count: Any) -> None:
        self.shapes = shapes
        self.entry, self.captured, self.count = list(entry), list(captured), count
        self.open_tapes: list[Tape] = []
        self._checkpoints: Checkpoints | None = None

    def checkpoints(self) -> "Checkpoints":
        """The checkpoints, from a second run of the loop where there are none yet."""
        found = self._checkpoints
        if found is None or not found.scope.open or not staging.scope().is_inside(found.scope):
            self._checkpoints = found = Checkpoints(self)
        return found

    def iteration(self, k: Staged, carries: Sequence[Staged], tapes: Sequence[Staged]) -> list[Staged]:
        """Builds one: the carries, the tapes and the columns."""
        given = [staging.stage(value).value for value in (k, *carries, *tapes, *self.captured)]
        shapes = self.shapes
        avals = [*shapes.carries, *shapes.tapes, *shapes.columns]
        return [staging.like(v, aval) for v, aval in zip(shapes.body(given), avals, strict=True)]

    def first_tapes(self) -> list[Staged]:
        """Those that hold nothing."""
        return [empty(aval) for aval in self.shapes.tapes]


def empty(aval: Aval) -> Staged:
    """A tape's buffer, or the number of the window that it holds, which is none."""
    return hlo.full(aval.shape, 0 if aval.shape else -1, aval.dtype)


class Checkpoints:
    """The carries of a loop before some of its iterations.

    Attributes:
        buffers: per carry, its values.
        stride: how many windows they are apart.
        scope: the block that they were made in.
    """

    def __init__(self, iterations: Iterations) -> None:
        self.scope: Scope = staging.scope()
        self.iterations = iterations
        shapes = iterations.shapes
        self.count = staging.stage(iterations.count)
        windows = ceil_divide(self.count, index(shapes.window))
        self.stride = hlo.maximum(ceil_divide(windows, index(shapes.slots)), index(1))
        used = ceil_divide(windows, self.stride)
        entry = [_as(value, aval) for value, aval in zip(iterations.entry, shapes.carries, strict=True)]
        buffers = [with_rows(_zeros(shapes.slots, c), hlo.expand(c, [0]), index(0)) for c in entry]
        between = hlo.maximum(hlo.subtract(used, index(1)), index(0))
        made = repeated(between, [*iterations.first_tapes(), *buffers], self._next)
        self.buffers = made[len(made) - len(buffers) :]

    def _next(self, slot: Staged, values: Sequence[Staged]) -> list[Staged]:
        """From one checkpoint to the next; it is read from its buffer, as what is carried would be copied."""
        width = len(self.iterations.shapes.tapes)
        tapes, buffers = values[:width], values[width:]
        distance = hlo.multiply(self.stride, index(self.iterations.shapes.window))
        first = hlo.multiply(slot, distance)
        carries = [row(buffer, slot) for buffer in buffers]
        after = self._run(first, hlo.add(first, distance), carries, tapes)
        place = hlo.add(slot, index(1))
        return [
            *after[len(buffers) :],
            *(with_rows(b, hlo.expand(c, [0]), place) for b, c in zip(buffers, after, strict=False)),
        ]

    def _run(self, k: Staged, end: Staged, carries: Any, tapes: Any) -> list[Staged]:
        width = len(carries)

        def step(k: Staged, values: Sequence[Staged]) -> list[Staged]:
            return self.iterations.iteration(k, values[:width], values[width:])[: len(values)]

        return while_less(lambda *_: end, k, [*carries, *tapes], step)[1:]

    def window(self, number: Staged, columns: Sequence[Staged], zero: Staged) -> list[Staged]:
        """The columns with the entries of one window; `zero` keeps what is read of the checkpoints inside of a loop."""
        iterations, shapes = self.iterations, self.iterations.shapes
        slot = hlo.add(hlo.divide(number, self.stride), zero)
        size = index(shapes.window)
        first, wanted = hlo.multiply(hlo.multiply(slot, self.stride), size), hlo.multiply(number, size)
        end = hlo.minimum(self.count, hlo.add(wanted, size))
        width = len(shapes.carries) + len(shapes.tapes)

        def step(k: Staged, values: Sequence[Staged]) -> list[Staged]:
            made = iterations.iteration(k, values[: len(shapes.carries)], values[len(shapes.carries) : width])
            place = hlo.maximum(hlo.subtract(k, wanted), index(0))
            rows = zip(values[width:], made[width:], strict=True)
            return [*made[:width], *(_put(column, block, place) for column, block in rows)]

        carries = [row(buffer, slot) for buffer in self.buffers]
        return while_less(lambda *_: end, first, [*carries, *iterations.first_tapes(), *columns], step)[1 + width :]


def _zeros(count: int, like: Staged) -> Staged:
    return hlo.full((count, *like.shape), 0, like.dtype)


def _put(column: Staged, block: Staged, place: Staged) -> Staged:
    per_iteration = block.shape[0]
    return with_rows(column, block, hlo.multiply(place, index(per_iteration)) if per_iteration != 1 else place)


def _as(value: Any, aval: Aval) -> Staged:
    return staging.like(joins.as_aval(value, aval), aval)


class Tape:
    """One window of the entries of a loop.

    Attributes:
        values: the number of the window, and the columns.
        scope: the block that they belong to.
    """

    def __init__(self, iterations: Iterations) -> None:
        self.iterations = iterations
        self.checkpoints = iterations.checkpoints()
        shapes = iterations.shapes
        buffers = [Aval((shapes.window * a.shape[0], *a.shape[1:]), a.dtype) for a in shapes.columns]
        self.avals = [Aval((), dtypes.int64), *buffers]
        self.start = self.values = [empty(aval) for aval in self.avals]
        self.scope = staging.scope()

    def begin(self, values: Sequence[Staged]) -> None:
        """In another block, it is these values."""
        self.values, self.scope = list(values), staging.scope()

    def number(self, k: Staged) -> Staged:
        """The window of an iteration."""
        return hlo.divide(k, index(self.iterations.shapes.window))

    def hold(self, number: Staged) -> None:
        """Computes the entries of a window, if it is not that one already."""
        missing = hlo.convert(hlo.compare(self.values[0], number, "NE"), dtypes.int64)

        def fill(zero: Staged, values: Sequence[Staged]) -> list[Staged]:
            return [number, *self.checkpoints.window(number, values[1:], zero)]

        # No conditional: those copy what they carry.
        self.values = repeated(missing, self.values, fill)

    def place(self, k: Staged) -> Staged:
        """Where the window that it holds has an iteration."""
        return hlo.subtract(k, hlo.multiply(self.values[0], index(self.iterations.shapes.window)))


class Recomputed:
    """Entries of a list, in place of `entries.Run`.

    Attributes:
        iterations: of the loop that appended them.
        layout: of every entry.
        columns: which columns of an iteration are theirs.
        each: how many an iteration appends.
    """

    __slots__ = ("iterations", "layout", "columns", "each")
    buffers: tuple[Staged, ...] = ()
    capacity = None

    def __init__(self, iterations: Iterations, layout: Layout, columns: tuple[int, int], each: int) -> None:
        self.iterations, self.layout, self.columns, self.each = iterations, layout, columns, each

    @property
    def length(self) -> Any:
        return self.iterations.count * self.each if self.each != 1 else self.iterations.count

    def iteration(self, place: Any) -> Staged:
        """The one that appended the entry at a place."""
        place = hlo.convert(staging.stage(place), dtypes.int64)
        return place if self.each == 1 else hlo.divide(place, index(self.each))

    def item(self, place: Any) -> Any:
        """The entry at a place that is known to be there."""
        tape, k = self._tape(), self.iteration(place)
        if tape is None:
            tape = Tape(self.iterations)
            tape.hold(tape.number(k))
        at = tape.place(k)
        if self.each != 1:
            each = index(self.each)
            behind = hlo.subtract(hlo.convert(staging.stage(place), dtypes.int64), hlo.multiply(k, each))
            at = hlo.add(hlo.multiply(at, each), behind)
        columns = tape.values[1:][slice(*self.columns)]
        return self.layout.build(iter([read(c, a, at) for c, a in zip(columns, self.layout.avals(), strict=True)]))

    def _tape(self) -> Tape | None:
        """The one that the loop under construction holds right for the entry."""
        for tape in reversed(self.iterations.open_tapes):
            if tape.scope is staging.current_scope():
                return tape
        return None

    def whole(self) -> None:
        """See `entries.Run`: their number is not known."""


class After:
    """Entries of which the first ones are in buffers, and the others are computed again."""

    __slots__ = ("first", "rest", "layout")
    buffers: tuple[Staged, ...] = ()
    capacity = None

    def __init__(self, first: Any, rest: Recomputed) -> None:
        self.first, self.rest = first, rest
        self.layout = rest.layout

    @classmethod
    def joined(cls, first: Any, rest: Recomputed) -> "After":
        """The entries of both; JoinError where they differ in structure."""
        if first.layout.treedef != rest.layout.treedef:
            raise JoinError(f"the entries of a list differ in structure{at_user_line()}")
        return cls(first, rest)

    @property
    def length(self) -> Any:
        return self.rest.length + self.first.length

    def late(self, place: Any) -> Any:
        """The place among the others."""
        return np.maximum(place - self.first.length, 0)

    def item(self, place: Any) -> Any:
        count = self.first.length
        early, late = self.first.item(np.clip(place, 0, count - 1)), self.rest.item(self.late(place))
        is_early = np.less(place, count)
        pairs = zip(joins.flatten(early)[0], joins.flatten(late)[0], strict=True)
        leaves = [_either(is_early, a, b) for a, b in pairs]
        return self.layout.treedef.unflatten(leaves)

    def whole(self) -> None:
        """See `entries.Run`: their number is not known."""


def _either(is_early: Any, a: Any, b: Any) -> Any:
    """A leaf of an early entry, or of a late one; nothing reads it in an entry where it is not set."""
    if is_unset(a) or is_unset(b):
        return b if is_unset(a) else a
    return a if joins.same(a, b) else np.where(is_early, a, b)


class Tapes:
    """Those of a loop that reads entries that are computed again."""

    def __init__(self, places: Callable[[Staged], list[tuple[Any, Any]]]) -> None:
        """`places(k)` are what iteration k reads: the runs, and where in them."""
        self.places = places
        self.tapes: dict[int, Tape] = {}
        for run, _ in places(index(0)):
            rest = run.rest if type(run) is After else run
            if type(rest) is Recomputed and id(rest.iterations) not in self.tapes:
                self.tapes[id(rest.iterations)] = Tape(rest.iterations)

    def __iter__(self) -> Iterator[Tape]:
        return iter(self.tapes.values())

    def __len__(self) -> int:
        return len(self.tapes)

    def avals(self) -> list[Aval]:
        return [aval for tape in self for aval in tape.avals]

    def values(self) -> list[Staged]:
        return [value for tape in self for value in tape.values]

    def start(self) -> list[Staged]:
        return [value for tape in self for value in tape.start]

    def begin(self, values: Iterator[Staged]) -> None:
        """In another block, they are these values."""
        for tape in self:
            tape.begin([next(values) for _ in tape.avals])

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Entries are read from them."""
        for tape in self:
            tape.iterations.open_tapes.append(tape)
        try:
            yield
        finally:
            for tape in self:
                tape.iterations.open_tapes.remove(tape)

    def numbers(self, k: Staged) -> list[Staged]:
        """The windows that iteration k of the loop needs, by tape."""
        found: dict[int, Staged] = {}
        for run, place in self.places(k):
            rest, place = (run.rest, run.late(place)) if type(run) is After else (run, place)
            if type(rest) is Recomputed:
                key = id(rest.iterations)
                found.setdefault(key, self.tapes[key].number(rest.iteration(place)))
        return list(found.values())

    def hold(self, k: Staged) -> list[Staged]:
        """Makes them hold what iteration k needs; gives the windows."""
        numbers = self.numbers(k)
        for tape, number in zip(self, numbers, strict=True):
            tape.hold(number)
        return numbers
