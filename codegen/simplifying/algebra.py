"""Rewrites single operations into simpler ones of the same value: ones, signs, literals, known containers.

Statements that the user wrote stay as they are; only derived ones are rewritten.
"""

import itertools
from collections import Counter
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring.normal_form import Flattener
from s2s.codegen.simplifying import factors, helper_rules, item_rules, uniform_values
from s2s.codegen.simplifying.shapes import ShapeTable


class Rewriting:
    """Rounds over the statements of one body, with the definitions and shapes of its names."""

    def __init__(self, function: core.Function, recorded: Any):
        self.function = function
        self.definitions: dict[str, gast.AST] = {}
        self.derived: set[str] = set()
        self.temporaries: set[str] = set()
        self.shapes = ShapeTable(function, recorded)
        self.changed: set[str] = set()
        self.statements: list[gast.AST] = []
        self.uses: Counter[str] | None = None

    def round(self, body: list[gast.AST], stale: set[str] | None) -> set[str]:
        """Visits the derived statements, all or those that depend on `stale` names; gives the targets that changed."""
        statements, self.changed = core.walk(body), set()
        self.uses = None
        self.statements = statements
        if not any(type(s) is gast.Expr or core.is_derived(s) for s in statements):
            return self.changed
        assigned = Assigned(statements)
        self.definitions, self.derived = assigned.once(), assigned.derived
        self.temporaries = assigned.temporaries
        affected = None if stale is None else self._affected(statements, stale)
        self.shapes.learn(body, assigned.plain, affected)
        self.run(body, affected)
        return self.changed

    def _affected(self, statements: list[gast.AST], stale: set[str]) -> set[str]:
        """The names computed from stale ones, through plain assignments: nothing is known through joins."""
        affected = set(stale)
        like = self.function.shaped_like
        for statement in statements if stale else ():
            if type(statement) is gast.Assign and type(statement.targets[0]) is gast.Name:
                name = statement.targets[0].id
                if like.get(name) in affected or not affected.isdisjoint(core.own_reads(statement)):
                    affected.add(name)
        return affected

    def run(self, body: list[gast.AST], affected: set[str] | None) -> None:
        done: list[gast.AST] = []
        for statement in body:
            kind = type(statement)
            if kind is gast.Assign:
                marks = statement.__dict__
                if (marks.get("backward") or marks.get("derived")) and not marks.get("join"):
                    target = marks["targets"][0]
                    names = (target.id,) if type(target) is gast.Name else core.targets(statement)
                    if affected is None or not affected.isdisjoint(names):
                        done += self.statement(statement)
                        continue
            elif kind is gast.Expr:
                if helper_rules.is_checked_scalar(self, statement):
                    self.changed.update(core.own_reads(statement))
                    continue
            elif kind in core.COMPOUND:
                for block in core.blocks(statement):
                    self.run(block, affected)
            done.append(statement)
        body[:] = done

    def statement(self, statement: gast.AST) -> list[gast.AST]:
        """A derived assignment, simpler if it may be, with the temporaries that this takes before it."""
        target = statement.targets[0]
        new = helper_rules.of_same_shape(self, target.id, statement.value) if type(target) is gast.Name else None
        new = self.simpler(statement.value) if new is None else new
        if new is None:
            return [statement]
        before: list[gast.AST] = []
        if type(new) is gast.Tuple or _is_flat(new):
            statement.value = new
        else:
            flattener = Flattener(self.function, {}, set(), before.append, statement, self)
            statement.value = flattener.operation(new)
        for each in before:
            each.derived, each.backward = True, getattr(statement, "backward", False)
            self._define(each)
        self.changed.update(core.targets(statement))
        if isinstance(statement.targets[0], gast.Name):
            self.definitions[statement.targets[0].id] = statement.value
        return [*before, statement]

    def _define(self, temporary: gast.AST) -> None:
        name = temporary.targets[0].id
        self.definitions[name] = temporary.value
        self.derived.add(name)
        self.changed.add(name)

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
        if not (self.is_derived(node) or core.is_name(node) and node.id in self.temporaries):
            return None
        if self.uses is None:
            self.uses = Counter(itertools.chain.from_iterable(map(core.own_reads, self.statements)))
        return self.definitions.get(node.id) if self.uses[node.id] < 2 else None

    def definition(self, node: gast.AST) -> gast.AST | None:
        return self.definitions.get(node.id) if type(node) is gast.Name else None

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
            if isinstance(over, gast.BinOp) and isinstance(over.op, gast.Div) and core.is_constant(over.left):
                return core.binary(core.binary(over.left, gast.Mult(), other), gast.Div(), over.right)
        scaled = factors.product(self, left, right)
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
        return isinstance(node, gast.Name) and node.id in self.derived

    def _pow(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        return left if core.is_constant(right, 1) else None

    def _add(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        twice = factors.doubled(self, left, right)
        if twice is not None:
            return twice
        negative = self.negated(right)
        if negative is not None:
            return core.binary(left, gast.Sub(), negative)
        negative = self.negated(left)
        return core.binary(right, gast.Sub(), negative) if negative is not None else None

    def _sub(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        negative = self.negated(right)
        return core.binary(left, gast.Add(), negative) if negative is not None else None

    def _floordiv(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        return helper_rules.sizes_of_rows(self, left, right)

    def negated(self, node: gast.AST) -> gast.AST | None:
        found = self.definition(node)
        is_negation = isinstance(found, gast.UnaryOp) and isinstance(found.op, gast.USub)
        return found.operand if is_negation else None

    def _div(self, left: gast.AST, right: gast.AST) -> gast.AST | None:
        return left if core.is_constant(right, 1) else self._signed(left, gast.Div(), right)

    def _negation(self, operand: gast.AST) -> gast.AST | None:
        inner = self.negated(operand)
        return inner if inner is not None else uniform_values.negated_uniform(self, operand)

    def _item(self, node: gast.Subscript) -> gast.AST | None:
        """An element of a container that was put together in sight."""
        container = self.definition(node.value)
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


def _is_flat(node: gast.AST) -> bool:
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


class Assigned:
    """What the statements assign.

    Attributes:
        plain: names of plain assignments to what they are assigned.
        derived: names that derived statements assign.
        temporaries: names of parts of the user's expressions.
    """

    def __init__(self, statements: list[gast.AST]):
        self.plain: dict[str, gast.AST] = {}
        self.derived: set[str] = set()
        self.temporaries: set[str] = set()
        self._found: dict[str, gast.AST] = {}
        self._twice: set[str] = set()
        found, plain = self._found, self.plain
        for statement in statements:
            kind, marks = type(statement), statement.__dict__
            if kind is gast.Assign and "join" not in marks and type(target := marks["targets"][0]) is gast.Name:
                name = target.id  # most of them
                if name in found:
                    self._twice.add(name)
                if marks.get("backward") or marks.get("derived"):
                    self.derived.add(name)
                elif marks.get("temporary"):
                    self.temporaries.add(name)
                found[name] = plain[name] = marks["value"]
            elif kind is gast.Assign or kind is gast.For:
                self._note(statement)

    def _note(self, statement: gast.AST) -> None:
        names, found = core.targets(statement), self._found
        if not found.keys().isdisjoint(names):
            self._twice.update(found.keys() & set(names))
        if core.is_derived(statement):
            self.derived.update(names)
        found.update(dict.fromkeys(names, NO_VALUE))

    def once(self) -> dict[str, gast.AST]:
        """Names that are assigned once, to what."""
        twice = self._twice
        return {n: v for n, v in self._found.items() if n not in twice} if twice else self._found


# Stands for a definition that is no operation.
NO_VALUE = gast.Pass()
