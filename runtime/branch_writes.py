"""Writes in branches, done after them: a conditional that gives a whole array copies it, so the branches give what is
written, and where.

A branch that writes less often than the other one writes its last elements again, or those that are there.
"""

import math
from collections.abc import Sequence
from typing import Any

from s2s.runtime import dtypes, hlo, in_place, staging
from s2s.runtime.adapter import ir
from s2s.runtime.regions import Region
from s2s.runtime.staging import Staged

_WRITE, _READ = "stablehlo.dynamic_update_slice", "stablehlo.dynamic_slice"
# Arrays that are written more often than this in a branch are given as a whole.
_MOST_WRITES = 8


class Delayed:
    """The writes that make the values of both branches of one array from around them.

    Attributes:
        base: that array.
        columns: per write the values to be given by each branch: the elements, and where they begin.
    """

    def __init__(self, base: Any, columns: list[tuple[list[Any], ...]]) -> None:
        self.base, self.columns = base, columns

    def ends(self, side: int) -> list[Any]:
        """What a branch gives instead of the array."""
        return [value for column in self.columns for value in column[side]]

    def done(self, given: Any) -> Any:
        """The array, from what the conditional gives."""
        value = self.base
        for column in self.columns:
            update, *starts = (next(given) for _ in column[0])
            value = hlo.stablehlo.dynamic_update_slice(value, update, starts)
        return value


def delayed(regions: Sequence[Region], ends: Sequence[Any], counter: Staged) -> Delayed | None:
    """How both branches' values are made of one array by few writes of few elements; None where they are not.

    `counter` is that of the loop around: what the branches read of the array is pinned.
    """
    chains = [_chain(value, region) for value, region in zip(ends, regions, strict=True)]
    (base, first), (other, second) = chains
    count = max(len(first), len(second))
    if base != other or not 0 < count <= _MOST_WRITES:
        return None
    rows = []
    for region, writes in zip(regions, (first, second), strict=True):
        for write in reversed(writes):
            _forward(write, region)
        filled = _filled(base, writes, first or second, count, region)
        rows.append(_after_reads(base, filled, region, counter))
    columns = list(zip(*rows, strict=True))
    alike = all([v.type for v in a] == [v.type for v in b] for a, b in columns)
    return Delayed(base, columns) if alike else None


def _after_reads(base: Any, rows: list[list[Any]], region: Region, counter: Staged) -> list[list[Any]]:
    """The operands of the writes, the first of which comes after all that the region reads of the array."""
    operations = [op.operation for op in region.scope.block.operations]
    places = [place for place, op in enumerate(operations) if in_place.is_part_of(op, base)]
    pinned = []
    with region.continued():
        for place in places:
            rest = operations[place + 1 : place + 2]
            with ir.InsertionPoint(rest[0]) if rest else ir.InsertionPoint(region.scope.block):
                pinned.append((operations[place].results[0], in_place.pin(operations[place], counter)))
        if not pinned:
            return rows
        now = {old: new.value for old, new in pinned}
        (update, start, *others), *later = [[now.get(value, value) for value in row] for row in rows]
        tied = in_place.after(staging.wrap(start), [new for _, new in pinned], counter)
    return [[update, tied.value, *others], *later]


def _chain(value: Any, region: Region) -> tuple[Any, list[Any]]:
    """The array from which a region's writes make a value, and these writes, in order."""
    writes: list[Any] = []
    while _is_made_by(value, _WRITE, region) and _is_small(value.owner.operation):
        writes.insert(0, value.owner.operation)
        value = writes[0].operands[0]
    return value, writes


def _is_made_by(value: Any, name: str, region: Region) -> bool:
    if isinstance(value.owner, ir.Block):
        return False
    made = value.owner.operation
    return made.name == name and made.block == region.scope.block


def _is_small(write: Any) -> bool:
    return 2 * math.prod(_shape(write.operands[1])) <= math.prod(_shape(write.operands[0]))


def _shape(value: Any) -> list[int]:
    return list(ir.RankedTensorType(value.type).shape)


def _filled(base: Any, writes: list[Any], others: list[Any], count: int, region: Region) -> list[list[Any]]:
    """The operands of that many writes."""
    rows = [list(write.operands)[1:] for write in writes]
    if not rows:
        with region.continued():
            starts = [hlo.scalar(0, staging.wrap(start).dtype) for start in list(others[0].operands)[2:]]
            there = hlo.dynamic_slice(staging.wrap(base), starts, _shape(others[0].operands[1]))
            rows = [[there.value, *(start.value for start in starts)]]
    return rows + [rows[-1]] * (count - len(rows))


def _forward(write: Any, region: Region) -> None:
    """Reads what was just written from the update, or from the array before: the branch need not do the write."""
    for read in [use.owner.operation for use in write.results[0].uses]:
        if read.name == _READ and read.block == region.scope.block and _meet_or_not(read, write):
            with region.continued(), ir.InsertionPoint(read):
                value = _forwarded(read, write)
            read.results[0].replace_all_uses_with(value)


def _meet_or_not(read: Any, write: Any) -> bool:
    """Whether a read and a write are either of the same elements, or of different ones."""
    sizes, whole = _shape(read.results[0]), _shape(write.results[0])
    return sizes == _shape(write.operands[1]) and all(n in (1, m) for n, m in zip(sizes, whole, strict=True))


def _forwarded(read: Any, write: Any) -> Any:
    whole, sizes = _shape(write.results[0]), _shape(read.results[0])
    starts = [staging.wrap(start) for start in list(read.operands)[1:]]
    before = hlo.dynamic_slice(staging.wrap(write.operands[0]), starts, sizes)
    same = hlo.full((), True, dtypes.bool_)
    for axis, (a, b) in enumerate(zip(starts, list(write.operands)[2:], strict=True)):
        if sizes[axis] != whole[axis]:
            here, there = _clamped(a, whole[axis]), _clamped(staging.wrap(b), whole[axis])
            same = hlo.logical_and(same, hlo.compare(here, there, "EQ"))
    return hlo.select(same, staging.wrap(write.operands[1]), before).value


def _clamped(place: Staged, length: int) -> Staged:
    """Where a read or write of one element at `place` is."""
    return hlo.minimum(hlo.maximum(place, hlo.full_like(place, 0)), hlo.full_like(place, length - 1))
