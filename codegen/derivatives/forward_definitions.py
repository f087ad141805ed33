"""What assigns the names of a forward sweep: for recomputing, which asks whether a value can be had again."""

import gast

from s2s.codegen.core import core
from s2s.codegen.simplifying.shapes import resolved
from s2s.runtime import support

_UPDATES = ("set_at", "add_at", "put", "append", "extend", "insert", "pop")


class Definitions:
    """The assignments of one name in a body, loops inside of it left out.

    Attributes:
        of: names to what assigns them; for a name that is set in one arm of a branch, what assigns it there.
        in_branches: names that have a value in one arm alone.
        inside_blocks: names that are assigned in branches and loops alone, and are not joined after them.
        updated: names of what is updated, or written into.
        latest_first: the names of `of`, in the reverse of their order.
    """

    def __init__(self, function: core.Function, body: list[gast.AST]):
        self.function = function
        self.of: dict[str, gast.AST] = {}
        self.in_branches: set[str] = set()
        self.updated: set[str] = set()
        self._exposed: dict[str, str] = {}
        self._order: dict[str, int] = {}
        self._block(body, False)
        self.inside_blocks = _inside_blocks(body)
        for outer in self._exposed:
            inner = self.chain(outer)[-1]
            if inner in self.of:
                self.of[outer], self._order[outer] = self.of[inner], self._order[inner]
                self.in_branches.add(outer)
        self.latest_first = sorted(self.of, key=lambda n: -self._order[n])

    def _block(self, body: list[gast.AST], is_arm: bool) -> None:
        for statement in body:
            if type(statement) is gast.If:
                self._arms(statement)
            elif type(statement) is gast.Assign and not core.is_join(statement):
                self._note(statement, is_arm)

    def _note(self, statement: gast.AST, is_arm: bool) -> None:
        target, value = statement.targets[0], statement.value
        if type(value) is gast.Call and value.args and core.is_name(value.args[0]):
            name = value.func.id if core.is_name(value.func) else ""
            if name.startswith(_UPDATES):
                self.updated.add(value.args[0].id)
        if type(target) is gast.Name:
            self.of[target.id] = statement
            self._order[target.id] = len(self._order)
            if is_arm:
                self.in_branches.add(target.id)

    def _arms(self, statement: gast.If) -> None:
        """What is UNSAVED unless an arm is taken is a name for the value in this arm."""
        for block in core.blocks(statement):
            self._block(block, True)
        joins = [dict(core.split_join(b)[1]) for b in core.blocks(statement)]
        for name in [n for n in joins[0] if n in joins[1]]:
            values = [j[name] for j in joins]
            inner = [v for v in values if resolved(self.function, v) is not support.UNSAVED]
            if len(inner) == 1 and core.is_name(inner[0]):
                self._exposed[name] = inner[0].id

    def chain(self, name: str) -> list[str]:
        """The name, and the names in arms whose value it shows."""
        found = [name]
        while found[-1] in self._exposed:
            found.append(self._exposed[found[-1]])
        return found

    def comes_after(self, name: str, other: str) -> bool:
        return self._order.get(name, -1) > self._order[other]


def _inside_blocks(body: list[gast.AST]) -> set[str]:
    inside: set[str] = set()
    if core.is_straight(body):
        return inside
    set_here: set[str] = set()
    for statement in body:
        set_here.update(core.targets(statement) if type(statement) is gast.Assign else ())
        blocks = core.blocks(statement)
        inside.update(*map(core.assigned, blocks))
        if type(statement) is gast.If:
            joined = [{t for t, _ in core.split_join(b)[1]} for b in blocks]
            set_here |= joined[0] & joined[1]
    return inside - set_here
