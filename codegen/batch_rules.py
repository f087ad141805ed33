"""The batched forms of primitives: text from their declarations; products and indices depend on what is batched."""

import re
from typing import Any

import gast
import numpy as np

from s2s.codegen import batch_adjoints, core, rules
from s2s.codegen.batch_values import BatchValues
from s2s.codegen.kinds import DictOf, ListOf, MapOf, Numeric, TupleOf
from s2s.codegen.operations import Operation
from s2s.codegen.shapes import resolved

# Primitives that flatten their operand first where the axis is None.
FLATTENING = {"argmax", "argmin", "cumsum", "cumprod", "sort", "argsort"}
# Options without influence on the numbers.
IDLE = {"kind", "order", "stable", "copy", "subok", "casting"}


def batched(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    """The operation on operands of which `operation.active` have a batch axis; not yet flattened."""
    primitive = operation.primitive
    special = SPECIAL.get(primitive.name)
    found = special(writer, statement, operation) if special is not None else None
    if found is not None:
        return found
    if primitive.batch == "aligned":
        return aligned(writer, statement, operation)
    if primitive.batch and _covers(primitive.batch, operation):
        return _from_text(writer, operation)
    return row_by_row(writer, operation)


def _covers(text: str, operation: Operation) -> bool:
    """Does the text take account of every option that the call gives?"""
    defaults = operation.primitive.defaults
    for parameter, node in operation.binding.items():
        is_default = parameter in defaults and core.is_literal(node) and core.literal(node) == defaults[parameter]
        if parameter not in IDLE and not is_default and not re.search(rf"\b{parameter}\b", text):
            return False
    return True


def aligned(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    """The same expression, each batched operand with its rank raised to that of the others."""
    nodes = {p: operation.binding[p] for p in operation.places if p in operation.primitive.operands}
    arrays = {p: n for p, n in nodes.items() if not writer.is_inner_scalar(n)}
    replaced = {}
    for parameter in operation.active:
        if parameter in nodes:
            others = [n for p, n in arrays.items() if p != parameter and not core.same(n, nodes[parameter])]
            replaced[parameter] = writer.aligned(nodes[parameter], others)
    value = rules.replace_at(statement.value, operation.places, replaced) if replaced else statement.value
    return _of_arrays(writer, value, operation)


def _of_arrays(writer: BatchValues, value: gast.AST, operation: Operation) -> gast.AST:
    """Functions of Python's numbers alone (`math.sin`, `abs`) become NumPy's."""
    functions = operation.primitive.functions
    if not isinstance(value, gast.Call) or isinstance(value.func, gast.Attribute) and not _is_of_numbers(writer, value):
        return value
    numpys = next((f for f in functions if getattr(np, getattr(f, "__name__", ""), None) is f), None)
    if numpys is None or not _is_of_numbers(writer, value):
        return value
    return core.call_of(writer.writer.numpy(numpys.__name__), value.args, value.keywords)


def _is_of_numbers(writer: BatchValues, call: gast.Call) -> bool:
    target = resolved(writer.function, call.func)
    return target is not None and getattr(target, "__module__", None) in ("math", "builtins")


def _from_text(writer: BatchValues, operation: Operation) -> gast.AST:
    mapping = rules.operand_nodes(operation, writer.writer) | {"size": writer.size()}
    for parameter in operation.primitive.operands:
        mapping[parameter] = writer.spread(operation.binding[parameter])
    axis = operation.binding.get("axis")
    if operation.primitive.name in FLATTENING and axis is not None and core.is_constant_key(axis, None):
        first = operation.primitive.operands[0]
        mapping[first] = writer.atom("np.reshape(x, (size, -1))", {"x": mapping[first], "size": writer.size()})
        mapping["axis"] = core.constant(0)
    return _without_defaults(writer.writer.text(operation.primitive.batch, mapping), operation)


def _without_defaults(node: gast.AST, operation: Operation) -> gast.AST:
    """A call without the options that have their default values."""
    if not isinstance(node, gast.Call):
        return node
    idle = {p for p in operation.binding if p != "axis" and _is_default(operation, p)}
    kept = [k for k in node.keywords if k.arg not in idle]
    return core.call_of(node.func, node.args, kept)


def row_by_row(writer: BatchValues, operation: Operation) -> gast.AST:
    """A loop over the rows of the batched operands."""
    function = next(iter(operation.primitive.functions), None)
    parameters = list(operation.primitive.parameters)
    while parameters and _is_default(operation, parameters[-1].lstrip("*")):
        parameters.pop()
    is_array = all(_is_array(writer, operation.binding[p]) for p in operation.active)
    if function is None or any(p.startswith("*") for p in parameters) or not is_array:
        return writer.refuse_primitive(operation)
    nodes = [rules.as_argument(operation.binding[p], writer.writer) for p in parameters]
    flags = core.tuple_of(core.constant(p in operation.active) for p in parameters)
    target = writer.path_to(function, operation.primitive.name)
    return core.call(writer.writer.support("each_row"), target, flags, *nodes)


def _is_array(writer: BatchValues, node: gast.AST) -> bool:
    """Is row i of the value its element i? Containers have the batch axis in their leaves."""
    return core.is_name(node) and not isinstance(writer.kind(node), TupleOf | ListOf | DictOf | MapOf)


def _is_default(operation: Operation, parameter: str) -> bool:
    node, defaults = operation.binding[parameter], operation.primitive.defaults
    return parameter in defaults and core.is_literal(node) and core.literal(node) == defaults[parameter]


# Products --------------------------------------------------------------------------------------------------------


def _matmul(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    """Batched vectors become matrices of one row or column: NumPy would take the batch axis for one of the matrix."""
    left, right = operation.primitive.parameters[:2]
    mapping = {"x": operation.binding[left], "y": operation.binding[right]}
    rank = "dot_rank(np.ndim({}) - 1)" if operation.primitive.name == "dot" else "np.ndim({}) - 1"
    x, y = rank.format("x"), rank.format("y")
    if right not in operation.active:
        text = f"align_stack(x, {rank.format('y').replace(' - 1', '')} + 1) @ y"
    elif left not in operation.active:
        text = f"from_columns(x @ align_stack(as_columns(y, {y}), np.ndim(x) + 1), {y})"
    else:
        product = f"align_stack(as_rows(x, {x}), np.ndim(y)) @ align_stack(as_columns(y, {y}), np.ndim(x))"
        text = f"from_columns(from_rows({product}, {x}), {y})"
    return writer.writer.text(text, mapping)


def _einsum(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """One more letter, first, for the batched operands and the result."""
    subscripts = operation.binding["subscripts"]
    if not core.is_literal(subscripts) or not isinstance(core.literal(subscripts), str):
        return None
    text = core.literal(subscripts).replace(" ", "")
    if "." in text:
        return None
    terms, result = text.split("->") if "->" in text else (text, _implied_result(text))
    letter = next(c for c in "bnrzyxwvutsqponmlkjihgfedcaZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in text)
    nodes = operation.binding["operands"].elts
    pairs = zip(terms.split(","), nodes, strict=True)
    new = ",".join(letter + term if writer.is_active(node) else term for term, node in pairs)
    return core.call(writer.writer.numpy("einsum"), core.constant(f"{new}->{letter}{result}"), *nodes)


def _implied_result(text: str) -> str:
    letters = text.replace(",", "")
    return "".join(sorted(c for c in set(letters) if letters.count(c) == 1))


# Indices ---------------------------------------------------------------------------------------------------------


def _getitem(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """`x[i]` is `x[:, i]`; with an index of each row's own, `x[np.arange(size), i]`."""
    index = inner_index(writer, operation)
    if index is None:
        return None
    owner = operation.binding["c"]
    if "c" not in operation.active and _needs_rows(writer, operation.binding["index"]):
        return core.subscript(owner, operation.binding["index"])
    return core.subscript(owner, index)


def inner_index(writer: BatchValues, operation: Operation) -> gast.AST | None:
    """The index into the batched array; None where NumPy would put the batch axis elsewhere."""
    node = _without_s(writer, operation.binding["index"])
    if core.is_name(node) and not writer.is_active(node) and not isinstance(writer.kind(node), Numeric):
        return writer.atom("inner_index(index)", {"index": node})  # it may be a slice, or a tuple of several
    parts = list(node.elts) if isinstance(node, gast.Tuple) else [node]
    own = [p for p in parts if writer.reads_active(p)]
    if not own:
        return _after_batch_axis(writer, parts)
    if any(not writer.is_inner_scalar(p) for p in own) or not core.is_name(own[0]):
        return None
    if "c" in operation.active:
        rows = writer.atom("np.arange(size)", {"size": writer.size()})
        return core.tuple_of([rows, *parts])
    return node if parts[0] is own[0] else None


def _needs_rows(writer: BatchValues, node: gast.AST) -> bool:
    return writer.reads_active(node)


def _without_s(writer: BatchValues, node: gast.AST) -> gast.AST:
    """`i, 1:` of the index `np.s_[i, 1:]`, or of a variable that is one."""
    made = writer.definition(node.id) if core.is_name(node) else node
    return made.slice if isinstance(made, gast.Subscript) and (core.dotted(made.value) or "").endswith(".s_") else node


def _after_batch_axis(writer: BatchValues, parts: list[gast.AST]) -> gast.AST | None:
    whole = gast.Slice(None, None, None)
    is_array = [_may_be_array(writer, p) for p in parts]
    places = [i for i, p in enumerate(parts) if not isinstance(p, gast.Slice) and not _is_new_axis(p)]
    if any(is_array) and places and places[-1] - places[0] >= len(places):
        return None
    return core.tuple_of([whole, *parts])


def _is_new_axis(node: gast.AST) -> bool:
    return core.is_constant_key(node, None) or core.is_constant_key(node, ...)


def _may_be_array(writer: BatchValues, node: gast.AST) -> bool:
    if isinstance(node, gast.Slice) or core.is_literal(node):
        return False
    kind = writer.function.kinds.get(node.id) if core.is_name(node) else None
    return not (isinstance(kind, Numeric) and kind.scalar)


def _set_at(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """`set_at(x, i, v)` and the like; the value's rank is raised to that of what it is written to."""
    index = inner_index(writer, operation)
    if index is None or (writer.reads_active(operation.binding["index"]) and "c" not in operation.active):
        return None
    owner = writer.spread(operation.binding["c"])
    value = operation.binding["v"]
    if writer.is_active(value):
        place = writer.named(core.subscript(owner, index), "place")
        value = writer.atom("align(v, np.ndim(place))", {"v": value, "place": place})
    function = writer.writer.support(operation.primitive.name)
    return core.call(function, owner, rules.as_argument(index, writer.writer), value)


# Shapes ----------------------------------------------------------------------------------------------------------


def _array(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """`np.array([a, b])` of batched elements: they are stacked along the axis after the batch axis."""
    node = operation.binding[operation.primitive.parameters[0]]
    kind = writer.function.kinds.get(node.id) if core.is_name(node) else None
    if isinstance(kind, Numeric):
        return aligned(writer, statement, operation)
    if writer.depth_of_list(kind) != 1 or any(not _is_default(operation, p) for p in operation.binding if p == "dtype"):
        return None
    return writer.writer.text("np.stack(x, axis=1)", {"x": writer.spread(node)})


def _shape(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    return writer.writer.text("np.shape(x)[1:]", {"x": operation.binding["a"]})


def _ndim(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    return writer.writer.text("np.ndim(x) - 1", {"x": operation.binding["a"]})


def _size(writer: Any, statement: gast.AST, operation: Operation) -> gast.AST:
    axis = operation.binding["axis"]
    text = "np.size(x) // np.shape(x)[0]" if core.is_constant_key(axis, None) else "np.size(x, inner_axis(axis))"
    return writer.writer.text(text, {"x": operation.binding["a"], "axis": axis})


SPECIAL: dict[str, Any] = {
    "matmul": _matmul,
    "dot": _matmul,
    "einsum": _einsum,
    "getitem": _getitem,
    "set_at": _set_at,
    "add_at": _set_at,
    "put": _set_at,
    "put_add": _set_at,
    "array": _array,
    "getitem_bar": lambda writer, _, operation: batch_adjoints.getitem_bar(writer, operation, inner_index),
    "set_at_bar": lambda writer, _, operation: batch_adjoints.set_at_bar(writer, operation, inner_index),
    "concatenate_bar": lambda writer, _, operation: batch_adjoints.stacked(writer, operation),
    "stack_bar": lambda writer, _, operation: batch_adjoints.stacked(writer, operation),
    "unreduce": lambda writer, _, operation: batch_adjoints.unreduce(writer, operation),
    "matmul_lhs_bar": lambda writer, _, operation: batch_adjoints.lhs_bar(writer, operation),
    "matmul_rhs_bar": lambda writer, _, operation: batch_adjoints.rhs_bar(writer, operation),
    "dot_lhs_bar": lambda writer, _, operation: batch_adjoints.lhs_bar(writer, operation),
    "batch_size": lambda writer, _, operation: batch_adjoints.batch_size(writer, operation),
    "select_rows": lambda writer, _, operation: batch_adjoints.select(writer, operation),
    "spread_tree": lambda writer, _, operation: batch_adjoints.tree(writer, operation),
    "sum_tree": lambda writer, _, operation: batch_adjoints.tree(writer, operation),
    "instantiate": lambda writer, _, operation: batch_adjoints.instantiate(writer, operation),
    "as_cotangent": lambda writer, _, operation: batch_adjoints.as_cotangent(writer, operation),
    "dot_rhs_bar": lambda writer, _, operation: batch_adjoints.rhs_bar(writer, operation),
    "shape": _shape,
    "ndim": _ndim,
    "size": _size,
}
