"""Common subexpressions: a derived operation computed before, in this block or one around it, is not repeated."""

from typing import Any

import gast

from s2s.codegen import core
from s2s.codegen.shapes import called_primitive


def eliminate(function: core.Function, body: list[gast.AST]) -> dict[str, gast.AST]:
    """Copies to make: later name to the earlier one of the same value."""
    copies: dict[str, gast.AST] = {}
    statements = core.walk(body)
    if not any(map(core.is_derived, statements)):
        return copies
    joined = {t for s in statements if core.is_join(s) for t in core.targets(s)}
    _block(function, body, {}, copies, joined)
    return copies


def _block(function: core.Function, body: list[gast.AST], known: dict, copies: dict, joined: set[str]) -> None:
    for statement in body:
        for inner in core.blocks(statement) if type(statement) in core.COMPOUND else ():
            _block(function, inner, dict(known), copies, joined)
        if _is_candidate(function, statement, joined):
            name, key = statement.targets[0].id, core.key(statement.value)
            if key in known and core.is_derived(statement):
                copies[name] = core.name(known[key])
            else:
                known.setdefault(key, name)


def _is_candidate(function: core.Function, statement: gast.AST, joined: set[str]) -> bool:
    """Pure and worth a name: calls of primitives, products of matrices, powers."""
    if type(statement) is not gast.Assign or type(statement.targets[0]) is not gast.Name:
        return False
    value: Any = statement.value
    if type(value) is gast.Call:
        is_costly = called_primitive(function, value) is not None
    else:
        is_costly = type(value) is gast.BinOp and type(value.op) in (gast.MatMult, gast.Pow)
    return is_costly and statement.targets[0].id not in joined and joined.isdisjoint(core.own_reads(statement))
