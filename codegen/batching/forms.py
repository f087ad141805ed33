"""How the batched form of an operation is written: the same expression with ranks that fit, or one on other axes."""

from typing import Any

import gast
import numpy as np

from s2s.codegen.batching.values import BatchValues, pattern
from s2s.codegen.core import core
from s2s.codegen.derivatives import rules
from s2s.codegen.inference.kinds import DictOf, ListOf, Numeric, TupleOf
from s2s.codegen.inference.operations import Operation
from s2s.codegen.simplifying.shapes import resolved
from s2s.runtime import support


def aligned(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    """The same expression, each batched operand with its rank raised to that of the others."""
    nodes = {p: operation.binding[p] for p in operation.places if p in operation.primitive.operands}
    if operation.primitive.name != "zeros_like_tree" and any(_is_tree(writer.kind(n)) for n in nodes.values()):
        spread = {p: writer.spread(n) for p, n in nodes.items() if not writer.is_inner_scalar(n)}
        return rules.replace_at(statement.value, operation.places, spread)
    arrays = {p: n for p, n in nodes.items() if not writer.is_inner_scalar(n)}
    replaced = {}
    for parameter in operation.active:
        if parameter in nodes:
            others = [n for p, n in arrays.items() if p != parameter and not core.same(n, nodes[parameter])]
            replaced[parameter] = writer.aligned(nodes[parameter], others)
    value = rules.replace_at(statement.value, operation.places, replaced) if replaced else statement.value
    return _of_arrays(writer, value, operation)


def _is_tree(kind: Any) -> bool:
    return isinstance(kind, TupleOf | ListOf | DictOf)


def _of_arrays(writer: BatchValues, value: gast.AST, operation: Operation) -> gast.AST:
    """Functions of Python's numbers alone (`math.sin`, `abs`, `math.erf`) become those of arrays."""
    if not isinstance(value, gast.Call) or not _is_of_numbers(writer, value):
        return value
    for library, written in ((np, writer.writer.numpy), (support, writer.writer.support)):
        for function in operation.primitive.functions:
            name = getattr(function, "__name__", "")
            if getattr(library, name, None) is function:
                return core.call_of(written(name), value.args, value.keywords)
    return value


def _is_of_numbers(writer: BatchValues, call: gast.Call) -> bool:
    target = resolved(writer.function, call.func)
    return target is not None and getattr(target, "__module__", None) in ("math", "builtins")


def first_row(writer: BatchValues, node: gast.AST) -> gast.AST:
    kind = writer.kind(node)
    if isinstance(kind, Numeric):
        return writer.named(core.subscript(node, core.constant(0)), "row")
    return writer.named(core.call(writer.writer.support("row"), node, pattern(kind), core.constant(0)), "row")


def is_default(operation: Operation, parameter: str) -> bool:
    node, defaults = operation.binding[parameter], operation.primitive.defaults
    return parameter in defaults and core.is_literal(node) and core.literal(node) == defaults[parameter]


def moved(writer: BatchValues, value: gast.AST, source: gast.AST, destination: gast.AST) -> gast.AST:
    mapping = {"x": writer.named(value, "array"), "a": source, "b": destination}
    return writer.writer.text("np.moveaxis(x, a, b)", mapping)
