"""Questions about operands: are they active, that is, do they depend on what is differentiated?"""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Kind


class Activity:
    """Asks them of the kinds that are known so far."""

    kinds: dict[str, Kind]
    _last_read: tuple[Any, list[str]] = None, []

    def kind(self, node: gast.AST) -> Kind:
        raise NotImplementedError

    def reads(self, node: gast.AST) -> list[str]:
        """The names that an expression reads; several questions about a statement ask for the same ones."""
        if self._last_read[0] is not node:
            self._last_read = node, core.free_reads(node)
        return self._last_read[1]

    def is_active(self, node: gast.AST) -> bool:
        return kinds.is_active(self.kind(node))

    def reads_active(self, node: gast.AST) -> bool:
        return any([n in self.kinds and kinds.is_active(self.kinds[n]) for n in self.reads(node)])

    def is_active_argument(self, node: gast.AST) -> bool:
        if type(node) is gast.Name:
            return kinds.is_active(self.kind(node))
        return type(node) is not gast.Constant and self.reads_active(node)
