"""Removes what nobody reads: statements, parts of simultaneous assignments, whole loops, columns of saved tuples.

Mark and sweep over names rather than liveness, so that a carried value that only feeds itself goes, too.
"""

import gast

from s2s.codegen.core import core

# Name to lists of the names that it is computed from.
Feeds = dict[str, list[list[str]]]


def eliminate(body: list[gast.AST]) -> list[gast.AST]:
    """The statements whose results are needed."""
    kept = _needed_in_line(body)
    return kept if kept is not None else _sweep(body, _needed(body))


def _needed_in_line(body: list[gast.AST]) -> list[gast.AST] | None:
    """The same where control takes one way: backwards, as nothing is read before it is assigned. Else None."""
    needed: set[str] = set()
    kept: list[gast.AST] = []
    if not core.is_straight(body):
        return None
    for statement in reversed(body):
        slots = statement.__dict__
        if type(statement) is gast.Assign:
            if "join" in slots:
                return None
            target = slots["targets"][0]
            if type(target) is gast.Name:
                if target.id not in needed:
                    continue
            elif needed.isdisjoint(core.targets(statement)):
                continue
        elif (appended := append_target(statement)) is not None and appended not in needed:
            continue
        needed.update(core.own_reads(statement))
        kept.append(statement)
    kept.reverse()
    return kept


def _needed(body: list[gast.AST]) -> set[str]:
    """Names needed by effects and returns, transitively."""
    feeds: Feeds = {}
    needed: set[str] = set()
    _collect(body, [], feeds, needed)
    work = list(needed)
    while work:
        for names in feeds.get(work.pop(), ()):
            if not needed.issuperset(names):
                work += [n for n in names if n not in needed]
                needed.update(names)
    return needed


def _collect(body: list[gast.AST], guards: list[str], feeds: Feeds, roots: set[str]) -> None:
    """`feeds`: name to the names it is computed from, tests and iterables around its definition included."""
    for statement in body:
        kind = type(statement)
        if kind is gast.Assign:
            if type(statement.targets[0]) is gast.Name:  # most of them
                feeds.setdefault(statement.targets[0].id, []).extend((core.own_reads(statement), guards))
                continue
            for target, read in _targets_and_reads(statement):
                feeds.setdefault(target, []).extend((read, guards))
        elif kind in core.COMPOUND:
            _collect_compound(statement, guards, feeds, roots)
        elif (appended := append_target(statement)) is not None:
            feeds.setdefault(appended, []).extend((core.own_reads(statement), guards))
        else:
            roots.update(core.own_reads(statement), guards)


def _targets_and_reads(statement: gast.Assign) -> list[tuple[str, list[str]]]:
    """Each name assigned, with the names that it is computed from."""
    if core.is_join(statement):
        return [(target, core.reads(value)) for target, value in core.split_join([statement])[1]]
    read = core.own_reads(statement)
    return [(target, read) for target in core.targets(statement)]


def _collect_compound(statement: gast.AST, guards: list[str], feeds: Feeds, roots: set[str]) -> None:
    inner = [*guards, *core.own_reads(statement)]
    if core.is_break(statement.body):  # what it guards says so
        return
    inner += [n for guard in core.split_guard(statement.body)[1] for n in core.own_reads(guard)]
    for target in core.targets(statement):
        feeds.setdefault(target, []).append(inner)
    for block in core.blocks(statement):
        _collect(block, inner, feeds, roots)


def append_target(statement: gast.AST) -> str | None:
    """The list that `xs.append(v)` extends, if the statement is one."""
    if type(statement) is not gast.Expr or type(statement.value) is not gast.Call:
        return None
    function = statement.value.func
    is_append = isinstance(function, gast.Attribute) and function.attr == "append"
    return function.value.id if is_append and isinstance(function.value, gast.Name) else None


def _sweep(body: list[gast.AST], needed: set[str]) -> list[gast.AST]:
    kept: list[gast.AST] = []
    for statement in body:
        kind = type(statement)
        if kind is gast.Assign:
            kept += _sweep_assignment(statement, needed)
        elif kind in core.COMPOUND:
            kept += _sweep_compound(statement, needed)
        else:
            appended = append_target(statement)
            kept += [statement] if appended is None or appended in needed else []
    return kept


def _sweep_assignment(statement: gast.Assign, needed: set[str]) -> list[gast.AST]:
    targets = core.targets(statement)
    if len(targets) == 1 or not core.is_join(statement):
        return [] if needed.isdisjoint(targets) else [statement]
    if needed.issuperset(targets):
        return [statement]
    pairs = [(t, v) for t, v in core.split_join([statement])[1] if t in needed]
    return _same_marks(statement, core.simultaneous(pairs, statement))


def _sweep_compound(statement: gast.AST, needed: set[str]) -> list[gast.AST]:
    statement.body = _sweep(statement.body, needed)
    if type(statement) is gast.If:
        statement.orelse = _sweep(statement.orelse, needed)
        return [statement] if statement.body or statement.orelse else []
    return [statement] if core.split_guard(statement.body)[0] else []


def _same_marks(old: gast.AST, new: list[gast.AST]) -> list[gast.AST]:
    for statement in new:
        statement.backward = getattr(old, "backward", False)
        statement.derived = getattr(old, "derived", False)
    return new


def prune_columns(body: list[gast.AST]) -> bool:
    """Drops columns of saved tuples that no loop over them reads, in place; tells whether there were any."""
    if core.is_straight(body):
        return False
    statements = core.walk(body)
    loops = [s for s in statements if type(s) is gast.For and _runs_over_saved(s)]
    if not loops:
        return False
    read = {n for s in statements for n in core.own_reads(s)}
    appends = {append_target(s): s for s in statements}
    return any([_prune(append, loop, read) for append, loop in _pairs(appends, loops)])


def saved_entries(statements: list[gast.AST]) -> list[tuple[gast.For, dict[str, str]]]:
    """The loops over what was saved, each with the names that were saved to its own names for them."""
    loops = [s for s in statements if type(s) is gast.For and _runs_over_saved(s)]
    pairs = _pairs({append_target(s): s for s in statements}, loops) if loops else []
    return [(loop, _called(append.value.args[0], core.targets(loop))) for append, loop in pairs]


def _called(entry: gast.AST, targets: list[str]) -> dict[str, str]:
    values = entry.elts if isinstance(entry, gast.Tuple) else [entry]
    if len(values) != len(targets):
        return {}
    return {v.id: t for v, t in zip(values, targets, strict=True) if core.is_name(v)}


def _pairs(appends: dict[str | None, gast.AST], loops: list[gast.For]) -> list[tuple[gast.AST, gast.For]]:
    """Where entries are saved, and the loop over them; a list may itself be in the entries of one around."""
    found: list[tuple[gast.AST, gast.For]] = []
    called: dict[str, str] = {}
    for loop in loops:
        name = loop.iter.args[0].id
        append = appends.get(called.get(name, name))
        if append is None:
            continue
        found.append((append, loop))
        entry = append.value.args[0]
        if type(loop.target) is type(entry):
            targets, values = ([*n.elts] if isinstance(n, gast.Tuple) else [n] for n in (loop.target, entry))
            called.update({t.id: v.id for t, v in zip(targets, values, strict=True) if core.is_name(v)})
    return found


def _runs_over_saved(statement: gast.For) -> bool:
    if not hasattr(statement, "primal"):
        return False
    arguments = statement.iter.args if isinstance(statement.iter, gast.Call) else []
    return bool(arguments) and isinstance(arguments[0], gast.Name)


def _prune(append: gast.AST, loop: gast.For, read: set[str]) -> bool:
    entry = append.value.args[0]
    if not isinstance(loop.target, gast.Tuple) or not isinstance(entry, gast.Tuple):
        return False
    pairs = [(t, v) for t, v in zip(loop.target.elts, entry.elts, strict=True) if t.id in read]
    if len(pairs) == len(entry.elts):
        return False
    if len(pairs) == 1:
        loop.target, entry = pairs[0]
    else:
        loop.target = gast.Tuple([t for t, _ in pairs], gast.Store()) if pairs else core.stored("_")
        entry = core.tuple_of(v for _, v in pairs) if pairs else core.constant(None)
    append.value = core.call_of(append.value.func, [entry], [])
    return True
