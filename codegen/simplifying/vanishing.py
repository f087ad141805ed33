"""The way back through a maximum that was subtracted only to keep numbers small, as in softmax: it comes to nothing.

What stands there in front of `max_weights` is zero whatever the values are. That is told by writing it as a sum of
products of names, with what is the same all along the axis taken out of sums.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.simplifying import item_rules, quotients
from s2s.codegen.simplifying.shapes import is_exact, resolved
from s2s.runtime import support

# A product: what it is of, to which powers. What it is of: the key of a name, or a product that is summed.
Product = frozenset[tuple[Any, int]]
Terms = dict[Product, Fraction]
ONE: Product = frozenset()
# How many terms a sum may have, and how many operations are looked through.
MOST_TERMS, MOST_OPERATIONS = 24, 60


class UnknownError(Exception):
    """The text does not tell."""


def rest(rewriting: Any, left: gast.AST, right: gast.AST) -> gast.AST | None:
    """`left` of a sum of it and `right`, where right is of the same shape and comes to nothing."""
    shape = rewriting.shapes.of(left)
    found = rewriting.own_definition(right)
    if not (is_exact(shape) and isinstance(found, gast.BinOp) and isinstance(found.op, gast.Mult)):
        return None
    for factor, weights in ((found.left, found.right), (found.right, found.left)):
        call = rewriting.definition(weights)
        if isinstance(call, gast.Call) and resolved(rewriting.function, call.func) is support.max_weights:
            is_same = rewriting.shapes.of(call.args[0]) == shape
            return left if is_same and _vanishes(rewriting, factor, call.args, shape) else None
    return None


def _vanishes(rewriting: Any, node: gast.AST, arguments: list[gast.AST], shape: tuple[int, ...]) -> bool:
    axis = arguments[1] if len(arguments) > 1 else core.constant(None)
    if not core.is_literal(axis) or not isinstance(core.literal(axis), int | None):
        return False
    along = core.literal(axis)
    try:
        return Expansion(rewriting, along if along is None else along % len(shape), shape).of(node) == {}
    except UnknownError:
        return False


class Expansion:
    """Values as sums of products, beside an array of this shape that is summed along an axis, or (None) along all."""

    def __init__(self, rewriting: Any, axis: int | None, shape: tuple[int, ...]):
        self.rewriting = rewriting
        self.axis = axis
        self.shape = shape
        self.operations = 0

    def of(self, node: gast.AST, reduced: bool = False) -> Terms:
        """The terms of a value; `reduced`: of one that lacks the axis."""
        if core.is_constant(node):
            value = core.literal(node)
            return _terms([(ONE, Fraction(value))]) if isinstance(value, int | float) else self._opaque(node, reduced)
        found = quotients.definition(self.rewriting, node)
        self.operations += 1
        if self.operations > MOST_OPERATIONS:
            raise UnknownError
        terms = self._of_definition(found, reduced) if found is not None else None
        return terms if terms is not None else self._opaque(node, reduced)

    def _opaque(self, node: gast.AST, reduced: bool) -> Terms:
        """A value that is not looked into: alike if it is the same operation on the same names."""
        found = quotients.definition(self.rewriting, node)
        is_alike = isinstance(found, gast.Call) and not found.keywords and len(found.args) == 1
        what = (core.key(found if is_alike else node), self._is_constant(node, reduced))
        return {frozenset([(what, 1)]): Fraction(1)}

    def _is_constant(self, node: gast.AST, reduced: bool) -> bool:
        """Is a value known to be the same all along the axis? One that lacks it will be, once it gets it."""
        shape = self.rewriting.shapes.of(node)
        if self.axis is None or shape == ():
            return bool(shape == ())
        if reduced:
            if shape != self.shape[: self.axis] + self.shape[self.axis + 1 :]:
                raise UnknownError
            return True
        if not is_exact(shape):
            return False
        lead = len(self.shape) - len(shape)
        return self.axis < lead or shape[self.axis - lead] == 1

    def _of_definition(self, found: gast.AST, reduced: bool) -> Terms | None:
        if isinstance(found, gast.UnaryOp) and isinstance(found.op, gast.USub):
            return _scaled(self.of(found.operand, reduced), Fraction(-1))
        if isinstance(found, gast.BinOp):
            return self._of_operation(found, reduced)
        if isinstance(found, gast.Subscript):
            return self._with_axis(found.value, self._new_axis(found))
        return self._of_call(found, reduced) if isinstance(found, gast.Call) else None

    def _of_operation(self, found: gast.BinOp, reduced: bool) -> Terms | None:
        if isinstance(found.op, gast.Pow):
            terms = self.of(found.left, reduced)
            is_square = core.is_constant(found.right, 2) and len(terms) == 1
            return _times(terms, terms) if is_square else None
        if not isinstance(found.op, gast.Add | gast.Sub | gast.Mult | gast.Div):
            return None
        left, right = self.of(found.left, reduced), self.of(found.right, reduced)
        if isinstance(found.op, gast.Add | gast.Sub):
            sign = Fraction(1 if isinstance(found.op, gast.Add) else -1)
            return _terms([*left.items(), *_scaled(right, sign).items()])
        inverse = right if isinstance(found.op, gast.Mult) else _inverse(right)
        return _times(left, inverse) if inverse is not None else None

    def _of_call(self, call: gast.Call, reduced: bool) -> Terms | None:
        target = resolved(self.rewriting.function, call.func)
        if target in (np.full_like, np.ones_like):
            return self.of(call.args[1], reduced) if target is np.full_like else {ONE: Fraction(1)}
        if target is np.expand_dims and len(call.args) == 2 and core.is_literal(call.args[1]):
            return self._with_axis(call.args[0], core.literal(call.args[1]))
        summed = call.args[0] if target is np.sum and len(call.args) == 1 else _owner_of_sum(call, target)
        is_along = summed is not None and self._is_along(call, self.rewriting.shapes.of(summed), reduced)
        return self._sum(self.of(summed)) if is_along else None

    def _is_along(self, call: gast.Call, shape: Any, reduced: bool) -> bool:
        """Does the call sum along the axis, with a result that fits where it is read?"""
        keywords = {k.arg: core.literal(k.value) if core.is_literal(k.value) else UnknownError for k in call.keywords}
        axis, keeps = keywords.pop("axis", None), keywords.pop("keepdims", False)
        if keywords or shape != self.shape or not isinstance(keeps, int):
            return False
        if self.axis is None:
            return axis is None
        return isinstance(axis, int) and axis % len(shape) == self.axis and bool(keeps) is not reduced

    def _with_axis(self, node: gast.AST, axis: int | None) -> Terms | None:
        """Terms of a value that gets the axis that it lacks."""
        rank = len(self.shape)
        if self.axis is None or not isinstance(axis, int) or axis % rank != self.axis:
            return None
        return self.of(node, reduced=True)

    def _new_axis(self, found: gast.Subscript) -> int | None:
        parts = item_rules.parts(self.rewriting, found.slice) or getattr(found.slice, "elts", None)
        if parts is None or len(parts) != len(self.shape):
            return None
        new = [i for i, part in enumerate(parts) if core.is_literal(part) and core.literal(part) is None]
        return new[0] if len(new) == 1 and item_rules.adds_axes(found.slice) else None

    def _sum(self, terms: Terms) -> Terms:
        """The sum along the axis of each term: of what varies along it, times what does not."""
        size = Fraction(np.prod(self.shape).item() if self.axis is None else self.shape[self.axis])
        found: list[tuple[Product, Fraction]] = []
        for product, number in terms.items():
            varying = frozenset(part for part in product if not isinstance(part[0], frozenset) and not part[0][1])
            kept = product - varying
            summed = _product([*kept, (varying, 1)]) if varying else kept
            found.append((summed, number if varying else number * size))
        return _terms(found)


def _owner_of_sum(call: gast.Call, target: Any) -> gast.AST | None:
    """x of `x.sum(…)`."""
    is_method = target is None and isinstance(call.func, gast.Attribute) and call.func.attr == "sum" and not call.args
    return call.func.value if is_method else None


def _terms(pairs: Iterable[tuple[Product, Fraction]]) -> Terms:
    terms: Terms = {}
    for product, number in pairs:
        terms[product] = terms.get(product, Fraction(0)) + number
    if len(terms) > MOST_TERMS:
        raise UnknownError
    return {product: number for product, number in terms.items() if number}


def _scaled(terms: Terms, factor: Fraction) -> Terms:
    return {product: number * factor for product, number in terms.items()}


def _times(left: Terms, right: Terms) -> Terms:
    return _terms([(_product([*a, *b]), x * y) for a, x in left.items() for b, y in right.items()])


def _inverse(terms: Terms) -> Terms | None:
    """1 over a single term."""
    if len(terms) != 1:
        return None
    ((product, number),) = terms.items()
    return {frozenset((what, -power) for what, power in product): 1 / number}


def _product(parts: Iterable[tuple[Any, int]]) -> Product:
    powers: dict[Any, int] = {}
    for what, power in parts:
        powers[what] = powers.get(what, 0) + power
    return frozenset((what, power) for what, power in powers.items() if power)
