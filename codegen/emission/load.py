"""Loads emitted source so that tracebacks, pdb and `inspect.getsource` show it."""

import builtins
import itertools
import linecache
import types
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

from s2s.codegen.reading.belongings import Belongings
from s2s.runtime.errors import forget_source_map, register_source_map

Location = tuple[str, int]
LineMap = Sequence[Location | None] | Mapping[int, Location]


class Namespace(dict[str, Any]):
    """Globals of an emitted module: its own names first, then, read anew every time, the user's.

    Python looks globals up through `__missing__` where they are not exactly a dict, so an emitted function sees a later
    rebinding of the user's global under the name that it has there.
    """

    __slots__ = ("__weakref__", "live")

    def __init__(self, names: Mapping[str, Any], live: Mapping[str, Any]) -> None:
        super().__init__(names)
        self.live = live

    def __missing__(self, name: str) -> Any:
        return self.live[name]


_SERIAL = itertools.count(1)


def load(
    text: str,
    module_name: str,
    globals: Mapping[str, Any],
    line_map: LineMap = (),
    live: Mapping[str, Any] | None = None,
    trees: Mapping[str, Any] | None = None,
) -> Namespace:
    """Compiles and runs emitted source; returns its namespace.

    Args:
        text: the emitted module.
        module_name: what it is about (`f_grad`), shown in its file name and as `__module__`.
        globals: objects that names in the text stand for, fixed.
        line_map: for each line of the text the user's `(file, line)`: a sequence from line 1, or a mapping.
        live: the user's namespace, where all other names are looked up whenever they are read; builtins come last.
        trees: the definitions that the text holds, by name, for `emitted_tree`.
    """
    filename = f"<s2s {module_name} {next(_SERIAL)}>"
    code = compile(text, filename, "exec", dont_inherit=True)
    namespace = Namespace({"__name__": module_name, "__builtins__": builtins, **globals}, live or {})
    _bind_builtins(code, namespace)
    _register(filename, text, line_map, namespace)
    exec(code, namespace)  # noqa: S102 - this is how emitted source becomes functions
    for name, tree in (trees or {}).items():
        _TREES.set(namespace[name], tree)
    return namespace


_TREES: Belongings[Any] = Belongings("tree")


def emitted_tree(function: types.FunctionType) -> Any:
    """The definition that an emitted function was printed from, not to be changed; None if there is none."""
    return _TREES.get(function)


def _bind_builtins(code: types.CodeType, namespace: Namespace) -> None:
    """Builtins that nothing shadows are bound at once: the way over `__missing__` is slower."""
    for name in _names_read(code):
        if name not in namespace and name not in namespace.live and hasattr(builtins, name):
            dict.__setitem__(namespace, name, getattr(builtins, name))


def _names_read(code: types.CodeType) -> set[str]:
    nested = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return set(code.co_names).union(*map(_names_read, nested))


_LINES: dict[str, dict[int, Location]] = {}


def _register(filename: str, text: str, line_map: LineMap, namespace: Namespace) -> None:
    """Shows the text to linecache for as long as the namespace lives."""
    # An entry without a time of change is one that `linecache.checkcache` keeps.
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    _LINES[filename] = {line: user_location(*place) for line, place in _pairs(line_map)}
    register_source_map(filename, _LINES[filename])
    finalizer = weakref.finalize(namespace, _forget, filename)
    finalizer.atexit = False


def _forget(filename: str) -> None:
    linecache.cache.pop(filename, None)
    _LINES.pop(filename, None)
    forget_source_map(filename)


def _pairs(line_map: LineMap) -> list[tuple[int, Location]]:
    if isinstance(line_map, Mapping):
        return list(line_map.items())
    return [(number, place) for number, place in enumerate(line_map, 1) if place is not None]


def is_emitted(filename: str) -> bool:
    """Whether `filename` is that of loaded emitted source."""
    return filename in _LINES


def user_location(filename: str, line: int) -> Location:
    """The user's file and line that a line came from; a line of a file that isn't emitted is itself."""
    return _LINES.get(filename, {}).get(line, (filename, line))
