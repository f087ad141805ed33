"""What a staged loop carries of variables that may be unset before it: whether an iteration has set them."""

from collections.abc import Callable, Sequence
from types import CellType
from typing import Any

import numpy as np

from s2s.runtime import effects, unset
from s2s.runtime.helpers.checks import is_unset
from s2s.runtime.staging import Staged
from s2s.runtime.unset import marked

Step = Callable[..., Sequence[Any]]


class Unset:
    """Of the variables of one loop, those that may be unset before it.

    Where every iteration sets a variable, the number of iterations tells whether it is set; else that is carried: as
    the content of a cell, which a region's log follows like any object that the loop changes.
    """

    def __init__(self, values: Sequence[Any], names: Sequence[str]) -> None:
        self.names = names
        flags = [(i, unset.is_set(value)) for i, value in enumerate(values)]
        self.before = {i: flag for i, flag in flags if flag is not True}
        self.cells = {i: CellType(flag) for i, flag in self.before.items()}
        self.always_set: dict[int, bool] = {}

    def followed(self, step: Step) -> Step:
        """The step of the loop, which also notes what it sets."""
        if not self.cells:
            return step
        cells = self.cells  # where what the region changed is looked for

        def following(k: Staged, *values: Any) -> Sequence[Any]:
            after = tuple(step(k, *[self._marked(i, value, k) for i, value in enumerate(values)]))
            for i, cell in cells.items():
                self._note(i, cell, unset.is_set(after[i]))
            return after

        return following

    def _marked(self, i: int, value: Any, k: Staged) -> Any:
        if i not in self.cells or is_unset(value) or (type(value) is Staged and value.unset is not None):
            return value
        flag = self.cells[i].cell_contents
        if not self.always_set.get(i):
            return marked(value, self.names[i], flag)
        return marked(value, self.names[i], _or(flag, np.greater(k, 0)))

    def _note(self, i: int, cell: CellType, flag: Any) -> None:
        self.always_set[i] = flag is True
        if flag is not True and flag is not cell.cell_contents:
            effects.note(cell)
            cell.cell_contents = flag

    def after(self, results: Sequence[Any], iterations: Staged, known_to_run: bool) -> tuple[Any, ...]:
        """The variables after the loop, for reads of them to be checked."""
        return tuple(
            self._after(i, value, iterations, known_to_run) if i in self.cells else value
            for i, value in enumerate(results)
        )

    def _after(self, i: int, value: Any, iterations: Staged, known_to_run: bool) -> Any:
        if is_unset(value) or (type(value) is Staged and value.unset is not None):
            return value
        if not self.always_set.get(i):
            return marked(value, self.names[i], self.cells[i].cell_contents)
        if known_to_run:
            return value
        return marked(value, self.names[i], _or(self.before[i], np.greater(iterations, 0)))


def _or(before: Any, now: Staged) -> Any:
    return now if before is False else np.logical_or(before, now)
