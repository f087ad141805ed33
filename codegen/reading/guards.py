"""What emitted text takes for granted about the user's globals: functions that it inlined, kinds of constants.

The text is written anew when one of these no longer holds, so that a rebound function or a constant that became an
array never meets derivative code written for another.
"""

import builtins
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from s2s.codegen.inference import kinds

UNRESOLVED = object()
_METHODS = (types.MethodType, types.BuiltinMethodType)


@dataclass
class Guard:
    """A dotted path of global names, read in `source`, and the object that it stood for.

    `exact` ones must stay the same object; of others, constants may change as long as their kind is the same, because
    the emitted text reads them again.
    """

    source: Any
    path: str
    found: Any
    exact: bool = False
    contents: Any = None

    def __post_init__(self) -> None:
        if isinstance(self.found, list | dict):
            self.contents = kinds.of_value(self.found, active=False)

    def holds(self) -> bool:
        current = resolve_path(self.source, self.path)
        if self.contents is not None and not self.exact:
            return kinds.of_value(current, active=False) == self.contents
        if current is self.found or (isinstance(current, _METHODS) and current == self.found):
            return True
        if self.exact or is_code(self.found) or is_code(current):
            return False
        return kinds.of_value(current, active=False) == kinds.of_value(self.found, active=False)


@dataclass
class CalleeGuard:
    """A transformed function called in the text, and the source that it had for these kinds of arguments."""

    find: Callable[[], Any]
    source: Any

    def holds(self) -> bool:
        return self.find() is self.source


@dataclass
class AttributeGuard:
    """An attribute of an object that was there before, and the kind that it had."""

    owner: Any
    name: str
    kind: Any

    def holds(self) -> bool:
        current = getattr(self.owner, self.name, UNRESOLVED)
        return current is not UNRESOLVED and kinds.of_value(current, active=False) == self.kind


def is_code(value: Any) -> bool:
    """Is the value itself part of what the text was written from (a function, a class, a module)?"""
    return callable(value) or isinstance(value, types.ModuleType)


def resolve_path(source: Any, path: str) -> Any:
    """The object that a dotted path stands for in a function: closure, module, builtins; UNRESOLVED if none."""
    first, *rest = path.split(".")
    found = resolve_name(source, first)
    for part in rest:
        if found is UNRESOLVED or not hasattr(found, part):
            return UNRESOLVED
        found = getattr(found, part)
    return found


def resolve_name(source: Any, name: str) -> Any:
    for namespace in (source.closure, source.globals):
        try:
            return namespace[name]
        except KeyError:
            continue
    return getattr(builtins, name, UNRESOLVED)


def resolve_references(function: Any) -> None:
    """Looks up the global names that a function reads: closure, module, builtins."""
    source = function.source
    for name, known in function.references.items():
        if known is None:
            function.references[name] = resolve_name(source, name)
