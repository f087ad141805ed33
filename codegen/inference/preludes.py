"""Statements that inference puts in front of another one, to take apart or build what that one needs."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference import complex_values


def infer_block(inference: Any, body: list[gast.AST]) -> None:
    """Infers each statement of a block; what is put in front of one is inferred before it, and stays there."""
    outer = inference.prelude, inference.current, inference.enclosing
    inference.enclosing = body
    at = 0
    while at < len(body):
        statement = body[at]
        added: list[gast.AST] = []
        inference.prelude, inference.current = added, statement
        getattr(inference, "do_" + type(statement).__name__)(statement)
        complex_values.check(inference, statement)
        if at >= len(body) or body[at] is not statement:
            at = next(i for i, s in enumerate(body) if s is statement)  # what was in front may have gone
        if added:
            body[at:at] = added
            at += len(added)
        written_out = statement.__dict__.pop("written_out", None)
        if written_out is None:
            at += 1
        else:
            body[at : at + 1] = written_out
    inference.prelude, inference.current, inference.enclosing = outer


class Preludes:
    """Puts statements in front of the one that is being inferred."""

    function: core.Function
    prelude: list[gast.AST]
    current: gast.AST | None = None
    enclosing: list[gast.AST] = []

    def insert(self, statement: gast.AST) -> None:
        """Infers the statement, and puts it in front of the current one."""
        core.from_statement(statement, self.current)
        statement.temporary = True
        getattr(self, "do_" + type(statement).__name__)(statement)
        complex_values.check(self, statement)
        self.prelude.append(statement)

    def splice(self, *statements: gast.AST) -> None:
        """Infers statements with an origin of their own, and puts them in front of the current one."""
        body = list(statements)
        infer_block(self, body)
        self.prelude += body

    def computed(self, base: str, value: gast.AST) -> gast.AST:
        """A new name for an operation."""
        name = self.function.fresh(base)
        self.insert(core.assign(name, value))
        return core.name(name)

    def unpacked(self, node: gast.AST, bases: list[str]) -> list[gast.AST]:
        """New names for the elements of a container."""
        names = [self.function.fresh(b) for b in bases]
        if names:
            self.insert(core.unpack(names, node))
        return [core.name(n) for n in names]
