"""Expressions of Core, made without gast's checks of their arguments: passes make very many."""

import functools
from collections.abc import Iterable
from typing import Any

import gast

LOAD, STORE = gast.Load(), gast.Store()


_new_name = functools.partial(gast.Name.__new__, gast.Name)


def name(identifier: str) -> gast.AST:
    node = _new_name()
    node.id, node.ctx, node.annotation, node.type_comment = identifier, LOAD, None, None
    return node


def stored(identifier: str) -> gast.AST:
    node = _new_name()
    node.id, node.ctx, node.annotation, node.type_comment = identifier, STORE, None, None
    return node


def made(node_class: Any, /, **fields: Any) -> gast.AST:
    """A node of these fields (all of them, in their order), made without gast's checks."""
    node = node_class.__new__(node_class)
    node.__dict__.update(fields)
    return node


def constant(value: Any) -> gast.AST:
    return made(gast.Constant, value=value, kind=None)


def path(dotted: str) -> gast.AST:
    """`"np.linalg.inv"` as a node."""
    first, *rest = dotted.split(".")
    node = name(first)
    for part in rest:
        node = attribute(node, part)
    return node


def attribute(value: gast.AST, name: str) -> gast.AST:
    node = gast.Attribute.__new__(gast.Attribute)
    node.value, node.attr, node.ctx = value, name, LOAD
    return node


def call(function: str | gast.AST, *arguments: gast.AST, **keywords: gast.AST) -> gast.AST:
    target = path(function) if isinstance(function, str) else function
    return call_of(target, list(arguments), [gast.keyword(k, v) for k, v in keywords.items()])


def call_of(function: gast.AST, arguments: list[gast.AST], keywords: list[gast.AST]) -> gast.AST:
    node = gast.Call.__new__(gast.Call)
    node.func, node.args, node.keywords = function, arguments, keywords
    return node


def binary(left: gast.AST, operator: gast.AST, right: gast.AST) -> gast.AST:
    node = gast.BinOp.__new__(gast.BinOp)
    node.left, node.op, node.right = left, operator, right
    return node


def tuple_of(nodes: Iterable[gast.AST]) -> gast.AST:
    return made(gast.Tuple, elts=list(nodes), ctx=LOAD)


def list_of(nodes: Iterable[gast.AST]) -> gast.AST:
    return made(gast.List, elts=list(nodes), ctx=LOAD)


def subscript(value: gast.AST, index: gast.AST) -> gast.AST:
    return made(gast.Subscript, value=value, slice=index, ctx=LOAD)
