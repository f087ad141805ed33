"""Rewrites calls of batched code's helpers to plain NumPy, where ranks are known."""

from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from s2s.codegen import core
from s2s.codegen.rules import RuleWriter
from s2s.runtime import support

Rule = Callable[[Any, gast.Call], gast.AST | None]


def _number(node: gast.AST) -> int | None:
    value = core.literal(node) if core.is_literal(node) else None
    return value if type(value) is int else None


def _ndim(rewriting: Any, node: gast.Call) -> gast.AST | None:
    rank = rewriting.shapes.rank(node.args[0])
    return core.constant(rank) if rank is not None else None


def _align(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`align(x, rank)`: x itself, or x with new axes."""
    have, want = rewriting.shapes.rank(node.args[0]), _number(node.args[1])
    if have is None or want is None:
        return None
    if have >= want:
        return node.args[0]
    axes = core.tuple_of(core.constant(i) for i in range(1, want - have + 1))
    return core.call(_numpy(rewriting, "expand_dims"), node.args[0], axes)


def _beside(rewriting: Any, node: gast.Call) -> gast.AST | None:
    rank = _number(node.args[1])
    if rank is None or rank <= 1:
        return node.args[0] if rank is not None else None
    index = [gast.Slice(None, None, None), *[core.constant(None)] * (rank - 1)]
    return core.subscript(node.args[0], core.tuple_of(index))


def _align_stack(rewriting: Any, node: gast.Call) -> gast.AST | None:
    want = _number(node.args[1])
    return node.args[0] if want is not None and want <= 3 else None


def _axis_beside(axis: int) -> Rule:
    """`as_rows(x, rank)`, `as_columns(x, rank)`: an axis for vectors."""

    def rule(rewriting: Any, node: gast.Call) -> gast.AST | None:
        rank = _number(node.args[1])
        if rank is None or rank == 0:
            return None
        return node.args[0] if rank != 1 else _expanded(rewriting, node.args[0], axis)

    return rule


def _expanded(rewriting: Any, node: gast.AST, axis: int) -> gast.AST:
    return core.call(_numpy(rewriting, "expand_dims"), node, gast.UnaryOp(gast.USub(), core.constant(-axis)))


def _axis_away(axis: int) -> Rule:
    def rule(rewriting: Any, node: gast.Call) -> gast.AST | None:
        rank = _number(node.args[1])
        if rank is None:
            return None
        if rank != 1:
            return node.args[0]
        place = gast.UnaryOp(gast.USub(), core.constant(-axis))
        return core.call(_numpy(rewriting, "squeeze"), node.args[0], place)

    return rule


def _inner_axes(rewriting: Any, node: gast.Call) -> gast.AST | None:
    axis, rank = node.args
    if core.is_constant_key(axis, None) and _number(rank) == 2:
        return core.constant(1)  # reads better than (1,)
    known = core.is_literal(axis) and (not core.is_constant_key(axis, None) or _number(rank) is not None)
    return _literal(support.inner_axes(core.literal(axis), _number(rank) or 0)) if known else None


def _inner_axis(rewriting: Any, node: gast.Call) -> gast.AST | None:
    axis = _number(node.args[0])
    return _literal(support.inner_axis(axis)) if axis is not None else None


def _inner_permutation(rewriting: Any, node: gast.Call) -> gast.AST | None:
    axes, rank = node.args
    known = core.is_literal(axes) and _number(rank) is not None
    return _literal(support.inner_permutation(core.literal(axes), _number(rank) or 0)) if known else None


def _inner_shape(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`(size, 2, 3)`."""
    size, shape = node.args
    if isinstance(shape, gast.Tuple):
        return core.tuple_of([size, *shape.elts])
    return core.tuple_of([size, shape]) if _number(shape) is not None else None


def _largest(rewriting: Any, node: gast.Call) -> gast.AST | None:
    values = [_number(a) for a in node.args]
    known = [v for v in values if v is not None]
    return core.constant(max(known)) if len(known) == len(values) > 1 else None


def _dot_rank(rewriting: Any, node: gast.Call) -> gast.AST | None:
    rank = _number(node.args[0])
    return node.args[0] if rank is not None and rank <= 2 else None


def _literal(value: Any) -> gast.AST:
    if isinstance(value, tuple):
        return core.tuple_of(_literal(v) for v in value)
    return core.constant(value) if value >= 0 else gast.UnaryOp(gast.USub(), core.constant(-value))


def _numpy(rewriting: Any, attribute: str) -> gast.AST:
    return RuleWriter(rewriting.function, None).numpy(attribute)


RULES: dict[Any, Rule] = {
    np.ndim: _ndim,
    support.index_rank: _ndim,
    max: _largest,
    support.align: _align,
    support.align_stack: _align_stack,
    support.beside: _beside,
    support.as_rows: _axis_beside(-2),
    support.as_columns: _axis_beside(-1),
    support.from_rows: _axis_away(-2),
    support.from_columns: _axis_away(-1),
    support.inner_axes: _inner_axes,
    support.inner_axis: _inner_axis,
    support.inner_permutation: _inner_permutation,
    support.inner_shape: _inner_shape,
    support.dot_rank: _dot_rank,
}
