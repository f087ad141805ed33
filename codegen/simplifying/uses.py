"""How often the names of a body are read, kept up to date while its statements change."""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping

import gast

from s2s.codegen.core import core


class Uses:
    """Numbers of reads. What is read no more is dead, and what that was computed from is read once less.

    Attributes:
        count: name to the number of times that it is read.
        dead: names assigned by statements that nothing reads any more.
        same_as: names to the ones that are read in their place.
    """

    def __init__(self, statements: list[gast.AST], definitions: Mapping[str, gast.AST]):
        self.count = Counter(itertools.chain.from_iterable(map(core.own_reads, statements)))
        self.definitions = definitions
        self.dead: set[str] = set()
        self.same_as: dict[str, str] = {}

    def gain(self, names: Iterable[str]) -> None:
        """A statement reads these names from now on."""
        work, count = [*names], self.count
        for name in work:
            count[name] += 1
            if name in self.dead:
                self.dead.remove(name)
                work += core.remembered_reads(self.definitions[name])

    def release(self, names: Iterable[str]) -> None:
        """A statement does not read these names any more."""
        work, count = [*names], self.count
        for name in work:
            name = self.same_as.get(name, name)
            left = count[name] = count[name] - 1
            if left == 0 and name in self.definitions:
                self.dead.add(name)
                work += core.remembered_reads(self.definitions[name])

    def pass_on(self, name: str, other: str) -> None:
        """What reads `name` reads `other` from now on."""
        self.count[other] += self.count.pop(name, 0)
        self.same_as[name] = other
