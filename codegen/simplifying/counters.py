"""Names that count: indices of `for i in range(…)`, and what is a fixed distance from them: surely integers."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.simplifying import dead_code


def found_in(function: core.Function, statements: list[gast.AST]) -> set[str]:
    """The counters among the names of these statements, what loops save of them included."""
    loops = [s for s in statements if type(s) is gast.For]
    found = {s.target.id for s in loops if type(s.target) is gast.Name and is_range(function, _forwards(s.iter))}
    for statement in statements if found else ():
        if type(statement) is gast.Assign and _is_shifted(statement.value, found):
            found.update(core.targets(statement))
    for _, called in dead_code.saved_entries(statements) if found else ():
        found.update(back for name, back in called.items() if name in found)
    return found


def is_range(function: core.Function, iterated: Any) -> bool:
    """Is this a call of Python's `range`?"""
    if type(iterated) is not gast.Call or type(iterated.func) is not gast.Name or iterated.func.id != "range":
        return False
    return function.references.get("range", range) is range and "range" not in function.bases


def _forwards(iterated: Any) -> Any:
    """What `reversed(…)` is of."""
    is_call = type(iterated) is gast.Call and type(iterated.func) is gast.Name and len(iterated.args) == 1
    return iterated.args[0] if is_call and iterated.func.id == "reversed" else iterated


def _is_shifted(value: Any, counters: set[str]) -> bool:
    """Is this `i + 1` or `i - 1` of a counter?"""
    if type(value) is not gast.BinOp or type(value.op) not in (gast.Add, gast.Sub):
        return False
    is_integer = core.is_constant(value.right) and type(core.literal(value.right)) is int
    return is_integer and type(value.left) is gast.Name and value.left.id in counters
