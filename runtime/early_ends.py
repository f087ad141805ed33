"""`any` and `all` end at the first value that decides; staged, they ask for all values, so that no value may write."""

from collections.abc import Iterable, Iterator
from types import GeneratorType
from typing import Any

from s2s.runtime import effects
from s2s.runtime.effects import Log
from s2s.runtime.errors import RefusedError, at_user_line
from s2s.runtime.staging import Staged


class EarlyEndError(RefusedError):
    """How many values of a generator are asked for decides what is changed."""


def refuse_writes(log: Log, roots: Iterable[Any]) -> None:
    """Refuses changes of what can be come by from these values and functions.

    Raises:
        EarlyEndError: the log holds one.
    """
    if log.before and effects.reachable(roots, set(log.before)):
        raise EarlyEndError(
            f"any or all is to end at the first value that decides{at_user_line()}, which is known only in a run, and "
            "a value of the generator expression changes something when it is asked for; write a loop with break"
        )


def asked(values: Iterable[Any], deciding: bool) -> list[Any]:
    """The values up to the first that is known to decide; once one is staged, all others are asked for, too."""
    seen: list[Any] = []
    rest = iter(values)
    for value in rest:
        seen.append(value)
        if type(value) is Staged:
            return [*seen, *_all(rest, _read_by(values))]
        if bool(value) is deciding:
            return seen
    return seen


def _all(rest: Iterator[Any], roots: list[Any]) -> list[Any]:
    log = Log(None)
    with effects.recording(log):
        values = list(rest)
    refuse_writes(log, roots)
    return values


def _read_by(values: Any) -> list[Any]:
    frame = values.gi_frame if isinstance(values, GeneratorType) else None
    if frame is None:
        return []
    named = [frame.f_globals[name] for name in frame.f_code.co_names if name in frame.f_globals]
    return [*frame.f_locals.values(), *named]
