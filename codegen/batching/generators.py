"""Draws of NumPy's and Python's random generators, which have a state: all rows would draw where some rows do."""

import dis
import random
import types
from collections.abc import Iterable, Iterator
from typing import Any

import gast
import numpy as np

from s2s.codegen.batching.values import BatchValues
from s2s.codegen.core import core
from s2s.codegen.inference.kinds import UNKNOWN_VALUE, Static, Unknown
from s2s.codegen.simplifying.shapes import called_primitive, resolved

_GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)
_LIBRARIES = ("numpy", "scipy", "math", "jax", "jaxlib", "builtins")
_MAKERS = (np.random.default_rng, *_GENERATORS)
_DRAWS = frozenset(n for kind in _GENERATORS for n in dir(kind) if not n.startswith("_")) - {"bit_generator", "spawn"}


def refuse_outer(writer: BatchValues) -> None:
    """Refuses draws of generators from outside of the function: row by row, each row would get other numbers.

    Those of a generator that the function makes itself, from a seed that all rows share, are the same in each row.
    """
    for statement in core.walk(writer.function.body):
        if _draws_outer(writer.function, statement, frozenset(), set()):
            writer.writer.like = statement
            cause = "a random number is drawn from a generator that goes on from row to row"
            raise writer.unsupported(
                cause, "pass the numbers as an argument, or use s2s.random with a key for each row"
            )


def _draws_outer(function: core.Function, statement: gast.AST, own: frozenset[str], seen: set[Any]) -> bool:
    """Does the statement draw so, or what it calls? `own` are parameters that get generators made for this row."""
    if any(_is_outer_draw(function, call, own) for call in _own_calls(statement)):
        return True
    for attribute in ("expanded", "expanded_test"):
        if any(_draws_outer(function, s, own, seen) for s in getattr(statement, attribute, None) or ()):
            return True
    operation: Any = getattr(statement, "operation", None)
    callee = operation.callee if operation is not None else None
    if callee is None:
        return False
    given = frozenset(p for p, node in operation.binding.items() if _is_made_here(function, node, own))
    if (id(callee), given) in seen:
        return False
    seen.add((id(callee), given))
    return any(_draws_outer(callee.function, s, given, seen) for s in core.walk(callee.function.body))


def refuse(writer: BatchValues, statements: Iterable[gast.AST]) -> None:
    """Refuses draws in what only some of the rows run: those of the others would be other numbers afterwards."""
    for function, statement in _with_callees(writer.function, statements, set()):
        if any(_is_draw(function, node) for node in _own_calls(statement)):
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


def _own_calls(statement: gast.AST) -> Iterator[gast.Call]:
    """The calls in the header of a statement, but for those of functions that are batched themselves."""
    operation: Any = getattr(statement, "operation", None)
    header = core.header(statement) if operation is None or operation.callee is None else None
    return (n for n in (core.nodes(header) if header is not None else ()) if type(n) is gast.Call)


def _is_draw(function: core.Function, call: gast.Call, of_arguments: bool = True) -> bool:
    """Does the call draw? Without `of_arguments`, methods that it calls of arguments are none of a generator."""
    target = resolved(function, call.func)
    if target is not None:
        if called_primitive(function, call) is not None:
            return False  # most of them
        return isinstance(getattr(target, "__self__", None), _GENERATORS) or _may_draw(target, of_arguments, set())
    return any(_is_method(function, node) for node in _called(function, call.func))


def _is_outer_draw(function: core.Function, call: gast.Call, own: frozenset[str]) -> bool:
    target = resolved(function, call.func)
    if target in _MAKERS and not (call.args or call.keywords):
        return True  # another seed for each
    given = any(_is_made_here(function, node, own) for node in call.args)
    if not _is_draw(function, call, of_arguments=not given):
        return False
    methods = _called(function, call.func)
    return not any(_is_made_here(function, m.value, own) for m in methods if type(m) is gast.Attribute)


def _called(function: core.Function, node: gast.AST) -> list[gast.AST]:
    """What a call names, or what the name was assigned."""
    return _assigned(function, node.id) if core.is_name(node) and node.id in function.bases else [node]


def _assigned(function: core.Function, name: str) -> list[gast.AST]:
    assigned = [s for s in core.walk(function.body) if isinstance(s, gast.Assign) and core.targets(s) == [name]]
    return [s.value for s in assigned]


def _is_made_here(function: core.Function, node: gast.AST | None, own: frozenset[str]) -> bool:
    """Is this a generator that the function has made itself, or one of `own`?"""
    if node is None or not core.is_name(node):
        return _is_made(function, node)
    made = _assigned(function, node.id)
    return node.id in own or (bool(made) and all(_is_made(function, value) for value in made))


def _is_made(function: core.Function, node: gast.AST | None) -> bool:
    return isinstance(node, gast.Call) and resolved(function, node.func) in _MAKERS


def _is_method(function: core.Function, node: gast.AST) -> bool:
    if type(node) is not gast.Attribute or node.attr not in _DRAWS or not core.is_name(node.value):
        return False
    kind = function.kinds.get(node.value.id)
    if isinstance(kind, Static):  # an argument that all rows share
        return kind.value is UNKNOWN_VALUE or isinstance(kind.value, _GENERATORS)
    return isinstance(kind, Unknown) and not kind.active


def _may_draw(target: Any, of_arguments: bool, seen: set[int]) -> bool:
    """Does a Python function, which is called as it is, have a method of a generator, or call what has one?"""
    code = getattr(target, "__code__", None)
    if not isinstance(code, types.CodeType) or id(code) in seen or _is_of_library(target):
        return False
    seen.add(id(code))
    named = [c for c in _codes(code) if not _DRAWS.isdisjoint(c.co_names)]
    read = [found for c in named for found in _attributes(c, target.__globals__)]
    called = (target.__globals__.get(n) for c in _codes(code) for n in c.co_names)
    draws = any(_draws(owner, name, of_arguments) for owner, name in read)
    return draws or any(_may_draw(f, of_arguments, seen) for f in called)


def _is_of_library(target: Any) -> bool:
    """Is it a function of s2s, NumPy or the like? Those that draw without a key are methods of a generator."""
    return (getattr(target, "__module__", None) or "").partition(".")[0] in ("s2s", *_LIBRARIES)


def _draws(owner: Any, name: str, of_arguments: bool) -> bool:
    if name not in _DRAWS or owner is None:
        return name in _DRAWS and of_arguments
    return isinstance(getattr(getattr(owner, name), "__self__", None), _GENERATORS)


def _attributes(code: types.CodeType, names: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    """The attributes that are read, each with its owner; None for one that only a run knows."""
    owner = None
    for instruction in dis.get_instructions(code):
        name = instruction.argval
        if instruction.opname == "LOAD_GLOBAL":
            owner = names.get(name)
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            yield (owner if hasattr(owner, name) else None), name
            owner = getattr(owner, name, None)
        else:
            owner = None


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _codes(inner)
