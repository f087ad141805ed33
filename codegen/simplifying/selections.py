"""Sums of selections by one condition: `np.where(c, a, 0) + np.where(c, 0, b) * x` is `np.where(c, a, b * x)`.

Exact: at each place one of the two terms is zero.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.simplifying.shapes import resolved


class OneSided(NamedTuple):
    """A value where a condition holds, or where it does not, and zero elsewhere.

    Attributes:
        where: the path of `np.where`.
        test: the condition.
        holds: is the value taken where the condition holds?
        value: what is taken.
        is_scaled: is it multiplied by something afterwards?
        scaled: an expression with what is done to it afterwards.
    """

    where: gast.AST
    test: gast.AST
    holds: bool
    value: gast.AST
    is_scaled: bool
    scaled: Callable[[gast.AST], gast.AST]


def total(rewriting: Any, left: gast.AST, operator: gast.AST, right: gast.AST) -> gast.AST | None:
    """`left + right` or `left - right` as one selection, where each of the two, or the end of a sum, takes one side."""
    second = _one_sided(rewriting, right)
    if second is None:
        return None
    first = _one_sided(rewriting, left)
    if first is not None:
        return _joined(rewriting, first, operator, second)
    inner = rewriting.own_definition(left)
    if not (isinstance(inner, gast.BinOp) and isinstance(inner.op, gast.Add)):
        return None
    first = _one_sided(rewriting, inner.right)
    joined = _joined(rewriting, first, operator, second) if first is not None else None
    return core.binary(inner.left, gast.Add(), joined) if joined is not None else None


def _joined(rewriting: Any, first: OneSided, operator: gast.AST, second: OneSided) -> gast.AST | None:
    if first.holds == second.holds or not core.same(first.test, second.test):
        return None
    if not isinstance(operator, gast.Add):
        return _selection(first, first.scaled(first.value), gast.UnaryOp(gast.USub(), second.scaled(second.value)))
    if core.same(first.value, second.value) and _are_factors(rewriting, first, second):
        own, other = (side.scaled(core.constant(1)) for side in (first, second))
        return core.binary(first.value, gast.Mult(), _selection(first, own, other))
    return _selection(first, first.scaled(first.value), second.scaled(second.value))


def _are_factors(rewriting: Any, first: OneSided, second: OneSided) -> bool:
    """May the common value stand in front of the selection?"""
    if first.is_scaled and second.is_scaled:
        return True
    return bool(rewriting.is_scalar(first.value)) and (first.is_scaled or second.is_scaled)


def _selection(first: OneSided, own: gast.AST, other: gast.AST) -> gast.AST:
    return core.call(first.where, first.test, *((own, other) if first.holds else (other, own)))


def _one_sided(rewriting: Any, node: gast.AST) -> OneSided | None:
    found = rewriting.own_definition(node)
    if isinstance(found, gast.Call):
        return _call(rewriting, found)
    if not (isinstance(found, gast.BinOp) and isinstance(found.op, gast.Mult | gast.Div)):
        return None
    left, operator, right = found.left, found.op, found.right
    inner = _one_sided(rewriting, left)
    if inner is not None:
        return _scaled(inner, lambda value: core.binary(value, operator, right))
    inner = _one_sided(rewriting, right) if isinstance(operator, gast.Mult) else None
    return _scaled(inner, lambda value: core.binary(left, operator, value)) if inner is not None else None


def _scaled(inner: OneSided, outer: Callable[[gast.AST], gast.AST]) -> OneSided:
    return inner._replace(is_scaled=True, scaled=lambda value: outer(inner.scaled(value)))


def _call(rewriting: Any, call: gast.Call) -> OneSided | None:
    """`np.where(c, g, 0)` or `np.where(c, 0, g)`."""
    if len(call.args) != 3 or call.keywords or resolved(rewriting.function, call.func) is not np.where:
        return None
    test, then, otherwise = call.args
    if core.is_constant(otherwise, 0):
        return OneSided(call.func, test, True, then, False, lambda value: value)
    return (
        OneSided(call.func, test, False, otherwise, False, lambda value: value) if core.is_constant(then, 0) else None
    )
