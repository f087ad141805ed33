"""Lists that grow in staged loops: their entries lie side by side in buffers, and are read by index.

What users write as `out.append(h)` and what reverse mode saves for the way back are the same.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from s2s.runtime import open_lists, restaging, staging, tree
from s2s.runtime.aval import Aval
from s2s.runtime.entries import Layout, Run, joined_runs, rows, stacked
from s2s.runtime.errors import at_user_line
from s2s.runtime.joins import JoinError
from s2s.runtime.linear_forms import difference
from s2s.runtime.list_entries import entry_of
from s2s.runtime.recomputation import After, Iterations, Recomputed
from s2s.runtime.staging import Staged
from s2s.runtime.views import own


class List(list):
    """A Python list that a staged loop may grow: after its Python entries come those in buffers.

    Attributes:
        run: the entries in buffers, or None.
        tail: entries after them that are not in buffers, where the number of those that are is staged.
        growing: whether a loop is being built that appends to it; what it held before is not known there.
    """

    def __init__(self, entries: Any = ()) -> None:
        super().__init__(entries)
        self.run: Any = None  # `Run`, or `Recomputed`
        self.tail: list[Any] = []
        self.growing = False

    # Its state, for regions --------------------------------------------------------------------------------------

    def front(self) -> list[Any]:
        """The entries that are not in buffers."""
        return list(list.__iter__(self))

    def snapshot(self) -> "List":
        taken = List(self.front())
        taken.run, taken.growing, taken.tail = self.run, self.growing, list(self.tail)
        return taken

    def restore(self, state: "List") -> None:
        list.__setitem__(self, slice(None), state.front())
        self.run, self.growing, self.tail = state.run, state.growing, list(state.tail)

    def take(self, run: Any) -> None:
        """Puts entries in buffers behind the others."""
        before = self.run
        if self.tail:
            before, self.tail = open_lists.joined(before, stacked(self.tail)), []
        if before is not None and not type(before) is type(run) is Run:
            raise JoinError(f"a list of unknown length grows in a loop{at_user_line()}")
        self.run = run if before is None else open_lists.joined(before, run)

    def open_run(self) -> Any:
        """All entries in buffers, where how many there are is staged; else None."""
        run = None if self.growing or self.run is None or type(self.run.length) is int else self.entries()
        return run if open_lists.is_open(run) else None

    def has_unknown_length(self) -> bool:
        """Whether only the compiled function knows how many entries there are, all of them in buffers or recomputed."""
        return not self.growing and self.run is not None and type(self.run.length) is not int and bool(self.entries())

    def entry_like(self) -> Any:
        """Zeros like the entries, which are alike."""
        run: Any = self.entries()
        layout = (run.first if type(run) is After else run).layout
        return layout.build(iter([staging.zeros(aval) for aval in layout.avals()]))

    def length(self) -> Any:
        """How many entries there are, an int or a staged int."""
        if self.growing:
            raise self._unknown()
        count = list.__len__(self) + len(self.tail)
        return count if self.run is None else self.run.length + count if count else self.run.length

    def _unknown(self) -> JoinError:
        return JoinError(f"a list is read{at_user_line()} in a staged loop that appends to it")

    def entries(self) -> Any:
        """All entries, a `Run` or what is in its stead; None where they are not alike, or none is in a buffer."""
        run, front = self.run, self.front()
        if run is None or self.growing:
            return None
        if self.tail:
            run = open_lists.joined(run, stacked(self.tail))
        if not front:
            return run
        try:
            return After.joined(stacked(front), run) if type(run) is Recomputed else joined_runs(stacked(front), run)
        except JoinError:
            return None

    def _settle(self) -> None:
        """Makes all entries Python entries."""
        if self.run is not None:
            if type(self.run.length) is not int:
                raise _length_needed(self.run.length)
            run, self.run = self.run, None
            list.extend(self, [run.item(k) for k in range(run.length)])

    def rows(self, count: int, last: bool = False) -> Staged | None:
        """See `entries.rows`."""
        return None if self.growing else rows(self.entries(), count, backwards=False, last=last)

    # Python's list ------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        length = self.length()
        if type(length) is Staged:
            raise _length_needed(length)
        return length

    def __iter__(self) -> Iterator[Any]:
        if self.growing:
            raise self._unknown()
        run = self.run
        if run is not None and type(run.length) is not int:
            raise _length_needed(run.length)
        if run is None:
            return iter(self.front())
        first = list.__len__(self)
        return iter([*self.front(), *(entry_of(self, first + k, run.item(k)) for k in range(run.length))])

    def __getitem__(self, index: Any) -> Any:
        run = self.entries()
        if isinstance(index, slice) and (opened := self.open_run()) is not None:
            return of_run(open_lists.sliced(opened, index))
        if run is None or isinstance(index, slice):
            if self.growing:
                raise self._unknown()
            self._settle()
            return list.__getitem__(self, index)
        if type(index) is not Staged:
            index = _in_range(index.__index__(), run)
            return entry_of(self, index, run.item(index))
        return entry_of(self, None, run.item(np.where(np.less(index, 0), index + run.length, index)))

    def __reversed__(self) -> "Backwards":  # type: ignore[override]
        return Backwards(self)

    def stacked(self) -> Any:
        """All entries as one array, where they are alike and in buffers; else None."""
        if (opened := self.open_run()) is not None:
            return open_lists.as_array(opened)
        run = None if self.growing else self.entries()
        return None if run is None else run.whole()

    # Where the number of entries is staged, for derivatives ---------------------------------------------------------

    def zeros(self) -> "List":
        """Zeros for each entry."""
        return of_run(open_lists.zeros(self.entries()))

    def plus(self, other: Any) -> "List":
        """The sums of the entries of two such lists."""
        return of_run(open_lists.added(self.open_run(), _opened(other)))

    def each(self, value_of: Callable[[Any], Any]) -> "List":
        """A value for each entry that depends on its shape only."""
        return of_run(open_lists.each_like(self.open_run(), value_of))

    def filled(self) -> "List":
        """Of pairs (rows, element), the elements, with zeros in the other rows."""
        return of_run(open_lists.filled(self.open_run()))

    def total(self) -> Any:
        """The sum of the entries."""
        return open_lists.total(self.open_run())

    def of_items(self, items: Any) -> "List":
        """A list like this one of the entries of another, which may be `reversed`; zeros where they end before."""
        is_backwards = type(items) is Backwards
        run = _opened(items.entries if is_backwards else items)
        return of_run(open_lists.reversed_like(self.open_run(), run, is_backwards))

    def of_known_items(self, items: Any) -> "List | None":
        """The same where both have the same number of entries, which is known, in buffers; else None."""
        source = items.entries if type(items) is Backwards else items
        if type(source) is not List or source.growing or self.growing or source.run is None or self.run is None:
            return None
        run = source.entries()
        if type(run) is not Run or not run.places or type(run.length) is not int or run.length != run.capacity:
            return None
        count = self.length()
        if type(count) is not int or count != run.length:
            return None
        if type(items) is not Backwards:
            return of_run(Run(run.layout, run.held, run.capacity, run.length, run.places))
        return of_run(Run(run.layout, [np.flip(b, 0) for b in run.buffers], run.capacity, run.length))

    def of_known_rows(self, array: Any) -> "List | None":
        """The rows of an array, in a buffer, where all entries are arrays in a buffer and so many; else None."""
        run = None if self.growing else self.entries()
        if type(run) is not Run or run.layout.treedef.num_nodes != 1 or type(array) is not Staged:
            return None
        if run.length != array.shape[0] or not run.places:
            return None
        layout = Layout(run.layout.treedef, [Aval(array.shape[1:], array.dtype)])
        return of_run(Run(layout, [own(array)], array.shape[0], array.shape[0]))

    def of_array(self, array: Any) -> "List":
        """The rows of an array as the entries."""
        return of_run(open_lists.of_array(array, self.open_run()))

    def changed_at(self, index: Any, value: Any) -> "List":
        """A copy with another entry, or other entries in a slice."""
        if isinstance(index, slice):
            return of_run(open_lists.with_part(self.open_run(), index, _opened(value), "set"))
        made = self.copy()
        made[index] = value
        return made

    # -----------------------------------------------------------------------------------------------------------------

    def __radd__(self, other: Any) -> Any:
        return other + list(self)

    def __add__(self, other: Any) -> Any:
        return list(self) + list(other) if isinstance(other, list) else NotImplemented

    def __mul__(self, count: Any) -> Any:
        return list(self) * count

    __rmul__ = __mul__

    def copy(self) -> "List":
        if self.growing:
            raise self._unknown()
        return self.snapshot()

    __copy__ = copy

    def __reduce__(self) -> Any:
        return (list, (list(self),))


class Backwards:
    """`reversed(xs)`."""

    __slots__ = ("entries",)

    def __init__(self, entries: List) -> None:
        self.entries = entries

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self.entries)[::-1])

    def stacked(self) -> Any:
        whole = self.entries.stacked()
        return None if whole is None else np.flip(whole, 0)

    def rows(self, count: int, last: bool = False) -> Staged | None:
        """See `entries.rows`."""
        return rows(self.entries.entries(), count, backwards=True, last=last)


def _length_needed(length: Staged) -> Exception:
    restaging.request()
    return length._unknown("the length of a list", "index it, or iterate over it in a for loop of a staged function")


def _in_range(index: int, run: Any) -> Any:
    length = run.length
    if type(length) is int and not -length <= index < length:
        raise IndexError(f"list index out of range{at_user_line()}")
    return index + length if index < 0 else index


def _settling(name: str, reads: bool) -> Callable[..., Any]:
    original = getattr(list, name)

    def method(self: List, *args: Any, **kwargs: Any) -> Any:
        if reads and self.growing:
            raise self._unknown()
        self._settle()
        return original(self, *args, **kwargs)

    method.__name__ = name
    return method


def _adding(name: str) -> Callable[..., Any]:
    settled = _settling(name, reads=False)

    def method(self: List, added: Any) -> Any:
        if self.run is None or type(self.run.length) is int:
            opened = added.open_run() if name != "append" and type(added) is List else None
            return settled(self, added) if opened is None else _take(self, opened, name)
        if name != "append" and type(added) is List and added.open_run() is not None:
            return _take(self, added.open_run(), name)
        self.tail += [added] if name == "append" else list(added)
        return self if name == "__iadd__" else None

    method.__name__ = name
    return method


def _take(self: List, run: Run, name: str) -> Any:
    self.take(run)
    return self if name == "__iadd__" else None


def _pop(self: List, *index: Any) -> Any:
    """Of the last entry, where the number of entries is staged, or all of them are in buffers."""
    run = self.open_run()
    if run is None and not self.growing and not self.front() and not self.tail and type(self.run) is Run:
        run = self.run
    if (
        run is None
        or run.capacity is None
        or (index and index != (-1,))
        or (type(run.length) is int and not run.length)
    ):
        return _settling("pop", reads=True)(self, *index)
    self.restore(of_run(Run(run.layout, run.held, run.capacity, run.length - 1, run.places)))
    return run.item(run.length - 1)


def _set(self: List, index: Any, value: Any) -> None:
    run = self.open_run()
    if run is None or isinstance(index, slice):
        return _settling("__setitem__", reads=True)(self, index, value)
    place = index if type(index) is int and index >= 0 else np.where(np.less(index, 0), index + run.length, index)
    return self.restore(of_run(open_lists.with_item(run, place, value)))


def _opened(items: Any) -> Run:
    """The entries in buffers of a list that must be as long as one whose number of entries is staged."""
    run = items.entries() if type(items) is List else stacked(list(items)) if list(items) else None
    if type(run) is not Run:
        raise JoinError(f"a list of known length stands for one whose length is staged{at_user_line()}")
    return run


def of_run(run: Any) -> List:
    """A list of entries in buffers."""
    made = List()
    made.run = run
    return made


for _name in ("append", "extend", "__iadd__"):
    setattr(List, _name, _adding(_name))
_READING = "insert remove clear sort reverse index count __delitem__ __contains__ __eq__ __repr__ __imul__"
for _name, _method in {"pop": _pop, "__setitem__": _set}.items():
    setattr(List, _name, _method)
for _name in f"{_READING} __ne__ __lt__ __le__ __gt__ __ge__".split():
    setattr(List, _name, _settling(_name, reads=True))


def list_(entries: Any = ()) -> Any:
    """A list that staged loops may grow; a plain one outside of staging."""
    return List(entries) if staging.current_scope() is not None else list(entries)


def alike(a: Any, b: Any) -> tuple[Any, Any]:
    """Two values that meet; two lists of which one has its entries in buffers, or cannot grow, with Python entries."""
    if isinstance(a, list) and isinstance(b, list) and tree.flatten(a)[1] != tree.flatten(b)[1]:
        return _with_python_entries(a), _with_python_entries(b)
    return a, b


def _with_python_entries(entries: list) -> list:
    is_unknown = type(entries) is List and (entries.growing or type(entries.length()) is not int)
    return entries if is_unknown else List(entries)


# As a pytree ----------------------------------------------------------------------------------------------------


class _Frame:
    """What of a list is no array."""

    def __init__(self, made: List) -> None:
        run = made.run
        self.count = list.__len__(made)
        self.tail = len(made.tail)
        self.layout = None if run is None else run.layout.without_shared()
        self.shared = 0 if run is None else len(run.layout.shared())
        self.capacity = None if run is None else run.capacity
        self.places = run.places if type(run) is Run else ()
        again = run if type(run) is Recomputed else None
        self.length = None if run is None or again is not None or type(run.length) is not int else run.length
        self.shapes = None if again is None else again.iterations.shapes
        self.columns = (0, 0) if again is None else again.columns
        self.each = 1 if again is None else again.each

    def _key(self) -> tuple[Any, ...]:
        again = (self.shapes, self.columns, self.each)
        return (self.count, self.tail, self.layout, self.capacity, self.length, self.places, *again)

    def rebuilt(self, layout: Any, rest: list[Any]) -> Any:
        """The run, from what is no constant of it."""
        if self.shapes is not None:
            count = rest.pop()
            entry, captured = rest[: len(self.shapes.carries)], rest[len(self.shapes.carries) :]
            return Recomputed(Iterations(self.shapes, entry, captured, count), layout, self.columns, self.each)
        length = self.length if self.length is not None else rest.pop()
        return Run(layout, rest, self.capacity, length, self.places)

    def __eq__(self, other: object) -> bool:
        return type(other) is _Frame and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.count, self.capacity))


def _flatten(made: List) -> tuple[list[Any], _Frame]:
    frame = _Frame(made)
    if made.run is None:
        return made.front(), frame
    before = [*made.front(), *made.tail, *made.run.layout.shared()]
    if frame.shapes is not None:
        iterations = made.run.iterations
        return [*before, *iterations.entry, *iterations.captured, iterations.count], frame
    lengths = [] if frame.length is not None else [made.run.length]
    return [*before, *made.run.held, *lengths], frame


def _unflatten(frame: _Frame, children: Any) -> List:
    children = list(children)
    made = List(children[: frame.count])
    if frame.layout is not None:
        children = children[frame.count :]
        made.tail, children = children[: frame.tail], children[frame.tail :]
        shared, rest = children[: frame.shared], children[frame.shared :]
        made.run = frame.rebuilt(frame.layout.with_shared(shared), rest)
    return made


tree.register_node(List, _flatten, _unflatten)


def grows(before: Any, after: Any) -> bool:
    """Whether a list only had entries appended to it."""
    if type(before) is not List or before.growing != after.growing:
        return False
    old, new = before.front(), after.front()
    kept = len(old) <= len(new) and all(a is b for a, b in zip(old, new, strict=False))
    if before.run is not None and type(before.run.length) is not int:
        behind = len(before.tail) <= len(after.tail) and all(
            a is b for a, b in zip(before.tail, after.tail, strict=False)
        )
        return kept and behind and after.run is before.run and len(old) == len(new)
    return kept and (after.run is before.run or before.run is None)


def as_plain(value: Any) -> Any:
    """A result with Python lists for these lists."""
    if not tree.leaves(value, _is_list) or not any(map(_is_list, tree.leaves(value, _is_list))):
        return value
    return tree.map(lambda x: [as_plain(e) for e in x] if _is_list(x) else x, value, is_leaf=_is_list)


def shrinks(before: Any, after: Any) -> int:
    """How many entries were taken from a list's end, where they are in buffers and nothing else was changed."""
    if type(before) is not List or type(before.run) is not Run or type(after.run) is not Run:
        return 0
    old, new = before.run, after.run
    same = len(old.held) == len(new.held) and all(a is b for a, b in zip(old.held, new.held, strict=True))
    if not same or before.front() or after.front() or before.tail or after.tail or old.capacity is None:
        return 0
    return max(0, difference(old.length, new.length) or 0)


def _is_list(value: Any) -> bool:
    return type(value) is List
