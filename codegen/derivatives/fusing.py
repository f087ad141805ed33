"""Loops whose iterations do not depend on each other run once: each iteration goes forward and back.

`for x, y in data: total += loss(w, x, y)` needs no values saved. Where the gradient alone is asked for, all that is
left of the forward loop may be what it saves; then its body goes in front of that of the backward loop.
"""

from collections.abc import Iterable

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives import saving
from s2s.codegen.simplifying import dead_code
from s2s.codegen.simplifying.shapes import called_primitive

SUMS = ("add_at", "put_add", "acc")


def run(function: core.Function, body: list[gast.AST]) -> bool:
    """Puts loops together, in place; tells whether there were any."""
    found = False
    for loop in [s for s in body if hasattr(s, "primal") and any(f is s.primal for f in body)]:
        if _fuse(function, body, loop):
            run(function, loop.body)
            found = True
    return found


def _fuse(function: core.Function, body: list[gast.AST], loop: gast.For) -> bool:
    primal = loop.primal
    if not isinstance(primal, gast.For) or core.split_guard(primal.body)[1] or core.split_join(primal.body)[1]:
        return False
    saved, columns = _saved(loop)
    append = next((s for s in primal.body if dead_code.append_target(s) == saved), None)
    if append is None or columns is None or not _stands_alone(body, loop, append):
        return False
    iterated = primal.iter if _is_sum(function, loop.body) else saving.iterate_again(function, primal, [])
    if iterated is None:
        return False
    saving.rename(loop.body, {t: v for t, v in zip(core.targets(loop), columns, strict=True) if core.is_name(v)})
    loop.iter, loop.target = iterated, primal.target
    loop.body[:0] = [s for s in primal.body if s is not append]
    del loop.primal
    body[:] = [s for s in body if s is not primal]
    return True


def _saved(loop: gast.For) -> tuple[str | None, list[gast.AST] | None]:
    """The list that a loop runs over, and what an entry of it holds."""
    call = loop.iter
    is_reversed = isinstance(call, gast.Call) and core.is_name(call.func) and call.func.id == "reversed"
    saved = call.args[0].id if is_reversed and core.is_name(call.args[0]) else None
    append = next((s for s in loop.primal.body if dead_code.append_target(s) == saved), None) if saved else None
    if append is None:
        return None, None
    entry = append.value.args[0]
    values = entry.elts if isinstance(loop.target, gast.Tuple) else [entry]
    return saved, values if len(values) == len(core.targets(loop)) else None


def _stands_alone(body: list[gast.AST], loop: gast.For, append: gast.AST) -> bool:
    """Does nothing read what the forward loop computes, or is told by it, but the backward loop?"""
    primal = loop.primal
    inside = core.assigned([primal])
    effects = [s for s in core.walk(primal.body) if s is not append and type(s) is gast.Expr]
    if any(dead_code.append_target(s) not in inside for s in effects):
        return False
    if any(type(s) in (gast.While, gast.Raise, gast.Assert) for s in core.walk(primal.body)):
        return False
    others = core.walk([s for s in body if s is not primal])
    readers = [s for s in others if s is not loop and dead_code.append_target(append) in core.own_reads(s)]
    return not readers and inside.isdisjoint(n for s in others for n in core.own_reads(s))


def _is_sum(function: core.Function, body: list[gast.AST]) -> bool:
    """Does a backward loop only add to what it carries, so that the order of its iterations does not matter?"""
    inner, joins = core.split_join(body)
    if any(type(s) is gast.Expr for s in core.walk(inner)):
        return False
    return all(_adds_up(function, inner, name, value) for name, value in joins)


def _adds_up(function: core.Function, body: list[gast.AST], name: str, value: gast.AST) -> bool:
    """Is the value `name + a + b`, with nothing else reading the sums?"""
    while not (core.is_name(value) and value.id == name):
        readers = [s for s in core.walk(body) if name in core.own_reads(s)]
        if len(readers) != 1 or not any(s is readers[0] for s in body) or type(readers[0]) is not gast.Assign:
            return False
        statement = readers[0]
        if core.own_reads(statement).count(name) != 1 or not _first_is(function, statement.value, name):
            return False
        name = core.targets(statement)[0]
    return not any(name in core.own_reads(s) for s in core.walk(body))


def _first_is(function: core.Function, value: gast.AST, name: str) -> bool:
    if type(value) is gast.BinOp and type(value.op) in (gast.Add, gast.Sub):
        first: Iterable[gast.AST] = (value.left, value.right) if type(value.op) is gast.Add else (value.left,)
    elif type(value) is gast.Call and (primitive := called_primitive(function, value)) is not None:
        first = value.args[:1] if primitive.name in SUMS else ()
    else:
        return False
    return any(core.is_name(n) and n.id == name for n in first)
