"""Conditions on staged values: `and`, `or`, `not`, chains of comparisons, conditional expressions, `assert`."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.staging.visitor import StageVisitor, loaded, stored, thunk


class Conditions(StageVisitor):
    """Rewrites what Python decides by the truth of a value: operands that it may skip become functions."""

    def visit_BoolOp(self, node: Any) -> Any:
        plain = [self.static.is_static(value) for value in node.values]
        if all(plain[:-1]) or _binds(node.values[1:]):
            return self.generic_visit(node)
        name = "and_" if isinstance(node.op, gast.And) else "or_"
        made = self.visit(node.values[-1])
        for value, is_plain in zip(node.values[-2::-1], plain[-2::-1], strict=True):
            if is_plain:
                made = gast.copy_location(gast.BoolOp(node.op, [self.visit(value), made]), node)
            else:
                made = self.runtime(name, self.visit(value), thunk(made), like=node)
        return made

    def visit_UnaryOp(self, node: Any) -> Any:
        if not isinstance(node.op, gast.Not) or self.static.is_static(node.operand):
            return self.generic_visit(node)
        return self.runtime("not_", self.visit(node.operand), like=node)

    def visit_IfExp(self, node: Any) -> Any:
        if self.static.is_static(node.test) or _binds([node.body, node.orelse]):
            return self.generic_visit(node)
        branches = [thunk(self.visit(branch)) for branch in (node.body, node.orelse)]
        return self.runtime("choice", self.visit(node.test), *branches, like=node)

    def visit_Compare(self, node: Any) -> Any:
        """`a < b < c` as `a < b and b < c`, with b evaluated once."""
        if len(node.ops) == 1 or self.static.is_static(node) or _binds(node.comparators):
            return self.generic_visit(node)
        left, links = self.visit(node.left), []
        for i, (op, comparator) in enumerate(zip(node.ops, node.comparators, strict=True)):
            right = self.visit(comparator)
            is_last = i == len(node.ops) - 1
            first, again = (right, None) if is_last else self._twice(right)
            links.append(gast.copy_location(gast.Compare(left, [op], [first]), node))
            left = again
        made = links.pop()
        for link in reversed(links):
            made = self.runtime("and_", link, thunk(made), like=node)
        return made

    def _twice(self, value: Any) -> tuple[Any, Any]:
        """An expression to be evaluated, and what has its value afterwards."""
        if isinstance(value, gast.Name | gast.Constant):
            return value, value
        name = self.namer.fresh("middle")
        return gast.copy_location(gast.NamedExpr(stored(name), value), value), gast.copy_location(loaded(name), value)

    def visit_Assert(self, node: Any) -> Any:
        if self.static.is_static(node.test) or _binds([node.test, node.msg]):
            return self.generic_visit(node)
        message = [] if node.msg is None else [thunk(self.visit(node.msg))]
        return gast.copy_location(gast.Expr(self.runtime("assert_", self.visit(node.test), *message, like=node)), node)


def _binds(nodes: list[Any]) -> bool:
    """Whether an expression binds a name, which a function made of it would keep to itself."""
    kept = (gast.NamedExpr, gast.Await, gast.Yield, gast.YieldFrom)
    return any(isinstance(n, kept) for node in nodes if node is not None for n in core.nodes(node))
