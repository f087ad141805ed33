"""What a backward loop reads and is not saved with each iteration: what its loop does not change, and sums of indices.

The first is read where it is; the others, like the `i + 1` of a slice, are computed again from the indices.
"""

import gast

from s2s.codegen.core import core
from s2s.codegen.inference.kinds import Numeric

# Operators that cannot fail on numbers, and those that cannot where the right operand is a number but 0.
_TOTAL = (gast.Add, gast.Sub, gast.Mult)
_OF_LITERALS = (gast.FloorDiv, gast.Mod)


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


def compute_again(function: core.Function, primal: gast.AST, loop: gast.For, needed: list[str]) -> None:
    """Arithmetic on scalars that are at hand in the backward loop anyway is written at its beginning."""
    values, inside = _definitions(primal), core.assigned([primal])
    at_hand = {n for n in needed if n not in values} | set(core.target_names(getattr(primal, "target", None) or _NONE))
    made: dict[str, str] = {}
    statements: list[gast.AST] = []

    def write(name: str) -> None:
        if name in made or name not in inside or name in at_hand:
            return
        for operand in core.reads(values[name]):
            write(operand)
        made[name] = function.fresh(function.bases.get(name, name))
        function.kinds[made[name]] = function.kinds[name]
        value = core.substitute(values[name], {n: core.name(v) for n, v in made.items()})
        statements.append(core.from_statement(core.assign(made[name], value), loop))
        statements[-1].backward = True

    for name in needed:
        if _is_arithmetic(function, name, values, inside, at_hand):
            write(name)
    for statement in core.walk(loop.body) if made else ():
        core.replace_header(statement, {n: core.name(v) for n, v in made.items() if n in needed})
    loop.body[:0] = statements


_NONE = gast.Tuple([], gast.Store())


def _is_arithmetic(function: core.Function, name: str, values: dict, inside: set[str], at_hand: set[str]) -> bool:
    """Whether a value is an inactive scalar that is computed by arithmetic alone from what is at hand."""
    kind, value = function.kinds.get(name), values.get(name)
    if not isinstance(kind, Numeric) or not kind.scalar or kind.active:
        return False
    if not isinstance(value, gast.BinOp):
        return False
    is_known = isinstance(value.right, gast.Constant) and bool(value.right.value)
    if not isinstance(value.op, (*_TOTAL, *_OF_LITERALS) if is_known else _TOTAL):
        return False
    return all(
        _is_scalar(function, n)
        and (n in at_hand or n not in inside or _is_arithmetic(function, n, values, inside, at_hand))
        for n in core.reads(value)
    )


def _is_scalar(function: core.Function, name: str) -> bool:
    kind = function.kinds.get(name)
    return isinstance(kind, Numeric) and kind.scalar and not kind.active
