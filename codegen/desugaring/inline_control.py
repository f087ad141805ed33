"""Control flow inside expressions, written as the statements that it stands for, in front of the statement around it.

`a or b` on values, assignments inside of `and`, `or` and conditional expressions, comprehensions, and generator
expressions that a call consumes at once. What decides a branch, or reads no differentiated value, is left as it is.
"""

import builtins
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring import liveness, touched
from s2s.codegen.reading.guards import resolve_name

COMPREHENSIONS = (gast.ListComp, gast.GeneratorExp, gast.DictComp)
# Calls whose results are truth values, and those that run through all of an iterable before they return.
TRUTH = ("isinstance", "any", "all", "callable", "bool", "hasattr")
CONSUMERS = ("sum", "max", "min", "sorted", "tuple", "list", "dict", "set", "any", "all")


def is_truth(node: gast.AST) -> bool:
    """Is an expression True or False whatever its parts are, which has no derivative?"""
    if isinstance(node, gast.BoolOp):
        return all(map(is_truth, node.values))
    if isinstance(node, gast.Call):
        return isinstance(node.func, gast.Name) and node.func.id in TRUTH
    is_negation = isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.Not)
    return is_negation or isinstance(node, gast.Compare) or core.is_constant(node, True, False)


def assigns(node: gast.AST) -> bool:
    """Does an expression hold an assignment?"""
    return any(isinstance(n, gast.NamedExpr) for n in gast.walk(node))


def value_of(desugarer: Any, node: gast.AST) -> gast.AST:
    """A variable for `a or b`, `a and b` or `a if test else b`, which a branch assigns, and for `{**d}`."""
    if isinstance(node, gast.Dict):
        return _merged(desugarer, node)
    name = _variable(desugarer, "choice")
    _run(desugarer, _chosen(name, node), node, name)
    return _loaded(name)


def _chosen(name: str, node: gast.AST) -> list[gast.AST]:
    if isinstance(node, gast.IfExp):
        return [gast.If(node.test, _chosen(name, node.body), _chosen(name, node.orelse))]
    if not isinstance(node, gast.BoolOp) or not (assigns(node) or not is_truth(node)):
        return [gast.Assign([_stored(name)], node, None)]
    first, *others = node.values
    rest = others[0] if len(others) == 1 else gast.BoolOp(node.op, others)
    arms = (_chosen(name, rest), []) if isinstance(node.op, gast.And) else ([], _chosen(name, rest))
    return [*_chosen(name, first), gast.If(_loaded(name), *arms)]


def without_assignments(desugarer: Any, node: gast.AST) -> gast.AST:
    """An expression with the `and`, `or` and conditional expressions that assign computed before it."""
    return _Computed(desugarer).visit(core.copied(node))


class _Computed(gast.NodeTransformer):
    def __init__(self, desugarer: Any):
        self.desugarer = desugarer

    def visit_BoolOp(self, node: gast.AST) -> gast.AST:
        return self._computed(node)

    visit_IfExp = visit_BoolOp

    def _computed(self, node: gast.AST) -> gast.AST:
        return value_of(self.desugarer, node) if assigns(node) else node


# Comprehensions ------------------------------------------------------------------------------------------------------


def is_plain(desugarer: Any, node: gast.AST) -> bool:
    """Does no differentiated value enter a comprehension?"""
    return not touched.reads(node, desugarer.touched)


def comprehension(desugarer: Any, node: Any) -> gast.AST:
    """A variable for what a comprehension (or a generator expression, consumed at once) makes, by loops."""
    name = _variable(desugarer, "items")
    if isinstance(node, gast.DictComp):
        empty: gast.AST = gast.Dict([], [])
        step: gast.AST = gast.Assign([gast.Subscript(_loaded(name), node.key, gast.Store())], node.value, None)
    else:
        empty = gast.List([], gast.Load())
        append = gast.Attribute(_loaded(name), "append", gast.Load())
        step = gast.Expr(gast.Call(append, [node.elt], []))
    start = gast.Assign([_stored(name)], empty, None)
    _run_loops(desugarer, start, step, node, name)
    return _loaded(name)


def _merged(desugarer: Any, node: gast.Dict) -> gast.AST:
    """A variable for `{**d, key: v}`: an empty dict that is filled in this order."""
    name = _variable(desugarer, "merged")
    statements: list[gast.AST] = [gast.Assign([_stored(name)], gast.Dict([], []), None)]
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            update = gast.Attribute(_loaded(name), "update", gast.Load())
            statements.append(gast.Expr(gast.Call(update, [value], [])))
        else:
            statements.append(gast.Assign([gast.Subscript(_loaded(name), key, gast.Store())], value, None))
    _run(desugarer, statements, node, name)
    return _loaded(name)


def consumed(desugarer: Any, node: gast.Call) -> gast.AST | None:
    """What is left of a call of a builtin on a comprehension; None for any other call."""
    kind = _consumer(desugarer, node)
    if kind is None or is_plain(desugarer, node):
        return None
    if kind in ("any", "all"):
        return desugarer.test(node)
    if kind == "sum" and len(node.args) < 3 and not node.keywords:
        return _summed(desugarer, node)
    if isinstance(node.args[0], gast.GeneratorExp):
        made = comprehension(desugarer, node.args[0])
        if kind == "list":
            return made
        return gast.copy_location(gast.Call(node.func, [made, *node.args[1:]], node.keywords), node)
    return None


def _consumer(desugarer: Any, node: gast.Call) -> str | None:
    if not isinstance(node.func, gast.Name) or not node.args or not isinstance(node.args[0], COMPREHENSIONS):
        return None
    name = node.func.id
    if name in desugarer.locals or name not in CONSUMERS:
        return None
    return name if resolve_name(desugarer.function.source, name) is getattr(builtins, name) else None


def _summed(desugarer: Any, node: gast.Call) -> gast.AST:
    """`sum(e for …)` as a loop that adds."""
    name = _variable(desugarer, "total")
    start = gast.Assign([_stored(name)], node.args[1] if len(node.args) > 1 else core.constant(0), None)
    added = gast.BinOp(_loaded(name), gast.Add(), node.args[0].elt)
    _run_loops(desugarer, start, gast.Assign([_stored(name)], added, None), node.args[0], name)
    return _loaded(name)


def _run_loops(desugarer: Any, start: gast.AST, step: gast.AST, node: Any, name: str) -> None:
    """The loops of a comprehension around its step; its variables are its own."""
    body = [step]
    for generator in reversed(node.generators):
        for test in reversed(generator.ifs):
            body = [gast.If(test, body, [])]
        body = [gast.For(generator.target, generator.iter, body, [], None)]
    own = {n for g in node.generators for n in core.target_names(g.target)}
    renamed = {n: _variable(desugarer, n) for n in sorted(own & (desugarer.locals | set(desugarer.environment)))}
    statements = [_Renamed(renamed).visit(core.copied(s)) for s in body]
    variables = {renamed.get(n, n) for n in own}
    desugarer.locals.update(variables)
    _run(desugarer, [start, *statements], node, name)
    desugarer.locals.difference_update(variables)
    for variable in variables:
        desugarer.environment.pop(variable, None)


class _Renamed(gast.NodeTransformer):
    """The variables of a comprehension get names that the function does not have; inner ones hide them."""

    def __init__(self, names: dict[str, str]):
        self.names = names

    def visit_Name(self, node: gast.AST) -> gast.AST:
        new = self.names.get(node.id)
        return node if new is None else gast.copy_location(gast.Name(new, node.ctx, None, None), node)


# Statements ----------------------------------------------------------------------------------------------------------


def _run(desugarer: Any, statements: list[gast.AST], like: gast.AST, wanted: str) -> None:
    """Desugars statements in place; everything that is set now, and what they are for, may be read later."""
    environment = desugarer.environment
    for statement in statements:
        for node in gast.walk(statement):
            if isinstance(node, gast.stmt | gast.expr) and not hasattr(node, "lineno"):
                gast.copy_location(node, like)
    assigned = {n.target.id for s in statements for n in gast.walk(s) if isinstance(n, gast.NamedExpr)}
    liveness.annotate(statements, {*environment, wanted, *assigned})
    for statement in statements:
        desugarer.statement(statement)
    found, desugarer.environment = dict(desugarer.environment), environment  # others hold on to it
    environment.clear()
    environment.update(found)


def _variable(desugarer: Any, base: str) -> str:
    """A new variable, as if the user had named it."""
    name = desugarer.function.namer.fresh(base)
    desugarer.locals.add(name)
    desugarer.shown[name] = base
    return name


def _loaded(name: str) -> gast.AST:
    return gast.Name(name, gast.Load(), None, None)


def _stored(name: str) -> gast.AST:
    return gast.Name(name, gast.Store(), None, None)
