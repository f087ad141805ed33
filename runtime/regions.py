"""Regions of staged conditionals and loops: built on the side, then kept or thrown away."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from s2s.runtime import dtypes, effects, staging
from s2s.runtime.adapter import ir
from s2s.runtime.aval import Aval
from s2s.runtime.effects import Log
from s2s.runtime.staging import Scope, Staged


class Region:
    """A block under construction, of an operation that does not exist yet.

    Attributes:
        arguments: the block's arguments as staged arrays.
        scope: its scope; a value of it may only be used inside.
        log: what building it changed; the changes are undone when `building` ends.
    """

    __slots__ = ("arguments", "scope", "log", "_scratch", "_given")

    def __init__(self, avals: Sequence[Aval]) -> None:
        outer = staging.scope()
        types = [dtypes.tensor_type(aval.shape, aval.dtype) for aval in avals]
        self._scratch = ir.Operation.create("stablehlo.while", results=[], operands=[], regions=1, ip=False)
        block = self._scratch.regions[0].blocks.append(*types)
        self.scope = Scope(outer.module, block, parent=outer)
        self.arguments = [Staged(v, aval, self.scope) for v, aval in zip(block.arguments, avals, strict=True)]
        self._given = [argument._value for argument in self.arguments]
        self.log = Log(self.scope)

    @contextmanager
    def building(self) -> Iterator["Region"]:
        """Operations go to this region; an exception drops it. Changes of outside objects are undone at the end."""
        try:
            with staging.entered(self.scope), effects.recording(self.log):
                yield self
        except BaseException:
            self.log.undo_all()
            self.drop()
            raise

    @contextmanager
    def continued(self) -> Iterator["Region"]:
        """Adds operations at its end, without any effects."""
        with staging.entered(self.scope):
            yield self

    def add_arguments(self, avals: Sequence[Aval]) -> list[Staged]:
        """More arguments of the block, after the others."""
        unknown = ir.Location.unknown()
        types = [dtypes.tensor_type(aval.shape, aval.dtype) for aval in avals]
        values = [self.scope.block.add_argument(kind, unknown) for kind in types]
        return [Staged(value, aval, self.scope) for value, aval in zip(values, avals, strict=True)]

    def is_written(self, place: int) -> bool:
        """Whether the array that stands for an argument was written in the region."""
        return self.arguments[place]._value is not self._given[place]

    def finish(self, values: Sequence[Any]) -> None:
        """Ends the block with these MLIR values as its results."""
        ir.Operation.create("stablehlo.return", [], list(values), ip=ir.InsertionPoint(self.scope.block))

    def move_to(self, region: Any) -> None:
        """Makes the block the body of a region of a real operation."""
        self.scope.open = False
        self.scope.block.append_to(region)
        self._scratch.erase()

    def drop(self) -> None:
        """Gives up what was built; values of the region that escaped are known by its closed scope."""
        if self.scope.open:
            self.scope.open = False
            self._scratch.erase()
