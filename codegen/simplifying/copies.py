"""Names that are copies of names, numbers and the like: what they stand for is read in their place."""

import gast

from s2s.codegen.core import core
from s2s.codegen.simplifying import constants

OPERATIONS = {gast.Call, gast.BinOp, gast.Attribute, gast.Subscript}
DERIVATIVE_ENDINGS = ("_bar", "_dot")


def propagate(function: core.Function, body: list[gast.AST]) -> set[str]:
    """Replaces names that are copies of atoms; gives what is computed from other names now.

    A derived temporary takes over the better name.
    """
    copies: dict[str, gast.AST] = {}
    statements = core.walk(body)
    _collect_copies(statements, copies)
    for name in constants.kept(function, statements, copies) if copies else ():
        del copies[name]
    _collect_constant_joins(statements, copies)
    if not copies:
        return set()
    resolved = {n: _resolve(n, copies) for n in copies}
    _take_names(function, statements, resolved)
    touched = replace(body, resolved)
    _drop(body, set(copies))
    return touched


def replace(body: list[gast.AST], mapping: dict[str, gast.AST]) -> set[str]:
    """Reads other names or literals everywhere; gives the targets of the statements that this changes."""
    replaced, touched = mapping.keys(), set()
    for statement in core.walk(body):
        if not replaced.isdisjoint(core.own_reads(statement)):
            core.replace_header(statement, mapping)
            touched.update(core.targets(statement))
    return touched


def _take_names(function: core.Function, statements: list[gast.AST], resolved: dict[str, gast.AST]) -> None:
    unnamed = {
        s.targets[0].id
        for s in statements
        if core.is_derived(s) and isinstance(s, gast.Assign) and isinstance(s.targets[0], gast.Name)
        if not s.__dict__.get("named", False)
    }
    for name, node in resolved.items():
        take_name(function, unnamed, name, node)


def take_name(function: core.Function, unnamed: set[str], name: str, node: gast.AST) -> None:
    """A derived value without a name of its own is called like its copy, where that tells more."""
    base = function.bases.get(name, name)
    kept = base.endswith(DERIVATIVE_ENDINGS) or base in function.user_names
    if not isinstance(node, gast.Name) or node.id not in unnamed or not kept:
        return
    if not function.bases.get(node.id, node.id).endswith(DERIVATIVE_ENDINGS):
        function.bases[node.id] = base


def _collect_copies(statements: list[gast.AST], copies: dict[str, gast.AST]) -> None:
    for statement in statements:
        if type(statement) is gast.Assign and type(statement.value) not in OPERATIONS and not core.is_join(statement):
            copies.update(copied(statement))


def copied(statement: gast.AST) -> dict[str, gast.AST]:
    """The atoms that an assignment gives names to, if it computes nothing."""
    target, value = statement.targets[0], statement.value
    if type(target) is gast.Name:
        return {target.id: value} if is_atom(value) else NO_COPIES
    if type(value) is gast.Tuple and all(map(is_atom, value.elts)):
        return {t.id: v for t, v in zip(target.elts, value.elts, strict=True)}
    return NO_COPIES


NO_COPIES: dict[str, gast.AST] = {}


def _collect_constant_joins(statements: list[gast.AST], copies: dict[str, gast.AST]) -> None:
    """Adjoints that a loop carries round unchanged, and those that are the same after both arms of a branch."""
    joins = [(s, n, v) for s in statements if "join" in s.__dict__ for n, v in core.split_join([s])[1]]
    values: dict[str, list[gast.AST]] = {}
    for statement, name, value in joins:
        if not core.is_derived(statement):
            values[name] = [*values.get(name, ()), NOT_ONE]
        elif not (type(value) is gast.Name and value.id == name):
            values[name] = [*values.get(name, ()), value if type(value) is gast.Name or is_number(value) else NOT_ONE]
    carried = {n for _, n, v in joins if type(v) is gast.Name and v.id == n}
    for name, found in values.items():
        if NOT_ONE not in found and len(found) == (1 if name in carried else 2) and core.same(found[0], found[-1]):
            copies[name] = found[0]


# Stands for the value of a join that may not be taken for the name.
NOT_ONE = gast.Pass()


def is_number(node: gast.AST) -> bool:
    return core.is_constant(node) and type(core.literal(node)) in (int, float)


def is_atom(node: gast.AST) -> bool:
    return type(node) is gast.Name or (core.is_literal(node) and type(node) is not gast.List)


def _resolve(name: str, copies: dict[str, gast.AST]) -> gast.AST:
    node = copies[name]
    while isinstance(node, gast.Name) and node.id in copies:
        node = copies[node.id]
    if isinstance(node, (gast.Name, gast.Constant, gast.UnaryOp)):
        return node
    return core.substitute(node, {n: _resolve(n, copies) for n in core.reads(node) if n in copies})


def _drop(body: list[gast.AST], names: set[str]) -> None:
    body[:] = [s for s in body if not (type(s) is gast.Assign and _is_dropped(s, names))]
    if core.is_straight(body):
        return
    for statement in body:
        for block in core.blocks(statement):
            _drop(block, names)


def _is_dropped(statement: gast.AST, names: set[str]) -> bool:
    """Does an assignment set nothing but copies?"""
    target = statement.targets[0]
    if type(target) is gast.Name and target.id not in names:  # most of them
        return False
    return not core.is_join(statement) and names.issuperset(core.targets(statement))
