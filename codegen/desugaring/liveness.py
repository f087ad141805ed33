"""Which user variables are still read later, on the user's own AST (structured control flow only)."""

import gast

from s2s.codegen.core import core


def annotate(body: list[gast.AST], live: set[str]) -> set[str]:
    """Sets `live_after` on every statement of `body`; returns the names live before it.

    `live` holds the names live after `body`. Backward dataflow over structured code; a loop is passed over until the
    set at its head no longer grows (Aho et al., Compilers, §9.2.5).
    """
    for statement in reversed(body):
        live = _before(statement, live)
    return live


def _before(statement: gast.AST, live: set[str]) -> set[str]:
    statement.live_after = set(live)
    if isinstance(statement, gast.If):
        branches = annotate(statement.body, set(live)) | annotate(statement.orelse, set(live))
        return branches | set(core.free_reads(statement.test))
    if isinstance(statement, gast.For | gast.While):
        return _before_loop(statement, live)
    if isinstance(statement, gast.Return):
        return set(core.free_reads(statement.value)) if statement.value else set()
    return (live - set(_killed(statement))) | set(_read(statement))


def _before_loop(statement: gast.AST, live: set[str]) -> set[str]:
    is_for = isinstance(statement, gast.For)
    bound = set(core.target_names(statement.target)) if is_for else set()
    head_reads = set(core.free_reads(statement.iter if is_for else statement.test))
    at_head = set(live) if is_for else live | head_reads
    while True:
        grown = at_head | (annotate(statement.body, set(at_head)) - bound)
        if grown == at_head:
            break
        at_head = grown
    statement.live_at_head = at_head
    return at_head | head_reads


def _killed(statement: gast.AST) -> list[str]:
    if isinstance(statement, gast.AnnAssign):
        return core.target_names(statement.target)
    if isinstance(statement, gast.Assign):
        return [n for t in statement.targets for n in core.target_names(t)]
    return core.targets(statement)


def _read(statement: gast.AST) -> list[str]:
    reads = [n for child in core.children(statement) for n in core.free_reads(child)]
    if isinstance(statement, gast.AugAssign):
        reads += core.target_names(statement.target)
    return reads
