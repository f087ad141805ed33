"""Arguments of calls where they are not one node a parameter: `*args`, `**kwargs`, and functions that take such.

A function with `*args` is differentiated for one number of arguments at a time: its starred parameters become plain
ones, and a first statement puts them together again.
"""

import copy
import dataclasses
from collections.abc import Iterable
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.core.names import names_in
from s2s.codegen.desugaring import starred
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, Static, TupleOf
from s2s.codegen.reading.source import FunctionSource


def is_variadic(source: FunctionSource) -> bool:
    arguments = source.tree.args
    return arguments.vararg is not None or arguments.kwarg is not None


def parameters(source: FunctionSource) -> list[str]:
    """All parameters but those with a star."""
    arguments = source.tree.args
    return [a.id for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]


def positional(source: FunctionSource) -> list[str]:
    """Parameters that may be given by position."""
    arguments = source.tree.args
    return [a.id for a in [*arguments.posonlyargs, *arguments.args]]


def specialised(source: FunctionSource, count: int, keywords: Iterable[str]) -> FunctionSource:
    """The function for calls with `count` positional arguments and these keywords, without starred parameters.

    Raises:
        ValueError: it doesn't take so many arguments, or such keywords.
    """
    if not is_variadic(source):
        return source
    named = {a.id for a in [*source.tree.args.args, *source.tree.args.kwonlyargs]}
    extra = tuple(sorted(k for k in keywords if k not in named))
    key = (max(0, count - len(positional(source))), extra)
    if key not in source.variants:
        source.variants[key] = _without_stars(source, *key)
    return source.variants[key]


def _without_stars(source: FunctionSource, count: int, keywords: tuple[str, ...]) -> FunctionSource:
    tree = copy.deepcopy(source.tree)
    arguments, taken = tree.args, names_in(tree)
    _require_fit(source, count, keywords)
    opening = []
    if arguments.vararg is not None:
        names = [_free(f"{arguments.vararg.id}_{i}", taken) for i in range(count)]
        arguments.args = [*arguments.args, *map(_parameter, names)]
        opening.append(core.assign(arguments.vararg.id, core.tuple_of(core.name(n) for n in names)))
        starred.pass_on(tree, arguments.vararg.id, names)
        # A parameter with a default may not be followed by one without.
        arguments.defaults = arguments.defaults if not names else []
    if arguments.kwarg is not None:
        arguments.kwonlyargs = [*arguments.kwonlyargs, *map(_parameter, keywords)]
        arguments.kw_defaults = [*arguments.kw_defaults, *[None] * len(keywords)]
        items = gast.Dict([core.constant(k) for k in keywords], [core.name(k) for k in keywords])
        opening.append(core.assign(arguments.kwarg.id, items))
    arguments.vararg = arguments.kwarg = None
    tree.body = [*[core.located(s, tree) for s in opening], *tree.body]
    return dataclasses.replace(source, tree=tree, variants={}, lifted=None)


def _require_fit(source: FunctionSource, count: int, keywords: tuple[str, ...]) -> None:
    arguments = source.tree.args
    if count and arguments.vararg is None:
        limit = len(positional(source))
        raise ValueError(f"{source.name}() takes {limit} positional arguments, {limit + count} were given")
    if keywords and arguments.kwarg is None:
        raise ValueError(f"{source.name}() got an unexpected argument {keywords[0]!r}")
    clashing = [k for k in keywords if k in names_in([*source.tree.body, *arguments.defaults])]
    if clashing:
        raise ValueError(f"the keyword {clashing[0]!r} of {source.name}() is the name of a variable there, too")


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _parameter(name: str) -> gast.AST:
    return gast.Name(name, gast.Param(), None, None)


# Calls -----------------------------------------------------------------------------------------------------------


def has_stars(node: gast.AST) -> bool:
    return any(map(is_starred, node.args)) or any(k.arg is None for k in node.keywords)


def is_starred(node: gast.AST) -> bool:
    return isinstance(node, gast.Starred)


def flattened(inference: Any, node: gast.AST) -> gast.AST | None:
    """The call with each `*t` and `**d` replaced by its elements; None if they are not known.

    Statements that take containers apart are put in front of the call.
    """
    positional_nodes: list[gast.AST] = []
    for argument in node.args:
        found = elements(inference, argument.value) if is_starred(argument) else [argument]
        if found is None:
            return None
        positional_nodes += found
    keywords: list[gast.AST] = []
    for keyword in node.keywords:
        items = _items(inference, keyword.value) if keyword.arg is None else [keyword]
        if items is None:
            return None
        keywords += items
    return gast.copy_location(gast.Call(node.func, positional_nodes, keywords), node)


def elements(inference: Any, node: gast.AST) -> list[gast.AST] | None:
    """What iterating over a tuple, list or dict gives, taken apart in front of the statement; None if not known."""
    kind: Kind = inference.kind(node)
    if isinstance(kind, DictOf):
        return [core.constant(k) for k, _ in kind.items]
    if isinstance(kind, TupleOf | ListOf) and kinds.parts(kind) and all(map(is_known_text, kinds.parts(kind))):
        return [core.constant(k.value) for k in kinds.parts(kind)] if kind.elements is not None else None
    if core.is_literal(node) and isinstance(node, gast.Tuple | gast.List):
        return list(node.elts)
    if not isinstance(kind, TupleOf | ListOf) or (isinstance(kind, ListOf) and kind.elements is None):
        return None
    made = inference.definitions.get(node.id) if core.is_name(node) else None
    if made is not None and type(made.value) is gast.Tuple and not any(map(is_starred, made.value.elts)):
        return list(made.value.elts)
    count = len(kinds.parts(kind))
    return inference.unpacked(node, [f"{base_of(inference, node)}_{i}" for i in range(count)])


def is_known_text(kind: Kind) -> bool:
    """Is it one string, such as a key?"""
    return isinstance(kind, Static) and isinstance(kind.value, str)


def _items(inference: Any, node: gast.AST) -> list[gast.AST] | None:
    kind: Kind = inference.kind(node)
    if not isinstance(kind, DictOf) or not all(isinstance(k, str) for k, _ in kind.items):
        return None
    made = inference.definitions.get(node.id) if core.is_name(node) else None
    if made is not None and type(made.value) is gast.Dict:
        return [gast.keyword(k.value, v) for k, v in zip(made.value.keys, made.value.values, strict=True)]
    names = [k for k, _ in kind.items]
    return [gast.keyword(k, inference.computed(k, core.subscript(node, core.constant(k)))) for k in names]


def base_of(inference: Any, node: gast.AST) -> str:
    name = core.dotted(node) or "argument"
    return inference.function.bases.get(name, name).replace(".", "_")


def got(kind: DictOf, node: gast.AST) -> gast.AST | None:
    """What `d.get(key, default)` is, for a literal key; None if that isn't known."""
    if node.keywords or not 1 <= len(node.args) <= 2 or not core.is_literal(node.args[0]):
        return None
    if kind.get(core.literal(node.args[0])) is not None:
        return gast.copy_location(core.subscript(node.func.value, node.args[0]), node)
    return node.args[1] if len(node.args) == 2 else core.constant(None)


def bound(source: FunctionSource, node: gast.AST) -> dict[str, gast.AST] | str:
    """Parameter to argument node; the reason as text if the call does not fit."""
    if any(isinstance(a, gast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
        return "the starred arguments have no structure that is known when the function is transformed"
    by_position = positional(source)
    if len(node.args) > len(by_position):
        return f"{source.name}() takes {len(by_position)} arguments, {len(node.args)} were given"
    found = dict(zip(by_position, node.args, strict=False))
    for keyword in node.keywords:
        if keyword.arg not in parameters(source) or keyword.arg in found:
            return f"{source.name}() got an unexpected argument {keyword.arg!r}"
        found[keyword.arg] = keyword.value
    missing = [p for p in parameters(source) if p not in found and p not in source.defaults]
    return f"{source.name}() is missing the argument {missing[0]!r}" if missing else found
