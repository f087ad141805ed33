"""Rewrites single operations into simpler ones of the same value: ones, signs, literals, known containers.

Statements that the user wrote stay as they are; only derived ones are rewritten.
"""

from collections.abc import Mapping
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.simplifying import (
    factors,
    helper_rules,
    item_rules,
    quotients,
    selections,
    sums,
    uniform_values,
    vanishing,
)
from s2s.codegen.simplifying.definitions import Assigned
from s2s.codegen.simplifying.shapes import ShapeTable
from s2s.codegen.simplifying.uses import Uses


class Algebra:
    """The rules, with what they may know: definitions, shapes and uses of names.

    Attributes:
        assigned: what the statements assign; what is derived, and what is the user's.
        definitions: names that are assigned once, to what.
    """

    def __init__(self, function: core.Function, recorded: Mapping[str, Any]):
        self.function = function
        self.assigned = Assigned([])
        self.definitions: dict[str, gast.AST] = {}
        self.shapes = ShapeTable(function, recorded)
        self.uses = Uses([], {})
        self.quotients = quotients.Quotients()
        self.counters: set[str] = set()

    def simpler(self, node: gast.AST) -> gast.AST | None:
        """A simpler expression of the same value, None if there is none."""
        kind = type(node)
        if kind is gast.Call:
            return helper_rules.simpler_call(self, node)
        if kind is gast.BinOp:
            return self._binary(node)
        if kind is gast.UnaryOp and type(node.op) is gast.USub:
            return self._negation(node.operand)
        if kind is gast.Subscript:
            return self._item(node)
        return self._attribute(node) if kind is gast.Attribute else None

    def _attribute(self, node: gast.Attribute) -> gast.AST | None:
        """`x.T.T` is x, `(x.T @ y).T` is `y.T @ x`."""
        inner = self.definition(node.value)
        if node.attr == "T" and isinstance(inner, gast.BinOp):
            return self._transposed_product(node.value)
        twice = node.attr == "T" and isinstance(inner, gast.Attribute) and inner.attr == "T"
        return inner.value if twice and isinstance(inner.value, gast.Name) else None

    def _transposed_product(self, node: gast.AST) -> gast.AST | None:
        product = self.own_definition(node)
        if not isinstance(product, gast.BinOp) or not isinstance(product.op, gast.MatMult):
            return None
        left = self.definition(product.left)
        is_transposed = isinstance(left, gast.Attribute) and left.attr == "T" and isinstance(left.value, gast.Name)
        if not is_transposed or [self.shapes.rank(n) for n in (left.value, product.right)] != [2, 2]:
            return None
        return core.binary(core.attribute(product.right, "T"), gast.MatMult(), left.value)

    def is_scalar(self, node: gast.AST) -> bool:
        return uniform_values.is_scalar(self, node)

    def own_definition(self, node: gast.AST) -> gast.AST | None:
        """The definition of a temporary that nothing else reads."""
        if not (self.is_derived(node) or core.is_name(node) and node.id in self.assigned.temporaries):
            return None
        return self.definitions.get(node.id) if self.uses.count[node.id] < 2 else None

    def is_again(self, node: gast.AST) -> bool:
        """Is this a value of the forward sweep, computed again? It is written as it is there."""
        return type(node) is gast.Name and node.id in self.assigned.again

    def definition(self, node: gast.AST) -> gast.AST | None:
        return self.definitions.get(node.id) if type(node) is gast.Name else None

    def is_users(self, node: gast.AST) -> bool:
        """Is this a variable of the user, not a part of an expression, nor of a derivative?"""
        assigned = self.assigned
        return core.is_name(node) and node.id not in assigned.derived and node.id not in assigned.temporaries

    def named(self, expression: gast.AST) -> gast.AST:
        """The variable that the expression is the definition of, if there is one, else the expression."""
        alike = (n for n, value in self.definitions.items() if type(value) is type(expression))
        name = next((n for n in alike if core.same(self.definitions[n], expression)), None)
        return core.name(name) if name is not None else expression

    def _binary(self, node: gast.BinOp) -> gast.AST | None:
        folded = fold(node)
        if folded is not None:
            return folded
        rule = getattr(self, "_" + type(node.op).__name__.lower(), None)
        found = rule(node.left, node.right) if rule is not None else None
        return found if found is not None else uniform_values.without_broadcast(self, node)

    def _mult(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        if core.is_constant(left, 1):
            return right
        if core.is_constant(right, 1):
            return left
        if core.is_constant(right, -1) or core.is_constant(left, -1):
            return gast.UnaryOp(gast.USub(), left if core.is_constant(right, -1) else right)
        if core.is_constant(right) and not core.is_constant(left):
            return core.binary(right, gast.Mult(), left)
        for factor, other in ((right, left), (left, right)):
            over = self.definition(factor)
            is_inverse = isinstance(over, gast.BinOp) and isinstance(over.op, gast.Div) and core.is_constant(over.left)
            if is_inverse and not self.is_users(factor):
                return core.binary(factors.times(over.left, other), gast.Div(), over.right)
        scaled = quotients.product(self, left, right) or factors.product(self, left, right)
        return scaled or self._signed(left, gast.Mult(), right) or self._product_over(left, right)

    def _signed(self, left: gast.AST, operator: gast.AST, right: gast.AST) -> gast.AST | None:
        """`a * -b` is `-(a * b)`: the sign may meet a sum that takes it."""
        negative = self.negated(left)
        if negative is not None and self.is_derived(left):
            return gast.UnaryOp(gast.USub(), core.binary(negative, operator, right))
        negative = self.negated(right)
        if negative is not None and self.is_derived(right):
            return gast.UnaryOp(gast.USub(), core.binary(left, operator, negative))
        return None

    def _product_over(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        """`a * (b / c)` is `a * b / c`, where the quotient is not the user's own."""
        over = self.own_definition(right)
        if isinstance(over, gast.BinOp) and isinstance(over.op, gast.Div):
            return core.binary(core.binary(left, gast.Mult(), over.left), gast.Div(), over.right)
        return None

    def is_derived(self, node: gast.AST) -> bool:
        return isinstance(node, gast.Name) and node.id in self.assigned.derived

    def _pow(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        return left if core.is_constant(right, 1) else None

    def _add(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        found = factors.doubled(self, left, right) or self._merged(left, gast.Add(), right)
        if found is not None:
            return found
        negative = self._negative(right)
        if negative is not None:
            return core.binary(left, gast.Sub(), negative)
        negative = self._negative(left)
        return core.binary(right, gast.Sub(), negative) if negative is not None else None

    def _sub(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        negative = self._negative(right)
        if negative is not None:
            return core.binary(left, gast.Add(), negative)
        negative = self.negated(left) if self.own_definition(left) is not None else None
        if negative is not None:
            return gast.UnaryOp(gast.USub(), core.binary(negative, gast.Add(), right))
        return self._merged(left, gast.Sub(), right)

    def _negative(self, node: gast.AST) -> gast.AST | None:
        """What a sum subtracts in place of adding the node."""
        negative = self.negated(node)
        if negative is not None or not self.is_derived(node):
            return negative
        return factors.without_sign(self, node)

    def _merged(self, left: gast.AST, operator: gast.AST, right: gast.AST) -> gast.AST | None:
        """A sum of two selections, sums, products or quotients as one; of one, where the other comes to nothing."""
        if self.own_definition(right) is None:
            return None
        if self.shapes.recorded:
            other = vanishing.rest(self, left, right)
            if other is None and isinstance(operator, gast.Add):
                other = vanishing.rest(self, right, left)
            if other is not None:
                return other
        for rule in (selections.total, sums.total, quotients.common_factor):
            merged = rule(self, left, operator, right)
            if merged is not None:
                return merged
        return None

    def _floordiv(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        return helper_rules.sizes_of_rows(self, left, right)

    def negated(self, node: gast.AST) -> gast.AST | None:
        found = self.definition(node)
        is_negation = isinstance(found, gast.UnaryOp) and isinstance(found.op, gast.USub)
        return found.operand if is_negation else None

    def _div(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        if core.is_constant(right, 1):
            return left
        return quotients.over_square(self, left, right) or self._signed(left, gast.Div(), right)

    def _negation(self, operand: gast.AST) -> gast.AST | None:
        inner = self.negated(operand)
        if inner is not None:
            return inner
        turned = factors.negated(self, operand)
        return turned if turned is not None else uniform_values.negated_uniform(self, operand)

    def _item(self, node: gast.Subscript) -> gast.AST | None:
        """An element of a container that was put together in sight."""
        container = node.value if type(node.value) is gast.Tuple else self.definition(node.value)
        parts = item_rules.parts(self, node.slice)
        if parts is not None:
            return core.subscript(node.value, parts[0] if len(parts) == 1 else core.tuple_of(parts))
        if not core.is_literal(node.slice):
            return None
        key = core.literal(node.slice)
        if isinstance(container, gast.Tuple | gast.List) and isinstance(key, int):
            return container.elts[key] if -len(container.elts) <= key < len(container.elts) else None
        if isinstance(container, gast.Dict):
            found = [v for k, v in zip(container.keys, container.values, strict=True) if core.is_constant_key(k, key)]
            return found[0] if found else None
        return item_rules.stacked_item(self, container, node.slice) if isinstance(container, gast.Call) else None


_ATOMS = (gast.Name, gast.Constant)


def is_flat(node: gast.AST) -> bool:
    """Is it one operation over names and literals?"""
    kind = type(node)
    if kind is gast.BinOp:
        return type(node.left) in _ATOMS and type(node.right) in _ATOMS
    if kind is gast.UnaryOp:
        return type(node.operand) in _ATOMS
    if kind is gast.Call:
        return core.dotted(node.func) is not None and not node.keywords and all(type(a) in _ATOMS for a in node.args)
    return kind in _ATOMS


def fold(node: gast.BinOp) -> gast.AST | None:
    """The value of an operation on two numbers."""
    if type(node.left) is gast.Name or not (core.is_constant(node.left) and core.is_constant(node.right)):
        return None
    left, right = core.literal(node.left), core.literal(node.right)
    if isinstance(node.op, gast.Mult) and (core.is_constant(node.left, 1) or core.is_constant(node.right, 1)):
        return node.right if core.is_constant(node.left, 1) else node.left
    if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in (left, right)):
        return None
    return number(_FOLDED[type(node.op).__name__](left, right)) if type(node.op).__name__ in _FOLDED else None


_FOLDED: dict[str, Any] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mult": lambda a, b: a * b,
}


def number(value: float) -> gast.AST:
    return gast.UnaryOp(gast.USub(), core.constant(-value)) if value < 0 else core.constant(value)
