"""The batched forms of drawing random numbers: each row has a key of its own, which draws its part of the result."""

from typing import Any

import gast

from s2s.codegen.batching.values import BatchValues
from s2s.codegen.core import core
from s2s.codegen.inference.operations import Operation


def drawn(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """`normal(keys, (size, 3))`; bounds and probabilities of each row's own stand beside its numbers."""
    shape = _inner_shape(writer, operation)
    if shape is None:
        return None
    new = {"key": writer.spread(operation.binding["key"])}
    new["shape"] = writer.atom("inner_shape(size, shape)", {"size": writer.size(), "shape": shape})
    for parameter in operation.primitive.operands[1:]:
        node = operation.binding[parameter]
        if writer.is_active(node):
            new[parameter] = writer.atom("align(x, np.size(shape) + 1)", {"x": node, "shape": shape})
    return _call(statement, operation, new)


def _inner_shape(writer: BatchValues, operation: Operation) -> gast.AST | None:
    """The shape that each row draws; None where that is not known."""
    shape = operation.binding["shape"]
    mode = operation.binding.get("mode")
    if mode is not None and not core.is_constant_key(mode, None) and not core.is_constant_key(mode, "low"):
        return None
    if not core.is_constant_key(shape, None):
        return None if writer.reads_active(shape) else shape
    arrays = [operation.binding[p] for p in operation.primitive.operands[1:]]
    arrays = [a for a in arrays if not writer.is_inner_scalar(a)]
    if len(arrays) > 1:
        return None
    if not arrays:
        return core.tuple_of([])
    return writer.atom("np.shape(x)[1:]" if writer.is_active(arrays[0]) else "np.shape(x)", {"x": arrays[0]})


def _call(statement: gast.AST, operation: Operation, new: dict[str, gast.AST]) -> gast.AST:
    """The user's function on these arguments, the others as they are; defaults are left out."""
    primitive = operation.primitive
    args: list[gast.AST] = []
    keywords: list[gast.AST] = []
    for parameter in primitive.parameters:
        node = new.get(parameter, operation.binding[parameter])
        if parameter not in new and parameter in primitive.defaults and _is_default(primitive, parameter, node):
            continue
        if len(args) == primitive.parameters.index(parameter):
            args.append(node)
        else:
            keywords.append(gast.keyword(parameter, node))
    return core.call_of(statement.value.func, args, keywords)


def _is_default(primitive: Any, parameter: str, node: gast.AST) -> bool:
    return core.is_literal(node) and core.literal(node) == primitive.defaults[parameter]


def categorical(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """Each row draws with logits of its own, or with those that all share."""
    binding = operation.binding
    plain = all(_is_default(operation.primitive, p, binding[p]) for p in ("axis", "replace", "mode"))
    if not plain or writer.reads_active(binding["shape"]):
        return None
    logits, shape = binding["logits"], binding["shape"]
    if core.is_constant_key(shape, None):
        rank = "np.shape(x)[1:-1]" if writer.is_active(logits) else "np.shape(x)[:-1]"
        shape = writer.atom(rank, {"x": logits})
    new = {"key": writer.spread(binding["key"])}
    new["shape"] = writer.atom("inner_shape(size, shape)", {"size": writer.size(), "shape": shape})
    if writer.is_active(logits):
        new["logits"] = writer.atom("align(x, np.size(shape) + 2)", {"x": logits, "shape": shape})
    return _call(statement, operation, new)


def split(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    nodes = {"size": writer.size(), "shape": operation.binding["num"]}
    new = {"key": writer.spread(operation.binding["key"]), "num": writer.atom("inner_shape(size, shape)", nodes)}
    return _call(statement, operation, new)


def fold_in(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    return _call(statement, operation, {"key": writer.spread(operation.binding["key"])})


def seeded(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    return statement.value


def permutation(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """Of numbers up to one that all rows share, or of what is along the first axis of an array."""
    binding = operation.binding
    if not all(_is_default(operation.primitive, p, binding[p]) for p in ("axis", "independent")):
        return None
    key, x = writer.spread(binding["key"]), binding["x"]
    if writer.is_inner_scalar(x):
        return None if writer.is_active(x) else _call(statement, operation, {"key": key})
    if not writer.is_active(x):
        return None  # a number or an array: only the call knows
    count = writer.atom("np.shape(x)[1]", {"x": x})
    order = writer.named(core.call(statement.value.func, key, count), "order")
    rows = writer.atom("beside(np.arange(size), 2)", {"size": writer.size()})
    return core.subscript(x, core.tuple_of([rows, order]))


RULES: dict[str, Any] = {
    **dict.fromkeys(
        [
            f"drawn_{name}"
            for name in "normal bits uniform exponential gumbel laplace logistic cauchy randint bernoulli".split()
        ],
        drawn,
    ),
    "drawn_categorical": categorical,
    "drawn_split": split,
    "drawn_fold_in": fold_in,
    "drawn_permutation": permutation,
    "drawn_PRNGKey": seeded,
    "drawn_key": seeded,
}
