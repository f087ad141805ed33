"""Draws of NumPy's and Python's random generators, which have a state: all rows would draw where some rows do."""

import random
import types
from collections.abc import Iterable, Iterator
from typing import Any

import gast
import numpy as np

from s2s.codegen.batching.values import BatchValues
from s2s.codegen.core import core
from s2s.codegen.inference.kinds import UNKNOWN_VALUE, Static, Unknown
from s2s.codegen.simplifying.shapes import resolved

_GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)
_DRAWS = frozenset(n for kind in _GENERATORS for n in dir(kind) if not n.startswith("_")) - {"bit_generator", "spawn"}


def refuse(writer: BatchValues, statements: Iterable[gast.AST]) -> None:
    """Refuses draws in what only some of the rows run: those of the others would be other numbers afterwards."""
    for function, statement in _with_callees(writer.function, statements, set()):
        if any(_is_draw(function, node) for node in _header_calls(statement)):
            cause = "a random number is drawn in a branch or loop that rows take by their own values"
            raise writer.unsupported(cause, "draw the numbers before it, or use s2s.random with a key")


def refuse_in_shortcut(writer: BatchValues, test: gast.AST, expanded: Iterable[gast.AST]) -> None:
    """Refuses draws beside `and` and `or`: what stands behind these runs in the rows that come so far."""
    if any(type(node) is gast.BoolOp for node in core.nodes(test)):
        refuse(writer, expanded)


def _with_callees(
    function: core.Function, statements: Iterable[gast.AST], seen: set[int]
) -> Iterator[tuple[core.Function, gast.AST]]:
    for statement in core.walk(statements):
        yield function, statement
        for attribute in ("expanded", "expanded_test"):
            yield from _with_callees(function, getattr(statement, attribute, None) or (), seen)
        operation: Any = getattr(statement, "operation", None)
        callee = operation.callee if operation is not None else None
        if callee is not None and id(callee) not in seen:
            seen.add(id(callee))
            yield from _with_callees(callee.function, callee.function.body, seen)


def _header_calls(statement: gast.AST) -> Iterator[gast.Call]:
    header = core.header(statement)
    return (n for n in (core.nodes(header) if header is not None else ()) if type(n) is gast.Call)


def _is_draw(function: core.Function, call: gast.Call) -> bool:
    target = resolved(function, call.func)
    if target is not None:
        return isinstance(getattr(target, "__self__", None), _GENERATORS) or _may_draw(target, set())
    return any(_is_method(function, node) for node in _called(function, call.func))


def _called(function: core.Function, node: gast.AST) -> list[gast.AST]:
    """What a call names, or what the name was assigned."""
    if not core.is_name(node) or node.id not in function.bases:
        return [node]
    assigned = [s for s in core.walk(function.body) if isinstance(s, gast.Assign) and core.targets(s) == [node.id]]
    return [s.value for s in assigned]


def _is_method(function: core.Function, node: gast.AST) -> bool:
    if type(node) is not gast.Attribute or node.attr not in _DRAWS or not core.is_name(node.value):
        return False
    kind = function.kinds.get(node.value.id)
    if isinstance(kind, Static):  # an argument that all rows share
        return kind.value is UNKNOWN_VALUE or isinstance(kind.value, _GENERATORS)
    return isinstance(kind, Unknown) and not kind.active


def _may_draw(target: Any, seen: set[int]) -> bool:
    """Does a Python function, which is called as it is, have a method of a generator, or call what has one?"""
    code = getattr(target, "__code__", None)
    if not isinstance(code, types.CodeType) or id(code) in seen:
        return False
    seen.add(id(code))
    names = {n for c in _codes(code) for n in c.co_names}
    called = (target.__globals__.get(n) for n in names)
    return bool(names & _DRAWS) or any(_may_draw(f, seen) for f in called)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _codes(inner)
