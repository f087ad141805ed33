"""What a list comprehension becomes in staged source."""

from collections.abc import Callable
from typing import Any

from s2s.runtime import effects, staged_iterables
from s2s.runtime.early_ends import refuse_writes
from s2s.runtime.effects import Log
from s2s.runtime.staged_branches import if_
from s2s.runtime.staged_lists import list_
from s2s.runtime.staged_loops import for_
from s2s.runtime.staged_stores import mutate
from s2s.runtime.staging import current_scope

# Comprehensions over no more elements than this are written out.
_MOST_WRITTEN_OUT = 16


def collected(
    items: Any,
    element: Callable[[Any], Any],
    test: Callable[[Any], Any] | None = None,
    *,
    flat: bool = False,
    ends_early: bool = False,
) -> Any:
    """`[element(v) for v in items if test(v)]`; `flat` where an element is a list whose entries are meant.

    `ends_early` where not all elements need be asked for, so that they must not write (EarlyEndError).
    A staged loop where a test is staged, and where there are many elements or it is not known how many.
    """
    if ends_early:
        log = Log(None)
        with effects.recording(log):
            values = collected(items, element, test, flat=flat)
        refuse_writes(log, [element, test])
        return values
    found = None if current_scope() is None else staged_iterables.sequence(items)
    if found is None or staged_iterables.in_python_only(found) and test is None:
        return _in_python(items, element, test, flat)
    is_short = type(found.length) is int and found.length <= _MOST_WRITTEN_OUT
    if is_short and test is None:
        return _in_python(found, element, None, flat)
    return _in_loop(items, element, test, flat)


def _in_python(items: Any, element: Callable[[Any], Any], test: Callable[[Any], Any] | None, flat: bool) -> list[Any]:
    kept = items if test is None else filter(test, items)
    parts = [element(item) for item in kept]
    return [entry for part in parts for entry in part] if flat else parts


def _in_loop(items: Any, element: Callable[[Any], Any], test: Callable[[Any], Any] | None, flat: bool) -> Any:
    entries = list_()

    def body(item: Any) -> tuple[Any, ...]:
        def add() -> tuple[Any, ...]:
            mutate(entries, "extend" if flat else "append")(element(item))
            return ()

        return add() if test is None else if_(test(item), add, tuple, (), ())

    for_(items, body, (), ())
    return entries
