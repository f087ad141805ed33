"""Single assignment: which statements define each name, and whether Core lets them do so together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import gast

from s2s.codegen.core import core


@dataclass(frozen=True)
class Definition:
    """One assignment of a name.

    Attributes:
        statement: the statement that assigns.
        role: "plain", "parameter", "arm" (a join at the end of a branch's block), "carry" or "entry" (of a loop).
        owner: the branch or loop that a join belongs to; None for the others.
        block: which block of its owner.
    """

    statement: Any
    role: str
    owner: Any = None
    block: int = 0


class Definitions:
    """Every definition of every name in one body."""

    def __init__(self, parameters: Iterable[str]):
        self.of: dict[str, list[Definition]] = {p: [Definition(None, "parameter")] for p in sorted(parameters)}

    def block(self, body: list[Any], owner: Any = None, index: int = 0) -> None:
        last = len(core.split_guard(body)[0]) - 1
        for i, statement in enumerate(body):
            definition = _definition(statement, owner if i == last else None, index)
            for name in core.targets(statement):
                self.of.setdefault(name, []).append(definition)
            for k, inner in enumerate(core.blocks(statement)):
                self.block(inner, statement, k)

    def violations(self, names: Iterable[str], show: Callable[[Any], str]) -> list[str]:
        """One message for each name whose definitions may not stand together; `_` is any unread target."""
        wrong = [n for n in sorted(names) if n != "_" and not _may_share(self.of.get(n, []))]
        return [f"{show(self.of[n][-1].statement)}: {n!r} is assigned twice" for n in wrong]


def _definition(statement: Any, owner: Any, index: int) -> Definition:
    if not getattr(statement, "join", False):
        return Definition(statement, "plain")
    if owner is None:
        return Definition(statement, "entry")
    return Definition(statement, "arm" if isinstance(owner, gast.If) else "carry", owner, index)


def _may_share(found: list[Definition]) -> bool:
    """One definition; or the two arms of one branch; or the entry and the carry of one loop."""
    if len(found) < 2:
        return True
    first, second = found[0], found[1]
    if len(found) > 2 or first.statement is second.statement:
        return False
    if (first.role, second.role) == ("arm", "arm"):
        return first.owner is second.owner and first.block != second.block
    return (first.role, second.role) == ("entry", "carry")
