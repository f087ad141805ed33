"""Displays with starred parts, `[*a, b]` and `(*a, *b)`, over tuples and lists whose lengths the kinds tell."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import ListOf, TupleOf


def expanded(inference: Any, statement: gast.AST, node: Any) -> Any:
    """The display with the elements of its starred parts in their place; as it is where their number is not known."""
    starred = [e.value for e in node.elts if isinstance(e, gast.Starred)]
    if starred:
        counts = [_count(inference, value) for value in starred]
        if None in counts:
            return node
        statement.starred = list(zip(starred, counts, strict=True))
        elements = [part for e in node.elts for part in _elements(inference, e)]
        statement.value = node = gast.copy_location(type(node)(elements, gast.Load()), node)
    elif any(_count(inference, value) != count for value, count in getattr(statement, "starred", ())):
        cause = "a display with a starred part whose length changes from one iteration to the next is not supported yet"
        inference.refuse(node, cause, "append to a list")
    return node


def _count(inference: Any, value: gast.AST) -> int | None:
    kind = inference.kind(value)
    is_known = isinstance(kind, TupleOf) or isinstance(kind, ListOf) and kind.elements is not None
    return len(kinds.parts(kind)) if is_known else None


def _elements(inference: Any, element: gast.AST) -> list[gast.AST]:
    if not isinstance(element, gast.Starred):
        return [element]
    base = inference.function.bases.get(element.value.id, "part") if core.is_name(element.value) else "part"
    return inference.unpacked(element.value, [f"{base}_{i}" for i in range(_count(inference, element.value) or 0)])
