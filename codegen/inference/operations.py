"""What one Core statement does, once kinds are known: which primitive, which operands at which places."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.runtime.primitives import table
from s2s.runtime.primitives.table import Primitive


@dataclass
class Operation:
    """The meaning of a statement's right-hand side.

    Attributes:
        form: "primitive", "call", "build", "getitem", "copy" or "inactive".
        primitive: for primitives.
        binding: parameter to argument node, defaults included.
        places: parameter to where its node stands in the expression (see `replace_at`).
        active: parameters (or element positions of a build) whose values are active.
        callee: for calls of user functions, the called function's instance.
        is_checkpointed: for those, whether nothing but the arguments is kept for the way back.
    """

    form: str
    primitive: Primitive | None = None
    binding: dict[Any, gast.AST | None] = field(default_factory=dict)
    places: dict[Any, tuple[str, Any]] = field(default_factory=dict)
    active: tuple[Any, ...] = ()
    callee: Any = None
    is_checkpointed: bool = False


class BindError(Exception):
    """Arguments that do not fit the primitive's signature."""


def operator_operation(node: gast.AST) -> Operation:
    """`a + b`, `-a`, `a < b` as an operation."""
    nodes: tuple[gast.AST, ...]
    places: tuple[tuple[str, Any], ...]
    if isinstance(node, gast.BinOp):
        primitive = table.named(table.OPERATORS[type(node.op).__name__])
        nodes, places = (node.left, node.right), (("left", None), ("right", None))
    elif isinstance(node, gast.Compare):
        primitive = table.named(table.OPERATORS[type(node.ops[0]).__name__])
        nodes, places = (node.left, node.comparators[0]), (("left", None), ("comparator", 0))
    else:
        primitive = table.named(table.OPERATORS[type(node.op).__name__])
        nodes, places = (node.operand,), (("operand", None),)
    names = [p.lstrip("*") for p in primitive.parameters]
    binding = dict(zip(names, nodes, strict=False)) | default_nodes(primitive, names[: len(nodes)])
    return Operation("primitive", primitive, binding, dict(zip(names, places, strict=False)))


def getitem_operation(node: gast.AST) -> Operation:
    primitive = table.named("getitem")
    x, index = (p.lstrip("*") for p in primitive.parameters[:2])
    return Operation(
        "primitive", primitive, {x: node.value, index: node.slice}, {x: ("value", None), index: ("slice", None)}
    )


def attribute_operation(node: gast.AST, primitive: Primitive) -> Operation:
    """`x.T` and the like."""
    first = primitive.parameters[0]
    return Operation(
        "primitive", primitive, {first: node.value} | default_nodes(primitive, [first]), {first: ("value", None)}
    )


def call_operation(node: gast.AST, primitive: Primitive, receiver: gast.AST | None = None) -> Operation:
    """`np.sum(x, axis=0)`, or with a receiver `x.sum(axis=0)`; BindError if the arguments do not fit."""
    operation = Operation("primitive", primitive)
    positional = list(primitive.parameters)
    if receiver is not None:
        _put(operation, positional.pop(0), receiver, ("receiver", None))
    _bind_positional(operation, positional, node, receiver is not None)
    _bind_keywords(operation, node)
    given = list(operation.binding)
    operation.binding |= default_nodes(primitive, given)
    for parameter in primitive.parameters:
        if parameter.lstrip("*") not in operation.binding:
            raise BindError(f"{primitive.name}() is missing the argument {parameter!r}")
    return operation


# A literal keyword that makes a function another primitive.
VARIANTS = {("svd", "compute_uv", False): "svdvals"}


def variant(primitive: Primitive, node: gast.AST) -> tuple[Primitive, gast.AST]:
    """The primitive that a call with its literal keywords is, and the call without what said so."""
    for keyword in node.keywords:
        value = keyword.value.value if isinstance(keyword.value, gast.Constant) else None
        name = VARIANTS.get((primitive.name, keyword.arg, value)) if isinstance(value, bool) else None
        if name is not None:
            rest = [k for k in node.keywords if k is not keyword]
            return table.named(name), gast.copy_location(gast.Call(node.func, node.args, rest), node)
    return primitive, node


def _bind_positional(operation: Operation, positional: list[str], node: gast.AST, is_method: bool) -> None:
    arguments = node.args
    for i, parameter in enumerate(positional):
        if parameter.startswith("*"):
            _put(operation, parameter[1:], core.tuple_of(arguments[i:]), ("variadic", i))
            return
        if i >= len(arguments):
            return
        is_last_taken = is_method and i == 0 and len(arguments) > 1 and _takes_varargs(operation)
        if is_last_taken:
            _put(operation, parameter, core.tuple_of(arguments), ("variadic", 0))
            return
        if isinstance(arguments[i], gast.Starred):
            raise BindError("starred arguments are not supported here")
        _put(operation, parameter, arguments[i], ("arg", i))
    if len(arguments) > len(positional):
        raise BindError(f"{operation.primitive.name}() got too many arguments")


def _takes_varargs(operation: Operation) -> bool:
    """Array methods that take a shape or axes as separate arguments."""
    return operation.primitive.name in table.VARIADIC_METHODS


def _bind_keywords(operation: Operation, node: gast.AST) -> None:
    if not node.keywords:
        return
    names = {p.lstrip("*") for p in operation.primitive.parameters}
    aliases = KEYWORD_ALIASES.get(operation.primitive.name, {})
    for i, keyword in enumerate(node.keywords):
        parameter = aliases.get(keyword.arg, keyword.arg)
        if parameter is None or (parameter not in names and parameter not in IGNORED_KEYWORDS):
            raise BindError(f"{operation.primitive.name}() has no parameter {keyword.arg!r} here")
        if parameter in names:
            _put(operation, parameter, keyword.value, ("keyword", i))
        elif not core.is_constant(keyword.value):
            raise BindError(f"{operation.primitive.name}() does not support {keyword.arg}=")


# NumPy's own keyword names where a primitive's parameter is called differently.
KEYWORD_ALIASES: dict[str, Mapping[str, str]] = {
    "reshape": {"newshape": "shape"},
    "clip": {"min": "a_min", "max": "a_max"},
}
IGNORED_KEYWORDS = ("order", "copy", "subok", "casting")


def _put(operation: Operation, parameter: str, node: gast.AST, place: tuple[str, Any]) -> None:
    operation.binding[parameter] = node
    operation.places[parameter] = place


def default_nodes(primitive: Primitive, given: list[str]) -> dict[str, gast.AST]:
    return {p: _default_node(value) for p, value in primitive.defaults.items() if p not in given}


def _default_node(value: Any) -> gast.AST:
    if isinstance(value, tuple):
        return core.tuple_of(_default_node(v) for v in value)
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        return gast.UnaryOp(gast.USub(), core.constant(-value))
    return core.constant(value)


def replace_at(node: gast.AST, places: Mapping[Any, tuple[str, Any]], new: Mapping[Any, gast.AST]) -> gast.AST:
    """A copy of the expression with the nodes of some parameters replaced."""
    copy = _shallow_copy(node)
    for parameter, replacement in new.items():
        place, at = places[parameter]
        _place(copy, place, at, replacement)
    return copy


def _place(copy: gast.AST, place: str, at: Any, replacement: gast.AST) -> None:
    if place in ("left", "right", "operand", "value", "slice"):
        setattr(copy, place, replacement)
    elif place == "comparator":
        copy.comparators[at] = replacement
    elif place == "receiver":
        copy.func = gast.Attribute(replacement, copy.func.attr, gast.Load())
    elif place == "arg":
        copy.args[at] = replacement
    elif place == "variadic":
        copy.args[at:] = replacement.elts
    elif place == "keyword":
        copy.keywords[at] = gast.keyword(copy.keywords[at].arg, replacement)


def _shallow_copy(node: gast.AST) -> gast.AST:
    values = [getattr(node, f, None) for f in node._fields]
    copy = type(node)(*[list(v) if isinstance(v, list) else v for v in values])
    return gast.copy_location(copy, node) if hasattr(node, "lineno") else copy
