"""What all parts of the staging rewrite share: names resolved to objects, static names, and calls of the runtime."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gast

from s2s.codegen.core.core import dotted
from s2s.codegen.core.names import Namer, names_of
from s2s.codegen.reading.resolve import Resolver
from s2s.codegen.reading.source import FunctionSource
from s2s.codegen.staging import flow
from s2s.codegen.staging.flow import Scope
from s2s.codegen.staging.locals import StaticNames, bindings, converts

_BLOCKS = (gast.If, gast.For, gast.While)
_FUNCTIONS = (gast.FunctionDef, gast.AsyncFunctionDef)


class StageVisitor(gast.NodeTransformer):
    """Visits one function.

    Attributes:
        source: the function.
        names: the runtime's names to what they are called in the rewritten text.
        changed: whether anything was rewritten.
        resolved: dotted names that were looked up, to the objects found.
        entry: whether the function is the one that is staged as a whole.
        function: the innermost definition that is being visited.
        inside: the converted blocks of that definition around the node that is being visited.
        wary: whether arguments may be NumPy arrays that staged indices select from, or lists of staged lengths.
    """

    wary = False

    def __init__(self, source: FunctionSource, names: dict[str, str], entry: bool) -> None:
        self.source = source
        self.resolver = Resolver(source)
        self.names = names
        self.changed = False
        self.resolved: dict[str, Any] = {}
        self.objects: dict[str, Any] = {}  # the same for all paths that were looked up, where nothing is shadowed
        self.shadowed: frozenset[str] = frozenset()
        self.entry = entry
        self.function: Any = source.tree
        self.inside: tuple[Any, ...] = ()

    # Made when they are first asked for, which most functions never do.
    @functools.cached_property
    def nodes(self) -> list[Any]:
        """All nodes of the function, before anything in it is rewritten."""
        return self.source.nodes

    @functools.cached_property
    def bindings(self) -> dict[str, list[Any]]:
        return bindings(self.nodes)

    @functools.cached_property
    def static(self) -> StaticNames:
        return StaticNames(self.bindings, self.object, self._blocks, self.wary)

    @functools.cached_property
    def namer(self) -> Namer:
        return Namer({*names_of(self.nodes), *self.names.values()})

    @functools.cached_property
    def _blocks(self) -> list[Any]:
        """All `if`, `for` and `while` statements, with their `flow`."""
        blocks = [n for n in self.nodes if type(n) in _BLOCKS]
        return blocks if blocks and self.scopes else []

    @functools.cached_property
    def scopes(self) -> dict[Any, Scope]:
        functions = [n for n in self.nodes if type(n) in _FUNCTIONS]
        return {function: flow.annotate(function, self.nodes) for function in functions}

    @property
    def scope(self) -> Scope:
        return self.scopes[self.function]

    def converts(self, node: Any) -> bool:
        """Whether an `if`, `for` or `while` becomes a call of the runtime."""
        return bool(self._blocks) and converts(node, self.static)

    def object(self, node: Any) -> Any:
        """What a name or attribute chain stands for; None if that is not known before the function runs."""
        path = dotted(node)
        if path is None:
            return None
        if self.shadowed:
            return self._object(node, path)
        if path not in self.objects:
            self.objects[path] = self._object(node, path)
        return self.objects[path]

    def _object(self, node: Any, path: str) -> Any:
        found = self.resolver.resolve(node, self.shadowed)
        if not found.found or isinstance(found.object, FunctionSource):
            return None
        if found.where != "import":
            self.resolved[path] = found.object
        return found.object

    @contextmanager
    def shadowing(self, names: set[str]) -> Iterator[None]:
        outer, self.shadowed = self.shadowed, self.shadowed | names
        yield
        self.shadowed = outer

    def runtime(self, name: str, *arguments: Any, like: Any = None, **keywords: Any) -> Any:
        """A call of the runtime's function `name`, with the position of `like`."""
        self.changed = True
        made = gast.Call(loaded(self.names[name]), list(arguments), [gast.keyword(k, v) for k, v in keywords.items()])
        return made if like is None else gast.copy_location(made, like)


def loaded(name: str) -> Any:
    return gast.Name(name, gast.Load(), None, None)


def stored(name: str) -> Any:
    return gast.Name(name, gast.Store(), None, None)


def thunk(body: Any) -> Any:
    """`lambda: body`."""
    nothing = gast.arguments([], [], None, [], [], None, [])
    return gast.copy_location(gast.Lambda(nothing, body), body)
