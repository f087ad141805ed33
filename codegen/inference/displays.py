"""Displays with starred parts, `[*a, b]` and `(*a, *b)`, over tuples and lists whose lengths the kinds tell."""

import itertools
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.inference import kinds, opaque
from s2s.codegen.inference.kinds import Kind, ListOf, TupleOf


def expanded(inference: Any, statement: gast.AST, node: Any) -> Any:
    """The display with the elements of its starred parts in their place; as it is where their number is not known."""
    starred = [e.value for e in node.elts if isinstance(e, gast.Starred)]
    if starred and None not in [_count(inference, value) for value in starred]:
        statement.user_call = node  # in a loop, the lengths may turn out to change
        elements = [part for e in node.elts for part in _elements(inference, e)]
        statement.value = node = gast.copy_location(type(node)(elements, gast.Load()), node)
    return node


def of_unknown_length(inference: Any, statement: gast.AST, node: gast.AST) -> Kind:
    """The kind of a display with starred parts left."""
    joined = _joined(inference, node) if inference.reads_active(node) else None
    if joined is None:
        return opaque.infer(inference, statement, node)
    statement.value = core.located(joined, node)
    found: Kind = inference.meaning(statement)
    return found


def _joined(inference: Any, node: gast.AST) -> gast.AST | None:
    """`[a, *xs]` of lists whose lengths are known at run time only, as a sum of lists; None for anything else."""
    starred = [e for e in node.elts if isinstance(e, gast.Starred)]
    if not all(isinstance(inference.kind(e.value), ListOf) for e in starred):
        return None
    is_list = isinstance(node, gast.List)
    extend = RuleWriter(inference.function, None).support("extend" if is_list else "join_tuples")
    total: gast.AST = inference.computed("items", type(node)([], gast.Load()))
    for is_starred, group in itertools.groupby(node.elts, lambda e: isinstance(e, gast.Starred)):
        elements = list(group)
        made = [] if is_starred else [inference.computed("items", type(node)(elements, gast.Load()))]
        parts = [e.value for e in elements] if is_starred else made
        for part in parts:
            total = inference.computed("items", core.call(extend, total, part))
    return total


def _count(inference: Any, value: gast.AST) -> int | None:
    kind = inference.kind(value)
    is_known = isinstance(kind, TupleOf) or isinstance(kind, ListOf) and kind.elements is not None
    return len(kinds.parts(kind)) if is_known else None


def _elements(inference: Any, element: gast.AST) -> list[gast.AST]:
    if not isinstance(element, gast.Starred):
        return [element]
    base = inference.function.bases.get(element.value.id, "part") if core.is_name(element.value) else "part"
    return inference.unpacked(element.value, [f"{base}_{i}" for i in range(_count(inference, element.value) or 0)])
