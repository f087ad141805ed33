"""Emitted functions that a later emitted file still calls as they are get their text copied into it.

A second derivative calls first-order functions where nothing active reaches them; the file must run without the first.
"""

import types
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.emission.load import is_emitted
from s2s.codegen.program import Emitted
from s2s.codegen.reading.guards import resolve_name
from s2s.codegen.reading.source import function_source


def embed(program: Any) -> None:
    """Adds the functions of other emitted files that the program's functions read, callees first."""
    placed: dict[int, str] = {}
    work = list(program.emitted)
    while work:
        reader = work.pop(0)
        emitted = {n: t for n, t in reader.references.items() if _is_emitted(t)}
        for name in dict.fromkeys(core.free_reads(reader.tree)) if emitted else ():
            target = emitted.get(name)
            if target is None:
                continue
            if id(target) not in placed:
                placed[id(target)] = _free_name(program, name)
                copied = _copied(target, placed[id(target)])
                program.emitted.insert(0, copied)
                work.append(copied)
            del reader.references[name]
            rename_global(reader.tree, name, core.name(placed[id(target)]))


def _is_emitted(target: Any) -> bool:
    return isinstance(target, types.FunctionType) and is_emitted(target.__code__.co_filename)


def _free_name(program: Any, name: str) -> str:
    taken = any(name == e.name for e in program.emitted)
    return program.namer.fresh(name) if taken else name


def _copied(function: types.FunctionType, name: str) -> Emitted:
    source = function_source(function)
    tree = source.tree
    tree.name = name
    for node in gast.walk(tree):
        if isinstance(node, gast.stmt):
            node.origin = (source.filename, node.lineno)
    own = {n.id for n in core.nodes(tree) if type(n) is gast.Name and type(n.ctx) is not gast.Load}
    references = {n: resolve_name(source, n) for n in core.free_reads(tree) if n not in own}
    return Emitted(name, tree, references, source)


class _Replacement(gast.NodeTransformer):
    def __init__(self, name: str, node: gast.AST):
        self.name = name
        self.node = node

    def visit_Name(self, node: gast.AST) -> gast.AST:
        return self.node if node.id == self.name and isinstance(node.ctx, gast.Load) else node


def rename_global(tree: gast.AST, name: str, node: gast.AST) -> None:
    """Reads `node` instead of the global `name`, defaults of parameters included."""
    core.forget_nodes(tree)
    if not core.is_name(node) or node.id != name:
        tree.body = core.copied(tree.body)  # its expressions may stand in other functions, too
        _Replacement(name, node).visit(tree)
