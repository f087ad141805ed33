"""Transformations called inside of the function that is transformed: `grad(f)(x)`, `jvp(f, (x,), (v,))`."""

from typing import Any

import gast

from s2s.codegen import core, nested
from s2s.codegen.guards import UNRESOLVED
from s2s.codegen.kinds import Kind, Static, Unknown


def is_transformation(target: Any, node: gast.AST) -> bool:
    return nested.makes(target) or (nested.applies(target) and len(node.args) > 1)


def transformation(inference: Any, statement: gast.AST, node: gast.AST, target: Any) -> Kind:
    """`grad(f)` makes a transformed function here and now; `jvp(f, x, v)` calls one."""
    asked = node.args[:1] if nested.applies(target) else node.args
    known = [known_value(inference, a) for a in asked]
    options = {k.arg: known_value(inference, k.value) for k in node.keywords if nested.makes(target)}
    if UNRESOLVED in known or any(v is UNRESOLVED for v in options.values()) or None in options:
        return inference.unknown_call(statement, node)
    if nested.makes(target):
        name = core.targets(statement)[0]
        if name not in inference.made:
            inference.made[name] = target(*known, **options)
        return Static(inference.made[name])
    if not inference.reads_active(node):
        return Unknown()
    statement.value = gast.copy_location(gast.Call(node.func, node.args[1:], node.keywords), node)
    statement.transformed = nested.APPLIED[target](*known)
    return inference.program.call(inference, statement, statement.value, statement.transformed)


def known_value(inference: Any, node: gast.AST) -> Any:
    """The value of a literal, a global or a function transformed here, UNRESOLVED otherwise."""
    if core.is_name(node) and node.id in inference.made:
        return inference.made[node.id]
    if core.is_literal(node):
        return core.literal(node)
    found = inference.global_object(node)
    return UNRESOLVED if found is None else found
