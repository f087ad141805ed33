"""Numbers that the user gave a name to, `dt = 0.01`, keep it where they stand in formulas."""

import gast

from s2s.codegen.core import core
from s2s.codegen.simplifying.shapes import called_primitive

FORMULAS = (gast.BinOp, gast.UnaryOp, gast.Compare)


def kept(function: core.Function, statements: list[gast.AST], copies: dict[str, gast.AST]) -> list[str]:
    """The names, of those that are copies of atoms, that are not to be replaced."""
    names = {
        s.targets[0].id: s
        for s in statements
        if type(s) is gast.Assign and type(s.targets[0]) is gast.Name and s.targets[0].id in copies and _is_users(s)
    }
    if not names:
        return []
    elsewhere = {n for s in statements if not _is_formula(function, s) for n in core.own_reads(s)}
    return [n for n in names if n not in elsewhere]


def _is_users(statement: gast.AST) -> bool:
    """Is this a number under a name of the user's?"""
    marks, value = statement.__dict__, statement.value
    if core.is_derived(statement) or marks.get("temporary", False) or "join" in marks or not core.is_constant(value):
        return False
    return type(core.literal(value)) in (int, float)


def _is_formula(function: core.Function, statement: gast.AST) -> bool:
    """Does the statement read numbers as a formula does, or as the bounds of a loop?"""
    node = core.header(statement)
    if type(node) is gast.Call:
        primitive = called_primitive(function, node)
        is_range = core.is_name(node.func) and node.func.id == "range"
        return is_range or (
            primitive is not None and primitive.category == "elementwise" and not core.is_derived(statement)
        )
    return type(node) in FORMULAS and "join" not in statement.__dict__
