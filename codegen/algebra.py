"""Rewrites single operations into simpler ones of the same value: ones, signs, literals, known containers.

Statements that the user wrote stay as they are; only derived ones are rewritten.
"""

from typing import Any

import gast

from s2s.codegen import core, helper_rules
from s2s.codegen.normal_form import Flattener
from s2s.codegen.shapes import ShapeTable


def rewrite(function: core.Function, body: list[gast.AST], recorded: Any) -> bool:
    """One pass over all derived statements; tells whether anything changed."""
    if not any(core.is_derived(s) or type(s) is gast.Expr for s in core.walk(body)):
        return False
    return Rewriting(function, body, recorded or {}).run(body)


class Rewriting:
    """The state of one pass: definitions and shapes of names."""

    def __init__(self, function: core.Function, body: list[gast.AST], recorded: Any):
        self.function = function
        self.definitions = single_definitions(body)
        self.derived = {t for s in core.walk(body) if core.is_derived(s) for t in core.targets(s)}
        self.shapes = ShapeTable(function, body, recorded)
        self.changed = False

    def run(self, body: list[gast.AST]) -> bool:
        at = 0
        while at < len(body):
            statement = body[at]
            for block in core.blocks(statement):
                self.run(block)
            replaced = self.statement(statement)
            body[at : at + 1] = replaced
            at += len(replaced)
        return self.changed

    def statement(self, statement: gast.AST) -> list[gast.AST]:
        if type(statement) is gast.Expr and helper_rules.is_checked_scalar(self, statement):
            self.changed = True
            return []
        if type(statement) is not gast.Assign or not core.is_derived(statement) or core.is_join(statement):
            return [statement]
        new = self.simpler(statement.value)
        if new is None:
            return [statement]
        self.changed = True
        before: list[gast.AST] = []
        flattener = Flattener(self.function, {}, set(), before.append, statement, self)
        statement.value = flattener.operation(new) if not isinstance(new, gast.Tuple) else new
        for each in before:
            each.derived, each.backward = True, getattr(statement, "backward", False)
            self.definitions[each.targets[0].id] = each.value
            self.derived.add(each.targets[0].id)
        if isinstance(statement.targets[0], gast.Name):
            self.definitions[statement.targets[0].id] = statement.value
        return [*before, statement]

    def refuse(self, expression: gast.AST) -> gast.AST:
        return expression

    conditional = walrus = unset = value_of = without_assignments = comprehension = refuse

    def consumed(self, expression: gast.AST) -> None:
        """No rule makes a generator."""

    def called(self, node: gast.AST, call: gast.AST) -> gast.AST:
        return call

    # Rules -------------------------------------------------------------------------------------------------------

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
        """`x.T.T` is x."""
        inner = self.definition(node.value)
        twice = node.attr == "T" and isinstance(inner, gast.Attribute) and inner.attr == "T"
        return inner.value if twice and isinstance(inner.value, gast.Name) else None

    def definition(self, node: gast.AST) -> gast.AST | None:
        return self.definitions.get(node.id) if type(node) is gast.Name else None

    def _binary(self, node: gast.BinOp) -> gast.AST | None:
        folded = fold(node)
        if folded is not None:
            return folded
        rule = getattr(self, "_" + type(node.op).__name__.lower(), None)
        found = rule(node.left, node.right) if rule is not None else None
        return found if found is not None else helper_rules.without_broadcast(self, node)

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
            if isinstance(over, gast.BinOp) and isinstance(over.op, gast.Div) and core.is_constant(over.left):
                return core.binary(core.binary(over.left, gast.Mult(), other), gast.Div(), over.right)
        return self._signed(left, gast.Mult(), right) or self._product_over(left, right)

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
        over = self.definition(right)
        if isinstance(over, gast.BinOp) and isinstance(over.op, gast.Div) and self.is_derived(right):
            return core.binary(core.binary(left, gast.Mult(), over.left), gast.Div(), over.right)
        return None

    def is_derived(self, node: gast.AST) -> bool:
        return isinstance(node, gast.Name) and node.id in self.derived

    def _pow(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        return left if core.is_constant(right, 1) else None

    def _add(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        negative = self.negated(right)
        if negative is not None:
            return core.binary(left, gast.Sub(), negative)
        negative = self.negated(left)
        return core.binary(right, gast.Sub(), negative) if negative is not None else None

    def _sub(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        negative = self.negated(right)
        return core.binary(left, gast.Add(), negative) if negative is not None else None

    def negated(self, node: gast.AST) -> gast.AST | None:
        found = self.definition(node)
        is_negation = isinstance(found, gast.UnaryOp) and isinstance(found.op, gast.USub)
        return found.operand if is_negation else None

    def _div(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        return left if core.is_constant(right, 1) else self._signed(left, gast.Div(), right)

    def _negation(self, operand: gast.AST) -> gast.AST | None:
        inner = self.negated(operand)
        return inner if inner is not None else helper_rules.negated_uniform(self, operand)

    def _item(self, node: gast.Subscript) -> gast.AST | None:
        """An element of a container that was put together in sight."""
        container = self.definition(node.value)
        if not core.is_literal(node.slice):
            return None
        key = core.literal(node.slice)
        if isinstance(container, gast.Tuple | gast.List) and isinstance(key, int):
            return container.elts[key] if -len(container.elts) <= key < len(container.elts) else None
        if isinstance(container, gast.Dict):
            found = [v for k, v in zip(container.keys, container.values, strict=True) if core.is_constant_key(k, key)]
            return found[0] if found else None
        return None


def fold(node: gast.BinOp) -> gast.AST | None:
    """The value of an operation on two numbers."""
    if type(node.left) is gast.Name or not (core.is_constant(node.left) and core.is_constant(node.right)):
        return None
    left, right = core.literal(node.left), core.literal(node.right)
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


def single_definitions(body: list[gast.AST]) -> dict[str, gast.AST]:
    """Names that are assigned once, to what."""
    found: dict[str, gast.AST] = {}
    twice: set[str] = set()
    for statement in core.walk(body):
        is_plain = type(statement) is gast.Assign and type(statement.targets[0]) is gast.Name
        value = statement.value if is_plain and not core.is_join(statement) else NO_VALUE
        for name in core.targets(statement):
            if name in found:
                twice.add(name)
            found[name] = value
    return {n: v for n, v in found.items() if n not in twice} if twice else found


# Stands for a definition that is no operation.
NO_VALUE = gast.Pass()
