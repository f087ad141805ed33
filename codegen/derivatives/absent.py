"""Rules of several results, reduced to the results that have a cotangent.

A rule is linear in its cotangents, so where `out_bar[i]` is known to be zero, every product with it and every call of
it is zero too. Dropping those terms is more than tidiness: at equal singular values the terms of the vectors are
infinite, and zero times infinity is not a number, although the derivative of the singular values alone exists.
"""

import ast
import functools
from typing import Any


class _Mixed(Exception):
    """A call takes a zero and a nonzero cotangent together."""


@functools.cache
def without(text: str, absent: frozenset[int]) -> str:
    """The text of a vjp rule for `out_bar[i]` = 0 for all i in `absent`.

    Adjoints that come to zero are not assigned any more. A rule that cannot be reduced is returned as it is.
    """
    if not absent:
        return text
    try:
        return "\n".join(_Reduction(absent).statements(text))
    except _Mixed:
        return text


class _Reduction:
    def __init__(self, absent: frozenset[int]) -> None:
        self.absent = absent
        self.zero: set[str] = set()
        self.dependent: set[str] = {"out_bar"}

    def statements(self, text: str) -> list[str]:
        kept = []
        for statement in ast.parse(text).body:
            assert isinstance(statement, ast.Assign)
            names = {node.id for node in ast.walk(statement.targets[0]) if isinstance(node, ast.Name)}
            value = self.reduced(statement.value)
            self._record(names, statement.value, value)
            if value is not None:
                kept.append(ast.unparse(ast.Assign(statement.targets, value, lineno=0)))
        return kept

    def _record(self, names: set[str], before: ast.expr, after: ast.expr | None) -> None:
        depends = self._depends(before)
        for known, holds in ((self.dependent, depends), (self.zero, after is None)):
            known.difference_update(names)
            known.update(names if holds else ())

    def _depends(self, node: ast.AST) -> bool:
        return any(isinstance(n, ast.Name) and n.id in self.dependent for n in ast.walk(node))

    def reduced(self, node: ast.expr) -> ast.expr | None:
        """The expression without its zero terms, None if it is zero."""
        if not self._depends(node):
            return node
        reduce = getattr(self, f"_{type(node).__name__}", None)
        if reduce is None:
            raise _Mixed
        return reduce(node)

    def _Name(self, node: ast.Name) -> ast.expr | None:
        return None if node.id in self.zero else node

    def _Subscript(self, node: ast.Subscript) -> ast.expr | None:
        if isinstance(node.value, ast.Name) and node.value.id == "out_bar" and isinstance(node.slice, ast.Constant):
            return None if node.slice.value in self.absent else node
        value = self.reduced(node.value)
        return None if value is None else ast.Subscript(value, node.slice, node.ctx)

    def _UnaryOp(self, node: ast.UnaryOp) -> ast.expr | None:
        operand = self.reduced(node.operand)
        return None if operand is None else ast.UnaryOp(node.op, operand)

    def _BinOp(self, node: ast.BinOp) -> ast.expr | None:
        left, right = self.reduced(node.left), self.reduced(node.right)
        if left is not None and right is not None:
            return ast.BinOp(left, node.op, right)
        if isinstance(node.op, ast.Add):
            return left if right is None else right
        if isinstance(node.op, ast.Sub):
            return left if right is None else ast.UnaryOp(ast.USub(), right)
        return None  # a product or a quotient

    def _Call(self, node: ast.Call) -> ast.expr | None:
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        linear = [a for a in arguments if self._depends(a)]
        kept = [self.reduced(a) for a in linear]
        if all(a is None for a in kept):
            return None
        if any(a is None for a in kept):
            raise _Mixed
        changed = dict(zip(map(id, linear), kept, strict=True))
        args = [changed.get(id(a), a) for a in node.args]
        keywords: list[Any] = [ast.keyword(k.arg, changed.get(id(k.value)) or k.value) for k in node.keywords]
        return ast.Call(node.func, args, keywords)  # type: ignore[arg-type]
