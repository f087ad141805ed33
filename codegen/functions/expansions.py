"""Python's own functions over functions and containers, written out where the elements are known.

`reduce(f, (a, b, c))` becomes `f(f(a, b), c)`, `sum(t)` a sum, `map(f, t)` a tuple of calls. Where the number of
elements is known at run time only, a definition in Python takes the call (`runtime/builtin_functions.py`).
"""

import copy
import functools
import itertools
import math
import operator
import types
from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.desugaring import call_arguments
from s2s.codegen.functions import dict_constructors, function_values, inlining
from s2s.codegen.inference import kinds, maps
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, MapOf, Numeric, Static, TupleOf, Unknown
from s2s.codegen.reading.source import function_source
from s2s.runtime import builtin_functions as library

# What is written out at most; more is left to a loop.
LIMIT = 64

Rule = Callable[[Any, gast.AST, Any], gast.AST | None]
RULES: dict[Any, Rule] = {}


def rule(*targets: Any) -> Callable[[Rule], Rule]:
    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(targets, function))
        return function

    return register


def expand(inference: Any, statement: gast.AST, node: gast.AST, target: Any) -> Kind | None:
    """The kind of a call that is written out; None if there is nothing to write out."""
    written = RULES.get(target)
    if written is None or target not in (getattr, dict, dict.fromkeys) and not _concerns(inference, node):
        return None
    new = written(inference, node, target)
    if new is None:
        return None
    if target in ITERATORS:
        _refuse_second_reading(inference, statement, target)
    statement.user_call = statement.__dict__.get("user_call", node)
    statement.value = gast.copy_location(new, node)
    return inference.meaning(statement)


def _concerns(inference: Any, node: gast.AST) -> bool:
    """Does the call take differentiated values, or functions?"""
    arguments = [*node.args, *[k.value for k in node.keywords]]
    found = [inference.kind(a) for a in arguments]
    return any(kinds.is_active(k) or function_values.holds_function(k) or _is_callable(k) for k in found)


def _is_callable(kind: Kind) -> bool:
    return isinstance(kind, Static) and callable(kind.value) or any(map(_is_callable, kinds.parts(kind)))


def _refuse_second_reading(inference: Any, statement: gast.AST, target: Any) -> None:
    """An iterator is empty when it is read again."""
    name = core.targets(statement)[0]
    reads = sum(name in core.own_reads(s) for s in core.walk(inference.function.body))
    if reads > 1 and not getattr(statement, "temporary", False):
        cause = f"{target.__name__}() gives its elements once, and this one may be read again"
        inference.refuse(statement, cause, f"keep the elements: list({target.__name__}(…))")


# Parts -----------------------------------------------------------------------------------------------------------


def elements(inference: Any, node: gast.AST) -> list[gast.AST] | None:
    """The elements of a tuple or list of known length, None for other values."""
    found = call_arguments.elements(inference, node)
    return None if found is None or len(found) > LIMIT else found


def called(inference: Any, function: gast.AST, arguments: list[gast.AST]) -> gast.AST:
    """The value of a call, computed in front of the statement."""
    name = (core.dotted(function) or "value").rpartition(".")[2]
    base = inference.function.bases.get(name, name)
    return inference.computed(f"{base}_value", core.call_of(function, arguments, []))


def global_function(inference: Any, target: Any) -> gast.AST:
    """A node that stands for a function of a library."""
    return core.name(function_values.reference(inference, target, target.__name__))


def keyword(node: gast.AST, name: str) -> gast.AST | None:
    found = next((k.value for k in node.keywords if k.arg == name), None)
    is_none = found is not None and isinstance(found, gast.Constant) and found.value is None
    return None if is_none else found


def only_keywords(node: gast.AST, *names: str) -> bool:
    return all(k.arg in names for k in node.keywords)


def from_library(inference: Any, target: Any, *arguments: gast.AST) -> gast.AST:
    return core.call_of(global_function(inference, target), list(arguments), [])


def in_place(inference: Any, node: gast.AST, target: Any, *arguments: gast.AST) -> gast.AST:
    """The atom that a function of the library comes to, whose body stands in front: what it makes is made here."""
    source = function_source(target)
    names = [a.id for a in source.tree.args.args]
    made = inlining.inlined(inference, node, source, dict(zip(names, arguments, strict=True)))
    return made if made is not None else core.constant(None)


# Functions of functions ------------------------------------------------------------------------------------------


@rule(functools.reduce)
def _reduce(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    if node.keywords or not 2 <= len(node.args) <= 3:
        return None
    function, items = node.args[:2]
    found = elements(inference, items)
    if found is None:
        first = node.args[2] if len(node.args) == 3 else None
        if first is not None:
            return from_library(inference, library.reduce, function, items, first)
        return from_library(inference, library.reduce_from_first, function, items)
    found = [*node.args[2:], *found]
    if not found:
        return None
    return functools.reduce(lambda a, b: called(inference, function, [a, b]), found)


@rule(dict, dict.fromkeys)
def _dict(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    return dict_constructors.of_call(inference, node, target)


@rule(map)
def _map(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    columns = [elements(inference, a) for a in node.args[1:]]
    if None in columns:
        return from_library(inference, library.MAPS[len(columns)], *node.args) if len(columns) in library.MAPS else None
    rows = zip(*[c for c in columns if c is not None], strict=False)
    return core.tuple_of([called(inference, node.args[0], list(row)) for row in rows])


@rule(itertools.starmap)
def _starmap(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    rows = elements(inference, node.args[1])
    rows = None if rows is None else [elements(inference, r) for r in rows]
    if rows is None or None in rows:
        return None
    return core.tuple_of([called(inference, node.args[0], row or []) for row in rows])


@rule(filter)
def _filter(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    kind = inference.kind(node.args[0])
    if isinstance(kind, Static) and kind.value is None:
        return None
    return from_library(inference, library.filtered, *node.args)


@rule(itertools.accumulate)
def _accumulate(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    found = elements(inference, node.args[0])
    if found == [] or node.keywords or len(node.args) > 2:
        return None
    function = node.args[1] if len(node.args) == 2 else global_function(inference, operator.add)
    if found is None:
        return from_library(inference, library.accumulated, function, node.args[0])
    sums = itertools.accumulate(found, lambda a, b: called(inference, function, [a, b]))
    return core.tuple_of(list(sums))


@rule(getattr)
def _attribute(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    """`getattr(np, "tanh")`: what a module holds under a name that is known."""
    owner, name = inference.global_object(node.args[0]), inference.known_key(node.args[1])
    if not isinstance(owner, types.ModuleType) or not isinstance(name, str):
        return None
    if hasattr(owner, name):
        found = getattr(owner, name)
        inference.program.guard(inference.function, f"{core.dotted(node.args[0])}.{name}", found)
        return inlining.value_node(inference, found, name)
    return node.args[2] if len(node.args) == 3 else None


# Containers ------------------------------------------------------------------------------------------------------


@rule(zip)
def _zip(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    columns = [elements(inference, a) for a in node.args]
    if None in columns:
        fits = len(columns) in library.ZIPS and not node.keywords
        return from_library(inference, library.ZIPS[len(columns)], *node.args) if fits else None
    rows = zip(*[c for c in columns if c is not None], strict=False)
    return core.tuple_of([inference.computed("row", core.tuple_of(row)) for row in rows])


@rule(enumerate)
def _enumerate(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    found = elements(inference, node.args[0])
    start = keyword(node, "start") or (node.args[1] if len(node.args) > 1 else core.constant(0))
    if found is None or not core.is_literal(start):
        return None
    first = core.literal(start)
    return core.tuple_of(
        [inference.computed("row", core.tuple_of([core.constant(first + i), e])) for i, e in enumerate(found)]
    )


@rule(reversed)
def _reversed(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    if isinstance(inference.kind(node.args[0]), Numeric | ListOf):
        backwards = gast.Slice(None, None, gast.UnaryOp(gast.USub(), core.constant(1)))
        return core.subscript(node.args[0], backwards)
    found = elements(inference, node.args[0])
    return None if found is None else core.tuple_of(found[::-1])


@rule(itertools.chain)
def _chain(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    found = [elements(inference, a) for a in node.args]
    if None in found:
        return functools.reduce(lambda a, b: in_place(inference, node, library.chained, a, b), node.args)
    return core.tuple_of([e for part in found for e in part or []])


@rule(itertools.pairwise)
def _pairwise(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    found = elements(inference, node.args[0])
    if found is None:
        return in_place(inference, node, library.pairs, node.args[0])
    pairs = itertools.pairwise(found)
    return core.tuple_of([inference.computed("pair", core.tuple_of(pair)) for pair in pairs])


@rule(sum, math.fsum)
def _sum(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    start = keyword(node, "start") or (node.args[1] if len(node.args) > 1 else core.constant(0))
    kind = inference.kind(node.args[0])
    found = elements(inference, node.args[0])
    if found is None and isinstance(kind, Numeric):
        return core.binary(inference.computed("total", _along(inference, np.sum, node.args[0])), gast.Add(), start)
    if found is None and isinstance(kind, ListOf) and not node.keywords:
        return None  # a primitive
    if found is None:
        is_list = isinstance(kind, ListOf) or isinstance(kind, Unknown) and kind.active
        return from_library(inference, library.sum_of, node.args[0], start) if is_list else None
    if core.is_constant(start, 0) and found:
        start, *found = found
    return functools.reduce(lambda a, b: inference.computed("total", core.binary(a, gast.Add(), b)), found, start)


@rule(math.prod)
def _product(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    start = keyword(node, "start") or core.constant(1)
    kind, found = inference.kind(node.args[0]), elements(inference, node.args[0])
    if found is None and isinstance(kind, Numeric):
        return core.binary(inference.computed("product", _along(inference, np.prod, node.args[0])), gast.Mult(), start)
    if found is None:
        return from_library(inference, library.product_of, node.args[0], start) if isinstance(kind, ListOf) else None
    if core.is_constant(start, 1) and found:
        start, *found = found
    return functools.reduce(lambda a, b: inference.computed("product", core.binary(a, gast.Mult(), b)), found, start)


# Order -----------------------------------------------------------------------------------------------------------


@rule(max, min)
def _extreme(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    if not only_keywords(node, "key"):
        return None
    key = keyword(node, "key")
    found = elements(inference, node.args[0]) if len(node.args) == 1 else node.args
    if found is None:
        return (
            _extreme_of_list(inference, node, target) if key is None else _extreme_by_key(inference, node, target, key)
        )
    if key is None and all(isinstance(inference.kind(e), Numeric | Unknown) for e in found):
        larger, base = (np.maximum, "largest") if target is max else (np.minimum, "smallest")
        pairs = lambda a, b: inference.computed(base, _by_name(inference, larger, [a, b]))  # noqa: E731
        return functools.reduce(pairs, found) if found else None
    keys = found if key is None else [called(inference, key, [e]) for e in found]
    _refuse_orders_of_rows(inference, node, keys)
    place = from_library(inference, library.PLACES[target], core.tuple_of(keys))
    items = inference.computed("items", core.tuple_of(found))
    return core.subscript(items, inference.computed("place", _over_atoms(inference, place)))


def _refuse_orders_of_rows(inference: Any, node: gast.AST, keys: list[gast.AST]) -> None:
    if inference.batches and any(map(inference.is_active, keys)):
        inference.refuse(node, "the order of these depends on a batched value", "use np.sort, np.min or np.argmin")


def _by_name(inference: Any, function: Any, arguments: list[gast.AST]) -> gast.AST:
    """A call of a function of NumPy."""
    return function_values.by_name(inference, core.call_of(arguments[0], arguments, []), function)


def _along(inference: Any, function: Any, node: gast.AST) -> gast.AST:
    """`np.sum(x, axis=0)`."""
    call = _by_name(inference, function, [node])
    call.keywords = [gast.keyword("axis", core.constant(0))]
    return call


def _extreme_of_list(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    if isinstance(inference.kind(node.args[0]), Numeric):
        return _along(inference, np.max if target is max else np.min, node.args[0])
    kind = inference.kind(node.args[0])
    if not isinstance(kind, ListOf):
        return None
    if not isinstance(kind.element, Numeric | Unknown):
        return _extreme_by_key(inference, node, target, None)
    return from_library(inference, library.EXTREMES[target], node.args[0])


def _extreme_by_key(inference: Any, node: gast.AST, target: Any, key: gast.AST | None) -> gast.AST:
    """The first of the items in the order of their keys, downwards for `max`."""
    items = node.args[0]
    if isinstance(inference.kind(items), Numeric):
        items = in_place(inference, node, library.listed, items)
    keys = items if key is None else in_place(inference, node, library.mapped, key, items)
    backwards = core.constant(target is max)
    sorting_order = RuleWriter(inference.function, None).support("sorting_order")
    order = inference.computed("order", core.call(sorting_order, keys, backwards))
    return core.subscript(items, inference.computed("place", core.subscript(order, core.constant(0))))


@rule(sorted)
def _sorted(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    if isinstance(inference.kind(node.args[0]), MapOf):
        return core.call_of(node.func, [maps.keys(inference, node.args[0])], node.keywords)
    found = elements(inference, node.args[0])
    if not only_keywords(node, "key", "reverse"):
        return None
    if found is None:
        return _sorted_at_run_time(inference, node)
    key, backwards = keyword(node, "key"), keyword(node, "reverse") or core.constant(False)
    if key is None and all(map(core.is_literal, found)) and core.is_literal(backwards):
        in_order = sorted([core.literal(e) for e in found], reverse=core.literal(backwards))
        return core.list_of(core.constant(k) for k in in_order)
    keys = found if key is None else [called(inference, key, [e]) for e in found]
    _refuse_orders_of_rows(inference, node, keys)
    order = inference.computed(
        "order",
        _over_atoms(inference, from_library(inference, library.places_in_order, core.tuple_of(keys), backwards)),
    )
    items = inference.computed("items", core.tuple_of(found))
    places = [inference.computed("place", core.subscript(order, core.constant(i))) for i in range(len(found))]
    return core.list_of([inference.computed("item", core.subscript(items, p)) for p in places])


def _sorted_at_run_time(inference: Any, node: gast.AST) -> gast.AST:
    items = node.args[0]
    key, backwards = keyword(node, "key"), keyword(node, "reverse") or core.constant(False)
    if isinstance(inference.kind(items), Numeric):
        if inference.batches and key is None and core.is_literal(backwards) and inference.is_active(items):
            return _sorted_rows(inference, node, items, core.literal(backwards))
        items = in_place(inference, node, library.listed, items)
    keys = items if key is None else in_place(inference, node, library.mapped, key, items)
    writer = RuleWriter(inference.function, None)
    order = inference.computed("order", core.call(writer.support("sorting_order"), keys, backwards))
    return core.call(writer.support("reordered"), items, order)


def _sorted_rows(inference: Any, node: gast.AST, items: gast.AST, backwards: bool) -> gast.AST:
    """In batches each row has an order of its own."""
    writer = RuleWriter(inference.function, None)
    ordered = inference.computed("ordered", core.call(writer.numpy("sort"), items))
    if backwards:
        ordered = inference.computed("ordered", core.call(writer.numpy("flip"), ordered))
    return in_place(inference, node, library.listed, ordered)


@rule(np.ndenumerate)
def _numbered_entries(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    return in_place(inference, node, library.numbered_entries, node.args[0])


@rule(copy.copy, copy.deepcopy)
def _copied(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    """A copy of an array or a container; with `deepcopy` also of what is in it."""
    return _copy_of(inference, node.args[0], deep=target is copy.deepcopy) if len(node.args) == 1 else None


def _copy_of(inference: Any, node: gast.AST, deep: bool) -> gast.AST | None:
    kind = inference.kind(node)
    if isinstance(kind, Numeric):
        return node if kind.scalar else _by_name(inference, np.copy, [node])
    keys = list(range(len(kinds.parts(kind)))) if isinstance(kind, TupleOf | ListOf) else None
    keys = [k for k, _ in kind.items] if isinstance(kind, DictOf) else keys
    if keys is None or isinstance(kind, ListOf) and kind.elements is None or getattr(kind, "cls", None) is not None:
        return None
    items = [inference.computed("item", core.subscript(node, core.constant(k))) for k in keys]
    copies = [_copy_of(inference, item, deep) for item in items] if deep else items
    if None in copies:
        return None
    items = [inference.computed("copied", c) for c in copies] if deep else items
    if isinstance(kind, DictOf):
        return gast.Dict([core.constant(k) for k in keys], items)
    return core.list_of(items) if isinstance(kind, ListOf) else core.tuple_of(items)


@rule(iter)
def _iterated(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    """`iter(xs)`, which a loop takes like the container itself."""
    return node.args[0] if len(node.args) == 1 else None


@rule(list)
def _listed(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    """`list(x)` of the rows of an array."""
    if len(node.args) != 1 or node.keywords or not isinstance(inference.kind(node.args[0]), Numeric):
        return None
    return in_place(inference, node, library.listed, node.args[0])


def _over_atoms(inference: Any, call: gast.AST) -> gast.AST:
    """The call with its first argument, a tuple, named."""
    return core.call_of(call.func, [inference.computed("keys", call.args[0]), *call.args[1:]], [])


# Numbers ---------------------------------------------------------------------------------------------------------


@rule(divmod)
def _divmod(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    a, b = node.args
    quotient = inference.computed("quotient", core.binary(a, gast.FloorDiv(), b))
    return core.tuple_of([quotient, inference.computed("remainder", core.binary(a, gast.Mod(), b))])


ITERATORS = (
    map,
    filter,
    zip,
    enumerate,
    reversed,
    itertools.starmap,
    itertools.accumulate,
    itertools.chain,
    iter,
    itertools.pairwise,
    itertools.combinations,
    itertools.zip_longest,
)
