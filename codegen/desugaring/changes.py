"""Method calls that change a container make a new version of its variable: `v = xs.pop()` is
`xs, v = changed(xs, "pop")`.

What is changed is known once kinds are: `container_changes.py` then writes the pure function for it, or, where the
variable is no list or dict, the method call again.
"""

from collections.abc import Iterable
from typing import Any

import gast

from s2s.codegen.core import core

METHODS = {
    "append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update",
}  # fmt: skip


def receiver(node: gast.AST) -> str | None:
    """The variable that a call may change, or a part of it (`g[k].append(v)`); None for any other node."""
    if type(node) is not gast.Call or type(node.func) is not gast.Attribute or node.func.attr not in METHODS:
        return None
    root = node.func.value
    while type(root) is gast.Subscript or type(root) is gast.Attribute:
        root = root.value
    return root.id if type(root) is gast.Name else None


def receivers(desugarer: Any, statements: Iterable[gast.AST]) -> set[str]:
    """Variables that method calls anywhere inside may change."""
    found = [node for statement in statements for node in core.nodes(statement) if is_change(desugarer, node)]
    return {name for name in map(receiver, found) if name is not None}


def is_change(desugarer: Any, node: gast.AST) -> bool:
    """Is the node a call of a method that may change a local variable, as far as is known?"""
    return receiver(node) in desugarer.environment and desugarer.facts.at("plain method", node) is None


def refuse_hidden(desugarer: Any, statement: gast.AST) -> None:
    """Refuses changes inside expressions where Python's order of evaluation would be lost."""
    expression = getattr(statement, "value", None)
    if not isinstance(expression, gast.AST):
        return
    inside = [n for n in core.nodes(expression) if n is not expression and is_change(desugarer, n)]
    for node in inside:
        name = receiver(node)
        if name in _bare_reads(expression):
            cause = f"{name!r} is changed by .{node.func.attr}() inside an expression that also reads it whole"
            desugarer.diagnostics.report(node, cause, "call the method in a statement of its own")


def refuse_sometimes(desugarer: Any, expression: gast.AST) -> None:
    """Refuses changes in expressions that are evaluated never or many times."""
    for node in core.nodes(expression):
        if is_change(desugarer, node):
            cause = f".{node.func.attr}() is called in an expression that is evaluated never or many times"
            desugarer.diagnostics.report(node, cause, "call the method in a statement of its own")


def _bare_reads(expression: gast.AST) -> set[str]:
    """Names that are read other than for an item or a method."""
    owners = {id(n.value) for n in core.nodes(expression) if isinstance(n, gast.Subscript | gast.Attribute)}
    return {n.id for n in core.nodes(expression) if isinstance(n, gast.Name) and id(n) not in owners}
