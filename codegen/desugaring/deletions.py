"""`del xs[i]` as what it is to a list or a dict: `xs.pop(i)`, whose result nobody takes."""

from typing import Any

import gast

from s2s.codegen.core import core


def without_deletions(tree: Any) -> Any:
    """The function with its deletions of entries as method calls; the same tree if there are none."""
    if not any(_is_of_entry(t) for n in gast.walk(tree) if isinstance(n, gast.Delete) for t in n.targets):
        return tree
    return _Deletions().visit(core.copied(tree))


def _is_of_entry(target: gast.AST) -> bool:
    is_entry = isinstance(target, gast.Subscript) and not isinstance(target.slice, gast.Slice | gast.Tuple)
    return is_entry and isinstance(target.value, gast.Name)


class _Deletions(gast.NodeTransformer):
    def visit_Delete(self, node: gast.Delete) -> list[gast.AST]:
        return [
            self._popped(t) if _is_of_entry(t) else gast.copy_location(gast.Delete([t]), node) for t in node.targets
        ]

    def _popped(self, target: gast.Subscript) -> gast.AST:
        owner = gast.copy_location(gast.Name(target.value.id, gast.Load(), None, None), target)
        method = gast.copy_location(gast.Attribute(owner, "pop", gast.Load()), target)
        call = gast.copy_location(gast.Call(method, [target.slice], []), target)
        return gast.copy_location(gast.Expr(call), target)
