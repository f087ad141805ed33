"""What a region changes of the objects around it: recorded, undone, and found again as what the region carries.

The first change of an object inside a region keeps a copy of its state. Objects made inside a region are none of its
effects: staged arrays know where they were made, containers are followed from what the region's function can reach.
"""

import functools
import threading
import types
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from s2s.runtime.staging import Scope, Staged


class Log:
    """The objects changed since a region was begun, with their states before.

    Attributes:
        scope: the region's; None if what is built outside of a region is recorded.
        before: by id, in the order of the first change: the object, and its state before.
    """

    __slots__ = ("scope", "before")

    def __init__(self, scope: Scope | None) -> None:
        self.scope = scope
        self.before: dict[int, tuple[Any, Any]] = {}

    def note(self, target: Any) -> None:
        if id(target) in self.before:
            return
        if self.scope is not None and type(target) is Staged and target.home.is_inside(self.scope):
            return
        self.before[id(target)] = (target, state_of(target))

    def undo_all(self) -> dict[int, tuple[Any, Any]]:
        """Brings all states back; by id, the changed objects and their states after."""
        after = {key: (target, state_of(target)) for key, (target, _) in self.before.items()}
        for target, state in reversed(self.before.values()):
            set_state(target, state)
        return after

    def undo(self, roots: Iterable[Any]) -> dict[int, tuple[Any, Any]]:
        """Brings the states back of all arrays, and of containers that can be come by from these values and functions;
        by id, those objects and their states after. Other containers were made in the region, and keep their state."""
        after = self.undo_all()
        if all(type(target) is Staged for target, _ in after.values()):
            return after
        known = reachable(roots, {key for key, (target, _) in after.items() if type(target) is not Staged})
        for key, (target, state) in list(after.items()):
            if type(target) is not Staged and key not in known:
                set_state(target, state)
                del after[key]
        return after


class _Logs(threading.local):
    def __init__(self) -> None:
        self.stack: list[Log] = []


_logs = _Logs()


@contextmanager
def recording(log: Log) -> Iterator[Log]:
    """Changes are noted in this log, and in those of the regions around it."""
    _logs.stack.append(log)
    try:
        yield log
    finally:
        _logs.stack.pop()


def note(target: Any) -> None:
    """Says that an object is about to change: an array, a list, dict or set, or an object with attributes."""
    for log in _logs.stack:
        log.note(target)


def state_of(target: Any) -> Any:
    """What an object holds, as a tree: the contents of an array, the entries of a container, the attributes."""
    if hasattr(target, "snapshot"):
        return target.snapshot()
    if isinstance(target, list | set | dict):
        return type(target)(target) if type(target) in (list, set, dict) else target.copy()
    if isinstance(target, np.ndarray):
        return target.copy()
    if isinstance(target, types.CellType):
        return target.cell_contents
    return dict(vars(target))


def set_state(target: Any, state: Any) -> None:
    """Makes an object hold that again."""
    if hasattr(target, "snapshot"):
        target.restore(state)
    elif isinstance(target, list):
        target[:] = state
    elif isinstance(target, set | dict):
        target.clear()
        target.update(state)
    elif isinstance(target, np.ndarray):
        target[...] = state
    elif isinstance(target, types.CellType):
        target.cell_contents = state
    else:
        vars(target).clear()
        vars(target).update(state)


def reachable(roots: Iterable[Any], wanted: set[int]) -> set[int]:
    """The ids, of those wanted, of containers and objects that can be come by from these values and functions."""
    seen: set[int] = set()
    missing = set(wanted)
    stack = list(roots)
    while stack and missing:
        value = stack.pop()
        if id(value) not in seen and not isinstance(value, _ATOMS):
            seen.add(id(value))
            missing.discard(id(value))
            stack.extend(_parts(value))
    return wanted - missing


_ATOMS = (
    str,
    bytes,
    int,
    float,
    complex,
    bool,
    type(None),
    type,
    types.ModuleType,
    types.BuiltinFunctionType,
    np.dtype,
)


def _parts(value: Any) -> Iterable[Any]:
    if type(value) is Staged or isinstance(value, np.ndarray):
        return ()
    if isinstance(value, types.FunctionType):
        return _captured(value)
    if isinstance(value, types.CellType):
        return _content(value)
    if isinstance(value, types.MethodType):
        return (value.__self__, value.__func__)
    if isinstance(value, list):
        return list.__iter__(value)
    if isinstance(value, tuple | set | frozenset):
        return value
    if isinstance(value, dict):
        return value.values()
    parts = list(getattr(value, "__dict__", {}).values())
    if _is_of_a_library(type(value).__module__):  # a transformed function holds the user's; what it caches is its own
        parts = [part for part in parts if callable(part)]
    is_partial = isinstance(value, functools.partial)
    return [*parts, value.func, *value.args, *value.keywords.values()] if is_partial else parts


def _captured(function: types.FunctionType) -> Iterator[Any]:
    """What a function reads from outside: its free variables, and the globals that it names if it is the user's."""
    yield from function.__closure__ or ()
    if not _is_of_a_library(function.__module__):
        yield from _globals_named(function)
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
    yield from vars(function).values()


def _globals_named(function: types.FunctionType) -> Iterator[Any]:
    for code in _codes(function.__code__):
        for name in code.co_names:
            if name in function.__globals__:
                yield function.__globals__[name]


def _is_of_a_library(module: str | None) -> bool:
    """Whether a module's globals are no state of the user's program."""
    return str(module).partition(".")[0] in ("s2s", "numpy", "jaxlib")


def _content(cell: types.CellType) -> Iterator[Any]:
    try:
        yield cell.cell_contents
    except ValueError:  # not assigned yet
        return


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)
