"""Tests that the kinds of values decide: `isinstance(t, list)`, `f is None`, `callable(f)`, `mode == "relu"`.

Only the branch that is taken is looked into, so that one function may take a number here and a tree there. The text
is written for these kinds; the branch goes once they are certain.
"""

import types
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.inference.kinds import (
    UNKNOWN_VALUE,
    DictOf,
    FunctionOf,
    Kind,
    ListOf,
    MapOf,
    Numeric,
    ObjectOf,
    Static,
    TupleOf,
)
from s2s.codegen.inference.operations import Operation
from s2s.runtime.array import Array
from s2s.runtime.staging import Staged

CONTAINERS: dict[type, type] = {TupleOf: tuple, ListOf: list, DictOf: dict, MapOf: dict}
NUMERIC = (np.ndarray, np.generic, float, int, complex, Array, Staged)
DATA = (list, tuple, dict, str, type(None))


def verdict(inference: Any, node: gast.AST) -> bool | None:
    """What a test comes to, None if the kinds do not tell."""
    if core.is_name(node):
        if (known := _truth_of(inference.kinds.get(node.id))) is not None:
            return known
        made = inference.definitions.get(node.id)
        return _of_argument(inference, node) if made is None else verdict(inference, made.value)
    if core.is_constant(node) and isinstance(core.literal(node), bool):
        return core.literal(node)
    if isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.Not):
        inner = verdict(inference, node.operand)
        return None if inner is None else not inner
    if isinstance(node, gast.BoolOp):
        return _of_several([verdict(inference, v) for v in node.values], isinstance(node.op, gast.And))
    if isinstance(node, gast.Compare) and len(node.ops) == 1:
        return _compared(inference, node)
    return _called(inference, node) if isinstance(node, gast.Call) and not node.keywords else None


def _truth_of(kind: Kind | None) -> bool | None:
    """Functions are true, and None is false."""
    if isinstance(kind, FunctionOf):
        return True
    if not isinstance(kind, Static) or kind.value is UNKNOWN_VALUE:
        return None
    is_function = isinstance(kind.value, types.FunctionType | types.BuiltinFunctionType | np.ufunc | type(np.sum))
    return is_function if is_function or kind.value is None else None


def _of_argument(inference: Any, node: gast.AST) -> bool | None:
    """What an argument is, where the function is written for these arguments alone."""
    kind = inference.kinds.get(node.id) if inference.function.facts.settled else None
    if not isinstance(kind, Static) or not isinstance(kind.value, bool):
        return None
    if node.id in inference.function.parameters:
        inference.function.facts.decided[node.id] = kind.value
    return kind.value


def state_what_decided(function: core.Function) -> None:
    """Opens a function that is written for the values of some arguments by checking these."""
    for name, value in sorted(function.facts.decided.items()):
        test = gast.Compare(core.name(name), [gast.Is()], [core.constant(value)])
        function.body.insert(0, core.from_statement(gast.Assert(test, None), function.body[0]))


def may_settle(arguments: dict[str, Kind]) -> bool:
    """Whether there are arguments whose values decide branches."""
    return any(isinstance(k, Static) and isinstance(k.value, bool) for k in arguments.values())


def are_constant(arguments: dict[str, Kind], bound: dict[str, gast.AST]) -> bool:
    """Whether all flags among the arguments of a call are written out there, or are defaults."""
    flags = [p for p, k in arguments.items() if isinstance(k, Static) and isinstance(k.value, bool)]
    return bool(flags) and all(core.is_literal(bound[p]) for p in flags if p in bound)


def _of_several(found: list[bool | None], is_and: bool) -> bool | None:
    if (not is_and) in found:
        return not is_and
    return None if None in found else is_and


def _compared(inference: Any, node: gast.AST) -> bool | None:
    operator, left, right = node.ops[0], node.left, node.comparators[0]
    if isinstance(operator, gast.Is | gast.IsNot) and core.is_constant(right) and core.literal(right) is None:
        found = _is_none(inference.kind(left)) if core.is_name(left) else None
        return found if found is None or isinstance(operator, gast.Is) else not found
    if isinstance(operator, gast.Eq | gast.NotEq):
        a, b = _text(inference, left), _text(inference, right)
        if (a is None) != (b is None) and isinstance(inference.kind(left if a is None else right), Numeric):
            return isinstance(operator, gast.NotEq)  # no number is a text
        return None if a is None or b is None else (a == b) == isinstance(operator, gast.Eq)
    return None


def _is_none(kind: Kind) -> bool | None:
    if isinstance(kind, Static):
        return None if kind.value is UNKNOWN_VALUE else kind.value is None
    return False if isinstance(kind, Numeric | TupleOf | ListOf | DictOf | MapOf | ObjectOf) else None


def _text(inference: Any, node: gast.AST) -> str | None:
    """The string that a node is known to be."""
    kind = inference.kind(node) if core.is_name(node) or core.is_literal(node) else None
    return kind.value if isinstance(kind, Static) and isinstance(kind.value, str) else None


def _called(inference: Any, node: gast.AST) -> bool | None:
    target = inference.global_object(node.func)
    is_atom = bool(node.args) and (core.is_name(node.args[0]) or core.is_literal(node.args[0]))
    kind = inference.kind(node.args[0]) if is_atom else None
    if target is callable and len(node.args) == 1 and kind is not None:
        return _is_callable(kind)
    if target is isinstance and len(node.args) == 2 and kind is not None:
        classes = _classes(inference, node.args[1])
        return None if classes is None else _is_instance(kind, classes)
    return None


def _is_callable(kind: Kind) -> bool | None:
    if isinstance(kind, FunctionOf):
        return True
    if isinstance(kind, Static):
        return None if kind.value is UNKNOWN_VALUE else callable(kind.value)
    return False if isinstance(kind, Numeric | TupleOf | ListOf | DictOf | MapOf) else None


def _classes(inference: Any, node: gast.AST) -> tuple[type, ...] | None:
    nodes = node.elts if isinstance(node, gast.Tuple) else [node]
    found = [inference.global_object(n) for n in nodes]
    return tuple(found) if all(isinstance(c, type) for c in found) else None


def _is_instance(kind: Kind, classes: tuple[type, ...]) -> bool | None:
    if isinstance(kind, FunctionOf):
        return False if set(classes) <= set(DATA) else None
    if isinstance(kind, Static):
        return None if kind.value is UNKNOWN_VALUE else isinstance(kind.value, classes)
    if isinstance(kind, Numeric):
        return None if any(map(_may_be_numeric, classes)) else False
    made = getattr(kind, "cls", None) or CONTAINERS.get(type(kind))
    return None if made is None else issubclass(made, classes)


def _may_be_numeric(cls: type) -> bool:
    """May a number or an array be an instance of a class?"""
    return any(issubclass(n, cls) or issubclass(cls, n) for n in NUMERIC)


def refuse_certain_error(inference: Any, body: list[gast.AST]) -> None:
    """A `raise` that no test is left in front of."""
    for statement in body:
        if isinstance(statement, gast.Raise):
            cause = "this is raised for arguments of these kinds, whatever their values"
            inference.refuse(statement, cause, "call the function with arguments that it takes")


# Branches --------------------------------------------------------------------------------------------------------


def taken(inference: Any, statement: gast.AST) -> list[gast.AST] | None:
    """The block of a branch that the kinds say is taken, None if they don't; noted on the branch."""
    found = verdict(inference, statement.test)
    statement.verdict = found
    return None if found is None else statement.body if found else statement.orelse


def settle(function: core.Function) -> None:
    """Puts the blocks that are taken in place of their branches; what these do not set is set nowhere, then."""
    if core.is_straight(function.body):
        return
    _settle(function.body)
    while unset := _copies_of_unset(function):
        _without(function.body, unset)


def _copies_of_unset(function: core.Function) -> set[str]:
    """Names that a settled branch would take from variables which only the other block sets: nothing reads them."""
    known = {*function.parameters, *core.assigned(function.body)}
    copies = [s for s in core.walk(function.body) if hasattr(s, "settled") and core.is_name(s.value)]
    return {s.targets[0].id for s in copies if s.value.id in function.bases and s.value.id not in known}


def _without(body: list[gast.AST], names: set[str]) -> None:
    body[:] = [s for s in body if not (hasattr(s, "settled") and s.targets[0].id in names)]
    for statement in body:
        for block in core.blocks(statement):
            _without(block, names)


def _settle(body: list[gast.AST]) -> None:
    done: list[gast.AST] = []
    for statement in body:
        for block in core.blocks(statement):
            _settle(block)
        verdict_found = getattr(statement, "verdict", None)
        if verdict_found is None:
            done.append(statement)
        else:
            block, joins = core.split_join(statement.body if verdict_found else statement.orelse)
            done += [*block, *[_copy(target, value, statement) for target, value in joins]]
    body[:] = done


def _copy(target: str, value: gast.AST, like: gast.AST) -> gast.AST:
    statement = core.assign(target, value, like)
    statement.operation, statement.settled = Operation("copy"), True
    return statement
