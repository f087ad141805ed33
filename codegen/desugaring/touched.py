"""Variables that statements bind, and those that a differentiated value may enter, as far as the text tells.

Counters, lengths, shapes are not touched. That decides only how things are written: what reads no such variable is left
as it is, a comprehension for example.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.core.survey import Survey

# What these say of a value does not depend on the numbers in it.
LOOKING = ("len", "isinstance", "type", "hasattr", "callable")
ATTRIBUTES = ("shape", "ndim", "size", "dtype")


def touched_variables(body: list[gast.AST], active: Iterable[str]) -> set[str]:
    """The variables of a function's body that the parameters `active` may enter."""
    found = set(active)
    bindings = [binding for statement in body for node in gast.walk(statement) for binding in _bindings(node)]
    while True:
        new = {name for names, source in bindings if reads(source, found) for name in names} - found
        if not new:
            return found
        found |= new


def reads(node: gast.AST, touched: set[str]) -> bool:
    """Does an expression read a touched variable, for more than its shape, length or type?"""
    if isinstance(node, gast.Name):
        return node.id in touched
    if isinstance(node, gast.Call) and isinstance(node.func, gast.Name) and node.func.id in LOOKING:
        return False
    if isinstance(node, gast.Attribute) and node.attr in ATTRIBUTES:
        return False
    return any(reads(child, touched) for child in core.children(node))


def _bindings(node: gast.AST) -> Iterator[tuple[list[str], gast.AST]]:
    """Names and what enters them."""
    if isinstance(node, gast.Assign):
        yield [name for target in node.targets for name in _written(target)], node.value
    elif isinstance(node, gast.AugAssign | gast.NamedExpr) or isinstance(node, gast.AnnAssign) and node.value:
        yield list(_written(node.target)), node.value
    elif isinstance(node, gast.For | gast.comprehension):
        yield from _iterated(node.target, node.iter)
    elif isinstance(node, gast.Call) and isinstance(node.func, gast.Attribute):  # `xs.append(v)`
        yield from ((list(_written(node.func.value)), argument) for argument in node.args)


def _written(target: gast.AST) -> Iterator[str]:
    """The variables of a target: those assigned, and those of which a part is."""
    return (node.id for node in gast.walk(target) if isinstance(node, gast.Name))


def _iterated(target: gast.AST, iterator: gast.AST) -> Iterator[tuple[list[str], gast.AST]]:
    is_counted = isinstance(iterator, gast.Call) and isinstance(iterator.func, gast.Name)
    if is_counted and iterator.func.id == "enumerate" and isinstance(target, gast.Tuple):
        yield list(_written(target.elts[1])), iterator.args[0]
    else:
        yield list(_written(target)), iterator


def names_bound_in(function: gast.AST, survey: Survey) -> set[str]:
    """`names_bound` of the body of a function that holds this."""
    if survey.holds(gast.FunctionDef, gast.ClassDef, gast.comprehension):
        return names_bound(function.body)
    return _stored(survey.of(gast.Name), survey.of(gast.Subscript))


def _stored(names: Iterable[gast.Name], elements: Iterable[gast.Subscript]) -> set[str]:
    """The variables among these that are bound, or of which a part is written."""
    found = {n.id for n in names if type(n.ctx) is gast.Store}
    return found.union(*[_roots(n) for n in elements if type(n.ctx) is gast.Store])


def names_bound(body: Any) -> set[str]:
    """User variables that statements bind, wherever inside (not inside nested functions or comprehensions)."""
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, gast.FunctionDef | gast.ClassDef):
            found.add(statement.name)
            continue
        nodes = core.nodes(statement)
        inside = {id(n) for c in nodes if type(c) is gast.comprehension for n in core.nodes(c.target)}
        own = [n for n in nodes if id(n) not in inside] if inside else nodes
        found |= _stored([n for n in own if type(n) is gast.Name], [n for n in own if type(n) is gast.Subscript])
    return found


def _roots(node: gast.AST) -> list[str]:
    """The variable of which a part is written: `a` of `a[k].rows[i]`."""
    while type(node) is gast.Subscript or type(node) is gast.Attribute:
        node = node.value
    return core.reads(node)
