"""The batched forms of the helpers that derivatives and batched code call: adjoints of items, products, stacks, sums.

They are written with operations that have derivatives and batched forms themselves, so that a batched derivative can
be differentiated, and batched, again.
"""

import dataclasses
from typing import Any

import gast

from s2s.codegen import core, rules
from s2s.codegen.batch_values import BatchValues
from s2s.codegen.kinds import DictOf, ListOf, MapOf, TupleOf
from s2s.codegen.operations import Operation


def getitem_bar(writer: BatchValues, operation: Operation, inner_index: Any) -> gast.AST | None:
    """Zeros for all rows, with the cotangents of the rows' items at their places."""
    container, key, g = (operation.binding[p] for p in ("c", "index", "g"))
    function = writer.writer.support("getitem_bar")
    if isinstance(writer.kind(container), TupleOf | ListOf | DictOf | MapOf) or isinstance(_literal(key), str):
        return core.call(function, writer.spread(container), key, writer.spread(g))
    batched = dataclasses.replace(operation, active=("c", *operation.active))
    index = inner_index(writer, batched)
    if index is None:
        return None
    return core.call(function, writer.spread(container), rules.as_argument(index, writer.writer), writer.spread(g))


def _literal(node: gast.AST) -> Any:
    return core.literal(node) if core.is_literal(node) else None


def set_at_bar(writer: BatchValues, operation: Operation, inner_index: Any) -> gast.AST | None:
    """The rows' cotangents at the index, summed to the shape of what was written there."""
    g, v = operation.binding["g"], operation.binding["v"]
    if isinstance(writer.kind(g), TupleOf | ListOf | DictOf | MapOf):
        return None
    batched = dataclasses.replace(operation, binding={**operation.binding, "c": g}, active=("c", *operation.active))
    index = inner_index(writer, batched)
    if index is None:
        return None
    item = writer.named(core.subscript(writer.spread(g), index), "item")
    return writer.writer.text("inner_sum_to(item, shape)", {"item": item, "shape": shape_of_row(writer, v)})


def shape_of_row(writer: BatchValues, node: gast.AST) -> gast.AST:
    text = "np.shape(x)[1:]" if writer.is_active(node) else "np.shape(x)"
    return writer.atom(text, {"x": node})


def stacked(writer: BatchValues, operation: Operation) -> gast.AST:
    """The parts of the rows' cotangents, by the batched parts' shapes."""
    nodes = {"g": writer.spread(operation.binding["g"]), "arrays": writer.spread(operation.binding["arrays"])}
    nodes["axis"] = operation.binding["axis"]
    return writer.writer.text(f"{operation.primitive.name}(g, arrays, inner_axis(axis))", nodes)


def unreduce(writer: BatchValues, operation: Operation) -> gast.AST:
    nodes = {p: operation.binding[p] for p in ("shape", "axis", "keepdims")}
    nodes |= {"t": writer.spread(operation.binding["t"]), "size": writer.size()}
    text = "unreduce(t, inner_shape(size, shape), inner_axes(axis, np.size(shape) + 1), keepdims)"
    return writer.writer.text(text, nodes)


# Products --------------------------------------------------------------------------------------------------------


def lhs_bar(writer: BatchValues, operation: Operation) -> gast.AST:
    """The cotangents of x in `x @ y`."""
    nodes = {**operation.binding, "g": writer.spread(operation.binding["g"])}
    return writer.writer.text(f"rows_lhs_bar(g, shape, rhs, {_rank(writer, operation, 'rhs')})", nodes)


def rhs_bar(writer: BatchValues, operation: Operation) -> gast.AST:
    """The cotangents of y in `x @ y`."""
    nodes = {**operation.binding, "g": writer.spread(operation.binding["g"])}
    return writer.writer.text(f"rows_rhs_bar(g, lhs, shape, {_rank(writer, operation, 'lhs')})", nodes)


def _rank(writer: BatchValues, operation: Operation, factor: str) -> str:
    """The rank of a factor in one row; products of higher ranks are no matrix products for `np.dot`."""
    rank = f"np.ndim({factor}) - 1" if writer.is_active(operation.binding[factor]) else f"np.ndim({factor})"
    return f"dot_rank({rank})" if operation.primitive.name.startswith("dot") else rank


# Helpers of batched code -----------------------------------------------------------------------------------------


def batch_size(writer: BatchValues, operation: Operation) -> gast.AST:
    """The number of the inner rows, by the values that have both batch axes."""
    pairs = [p for p in operation.binding["values"].elts if writer.reads_active(p)]
    values = [core.tuple_of([writer.spread(p.elts[0]), p.elts[1]]) for p in pairs]
    axis = core.literal(operation.binding["axis"]) + 1
    return core.call(writer.writer.support("batch_size"), *values, axis=core.constant(axis))


def select(writer: BatchValues, operation: Operation) -> gast.AST:
    nodes = {p: writer.spread(operation.binding[p]) for p in ("test", "x", "y")}
    return writer.writer.text("select(test, x, y, at + 1)", nodes | {"at": operation.binding["at"]})


def tree(writer: BatchValues, operation: Operation) -> gast.AST:
    """`spread_tree`, `sum_tree`: all leaves have the outer batch axis, behind which the inner one is."""
    nodes = {**operation.binding, "value": writer.spread(operation.binding["value"])}
    return writer.writer.text(f"{operation.primitive.name}(value, batched, count, at + 1)", nodes)


def instantiate(writer: BatchValues, operation: Operation) -> gast.AST:
    nodes = {p: writer.spread(operation.binding[p]) for p in ("t", "like")}
    return writer.writer.text("instantiate(t, like)", nodes)


def as_cotangent(writer: BatchValues, operation: Operation) -> gast.AST:
    nodes = {p: writer.spread(operation.binding[p]) for p in ("bar", "x")}
    return writer.writer.text("as_cotangent(bar, x)", nodes)
