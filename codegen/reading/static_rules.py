"""Rules of functions in a module that is known by its source alone, from decorators and from `f.defvjp(fwd, bwd)`."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.diagnostics import unsupported
from s2s.codegen.reading.resolve import Resolver
from s2s.codegen.reading.source import FunctionSource

# Decorators that give a function rules, to the methods that take these: which fields of a rule their arguments are.
DECORATORS: dict[Any, dict[str, tuple[str, ...]]] = {}


def found(source: FunctionSource) -> dict[str, Any] | None:
    """The fields of the rule of a function in the text of a module; None if it has none.

    Raises:
        UnsupportedError: a decorator is not known, or the rule is not found in the text.
    """
    if source.module is None:
        return None
    given = [(_decorator(source, d), d) for d in source.decorators]
    wanted = [(target, d) for target, d in given if target is not None]
    if not wanted:
        return None
    if len(wanted) > 1 or len(given) > 1:
        raise unsupported(source, source.decorators[0], "two decorators around a function with rules", "use one")
    target, node = wanted[0]
    fields: dict[str, Any] = {"function": replace(source, decorators=[], variants={})}
    fields["constants"] = _constants(source, node)
    for name, arguments in _definitions(source, DECORATORS[target]):
        fields |= dict(zip(name, arguments, strict=True))
    if len(fields) < 3:
        method = next(iter(DECORATORS[target]))
        cause = f"the rule of {source.name}() is not found in the text of its module"
        raise unsupported(source, source.tree, cause, f"give it at module level: {source.name}.{method}(…)")
    return fields


def _decorator(source: FunctionSource, node: Any) -> Any:
    """Which of the known decorators it is; None for one that changes nothing."""
    path = node.func if isinstance(node, gast.Call) else node
    target = Resolver(source).resolve(path)
    if target.found and target.object in DECORATORS:
        return target.object
    inside = node.args[0] if isinstance(node, gast.Call) and node.args else None
    inner = Resolver(source).resolve(inside) if inside is not None else None
    return inner.object if inner is not None and inner.found and inner.object in DECORATORS else None


def _constants(source: FunctionSource, node: Any) -> tuple[int | str, ...]:
    values: list[int | str] = []
    for keyword in node.keywords if isinstance(node, gast.Call) else []:
        if not core.is_literal(keyword.value):
            raise unsupported(source, keyword.value, "the value is not known before the module runs", "write a literal")
        value = core.literal(keyword.value)
        values += [value] if isinstance(value, int | str) else list(value)
    return tuple(values)


def _definitions(source: FunctionSource, methods: dict[str, tuple[str, ...]]) -> Iterator[Any]:
    """`f.defvjp(fwd, bwd)` at module level, and definitions under `@f.defjvp`."""
    names = source.module.names
    for statement in source.module.tree.body:
        call = getattr(statement, "value", None)
        if isinstance(call, ast.Call) and (method := _method(call.func, source.name)) in methods:
            arguments = [names.get(a.id) if isinstance(a, ast.Name) else None for a in call.args]
            if len(arguments) != len(methods[method]) or not all(isinstance(a, FunctionSource) for a in arguments):
                cause = f"the rule of {source.name}() is no function of this module that is known by name"
                raise unsupported(source, source.tree, cause, "define it with def at module level")
            yield methods[method], arguments
        for decorator in getattr(statement, "decorator_list", []):
            if (method := _method(decorator, source.name)) in methods:
                yield methods[method], [names[statement.name]]


def _method(node: Any, name: str) -> str:
    is_own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    return node.attr if is_own else ""
