"""Rules of primitives with a variadic operand (`np.einsum(subscripts, *operands)`), instantiated per operand.

In such a rule `k` is the place of the operand, `operands[k]` is that operand, and `*replaced(operands, k, v)` stands
for the operands of the call with that one replaced.
"""

import copy
from collections.abc import Mapping

import gast

from s2s.codegen.core import core


def variadic_operand(parameters: tuple[str, ...]) -> str | None:
    """The name of the variadic parameter, None if there is none."""
    return next((p[1:] for p in parameters if p.startswith("*")), None)


def expand(
    expression: gast.AST, name: str, nodes: list[gast.AST], place: int, mapping: Mapping[str, gast.AST]
) -> gast.AST:
    """The rule's expression for the operand at `place`, among the operands `nodes` of the call."""
    return _Expansion(name, nodes, place, mapping).visit(copy.deepcopy(expression))


class _Expansion(gast.NodeTransformer):
    """Replaces names of the rule; what is put in is not looked at again."""

    def __init__(self, name: str, nodes: list[gast.AST], place: int, mapping: Mapping[str, gast.AST]):
        self.name = name
        self.nodes = nodes
        self.place = place
        self.mapping = mapping

    def visit_Name(self, node: gast.AST) -> gast.AST:
        return core.constant(self.place) if node.id == "k" else self.mapping.get(node.id, node)

    def visit_Subscript(self, node: gast.AST) -> gast.AST:
        if isinstance(node.value, gast.Name) and node.value.id == self.name:
            return self.nodes[self.place]
        if isinstance(node.value, gast.Name) and node.value.id == f"{self.name}_dot":
            return self.mapping[node.value.id]
        return self.generic_visit(node)

    def visit_Call(self, node: gast.AST) -> gast.AST:
        arguments: list[gast.AST] = []
        for argument in node.args:
            if isinstance(argument, gast.Starred):
                arguments.extend(self._operands(argument.value))
            else:
                arguments.append(self.visit(argument))
        keywords = [gast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        return gast.Call(self.visit(node.func), arguments, keywords)

    def _operands(self, node: gast.AST) -> list[gast.AST]:
        """`operands`, or `replaced(…)` of them, as a list."""
        if isinstance(node, gast.Name):
            return list(self.nodes)
        inner = self._operands(node.args[0])
        at = core.literal(self.visit(node.args[1]))
        return [*inner[:at], self.visit(node.args[2]), *inner[at + 1 :]]
