"""The batched forms of the helpers that batched code calls itself.

They are written with operations that have derivatives and batched forms themselves, so that a batched derivative can
be differentiated, and batched, again.
"""

import gast

from s2s.codegen.batching.values import BatchValues
from s2s.codegen.core import core
from s2s.codegen.inference.operations import Operation


def batch_size(writer: BatchValues, operation: Operation) -> gast.AST:
    """The number of the inner rows, by the values that have both batch axes."""
    found = [p for p in operation.binding["values"].elts if writer.reads_active(p)]
    pairs = [writer.definition(p.id) if core.is_name(p) else p for p in found]
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


def as_cotangent(writer: BatchValues, operation: Operation) -> gast.AST:
    nodes = {p: writer.spread(operation.binding[p]) for p in ("bar", "x")}
    return writer.writer.text("as_cotangent(bar, x)", nodes)
