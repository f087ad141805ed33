"""`dict(a=x, b=y)`, `dict(zip(keys, values))`, `dict.fromkeys(keys, v)`, `d | e` as displays, or as loops."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.desugaring import call_arguments
from s2s.codegen.functions import function_values
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, MapOf, TupleOf
from s2s.runtime import builtin_functions as library

Entries = list[tuple[gast.AST, gast.AST]]


def of_call(inference: Any, node: gast.Call, target: Any) -> gast.AST | None:
    """What a call of `dict` or `dict.fromkeys` comes to; None where it is left as it is."""
    if any(k.arg is None for k in node.keywords) or any(isinstance(a, gast.Starred) for a in node.args):
        return None
    if target is not dict:
        return _from_keys(inference, node.args) if len(node.args) == 2 and not node.keywords else None
    named = [(core.constant(k.arg), k.value) for k in node.keywords]
    if not node.args:
        return display(named) if named else None
    entries = known_entries(inference, node.args[0]) if len(node.args) == 1 else None
    if entries is not None:
        return display([*entries, *named])
    return _of_unknown(inference, node.args[0]) if len(node.args) == 1 and not named else None


def display(entries: Entries) -> gast.AST:
    """A dict display, where a key that comes again has its last value at its first place."""
    last = {core.key(k): (k, v) for k, v in entries}
    return gast.Dict([k for k, _ in last.values()], [v for _, v in last.values()])


def known_entries(inference: Any, node: gast.AST) -> Entries | None:
    """The entries of a dict of known keys, or of pairs with such keys."""
    kind = inference.kind(node)
    if isinstance(kind, DictOf):
        keys = [core.constant(k) for k, _ in kind.items]
        return [(k, inference.computed("item", core.subscript(node, k))) for k in keys]
    rows = call_arguments.elements(inference, node) if isinstance(kind, TupleOf | ListOf) else None
    pairs = [call_arguments.elements(inference, row) for row in rows] if rows is not None else [None]
    if any(pair is None or len(pair) != 2 for pair in pairs):
        return None
    keys = [inference.known_key(pair[0]) for pair in pairs if pair is not None]
    if any(key is None for key in keys):
        return None
    return [(core.constant(k), pair[1]) for k, pair in zip(keys, pairs, strict=True) if pair is not None]


def _of_unknown(inference: Any, node: gast.AST) -> gast.AST | None:
    kind = inference.kind(node)
    if isinstance(kind, MapOf):
        return core.call(RuleWriter(inference.function, None).support("copied_dict"), node)
    if isinstance(kind, TupleOf | ListOf) and kinds.is_active(kind):
        return _library(inference, library.dict_of_pairs, node)
    return None


def _from_keys(inference: Any, arguments: list[gast.AST]) -> gast.AST | None:
    kind = inference.kind(arguments[0])
    rows = call_arguments.elements(inference, arguments[0]) if isinstance(kind, TupleOf | ListOf) else None
    keys = [inference.known_key(row) for row in rows] if rows is not None else [None]
    if all(key is not None for key in keys):
        return display([(core.constant(key), arguments[1]) for key in keys])
    return _library(inference, library.dict_of_keys, *arguments) if inference.is_active(arguments[1]) else None


def _library(inference: Any, function: Any, *arguments: gast.AST) -> gast.AST:
    return core.call(function_values.reference(inference, function, function.__name__), *arguments)


def joined(inference: Any, node: gast.BinOp, left: Kind, right: Kind) -> gast.AST | None:
    """`d | e` of dicts of known keys."""
    if not (isinstance(node.op, gast.BitOr) and isinstance(left, DictOf) and isinstance(right, DictOf)):
        return None
    return display([*(known_entries(inference, node.left) or []), *(known_entries(inference, node.right) or [])])
