"""The batched forms of primitives: text from their declarations; products and indices depend on what is batched."""

import dataclasses
import re
from typing import Any

import gast

from s2s.codegen.batching import adjoints, arrays, convolutions, draws, indices, products
from s2s.codegen.batching.forms import aligned, first_row, is_default
from s2s.codegen.batching.values import BatchValues
from s2s.codegen.core import core
from s2s.codegen.derivatives import rules
from s2s.codegen.inference.kinds import Numeric
from s2s.codegen.inference.operations import Operation

# Primitives that flatten their operand first where the axis is None.
FLATTENING = {
    "argmax", "argmin", "cumsum", "cumprod", "sort", "argsort", "shift", "linear_recurrence", "take_along_axis",
    "repeat", "argpartition", "partition",
}  # fmt: skip
# Primitives whose text is for a given axis only.
NEEDS_AXIS = {"roll", "take_along_axis_bar", "concatenate", "concatenate_bar"}
# Operands that are lists of arrays; an array there stands for the list of its rows.
LISTS = {"arrays", "tup"}
# Options without influence on the numbers.
IDLE = {"kind", "order", "stable", "copy", "subok", "casting"}


def batched(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    """The operation on operands of which `operation.active` have a batch axis; not yet flattened."""
    primitive = operation.primitive
    if not operation.active and primitive.result_kind != "static":
        return _of_one_row(writer, statement, operation)
    special = SPECIAL.get(primitive.name)
    found = special(writer, statement, operation) if special is not None else None
    if found is not None:
        return found
    if primitive.batch == "aligned":
        return aligned(writer, statement, operation)
    if primitive.batch and covers(primitive.batch, operation):
        return from_text(writer, operation)
    raise writer.refuse_primitive(operation)


def has_form(operation: Operation) -> bool:
    """Has the primitive a batched form of its own?"""
    primitive = operation.primitive
    if primitive.name == "dynamic_slice":
        return operation.active == ("operand",)  # windows of each row's own are read by their places
    return primitive.name in SPECIAL or primitive.batch == "aligned" or covers(primitive.batch, operation)


def _of_one_row(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    """What asks for the shape of a batched value only: the same of its first row."""
    rows = {}
    for parameter, node in operation.binding.items():
        if parameter in operation.places and writer.reads_active(node):
            rows[parameter] = first_row(writer, node)
    return rules.replace_at(statement.value, operation.places, rows)


def covers(text: str, operation: Operation) -> bool:
    """Does the text take account of every option that the call gives?"""
    if not text or (operation.primitive.name in NEEDS_AXIS and core.is_constant_key(operation.binding["axis"], None)):
        return False
    defaults = operation.primitive.defaults
    for parameter, node in operation.binding.items():
        is_default = parameter in defaults and core.is_literal(node) and core.literal(node) == defaults[parameter]
        if parameter not in IDLE and not is_default and not re.search(rf"\b{parameter}\b", text):
            return False
    return True


def from_text(writer: BatchValues, operation: Operation) -> gast.AST:
    mapping = rules.operand_nodes(operation, writer.writer) | {"size": writer.size()}
    parameters = [*operation.primitive.operands, *operation.primitive.shape_only]
    parameters += ["indices"] if "indices" in operation.active and "indices" not in parameters else []
    for parameter in parameters:
        mapping[parameter] = writer.spread(operation.binding[parameter])
        if parameter in LISTS and isinstance(writer.kind(operation.binding[parameter]), Numeric):
            mapping[parameter] = writer.atom("np.swapaxes(x, 0, 1)", {"x": mapping[parameter]})
    axis = operation.binding.get("axis")
    if operation.primitive.name in FLATTENING and axis is not None and core.is_constant_key(axis, None):
        for parameter in operation.primitive.operands:
            flat = {"x": mapping[parameter], "size": writer.size()}
            mapping[parameter] = writer.atom("np.reshape(x, (size, -1))", flat)
        mapping["axis"] = core.constant(0)
    return _without_defaults(writer.writer.text(operation.primitive.batch, mapping), operation)


def _without_defaults(node: gast.AST, operation: Operation) -> gast.AST:
    """A call without the options that have their default values."""
    if not isinstance(node, gast.Call):
        return node
    idle = {p for p in operation.binding if p != "axis" and is_default(operation, p)}
    kept = [k for k in node.keywords if k.arg not in idle]
    return core.call_of(node.func, node.args, kept)


def _shaped(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """`np.zeros_like(x, shape=s)`: of that shape in each row."""
    if core.is_constant_key(operation.binding["shape"], None):
        return None
    nodes = {"size": writer.size(), "shape": operation.binding["shape"]}
    shape = writer.atom("inner_shape(size, shape)", nodes)
    return rules.replace_at(statement.value, operation.places, {"shape": shape})


def _where(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    """Where a bound is None, what is chosen from goes through, and has to have the batch axis itself."""
    value = writer.spread(operation.binding["t"])
    binding = {**operation.binding, "t": value}
    active = tuple(dict.fromkeys([*operation.active, "t"]))
    replaced = rules.replace_at(statement.value, operation.places, {"t": value})
    copy = core.from_statement(gast.Assign(statement.targets, replaced, None), statement)
    return aligned(writer, copy, dataclasses.replace(operation, binding=binding, active=active))


def _dynamic_slice(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    if operation.active != ("operand",):
        return None
    nodes = {**operation.binding, "size": writer.size()}
    text = "dynamic_slice(operand, inner_shape(0, start_indices), inner_shape(size, slice_sizes))"
    return writer.writer.text(text, nodes)


SPECIAL: dict[str, Any] = {
    **draws.RULES,
    **dict.fromkeys(("zeros_like", "ones_like", "empty_like"), _shaped),
    **dict.fromkeys(("where_larger", "where_between", "where_below", "where_above"), _where),
    **convolutions.RULES,
    "dynamic_slice": _dynamic_slice,
    "matmul": products.matmul,
    "dot": products.matmul,
    "einsum": products.einsum,
    "getitem": indices.getitem,
    "getitem_bar": indices.getitem_bar,
    "set_at_bar": indices.set_at_bar,
    "set_at": indices.set_at,
    "add_at": indices.set_at,
    "put": indices.set_at,
    "put_add": indices.set_at,
    "matmul_lhs_bar": products.matmul_bar,
    "matmul_rhs_bar": products.matmul_bar,
    "dot_lhs_bar": products.matmul_bar,
    "dot_rhs_bar": products.matmul_bar,
    "einsum_bar": products.einsum_bar,
    "batch_size": lambda writer, _, operation: adjoints.batch_size(writer, operation),
    "select_rows": lambda writer, _, operation: adjoints.select(writer, operation),
    "spread_tree": lambda writer, _, operation: adjoints.tree(writer, operation),
    "sum_tree": lambda writer, _, operation: adjoints.tree(writer, operation),
    "as_cotangent": lambda writer, _, operation: adjoints.as_cotangent(writer, operation),
    "array": arrays.array,
    "array_bar": arrays.array_bar,
    "array_dot": arrays.array_dot,
    "instantiate": arrays.instantiate,
    "full_like": arrays.full_like,
    "result_type": arrays.same,
    "entry_prior": arrays.same,
    "is_view": arrays.is_view,
    "is_array": arrays.is_array,
    "vstack": arrays.stacked("1", 2),
    "dstack": arrays.stacked("3", 3),
    "index_rank": arrays.index_rank_of_rows,
    "shape": arrays.shape,
    "ndim": arrays.ndim,
    "size": arrays.size,
}
