"""Elements that a loop writes once, `out[i] = …` for i in a range: their adjoint is read once, and need not be zeroed.

The zero would be for what the element held before. Where nothing but the loop asks for that, it is left out.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import gast

from s2s.codegen.core import core
from s2s.codegen.simplifying import counters, dead_code
from s2s.codegen.simplifying.shapes import called_primitive


class Around(NamedTuple):
    """A loop that goes back, with the block that holds it.

    Attributes:
        loop: the loop.
        before: the statements of its block.
        counter: what its iterations have for the index of the forward loop, None where that may take a value twice.
    """

    loop: gast.For
    before: list[gast.AST]
    counter: str | None


def run(function: core.Function, forward: Iterable[gast.AST], body: list[gast.AST]) -> None:
    """Leaves zeroing out in the loops of `body`, which go back over those of `forward`, in place."""
    if core.is_straight(body):
        return
    statements = core.walk([*forward, *body])
    Search(function, statements, body).block(body, [])


class Search:
    def __init__(self, function: core.Function, statements: list[gast.AST], body: list[gast.AST]):
        self.function = function
        self.reads = Counter(n for s in core.walk(body) for n in core.own_reads(s))
        self.offsets: dict[str, str] = {}  # name to the index that it is at a fixed distance from
        self.called = {id(loop): called for loop, called in dead_code.saved_entries(statements)}
        plain = [s for s in core.walk(body) if _is_plain(s) and core.is_name(s.targets[0])]
        self.definitions = {s.targets[0].id: s.value for s in plain}

    def block(self, body: list[gast.AST], around: list[Around]) -> None:
        for statement in body:
            if type(statement) is gast.For and "primal" in statement.__dict__:
                inner = [*around, Around(statement, body, self._index(statement))]
                self._leave_zeros_out(inner)
                self.block(statement.body, inner)
            else:
                for block in core.blocks(statement):
                    self.block(block, [])

    def _index(self, loop: gast.For) -> str | None:
        """The name in a loop back for the index of `for i in range(…)`."""
        primal = loop.primal
        if not isinstance(primal, gast.For) or not counters.is_range(self.function, primal.iter):
            return None
        if not _is_natural_range(primal.iter.args):
            return None
        index, called = core.targets(primal)[0], self.called.get(id(loop), {})
        self._note_offsets(primal, index, called)
        return called.get(index, index)

    def _note_offsets(self, primal: gast.For, index: str, called: dict[str, str]) -> None:
        """`j = i + 1` names another element in each iteration as well."""
        for statement in primal.body:
            value = statement.value if type(statement) is gast.Assign else None
            is_sum = isinstance(value, gast.BinOp) and isinstance(value.op, gast.Add) and core.is_name(value.left)
            if is_sum and value.left.id == index and _is_natural(value.right):
                for name in core.targets(statement):
                    self.offsets[called.get(name, name)] = called.get(index, index)

    def _leave_zeros_out(self, around: list[Around]) -> None:
        loop = around[-1].loop
        for name, value in core.split_join(loop.body)[1]:
            updates = self._updates(loop, name, value)
            zeros = [s for s in updates if self._called(s) == "set_at"]
            if len(zeros) != 1 or not core.is_constant(zeros[0].value.args[2], 0):
                continue
            key = self._key(zeros[0].value.args[1])
            reading = [name, *(core.targets(s)[0] for s in updates)]
            before = reading[: 1 + updates.index(zeros[0])]
            if self._only_reads(loop, reading, before, key) and self._is_last(around, name, key):
                zeros[0].value = zeros[0].value.args[0]

    def _updates(self, loop: gast.For, name: str, value: gast.AST) -> list[gast.AST]:
        """The statements `b = add_at(a, …)` and `b = set_at(a, …)` that lead from a carried name to its next value."""
        definitions = {core.targets(s)[0]: s for s in loop.body if _is_plain(s)}
        found: list[gast.AST] = []
        while core.is_name(value) and value.id != name:
            statement = definitions.get(value.id)
            if statement is None or self._called(statement) not in ("add_at", "set_at"):
                return []
            found.append(statement)
            value = statement.value.args[0]
        return found[::-1]

    def _called(self, statement: gast.AST) -> str | None:
        """The operation that a statement is the result of."""
        call = statement.value
        primitive = called_primitive(self.function, call) if isinstance(call, gast.Call) else None
        return primitive.name if primitive is not None else None

    def _key(self, node: gast.AST) -> gast.AST:
        """An index, as the tuple that it is named for."""
        found = self.definitions.get(node.id) if core.is_name(node) else None
        return found if isinstance(found, gast.Tuple) else node

    def _only_reads(self, loop: gast.For, names: list[str], before: list[str], key: gast.AST) -> bool:
        """Is all that the loop reads of the array, under any of its names, the one element before it is set to zero?

        What is added to other elements does not read them.
        """
        carrying = core.split_guard(loop.body)[0][-1]
        for statement in core.walk(loop.body):
            read = [n for n in core.own_reads(statement) if n in names]
            if not read or (statement is carrying and read == names[-1:]):
                continue
            is_update = len(read) == 1 and self._is_update(statement, read[0], names)
            is_element = len(read) == 1 and read[0] in before and self._reads_element(statement, read[0], key)
            if not (is_update or is_element):
                return False
        return True

    def _is_update(self, statement: gast.AST, name: str, names: list[str]) -> bool:
        if not (_is_plain(statement) and core.targets(statement)[0] in names):
            return False
        updated = statement.value.args[0]
        return core.is_name(updated) and updated.id == name

    def _reads_element(self, statement: gast.AST, name: str, key: gast.AST) -> bool:
        value = statement.value if _is_plain(statement) else None
        if isinstance(value, gast.Subscript):
            return core.is_name(value.value) and value.value.id == name and core.same(self._key(value.slice), key)
        is_read = value is not None and self._called(statement) == "set_at_bar"
        return is_read and core.is_name(value.args[0]) and core.same(self._key(value.args[1]), key)

    def _is_last(self, around: list[Around], name: str, key: gast.AST) -> bool:
        """Is it another element in each iteration of the loops around, and is the array not read after these?"""
        loop, block, counter = around[-1]
        if counter is None or counter not in self._indices(key):
            return False
        inside = sum(core.own_reads(s).count(name) for s in core.walk(loop.body))
        if self.reads[name] == inside:
            return True
        if self.reads[name] != inside + 1 or len(around) < 2:
            return False
        outer = next((n for n, v in core.split_join(block)[1] if core.is_name(v) and v.id == name), None)
        entry = self._entry(block, loop, name)
        if outer is None or not core.is_name(entry) or entry.id != outer:
            return False
        return self._is_read_once(around[-2].loop, outer) and self._is_last(around[:-1], outer, key)

    def _is_read_once(self, loop: gast.For, name: str) -> bool:
        return sum(core.own_reads(s).count(name) for s in core.walk(loop.body)) == 1

    def _entry(self, block: list[gast.AST], loop: gast.For, name: str) -> gast.AST | None:
        """What a carried name starts from."""
        at = next(i for i, s in enumerate(block) if s is loop)
        before = [dict(core.split_join([s])[1]) for s in block[:at] if core.is_join(s)]
        return next((pairs[name] for pairs in reversed(before) if name in pairs), None)

    def _indices(self, key: gast.AST) -> set[str]:
        parts = key.elts if isinstance(key, gast.Tuple) else [key]
        names = [p.id for p in parts if core.is_name(p)]
        return {self.offsets.get(n, n) for n in names}


def _is_plain(statement: gast.AST) -> bool:
    return type(statement) is gast.Assign and not core.is_join(statement)


def _is_natural_range(bounds: list[gast.AST]) -> bool:
    """Is `range(*bounds)` of natural numbers, as far as its text says? Negative ones could name an element again."""
    if len(bounds) == 3 and not core.is_constant(bounds[2]):
        return False
    if len(bounds) == 3 and core.literal(bounds[2]) < 0:
        return core.is_constant(bounds[1]) and core.literal(bounds[1]) >= -1
    return len(bounds) == 1 or _is_natural(bounds[0])


def _is_natural(node: gast.AST) -> bool:
    return core.is_constant(node) and type(core.literal(node)) is int and core.literal(node) >= 0
