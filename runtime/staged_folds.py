"""`sum`, `max` and `min` of a list of which only a run knows how many entries it has: loops over them."""

from collections.abc import Callable
from typing import Any

from s2s.runtime.staged_builtins import largest, smallest, total
from s2s.runtime.staged_loops import for_


def _is_recomputed(values: Any) -> bool:
    """Whether it is a list whose entries are in no buffer, and whose length is staged."""
    is_unknown = getattr(values, "has_unknown_length", None)
    return is_unknown is not None and is_unknown() and values.stacked() is None


def _total(values: Any, /, start: Any = 0) -> Any:
    """`sum`."""
    if not _is_recomputed(values):
        return total(values, start)
    return for_(values, lambda item, found: (found + item,), (start,), ("total",))[0]


def _extreme(of_known: Callable[..., Any], name: str) -> Callable[..., Any]:
    def extreme(*args: Any, **options: Any) -> Any:
        if len(args) > 1 or options or not _is_recomputed(args[0]):
            return of_known(*args, **options)
        return for_(args[0], lambda item, found: (of_known(found, item),), (args[0][0],), (name,))[0]

    return extreme


FOLDS: dict[Any, Callable[..., Any]] = {
    sum: _total,
    max: _extreme(largest, "largest"),
    min: _extreme(smallest, "smallest"),
}
