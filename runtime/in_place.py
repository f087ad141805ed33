"""Writes into arrays that loops carry: kept in place, where XLA would copy the whole array in every iteration.

XLA computes what is read of an array again for each of its uses. If one of them comes after the array's next write, the
old array has to be kept, too. So what was read is *pinned* before that write: it is divided by a one that XLA does not
know, as a division is not done twice, and the place of the write seems to depend on the quotient.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from s2s.runtime import dtypes, hlo, staging
from s2s.runtime.adapter import ir
from s2s.runtime.staging import Staged

_READS = ("stablehlo.dynamic_slice", "stablehlo.slice", "stablehlo.gather")
_SAME_ELEMENTS = ("stablehlo.reshape", "stablehlo.broadcast_in_dim", "stablehlo.negate")
_LOOP = "stablehlo.while"
# The operand of each kind of write that says where, or when, it is done; a loop writes what it carries.
_TIED_OPERAND = {"stablehlo.dynamic_update_slice": 2, "stablehlo.scatter": 1, _LOOP: 0}


def keep(block: Any) -> None:
    """Pins what is read in a finished loop's body; its first argument counts the iterations. The scope is entered."""
    operations = [op.operation for op in block.operations]
    if any(op.name in _TIED_OPERAND for op in operations):
        _Body(block.arguments[0], operations).keep()


class _Body:
    """The body of a loop.

    Attributes:
        places: the operations in their order, by place; only until one is changed, which changes its hash.
        readers: by array, the places so far where a part of it is read.
        made: the arrays that writes of this body made.
        pinned: the places of the reads that are pinned, and the pinned values.
    """

    def __init__(self, counter: Any, operations: list[Any]) -> None:
        self.counter = staging.wrap(counter)
        self.operations = operations
        self.made = {value for op in operations if op.name in _TIED_OPERAND for value in op.results}
        self.places = {op: place for place, op in enumerate(operations)}
        self.readers: dict[Any, list[int]] = {}
        self.pinned: dict[int, Staged] = {}
        self.users = [sorted(set(self._users(op))) for op in operations]
        self.sources: list[list[int]] = [[] for _ in operations]
        for place, users in enumerate(self.users):
            for user in users:
                self.sources[user].append(place)

    def _users(self, op: Any) -> Iterator[int]:
        for result in op.results:
            for use in result.uses:
                user = use.owner.operation
                while user not in self.places:  # it is in a region of one of them
                    user = user.parent.operation
                yield self.places[user]

    def keep(self) -> None:
        for place, op in enumerate(self.operations):
            if op.name in _READS and _is_part(op):
                self.readers.setdefault(_array(op.operands[0]), []).append(place)
            elif op.name in _TIED_OPERAND:
                for array in _written(op):
                    self._before(place, self.readers.get(array, []))

    def _before(self, place: int, reads: list[int]) -> None:
        """Pins reads before a write of what they read, if more than the write and the end of the body need them."""
        write = self.operations[place]
        if reads and (self._is_one_of_several(place, reads) or self._are_used_besides(reads, place)):
            for read in reads:
                self._pin(read)
            with ir.InsertionPoint(write):
                _tie(write, [self.pinned[read] for read in reads], self.counter)

    def _is_one_of_several(self, write: int, reads: list[int]) -> bool:
        """Whether the array is written, or what was written is read, elsewhere in the same iteration."""
        array = _array(self.operations[reads[0]].operands[0])
        goes_on = any(user != len(self.operations) - 1 for user in self.users[write])
        return goes_on or array in self.made

    def _are_used_besides(self, reads: list[int], write: int) -> bool:
        before = _closure([write], self.sources)
        after = _closure(reads, self.users, write)
        return not after <= before

    def _pin(self, read: int) -> None:
        if read not in self.pinned:
            with ir.InsertionPoint(self.operations[read + 1]):
                self.pinned[read] = pin(self.operations[read], self.counter)


def pin(read: Any, counter: Staged) -> Staged:
    """The value of a read, pinned at the insertion point, which all users of the value use from then on."""
    value = staging.wrap(read.results[0])
    users = [use.owner for use in read.results[0].uses]
    is_divided = _is_divided(read.results[0])
    made = _divided(value, _one(value.shape, counter))
    if is_divided:  # XLA makes one division of two
        made = hlo.select(_has_begun(counter), made, hlo.full_like(made, 0))
    for user in users:
        _replace_operands(user, value._value, made._value)
    return made


def _is_divided(value: Any) -> bool:
    """Whether the elements of a value are operands of a division."""
    users = [use.owner.operation for use in value.uses]
    return any(
        user.name == "stablehlo.divide" or (user.name in _SAME_ELEMENTS and _is_divided(user.results[0]))
        for user in users
    )


def is_part_of(op: Any, array: Any) -> bool:
    """Whether an operation reads a small part of an array."""
    return op.name in _READS and _is_part(op) and _array(op.operands[0]) == array


def counter() -> Staged | None:
    """The counter of the innermost loop around what is being built."""
    scope: Any = staging.scope()
    while scope.parent is not None:
        if scope.block.arguments:
            return staging.wrap(scope.block.arguments[0])
        scope = scope.parent
    return None


def _closure(starts: Iterable[int], edges: list[list[int]], last: int | None = None) -> set[int]:
    """What can be come by along the edges, not beyond `last`."""
    found: set[int] = set()
    stack = list(starts)
    while stack:
        place = stack.pop()
        if place not in found:
            found.add(place)
            stack.extend(edges[place] if place != last else ())
    return found


def _is_part(read: Any) -> bool:
    """Whether it reads so little that a copy of the array takes longer."""
    sizes = [math.prod(ir.RankedTensorType(value.type).shape) for value in (read.results[0], read.operands[0])]
    return 0 < 2 * sizes[0] <= sizes[1]


def _array(value: Any) -> Any:
    """The array whose elements a value is, maybe in another shape."""
    made = _maker(value)
    while made is not None and made.name == "stablehlo.reshape":
        value = made.operands[0]
        made = _maker(value)
    return value


def _maker(value: Any) -> Any:
    """The operation that a value is a result of, None for an argument of a block."""
    return None if isinstance(value.owner, ir.Block) else value.owner.operation


def _written(op: Any) -> list[Any]:
    """The arrays that a write, or a loop, changes."""
    if op.name != _LOOP:
        return [_array(op.operands[0])]
    block = op.regions[1].blocks[0]
    ends = list(block.operations)[-1].operation.operands
    rows = zip(list(op.operands)[1:], list(block.arguments)[1:], list(ends)[1:], strict=True)
    return [_array(start) for start, argument, end in rows if argument != end]


def _replace_operands(op: Any, old: Any, new: Any) -> None:
    for i, operand in enumerate(op.operation.operands):
        if operand == old:
            op.operation.operands[i] = new


def _one(shape: tuple[int, ...], counter: Staged) -> Staged:
    """Ones that depend on the counter, and are different for each element as far as XLA knows."""
    longest = max(range(len(shape)), key=lambda axis: (shape[axis], axis))  # along others all are alike
    place = hlo.add(hlo.iota(shape, longest), hlo.broadcast_to(counter, shape))
    return hlo.add(hlo.minimum(place, hlo.full_like(place, 0)), hlo.full_like(place, 1))


def _divided(x: Staged, one: Staged) -> Staged:
    """`x`, bit by bit."""
    if dtypes.is_complex(x.dtype):
        part = dtypes.real_dtype(x.dtype)
        parts = [hlo.unary(f, x, part) for f in (hlo.stablehlo.real, hlo.stablehlo.imag)]
        value = hlo.stablehlo.complex(*[_divided(p, one).value for p in parts])
        return staging.like(value, x.aval)
    if x.dtype == dtypes.bool_:
        return hlo.convert(hlo.divide(hlo.convert(x, dtypes.int64), one), dtypes.bool_)
    return hlo.divide(x, hlo.convert(one, x.dtype))


def _tie(write: Any, pinned: list[Staged], counter: Staged) -> None:
    """Lets a write come after the pinned values."""
    operand = _TIED_OPERAND[write.name] + _moving_axis(write)
    write.operands[operand] = after(staging.wrap(write.operands[operand]), pinned, counter).value


def _moving_axis(write: Any) -> int:
    """An axis of which a write of a part does not take the whole: the place along others is known to be 0."""
    if write.name != "stablehlo.dynamic_update_slice":
        return 0
    whole, part = (ir.RankedTensorType(write.operands[i].type).shape for i in (0, 1))
    return next((axis for axis, sizes in enumerate(zip(whole, part, strict=True)) if sizes[0] != sizes[1]), 0)


def after(place: Staged, pinned: list[Staged], counter: Staged) -> Staged:
    """`place`, which seems to depend on pinned values."""
    never = hlo.broadcast_to(_combined([_first(x, place.dtype) for x in pinned]), place.shape)
    return hlo.select(_has_begun(counter), place, never)


def _has_begun(counter: Staged) -> Staged:
    """True, which XLA does not know."""
    return hlo.compare(counter, hlo.full_like(counter, -1), "GT")


def _first(x: Staged, dtype: Any) -> Staged:
    part = hlo.slice_(x, [0] * x.ndim, [1] * x.ndim)
    return hlo.convert(hlo.reshape(part, ()), dtype)


def _combined(values: list[Staged]) -> Staged:
    total = values[0]
    for value in values[1:]:
        total = hlo.add(total, value)
    return total
