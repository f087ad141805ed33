"""`x.at[i].set(v)` of immutable arrays: an update that leaves x as it is, for arrays of any kind.

y = x.at[i].add(v)      y = add_at(x, i, v)
"""

from collections.abc import Callable
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives import rules
from s2s.codegen.derivatives.rules import RuleWriter

_HELPERS = {"set": "set_at", "add": "add_at"}
_OPERATORS = {"multiply": gast.Mult, "mul": gast.Mult, "divide": gast.Div, "power": gast.Pow}
_FUNCTIONS = {"min": "minimum", "max": "maximum"}
# Options that change no number where the indices are what they say.
_IDLE = ("indices_are_sorted", "unique_indices")


def written_out(flattener_of: Callable[[], Any], call: gast.Call) -> gast.AST | None:
    """The operation that the call is; None for other calls."""
    method, place = call.func, getattr(call.func, "value", None)
    if not isinstance(method, gast.Attribute) or not isinstance(place, gast.Subscript):
        return None
    if not isinstance(place.value, gast.Attribute) or place.value.attr != "at":
        return None
    if any(k.arg not in _IDLE for k in call.keywords) or len(call.args) != (method.attr != "get"):
        return None
    return _operation(flattener_of(), method.attr, place, call.args)


def _operation(flattener: Any, method: str, place: gast.Subscript, args: list[gast.AST]) -> gast.AST | None:
    is_once = _is_basic(place.slice)  # an element that is named twice is multiplied twice
    if method not in ("get", *_HELPERS) and not (is_once and method in (*_OPERATORS, *_FUNCTIONS)):
        return None
    owner, index = flattener.atom(place.value.value), flattener.index(place.slice)
    if method == "get":
        return core.subscript(owner, index)
    value, writer = flattener.atom(args[0]), RuleWriter(flattener.function, None)
    if method not in _HELPERS:
        value = flattener.named(_combined(method, flattener.named(core.subscript(owner, index)), value, writer))
    helper = writer.support(_HELPERS.get(method, "set_at"))
    return core.call(helper, owner, rules.as_argument(index, writer), value)


def _combined(method: str, item: gast.AST, value: gast.AST, writer: RuleWriter) -> gast.AST:
    if method in _OPERATORS:
        return core.binary(item, _OPERATORS[method](), value)
    return core.call(writer.numpy(_FUNCTIONS[method]), item, value)


def _is_basic(index: gast.AST) -> bool:
    parts = index.elts if isinstance(index, gast.Tuple) else [index]
    return all(isinstance(p, gast.Slice) or core.is_literal(p) for p in parts)
