"""Common subexpressions: a derived operation computed before, in this block or one around it, is not repeated."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.simplifying.shapes import called_primitive, shape_argument


def eliminate(function: core.Function, body: list[gast.AST]) -> dict[str, gast.AST]:
    """Copies to make: later name to the earlier one of the same value."""
    copies: dict[str, gast.AST] = {}
    statements = core.walk(body)
    if not any(map(core.is_derived, statements)):
        return copies
    joined = {t for s in statements if "join" in s.__dict__ for t in core.targets(s)}
    _block(function, body, {}, copies, joined)
    return copies


def _block(function: core.Function, body: list[gast.AST], known: dict, copies: dict, joined: set[str]) -> None:
    for statement in body:
        kind = type(statement)
        if kind is gast.Assign:
            value = statement.value
            is_wanted = "again" in statement.__dict__ or _is_costly(function, value)
            if is_wanted and _is_single(statement, joined):
                name = statement.targets[0].id
                first = known.setdefault(core.key(value), name)
                if first is not name and core.is_derived(statement):
                    copies[name] = core.name(first)
        elif kind in core.COMPOUND:
            for inner in core.blocks(statement):
                _block(function, inner, dict(known), copies, joined)


def _is_costly(function: core.Function, value: Any) -> bool:
    """Pure and worth a name: calls of primitives, products of matrices, powers."""
    kind = type(value)
    if kind is gast.Call:
        return called_primitive(function, value) is not None and shape_argument(function, value) is None
    return kind is gast.BinOp and type(value.op) in _COSTLY


def _is_single(statement: gast.AST, joined: set[str]) -> bool:
    target = statement.targets[0]
    if type(target) is not gast.Name:
        return False
    return not joined or (target.id not in joined and joined.isdisjoint(core.own_reads(statement)))


_COSTLY = (gast.MatMult, gast.Pow)
