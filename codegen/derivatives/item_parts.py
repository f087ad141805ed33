"""Cotangents of tuples of which one element is read, where others have none: None stands for these.

The other contributions to the cotangent of such a tuple, from unpacking it or from a call, have None there, and staged
branches and loops join cotangents of one structure only.
"""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives import rules
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Numeric, Static, TupleOf


def of_item(reverse: Any, container: gast.AST, key: gast.AST, bar: gast.AST) -> list[gast.AST | None] | None:
    """The cotangents of the elements where that of one is `bar`; None where a helper is to build the container."""
    if not core.is_name(container) or not core.is_literal(key):
        return None
    kind, place = reverse.function.kinds.get(container.id), core.literal(key)
    if not isinstance(kind, TupleOf) or not isinstance(place, int):
        return None
    count = len(kind.elements)
    parts: list[gast.AST | None] = [None] * count
    parts[place] = bar
    if container.id in reverse.several_results:
        return parts
    others = [k for i, k in enumerate(kind.elements) if i != place % count]
    if not all(isinstance(k, Numeric | Static) for k in others) or all(map(kinds.is_active, others)):
        return None
    for i, element in enumerate(kind.elements):
        if i != place % count and kinds.is_active(element):
            parts[i] = _zeros(reverse, core.subscript(container, core.constant(i)))
    return parts


def _zeros(reverse: Any, element: gast.AST) -> gast.AST:
    """Zeros like an element, known as such where there is more to come."""
    item = reverse.writer.named(element, "item")
    zeros = reverse.writer.named(core.call(reverse.writer.numpy("zeros_like"), item), "item_bar")
    reverse.writer.zeros.add(zeros.id)
    return zeros


def merged(reverse: Any, kind: TupleOf, first: list[gast.AST], second: list[gast.AST]) -> list[gast.AST | None]:
    """The sums of the parts of two cotangents of one tuple, where None and known zeros are nothing to add."""
    return [_merged_part(reverse, k, a, b) for k, a, b in zip(kind.elements, first, second, strict=True)]


def _merged_part(reverse: Any, kind: Any, a: gast.AST, b: gast.AST) -> gast.AST | None:
    if rules.is_no_part(reverse.writer, a) or rules.is_no_part(reverse.writer, b):
        kept = b if rules.is_no_part(reverse.writer, a) else a
        return None if isinstance(kept, gast.Constant) and kept.value is None else kept
    merged_part: gast.AST = reverse._accumulated(kind, a, b)
    return merged_part
