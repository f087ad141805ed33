"""What a name or an attribute chain in a function stands for: in a running function, or in a module's source alone."""

import ast
import builtins
import cmath
import functools
import importlib
import itertools
import math
import operator
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import gast
import numpy

from s2s.codegen.core.names import names_in
from s2s.codegen.core.substitution import CHILD_FIELDS, child_nodes
from s2s.codegen.reading.source import FunctionSource


class Resolved(NamedTuple):
    """What a name stands for.

    Attributes:
        found: whether the object is known.
        object: the object; None if it isn't known.
        where: the scope of the name at the root: "local", "import" (inside the function), "closure", "global",
            "builtin"; empty if no scope has it, so that only a run can tell.
    """

    found: bool
    object: Any = None
    where: str = ""


UNRESOLVED = Resolved(False)
LOCAL = Resolved(False, None, "local")


class Unknown(NamedTuple):
    """What a module read and not run is known to bind, but to a value that only a run can tell."""

    name: str


class Resolver:
    """Resolves names as they are read inside one function.

    A name bound in the function (parameter, assignment, loop variable, nested `def`) is local and not resolved, except
    one that a single plain `import` in the body binds. What a comprehension or a lambda inside binds must be given as
    `shadowed`, because it is local only there.
    """

    def __init__(self, source: FunctionSource) -> None:
        self.source = source
        nodes = _nodes_of_body(source)
        self.locals = _bound_by(source.tree, nodes)
        self._imports = _local_imports(source, nodes)

    def resolve(self, node: Any, shadowed: frozenset[str] | set[str] = frozenset()) -> Resolved:
        """The object that a `Name` or `Attribute` node stands for.

        Attributes are followed only through modules and classes: those of other objects may change while running.
        """
        if isinstance(node, gast.Name | ast.Name):
            return LOCAL if node.id in shadowed else self.name(node.id)
        if not isinstance(node, gast.Attribute | ast.Attribute):
            return UNRESOLVED
        return _attribute(self.resolve(node.value, shadowed), node.attr)

    def name(self, name: str) -> Resolved:
        """The object that a bare name stands for."""
        source = self.source
        if name in self._imports:
            return Resolved(True, self._imports[name], "import")
        if name in self.locals:
            return LOCAL
        if name in _cells(source):
            return _found(source.closure.get(name, Unknown(name)), "closure")
        if name in source.globals:
            return _found(source.globals[name], "global")
        return _builtin(name, source)


def _found(value: Any, where: str) -> Resolved:
    return Resolved(False, None, where) if isinstance(value, Unknown) else Resolved(True, value, where)


def _attribute(base: Resolved, name: str) -> Resolved:
    missing = Unknown(name)
    holds = base.found and isinstance(base.object, types.ModuleType | type)
    return _found(getattr(base.object, name, missing) if holds else missing, base.where)


def _cells(source: FunctionSource) -> Mapping[str, Any]:
    """Free variables by name; their cells where they are known, because an empty cell shadows a global too."""
    return getattr(source.closure, "cells", source.closure)


def _builtin(name: str, source: FunctionSource) -> Resolved:
    if source.module is not None and not source.module.complete:
        return UNRESOLVED  # `from somewhere import *` may have bound it
    return Resolved(True, getattr(builtins, name), "builtin") if hasattr(builtins, name) else UNRESOLVED


def bound_names(function: Any) -> set[str]:
    """The local variables of a function definition: what its parameters and its own body bind.

    Names declared `global` or `nonlocal` are left out; bodies of nested functions, classes and lambdas are not entered.
    """
    return _bound_by(function, own_nodes(function.body))


def _bound_by(function: Any, nodes: Iterable[Any]) -> set[str]:
    """The same, of these own nodes of the function."""
    bound = set(_parameters(function.args))
    declared: set[str] = set()
    for node in nodes:
        if type(node) is gast.Name:
            if type(node.ctx) is not gast.Load:
                bound.add(node.id)
            continue
        kind = type(node).__name__
        if kind in ("Global", "Nonlocal"):
            declared.update(node.names)
        elif kind in _MAY_BIND:
            bound.update(binds(node, kind))
    return bound - declared


_MAY_BIND = frozenset(
    "Name FunctionDef AsyncFunctionDef ClassDef alias ExceptHandler MatchAs MatchStar MatchMapping".split()
)


def _nodes_of_body(source: FunctionSource) -> list[Any]:
    """The function's own nodes; all of them where nothing inside has a scope of its own."""
    if type(source.tree) is gast.FunctionDef and not source.survey.holds(*_WITH_SCOPES):
        return source.nodes[1:]
    return list(own_nodes(source.tree.body))


def _parameters(arguments: Any) -> Iterator[str]:
    stars = [p for p in (arguments.vararg, arguments.kwarg) if p is not None]
    for parameter in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *stars):
        yield parameter.id if hasattr(parameter, "id") else parameter.arg


SCOPES = frozenset(
    ("FunctionDef", "AsyncFunctionDef", "ClassDef", "Lambda", "ListComp", "SetComp", "DictComp", "GeneratorExp")
)


_WITH_SCOPES = frozenset(getattr(gast, name) for name in SCOPES) | {gast.NamedExpr}


def own_nodes(body: list[Any]) -> Iterator[Any]:
    """The nodes of a scope's body that belong to that scope; definitions themselves, but not what is inside them."""
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        kind = type(node)
        if kind is gast.Name:
            continue
        if kind.__name__ in SCOPES:
            stack.extend(_outer_parts(node))
        else:
            stack.extend(child_nodes(node) if kind in CHILD_FIELDS else ast.iter_child_nodes(node))


def _outer_parts(node: Any) -> Iterator[Any]:
    """The parts of a nested scope that run, or bind (a walrus in a comprehension), in the scope around it."""
    if hasattr(node, "generators"):
        yield from (n for n in ast.walk(node) if type(n).__name__ == "NamedExpr")
        return
    yield from getattr(node, "decorator_list", [])
    yield from getattr(node, "bases", [])
    arguments = getattr(node, "args", None)
    if arguments is not None:
        yield from (d for d in (*arguments.defaults, *arguments.kw_defaults) if d is not None)


def binds(node: Any, kind: str) -> set[str]:
    """The names that a node of this kind binds in its scope, by itself."""
    if kind == "Name":
        return {node.id} if type(node.ctx).__name__ in ("Store", "Del") else set()
    if kind in ("FunctionDef", "AsyncFunctionDef", "ClassDef", "alias"):
        return _bound_name(node)
    if kind == "ExceptHandler":
        name = node.name
        return set() if name is None else {name if isinstance(name, str) else name.id}
    if kind in ("MatchAs", "MatchStar", "MatchMapping"):
        return {n for n in (getattr(node, "name", None), getattr(node, "rest", None)) if n}
    return set()


def _bound_name(node: Any) -> set[str]:
    """The one name that a definition or an import alias binds."""
    name = getattr(node, "asname", None) or node.name
    return {name.split(".")[0]}


def free_names(function: Any) -> set[str]:
    """Names that a function reads, or that functions nested in it do, without binding them itself (a superset)."""
    return names_in(function.body) - bound_names(function)


def _local_imports(source: FunctionSource, nodes: list[Any]) -> dict[str, Any]:
    """What plain `import` statements among the nodes bind, where nothing else binds the same name."""
    found: dict[str, Any] = {}
    if not any(type(node).__name__ in ("Import", "ImportFrom") for node in nodes):
        return found
    counts: dict[str, int] = {}
    for node in nodes:
        kind = type(node).__name__
        for name in binds(node, kind):
            counts[name] = counts.get(name, 0) + 1
        if kind in ("Import", "ImportFrom"):
            found.update(imported_objects(node))
    parameters = set(_parameters(source.tree.args))
    return {name: value for name, value in found.items() if counts[name] == 1 and name not in parameters}


# Modules that names may be resolved to from source alone: importing them runs nothing of the user's.
LIBRARIES: dict[str, types.ModuleType] = {
    "builtins": builtins,
    "cmath": cmath,
    "functools": functools,
    "itertools": itertools,
    "math": math,
    "numpy": numpy,
    "operator": operator,
}
_ROOTS = ("numpy", "scipy", "s2s")


def imported_objects(statement: Any) -> dict[str, Any]:
    """The objects of known libraries that an import statement binds; what comes from elsewhere is left out."""
    if isinstance(statement, gast.ImportFrom | ast.ImportFrom):
        return _from_import(statement)
    found = {}
    for alias in statement.names:
        module = library(alias.name)
        if module is not None:
            root = alias.name.split(".")[0]
            found[alias.asname or root] = module if alias.asname else library(root)
    return found


def _from_import(statement: Any) -> dict[str, Any]:
    module = library(statement.module) if statement.module and not statement.level else None
    if module is None:
        return {}
    if statement.names[0].name == "*":
        public = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
        return {name: getattr(module, name) for name in public}
    found = {}
    for alias in statement.names:
        value = getattr(module, alias.name, None)
        if value is None:
            value = library(f"{statement.module}.{alias.name}")
        if value is not None:
            found[alias.asname or alias.name] = value
    return found


def library(name: str) -> types.ModuleType | None:
    """A module of a known library, or None; of NumPy, SciPy and s2s any public submodule that can be imported."""
    if name in LIBRARIES:
        return LIBRARIES[name]
    if name.split(".")[0] not in _ROOTS:
        return None
    if name in sys.modules:
        return sys.modules[name]
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
