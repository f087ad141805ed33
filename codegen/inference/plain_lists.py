"""Lists of numbers that nothing differentiated is in: `list(range(n))`, `sorted(places)`, `[i for i in range(n)]`.

Their entries are written like those of any list, which takes that their kind is known.
"""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Kind, ListOf, Numeric, RangeOf, Unknown


def of_call(inference: Any, node: gast.Call, target: Any) -> Kind:
    """The kind of `list(xs)` or `sorted(xs)` where the entries are numbers; nothing is known of other calls."""
    if not any(target is f for f in (list, sorted)) or len(node.args) != 1:
        return Unknown()
    element = of_items(inference, node.args[0])
    return ListOf(element) if element is not None else Unknown()


def of_items(inference: Any, node: gast.AST) -> Kind | None:
    """The kind of what iterating gives, where it is numbers that are not differentiated."""
    if isinstance(node, gast.Call):
        target = inference.global_object(node.func)
        return Numeric(scalar=True) if target is range else None
    kind = inference.kind(node)
    if isinstance(kind, RangeOf):
        return Numeric(scalar=True)
    found = kinds.iterated(kind) if isinstance(kind, Numeric | ListOf) else None
    return found if isinstance(found, Numeric) and not found.active else None


def is_number(inference: Any, node: gast.AST, counters: set[str]) -> bool:
    """Whether an expression over `counters`, numbers, and numbers known besides is a number."""
    if isinstance(node, gast.Name):
        kind = inference.kind(node)
        return node.id in counters or (isinstance(kind, Numeric) and kind.scalar)
    if isinstance(node, gast.BinOp):
        return is_number(inference, node.left, counters) and is_number(inference, node.right, counters)
    if isinstance(node, gast.UnaryOp):
        return not isinstance(node.op, gast.Not) and is_number(inference, node.operand, counters)
    return core.is_literal(node) and isinstance(core.literal(node), float | int)


def counters_of(inference: Any, generators: list[gast.AST]) -> set[str]:
    """The variables of a comprehension that are numbers."""
    single = [g for g in generators if core.is_name(g.target)]
    found = {g.target.id for g in single if isinstance(items := of_items(inference, g.iter), Numeric) and items.scalar}
    return found - {g.target.id for g in single if g.target.id not in found}
