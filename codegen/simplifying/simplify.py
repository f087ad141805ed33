"""Makes Core smaller without changing its numbers: copies, constants, known containers, algebra, dead code."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.simplifying import algebra, common, constants, dead_code

ROUNDS = 12
OPERATIONS = {gast.Call, gast.BinOp, gast.Attribute, gast.Subscript}
DERIVATIVE_ENDINGS = ("_bar", "_dot")


def run(function: core.Function, body: list[gast.AST], shapes: Any = None) -> list[gast.AST]:
    """Rewrites `body` until nothing changes any more; `shapes` gives the shapes of names where they are known."""
    return Simplification(function, shapes).run(body)


class Simplification:
    """The simplification of one body, which may go on once a pass has rewritten some of it.

    After the first round only what has changed is looked at, and what is computed from it.
    """

    def __init__(self, function: core.Function, shapes: Any = None):
        self.function = function
        self.rewriting = algebra.Rewriting(function, shapes or {})
        self.seen: dict[int, gast.AST] = {}  # the statements that came out, and what they read
        self.values: dict[int, Any] = {}

    def run(self, body: list[gast.AST]) -> list[gast.AST]:
        """Rewrites `body`, of which only what is new, or reads other names than before, may be simpler now."""
        function, is_first = self.function, not self.seen
        stale = set() if is_first else self._rewritten_since(body)  # changed since the algebra last saw it
        changed = True
        for at in range(ROUNDS):
            propagated = propagate(function, body, stale)
            if not propagated and not changed:
                break
            changed = share(function, body, stale)
            rewritten = self.rewriting.round(body, None if is_first and at == 0 else stale)
            if at > 0 and not propagated and not changed and not rewritten:
                break
            changed, stale = changed or bool(rewritten), rewritten
            body = dead_code.eliminate(body)
            while dead_code.prune_columns(body):
                body = dead_code.eliminate(body)
        self._note(body)
        repeated = common.repeated_parts(body)
        if repeated:
            _replace(body, repeated, set())
            body = dead_code.eliminate(body)
        return body

    def _note(self, body: list[gast.AST]) -> None:
        statements = core.walk(body)
        self.seen = {id(s): s for s in statements}
        self.values = {id(s): core.header(s) for s in statements}

    def _rewritten_since(self, body: list[gast.AST]) -> set[str]:
        new = [s for s in core.walk(body) if id(s) not in self.seen or self.values[id(s)] is not core.header(s)]
        return {name for statement in new for name in core.targets(statement)}


def share(function: core.Function, body: list[gast.AST], touched: set[str]) -> bool:
    """Replaces derived operations that were computed before; `touched` gets the targets of what changes."""
    copies = common.eliminate(function, body)
    if copies:
        _replace(body, copies, touched)
    return bool(copies)


def propagate(function: core.Function, body: list[gast.AST], touched: set[str]) -> bool:
    """Replaces names that are copies of atoms; a derived temporary takes over the better name."""
    copies: dict[str, gast.AST] = {}
    statements = core.walk(body)
    _collect_copies(statements, copies)
    for name in constants.kept(function, statements, copies):
        del copies[name]
    _collect_constant_joins(statements, copies)
    if not copies:
        return False
    resolved = {n: _resolve(n, copies) for n in copies}
    _take_names(function, statements, resolved)
    _replace(body, resolved, touched)
    _drop(body, set(copies))
    return True


def _replace(body: list[gast.AST], mapping: dict[str, gast.AST], touched: set[str]) -> None:
    replaced = mapping.keys()
    for statement in core.walk(body):
        if not replaced.isdisjoint(core.own_reads(statement)):
            core.replace_header(statement, mapping)
            touched.update(core.targets(statement))


def _take_names(function: core.Function, statements: list[gast.AST], resolved: dict[str, gast.AST]) -> None:
    temporaries = {
        s.targets[0].id
        for s in statements
        if core.is_derived(s) and isinstance(s, gast.Assign) and isinstance(s.targets[0], gast.Name)
        if not s.__dict__.get("named", False)
    }
    for name, node in resolved.items():
        base = function.bases.get(name, name)
        kept = base.endswith(DERIVATIVE_ENDINGS) or base in function.user_names
        if not isinstance(node, gast.Name) or node.id not in temporaries or not kept:
            continue
        if not function.bases.get(node.id, node.id).endswith(DERIVATIVE_ENDINGS):
            function.bases[node.id] = base


def _collect_copies(statements: list[gast.AST], copies: dict[str, gast.AST]) -> None:
    for statement in statements:
        if type(statement) is not gast.Assign or type(statement.value) in OPERATIONS or core.is_join(statement):
            continue
        target = statement.targets[0]
        if type(target) is gast.Name and _is_atom(statement.value):
            copies[target.id] = statement.value
        elif type(target) is gast.Tuple and type(statement.value) is gast.Tuple:
            pairs = list(zip(target.elts, statement.value.elts, strict=True))
            if all(_is_atom(v) for _, v in pairs):
                copies.update({t.id: v for t, v in pairs})


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


def _is_atom(node: gast.AST) -> bool:
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


__all__ = ["Simplification", "propagate", "run"]
