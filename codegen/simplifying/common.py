"""Common subexpressions: what is computed before, in this block or one around it, is not computed again."""

from collections import Counter
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.simplifying.definitions import Assigned
from s2s.codegen.simplifying.shapes import called_primitive


def repeated_parts(body: list[gast.AST], assigned: Assigned) -> dict[str, gast.AST]:
    """Parts of the user's expressions that are the same and would both have a name, as both sweeps read them."""
    parts = [s for s in body if type(s) is gast.Assign and _is_part(s, assigned)] if assigned.temporaries else ()
    if not parts:
        return {}
    reads = Counter(n for s in core.walk(body) for n in core.own_reads(s))
    known: dict[object, str] = {}
    copies: dict[str, gast.AST] = {}
    for statement in parts:
        name = statement.targets[0].id
        if reads[name] > 1 and _is_single(statement, assigned.joined):
            first = known.setdefault(core.key(statement.value), name)
            if first is not name:
                copies[name] = core.name(first)
    return copies


def _is_part(statement: gast.AST, assigned: Assigned) -> bool:
    is_operation = type(statement.value) in (gast.BinOp, gast.Subscript)
    return is_operation and core.is_name(statement.targets[0]) and statement.targets[0].id in assigned.temporaries


def is_wanted(function: core.Function, statement: gast.AST, joined: set[str]) -> bool:
    """Would people not compute the same value twice? `joined` names have other values at other times."""
    return ("again" in statement.__dict__ or _is_costly(function, statement.value)) and _is_single(statement, joined)


def _is_costly(function: core.Function, value: Any) -> bool:
    """Pure and worth a name: calls of primitives, products of matrices, powers."""
    kind = type(value)
    if kind is gast.Call:
        primitive = called_primitive(function, value)
        return primitive is not None and primitive.name != "shape"
    return kind is gast.BinOp and type(value.op) in _COSTLY


def _is_single(statement: gast.AST, joined: set[str]) -> bool:
    target = statement.targets[0]
    if type(target) is not gast.Name:
        return False
    return not joined or (target.id not in joined and joined.isdisjoint(core.own_reads(statement)))


_COSTLY = (gast.MatMult, gast.Pow)
