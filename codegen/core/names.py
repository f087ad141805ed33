"""Fresh names for emitted variables, the same at every run."""

import ast
import builtins
import functools
import keyword
import re
from collections.abc import Collection, Iterable
from typing import Any

import gast

from s2s.codegen.core.substitution import nodes

_RESERVED = frozenset(dir(builtins)) | frozenset(keyword.kwlist) | frozenset(keyword.softkwlist)
_NOT_A_NAME = re.compile(r"\W")


class Namer:
    """Gives names that no other variable, global, builtin or keyword has: `x_bar`, then `x_bar_2`, `x_bar_3`."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self._counts: dict[str, int] = {}

    def fresh(self, name: str) -> str:
        """A name not given or taken before, as close to `name` as can be."""
        base = identifier(name)
        found = base
        while found in self.taken or found in _RESERVED:
            self._counts[base] = self._counts.get(base, 1) + 1
            found = f"{base}_{self._counts[base]}"
        self.taken.add(found)
        return found

    def reserve(self, *names: str) -> None:
        """Marks names as taken."""
        self.taken.update(names)

    def copy(self) -> "Namer":
        """A namer with the same names taken, independent from here on."""
        other = Namer(self.taken)
        other._counts = dict(self._counts)
        return other


@functools.cache
def identifier(text: str) -> str:
    """`text` as a valid identifier: `x.y` becomes `x_y`, a leading digit gets an underscore, empty becomes `value`."""
    cleaned = _NOT_A_NAME.sub("_", text).strip("_") if not text.isidentifier() else text
    cleaned = cleaned or "value"
    return cleaned if cleaned.isidentifier() else f"_{cleaned}"


def names_in(tree: Any) -> set[str]:
    """Every name that occurs in a tree: variables, parameters, functions, imports, keywords of calls, globals."""
    return names_of([n for part in tree for n in nodes(part)] if isinstance(tree, list | tuple) else nodes(tree))


def names_of(found: Collection[Any]) -> set[str]:
    """Every name that occurs in these nodes themselves."""
    names = {n.id for n in found if type(n) is gast.Name}
    return names.union(*[_names_of(n) for n in found if type(n) in NAMING])


def names_by_use(found: Iterable[Any]) -> tuple[set[str], set[str], set[str]]:
    """The variables that these nodes read, those that they bind, and the names that they hold otherwise."""
    read: set[str] = set()
    bound: set[str] = set()
    others: set[str] = set()
    for node in found:
        kind = type(node)
        if kind is gast.Name:
            (read if type(node.ctx) is gast.Load else bound).add(node.id)
        elif kind in NAMING:
            others.update(_names_of(node))
    return read, bound, others


# Classes of nodes, but for `gast.Name`, that hold names themselves.
NAMING = frozenset(
    getattr(module, name)
    for module in (ast, gast)
    for name in (
        "Name FunctionDef AsyncFunctionDef ClassDef Global Nonlocal alias arg keyword "
        "MatchAs MatchStar MatchMapping".split()
    )
    if hasattr(module, name) and (module, name) != (gast, "Name")  # asked for before
)


def _names_of(node: Any) -> Iterable[str]:
    kind = type(node).__name__
    if kind == "Name":
        return (node.id,)
    if kind in ("FunctionDef", "AsyncFunctionDef", "ClassDef"):
        return (node.name,)
    if kind in ("Global", "Nonlocal"):
        return node.names
    if kind == "alias":
        return ((node.asname or node.name).split(".")[0],)
    if kind in ("arg", "keyword"):
        return (node.arg,) if node.arg else ()
    if kind in ("MatchAs", "MatchStar", "MatchMapping"):
        return tuple(n for n in (getattr(node, "name", None), getattr(node, "rest", None)) if n)
    return ()
