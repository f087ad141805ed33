"""In-place writes: making a new version gives NumPy's numbers only if nobody can see the old one change.

An array that may be reachable under a second name (an alias, a view, an element of a container, an argument of a call)
is not written: the write is refused. Views that do not outlive their statement are harmless.
"""

from collections.abc import Iterable
from typing import Any

import gast

from s2s.codegen import core
from s2s.codegen.diagnostics import Diagnostics
from s2s.codegen.kinds import Numeric, Static, show

# Primitives whose result may share memory with an operand.
VIEWS = {
    "getitem", "reshape", "ravel", "transpose", "swapaxes", "moveaxis", "squeeze", "expand_dims", "broadcast_to",
    "diagonal", "diag", "asarray", "atleast_1d", "atleast_2d", "atleast_3d", "real", "flip", "flipud", "fliplr",
    "rot90",
    "astype", "matrix_transpose", "split", "array_split", "roll", "positive",
}  # fmt: skip


def check(function: core.Function, diagnostics: Diagnostics, visible: Iterable[str] = ()) -> None:
    """Refuses writes to what may be seen under another name.

    Args:
        visible: parameters whose arrays callers go on to use: a write to them would have to reach the caller.
    """
    writes = [s for s in core.walk(function.body) if getattr(s, "in_place", False)]
    if not writes:
        return
    shared = _shared(function, set(visible))
    for statement in writes:
        _check_write(function, diagnostics, statement, shared)


def owner_of(statement: gast.AST) -> gast.AST:
    """What an in-place statement writes: x of `x += y`, and of `x = set_at(x, i, v)`."""
    value = statement.value
    return value.left if isinstance(value, gast.BinOp) else value.args[0]


def _check_write(function: core.Function, diagnostics: Diagnostics, statement: gast.AST, shared: set[str]) -> None:
    owner = owner_of(statement)
    kind: Any = function.kinds.get(owner.id) if core.is_name(owner) else None
    if not isinstance(statement.value, gast.BinOp) and not isinstance(kind, Numeric):
        diagnostics.report(statement, f"writing an element of {show(kind)} is not supported yet", "build a new one")
    elif isinstance(kind, Numeric) and not kind.scalar and owner.id in shared:
        diagnostics.report(
            statement,
            f"{function.bases.get(owner.id, owner.id)!r} may be an alias or a view of another value here (or of the "
            "caller's), which this in-place write would change, too",
            "copy the array first, or make a new one (`x = x + y` instead of `x += y`)",
        )


def written_parameters(function: core.Function) -> list[str]:
    """Parameters whose arrays the function writes: it may not be given one array as two of them."""
    writes = [owner_of(s) for s in core.walk(function.body) if getattr(s, "in_place", False)]
    roots = {p: p for p in function.parameters}
    while True:
        grown = {t: roots[v] for t, v in _one_array(function) if v in roots and t not in roots}
        if not grown:
            break
        roots |= grown
    written = {roots[w.id] for w in writes if core.is_name(w) and w.id in roots}
    return [p for p in function.parameters if p in written]


def _one_array(function: core.Function) -> list[tuple[str, str]]:
    """(name, name) pairs that are one array: joins, copies, and versions before and after a write."""
    pairs: list[tuple[str, str]] = []
    for statement in core.walk(function.body):
        if getattr(statement, "join", False):
            pairs += [(t, v.id) for t, v in core.split_join([statement])[1] if core.is_name(v)]
        elif getattr(statement, "in_place", False) and core.is_name(owner_of(statement)):
            pairs.append((core.targets(statement)[0], owner_of(statement).id))
        elif isinstance(statement, gast.Assign) and core.is_name(statement.value):
            pairs += [(t, statement.value.id) for t in core.targets(statement)]
    return pairs


def _shared(function: core.Function, shared: set[str]) -> set[str]:
    """Names whose array may be reachable under another name; `shared` are known to be."""
    joins: list[tuple[str, gast.AST]] = []
    escaping = _escaping_temporaries(function)
    for statement in core.walk(function.body):
        if getattr(statement, "join", False):
            joins += core.split_join([statement])[1]
        elif isinstance(statement, gast.Assign) and _is_attribute_read(statement):
            joins += [(statement.targets[0].id, statement.value), (statement.value.id, statement.targets[0])]
        elif isinstance(statement, gast.Assign) and _may_alias(function, statement, escaping):
            shared.update(core.own_reads(statement))
            shared.update(core.targets(statement))
        elif isinstance(statement, gast.For):
            shared.update(core.own_reads(statement))
            shared.update(core.targets(statement))
    _close_over_joins(joins, shared)
    return shared


def _is_attribute_read(statement: gast.Assign) -> bool:
    """`t = c.total` inside of an expression, where the variable for the attribute is read: t is no second name."""
    is_read = isinstance(statement.__dict__.get("original"), gast.Attribute) and statement.__dict__.get("temporary")
    return bool(is_read) and core.is_name(statement.value)


def _may_alias(function: core.Function, statement: gast.Assign, escaping: set[str]) -> bool:
    """May the result share memory with what the statement reads, for longer than its user's statement?"""
    operation = getattr(statement, "operation", None)
    if core.is_literal(statement.value) or getattr(statement, "in_place", False):
        return False
    primitive = operation.primitive if operation is not None else None
    if primitive is None:
        kind = function.kinds.get(core.targets(statement)[0])
        immutable = isinstance(kind, Static) or getattr(kind, "scalar", False)
        return not immutable and not isinstance(statement.value, gast.BinOp)
    if primitive.name not in VIEWS:
        return False
    return not getattr(statement, "temporary", False) or core.targets(statement)[0] in escaping


def _escaping_temporaries(function: core.Function) -> set[str]:
    """Temporaries that are more than operands of an operation that makes a new array."""
    consumers: dict[str, list[Any]] = {}
    for statement in core.walk(function.body):
        for name in core.own_reads(statement):
            consumers.setdefault(name, []).append(statement)
    escaping: set[str] = set()
    while True:
        grown = {n for n, users in consumers.items() if n not in escaping and any(_keeps(u, escaping) for u in users)}
        if not grown:
            return escaping
        escaping |= grown


def _keeps(user: gast.AST, escaping: set[str]) -> bool:
    """Does the statement make what it reads live on?"""
    if isinstance(user, gast.Return | gast.If | gast.While | gast.Assert | gast.Expr):
        return False
    if not isinstance(user, gast.Assign) or getattr(user, "join", False):
        return True
    operation = getattr(user, "operation", None)
    primitive = operation.primitive if operation is not None else None
    if primitive is None:
        return True
    if primitive.name not in VIEWS:
        return False
    return not getattr(user, "temporary", False) or core.targets(user)[0] in escaping


def _close_over_joins(joins: list[tuple[str, gast.AST]], shared: set[str]) -> None:
    while True:
        grown = {t for t, v in joins if core.is_name(v) and v.id in shared and t not in shared}
        if not grown:
            return
        shared |= grown
