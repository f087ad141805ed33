"""Reads of variables that some path leaves unset: Python raises there, and so must what is made of the function.

A derivative or a batched function may need no value of such a variable where the function reads it, and would go on
with a number. Therefore `require_set(y, "y")` stands in front of a read. It goes from emitted text wherever that reads
the variable itself afterwards.
"""

from collections.abc import Iterator

import gast

from s2s.codegen.core import core
from s2s.codegen.core.names import names_in
from s2s.codegen.derivatives import undefined
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, ListOf, Numeric, TupleOf, Unknown
from s2s.codegen.simplifying.shapes import resolved
from s2s.runtime import support


def insert(function: core.Function) -> None:
    """Puts checks in front of the first reads of variables of the user's that may be unset there."""
    may_be = may_be_unset(function, function.body)
    if not may_be:
        return
    own = names_in(function.source.tree)
    found = {n for n in may_be if function.bases.get(n, n) in own and _is_data(function, n)}
    if found:
        _insert(function, function.body, found)


def _is_data(function: core.Function, name: str) -> bool:
    kind = function.kinds.get(name)
    return isinstance(kind, Numeric | TupleOf | ListOf | DictOf | Unknown) and not kinds.holds_object(kind)


def _insert(function: core.Function, block: list[gast.AST], unchecked: set[str]) -> None:
    unchecked = set(unchecked)
    done: list[gast.AST] = []
    for statement in block:
        is_passing = _is_end(statement) or (_marks(function) and _passes_on(statement))
        read = [] if is_passing else [n for n in _surely_read(statement) if n in unchecked]
        if not is_check(function, statement):
            done += [_check(function, name, statement) for name in read]
        unchecked.difference_update(read)
        for inner in core.blocks(statement):
            _insert(function, inner, unchecked)
        done.append(statement)
    block[:] = done


def _is_end(statement: gast.AST) -> bool:
    """Is this what a block ends with: a join, or the guard that leaves a loop?"""
    return core.is_join(statement) or (type(statement) is gast.If and core.is_break(statement.body))


def _passes_on(statement: gast.AST) -> bool:
    """Does the statement of an emitted function put values somewhere, without looking at them?"""
    value = core.header(statement)
    if isinstance(value, gast.Call):
        return (core.dotted(value.func) or "").rpartition(".")[2] in _PASSING
    return isinstance(value, gast.Name | gast.Tuple | gast.List | gast.Dict)


_PASSING = ("append", "select", "zeros_like")


def _check(function: core.Function, name: str, like: gast.AST) -> gast.AST:
    check = RuleWriter(function, None).support("require_set")
    shown = core.constant(function.bases.get(name, name))
    return core.from_statement(gast.Expr(core.call(check, core.name(name), shown)), like)


def is_check(function: core.Function, statement: gast.AST) -> bool:
    call = statement.value if type(statement) is gast.Expr else None
    return isinstance(call, gast.Call) and resolved(function, call.func) is support.require_set


def _surely_read(statement: gast.AST) -> list[str]:
    """The names that the header of a statement reads whatever it computes."""
    header = core.header(statement)
    return list(dict.fromkeys(_evaluated(header))) if header is not None else []


def _evaluated(node: gast.AST) -> Iterator[str]:
    if isinstance(node, gast.Call) and _of_shapes(node):
        return
    if isinstance(node, gast.Name):
        if isinstance(node.ctx, gast.Load):
            yield node.id
    elif isinstance(node, gast.BoolOp):
        yield from _evaluated(node.values[0])
    elif isinstance(node, gast.IfExp):
        yield from _evaluated(node.test)
    elif not isinstance(node, gast.Lambda | gast.ListComp | gast.SetComp | gast.DictComp | gast.GeneratorExp):
        for child in gast.iter_child_nodes(node):
            yield from _evaluated(child)


def _of_shapes(call: gast.Call) -> bool:
    """Does the function look at no number of its arguments? In a compiled function, that is no read of them."""
    return (core.dotted(call.func) or "").rpartition(".")[2] in _OF_SHAPES


_OF_SHAPES = ("shape", "ndim", "size", "zeros_like", "ones_like", "require_scalar", "len")


def drop_implied(function: core.Function, body: list[gast.AST]) -> None:
    """Removes the checks of what is always set, and of what the same block reads afterwards."""
    checks = [s for s in core.walk(body) if is_check(function, s) and len(s.value.args) == 2]
    if checks:
        _drop(function, body, may_be_unset(function, body))


def may_be_unset(function: core.Function, body: list[gast.AST]) -> set[str]:
    """With those that were given UNDEFINED on the paths that do not set them."""
    return undefined.maybe_undefined(body, set_to_undefined(function, body))


def set_to_undefined(function: core.Function, body: list[gast.AST]) -> set[str]:
    """Variables that are assigned UNDEFINED, and the name of that itself."""
    marks = _marks(function)
    if not marks:
        return marks
    pairs = [pair for s in core.walk(body) if isinstance(s, gast.Assign) for pair in _assigned(s)]
    return marks | {t for t, v in pairs if core.is_name(v) and v.id in marks}


def _marks(function: core.Function) -> set[str]:
    return {n for n, value in function.references.items() if value is support.UNDEFINED}


def _assigned(statement: gast.Assign) -> list[tuple[str, gast.AST]]:
    if core.is_join(statement):
        return core.split_join([statement])[1]
    return [(t, statement.value) for t in core.targets(statement)]


def _drop(function: core.Function, block: list[gast.AST], may_be: set[str]) -> None:
    kept = []
    for place, statement in enumerate(block):
        for inner in core.blocks(statement):
            _drop(function, inner, may_be)
        if is_check(function, statement) and len(statement.value.args) == 2:
            value = statement.value.args[0]
            if not core.is_name(value) or value.id not in may_be or _is_read_after(block[place + 1 :], value.id):
                continue
        kept.append(statement)
    block[:] = kept


def _is_read_after(rest: list[gast.AST], name: str) -> bool:
    for statement in rest:
        if not core.is_join(statement) and name in _surely_read(statement):
            return True
        if name in core.assigned([statement]):
            return False
    return False
