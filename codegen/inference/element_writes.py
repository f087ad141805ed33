"""Writes of containers, and of arrays in them: who else holds what is written, and would have to show it.

`dp[i][j] = v` makes a new version of what `dp[i]` is, and puts it back into `dp`. That is what Python does if the row
is in that slot alone, if the slot still holds it, and if no other name for the row, or for `dp`, is read afterwards.
The abstract heap (`heaps.py`) knows the first two, which names may stand for one object `aliasing.Sharing`.
"""

from collections.abc import Iterable
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring import indexed_loops
from s2s.codegen.diagnostics import Diagnostics
from s2s.codegen.inference.heaps import Walker
from s2s.codegen.inference.kinds import DictOf, ListOf, MapOf, Numeric, RaggedOf, TupleOf, show
from s2s.codegen.inference.points_to import Things, is_mutable, key_of

CONTAINERS = (ListOf, DictOf, MapOf, TupleOf, RaggedOf)


class Checker(Walker):
    """Reports each write that something else would have to show.

    A list that is iterated over while what it holds is written is gone over by positions instead.

    Args:
        shared: id of each writing statement and a name that it writes to the names that may share memory with it.
        later: id of each writing statement to the names that are read after it.
    """

    def __init__(
        self,
        function: core.Function,
        views: set[str],
        keeping: set[str],
        shared: dict[int, dict[str, set[str]]],
        later: dict[int, set[str]],
        diagnostics: Diagnostics,
    ):
        super().__init__(function, views, keeping)
        self.shared, self.later, self.diagnostics = shared, later, diagnostics
        self.reported: set[int] = set()
        self.lines: set[Any] = set()
        self.meeting: dict[tuple[int, str], set[str]] = {}  # statement and written name to the names that may see it

    def written(self, statement: gast.AST, old: str) -> None:
        self._note_meeting(statement, old)
        if id(statement) in self.reported or self._may_rebind(statement, old):
            return
        holders, namesakes = self._holders(statement, old), self._namesakes(statement, old)
        seen = holders | namesakes
        wanted = holders if changes_length(statement) else seen
        if wanted and indexed_loops.note(self.function, statement, wanted):
            self.reported.add(id(statement))
            return
        why = self._misplaced(statement, old) or self._shared(statement, old)
        if why is None and isinstance(self.function.kinds.get(old), CONTAINERS) and not self.heap.of(old):
            why = "where it comes from is not known"
        if why is None and seen:
            what = "holds it, too" if holders else "is the same object"
            why = f"{self._shown(min(holders or seen))}, which is read later, {what}"
        if why is None and changes_length(statement) and self._is_iterated(statement, old):
            why = "it is iterated over in the loop that changes it"
        if why is not None:
            self._report(statement, old, why)

    def _may_rebind(self, statement: gast.AST, old: str) -> bool:
        """Is it `t *= 2.0` of what may be a number? (`aliasing` asks, and the emitted text where that cannot tell.)"""
        return isinstance(statement.value, gast.BinOp) and isinstance(self.function.kinds.get(old), Numeric)

    def reread(self, statement: gast.AST, old: str) -> None:
        value = statement.value
        if isinstance(value, gast.Subscript) and not self._is_at(old, value.value.id, value.slice):
            self._report(statement, old, f"may no longer be what {self._shown(value.value.id)} holds there")

    def called(self, statement: gast.AST) -> None:
        names = [n for n in core.own_reads(statement) if n in self.heap.names]
        reached = {n: self.heap.reached(self.heap.of(n)) for n in names}
        for name in names:
            meeting = [n for n in names if n == name or reached[n] & reached[name]]
            self.meeting.setdefault((id(statement), name), set()).update(meeting)

    def stored_back(self, statement: gast.AST, name: str) -> None:
        held, tokens = statement.stored_over, self.heap.tokens
        if core.is_name(held) and tokens.get(held.id, held.id) != tokens.get(name, name):
            self._report(statement, name, f"the attribute {statement.stores[1]!r} may hold another object by now")

    def _report(self, statement: gast.AST, old: str, why: str) -> None:
        self.reported.add(id(statement))
        origin = statement.__dict__.get("origin")
        if statement.__dict__.get("follows", False) and origin in self.lines:
            return  # the write that it follows from has been reported
        self.lines.add(origin)
        cause = f"{self._called(old)} is changed in place here, but {why}"
        kind: Any = self.function.kinds.get(old)
        what = show(kind) if isinstance(kind, CONTAINERS) else "an array"
        self.diagnostics.report(statement, cause, f"copy {what} first", statement.__dict__.get("home"))

    def _called(self, name: str) -> str:
        """What to call an object in a message."""
        place = self.heap.places.get(name)
        base = self.function.bases.get(name, name)
        if place is None or not base.endswith("_item"):
            return repr(base)
        return f"an element of {self.function.bases.get(place.token, place.token)!r}"

    def _twice(self, things: Things) -> str:
        line = min((self.heap.shared_at[t] for t in things if t in self.heap.shared_at), default=0)
        where = f" since line {line}" if line else ""
        return f"the same object may be in two places{where}, and the other one would have to show it, too"

    # Slots -------------------------------------------------------------------------------------------------------

    def _misplaced(self, statement: gast.AST, old: str) -> str | None:
        """Is a part that was written put back where it may no longer be?"""
        is_put = statement.__dict__.get("follows", False) and isinstance(statement.value, gast.Call)
        if not isinstance(self.function.kinds.get(old), CONTAINERS) or not is_put:
            return None
        index, value = statement.value.args[1:3]
        if not core.is_name(value):
            return None
        if self._is_at(value.id, old, index):
            things = self.heap.of(value.id)
            return self._twice(things) if self.heap.is_shared(things) else None
        return f"{self._shown(value.id)}, which is written, may no longer be what it holds there"

    def _is_at(self, name: str, owner: str, index: gast.AST) -> bool:
        """Is the object of a name still in this slot of the owner?"""
        place = self.heap.places.get(name)
        return place is not None and (place.token, place.key) == (self.heap.tokens.get(owner, owner), key_of(index))

    def _shared(self, statement: gast.AST, old: str) -> str | None:
        """Is it in a second slot, which can be read later?"""
        things = self.heap.of(old)
        if self.heap.is_shared(things) and (self._has_base(statement, old) or self._reaching(statement, things, set())):
            return self._twice(things)
        return None

    def _has_base(self, statement: gast.AST, old: str) -> bool:
        """Is the container that the object was read from written with it?"""
        place = self.heap.places.get(old)
        return place is not None and place.token in {self.heap.tokens.get(n, n) for n in self._handled(statement)}

    def _holders(self, statement: gast.AST, old: str) -> set[str]:
        """Names that are read later, in whose objects what is written can be found."""
        return self._reaching(statement, self.heap.of(old), self._handled(statement))

    def _reaching(self, statement: gast.AST, things: Things, handled: set[str]) -> set[str]:
        later = self.later.get(id(statement), set()) - handled - set(core.targets(statement))
        return {n for n in later if self.heap.reached(self.heap.held(self.heap.of(n))) & things}

    def _handled(self, statement: gast.AST) -> set[str]:
        return set(statement.__dict__.get("handled", ()))

    # Names -------------------------------------------------------------------------------------------------------

    def _namesakes(self, statement: gast.AST, old: str) -> set[str]:
        """Other names for the same container that are read later. (Names of arrays: `aliasing`.)"""
        if not isinstance(self.function.kinds.get(old), CONTAINERS):
            return set()
        later, things = self.later.get(id(statement), set()), self.heap.of(old)
        others = self.shared.get(id(statement), {}).get(old, set()) - self._handled(statement)
        return {n for n in (others | {old}) & later - set(core.targets(statement)) if self.heap.of(n) & things}

    def _note_meeting(self, statement: gast.AST, old: str) -> None:
        """Which names may show what is written, as far as the heap knows."""
        things = self.heap.of(old)
        names = [n for n in self.later.get(id(statement), ()) if self.heap.reached(self.heap.of(n)) & things]
        self.meeting.setdefault((id(statement), old), set()).update(names)

    def _is_iterated(self, statement: gast.AST, old: str) -> bool:
        """Does a loop around go over the positions that this container had at its beginning?"""
        names = [n for loop in self.loops for n in indexed_loops.positions_of(self.function, loop)]
        return any(self.heap.of(n) & self.heap.of(old) for n in names)

    def _shown(self, name: str) -> str:
        line = _line_of(self.function, name)
        return f"{self.function.bases.get(name, name)!r} ({line})"


def _line_of(function: core.Function, name: str) -> str:
    for statement in core.walk(function.body):
        if name in core.targets(statement) and getattr(statement, "origin", None):
            return f"of line {statement.origin[1]}"
    return "of the caller"


def changes_length(statement: gast.AST) -> bool:
    """Does a statement put something into a list, or take something out?"""
    called = getattr(statement.value, "func", None)
    is_permutation = isinstance(called, gast.Name) and called.id.startswith("reordered")
    return "change" in statement.__dict__ and not is_permutation


def may_matter(function: core.Function, written: Iterable[tuple[str, str]]) -> bool:
    """Is a container written, or an array that may be in one?"""
    olds = [function.kinds.get(old) for old, _ in written]
    if any(isinstance(kind, CONTAINERS) for kind in olds):
        return True
    holds = any(isinstance(k, CONTAINERS) and is_mutable(k) and _holds(k) for k in function.kinds.values())
    return holds and any(isinstance(kind, Numeric) and not kind.scalar for kind in olds)


def _holds(kind: Any) -> bool:
    from_parts = getattr(kind, "elements", None) or getattr(kind, "items", None) or (getattr(kind, "element", None),)
    return any(is_mutable(part[1] if isinstance(part, tuple) else part) for part in from_parts if part is not None)
