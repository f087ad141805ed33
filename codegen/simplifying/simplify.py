"""Makes Core smaller without changing its numbers: copies, constants, known containers, algebra, dead code."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.simplifying import common, copies, dead_code
from s2s.codegen.simplifying.rewriting import Rewriting

ROUNDS = 12


def run(function: core.Function, body: list[gast.AST], shapes: Any = None) -> list[gast.AST]:
    """Rewrites `body` until nothing changes any more; `shapes` gives the shapes of names where they are known."""
    return Simplification(function, shapes).simplified(body, None)


class Simplification:
    """The simplification of one body, which may go on once a pass has rewritten some of it.

    After the first walk only what has changed is looked at.
    """

    def __init__(self, function: core.Function, shapes: Any = None):
        self.function = function
        self.rewriting = Rewriting(function, shapes or {})
        self.seen: dict[int, tuple[gast.AST, Any]] | None = None  # the statements that came out, and what they read

    def run(self, body: list[gast.AST]) -> list[gast.AST]:
        """Rewrites `body`, of which only what is new, or reads other names than before, may be simpler now."""
        body = self.simplified(body, None if self.seen is None else self._rewritten_since(body))
        self.seen = {id(s): (s, core.header(s)) for s in core.walk(body)}
        return body

    def simplified(self, body: list[gast.AST], stale: set[str] | None) -> list[gast.AST]:
        """Rewrites what is `stale` (None for everything), and what that changes."""
        for _ in range(ROUNDS):
            body = _without_dead(body)
            touched = copies.propagate(self.function, body)
            stale = None if stale is None else stale | touched
            if stale == set() or not self.rewriting.walk(body, stale):
                break
            stale = set()
        repeated = common.repeated_parts(body, self.rewriting.assigned)
        if repeated:
            copies.replace(body, repeated)
            body = dead_code.eliminate(body)
        return body

    def _rewritten_since(self, body: list[gast.AST]) -> set[str]:
        seen, nothing = self.seen or {}, (None, None)
        new = [s for s in core.walk(body) if seen.get(id(s), nothing)[1] is not core.header(s)]
        return {name for statement in new for name in core.targets(statement)}


def _without_dead(body: list[gast.AST]) -> list[gast.AST]:
    """The statements that are needed, and of what loops save the columns that are."""
    body = dead_code.eliminate(body)
    while dead_code.prune_columns(body):
        body = dead_code.eliminate(body)
    return body


__all__ = ["Simplification", "run"]
