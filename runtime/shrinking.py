"""Lists that a loop takes entries from: each iteration as many from the end, from buffers that stay as they are."""

from typing import Any

from s2s.runtime import effects
from s2s.runtime.entries import Run
from s2s.runtime.errors import at_user_line
from s2s.runtime.joins import JoinError
from s2s.runtime.staged_lists import List, of_run, shrinks
from s2s.runtime.staging import Staged


class Shrinking:
    """One list that is so many entries shorter after each iteration.

    Attributes:
        target: the list.
        count: how many entries an iteration takes.
    """

    def __init__(self, target: List, count: int) -> None:
        self.target, self.count = target, count
        self.entry = target.snapshot()

    def begin(self, k: Staged) -> None:
        """Makes it what it is at the beginning of iteration k."""
        effects.note(self.target)
        self.target.restore(self._after(k))
        self.begun = self.target.snapshot()

    def take(self, state: List) -> None:
        """Refuses other changes than that."""
        if shrinks(self.begun, state) != self.count:
            raise JoinError(f"a list loses entries in a loop, in some iterations others{at_user_line()}")

    def finish(self, iterations: Any) -> None:
        """Makes it what is left after the loop."""
        effects.note(self.target)
        left = self._after(iterations)
        if type(left.run.length) is int and left.run.length < 0:
            raise JoinError(f"more entries are taken from a list than it has{at_user_line()}")
        self.target.restore(left)

    def _after(self, iterations: Any) -> List:
        run = self.entry.run
        length = run.length - (iterations * self.count if self.count != 1 else iterations)
        return of_run(Run(run.layout, run.held, run.capacity, length, run.places))
