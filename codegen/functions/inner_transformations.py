"""Transformations called inside of the function that is transformed: `grad(f)(x)`, `jvp(f, (x,), (v,))`."""

from dataclasses import dataclass, field
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives import rules
from s2s.codegen.desugaring import call_arguments
from s2s.codegen.desugaring.lifting import Definition
from s2s.codegen.functions import custom_rules, function_values, inner_pullbacks, nested
from s2s.codegen.inference.kinds import FunctionOf, Kind, Static, Unknown
from s2s.codegen.inference.operations import Operation
from s2s.codegen.reading.guards import UNRESOLVED
from s2s.runtime.jit import Jit


@dataclass(eq=False)
class InnerTransformed:
    """The function that a closure became: `grad(f)` captures what f captures.

    Attributes:
        base: the definition of the function before all transformations.
        transformed: the transformed function, which takes captured values as further arguments.
    """

    base: Definition
    transformed: Any
    made: dict[Any, Any] = field(default_factory=dict)

    name = "transformed"
    captured = property(lambda self: self.base.captured)
    defaults = property(lambda self: self.base.defaults)
    parameters = property(lambda self: self.base.parameters)
    source = property(lambda self: self.base.source)


def is_transformation(target: Any, node: gast.AST) -> bool:
    return (
        nested.makes(target)
        or nested.wraps(target)
        or ((nested.applies(target) or nested.pulls(target)) and len(node.args) > 1)
    )


def transformation(inference: Any, statement: gast.AST, node: gast.AST, target: Any) -> Kind:
    """`grad(f)` makes a transformed function here and now; `jvp(f, x, v)` calls one."""
    kind = inference.kind(node.args[0]) if node.args else None
    if isinstance(kind, FunctionOf) and isinstance(kind.definition, Definition | InnerTransformed):
        return _of_closure(inference, statement, node, target, kind)
    asked = node.args[:1] if nested.applies(target) or nested.pulls(target) else node.args
    known = [known_value(inference, a) for a in asked]
    options = {k.arg: known_value(inference, k.value) for k in node.keywords if not nested.applies(target)}
    if UNRESOLVED in known or any(v is UNRESOLVED for v in options.values()) or None in options:
        return inference.unknown_call(statement, node)
    if nested.pulls(target):
        own = parameters_of(inner_source(known[0]))
        if len(own) != len(node.args) - 1:
            return inference.unknown_call(statement, node)
        given = dict(zip(own, node.args[1:], strict=True))
        return inner_pullbacks.pulled_back(inference, statement, node, known[0], given, own)
    if not nested.applies(target):
        name = core.targets(statement)[0]
        if name not in inference.made:
            inference.made[name] = target(*known, **options)
        return Static(inference.made[name])
    if not inference.reads_active(node):
        return Unknown()
    statement.transformed = nested.APPLIED[target](*known)
    called = _by_name(inference, statement.transformed)
    statement.value = gast.copy_location(gast.Call(called, node.args[1:], node.keywords), node)
    return inference.program.call(inference, statement, statement.value, statement.transformed)


# Closures --------------------------------------------------------------------------------------------------------


def _of_closure(inference: Any, statement: gast.AST, node: gast.AST, target: Any, kind: FunctionOf) -> Kind:
    """A transformation of a function that captures values: these are captured by the result, too."""
    rest = [known_value(inference, a) for a in node.args[1:]] if nested.makes(target) else []
    options = {k.arg: known_value(inference, k.value) for k in node.keywords}
    if UNRESOLVED in rest or any(v is UNRESOLVED for v in options.values()) or None in options:
        return inference.unknown_call(statement, node)
    if nested.pulls(target):
        return _pulled(inference, statement, node, kind)
    if nested.applies(target):
        return _applied(inference, statement, node, target, kind)
    statement.user_call, statement.value = node, node.args[0]
    statement.operation = Operation("copy")
    if nested.wraps(target):
        return kind
    definition = transformed(kind.definition, target, rest, options)
    return FunctionOf(kind.elements, None, definition)


def transformed(definition: Any, target: Any, rest: list[Any], options: dict[Any, Any]) -> InnerTransformed:
    """The transformed definition, one for each way to ask for it."""
    key = (target, repr(rest), repr(options))
    if key not in definition.made:
        base, function = definition, definition.source
        if isinstance(definition, InnerTransformed):
            base, function = definition.base, definition.transformed
        rest, options = _counted_from_the_front(base, rest, options)
        made = target(function, *rest, **options)
        made.captured = base.parameters
        definition.made[key] = InnerTransformed(base, made)
    return definition.made[key]


def _counted_from_the_front(base: Definition, rest: list[Any], options: dict[Any, Any]) -> tuple[list[Any], Any]:
    """Negative argnums count from the last parameter that is not captured."""
    count = len([p for p in call_arguments.positional(base.source) if p not in base.captured])

    def front(argnum: Any) -> Any:
        if isinstance(argnum, tuple | list):
            return tuple(map(front, argnum))
        return argnum + count if isinstance(argnum, int) and argnum < 0 else argnum

    options = {k: front(v) if k == "argnums" else v for k, v in options.items()}
    return [front(v) if i == 0 else v for i, v in enumerate(rest)], options


def _applied(inference: Any, statement: gast.AST, node: gast.AST, target: Any, kind: FunctionOf) -> Kind:
    """`jvp(f, (x,), (v,))`: captured values are further primals, with tangents of zero."""
    definition = kind.definition
    function = definition.transformed if isinstance(definition, InnerTransformed) else definition.source
    primals, tangents = (call_arguments.elements(inference, a) for a in node.args[1:3])
    names = list(definition.parameters)
    own = [p for p in parameters_of(definition.source) if p not in names]
    if primals is None or tangents is None or len(primals) != len(own):
        return inference.unknown_call(statement, node)
    values = dict(zip(own, zip(primals, tangents, strict=True), strict=True))
    statement.closure_read = node.args[0].id
    parts = function_values.captured(inference, node.args[0], definition)
    values |= {p: (part, _zeros(inference, part)) for p, part in zip(names, parts, strict=True)}
    ordered = [values[p] for p in parameters_of(definition.source)]
    packed = [inference.computed("primals", core.tuple_of(v for v, _ in ordered))]
    packed.append(inference.computed("tangents", core.tuple_of(v for _, v in ordered)))
    if (target, "applied") not in definition.made:
        definition.made[target, "applied"] = nested.APPLIED[target](function)
    statement.user_call = node
    called = definition.made[target, "applied"]
    statement.value = gast.copy_location(gast.Call(_by_name(inference, called), packed, []), node)
    return inference.program.call(inference, statement, statement.value, called)


def _by_name(inference: Any, transformed: Any) -> gast.AST:
    """The transformed function by a name of the file, for where no derivative of the call is needed."""
    return core.name(function_values.reference(inference, transformed, transformed.transformation))


def _pulled(inference: Any, statement: gast.AST, node: gast.AST, kind: FunctionOf) -> Kind:
    """`vjp(f, x)`: captured values are further arguments, whose cotangents nobody asks for."""
    definition = kind.definition
    function = definition.transformed if isinstance(definition, InnerTransformed) else definition.source
    names = list(definition.parameters)
    own = [p for p in parameters_of(definition.source) if p not in names]
    if len(own) != len(node.args) - 1:
        return inference.unknown_call(statement, node)
    statement.closure_read = node.args[0].id
    parts = dict(zip(names, function_values.captured(inference, node.args[0], definition), strict=True))
    values = parts | dict(zip(own, node.args[1:], strict=True))
    ordered = {p: values[p] for p in parameters_of(definition.source)}
    return inner_pullbacks.pulled_back(inference, statement, node, function, ordered, own)


def inner_source(function: Any) -> Any:
    """The source whose parameters a function takes, transformed or not."""
    function = function.__wrapped__ if isinstance(function, Jit) else function
    is_transformed = hasattr(type(function), "emitted_source")
    return function.signature() if is_transformed else custom_rules.signature_of(function)


def _zeros(inference: Any, node: gast.AST) -> gast.AST:
    writer = rules.RuleWriter(inference.function, None)
    return inference.computed("zeros", core.call(writer.support("zeros_like"), node))


def parameters_of(source: Any) -> list[str]:
    arguments = source.tree.args
    return [a.id for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]


def known_value(inference: Any, node: gast.AST) -> Any:
    """The value of a literal, a global or a function that is known, UNRESOLVED otherwise."""
    if core.is_name(node) and node.id in inference.made:
        return inference.made[node.id]
    if core.is_literal(node):
        return core.literal(node)
    found = inference.global_object(node)
    kind = inference.kind(node) if found is None else None
    if isinstance(kind, Static) and callable(kind.value):  # a function that was passed as an argument
        return kind.value
    return UNRESOLVED if found is None else found
