"""Puts the body of a called function in place of the call, in Core and before it is inferred.

A function in Core returns once, at its end, so its body stands for the call as it is: parameters become the arguments,
variables get fresh names, and what it reads of its own module keeps its meaning.
"""

import sys
from collections.abc import Mapping
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.desugaring import versions
from s2s.codegen.emission import defaults
from s2s.codegen.inference import aliasing
from s2s.codegen.inference.kinds import Numeric, ObjectOf
from s2s.codegen.reading.guards import UNRESOLVED, Guard, resolve_name
from s2s.codegen.reading.source import FunctionSource

# How often a function may be inside of itself, for other objects each time.
DEEPEST = 12


def inlined(inference: Any, node: gast.AST, source: FunctionSource, arguments: dict[str, gast.AST]) -> gast.AST | None:
    """The atom that the call comes to; the statements that compute it are put in front. None if it was refused.

    Args:
        arguments: atoms by parameter; those left out have defaults.
    """
    key = (source.filename, source.first_line, source.qualname)
    objects = {id(k) for k in map(inference.kind, arguments.values()) if isinstance(k, ObjectOf)}
    if _recurs(inference, key, objects):
        inference.refuse(node, f"{source.name}() calls itself with an object, which is not supported", "write a loop")
        return None
    function = inference.program.core_of(source)
    if _writes_arguments(inference, node, function, arguments):
        return None
    mapping = _globals(inference, function)
    mapping |= {p: arguments[p] if p in arguments else default(inference, function, p) for p in function.parameters}
    body, result = _renamed(inference, function, mapping)
    inference.inlining.append((key, objects))
    inference.splice(*body)
    inference.inlining.pop()
    return result


def _recurs(inference: Any, key: Any, objects: set[int]) -> bool:
    """Is the function on its way already, for the same objects, or so often that it looks endless?"""
    before = [others for known, others in inference.inlining if known == key]
    return any(not objects or objects <= others for others in before) or len(before) >= DEEPEST


def _writes_arguments(inference: Any, node: gast.AST, function: core.Function, arguments: Mapping[str, Any]) -> bool:
    """Refuses writes into arrays that the caller goes on to use."""
    for parameter in aliasing.written_parameters(function):
        kind = inference.kind(arguments[parameter]) if parameter in arguments else None
        if kind is not None and not (isinstance(kind, Numeric) and kind.scalar):
            cause = f"{function.name}() writes into its argument {parameter!r}, which is not supported yet here"
            inference.refuse(node, cause, "return the new array")
            return True
    return False


def default(inference: Any, function: core.Function, parameter: str) -> gast.AST:
    """The value that the default has, which was evaluated where the function was defined."""
    return value_node(inference, function.source.defaults[parameter], f"{function.name}_{parameter}")


def value_node(inference: Any, value: Any, name: str) -> gast.AST:
    """A literal, or a global of the emitted file for what cannot be written as one."""
    if defaults.is_plain(value):
        return defaults.literal_node(value)
    return core.name(RuleWriter(inference.function, None).alias(value, name))


# Names -----------------------------------------------------------------------------------------------------------


def _globals(inference: Any, function: core.Function) -> dict[str, gast.AST]:
    """What the function's global names are in the function around."""
    found = {}
    for name, target in function.references.items():
        node = _global(inference, function.source, name, target)
        if not (isinstance(node, gast.Name) and node.id == name):
            found[name] = node
    return found


def _global(inference: Any, source: FunctionSource, name: str, target: Any) -> gast.AST:
    caller = inference.function
    if target is UNRESOLVED:
        return core.name(name)
    same_home = resolve_name(caller.source, name) is target and source.globals is caller.source.globals
    if (same_home or _is_builtin(caller, name, target)) and name not in caller.bases:
        if caller.references.setdefault(name, target) in (None, target):
            caller.references[name] = target
            return core.name(name)
    home = sys.modules.get(source.globals.get("__name__", ""))
    writer = RuleWriter(caller, None)
    if resolve_name(source, name) is not target:  # a helper of emitted code
        return core.name(writer.alias(target, name))
    if name not in source.closure and home is not None and vars(home) is source.globals and not _is_module(target):
        alias = writer.alias(home, home.__name__.rpartition(".")[2])
        return gast.Attribute(core.name(alias), name, gast.Load())
    inference.program.guards[(id(source), name, "exact")] = Guard(source, name, target, exact=True)
    return core.name(writer.alias(target, name))


def _is_builtin(caller: core.Function, name: str, target: Any) -> bool:
    return resolve_name(caller.source, name) is target and name not in caller.source.globals


def _is_module(target: Any) -> bool:
    return isinstance(target, type(sys))


def _renamed(inference: Any, function: core.Function, mapping: dict[str, gast.AST]) -> tuple[list, gast.AST]:
    """The body with names of the function around, and the atom that it returns."""
    statements = core.walk(function.body)
    first = mapping[function.parameters[0]] if function.parameters else None
    for statement in statements:
        for target in core.targets(statement):
            if target not in mapping:
                base = _base(inference, function, statement, target, mapping)
                mapping[target] = core.name(inference.function.fresh(base))
    for statement in statements:
        core.replace_header(statement, mapping)
        _rename_targets(statement, mapping)
        versions.rename_marks(statement, mapping)
        statement.home, statement.first_argument = function.source, first
        if "stores" in statement.__dict__:
            owner, attribute = statement.stores
            statement.stores = core.substitute(owner, mapping), attribute
    return function.body[:-1], function.body[-1].value


def _base(inference: Any, function: core.Function, statement: gast.AST, target: str, mapping: Mapping) -> str:
    if "stores" in statement.__dict__:
        owner, attribute = statement.stores
        kind = inference.kind(core.substitute(owner, mapping))
        if isinstance(kind, ObjectOf):
            return f"{kind.name}_{attribute}"
    return function.bases.get(target, target)


def _rename_targets(statement: gast.AST, mapping: Mapping[str, gast.AST]) -> None:
    if isinstance(statement, gast.Assign):
        statement.targets = [_renamed_target(statement.targets[0], mapping)]
    elif isinstance(statement, gast.For):
        statement.target = _renamed_target(statement.target, mapping)


def _renamed_target(target: gast.AST, mapping: Mapping[str, gast.AST]) -> gast.AST:
    if isinstance(target, gast.Name):
        return core.stored(mapping[target.id].id)
    return gast.Tuple([_renamed_target(e, mapping) for e in target.elts], gast.Store())
