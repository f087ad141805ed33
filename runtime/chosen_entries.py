"""Entries of Python's lists and tuples at places that only a run knows: `perm[p]`, `candidates[np.argmin(costs)]`.

Entries that are alike are laid side by side, and the one at the place is taken; a write changes the entry that it is.
Places that loop counters decide are none of these: such a loop is written out, and its places are known.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2s.runtime import dtypes, hlo, joins, staging, tree, views
from s2s.runtime.aval import Aval
from s2s.runtime.staging import Staged


class Entries:
    """A list or tuple that is read at one place."""

    __slots__ = ("whole",)

    def __init__(self, whole: Sequence[Any]) -> None:
        self.whole = whole

    def __getitem__(self, index: Any) -> Any:
        return chosen(self.whole, index) if is_place(index) else self.whole[index]


def is_place(index: Any) -> bool:
    """Whether an index is one number that neither Python's values nor loop counters decide."""
    if type(index) is not Staged or index.aval.shape or index.literal is not None or index.origin is not None:
        return False
    return bool(index.dtype == np.bool_ or dtypes.is_integer(index.dtype))


def are_entries(whole: Any) -> bool:
    """Whether a value is a list or tuple whose entries are all known, each by itself."""
    return isinstance(whole, list | tuple) and getattr(whole, "run", None) is None and len(whole) > 0


def chosen(whole: Sequence[Any], place: Staged) -> Any:
    """`whole[place]`.

    Raises:
        ConcretizationError: the entries are no numbers, arrays or tuples of these, all of one structure and shape.
    """
    columns = _columns(list(whole))
    if columns is None:
        return whole[place]  # type: ignore[call-overload]
    leaves, treedef = columns
    place = _from_the_front(place, len(whole))
    return tree.unflatten(treedef, [_taken(column, place) for column in leaves])


def store(whole: list[Any], place: Staged, value: Any) -> None:
    """`whole[place] = value`: each entry becomes the value, or stays."""
    entries, front = list(whole), _from_the_front(place, len(whole))
    written = [_written(entry, value, front == k) for k, entry in enumerate(entries)]
    if any(new is None for new in written):
        whole[place] = value  # type: ignore[call-overload]
    whole[:] = written


def with_entry(entries: list[Any], place: Staged, value: Any) -> list[Any]:
    """A list of the entries with the one at the place replaced."""
    made = list(entries)
    store(made, place, value)
    return made


def _from_the_front(place: Any, count: int) -> Any:
    place = place.astype(np.int64)
    return np.where(place < 0, place + count, place)


def _columns(entries: list[Any]) -> tuple[list[list[Any]], Any] | None:
    """The leaves of all entries by their place in them, and the structure; None if the entries are not alike."""
    rows = [_flat(entry) for entry in entries]
    if any(treedef != rows[0][1] for _, treedef in rows) or _is_mutable(entries[0]):
        return None
    columns = [list(column) for column in zip(*[leaves for leaves, _ in rows], strict=True)]
    return (columns, rows[0][1]) if all(_are_alike(column) for column in columns) else None


def _flat(entry: Any) -> tuple[list[Any], Any]:
    return tree.flatten(entry, is_leaf=lambda part: part is None)


def _is_mutable(entry: Any) -> bool:
    """Whether it is or holds a list or dict: a write into what is taken would have to change the entry."""
    return isinstance(entry, list | dict) or isinstance(entry, tuple) and any(map(_is_mutable, entry))


def _are_alike(column: list[Any]) -> bool:
    if all(joins.same(part, column[0]) for part in column):
        return True
    return all(map(joins.is_numeric, column)) and _joined(column) is not None


def _joined(column: list[Any]) -> Aval | None:
    aval: Aval | None = joins.aval_of(column[0])
    for part in column[1:]:
        aval = None if aval is None else joins.joined(aval, joins.aval_of(part))
    return aval


def _taken(column: list[Any], place: Staged) -> Any:
    if all(joins.same(part, column[0]) for part in column):
        return column[0]
    aval = _joined(column)
    assert aval is not None
    taken = _read(column, place, aval)
    arrays = [part for part in column if np.ndim(part) or getattr(part, "is_array", False)]
    if arrays:
        taken.is_array = True
        taken.view = _Chosen(column, place, aval)
    return taken


def _read(column: list[Any], place: Staged, aval: Aval) -> Staged:
    parts = [staging.like(joins.as_aval(part, aval), aval) for part in column]
    taken: Staged = np.stack(parts)[place]  # type: ignore[assignment]
    return staging.like(taken.value, aval)


def _written(entry: Any, value: Any, here: Any) -> Any:
    """The entry, or the value where that is written; None if one cannot stand for the other."""
    columns = _columns([entry, value])
    if columns is None:
        return None
    leaves, treedef = columns
    return tree.unflatten(treedef, [_either(new, old, here) for old, new in leaves])


def _either(new: Any, old: Any, here: Any) -> Any:
    if joins.same(new, old):
        return old
    aval = _joined([old, new])
    assert aval is not None
    parts = [staging.like(joins.as_aval(part, aval), aval) for part in (new, old)]
    return staging.like(hlo.select(hlo.broadcast_to(here, aval.shape), *parts).value, aval)


class _Chosen(views.View):
    """An array that is one of several: it shows what that one holds, and writes change that one."""

    __slots__ = ("column", "place", "aval", "held")

    def __init__(self, column: list[Any], place: Staged, aval: Aval) -> None:
        own = all(type(part) is Staged for part in column)
        base = column[0] if own else staging.stage(column[0])
        super().__init__(base, lambda whole: whole, self._write if own else None, True, False)
        self.column, self.place, self.aval = column, place, aval
        self.held = [part._value for part in column] if own else []

    def is_current(self) -> bool:
        pairs = zip(self.column, self.held, strict=False)
        return all(part._value is held and (part.view is None or part.view.is_current()) for part, held in pairs)

    def value(self) -> Any:
        return _read(self.column, self.place, self.aval).value

    def _write(self, first: Staged, value: Staged) -> Staged:
        for k, part in enumerate(self.column[1:], 1):
            views.write(part, _either(value, part, self.place == k))
        return _either(value, first, self.place == 0)  # type: ignore[no-any-return]
