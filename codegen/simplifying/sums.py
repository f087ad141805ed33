"""Reductions of derivatives put together: `np.sum(a, axis=0) - np.sum(b, axis=0)` is `np.sum(a - b, axis=0)`."""

from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.simplifying.shapes import is_exact, resolved


def total(rewriting: Any, left: gast.AST, operator: gast.AST, right: gast.AST) -> gast.AST | None:
    """The sum or difference of two sums over the same axes of arrays of one shape, as one sum."""
    first, second = _sum(rewriting, left), _sum(rewriting, right)
    if first is None or second is None or core.key(first.keywords) != core.key(second.keywords):
        return None
    if not rewriting.shapes.same(first.args[0], second.args[0]) or not is_exact(rewriting.shapes.of(first.args[0])):
        return None
    return core.call_of(first.func, [core.binary(first.args[0], operator, second.args[0])], first.keywords)


def _sum(rewriting: Any, node: gast.AST) -> gast.Call | None:
    found = rewriting.own_definition(node)
    is_sum = (
        isinstance(found, gast.Call) and len(found.args) == 1 and resolved(rewriting.function, found.func) is np.sum
    )
    return found if is_sum and core.is_name(found.args[0]) else None
