"""What staged `for` loops run over: sequences with a length, perhaps staged, and an element at each place."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from s2s.runtime import dtypes
from s2s.runtime.aval import Aval
from s2s.runtime.entries import of_rows
from s2s.runtime.errors import at_user_line
from s2s.runtime.linear_forms import difference, longest
from s2s.runtime.selections import Length, Selected
from s2s.runtime.staged_builtins import to_int
from s2s.runtime.staged_dispatch import LOOP_INDEX
from s2s.runtime.staged_lists import Backwards, List
from s2s.runtime.staging import Staged


class Sequence:
    """Something to iterate over, by place.

    Attributes:
        length: how many elements there are, an int or a staged int.
        limit: how many there can be as the user has it.
    """

    __slots__ = ("length",)
    length: Any
    limit: int | None = None

    def item(self, k: Any) -> Any:
        """The element at a place, counted from 0, an int or a staged int."""
        raise NotImplementedError

    def places(self, k: Any) -> list[tuple[Any, Any]]:
        """The `Run`s, or what is in their stead, that the element at a place is read from, and where in them."""
        return []

    def bound(self) -> int | None:
        """The largest possible length, None where that is not known."""
        if type(self.length) is int:
            return self.length
        return None if self.length.bounds is None else max(0, self.length.bounds[1])

    def __iter__(self) -> Iterator[Any]:
        if type(self.length) is not int:
            raise self.length._unknown("the number of iterations", "use it in a for statement of a staged function")
        return (self.item(k) for k in range(self.length))

    def __len__(self) -> int:
        return self.length.__index__()


class Range(Sequence):
    """`range` with bounds that may be staged; the step's sign is known."""

    __slots__ = ("start", "step")

    def __init__(self, start: Any, stop: Any, step: Any = 1) -> None:
        if type(step) is Staged and step.literal is None:
            raise step._unknown("the step of a range", "use a step that is known")
        step = int(step.literal) if type(step) is Staged else step
        self.start, self.step = start, step
        if (distance := difference(stop, start)) is not None:
            self.length = len(range(0, distance, step))
        else:
            steps = stop - start if step == 1 else -((start - stop) // step)
            self.length = to_int(np.maximum(steps, 0))
            most = longest(start, stop) if step > 0 else longest(stop, start)
            self.length.bounds = None if most is None else (0, len(range(0, most, abs(step))))

    def item(self, k: Any) -> Any:
        scaled = k if type(self.step) is int and self.step == 1 else k * self.step
        made = scaled if type(self.start) is int and self.start == 0 else scaled + self.start
        if type(made) is Staged and type(self.start) is int and type(self.length) is int and self.length:
            ends = (self.start, self.start + (self.length - 1) * self.step)
            made.bounds = (min(ends), max(ends))
        return made


class Rows(Sequence):
    """An array, iterated over along its first axis."""

    __slots__ = ("array",)

    def __init__(self, array: Any) -> None:
        if np.ndim(array) == 0:
            raise TypeError(f"iteration over an array of rank 0{at_user_line()}")
        self.array = array
        self.length = int(np.shape(array)[0])

    def item(self, k: Any) -> Any:
        from_host = type(k) is Staged and isinstance(self.array, np.ndarray)
        return np.take(self.array, k, axis=0) if from_host else self.array[k]


class Entries(Sequence):
    """The entries of a staged list."""

    __slots__ = ("run",)

    def __init__(self, run: Any) -> None:
        self.run = run
        self.length = run.length

    def places(self, k: Any) -> list[tuple[Any, Any]]:
        return [(self.run, k)]

    def bound(self) -> int | None:
        return self.run.capacity

    def item(self, k: Any) -> Any:
        return self.run.item(k)


class Zipped(Sequence):
    """`zip` of sequences."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[Sequence]) -> None:
        self.parts = parts
        self.length = _shortest([part.length for part in parts])

    def places(self, k: Any) -> list[tuple[Any, Any]]:
        return [found for part in self.parts for found in part.places(k)]

    def bound(self) -> int | None:
        known = [n for n in (part.bound() for part in self.parts) if n is not None]
        return min(known, default=None)

    def item(self, k: Any) -> Any:
        return tuple(part.item(k) for part in self.parts)


class Enumerated(Sequence):
    """`enumerate` of a sequence."""

    __slots__ = ("part", "start")

    def __init__(self, part: Sequence, start: Any) -> None:
        self.part, self.start = part, start
        self.length = part.length

    def places(self, k: Any) -> list[tuple[Any, Any]]:
        return self.part.places(k)

    def bound(self) -> int | None:
        return self.part.bound()

    def item(self, k: Any) -> Any:
        first = type(self.start) is int and self.start == 0
        return (k if first else k + self.start), self.part.item(k)


class Reversed(Sequence):
    """A sequence from its end."""

    __slots__ = ("part",)

    def __init__(self, part: Sequence) -> None:
        self.part = part
        self.length = part.length

    def bound(self) -> int | None:
        return self.part.bound()

    def places(self, k: Any) -> list[tuple[Any, Any]]:
        return self.part.places(self.length - 1 - k)

    def item(self, k: Any) -> Any:
        place, most = self.length - 1 - k, self.bound()
        if type(place) is Staged and most:
            place.bounds = (0, most - 1)
        return self.part.item(place)

    def stacked(self) -> Any:
        """All elements as one array, where they are in a buffer; else None."""
        whole = self.part.run.whole() if isinstance(self.part, Entries) else None
        return None if whole is None else np.flip(whole, 0)


class Limited(Sequence):
    """A sequence of unknown length of which the user says how long it can be."""

    __slots__ = ("part", "limit")

    def __init__(self, part: Sequence, limit: int) -> None:
        self.part, self.limit = part, limit
        self.length = part.length

    def places(self, k: Any) -> list[tuple[Any, Any]]:
        return self.part.places(k)

    def bound(self) -> int | None:
        return self.limit

    def item(self, k: Any) -> Any:
        return self.part.item(k)


def limited(found: Sequence, limit: int | None) -> Sequence:
    """The sequence with the user's limit, where nothing else is known."""
    return found if limit is None or found.bound() is not None else Limited(found, limit)


class Listed(Sequence):
    """A Python sequence whose elements need not be alike: it can only be iterated over in Python."""

    __slots__ = ("elements",)

    def __init__(self, elements: Any) -> None:
        self.elements = elements
        self.length = len(elements)

    def item(self, k: Any) -> Any:
        return self.elements[k]


class Chained(Sequence):
    """The entries of a list of unknown length that are not alike: those before a staged loop, then those of the loop.

    Each part is iterated over by itself.
    """

    __slots__ = ("parts",)

    def __init__(self, parts: list[Sequence]) -> None:
        self.parts = parts
        self.length = sum(part.length for part in parts)

    def bound(self) -> int | None:
        known = [part.bound() for part in self.parts]
        return None if None in known else sum(n for n in known if n is not None)

    def item(self, k: Any) -> Any:
        raise self.length._unknown("the length of a list of entries that are not alike", "iterate over it by itself")

    def backwards(self) -> "Chained":
        return Chained([Reversed(part) for part in reversed(self.parts)])


def _of_list(entries: List) -> Sequence:
    whole = entries.entries()
    if whole is not None:
        return Entries(whole)
    run = entries.run
    if entries.growing or run is None or type(run.length) is int:
        return Listed(entries)
    return Chained([Listed(entries.front()), Entries(run)])


def _shortest(lengths: list[Any]) -> Any:
    known = [n for n in lengths if type(n) is int]
    shortest: Any = min(known) if known else lengths[0]
    for n in lengths:
        if type(n) is not int and n is not shortest:
            shortest = np.minimum(shortest, n)
    return shortest


def sequence(value: Any) -> Sequence | None:
    """What can be iterated over by place; None for what can only be iterated over in Python."""
    if isinstance(value, Sequence):
        return value
    if type(value) is Backwards:
        return reversed_(value.entries)
    if type(value) is range:
        return Range(value.start, value.stop, value.step)
    if type(value) is List:
        return _of_list(value)
    if type(value) is Selected:
        return Entries(of_rows(value))
    if type(value) is Staged or hasattr(value, "_buffer") or isinstance(value, np.ndarray):
        return Rows(value)
    return Listed(value) if isinstance(value, list | tuple) else None


def in_python_only(found: Sequence) -> bool:
    """Whether an element's place must be known to get it."""
    if isinstance(found, Zipped):
        return any(map(in_python_only, found.parts))
    inner = getattr(found, "part", None)
    return isinstance(found, Listed) or (inner is not None and in_python_only(inner))


def is_container(value: Any) -> bool:
    """Whether a value is a list or tuple of Python's own, over which loops run in Python."""
    return isinstance(value, list | tuple) and type(sequence(value)) is Listed


def is_lazy(value: Any) -> bool:
    """Whether Python's own `zip`, `enumerate` and `reversed` do not serve, because a staged loop may run over it."""
    return type(value) in (Staged, Selected, List) or isinstance(value, Sequence) or hasattr(value, "_buffer")


def range_(*bounds: Any) -> Any:
    """`range`, with bounds that may be staged integers."""
    bounds = tuple(_bound(b) for b in bounds)
    if not any(type(b) is Staged for b in bounds):
        return range(*bounds)
    start, stop, step = (0, bounds[0], 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    return Range(start, stop, step)


def _bound(bound: Any) -> Any:
    bound = bound.count if type(bound) is Length else bound
    if type(bound) is not Staged:
        return bound.__index__() if hasattr(bound, "__index__") else bound
    if bound.literal is not None:
        return bound.literal
    if bound.ndim or bound.dtype.kind not in "iu":
        raise TypeError(f"a bound of range must be an integer, not a {bound.aval!r}{at_user_line()}")
    return to_int(bound)


def zip_(*iterables: Any, strict: bool = False) -> Any:
    """`zip`, of what may be staged."""
    parts = [sequence(value) for value in iterables]
    if any(part is None for part in parts) or not any(map(is_lazy, iterables)):
        if not any(type(v) is range or isinstance(v, np.ndarray) for v in iterables) or None in parts:
            return zip(*iterables, strict=strict)
    lengths = {part.length for part in parts if type(part.length) is int}
    if strict and len(lengths) > 1:
        raise ValueError(f"zip() of iterables of different lengths{at_user_line()}")
    return Zipped(parts)  # type: ignore[arg-type]


def enumerate_(iterable: Any, start: Any = 0) -> Any:
    """`enumerate`, of what may be staged."""
    part = sequence(iterable)
    return enumerate(iterable, start) if part is None else Enumerated(part, start)


def reversed_(iterable: Any) -> Any:
    """`reversed`, of what may be staged."""
    part = sequence(iterable)
    if isinstance(part, Chained):
        return part.backwards()
    return reversed(iterable) if part is None else Reversed(part)


def counter(value: Any, scope: Any, capacity: int | None = None) -> Staged:
    """The place in a staged loop: a weak int64 that nothing but the loop decides."""
    made = Staged(value, Aval((), dtypes.int64, True), scope, origin=LOOP_INDEX)
    made.bounds = None if capacity is None else (0, max(0, capacity - 1))
    return made
