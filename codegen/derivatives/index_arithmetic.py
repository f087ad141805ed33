"""Integers that come from indices of loops and from sizes by arithmetic: `di + h - kh`, `2 * i + 1`.

They are cheap to compute again at any depth, and a compiler that sees the arithmetic knows how long a slice is.
"""

from collections.abc import Callable

import gast

from s2s.codegen.core import core
from s2s.codegen.inference.kinds import Unknown
from s2s.codegen.simplifying.shapes import resolved

_OPERATORS = (gast.Add, gast.Sub, gast.Mult, gast.FloorDiv, gast.Mod)


class IndexArithmetic:
    """What is known to be an integer of this kind in a function.

    Attributes:
        of: names to the statements that compute them from such integers, or that ask for a size.
        counters: the indices of loops.
        measured: what is asked for its size.
    """

    def __init__(self, function: core.Function, body: list[gast.AST]):
        self.function = function
        self.of: dict[str, gast.AST] = {}
        self.counters: set[str] = set()
        self.measured: set[str] = set()
        self._sizes: set[str] = set()
        self._shapes: set[str] = set()
        for statement in core.walk(body):
            if type(statement) is gast.For:
                self._note_counter(statement)
            elif type(statement) is gast.Assign and not core.is_join(statement):
                self._note(statement)

    def _note_counter(self, loop: gast.For) -> None:
        call, targets = loop.iter, core.targets(loop)
        if type(call) is gast.Call and resolved(self.function, call.func) is reversed:
            call = call.args[0]
        called = resolved(self.function, call.func) if type(call) is gast.Call else None
        if called is range or called is enumerate and len(call.args) == 1:
            self.counters.update(targets[:1])

    def _note(self, statement: gast.AST) -> None:
        target, value = statement.targets[0], statement.value
        if type(target) is gast.Tuple:
            is_shape = self._is_shape(value) or core.is_name(value) and value.id in self._shapes
            self._sizes.update(core.targets(statement) if is_shape else ())
        elif self._is_shape(value):
            self._shapes.add(target.id)
            self._note_size(statement)
        elif self._is_size(value):
            self._sizes.add(target.id)
            self._note_size(statement)
        elif self._is_arithmetic(value):
            self.of[target.id] = statement

    def _note_size(self, statement: gast.AST) -> None:
        """The size may be asked for again, but for objects of other kinds: methods may change those."""
        measured = [n for n in core.own_reads(statement) if n not in self._shapes]
        if not any(isinstance(self.function.kinds.get(n, Unknown()), Unknown) for n in measured):
            self.of[statement.targets[0].id] = statement
            self.measured.update(measured)

    def _is_shape(self, value: gast.AST) -> bool:
        return type(value) is gast.Attribute and value.attr == "shape" and core.is_name(value.value)

    def _is_size(self, value: gast.AST) -> bool:
        if type(value) is gast.Subscript:
            return core.is_name(value.value) and value.value.id in self._shapes and core.is_literal(value.slice)
        if type(value) is gast.Call:
            return resolved(self.function, value.func) is len and core.is_name(value.args[0])
        return type(value) is gast.Attribute and value.attr in ("ndim", "size") and core.is_name(value.value)

    def _is_arithmetic(self, value: gast.AST) -> bool:
        if type(value) is gast.BinOp:
            return type(value.op) in _OPERATORS and self._is_integer(value.left) and self._is_integer(value.right)
        return type(value) is gast.UnaryOp and type(value.op) is gast.USub and self._is_integer(value.operand)

    def _is_integer(self, node: gast.AST) -> bool:
        if core.is_name(node):
            return node.id in self.of or node.id in self.counters or node.id in self._sizes
        return core.is_literal(node) and type(core.literal(node)) is int

    def leaves(self, name: str) -> set[str]:
        """The indices and sizes that an integer is computed from."""
        if name not in self.of:
            return {name}
        return {leaf for n in core.own_reads(self.of[name]) for leaf in self.leaves(n)}

    def chain(self, name: str, is_there: Callable[[str], bool]) -> list[str]:
        """The integers that this one is computed from and that are not there, the latest first."""
        found = self._missing(name, is_there)
        return [n for n in reversed(self.of) if n in found]

    def _missing(self, name: str, is_there: Callable[[str], bool]) -> set[str]:
        found = {n for n in core.own_reads(self.of[name]) if n in self.of and not is_there(n)}
        return found.union(*(self._missing(n, is_there) for n in found))
