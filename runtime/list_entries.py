"""Entries of a list in buffers: each is made when it is read, and is the list's own from its first change on."""

from typing import Any

from s2s.runtime import effects, staging
from s2s.runtime.errors import at_user_line
from s2s.runtime.joins import JoinError
from s2s.runtime.shared_containers import ENTRIES, before_write, is_container, when_written
from s2s.runtime.staging import Scope

_KEY = "entries read"


def entry_of(entries: Any, index: Any, made: Any) -> Any:
    """An entry of a list as it is read: `made` of its buffers, or what was made of it before.

    `index` is None where it is staged, or the length is.
    """
    if not is_container(made) or staging.current_scope() is None:
        return made
    run, known = _read(entries)
    place = index if type(index) is int and type(entries.length()) is int else None
    for other_place, other, _ in known:
        if place is not None and place == other_place:
            return other
    known.append((place, made, staging.scope()))
    when_written(made, lambda: _keep(entries, run, known))
    return made


_Read = tuple[int | None, Any, Scope]


def _read(entries: Any) -> tuple[Any, list[_Read]]:
    """The list's buffers, and which entries were read of them: their index if it is known, and the object."""
    read = staging.scope().memory.setdefault(_KEY, {})
    found = read.get(id(entries))
    if found is None or found[1] is not entries.run:
        found = read[id(entries)] = (entries, entries.run, [])
    return found[1], found[2]


def _keep(entries: Any, run: Any, known: list[_Read]) -> None:
    """Makes the entries that were read the list's own, before one of them is changed."""
    if entries.run is None and not entries.growing:
        return  # they are
    now = [(place, made) for place, made, scope in known if scope.open]
    if entries.run is not run or any(place is None for place, _ in now):
        raise JoinError(
            f"an entry of a list that grew in a staged loop is changed{at_user_line()}, and which one it is, is known "
            "only in a run; keep the entries in an array, or make the list with all of its entries before the loop"
        )
    before_write(entries, ENTRIES)
    effects.note(entries)
    entries._settle()
    for place, made in now:
        assert place is not None
        list.__setitem__(entries, place, made)
