"""Flags of a function that differ between rows: `found = False`, and `found = True` where a row's own test holds.

Inference takes True and False for Python objects. Where what is assigned to a variable are such alone, or numbers, it
is a number in each row.
"""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives import undefined
from s2s.codegen.inference.kinds import Numeric, Static

BY_ROW = Numeric(True, scalar=True)


def is_flag(inference: Any, name: str) -> bool:
    """Is the variable, of which the kind tells no more than that it is an object, True or False, or a number?"""
    if not isinstance(inference.kinds.get(name), Static):
        return False
    sources: dict[str, list[gast.AST]] = {}
    for target, value in undefined.joined(inference.function.body):
        sources.setdefault(target, []).append(value)
    return _is_flag(inference, core.name(name), sources, set())


def _is_flag(inference: Any, node: gast.AST, sources: dict[str, list[gast.AST]], seen: set[str]) -> bool:
    if not core.is_name(node):
        return core.is_literal(node) and isinstance(core.literal(node), bool | int | float)
    kind = inference.kinds.get(node.id)
    if node.id in seen or (isinstance(kind, Numeric) and kind.scalar) or is_bool(kind):
        return True
    seen.add(node.id)
    found = sources.get(node.id, [])
    return isinstance(kind, Static) and bool(found) and all(_is_flag(inference, v, sources, seen) for v in found)


def is_bool(kind: Any) -> bool:
    return isinstance(kind, Static) and isinstance(kind.value, bool)
