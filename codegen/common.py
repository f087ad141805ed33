"""Common subexpressions: a derived operation that was computed before, in this block or one around it, is not repeated."""

from typing import Any

import gast

from s2s.codegen import core
from s2s.codegen.shapes import resolved
from s2s.runtime.primitives import table


def eliminate(function: core.Function, body: list[gast.AST]) -> dict[str, gast.AST]:
    """Copies to make: later name to the earlier one of the same value."""
    copies: dict[str, gast.AST] = {}
    joined = {t for s in core.walk(body) if getattr(s, "join", False) for t in core.targets(s)}
    _block(function, body, {}, copies, joined)
    return copies


def _block(function: core.Function, body: list[gast.AST], known: dict, copies: dict, joined: set[str]) -> None:
    for statement in body:
        for inner in core.blocks(statement):
            _block(function, inner, dict(known), copies, joined)
        if _is_candidate(function, statement, joined):
            name, key = statement.targets[0].id, core.key(statement.value)
            if key in known and getattr(statement, "backward", False):
                copies[name] = core.name(known[key])
            else:
                known.setdefault(key, name)


def _is_candidate(function: core.Function, statement: gast.AST, joined: set[str]) -> bool:
    """Pure and worth a name: calls of primitives, products of matrices, powers."""
    if not isinstance(statement, gast.Assign) or not isinstance(statement.targets[0], gast.Name):
        return False
    value: Any = statement.value
    if statement.targets[0].id in joined or set(core.reads(value)) & joined:
        return False
    if isinstance(value, gast.Call):
        target = resolved(function, value.func)
        return target is not None and table.lookup(target) is not None
    return isinstance(value, gast.BinOp) and isinstance(value.op, gast.MatMult | gast.Pow)
