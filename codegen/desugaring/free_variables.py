"""The names that functions defined inside read, or declare `nonlocal`, of the functions around them."""

import gast

from s2s.codegen.core import core
from s2s.codegen.reading.resolve import bound_names, own_nodes

COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)


def free_variables(node: gast.AST) -> list[str]:
    """Names that a definition reads from the scopes around it, in order."""
    found: dict[str, None] = dict.fromkeys(declared_nonlocal(node))
    inner = bound_names(node) if isinstance(node, gast.FunctionDef) else _lambda_names(node)
    body = node.body if isinstance(node.body, list) else [node.body]
    for part in body:
        _collect_free(part, frozenset(inner), found)
    return list(found)


def declared_nonlocal(node: gast.AST) -> list[str]:
    """The names of functions around that a definition, or one inside of it, declares `nonlocal`."""
    nodes = list(own_nodes(node.body)) if isinstance(node.body, list) else []
    found = [name for n in nodes if isinstance(n, gast.Nonlocal) for name in n.names]
    inner = [n for n in nodes if isinstance(n, gast.FunctionDef)]
    bound = bound_names(node) if inner else set()
    return [*found, *[name for n in inner for name in declared_nonlocal(n) if name not in bound]]


def _lambda_names(node: gast.AST) -> set[str]:
    names = {a.id for a in core.nodes(node.args) if isinstance(a, gast.Name) and isinstance(a.ctx, gast.Param)}
    return names | {n.target.id for n in gast.walk(node.body) if isinstance(n, gast.NamedExpr)}


def _collect_free(node: gast.AST, bound: frozenset[str], found: dict[str, None]) -> None:
    if isinstance(node, gast.Name):
        if isinstance(node.ctx, gast.Load) and node.id not in bound:
            found[node.id] = None
        return
    if isinstance(node, gast.FunctionDef | gast.Lambda):
        parts = [*node.args.defaults, *node.args.kw_defaults, *getattr(node, "decorator_list", [])]
        for part in parts:
            if part is not None:
                _collect_free(part, bound, found)
        found.update({n: None for n in free_variables(node) if n not in bound})
        return
    if isinstance(node, COMPREHENSIONS):
        bound = bound | {n for g in node.generators for n in core.target_names(g.target)}
    for child in gast.iter_child_nodes(node):
        _collect_free(child, bound, found)
