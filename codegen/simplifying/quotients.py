"""Derivatives of quotients, written with the quotient where that is a variable: as people write those of softmax.

With `p = e / t`, `g * e / t ** 2` is `g * p / t`, and what is over t, times e, is that without t, times p.
"""

from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.simplifying import dead_code
from s2s.codegen.simplifying.definitions import NO_VALUE, Assigned
from s2s.codegen.simplifying.shapes import is_exact, resolved, shape_argument
from s2s.runtime import support


class Quotients:
    """The user's variables that are quotients of two names, or one over a name, as far as a body has them.

    What a loop saves is known by the names of the loop back over it; a backward half knows the forward half.

    Attributes:
        saved: what the names of saved values are defined as; others may be computed from some that are gone.
    """

    def __init__(self) -> None:
        self.saved: dict[str, gast.AST] = {}
        self.forward: dict[str, gast.AST] = {}
        self.users: set[str] = set()  # columns of the user's variables
        self.by_operands: dict[tuple[object, str], str] = {}
        self.by_numerator: dict[object, list[tuple[str, str]]] = {}

    def learn_forward(self, forward: list[gast.AST], result: gast.AST) -> None:
        """Takes what the forward half defines; all of it may be saved, and the result and the user's variables are."""
        assigned = Assigned(core.walk(forward))
        inner = core.assigned([s for s in forward if type(s) in core.COMPOUND])
        self.saved = {n: v for n, v in assigned.once().items() if n not in inner and v is not NO_VALUE}
        named = {n for n in self.saved if n not in assigned.temporaries}
        self.forward = {n: self.saved[n] for n in sorted(named | set(core.reads(result))) if n in self.saved}

    def learn(self, rewriting: Any, statements: list[gast.AST]) -> None:
        """Takes them from the statements of a body."""
        self.by_operands, self.by_numerator = {}, {}
        self._learn_saved(rewriting, statements)
        for name, value in self.forward.items():
            self._note(rewriting, name, value)
        for name, value in rewriting.definitions.items():
            if type(value) is gast.BinOp and type(value.op) is gast.Div and rewriting.is_users(core.name(name)):
                self._note(rewriting, name, value)
        for name, value in self.saved.items():
            if name in self.users and name in rewriting.assigned.derived:  # still saved
                self._note(rewriting, name, value)

    def _learn_saved(self, rewriting: Any, statements: list[gast.AST]) -> None:
        if core.is_straight(statements):
            return
        for _, called in dead_code.saved_entries(statements):
            for name, target in called.items():
                value = rewriting.definitions.get(name)
                if isinstance(value, gast.BinOp | gast.Call) and called.keys() >= set(core.reads(value)):
                    self.saved[target] = core.substitute(value, {n: core.name(t) for n, t in called.items()})
                if name not in rewriting.assigned.temporaries:
                    self.users.add(target)

    def _note(self, rewriting: Any, name: str, value: gast.AST) -> None:
        if type(value) is gast.BinOp and type(value.op) is gast.Div and core.is_name(value.right):
            key = _key(rewriting, value.left)
            self.by_operands.setdefault((key, value.right.id), name)
            self.by_numerator.setdefault(key, []).append((name, value.right.id))


def definition(rewriting: Any, node: gast.AST) -> gast.AST | None:
    """What a name is defined as, in the forward sweep where it is saved there."""
    saved = rewriting.quotients.saved.get(node.id) if core.is_name(node) else None
    return saved if saved is not None else rewriting.definition(node)


def _key(rewriting: Any, node: gast.AST) -> object:
    """Equal for the same name or number, and for names of which each is the same operation on the same names."""
    if core.is_constant(node):
        return core.literal(node)
    found = rewriting.definition(node)
    is_operation = isinstance(found, gast.Call) and not found.keywords and len(found.args) == 1
    return core.key(found) if is_operation else core.key(node)


def over_square(rewriting: Any, left: gast.AST, right: gast.AST) -> gast.AST | None:
    """`e / t ** 2` is `p / t`, `g * e / t ** 2` is `g * p / t`; with `p = 1 / t`, `g / t ** 2` is `g * p ** 2`."""
    square = rewriting.own_definition(right)
    if not (_is_power_of_two(square) and core.is_name(square.left)):
        return None
    known = rewriting.quotients.by_operands
    inverse = known.get((1, square.left.id))
    if inverse is not None:
        return core.binary(left, gast.Mult(), core.binary(core.name(inverse), gast.Pow(), core.constant(2)))
    ratio = known.get((_key(rewriting, left), square.left.id))
    if ratio is not None:
        return core.binary(core.name(ratio), gast.Div(), square.left)
    product = rewriting.own_definition(left)
    if not (isinstance(product, gast.BinOp) and isinstance(product.op, gast.Mult)):
        return None
    ratio = known.get((_key(rewriting, product.right), square.left.id))
    if ratio is None:
        return None
    is_twice = core.is_name(product.left) and product.left.id == ratio
    power = core.binary(product.left, gast.Pow(), core.constant(2))
    scaled = power if is_twice else core.binary(product.left, gast.Mult(), core.name(ratio))
    return core.binary(scaled, gast.Div(), square.left)


def _is_power_of_two(node: gast.AST | None) -> bool:
    return isinstance(node, gast.BinOp) and isinstance(node.op, gast.Pow) and core.is_constant(node.right, 2)


def product(rewriting: Any, left: gast.AST, right: gast.AST) -> gast.AST | None:
    """`left * right`, where right is what left is over, or what a quotient has above that."""
    if not (core.is_name(right) and rewriting.own_definition(left) is not None):
        return None
    cancelled = _without_divisor(rewriting, left, right)
    if cancelled is not None:
        return cancelled
    for ratio, divisor in rewriting.quotients.by_numerator.get(_key(rewriting, right), ()):
        cancelled = _without_divisor(rewriting, left, core.name(divisor))
        if cancelled is not None:
            return core.binary(cancelled, gast.Mult(), core.name(ratio))
    return _logistic(rewriting, left, right)


def _logistic(rewriting: Any, left: gast.AST, right: gast.AST) -> gast.AST | None:
    """With `p = 1 / (1 + e)`, `g * p ** 2 * e` is `g * p * (1 - p)`, which does not overflow."""
    found = rewriting.own_definition(left)
    is_product = isinstance(found, gast.BinOp) and isinstance(found.op, gast.Mult)
    square = rewriting.own_definition(found.right) if is_product else found
    if not (_is_power_of_two(square) and _is_inverse_of_one_more(rewriting, square.left, right)):
        return None
    rest = rewriting.named(core.binary(core.constant(1), gast.Sub(), square.left))
    scaled = core.binary(found.left, gast.Mult(), square.left) if is_product else square.left
    return core.binary(scaled, gast.Mult(), rest)


def _is_inverse_of_one_more(rewriting: Any, node: gast.AST, other: gast.AST) -> bool:
    """Is the node `1 / (1 + other)`?"""
    ratio = definition(rewriting, node)
    if not (isinstance(ratio, gast.BinOp) and isinstance(ratio.op, gast.Div) and core.is_constant(ratio.left, 1)):
        return False
    divisor = definition(rewriting, ratio.right)
    if not (isinstance(divisor, gast.BinOp) and isinstance(divisor.op, gast.Add)):
        return False
    terms = (divisor.left, divisor.right)
    return any(core.is_constant(a, 1) and core.same(b, other) for a, b in (terms, terms[::-1]))


def _without_divisor(rewriting: Any, node: gast.AST, divisor: gast.AST) -> gast.AST | None:
    """What times 1 over the divisor is the node, None if its text does not show."""
    found = rewriting.own_definition(node)
    if isinstance(found, gast.Call):
        return _sum_without_divisor(rewriting, found, divisor)
    if not isinstance(found, gast.BinOp):
        return None
    if isinstance(found.op, gast.Div):
        return found.left if core.same(found.right, divisor) else None
    if not isinstance(found.op, gast.Add | gast.Sub):
        return None
    left, right = (_without_divisor(rewriting, n, divisor) for n in (found.left, found.right))
    return core.binary(left, found.op, right) if left is not None and right is not None else None


def _sum_without_divisor(rewriting: Any, call: gast.Call, divisor: gast.AST) -> gast.AST | None:
    """Of `np.sum(a / t, axis=k)`, where t is the same all along the axis."""
    target = resolved(rewriting.function, call.func)
    if target is support.sum_to:
        shape = shape_argument(rewriting.function, rewriting.definition(call.args[1]) or call.args[1])
        is_along = shape is not None and rewriting.shapes.same(shape, divisor)
    else:
        is_along = target is np.sum and _is_along(rewriting, call, divisor)
    inner = _without_divisor(rewriting, call.args[0], divisor) if is_along else None
    return core.call_of(call.func, [inner, *call.args[1:]], call.keywords) if inner is not None else None


def _is_along(rewriting: Any, call: gast.Call, divisor: gast.AST) -> bool:
    """Is the divisor the same for all that a sum adds, and does it fit the result?"""
    if len(call.args) != 1 or not all(core.is_literal(k.value) for k in call.keywords):
        return False
    keywords = {k.arg: core.literal(k.value) for k in call.keywords}
    shape, whole = rewriting.shapes.of(divisor), rewriting.shapes.of(call.args[0])
    if shape == ():
        return keywords.keys() <= {"axis", "keepdims"}
    axis = keywords.pop("axis", None)
    if not (is_exact(shape) and is_exact(whole)) or axis is None:
        return False
    axes = {a % len(whole) for a in (axis if isinstance(axis, tuple) else (axis,))}
    lead = len(whole) - len(shape)
    if keywords == {"keepdims": True}:
        return all(a < lead or shape[a - lead] == 1 for a in axes)
    return not keywords and axes == set(range(len(axes))) and lead >= len(axes)


def common_factor(rewriting: Any, left: gast.AST, operator: gast.AST, right: gast.AST) -> gast.AST | None:
    """`a * p + b * p` is `(a + b) * p`, `a / t + b / t` is `(a + b) / t`, for a name p or t."""
    first, second = rewriting.own_definition(left), rewriting.own_definition(right)
    if not (isinstance(first, gast.BinOp) and isinstance(second, gast.BinOp) and type(first.op) is type(second.op)):
        return None
    if not isinstance(first.op, gast.Mult | gast.Div):
        return None
    if core.is_name(first.right) and core.same(first.right, second.right):
        return core.binary(core.binary(first.left, operator, second.left), first.op, first.right)
    if isinstance(first.op, gast.Mult) and core.is_name(first.left) and core.same(first.left, second.left):
        return core.binary(first.left, gast.Mult(), core.binary(first.right, operator, second.right))
    return None
