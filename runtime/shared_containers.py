"""Lists, dicts and sets that are not all that they seem: a write must be seen by another one, or cannot be.

What a staged branch or loop gives is a new container, which in Python may be one of those from before; an entry of a
list in buffers is made of them when it is read.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from s2s.runtime import effects, staging
from s2s.runtime.errors import RefusedError, at_user_line

_CONTAINERS = (list, dict, set)
Written = Callable[[], None]
_ITSELF, ENTRIES = "watched containers", "lists whose entries are watched"


def is_container(value: Any) -> bool:
    return isinstance(value, _CONTAINERS)


def when_written(target: Any, written: Written, part: str = _ITSELF) -> None:
    """Has this called before the user's program writes into a container, or into the entries of a list."""
    staging.scope().memory.setdefault(part, {})[id(target)] = (target, written)


def before_write(target: Any, part: str = _ITSELF) -> None:
    """Called before each write of the user's program into a container, or into entries of a list.

    Raises:
        RefusedError: another one would have to show it, and it is not known which.
    """
    scope = staging.current_scope()
    if scope is None or not is_container(target):
        return
    found = scope.memory.get(part, {}).get(id(target))
    if found is not None:
        found[1]()


def note_joined(results: Sequence[Any], sides: Sequence[Sequence[Any]], functions: Iterable[Any]) -> None:
    """Says that variables after a branch or loop may be containers of one of its sides that have other names, too.

    `functions` are what reads these other names.
    """
    given = [(result, [side[i] for side in sides]) for i, result in enumerate(results) if is_container(result)]
    ways = [way for result, ways in given for way in ways if is_container(way) and way is not result]
    if not ways:
        return
    known = effects.reachable(functions, {id(way) for way in ways}) | _given_twice(sides)
    for result, origins in given:
        shared = [way for way in origins if id(way) in known and way is not result]
        if shared:
            refusal = _refusing(at_user_line())
            for container in (result, *shared):
                when_written(container, refusal)


def note_appended(results: Sequence[Any], lefts: Sequence[Any], grown: Sequence[tuple[Any, Sequence[Any]]]) -> None:
    """Says that variables after a loop may be entries that it appended to lists: pairs of a list and such entries."""
    refusal = _refusing(at_user_line())
    for target, entries in grown:
        appended = {id(entry) for entry in entries if is_container(entry)}
        kept = [result for result, left in zip(results, lefts, strict=True) if id(left) in appended]
        for result in kept:
            when_written(result, refusal)
        if kept:
            when_written(target, refusal, ENTRIES)


def _given_twice(sides: Sequence[Sequence[Any]]) -> set[int]:
    """Containers that two variables hold on one side."""
    twice: set[int] = set()
    for side in sides:
        places = [id(value) for value in side if is_container(value)]
        twice |= {place for place in places if places.count(place) > 1}
    return twice


def _refusing(place: str) -> Written:
    def refuse() -> None:
        raise RefusedError(
            f"a list, dict or set is changed{at_user_line()} that has, or may have, another name since a staged branch "
            f"or loop{place}, which would have to show the change; copy it where it gets its second name"
        )

    return refuse
