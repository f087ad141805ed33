"""Expressions that are kept whole: tests, texts, comprehensions. They have no derivative, or are refused."""

from typing import Any

import gast

from s2s.codegen.desugaring import touched
from s2s.codegen.desugaring.inline_control import COMPREHENSIONS, is_truth
from s2s.codegen.inference import comprehension_kinds, kinds
from s2s.codegen.inference.kinds import Kind, Numeric, Static, Unknown
from s2s.codegen.objects import uses

TESTS = (gast.BoolOp, gast.Compare, gast.JoinedStr)


def infer(inference: Any, statement: gast.AST, node: gast.AST) -> Kind:
    """The kind of an expression that is kept whole; refuses what a differentiated value enters, tests aside."""
    node = uses.resolve(inference, statement, node)
    is_test = isinstance(node, TESTS) or getattr(statement, "is_test", False)
    is_test = is_test or (isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.Not))
    if is_test:
        return Numeric(scalar=True) if is_truth(node) else Static()
    if _reads_active(inference, node):
        what = type(node).__name__.lower()
        inference.refuse(node, f"{what} over a differentiated value is not supported yet", "write a loop or NumPy call")
    return comprehension_kinds.of_comprehension(inference, node) or Unknown()


def _reads_active(inference: Any, node: gast.AST) -> bool:
    if not isinstance(node, COMPREHENSIONS) or not inference.reads_active(node):
        return inference.reads_active(node)
    return touched.reads(node, {name for name, kind in inference.kinds.items() if kinds.is_active(kind)})
