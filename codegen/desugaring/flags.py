"""Flags that jumps have become: those that nothing reads go, the others get names; branches that hold nothing close."""

import copy
from typing import Any

import gast

from s2s.codegen.core.names import Namer
from s2s.codegen.core.substitution import child_nodes, nodes
from s2s.codegen.desugaring import jumps

# Marks flags until they are named: no program has such names.
MARK = "#"


def tidied(body: list[gast.AST]) -> list[gast.AST]:
    """The statements without flags that nothing reads, and branches that hold nothing after that."""
    while True:
        read = {n.id for s in body for n in nodes(s) if type(n) is gast.Name and type(n.ctx) is gast.Load}
        tidied = _tidy_block(body, read)
        if _same(body, tidied):
            return body
        body = tidied


def _tidy_block(body: list[gast.AST], read: set[str]) -> list[gast.AST]:
    return [new for statement in body for new in _tidy_statement(statement, read)]


def _tidy_statement(statement: gast.AST, read: set[str]) -> list[gast.AST]:
    if any(MARK in name and name not in read for name in jumps.plain_targets(statement)):
        return []
    if isinstance(statement, jumps.DEFINITIONS):
        return [statement]
    new = changed(statement, _tidy_blocks(statement, read))
    return _tidy_if(new) if isinstance(new, gast.If) else [new]


def _tidy_blocks(statement: Any, read: set[str]) -> dict[str, Any]:
    new: dict[str, Any] = {}
    for name in ("body", "orelse", "finalbody"):
        if isinstance(getattr(statement, name, None), list):
            new[name] = _tidy_block(getattr(statement, name), read)
    for name in ("handlers", "cases"):
        parts = getattr(statement, name, [])
        new[name] = [changed(part, _tidy_blocks(part, read)) for part in parts]
    if not isinstance(statement, gast.If) and new.get("body") == []:
        new["body"] = [gast.Pass()]
    return new


def _tidy_if(statement: gast.If) -> list[gast.AST]:
    """`if test: (nothing) else: …` turned round; a branch without statements is its test at most."""
    if statement.body:
        return [statement]
    if statement.orelse:
        test = statement.test
        is_negation = isinstance(test, gast.UnaryOp) and isinstance(test.op, gast.Not)
        return [
            branch(test.operand if is_negation else gast.UnaryOp(gast.Not(), test), statement.orelse, [], statement)
        ]
    calls = any(isinstance(n, gast.Call | gast.NamedExpr | gast.Await) for n in nodes(statement.test))
    return [gast.copy_location(gast.Expr(statement.test), statement)] if calls else []


def named(body: list[gast.AST], namer: Namer) -> list[gast.AST]:
    """Gives the flags proper names, in the order in which they appear."""
    names: dict[str, str] = {}
    for statement in body:
        _name_flags_in(statement, names, namer)
    return body


def _name_flags_in(node: gast.AST, names: dict[str, str], namer: Namer) -> None:
    if type(node) is gast.Name:
        if MARK in node.id and node.id not in names:
            names[node.id] = namer.fresh(node.id.split(MARK)[0])
        node.id = names.get(node.id, node.id)
    for child in child_nodes(node):
        _name_flags_in(child, names, namer)


def without_last(body: list[gast.AST], flag: str) -> list[gast.AST]:
    """The statements of a function without assignments of a flag that nothing reads any more afterwards."""
    return _without_last(body, flag, False)[0]


def _without_last(body: list[gast.AST], flag: str, live: bool) -> tuple[list[gast.AST], bool]:
    kept: list[gast.AST] = []
    for statement in reversed(body):
        if flag in jumps.plain_targets(statement):
            kept += [statement] if live else []
            live = False
        elif isinstance(statement, gast.If):
            arms = [_without_last(block, flag, live) for block in (statement.body, statement.orelse)]
            kept.append(changed(statement, {"body": arms[0][0], "orelse": arms[1][0]}))
            live = arms[0][1] or arms[1][1] or jumps.mentions(statement.test, flag)
        else:
            kept.append(statement)
            live = live or jumps.mentions(statement, flag)
    return kept[::-1], live


def branch(test: gast.AST, body: list[gast.AST], orelse: list[gast.AST], like: gast.AST) -> gast.AST:
    return gast.copy_location(gast.If(test, body, orelse), like)


def changed(node: Any, fields: dict[str, Any]) -> Any:
    """A copy of a node but for these fields; the node itself if they are what it has."""
    if all(_same(getattr(node, name, []), value) for name, value in fields.items()):
        return node
    new = copy.copy(node)
    new.__dict__.update(fields)
    return new


def _same(old: list[Any], new: list[Any]) -> bool:
    return len(old) == len(new) and all(a is b for a, b in zip(old, new, strict=True))
