"""`f(*args)` in a function of `*args`: with the number of arguments known, they are passed one by one.

What `f` writes into one of them is then written into a parameter of this function, as any other argument would be.
"""

import gast

from s2s.codegen.core import core

_SCOPES = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda, gast.ClassDef)


def pass_on(tree: gast.FunctionDef, starred: str, names: list[str]) -> None:
    """Replaces `*starred` in calls, and `starred[0]`, by these parameters, unless that name is bound again."""
    if not any(core.is_name(n) and n.id == starred and isinstance(n.ctx, gast.Store) for n in gast.walk(tree)):
        for statement in tree.body:
            _PassedOn(starred, names).visit(statement)


class _PassedOn(gast.NodeTransformer):
    def __init__(self, starred: str, names: list[str]):
        self.starred, self.names = starred, names

    def visit(self, node: gast.AST) -> gast.AST:
        """Functions defined inside may have a parameter of that name."""
        return node if isinstance(node, _SCOPES) else super().visit(node)

    def visit_Call(self, node: gast.Call) -> gast.AST:
        self.generic_visit(node)
        node.args = [part for argument in node.args for part in self._parts(argument)]
        return node

    def visit_Subscript(self, node: gast.Subscript) -> gast.AST:
        self.generic_visit(node)
        place = core.literal(node.slice) if core.is_literal(node.slice) else None
        is_element = core.is_name(node.value) and node.value.id == self.starred and isinstance(node.ctx, gast.Load)
        if not is_element or type(place) is not int or not -len(self.names) <= place < len(self.names):
            return node
        return gast.copy_location(core.name(self.names[place]), node)

    def _parts(self, argument: gast.AST) -> list[gast.AST]:
        if not isinstance(argument, gast.Starred) or not core.is_name(argument.value):
            return [argument]
        if argument.value.id != self.starred:
            return [argument]
        return [gast.copy_location(core.name(n), argument) for n in self.names]
