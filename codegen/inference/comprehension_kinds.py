"""What a comprehension over values that are not differentiated makes, where its text tells: lists of lists, of arrays
or of numbers, which differentiated values may be written into later."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference import kinds, plain_lists
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, MapOf, Numeric, Static, TupleOf, Unknown
from s2s.runtime.primitives import table

MADE = (Numeric, ListOf, DictOf, MapOf, TupleOf)


def of_comprehension(inference: Any, node: gast.AST) -> Kind | None:
    """The kind of a list or dict; None where the text does not tell."""
    if isinstance(node, gast.ListComp):
        element = _of(inference, node.elt)
        if plain_lists.is_number(inference, node.elt, plain_lists.counters_of(inference, node.generators)):
            element = Numeric(scalar=True)
        return ListOf(element) if isinstance(element, MADE) else None
    if isinstance(node, gast.DictComp):
        element = _of(inference, node.value)
        return MapOf(_key(inference, node.key), element) if isinstance(element, MADE) else None
    return None


def _key(inference: Any, node: gast.AST) -> Kind:
    return kinds.key_kind(core.literal(node)) if core.is_literal(node) else Static()


def _of(inference: Any, node: gast.AST) -> Kind:
    """The kind of a part of a comprehension, whose own variables are not known."""
    if isinstance(node, gast.List | gast.Tuple) and not any(isinstance(e, gast.Starred) for e in node.elts):
        parts = tuple(_of(inference, e) for e in node.elts)
        known = all(isinstance(k, MADE) for k in parts)
        return (kinds.list_of(parts) if isinstance(node, gast.List) else TupleOf(parts)) if known else Unknown()
    if isinstance(node, gast.Constant):
        is_number = isinstance(node.value, float | int) and not isinstance(node.value, bool)
        return Numeric(scalar=True) if is_number else Unknown()
    if isinstance(node, gast.UnaryOp):
        return _of(inference, node.operand)
    if isinstance(node, gast.BinOp) and isinstance(node.op, gast.Mult) and isinstance(node.left, gast.List):
        repeated = _of(inference, node.left)
        return ListOf(repeated.element) if isinstance(repeated, ListOf) else Unknown()
    if isinstance(node, gast.Dict) and all(k is not None and core.is_literal(k) for k in node.keys):
        return _of_dict(inference, node)
    if isinstance(node, gast.Attribute):
        found = inference.global_object(node)
        return Numeric(scalar=True) if isinstance(found, float | int) else Unknown()
    if isinstance(node, gast.Call):
        return _of_call(inference, node)
    return of_comprehension(inference, node) or Unknown()


def _of_dict(inference: Any, node: gast.Dict) -> Kind:
    parts = [_of(inference, v) for v in node.values]
    keys = [core.literal(k) for k in node.keys]
    return DictOf(tuple(zip(keys, parts, strict=True))) if all(isinstance(k, MADE) for k in parts) else Unknown()


def _of_call(inference: Any, node: gast.Call) -> Kind:
    found = inference.global_object(node.func)
    if found is float:
        return Numeric(scalar=True)
    if any(found is container for container in (list, dict)) and not node.args and not node.keywords:
        return kinds.list_of(()) if found is list else DictOf(())
    primitive = table.lookup(found, len(node.args)) if _hashable(found) and found is not None else None
    is_made = primitive is not None and primitive.name in ("zeros", "ones", "full", "empty", "eye", "identity")
    return Numeric() if is_made else Unknown()


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
