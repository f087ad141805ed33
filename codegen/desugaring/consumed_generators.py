"""Generator expressions that what is around them runs through at once: they are as good as lists.

`a, b = (f(v) for v in vs)`, `f(*(… for …))`, `for v in (… for …)`, `math.prod(… for …)`, `", ".join(… for …)`.
"""

import functools
import math
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.reading.guards import resolve_path

# Functions and methods that take all of an iterable before they return.
FUNCTIONS = (math.prod, math.fsum, functools.reduce, max, min, sorted)
METHODS = ("join", "extend", "update")
_PATTERNS = (gast.Tuple, gast.List)


def as_list(node: gast.AST) -> gast.AST:
    """A list comprehension for a generator expression; any other expression as it is."""
    if not isinstance(node, gast.GeneratorExp):
        return node
    return gast.copy_location(gast.ListComp(node.elt, node.generators), node)


def unpacked(statement: gast.Assign) -> gast.AST:
    """What an assignment assigns, as a list where it is unpacked."""
    is_unpacked = any([isinstance(t, _PATTERNS) for t in statement.targets])
    return as_list(statement.value) if is_unpacked else statement.value


def in_call(desugarer: Any, node: gast.Call) -> gast.AST | None:
    """The call with lists in place of the generator expressions that it consumes; None if there are none."""
    if not any(isinstance(_unstarred(a), gast.GeneratorExp) for a in node.args):
        return None
    if _is_dict_of_pairs(desugarer, node):
        (key, value), generators = node.args[0].elt.elts, node.args[0].generators
        return gast.copy_location(gast.DictComp(key, value, generators), node)
    consumes = _consumes(desugarer, node.func)
    arguments = [_argument(a, consumes) for a in node.args]
    if all(new is old for new, old in zip(arguments, node.args, strict=True)):
        return None
    return gast.copy_location(gast.Call(node.func, arguments, node.keywords), node)


def _is_dict_of_pairs(desugarer: Any, node: gast.Call) -> bool:
    """Is it `dict((k, v) for …)`?"""
    pairs = node.args[0]
    is_pair = isinstance(pairs, gast.GeneratorExp) and isinstance(pairs.elt, gast.Tuple) and len(pairs.elt.elts) == 2
    is_dict = core.is_name(node.func) and node.func.id == "dict" and "dict" not in desugarer.locals
    return is_dict and is_pair and len(node.args) == 1 and not node.keywords


def _argument(node: gast.AST, consumes: bool) -> gast.AST:
    if isinstance(node, gast.Starred):
        return gast.copy_location(gast.Starred(as_list(node.value), gast.Load()), node)
    return as_list(node) if consumes else node


def _unstarred(node: gast.AST) -> gast.AST:
    return node.value if isinstance(node, gast.Starred) else node


def _consumes(desugarer: Any, function: gast.AST) -> bool:
    path = core.dotted(function)
    if path is not None and path.split(".")[0] not in desugarer.locals:
        target = resolve_path(desugarer.function.source, path)
        return any(target is f for f in FUNCTIONS)
    return isinstance(function, gast.Attribute) and function.attr in METHODS
