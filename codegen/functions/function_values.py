"""Functions as values: which function a value is, is known from its kind; at run time it is what it captured.

A closure is a tuple of captured values, a call of it a call of the lifted function with these as further arguments.
"""

import functools
import types
from collections.abc import Mapping
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.derivatives import rules
from s2s.codegen.desugaring.lifting import MakeClosure, missing_defaults, with_captured
from s2s.codegen.functions import partials
from s2s.codegen.functions.partials import Partial
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import FunctionOf, Kind, Static
from s2s.codegen.inference.operations import Operation
from s2s.codegen.reading.source import FunctionSource


def makes(target: Any) -> bool:
    return isinstance(target, MakeClosure) or target is functools.partial


def make(inference: Any, statement: gast.AST, node: gast.AST, maker: Any) -> Kind:
    """`closure(captured, …)`, `partial(f, …)`: a build of the captured values."""
    if not isinstance(maker, MakeClosure):
        return partials.make(inference, statement, node) or inference.unknown_call(statement, node)
    statement.value = gast.copy_location(core.tuple_of(node.args), node)
    statement.closure = maker.definition
    if maker.definition.source.rebinds:
        name = maker.definition.source.rebinds[0]
        cause = f"{maker.definition.name}() assigns {name!r} of the function around, and is used as a value here"
        inference.refuse(node, cause, "call it by its name, or return the new value and assign it outside")
    if getattr(statement, "temporary", False):
        inference.function.bases[core.targets(statement)[0]] = maker.definition.name
    return inference.meaning(statement)


def built(inference: Any, statement: gast.AST, node: gast.AST) -> Kind:
    """The kind of a closure that is built again, over kinds that have grown."""
    elements = tuple(inference.kind(e) for e in node.elts)
    active = tuple(i for i, k in enumerate(elements) if kinds.is_active(k))
    statement.operation = Operation("build", binding=dict(enumerate(node.elts)), active=active)
    return FunctionOf(elements, None, statement.closure)


def called(inference: Any, node: gast.AST) -> Any:
    """What a call calls, where that is a local value: its kind; None if it is no function."""
    kind = inference.kinds.get(node.func.id) if core.is_name(node.func) else None
    if isinstance(kind, FunctionOf):
        return kind
    return kind.value if isinstance(kind, Static) and callable(kind.value) else None


def call(inference: Any, statement: gast.AST, node: gast.AST, kind: FunctionOf) -> Kind:
    """A call of a closure: its captured values become arguments of the lifted function."""
    definition: Any = kind.definition
    if isinstance(definition, Partial):
        return _call_partial(inference, statement, node, definition)
    statement.closure_read = node.func.id
    parts = dict(zip(definition.parameters, captured(inference, node.func, definition), strict=True))
    added = {p: parts[p] for p in definition.captured} | missing_defaults(definition, node, parts)
    target = getattr(definition, "transformed", definition.source)
    function = core.name(reference(inference, target, definition.name))
    lifted_call = gast.copy_location(gast.Call(function, node.args, node.keywords), node)
    statement.value = with_captured(definition, lifted_call, added)
    statement.user_call = statement.__dict__.get("user_call", node)
    return inference.program.call(inference, statement, statement.value, target)


def by_name(inference: Any, node: gast.AST, target: Any) -> gast.AST:
    """The call of a local variable as a call of the function that it is known to be, by a name of the file."""
    if not isinstance(getattr(target, "__name__", None), str):
        return node
    if vars(np).get(target.__name__) is target:
        function = rules.RuleWriter(inference.function, None).numpy(target.__name__)
    else:
        function = core.name(reference(inference, target, target.__name__))
    return gast.copy_location(gast.Call(function, node.args, node.keywords), node)


def _call_partial(inference: Any, statement: gast.AST, node: gast.AST, definition: Partial) -> Kind:
    statement.closure_read = node.func.id
    parts = captured(inference, node.func, definition)
    target = None if definition.target is None else by_name(inference, node, definition.target).func
    statement.user_call = statement.__dict__.get("user_call", node)
    statement.value = partials.call(definition, parts, target, node)
    return inference.meaning(statement)


def captured(inference: Any, node: gast.AST, definition: Any) -> list[gast.AST]:
    """The captured values of a closure, by name."""
    made = inference.definitions.get(node.id)
    if made is not None and type(made.value) is gast.Tuple:
        return list(made.value.elts)
    return inference.unpacked(node, list(definition.parameters))


def reference(inference: Any, target: Any, base: str) -> str:
    """The name that stands for a lifted function, or one of a library."""
    references = inference.function.references
    found = next((n for n, v in references.items() if v is target and n not in inference.kinds), None)
    if found is None:
        found = inference.function.namer.fresh(base)
        references[found] = target
    return found


def holds_function(kind: Kind | None) -> bool:
    """Is the value, or an element of it, a function that captures values?"""
    if kind is None or type(kind) in kinds.WITHOUT_PARTS:
        return False
    return isinstance(kind, FunctionOf) or any(map(holds_function, kinds.parts(kind)))


def needs_plain(statement: gast.AST) -> bool:
    """Does the statement call a function that only the emitted file knows, or with values that only it knows?"""
    operation = getattr(statement, "operation", None)
    callee = operation.callee if operation is not None else None
    if callee is None or not isinstance(statement.value, gast.Call):
        return False
    is_own = callee.source.function is None and "<locals>" in callee.source.qualname
    return is_own or any(map(holds_function, [callee.result, *callee.arguments.values()]))


def must_be_inferred(inference: Any, node: gast.AST, target: Any) -> bool:
    """Has a call on inactive values to be looked into, because functions go into it or come out of it?"""
    arguments = [*node.args, *[k.value for k in node.keywords]]
    if isinstance(target, FunctionSource) or any(holds_function(inference.kind(a)) for a in arguments):
        return True
    return isinstance(target, types.FunctionType) and makes_functions(target.__code__, target.__globals__, 4)


def makes_functions(code: types.CodeType, names: Mapping[str, Any], depth: int) -> bool:
    """Does a function, or one that it calls, define functions?"""
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    if any(not c.co_name.startswith("<") or c.co_name == "<lambda>" for c in inner):
        return True
    called = [names.get(n) for n in code.co_names]
    if functools.partial in [c for c in called if isinstance(c, type)]:
        return True
    own = [c for c in called if isinstance(c, types.FunctionType) and c.__globals__ is names]
    return depth > 0 and any(makes_functions(c.__code__, c.__globals__, depth - 1) for c in own)


def refuse_unknown_use(inference: Any, statement: gast.AST, kind: Kind, names: list[str] | None = None) -> None:
    """A function defined inside may be called, passed on and kept; nothing else is known of what it is at run time.

    `names` are those that the statement's value reads, where they are known.
    """
    operation = statement.operation
    if operation.form not in ("inactive", "primitive") or operation.callee is not None:
        return
    names = core.free_reads(statement.value) if names is None else names
    names = [n for n in names if type(inference.kinds.get(n)) not in kinds.WITHOUT_PARTS]
    if not names:
        return
    _refuse_calls(inference, statement.value, names)
    if _is_identity_test(statement.value) or holds_function(kind):
        return
    held = [n for n in names if holds_function(inference.kinds.get(n))]
    if not held:
        return
    is_length = isinstance(statement.value, gast.Call) and inference.global_object(statement.value.func) is len
    if not is_length and not isinstance(statement.value, gast.Subscript):
        name = inference.function.bases.get(held[0], held[0])
        cause = f"{name!r} is, or holds, a function defined inside of the differentiated one, and is used as data here"
        inference.refuse(statement.value, cause, "call the function, or define it at module level")


def refuse_inside(inference: Any, node: gast.AST) -> None:
    """Refuses calls of functions defined inside in what is kept whole: comprehensions, tests of loops."""
    _refuse_calls(inference, node, core.free_reads(node))


def _refuse_calls(inference: Any, node: gast.AST, names: list[str]) -> None:
    references, local = inference.function.references, inference.kinds
    for name in names:
        if name not in local and isinstance(references.get(name), FunctionSource | MakeClosure):
            cause = f"{name!r}, defined inside of the differentiated function, cannot be called here"
            inference.refuse(node, cause, "call it in a statement of its own")


def _is_identity_test(node: gast.AST) -> bool:
    return isinstance(node, gast.Compare) and all(isinstance(o, gast.Is | gast.IsNot) for o in node.ops)
