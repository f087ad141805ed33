"""Whether text says what the tree that it was printed from says: the tree that it parses to is compared."""

import ast
from typing import Any

import gast

from s2s.codegen.printing.statements import is_comment
from s2s.codegen.reading.trees import literal

_IGNORED = frozenset(("ctx", "type_comment", "kind", "type_ignores", "type_params", "is_async"))

# Class of node to the fields that are compared.
_COMPARED = {
    kind: tuple(name for name in kind._fields if name not in _IGNORED)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}


def same(a: Any, b: Any) -> bool:
    """Whether two trees of the standard library are equal but for positions and contexts."""
    kind = type(a)
    if kind in _COMPARED:
        if kind is not type(b):
            return False
        left, right = a.__dict__, b.__dict__
        for name in _COMPARED[kind]:
            x, y = left.get(name), right.get(name)
            if x is not y and not same(x, y):
                return False
        return True
    if kind is list:
        return type(b) is list and len(a) == len(b) and all(map(same, a, b))
    return (a == b and repr(a) == repr(b)) if not isinstance(a, str) else a == b


# gast's class of node to the standard library's, and the fields that are compared.
_COUNTERPARTS = {
    getattr(gast, kind.__name__): (kind, fields) for kind, fields in _COMPARED.items() if hasattr(gast, kind.__name__)
}


def says(mine: Any, parsed: Any) -> bool:
    """Whether a tree of gast's, comments aside, is the standard library's tree `parsed`."""
    kind = type(mine)
    if kind is gast.Name:
        return _same_name(mine, parsed)
    if kind is list:
        return _same_list(mine, parsed)
    if kind is gast.Constant:
        return same(literal(mine.value), parsed)
    if kind not in _COUNTERPARTS:
        return same(mine, parsed)
    expected, fields = _COUNTERPARTS[kind]
    if type(parsed) is not expected:
        return False
    left, right = mine.__dict__, parsed.__dict__
    for name in fields:
        x, y = left.get(name), right.get(name)
        if x is not y and not says(x, y):
            return False
    return True


def _same_name(mine: Any, parsed: Any) -> bool:
    if type(parsed) is ast.Name:
        return mine.id == parsed.id
    return type(parsed) is ast.arg and mine.id == parsed.arg and says(mine.annotation, parsed.annotation)


def _same_list(mine: list[Any], parsed: Any) -> bool:
    if type(parsed) is not list:
        return False
    plain = [item for item in mine if not is_comment(item)]
    if mine and not plain:  # comments alone are printed with `pass`
        return len(parsed) == 1 and type(parsed[0]) is ast.Pass
    return len(plain) == len(parsed) and all(map(says, plain, parsed))
