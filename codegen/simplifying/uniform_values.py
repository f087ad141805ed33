"""Arrays of one value, `np.full_like(x, v)`: next to an array of the full shape, the number does."""

from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.simplifying import item_rules, rank_rules
from s2s.codegen.simplifying.shapes import is_exact, resolved, shape_argument
from s2s.runtime import support


def uniform(rewriting: Any, node: gast.AST) -> tuple[gast.AST, gast.AST] | None:
    """`(value, like)` if the node is `np.full_like(like, value)`, or `np.broadcast_to(value, np.shape(like))`."""
    found = rewriting.definition(node)
    if isinstance(found, gast.Subscript) and item_rules.adds_axes(found.slice):
        inner = uniform(rewriting, found.value)
        return (inner[0], node) if inner is not None and is_scalar(rewriting, inner[0]) else None
    if not isinstance(found, gast.Call):
        return None
    target = resolved(rewriting.function, found.func)
    if target is np.full_like and len(found.args) == 2 and not found.keywords:
        return found.args[1], found.args[0]
    if target is np.ones_like and len(found.args) == 1:
        return core.constant(1.0), found.args[0]
    if target is np.broadcast_to and len(found.args) == 2:
        like = shape_of_argument(rewriting, found.args[1])
        return (found.args[0], like) if like is not None else None
    return None


def shape_of_argument(rewriting: Any, node: gast.AST) -> gast.AST | None:
    """`x` where the node is, or is defined as, `np.shape(x)`."""
    found = rewriting.definition(node)
    return shape_argument(rewriting.function, found if found is not None else node)


def is_full_like(rewriting: Any, node: gast.AST) -> bool:
    found = rewriting.definition(node)
    return isinstance(found, gast.Call) and resolved(rewriting.function, found.func) in (np.full_like, np.ones_like)


def without_broadcast(rewriting: Any, node: gast.BinOp) -> gast.AST | None:
    """An operand that was only broadcast need not be, next to one of the full shape; scalars go inside."""
    if isinstance(node.op, gast.MatMult):
        return rank_rules.outer_product(rewriting, node)
    if isinstance(node.op, gast.Mult) and (inner := _uniform_inside(rewriting, node)) is not None:
        return inner
    for side, other in (("left", node.right), ("right", node.left)):
        operand = getattr(node, side)
        found = uniform(rewriting, operand)
        if found is None:
            continue
        value, like = found
        if rewriting.shapes.same(other, like) and not is_scalar(rewriting, other):
            return _with(node, side, value)
        if _grows_to(rewriting, operand, other):
            return _with(node, side, value)
        if is_scalar(rewriting, other) and is_full_like(rewriting, operand):
            return core.call(numpy_path(rewriting, "full_like"), like, _with(node, side, value))
        if is_scalar(rewriting, other):
            shape = core.call(numpy_path(rewriting, "shape"), like)
            return core.call(numpy_path(rewriting, "broadcast_to"), _with(node, side, value), shape)
    return None


def _uniform_inside(rewriting: Any, node: gast.BinOp) -> gast.AST | None:
    """`full_like(x, v) * a * b` is `v * a * b`, next to a b of the full shape."""
    inner = rewriting.own_definition(node.left)
    found = (
        uniform(rewriting, inner.left) if isinstance(inner, gast.BinOp) and isinstance(inner.op, gast.Mult) else None
    )
    if (
        found is None
        or not is_exact(rewriting.shapes.of(node.right))
        or not rewriting.shapes.same(node.right, found[1])
    ):
        return None
    return core.binary(core.binary(found[0], gast.Mult(), inner.right), gast.Mult(), node.right)


def _grows_to(rewriting: Any, uniform_operand: gast.AST, other: gast.AST) -> bool:
    """Has an operation on the two the shape of the other one, as recorded?"""
    have, want = _shape_of_uniform(rewriting, uniform_operand), rewriting.shapes.of(other)
    if not (is_exact(have) and is_exact(want)) or want == () or len(have) > len(want):
        return False
    return all(h in (1, w) for h, w in zip(reversed(have), reversed(want), strict=False))


def _shape_of_uniform(rewriting: Any, node: gast.AST) -> Any:
    found = rewriting.definition(node)
    if not isinstance(found, gast.Subscript):
        return rewriting.shapes.of((uniform(rewriting, node) or (None, node))[1])
    inner = _shape_of_uniform(rewriting, found.value)
    sizes = iter(inner if is_exact(inner) else ())
    return tuple(1 if core.is_constant(p) else next(sizes, 0) for p in found.slice.elts) if is_exact(inner) else None


def _with(node: gast.BinOp, side: str, value: gast.AST) -> gast.AST:
    left, right = (value, node.right) if side == "left" else (node.left, value)
    if isinstance(node.op, gast.Mult) and not core.is_constant(left):
        return core.binary(left, node.op, right)
    return core.binary(left, node.op, right)


def is_scalar(rewriting: Any, node: gast.AST) -> bool:
    """A number, or a size: nothing that broadcasts."""
    if core.is_constant(node) or rewriting.shapes.of(node) == ():
        return True
    found = rewriting.definition(node)
    if isinstance(found, gast.Call):
        return resolved(rewriting.function, found.func) in (np.size, support.reduced_size)
    if isinstance(found, gast.BinOp):
        return is_scalar(rewriting, found.left) and is_scalar(rewriting, found.right)
    if isinstance(found, gast.UnaryOp):
        return is_scalar(rewriting, found.operand)
    return isinstance(found, gast.Subscript) and shape_of_argument(rewriting, found.value) is not None


def negated_uniform(rewriting: Any, operand: gast.AST) -> gast.AST | None:
    found = uniform(rewriting, operand)
    if found is None or not is_full_like(rewriting, operand):
        return None
    if core.is_constant(found[0]):
        return core.call(numpy_path(rewriting, "full_like"), found[1], number(-core.literal(found[0])))
    value = gast.UnaryOp(gast.USub(), found[0])
    return core.call(numpy_path(rewriting, "full_like"), found[1], value)


def numpy_path(rewriting: Any, attribute: str) -> gast.AST:
    for name, found in rewriting.function.references.items():
        if found is np:
            return core.path(f"{name}.{attribute}")
    rewriting.function.references["np"] = np
    return core.path(f"np.{attribute}")


def number(value: float) -> gast.AST:
    return gast.UnaryOp(gast.USub(), core.constant(-value)) if value < 0 else core.constant(value)
