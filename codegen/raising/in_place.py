"""Changes of containers as people write them: `xs = append(xs, v)` is printed as `xs.append(v)` where that is the same.

Decided on versions, before they are merged; written where the new version got the old one's name.
"""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference.kinds import DictOf, ListOf
from s2s.codegen.inference.ownership import UPDATES, Ownership, live_after, resolver
from s2s.runtime import support


def mark(function: core.Function, body: list[gast.AST], parameters: list[str]) -> None:
    """Marks the statements whose change nobody else can see."""
    resolve = resolver(function.references)
    if not _may_update(function) or not any(_is_update(resolve, s) for s in core.walk(body)):
        return
    live = live_after(body)
    ownership = Ownership(body, resolve, parameters, lambda statement, old: old not in live[id(statement)])
    for change in ownership.changes:
        owned = change.new and not ownership.is_parameter(change)
        if owned and ownership.conflict(change, live[id(change.statement)]) is None:
            change.statement.changes = _method(function, change.statement, resolve)


def _may_update(function: core.Function) -> bool:
    """Is there a name for any function that changes a container?"""
    return any(id(v) in _UPDATES or v is support for v in function.references.values())


def _is_update(resolve: Any, statement: gast.AST) -> bool:
    is_call = type(statement) is gast.Assign and type(statement.value) is gast.Call
    return is_call and id(resolve(statement.value.func)) in _UPDATES


_UPDATES = frozenset(map(id, UPDATES))


def _method(function: core.Function, statement: gast.AST, resolve: Any) -> str | None:
    found = resolve(statement.value.func)
    if found in (support.set_at, support.put):
        kind = function.kinds.get(core.targets(statement)[0])
        return "store" if isinstance(kind, ListOf | DictOf) else None
    return "store" if found is support.put_entry else NAMES.get(found)


NAMES = {support.append: "append", support.extend: "extend", support.insert: "insert", support.pop: "pop"}


def write(body: list[gast.AST]) -> list[gast.AST]:
    """The body with marked changes written in place."""
    for statement in body:
        for field in ("body", "orelse"):
            if type(statement) in core.COMPOUND:
                setattr(statement, field, write(getattr(statement, field)))
    return [_written(s) if getattr(s, "changes", None) is not None else s for s in body]


def _written(statement: gast.AST) -> gast.AST:
    names, call, method = core.targets(statement), statement.value, statement.changes
    owner = call.args[0]
    if not core.is_name(owner) or owner.id != names[0]:
        return statement
    if method == "store":
        target = gast.Subscript(owner, call.args[1], gast.Store())
        return _like(gast.Assign([target], call.args[2], None), statement)
    made = core.call_of(core.attribute(owner, method), call.args[1:], [])
    if method != "pop":
        return _like(gast.Expr(made), statement)
    return _like(gast.Assign([core.stored(names[1])], made, None), statement)


def _like(new: gast.AST, old: gast.AST) -> gast.AST:
    for name, value in old.__dict__.items():
        if name not in (*old._fields, "changes", "names_read"):
            setattr(new, name, value)
    return new
