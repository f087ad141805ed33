"""Questions about jumps: how a statement can be left, if control can reach its end, what a block surely assigns."""

from collections.abc import Iterable
from typing import Any

import gast

from s2s.codegen.core.substitution import nodes

BREAK, CONTINUE, RETURN = "break", "continue", "return"
LOOPS = (gast.For, gast.While)
DEFINITIONS = (gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef)
_LEAVES = {gast.Break: BREAK, gast.Continue: CONTINUE, gast.Return: RETURN}


def blocks(statement: gast.AST) -> list[list[gast.AST]]:
    """The nested statement lists of any statement but a definition."""
    if isinstance(statement, DEFINITIONS):
        return []
    own = [getattr(statement, name, None) for name in ("body", "orelse", "finalbody")]
    parts = [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]
    return [block for block in [*own, *[part.body for part in parts]] if isinstance(block, list)]


_SIMPLE = frozenset((gast.Assign, gast.AnnAssign, gast.AugAssign, gast.Expr, gast.Assert, gast.Delete, gast.Pass))


def are_none(body: list[gast.AST]) -> bool:
    """Is a function's body plain: nothing but branches and loops without jumps, and at most a last `return`?"""
    return _are_plain(body[:-1] if type(body[-1]) is gast.Return else body)


def _are_plain(body: list[gast.AST]) -> bool:
    return all(type(s) in _SIMPLE or _is_plain_compound(s) for s in body)


def _is_plain_compound(statement: gast.AST) -> bool:
    if isinstance(statement, LOOPS) and (statement.orelse or is_endless(statement) or assigns_in_test(statement)):
        return False
    return isinstance(statement, (gast.If, *LOOPS)) and _are_plain(statement.body) and _are_plain(statement.orelse)


def assigns_in_test(statement: gast.AST) -> bool:
    """Is it `while (y := f(x)) > 0:`?"""
    return isinstance(statement, gast.While) and gast.NamedExpr in map(type, nodes(statement.test))


def may_hold(body: list[gast.AST], kind: type) -> bool:
    """Whether a statement of this kind is anywhere inside; definitions inside are not looked into."""
    return any(isinstance(s, (kind, *DEFINITIONS)) or any(may_hold(b, kind) for b in blocks(s)) for s in body)


def exits(body: list[gast.AST]) -> set[str]:
    """The jumps by which control can leave a block: to the end or the head of the loop around, or to the caller."""
    return {jump for statement in live(body) for jump in exits_of(statement)}


def ways_out(body: list[gast.AST]) -> int:
    """How many places of a loop's body leave it; several where one is inside of a `try`, `with` or `match`."""
    return sum(_ways_out(statement) for statement in live(body))


def _ways_out(statement: gast.AST) -> int:
    if isinstance(statement, gast.If):
        return ways_out(statement.body) + ways_out(statement.orelse)
    if isinstance(statement, LOOPS):
        return (RETURN in exits(statement.body)) + ways_out(statement.orelse)
    leaves = bool(exits_of(statement) & {BREAK, RETURN})
    return leaves if isinstance(statement, gast.Break | gast.Return) else 2 * leaves


def live(body: list[gast.AST]) -> list[gast.AST]:
    """The statements that control can reach."""
    end = next((i for i, statement in enumerate(body) if not _falls_through(statement)), len(body))
    return body[: end + 1]


def exits_of(statement: gast.AST) -> set[str]:
    """The jumps by which control can leave one statement."""
    if type(statement) in _LEAVES:
        return {_LEAVES[type(statement)]}
    if isinstance(statement, LOOPS):
        return (exits(statement.body) & {RETURN}) | exits(statement.orelse)
    return {jump for block in blocks(statement) for jump in exits(block)}


def falls(body: Iterable[gast.AST]) -> bool:
    """Can control reach the end of a block? True where that cannot be told."""
    return all(_falls_through(statement) for statement in body)


def _falls_through(statement: gast.AST) -> bool:
    if isinstance(statement, gast.Break | gast.Continue | gast.Return | gast.Raise):
        return False
    if isinstance(statement, gast.If):
        return falls(statement.body) or falls(statement.orelse)
    if isinstance(statement, LOOPS):
        ends = not is_endless(statement) and falls(statement.orelse)
        return ends or BREAK in exits(statement.body)
    if isinstance(statement, gast.Match):
        return not _is_exhaustive(statement) or any(falls(case.body) for case in statement.cases)
    if isinstance(statement, gast.Try):
        normal = falls(statement.body) and falls(statement.orelse)
        return falls(statement.finalbody) and (normal or any(falls(h.body) for h in statement.handlers))
    return True  # the manager of a `with` may suppress what its body raises


def is_endless(loop: gast.AST) -> bool:
    """Is this `while True:`?"""
    return isinstance(loop, gast.While) and isinstance(loop.test, gast.Constant) and bool(loop.test.value)


def _is_exhaustive(statement: gast.Match) -> bool:
    last = statement.cases[-1]
    return last.guard is None and isinstance(last.pattern, gast.MatchAs) and last.pattern.pattern is None


def assigns(body: Iterable[gast.AST], name: str) -> bool:
    """Does a block assign a name, whatever branch is taken?"""
    return any(_assigns(statement, name) for statement in body)


def _assigns(statement: gast.AST, name: str) -> bool:
    if isinstance(statement, gast.If):
        return assigns(statement.body, name) and assigns(statement.orelse, name)
    return isinstance(statement, gast.Raise) or name in plain_targets(statement)


def plain_targets(statement: gast.AST) -> list[str]:
    """The names that an assignment of a plain name assigns."""
    if not isinstance(statement, gast.Assign):
        return []
    return [target.id for target in statement.targets if isinstance(target, gast.Name)]


def mentions(statement: gast.AST, name: str) -> bool:
    """Does a name occur anywhere in a statement?"""
    return name in [n.id for n in nodes(statement) if type(n) is gast.Name]


def guard_of(loop: Any) -> str | None:
    """The flag of a loop whose only jump is a last statement `if flag: break`."""
    last = loop.body[-1]
    if not isinstance(last, gast.If) or last.orelse or not isinstance(last.test, gast.Name):
        return None
    only = len(last.body) == 1 and isinstance(last.body[0], gast.Break) and not exits(loop.body[:-1])
    return last.test.id if only and any(stores(s, last.test.id) for s in loop.body[:-1]) else None


def stores(statement: gast.AST, name: str) -> bool:
    """Does a statement, or one inside of it, assign a name?"""
    return name in [n.id for n in nodes(statement) if type(n) is gast.Name and type(n.ctx) is gast.Store]
