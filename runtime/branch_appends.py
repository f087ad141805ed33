"""Lists that the sides of a staged conditional append to unequally: what was appended is joined, and how much it is."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2s.runtime import open_lists
from s2s.runtime.entries import Layout, Run, columns, joined_leaves, stacked
from s2s.runtime.helpers.checks import UNSAVED
from s2s.runtime.staged_lists import List, grows
from s2s.runtime.staging import Staged


def unequal(target: Any, states: Sequence[Any]) -> bool:
    """Whether a list is not of the same length, known while staging, after both sides."""
    if type(target) is not List or any(state.growing != target.growing for state in states):
        return False
    counts = [(len(state.front()), len(state.tail)) for state in states]
    return counts[0] != counts[1] or any(state.run is not target.run for state in states)


def differ(a: Any, b: Any) -> bool:
    """Whether two values are lists, not of the same length."""
    if not (isinstance(a, list) and isinstance(b, list)) or type(a) not in _LISTS or type(b) not in _LISTS:
        return False
    runs = [getattr(x, "run", None) for x in (a, b)]
    return runs[0] is not runs[1] or list.__len__(a) != list.__len__(b)


def of_values(regions: Sequence[Any], a: list[Any], b: list[Any]) -> "Appended":
    """Two lists as what each side appended to an empty one."""
    return Appended(List(), regions, [x if type(x) is List else List(x) for x in (a, b)])


_LISTS = (list, List)


class Appended:
    """What both sides appended to one list.

    Attributes:
        values: per side a tuple that can be joined: the columns of the entries, and their number.
    """

    def __init__(self, target: List, regions: Sequence[Any], states: Sequence[List]) -> None:
        only_appended = all(grows(target, state) for state in states)
        self.base = target.snapshot() if only_appended else List()
        blocks = []
        for region, state in zip(regions, states, strict=True):
            with region.continued():
                blocks.append(_block(self.base, state))
        known = [block for block in blocks if block is not None]
        self.layout: Layout = known[0].layout if len(known) == 1 else joined_leaves(*[b.layout for b in known])
        self.capacity = max(block.capacity for block in known)
        self.values = []
        for region, block in zip(regions, blocks, strict=True):
            with region.continued():
                self.values.append(self._side(block))

    def _side(self, block: Run | None) -> tuple[Any, ...]:
        if block is None:
            return (*[UNSAVED] * len(self.layout.avals()), 0)
        return (*[_padded(c, self.capacity) for c in columns(block, self.layout)], block.length)

    def state(self, built: Sequence[Any]) -> List:
        """The list after the conditional, from what both sides' values were joined to."""
        *buffers, length = built
        after = self.base.snapshot()
        after.take(Run(self.layout, buffers, self.capacity, length))
        return after


def _block(base: List, state: List) -> Run | None:
    """What was appended, in buffers."""
    if base.run is not None:
        new = state.tail[len(base.tail) :]
        return stacked(new) if new else None
    new = state.front()[len(base.front()) :]
    blocks = [stacked(new)] if new else []
    blocks += [] if state.run is None else [state.run]
    blocks += [stacked(state.tail)] if state.tail else []
    whole: Any = blocks[0] if blocks else None
    for block in blocks[1:]:
        whole = open_lists.joined(whole, block)
    return whole


def _padded(column: Staged, capacity: int) -> Staged:
    missing = capacity - column.shape[0]
    return np.concatenate([column, np.zeros((missing, *column.shape[1:]), column.dtype)]) if missing else column
