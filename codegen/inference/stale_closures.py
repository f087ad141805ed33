"""Capture is by reference: a function that was kept while a variable that it captures is assigned anew is refused.

Direct calls pass the values of now. A closure that was stored, or passed on, holds those of then; reading it after one
of its variables was rebound would give another number than Python does.
"""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.diagnostics import Diagnostics
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import FunctionOf, Kind

# Name of a kept function to the (variable, line) of the assignment that made it stale.
Stale = dict[str, tuple[str, int]]


def check(function: core.Function, diagnostics: Diagnostics) -> None:
    """Refuses reads of closures made here whose captured variables were assigned after they were made."""
    made = [s for s in core.walk(function.body) if hasattr(s, "closure")]
    if made:
        _Check(function, diagnostics, made).block(function.body, {})


class _Check:
    def __init__(self, function: core.Function, diagnostics: Diagnostics, made: list[Any]):
        self.function = function
        self.diagnostics = diagnostics
        self.variables = {id(s.closure): self._bases(s) for s in made}
        self.held: set[str] = set()
        self.reported: set[int] = set()

    def _bases(self, statement: Any) -> set[str]:
        captured = statement.value.elts[: len(statement.closure.captured)]
        return {self.function.bases.get(e.id, e.id) for e in captured if core.is_name(e)}

    def captured_by(self, name: str) -> set[str]:
        """The variables that functions held by a name capture."""
        return self._captured_in(self.function.kinds.get(name))

    def _captured_in(self, kind: Kind | None) -> set[str]:
        if kind is None:
            return set()
        own = self.variables.get(id(kind.definition), set()) if isinstance(kind, FunctionOf) else set()
        return own.union(*[self._captured_in(part) for part in kinds.parts(kind)])

    # Statements --------------------------------------------------------------------------------------------------

    def block(self, body: list[Any], stale: Stale) -> Stale:
        for statement in body:
            if isinstance(statement, gast.If):
                self._reads(statement, stale)
                arms = [self.block(block, dict(stale)) for block in core.blocks(statement)]
                stale = arms[0] | arms[1]
            elif isinstance(statement, gast.For | gast.While):
                for _ in range(2):  # what one iteration keeps, the next one may read
                    self._reads(statement, stale)
                    self._assigned(statement, stale)
                    stale = stale | self.block(statement.body, dict(stale))
            elif core.is_join(statement):
                self._join(statement, stale)
            else:
                self._reads(statement, stale)
                self._assigned(statement, stale)
        return stale

    def _reads(self, statement: Any, stale: Stale) -> None:
        called = getattr(statement, "closure_read", None)  # what it captured stands in the call itself
        for name in [*core.own_reads(statement), *([] if called is None else [called])]:
            if name in stale and id(statement) not in self.reported:
                self.reported.add(id(statement))
                self._report(statement, name, *stale[name])

    def _report(self, statement: Any, name: str, variable: str, line: int) -> None:
        shown = self.function.bases.get(name, name)
        cause = (
            f"{shown!r} holds a function that captures {variable!r} by reference, and {variable!r} was assigned on "
            f"line {line} after it was kept"
        )
        self.diagnostics.report(statement, cause, f"keep its value with a default argument: `{variable}={variable}`")

    def _join(self, statement: Any, stale: Stale) -> None:
        for target, value in core.split_join([statement])[1]:
            if core.is_name(value) and value.id in stale:
                stale[target] = stale[value.id]
            elif target in stale and not (core.is_name(value) and value.id == target):
                del stale[target]
            self._hold(target)

    def _assigned(self, statement: Any, stale: Stale) -> None:
        targets = core.targets(statement)
        if not getattr(statement, "temporary", False):
            rebound = {self.function.bases.get(t, t) for t in targets}
            line = statement.origin[1] if getattr(statement, "origin", None) else 0
            for name in sorted(self.held):
                for variable in sorted(self.captured_by(name) & rebound):
                    stale[name] = variable, line
        for target in targets:
            stale.pop(target, None)
            self._hold(target)

    def _hold(self, name: str) -> None:
        if self.captured_by(name):
            self.held.add(name)
