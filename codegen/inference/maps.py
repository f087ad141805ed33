"""Dicts whose keys are known at run time only: what reads, writes and methods of them come to."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.functions import function_values
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Bottom, DictOf, Kind, ListOf, MapOf, Numeric, Static, TupleOf
from s2s.runtime import builtin_functions as library


def known_key(inference: Any, node: gast.AST) -> Any:
    """A literal index, or what a variable is known to be; None otherwise."""
    kind = inference.kinds.get(node.id) if core.is_name(node) else None
    made = inference.definitions.get(node.id) if core.is_name(node) else None
    node = made.value if made is not None and core.is_literal(made.value) else node
    return kind.value if isinstance(kind, Static) and isinstance(kind.value, str) else static_index(node)


def static_index(node: gast.AST) -> Any:
    """A literal index, key or slice; None if it is not literal."""
    if isinstance(node, gast.Slice):
        parts = [p for p in (node.lower, node.upper, node.step)]
        if all(p is None or core.is_literal(p) for p in parts):
            return slice(*[None if p is None else core.literal(p) for p in parts])
        return None
    return core.literal(node) if core.is_literal(node) else None


def item(kind: Kind, key: Any) -> Kind | None:
    """The kind of `c[k]`, where `key` is None if the key or index is not known; None if that cannot be told."""
    found = kinds.getitem(kind, key) if key is not None else None
    return found if found is not None else _any_item(kind)


def inactive_item(kind: Kind, key: Any) -> Kind | None:
    """Like `item`, of a container without active elements."""
    return kinds.getitem(kind, key) if key is not None else Bottom() if kind == DictOf(()) else _any_container(kind)


def _any_container(kind: Kind) -> Kind | None:
    """The kind of the lists, dicts or arrays that a container has at any place."""
    found = kinds.element_of(kinds.parts(kind)) if isinstance(kind, TupleOf | ListOf | DictOf | MapOf) else None
    return found if isinstance(found, TupleOf | ListOf | DictOf | MapOf | Numeric) else None


def _any_item(kind: Kind) -> Kind | None:
    if isinstance(kind, TupleOf | ListOf):
        return kinds.iterated(kind)
    if kind == DictOf(()):
        return Bottom()
    if isinstance(kind, DictOf) and all(map(kinds.is_active, kinds.parts(kind))):
        kind = kinds.map_of(kind) or kind
    return kind.element if isinstance(kind, MapOf) else None


def may_be(kind: Kind) -> bool:
    """Is it a dict whose values have a kind in common, or that has none?"""
    return kind == DictOf(()) or isinstance(kind, DictOf) and kinds.is_active(kind) and kinds.map_of(kind) is not None


def store(inference: Any, statement: gast.AST, node: gast.Call) -> Kind:
    """`d[key] = v`: the entry may be a new one."""
    owner, key, value = node.args
    old = inference.computed("old", _helper(inference, "prior", owner, key))
    statement.value = core.located(_helper(inference, "put_entry", owner, key, value, old), node)
    return inference.expression(statement)


def method(inference: Any, node: gast.Call) -> gast.AST | None:
    """`d.get(key, default)`, `d.items()` and their like; None for other methods."""
    owner, name, arguments = node.func.value, node.func.attr, node.args
    if node.keywords:
        return None
    if name == "get" and len(arguments) == 2:
        return _from_library(inference, library.got, owner, *arguments)
    if arguments or name not in ("copy", "keys", "values", "items"):
        return None
    if name == "copy":
        return _helper(inference, "copied_dict", owner)
    if name == "values":
        return _helper(inference, "items", owner)
    keys = _helper(inference, "keys_of", owner)
    if name == "keys":
        return keys
    values = inference.computed("values", _helper(inference, "items", owner))
    return _from_library(inference, library.zipped, inference.computed("keys", keys), values)


def keys(inference: Any, owner: gast.AST) -> gast.AST:
    """A variable for the list of the keys."""
    return inference.computed("keys", _helper(inference, "keys_of", owner))


def _helper(inference: Any, name: str, *arguments: gast.AST) -> gast.AST:
    return core.call(RuleWriter(inference.function, None).support(name), *arguments)


def _from_library(inference: Any, function: Any, *arguments: gast.AST) -> gast.AST:
    return core.call(function_values.reference(inference, function, function.__name__), *arguments)
