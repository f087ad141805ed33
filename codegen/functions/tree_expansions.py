"""`s2s.tree.map`, `leaves` and `reduce`, written out where the structure of the tree is known."""

import functools
from collections.abc import Callable
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring.call_arguments import base_of, is_starred
from s2s.codegen.functions import expansions
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, MapOf, Numeric, ObjectOf, Static, TupleOf
from s2s.runtime import builtin_functions as library
from s2s.runtime import tree

_LEAVES = Numeric | Static
_REWRITE = "write a loop over its elements, or pass the arrays one by one"


class _Unknown(Exception):
    """A tree whose structure is not known; the message says what is not."""


def _expanded(function: Callable[..., gast.AST]) -> expansions.Rule:
    """The rule of a function of trees; where it cannot be written out, the call is refused."""

    def rule(inference: Any, node: gast.AST, target: Any) -> gast.AST:
        try:
            if node.keywords or any(map(is_starred, node.args)):
                raise _Unknown("with keywords or starred arguments")
            return function(inference, *node.args)
        except _Unknown as unknown:
            inference.refuse(node, f"s2s.tree.{target.__name__} {unknown} is not supported here", _REWRITE)
            return core.constant(None)

    return rule


@_expanded
def _map(inference: Any, function: gast.AST, *trees: gast.AST) -> gast.AST:
    return _mapped(inference, function, list(trees))


@_expanded
def _leaves(inference: Any, node: gast.AST) -> gast.AST:
    return core.list_of(_leaves_of(inference, node))


@_expanded
def _reduce(inference: Any, function: gast.AST, node: gast.AST, *initial: gast.AST) -> gast.AST:
    found = [*initial, *_leaves_of(inference, node)]
    if not found:
        raise _Unknown("of a tree without leaves")
    return functools.reduce(lambda a, b: expansions.called(inference, function, [a, b]), found)


def _mapped(inference: Any, function: gast.AST, trees: list[gast.AST]) -> gast.AST:
    kind = inference.kind(trees[0])
    if _is_none(kind):
        return core.constant(None)
    if isinstance(kind, _LEAVES):
        return expansions.called(inference, function, trees)
    if isinstance(kind, ListOf) and kind.elements is None:
        return _mapped_list(inference, function, trees, kind)
    columns = [_children(inference, node, kind) for node in trees]
    parts = [_named(inference, trees[0], _mapped(inference, function, list(row))) for row in zip(*columns, strict=True)]
    return _rebuilt(inference, kind, parts)


def _named(inference: Any, like: gast.AST, node: gast.AST) -> gast.AST:
    """A container inside of another one gets a name."""
    return node if core.is_name(node) or core.is_literal(node) else inference.computed(base_of(inference, like), node)


def _mapped_list(inference: Any, function: gast.AST, trees: list[gast.AST], kind: ListOf) -> gast.AST:
    """A list of any length, of leaves."""
    lists = [inference.kind(node) for node in trees]
    if not isinstance(kind.element, Numeric) or not all(isinstance(k, ListOf) for k in lists):
        raise _Unknown("of a list whose length is known at run time only, and whose elements are containers")
    if len(trees) not in library.MAPS:
        raise _Unknown(f"of {len(trees)} lists whose length is known at run time only")
    return expansions.from_library(inference, library.MAPS[len(trees)], function, *trees)


def _children(inference: Any, node: gast.AST, like: Kind) -> list[gast.AST]:
    """The children of a tree, which has to be built like another one at its root."""
    kind = inference.kind(node)
    if isinstance(kind, MapOf | ObjectOf) or not isinstance(kind, TupleOf | ListOf | DictOf):
        raise _Unknown(f"of {kinds.show(kind)}")
    if _shape(kind) != _shape(like):
        raise _Unknown(f"of trees of different structure, {kinds.show(like)} and {kinds.show(kind)},")
    if isinstance(like, DictOf):
        base = base_of(inference, node)
        return [inference.computed(_base(base, k), core.subscript(node, core.constant(k))) for k, _ in like.items]
    found = expansions.elements(inference, node)
    if found is None:
        raise _Unknown(f"of {kinds.show(kind)}")
    return found


def _base(owner: str, key: Any) -> str:
    return f"{owner}_{key}" if isinstance(key, str) and key.isidentifier() else f"{owner}_item"


def _shape(kind: Kind) -> Any:
    if isinstance(kind, DictOf):
        return sorted(map(repr, dict(kind.items)))
    return type(kind), getattr(kind, "cls", None), len(kinds.parts(kind))


def _rebuilt(inference: Any, kind: Kind, parts: list[gast.AST]) -> gast.AST:
    if isinstance(kind, DictOf):
        return gast.Dict([core.constant(key) for key, _ in kind.items], parts)
    if isinstance(kind, ListOf):
        return core.list_of(parts)
    cls = getattr(kind, "cls", None)
    return core.tuple_of(parts) if cls is None else expansions.from_library(inference, cls, *parts)


def _leaves_of(inference: Any, node: gast.AST) -> list[gast.AST]:
    """The leaves of a tree, dicts by sorted key."""
    kind = inference.kind(node)
    if _is_none(kind):
        return []
    if isinstance(kind, _LEAVES):
        return [node]
    children = _children(inference, node, kind)
    if isinstance(kind, DictOf):
        order = sorted(range(len(kind.items)), key=lambda i: kind.items[i][0])
        children = [children[i] for i in order]
    return [leaf for child in children for leaf in _leaves_of(inference, child)]


def _is_none(kind: Kind) -> bool:
    return isinstance(kind, Static) and kind.value is None


RULES: dict[Any, expansions.Rule] = {tree.map: _map, tree.leaves: _leaves, tree.reduce: _reduce}
