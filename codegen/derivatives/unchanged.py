"""What a backward loop reads that its loop does not change: it is read where it is, not saved with each iteration."""

import gast

from s2s.codegen.core import core


def read_outside(primal: gast.AST, loop: gast.For) -> None:
    """Names in the backward loop that are copies of what the loop does not change become the names of that."""
    inside = core.assigned([primal])
    values = _definitions(primal)
    read = dict.fromkeys(n for s in core.walk(loop.body) for n in core.own_reads(s) if n in values)
    found = {n: _unchanged(core.name(n), values, inside) for n in read}
    mapping = {n: node for n, node in found.items() if node is not None}
    for statement in core.walk(loop.body) if mapping else ():
        core.replace_header(statement, mapping)


def _definitions(primal: gast.AST) -> dict[str, gast.AST]:
    """What the names that a loop assigns once stand for, as far as they are parts of statements without operation."""
    values: dict[str, gast.AST] = {}
    for statement in core.walk(primal.body):
        if type(statement) is not gast.Assign or core.is_join(statement):
            continue
        targets = core.targets(statement)
        if isinstance(statement.targets[0], gast.Name):
            values[targets[0]] = statement.value
        elif core.is_name(statement.value):
            values.update({n: core.subscript(statement.value, core.constant(i)) for i, n in enumerate(targets)})
    return values


def _unchanged(node: gast.AST, values: dict[str, gast.AST], inside: set[str]) -> gast.AST | None:
    """The name or literal from outside of the loop that an expression stands for, or None."""
    if isinstance(node, gast.Subscript) and core.is_name(node.value) and core.is_literal(node.slice):
        built = _built(node.value, values)
        place = core.literal(node.slice)
        known = isinstance(built, gast.Tuple) and isinstance(place, int) and 0 <= place < len(built.elts)
        return _unchanged(built.elts[place], values, inside) if known else None
    if isinstance(node, gast.Constant):
        return node
    if not core.is_name(node):
        return None
    if node.id not in inside:
        return node
    return _unchanged(values[node.id], values, inside) if node.id in values else None


def _built(node: gast.AST, values: dict[str, gast.AST]) -> gast.AST | None:
    while core.is_name(node) and node.id in values:
        node = values[node.id]
    return node
