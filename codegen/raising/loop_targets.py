"""`for item in pairs: i, j = item` as people write it: `for i, j in pairs`."""

import gast

from s2s.codegen.core import core
from s2s.codegen.raising.nested_values import Nested


def run(body: list[gast.AST], nested: Nested) -> None:
    """Unpacks in the headers of loops what their bodies begin with unpacking, in place."""
    statements = core.walk(body)
    loops = [s for s in statements if type(s) is gast.For and s.body and _unpacked(s.body[0]) is not None]
    if not loops:
        return
    reads = [n for s in statements for n in core.own_reads(s)]
    reads += [n for value in nested.values() for n in core.remembered_reads(value)]
    for loop in loops:
        name, pattern = _unpacked(loop.body[0]), loop.body[0].targets[0]
        if name in core.targets(loop) and reads.count(name) == 1:
            loop.target = _with(loop.target, name, pattern)
            del loop.body[0]
            loop.body = loop.body or [gast.Pass()]


def _unpacked(statement: gast.AST) -> str | None:
    """The name that a statement takes apart."""
    is_unpacking = type(statement) is gast.Assign and type(statement.targets[0]) is gast.Tuple
    return statement.value.id if is_unpacking and core.is_name(statement.value) else None


def _with(target: gast.AST, name: str, pattern: gast.AST) -> gast.AST:
    if type(target) is gast.Name:
        return pattern if target.id == name else target
    return gast.Tuple([_with(e, name, pattern) for e in target.elts], gast.Store())
