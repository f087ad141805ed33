"""What the statements of a body assign."""

import gast

from s2s.codegen.core import core


class Assigned:
    """What the statements assign.

    Attributes:
        plain: names of plain assignments to what they are assigned.
        derived: names that derived statements assign.
        temporaries: names of parts of the user's expressions.
        unnamed: names of derived values that may be called like what is a copy of them.
        again: names of values of the forward sweep that are computed again.
        joined: names that are carried round loops or joined after branches.
    """

    def __init__(self, statements: list[gast.AST]):
        self.plain: dict[str, gast.AST] = {}
        self.derived: set[str] = set()
        self.temporaries: set[str] = set()
        self.unnamed: set[str] = set()
        self.again: set[str] = set()
        self.joined: set[str] = set()
        self._found: dict[str, gast.AST] = {}
        self._twice: set[str] = set()
        found, plain = self._found, self.plain
        for statement in statements:
            kind, marks = type(statement), statement.__dict__
            if kind is gast.Assign and "join" not in marks and type(target := marks["targets"][0]) is gast.Name:
                name = target.id  # most of them
                if name in found:
                    self._twice.add(name)
                if marks.get("backward") or marks.get("derived"):
                    self.derived.add(name)
                    if "again" in marks:
                        self.again.add(name)
                    if not marks.get("named"):
                        self.unnamed.add(name)
                elif marks.get("temporary"):
                    self.temporaries.add(name)
                found[name] = plain[name] = marks["value"]
            elif kind is gast.Assign or kind is gast.For:
                self._note(statement)

    def _note(self, statement: gast.AST) -> None:
        names, found = core.targets(statement), self._found
        if not found.keys().isdisjoint(names):
            self._twice.update(found.keys() & set(names))
        if core.is_derived(statement):
            self.derived.update(names)
        if core.is_join(statement):
            self.joined.update(names)
            if len(names) == 1 and core.is_derived(statement):
                self.unnamed.add(names[0])
        found.update(dict.fromkeys(names, NO_VALUE))

    def once(self) -> dict[str, gast.AST]:
        """Names that are assigned once, to what."""
        twice = self._twice
        return {n: v for n, v in self._found.items() if n not in twice} if twice else self._found


# Stands for a definition that is no operation.
NO_VALUE = gast.Pass()
