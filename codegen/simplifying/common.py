"""Common subexpressions: a derived operation computed before, in this block or one around it, is not repeated."""

from collections import Counter
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


def repeated_parts(body: list[gast.AST]) -> dict[str, gast.AST]:
    """Parts of the user's expressions that are the same and would both have a name, as both sweeps read them."""
    statements = core.walk(body)
    parts = [s for s in body if s.__dict__.get("temporary", False) and not core.is_derived(s) and _is_part(s)]
    if not parts or not any(map(core.is_derived, statements)):
        return {}
    joined = {t for s in statements if "join" in s.__dict__ for t in core.targets(s)}
    reads = Counter(n for s in statements for n in core.own_reads(s))
    known: dict[object, str] = {}
    copies: dict[str, gast.AST] = {}
    for statement in parts:
        name = statement.targets[0].id
        if reads[name] > 1 and _is_single(statement, joined):
            first = known.setdefault(core.key(statement.value), name)
            if first is not name:
                copies[name] = core.name(first)
    return copies


def _is_part(statement: gast.AST) -> bool:
    return type(statement) is gast.Assign and type(statement.value) in (gast.BinOp, gast.Subscript)


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
