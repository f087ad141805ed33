"""`c.total *= 2.0` where `c.total` may be an element of an array: a number, which the statement rebinds, or a row of
it, which it would write. Text tells them apart only at run time, so the emitted code asks, and refuses a row.
"""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.inference.kinds import Numeric


def checked(function: core.Function, statement: gast.AST, old: str) -> bool:
    """Puts `require_immutable(old)` in front of an in-place operation; False if `old` may be more than an element."""
    if not isinstance(statement.value, gast.BinOp) or not isinstance(function.kinds.get(old), Numeric):
        return False
    if not _is_element(_definitions(function), old, set()):
        return False
    check = core.call(RuleWriter(function, None).support("require_immutable"), core.name(old))
    block = _block_of(function.body, statement)
    block.insert(_place(block, statement), core.from_statement(gast.Expr(check), statement))
    return True


def _definitions(function: core.Function) -> dict[str, list[gast.AST]]:
    """What each name may be assigned."""
    found: dict[str, list[gast.AST]] = {}
    for statement in core.walk(function.body):
        if core.is_join(statement):
            for target, value in core.split_join([statement])[1]:
                found.setdefault(target, []).append(value)
        elif isinstance(statement, gast.Assign) and core.is_name(statement.targets[0]):
            found.setdefault(statement.targets[0].id, []).append(statement.value)
    return found


def _is_element(definitions: dict[str, list[gast.AST]], name: str, seen: set[str]) -> bool:
    """Is it computed here, or read by an index that is no slice, whatever way it came about?"""
    if name in seen:
        return True
    seen.add(name)
    return name in definitions and all(_gives_element(definitions, v, seen) for v in definitions[name])


def _gives_element(definitions: dict[str, list[gast.AST]], value: gast.AST, seen: set[str]) -> bool:
    if isinstance(value, gast.Name):
        return _is_element(definitions, value.id, seen)
    if isinstance(value, gast.Subscript):
        return isinstance(value.slice, gast.Name) or core.is_literal(value.slice)
    return isinstance(value, gast.BinOp) or core.is_literal(value)


def _block_of(body: list[gast.AST], statement: gast.AST) -> Any:
    for inner in body:
        if inner is statement:
            return body
        for block in core.blocks(inner):
            if (found := _block_of(block, statement)) is not None:
                return found
    return None


def _place(block: list[gast.AST], statement: gast.AST) -> int:
    return next(i for i, s in enumerate(block) if s is statement)
