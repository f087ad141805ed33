"""Numbers in products and sums of derivatives: `a * (2 * x)` is `2 * a * x`, `a + a` is `2 * a`.

Only powers of two change places, which is exact.
"""

import math
from typing import Any

import gast

from s2s.codegen.core import core


def is_power_of_two(node: gast.AST) -> bool:
    if not core.is_constant(node):
        return False
    value = core.literal(node)
    return type(value) in (int, float) and math.isfinite(value) and math.frexp(abs(value))[0] == 0.5


def product(rewriting: Any, left: gast.AST, right: gast.AST) -> gast.AST | None:
    """`left * right` with the number of the right factor in front, and one number where there are two."""
    inner = rewriting.own_definition(right)
    if not isinstance(inner, gast.BinOp) or rewriting.is_again(right):
        return None
    if core.is_constant(left):
        return _scaled(left, inner)
    is_scaled = isinstance(inner.op, gast.Mult) and is_power_of_two(inner.left) and not core.is_constant(inner.right)
    return core.binary(core.binary(inner.left, gast.Mult(), left), gast.Mult(), inner.right) if is_scaled else None


def _scaled(factor: gast.AST, inner: gast.BinOp) -> gast.AST | None:
    """`factor * (a * b)`, `factor * (a / b)`."""
    if not isinstance(inner.op, gast.Mult | gast.Div):
        return None
    if core.is_constant(inner.left):
        if not (is_power_of_two(factor) or is_power_of_two(inner.left)):
            return None
        return core.binary(_product(factor, inner.left), inner.op, inner.right)
    return (
        core.binary(core.binary(factor, gast.Mult(), inner.left), inner.op, inner.right)
        if is_power_of_two(factor)
        else None
    )


def times(number: gast.AST, other: gast.AST) -> gast.AST:
    """The product of a number and something else, which is that itself where the number is 1."""
    return other if core.is_constant(number, 1) else core.binary(number, gast.Mult(), other)


def _product(a: gast.AST, b: gast.AST) -> gast.AST:
    """The product of two numbers."""
    if core.is_constant(a, 1) or core.is_constant(b, 1):
        return b if core.is_constant(a, 1) else a
    value = core.literal(a) * core.literal(b)
    return gast.UnaryOp(gast.USub(), core.constant(-value)) if value < 0 else core.constant(value)


def without_sign(rewriting: Any, node: gast.AST) -> gast.AST | None:
    """`2 * x` of `-2 * x`, `2 / x` of `-2 / x`, which a sum is to subtract."""
    found = rewriting.own_definition(node)
    if not isinstance(found, gast.BinOp) or not isinstance(found.op, gast.Mult | gast.Div):
        return None
    is_negative = core.is_constant(found.left) and type(found.left) is gast.UnaryOp
    return core.binary(found.left.operand, found.op, found.right) if is_negative else None


def doubled(rewriting: Any, left: gast.AST, right: gast.AST) -> gast.AST | None:
    """`a + a`, of one name or of two with equal definitions; `a * b + b * a`."""
    if not (core.is_name(left) and core.is_name(right)):
        return None
    if left.id == right.id:
        return core.binary(core.constant(2), gast.Mult(), left)
    first, second = rewriting.own_definition(left), rewriting.own_definition(right)
    if not (isinstance(first, gast.BinOp) and isinstance(second, gast.BinOp)):
        return None
    is_same = core.same(first, second) or isinstance(first.op, gast.Mult) and core.same(first, _turned(second))
    return core.binary(core.constant(2), gast.Mult(), left) if is_same else None


def _turned(operation: gast.BinOp) -> gast.BinOp:
    return core.binary(operation.right, operation.op, operation.left)


def negated(rewriting: Any, node: gast.AST) -> gast.AST | None:
    """`-(a - b)` is `b - a`, `-((a - b) * c)` is `(b - a) * c`."""
    found = rewriting.own_definition(node)
    if not (isinstance(found, gast.BinOp) and rewriting.is_derived(node)):
        return None
    if isinstance(found.op, gast.Sub):
        return core.binary(found.right, gast.Sub(), found.left)
    inner = negated(rewriting, found.left) if isinstance(found.op, gast.Mult | gast.Div) else None
    return core.binary(inner, found.op, found.right) if inner is not None else None
