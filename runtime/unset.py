"""Variables that a path leaves unset, where the program decides the path: whoever reads one is checked in the program.

A value that may be unset is marked with what tells whether it is set: a bool known while staging, or a staged one.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from s2s.runtime import errors, joins, staging
from s2s.runtime.assumptions import Fact, hold
from s2s.runtime.errors import at_user_line
from s2s.runtime.helpers.checks import UNDEFINED, is_unset, unset_message
from s2s.runtime.host_calls import fail_unless
from s2s.runtime.joins import JoinError
from s2s.runtime.staging import Staged


class Mark:
    """Of a staged array that stands for a variable which may be unset.

    Attributes:
        name: the variable's.
        is_set: gives a staged bool.
        facts: tests with the outcomes that together mean that it is set, where they are known.
    """

    __slots__ = ("name", "is_set", "facts")

    def __init__(self, name: str, is_set: Callable[[], Any], facts: Sequence[Fact] | None) -> None:
        self.name, self.is_set, self.facts = name, is_set, facts

    def without(self, value: Staged) -> Staged:
        """The value, for those who know themselves what of it is set."""
        return value.snapshot()

    def check(self) -> None:
        """Makes the program raise an exception where the variable is not set."""
        if _noted.marks is not None:
            _noted.marks.append(self)
            return
        if self.facts is not None and hold(self.facts):
            return
        message = unset_message(self.name)
        is_set = self.is_set()
        if type(is_set) is Staged:
            fail_unless(is_set, UnboundLocalError(message))
        elif not is_set:
            raise UnboundLocalError(message)


class _Noted(threading.local):
    marks: list[Mark] | None = None


_noted = _Noted()


@contextmanager
def noted() -> Iterator[list[Mark]]:
    """Inside, reads of marked values are noted, not checked."""
    outer, _noted.marks = _noted.marks, []
    try:
        yield _noted.marks
    finally:
        _noted.marks = outer


def is_set(value: Any) -> Any:
    """Whether the variable that holds this value is set: True, False, or a staged bool."""
    if value is UNDEFINED:
        return False
    if type(value) is Staged:
        return True if value.unset is None else value.unset.is_set()
    if isinstance(value, tuple | list | dict):
        marks = [leaf.unset for leaf in joins.flatten(value)[0] if type(leaf) is Staged and leaf.unset is not None]
        return marks[0].is_set() if marks else True
    return True


def facts_of(value: Any) -> Sequence[Fact] | None:
    """The facts that together mean that a variable with this value is set; None where they are not known."""
    leaves = joins.flatten(value)[0] if isinstance(value, tuple | list | dict) else [value]
    mark = next((x.unset for x in leaves if type(x) is Staged and x.unset is not None), None)
    return () if mark is None else mark.facts


def stored(value: Any) -> None:
    """Checks what the user's code stores in a container or an object. Derivatives save variables without looking at
    them."""
    if type(value) is Staged and value.unset is not None:
        frame = errors.user_frame()
        if not errors.is_emitted(frame):
            staging.read(value)
    elif type(value) is tuple:
        for part in value:
            stored(part)


def marked(value: Any, name: str, flag: Any, facts: Sequence[Fact] | None = None) -> Any:
    """The value of a variable that is set where `flag` holds: who reads it elsewhere is refused in the run.

    Args:
        flag: a bool, or a function that gives a staged one.
        facts: see `Mark`.

    Raises:
        JoinError: it is no array, nor made of arrays: then a read cannot be seen.
    """
    if flag is True or is_unset(value):
        return value
    arrays = [leaf for leaf in joins.flatten(value)[0] if type(leaf) is Staged]
    if not arrays:
        raise JoinError(
            f"{name!r} may be unset{at_user_line()}, and is {joins.describe(value)} where it is set, which cannot be "
            "told apart when the compiled function runs; set it on all paths"
        )
    for leaf in arrays:
        leaf.unset = Mark(name, flag if callable(flag) else lambda: flag, facts)
    return value


def require_set(value: Any, name: str, rows: Any = True) -> None:
    """`support.require_set` in staged code: the program raises."""
    if is_unset(value):
        raise UnboundLocalError(unset_message(name))
    for leaf in joins.flatten(value)[0]:
        if type(leaf) is Staged:
            staging.read(leaf)
    if rows is True:
        return
    holds = np.all(rows)
    if type(holds) is Staged:
        fail_unless(holds, UnboundLocalError(unset_message(name, rows)))
    elif not holds:
        raise UnboundLocalError(unset_message(name, rows))
