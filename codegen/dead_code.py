"""Removes what nobody reads: statements, parts of simultaneous assignments, whole loops, columns of saved tuples.

Mark and sweep over names rather than liveness, so that a carried value that only feeds itself goes, too.
"""

import gast

from s2s.codegen import core


def eliminate(body: list[gast.AST]) -> list[gast.AST]:
    """The statements whose results are needed."""
    needed = _needed(body)
    return _sweep(body, needed)


def _needed(body: list[gast.AST]) -> set[str]:
    """Names needed by effects and returns, transitively."""
    feeds: dict[str, set[str]] = {}
    needed: set[str] = set()
    _collect(body, [], feeds, needed)
    work = list(needed)
    while work:
        for name in feeds.get(work.pop(), ()):
            if name not in needed:
                needed.add(name)
                work.append(name)
    return needed


def _collect(body: list[gast.AST], guards: list[str], feeds: dict[str, set[str]], roots: set[str]) -> None:
    """`feeds`: name to the names it is computed from, tests and iterables around its definition included."""
    for statement in body:
        appended = append_target(statement)
        if appended is not None:
            feeds.setdefault(appended, set()).update(core.own_reads(statement), guards)
        elif getattr(statement, "join", False):
            for target, value in core.split_join([statement])[1]:
                feeds.setdefault(target, set()).update(core.reads(value), guards)
        elif isinstance(statement, gast.Assign):
            for target in core.targets(statement):
                feeds.setdefault(target, set()).update(core.own_reads(statement), guards)
        elif isinstance(statement, gast.If | gast.For | gast.While):
            _collect_compound(statement, guards, feeds, roots)
        else:
            roots.update(core.own_reads(statement), guards)


def _collect_compound(statement: gast.AST, guards: list[str], feeds: dict[str, set[str]], roots: set[str]) -> None:
    inner = [*guards, *core.own_reads(statement)]
    for target in core.targets(statement):
        feeds.setdefault(target, set()).update(inner)
    for block in core.blocks(statement):
        _collect(block, inner, feeds, roots)


def append_target(statement: gast.AST) -> str | None:
    """The list that `xs.append(v)` extends, if the statement is one."""
    if not isinstance(statement, gast.Expr) or not isinstance(statement.value, gast.Call):
        return None
    function = statement.value.func
    is_append = isinstance(function, gast.Attribute) and function.attr == "append"
    return function.value.id if is_append and isinstance(function.value, gast.Name) else None


def _sweep(body: list[gast.AST], needed: set[str]) -> list[gast.AST]:
    kept: list[gast.AST] = []
    for statement in body:
        appended = append_target(statement)
        if appended is not None:
            kept.extend([statement] if appended in needed else [])
        elif getattr(statement, "join", False):
            pairs = [(t, v) for t, v in core.split_join([statement])[1] if t in needed]
            kept.extend(_same_marks(statement, core.simultaneous(pairs, statement)))
        elif isinstance(statement, gast.Assign):
            kept.extend([statement] if needed & set(core.targets(statement)) else [])
        elif isinstance(statement, gast.If | gast.For | gast.While):
            kept.extend(_sweep_compound(statement, needed))
        else:
            kept.append(statement)
    return kept


def _sweep_compound(statement: gast.AST, needed: set[str]) -> list[gast.AST]:
    statement.body = _sweep(statement.body, needed)
    if isinstance(statement, gast.If):
        statement.orelse = _sweep(statement.orelse, needed)
        return [statement] if statement.body or statement.orelse else []
    return [statement] if statement.body else []


def _same_marks(old: gast.AST, new: list[gast.AST]) -> list[gast.AST]:
    for statement in new:
        statement.backward = getattr(old, "backward", False)
    return new


def prune_columns(body: list[gast.AST]) -> None:
    """Drops columns of saved tuples that no loop over them reads, in place."""
    read = {n for s in core.walk(body) for n in core.own_reads(s)}
    loops = {s.iter.args[0].id: s for s in core.walk(body) if _runs_over_saved(s)}
    for statement in core.walk(body):
        saved = append_target(statement)
        if saved in loops:
            _prune(statement, loops[saved], read)


def _runs_over_saved(statement: gast.AST) -> bool:
    return isinstance(statement, gast.For) and hasattr(statement, "primal") and isinstance(
        statement.iter, gast.Call
    ) and bool(statement.iter.args) and isinstance(statement.iter.args[0], gast.Name)


def _prune(append: gast.AST, loop: gast.For, read: set[str]) -> None:
    entry = append.value.args[0]
    if not isinstance(loop.target, gast.Tuple) or not isinstance(entry, gast.Tuple):
        return
    pairs = [(t, v) for t, v in zip(loop.target.elts, entry.elts, strict=True) if t.id in read]
    if len(pairs) == len(entry.elts):
        return
    if len(pairs) == 1:
        loop.target, entry = pairs[0]
    else:
        loop.target = gast.Tuple([t for t, _ in pairs], gast.Store()) if pairs else core.stored("_")
        entry = core.tuple_of(v for _, v in pairs) if pairs else core.constant(None)
    append.value = gast.Call(append.value.func, [entry], [])
