"""Rewrites calls of batched code's helpers to plain NumPy, where ranks are known."""

from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.simplifying.shapes import shape_argument
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
    places = [gast.Slice(None, None, None), *[core.constant(None)] * (want - have)]
    return core.subscript(node.args[0], core.tuple_of(places))


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
    places = [core.constant(...), core.constant(None), *[gast.Slice(None, None, None)] * (-axis - 1)]
    return core.subscript(node, core.tuple_of(places))


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


def _swapaxes(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`np.swapaxes(x[..., None, :], -1, -2)` is `x[..., None]`."""
    inner = rewriting.definition(node.args[0])
    inner = inner if inner is not None else node.args[0]
    if not isinstance(inner, gast.Subscript) or [_number(a) for a in node.args[1:]] not in ([-1, -2], [-2, -1]):
        return None
    parts = inner.slice.elts if isinstance(inner.slice, gast.Tuple) else []
    if [_plain(p) for p in parts] == [..., None]:
        return _expanded(rewriting, inner.value, -2)
    is_row = len(parts) == 3 and core.is_constant_key(parts[0], ...) and core.is_constant_key(parts[1], None)
    return _expanded(rewriting, inner.value, -1) if is_row and isinstance(parts[2], gast.Slice) else None


def _plain(part: gast.AST) -> Any:
    return part.value if isinstance(part, gast.Constant) else part


def _squeeze(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`np.squeeze(x[..., None] * y[..., None][..., None, :], -1)` is `x * y[..., None]`."""
    product = rewriting.own_definition(node.args[0])
    is_last = len(node.args) == 2 and _number(node.args[1]) == -1 and not node.keywords
    if is_last and isinstance(product, gast.BinOp) and isinstance(product.op, gast.MatMult):
        return _matrix_times_rows(rewriting, product)
    if not is_last or not isinstance(product, gast.BinOp) or not isinstance(product.op, gast.Mult):
        return None
    left, right = (rewriting.definition(operand) for operand in (product.left, product.right))
    if _new_axes(rewriting, product.left) != [..., None] or not isinstance(right, gast.Subscript):
        return None
    row, column = _new_axes(rewriting, product.right), _new_axes(rewriting, right.value)
    is_number = row is not None and row[:2] == [..., None] and len(row) == 3 and column == [..., None]
    return core.binary(left.value, gast.Mult(), right.value) if is_number else None


def _matrix_times_rows(rewriting: Any, product: gast.BinOp) -> gast.AST | None:
    """`np.squeeze(w @ x[..., None], -1)` is `x @ w.T`, for matrices."""
    rows = rewriting.definition(product.right)
    if _new_axes(rewriting, product.right) != [..., None] or rewriting.shapes.rank(product.left) != 2:
        return None
    if rewriting.shapes.rank(rows.value) != 2:
        return None
    return core.binary(rows.value, gast.MatMult(), core.attribute(product.left, "T"))


def outer_product(rewriting: Any, node: gast.BinOp) -> gast.AST | None:
    """`x[..., None] @ y[..., None, :]` is `x[..., None] * y[..., None, :]`."""
    left, right = (_new_axes(rewriting, operand) for operand in (node.left, node.right))
    if left != [..., None] or right is None or right[:2] != [..., None] or len(right) != 3:
        return None
    return core.binary(node.left, gast.Mult(), node.right)


def _new_axes(rewriting: Any, node: gast.AST) -> list[Any] | None:
    found = rewriting.definition(node)
    found = found if found is not None else node
    if not isinstance(found, gast.Subscript) or not isinstance(found.slice, gast.Tuple):
        return None
    return [core.literal(p) if core.is_constant(p) else p for p in found.slice.elts]


def _inner_sum_to(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`inner_sum_to(t, shape)`: t itself where its rows have that shape."""
    if len(node.args) != 2:
        return None
    t, shape = node.args
    have, want = rewriting.shapes.of(t), _row_shape(rewriting, shape)
    is_known = isinstance(have, tuple) and all(isinstance(n, int) for n in have)
    if want is None or not is_known or have[len(have) - len(want) :] != want:
        return None
    axes = list(range(1, len(have) - len(want)))
    axis = core.constant(axes[0]) if len(axes) == 1 else core.tuple_of(map(core.constant, axes))
    return core.call(_numpy(rewriting, "sum"), t, axis=axis) if axes else t


def _row_shape(rewriting: Any, node: gast.AST) -> tuple[int, ...] | None:
    """The shape that `np.shape(w)` or `np.shape(x)[1:]` is."""
    found = rewriting.definition(node)
    found = found if found is not None else node
    start: int | None = 0
    if isinstance(found, gast.Subscript) and isinstance(found.slice, gast.Slice):
        start = _number(found.slice.lower) if found.slice.lower is not None else 0
        inner = rewriting.definition(found.value)
        found = inner if inner is not None else found.value
    like = shape_argument(rewriting.function, found)
    shape = rewriting.shapes.of(like) if like is not None else None
    if start is None or not isinstance(shape, tuple) or not all(isinstance(n, int) for n in shape):
        return None
    return shape[start:]


def _inner_axes(rewriting: Any, node: gast.Call) -> gast.AST | None:
    axis, rank = node.args
    if core.is_constant_key(axis, None) and _number(rank) == 2:
        return core.constant(1)  # reads better than (1,)
    known = core.is_literal(axis) and (not core.is_constant_key(axis, None) or _number(rank) is not None)
    return _literal(support.inner_axes(core.literal(axis), _number(rank) or 0)) if known else None


def _inner_axis(rewriting: Any, node: gast.Call) -> gast.AST | None:
    axis = _number(node.args[0])
    return _literal(support.inner_axis(axis)) if axis is not None else None


def _rows_axis(rewriting: Any, node: gast.Call) -> gast.AST | None:
    axis, tiled = node.args
    if core.is_constant_key(tiled, False):
        return axis
    number = _number(axis) if core.is_constant_key(tiled, True) else None
    return _literal(support.rows_axis(number, True)) if number is not None else None


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
    return node.args[0] if rank is not None and 0 < rank <= 2 else None


def _row_rank(rewriting: Any, node: gast.Call) -> gast.AST | None:
    rank, other = _number(node.args[0]), _number(node.args[1])
    return None if rank is None or other is None else core.constant(support.row_rank(rank, other))


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
    support.rows_axis: _rows_axis,
    support.inner_permutation: _inner_permutation,
    support.inner_shape: _inner_shape,
    support.dot_rank: _dot_rank,
    support.row_rank: _row_rank,
    np.swapaxes: _swapaxes,
    np.squeeze: _squeeze,
    support.inner_sum_to: _inner_sum_to,
}
