"""Loops that are left early, as people write them: `if test: break` where it is known, not at the end under a flag."""

import gast

from s2s.codegen.core import core


def run(body: list[gast.AST]) -> list[gast.AST]:
    """`if stop: a` / `else: b` / `if stop: break`, last in a loop, becomes `if stop: a; break` / `b`, in place."""
    for statement in core.walk(body):
        if isinstance(statement, gast.For | gast.While):
            statement.body = _guard_first(statement.body)
    _name_no_tests(body)
    return body


def _guard_first(body: list[gast.AST]) -> list[gast.AST]:
    inner, guard = core.split_guard(body)
    branch = inner[-1] if inner else None
    if not guard or not isinstance(branch, gast.If) or not core.is_name(guard[0].test):
        return body
    stop, test = guard[0].test.id, branch.test
    is_negated = isinstance(test, gast.UnaryOp) and isinstance(test.op, gast.Not)
    asked = test.operand if is_negated else test
    if not core.is_name(asked) or asked.id != stop or stop in core.assigned([branch]):
        return body
    leaving, staying = (branch.orelse, branch.body) if is_negated else (branch.body, branch.orelse)
    first = core.from_statement(gast.If(asked, [*leaving, *guard[0].body], []), branch)
    return [*inner[:-1], first, *staying]


def _name_no_tests(body: list[gast.AST]) -> None:
    """`stop = test` before `if stop: break` goes into the `if`, where nothing else reads it."""
    statements = core.walk(body)
    if not any(type(s) is gast.Break for s in statements):
        return
    reads = [name for s in statements for name in core.own_reads(s)]
    for block in [body, *[inner for s in statements for inner in core.blocks(s)]]:
        for i in range(len(block) - 1, 0, -1):
            before, branch = block[i - 1], block[i]
            if not isinstance(branch, gast.If) or not branch.body or not isinstance(branch.body[-1], gast.Break):
                continue
            names = core.targets(before) if isinstance(before, gast.Assign) else []
            if core.is_name(branch.test) and names == [branch.test.id] and reads.count(names[0]) == 1:
                branch.test = _without_double_negation(before.value)
                del block[i - 1]


def _without_double_negation(test: gast.AST) -> gast.AST:
    inner = test.operand if isinstance(test, gast.UnaryOp) and isinstance(test.op, gast.Not) else None
    is_double = isinstance(inner, gast.UnaryOp) and isinstance(inner.op, gast.Not)
    return inner.operand if is_double else test
