"""How many characters an expression takes on one line, `len(text_of(node))`, remembered on its parts."""

import math
from collections.abc import Callable
from typing import Any

import gast

from s2s.codegen.printing.expressions import (
    ATOM,
    AWAIT,
    BINARY,
    COMPARE,
    FACTOR,
    NOT,
    POWER,
    TEST,
    TUPLE,
    quote,
    text_of,
)

# The length without parentheses around, and how strongly the expression binds.
Measured = tuple[int, int]


def text_length(node: Any, level: int = TUPLE) -> int:
    """The length of the text of an expression, in parentheses if it binds weaker than `level`."""
    kind = type(node)
    if kind is gast.Name:
        return len(node.id)
    found = node.__dict__.get("text_length")
    if found is None:
        measure = _MEASURES.get(kind)
        found = measure(node) if measure is not None else None
        if found is None:
            return len(text_of(node, level))
        node.text_length = found
    length, strength = found
    return length if level <= strength else length + 2


def level_of(node: Any, name: str) -> int:
    """How strongly what stands in place of a name has to bind: the name is the node, or an operand of it."""
    kind = type(node)
    if kind is gast.BinOp:
        left, right = _operand_levels(node)
        return left if _is(node.left, name) else right
    if kind is gast.UnaryOp:
        return NOT if type(node.op) is gast.Not else FACTOR
    if kind is gast.Subscript:
        return ATOM if _is(node.value, name) else TUPLE if _is(node.slice, name) else TEST
    if kind is gast.Attribute or (kind is gast.Call and _is(getattr(node.func, "value", None), name)):
        return ATOM
    return COMPARE + 1 if kind is gast.Compare else TUPLE if kind is gast.Name else TEST


def _is(node: Any, name: str) -> bool:
    return type(node) is gast.Name and node.id == name


def _operand_levels(node: Any) -> tuple[int, int]:
    """How strongly the operands of a binary operation have to bind."""
    strength = BINARY[type(node.op)][1]
    return (AWAIT, FACTOR) if strength == POWER else (strength, strength + 1)


def _listed(nodes: list[Any]) -> int:
    """The length of expressions with commas between."""
    if not nodes:
        return 0
    return sum([text_length(node, TEST) for node in nodes]) + 2 * (len(nodes) - 1)


def _attribute(node: Any) -> Measured | None:
    if type(node.value) is gast.Constant:
        return None
    return text_length(node.value, ATOM) + 1 + len(node.attr), ATOM


def _subscript(node: Any) -> Measured:
    index = node.slice
    return text_length(node.value, ATOM) + 2 + text_length(index, TUPLE), ATOM


def _call(node: Any) -> Measured | None:
    if len(node.args) == 1 and type(node.args[0]) is gast.GeneratorExp:
        return None
    arguments = [*node.args, *node.keywords] if node.keywords else node.args
    return text_length(node.func, ATOM) + 2 + _listed(arguments), ATOM


def _keyword(node: Any) -> Measured | None:
    return None if node.arg is None else (len(node.arg) + 1 + text_length(node.value, TEST), ATOM)


def _binary(node: Any) -> Measured:
    symbol, strength = BINARY[type(node.op)]
    left, right = _operand_levels(node)
    return text_length(node.left, left) + len(symbol) + text_length(node.right, right), strength


def _unary(node: Any) -> Measured:
    is_not = type(node.op) is gast.Not
    strength = NOT if is_not else FACTOR
    return (4 if is_not else 1) + text_length(node.operand, strength), strength


def _tuple(node: Any) -> Measured:
    count = len(node.elts)
    return (_listed(node.elts) + (count == 1), TUPLE) if count else (2, ATOM)


def _list(node: Any) -> Measured:
    return 2 + _listed(node.elts), ATOM


def _slice(node: Any) -> Measured:
    parts = [text_length(part, TEST) for part in (node.lower, node.upper, node.step) if part is not None]
    return sum(parts) + (1 if node.step is None else 2), ATOM


def _constant(node: Any) -> Measured | None:
    value = node.value
    if isinstance(value, str):
        return len(quote(value)), ATOM
    is_plain = value is None or type(value) is bool or (type(value) in (int, float) and 0 < value < math.inf)
    return (len(repr(value)), ATOM) if is_plain else None


_MEASURES: dict[type, Callable[[Any], Measured | None]] = {
    gast.Attribute: _attribute,
    gast.Subscript: _subscript,
    gast.Call: _call,
    gast.keyword: _keyword,
    gast.BinOp: _binary,
    gast.UnaryOp: _unary,
    gast.Tuple: _tuple,
    gast.List: _list,
    gast.Slice: _slice,
    gast.Constant: _constant,
}
