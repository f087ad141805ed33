"""Loops over different functions, or values of different structure, written out: each iteration has its own kinds."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring import call_arguments, versions
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, FunctionOf, Kind, ListOf, Numeric, Static, TupleOf, Unknown

LIMIT = 64


def is_wanted(inference: Any, statement: gast.AST) -> bool:
    """Does a loop run over, or index with its counter, functions that are not all the same?"""
    if core.split_join(statement.body)[0][-1:] and isinstance(statement.body[-1], gast.If | gast.Break):
        return False
    sources = [inference.kind(s) for s in _sources(statement.iter)]
    if any(map(_holds_keys, sources)) and (_reads_dict(inference, statement) or _looks_up(inference, statement)):
        return True
    if any(map(call_arguments.is_known_text, sources)) and _looks_up(inference, statement):
        return True
    return any(map(_is_mixed, sources)) or any(map(_is_uneven, sources)) or _indexes_mixed(inference, statement)


def _is_uneven(kind: Kind) -> bool:
    """A container of known length whose differentiated elements have no kind in common."""
    is_known = isinstance(kind, TupleOf | ListOf) and not isinstance(kind, FunctionOf)
    if not is_known or isinstance(kind, ListOf) and kind.elements is None or not kinds.is_active(kind):
        return False
    parts = kinds.parts(kind)
    return _holds_unknown(kinds.element_of(parts)) and not any(map(_holds_unknown, parts))


def _holds_unknown(kind: Kind) -> bool:
    return isinstance(kind, Unknown) or any(map(_holds_unknown, kinds.parts(kind)))


def _holds_keys(kind: Kind) -> bool:
    """Does iterating over it give keys that are known, alone or in pairs?"""
    if isinstance(kind, DictOf):
        return True
    if isinstance(kind, ListOf) and kind.elements is None:
        return False
    return any(call_arguments.is_known_text(k) or _holds_keys_itself(k) for k in kinds.parts(kind))


def _holds_keys_itself(kind: Kind) -> bool:
    return isinstance(kind, TupleOf) and any(map(call_arguments.is_known_text, kind.elements))


def _reads_dict(inference: Any, statement: gast.AST) -> bool:
    """Does the loop work on a dict of differentiated values, or on pairs of them?"""
    read = {n for s in core.walk([statement]) for n in core.own_reads(s)}
    found = [inference.kinds[n] for n in sorted(read) if n in inference.kinds]
    return any(isinstance(k, DictOf) and kinds.is_active(k) or _holds_pairs(k) for k in found)


def _looks_up(inference: Any, statement: gast.AST) -> bool:
    """Does the loop look something up by what it runs over: an entry, or an attribute by its name?"""
    targets = set(core.targets(statement))
    values = [getattr(s, "value", None) for s in core.walk(statement.body)]
    if any(isinstance(v, gast.Subscript) and core.is_name(v.slice) and v.slice.id in targets for v in values):
        return True
    calls = [v for v in values if isinstance(v, gast.Call) and inference.global_object(v.func) is getattr]
    return any(core.is_name(a) and a.id in targets for c in calls for a in c.args)


def _holds_pairs(kind: Kind) -> bool:
    return kinds.is_active(kind) and any(map(_holds_keys_itself, kinds.parts(kind)))


def _is_mixed(kind: Kind) -> bool:
    """A container of known length with functions in it that have no kind in common."""
    if not isinstance(kind, TupleOf | ListOf) or isinstance(kind, FunctionOf):
        return False
    parts = kinds.parts(kind)
    if isinstance(kind, ListOf) and kind.elements is None or not any(map(kinds.holds_callable, parts)):
        return False
    return not _same_functions(kinds.element_of(parts), parts[0]) or any(map(kinds.holds_object, parts))


def _same_functions(joined: Kind, part: Kind) -> bool:
    """Does the joined kind still tell the functions that one of the kinds told?"""
    if isinstance(part, FunctionOf):
        return isinstance(joined, FunctionOf)
    if isinstance(part, Static) and callable(part.value):
        return joined == part
    inner, own = kinds.parts(joined), kinds.parts(part)
    if len(inner) != len(own):
        return not any(map(kinds.holds_callable, own))
    return all(map(_same_functions, inner, own))


def _sources(iterator: gast.AST) -> list[gast.AST]:
    if not isinstance(iterator, gast.Call):
        return [iterator]
    if iterator.func.id == "range":
        return []
    return [s for a in iterator.args for s in _sources(a)]


def _indexes_mixed(inference: Any, statement: gast.AST) -> bool:
    targets = set(core.targets(statement))
    if _count(inference, statement.iter) is None:
        return False
    for inner in core.walk(statement.body):
        value = getattr(inner, "value", None)
        if isinstance(value, gast.Subscript) and core.is_name(value.slice) and value.slice.id in targets:
            owner = inference.kind(value.value)
            if _is_mixed(owner) or isinstance(owner, DictOf) and _is_mixed(TupleOf(kinds.parts(owner))):
                return True
    return False


# Iterations ------------------------------------------------------------------------------------------------------


def _count(inference: Any, iterator: gast.AST) -> int | None:
    """The number of iterations, None if it is not known."""
    if isinstance(iterator, gast.Call) and iterator.func.id == "range":
        numbers = _range(inference, iterator)
        return None if numbers is None else len(numbers)
    if isinstance(iterator, gast.Call) and iterator.func.id == "zip":
        counts = [c for a in iterator.args if (c := _count(inference, a)) is not None]
        return min(counts, default=None)
    if isinstance(iterator, gast.Call):
        return _count(inference, iterator.args[0])
    kind = inference.kind(iterator)
    if call_arguments.is_known_text(kind):
        return len(kind.value)
    is_known = isinstance(kind, TupleOf | DictOf) or isinstance(kind, ListOf) and kind.elements is not None
    return len(kinds.parts(kind)) if is_known else None


def _range(inference: Any, iterator: gast.AST) -> range | None:
    bounds = [_integer(inference, a) for a in iterator.args]
    known = [b for b in bounds if b is not None]
    return range(*known) if len(known) == len(bounds) else None


def _integer(inference: Any, node: gast.AST) -> int | None:
    """A literal, or the length of a container of known length."""
    if core.is_literal(node):
        return core.literal(node)
    made = inference.definitions.get(node.id) if core.is_name(node) else None
    call = getattr(made, "value", None)
    if isinstance(call, gast.Call) and inference.global_object(call.func) is len and core.is_name(call.args[0]):
        return _count(inference, call.args[0])
    return None


def _items(inference: Any, target: gast.AST, iterator: gast.AST, count: int) -> list[list[tuple[str, gast.AST]]]:
    """For each iteration the loop's targets, with the atom or item that each is."""
    name = iterator.func.id if isinstance(iterator, gast.Call) else None
    if name == "zip":
        columns = [_items(inference, t, a, count) for t, a in zip(target.elts, iterator.args, strict=True)]
        return [[pair for column in columns for pair in column[k]] for k in range(count)]
    if name == "enumerate":
        start = core.literal(iterator.args[1]) if len(iterator.args) > 1 else 0
        inner = _items(inference, target.elts[1], iterator.args[0], count)
        return [[(target.elts[0].id, core.constant(start + k)), *inner[k]] for k in range(count)]
    if name == "reversed":
        return _items(inference, target, iterator.args[0], count)[::-1]
    if name == "range":
        return [[(target.id, _number(i))] for i in _range(inference, iterator) or ()]
    if isinstance(inference.kind(iterator), Numeric):
        return [[(target.id, core.subscript(iterator, core.constant(k)))] for k in range(count)]
    if call_arguments.is_known_text(inference.kind(iterator)):
        return [[(target.id, core.constant(letter))] for letter in inference.kind(iterator).value[:count]]
    found = call_arguments.elements(inference, iterator) or []
    return [[(target.id, node)] for node in found[:count]]


def _number(value: int) -> gast.AST:
    return core.constant(value) if value >= 0 else gast.UnaryOp(gast.USub(), core.constant(-value))


def unrolled(inference: Any, statement: gast.AST) -> list[gast.AST] | None:
    """The statements that the loop comes to; None if there are too many."""
    count = _count(inference, statement.iter)
    if count is None or count > LIMIT:
        return None
    rows = _items(inference, statement.target, statement.iter, count)
    body, joins = core.split_join(statement.body)
    current = _entering(inference, [c for c, _ in joins])
    done: list[gast.AST] = []
    for row in rows:
        mapping: dict[str, gast.AST] = dict(current)
        for target, node in row:
            if core.is_literal(node):
                mapping[target] = node
                continue
            version = inference.function.fresh(inference.function.bases.get(target, target))
            done.append(core.assign(version, node, statement))
            mapping[target] = core.name(version)
        done += _copied(inference, body, mapping)
        current = {c: core.substitute(value, mapping) for c, value in joins}
    return [*done, *[core.assign(c, node, statement) for c, node in current.items()]]


def _entering(inference: Any, carried: list[str]) -> dict[str, gast.AST]:
    """The values that carried variables have before the loop; they are not assigned there any more."""
    found: dict[str, gast.AST] = {}
    kept: list[gast.AST] = []
    for statement in inference.enclosing:
        pairs = core.split_join([statement])[1]
        if statement is inference.current or not {t for t, _ in pairs} & set(carried):
            kept.append(statement)
            continue
        found.update((t, v) for t, v in pairs if t in carried)
        kept += core.simultaneous([(t, v) for t, v in pairs if t not in carried], statement)
    inference.enclosing[:] = kept
    for name in found:
        inference.kinds.pop(name, None)
    return found


def _copied(inference: Any, body: list[gast.AST], mapping: dict[str, gast.AST]) -> list[gast.AST]:
    """The statements over names of their own; `mapping` grows by these."""
    function = inference.function
    for name in sorted(core.assigned(body)):
        mapping[name] = core.name(function.fresh(function.bases.get(name, name)))
    return [_renamed(s, mapping) for s in core.copied(body)]


def _renamed(statement: gast.AST, mapping: dict[str, gast.AST]) -> gast.AST:
    for node in core.nodes(statement):
        if isinstance(node, gast.Name) and isinstance(node.ctx, gast.Store) and node.id in mapping:
            node.id = mapping[node.id].id
    for inner in core.walk([statement]):
        if hasattr(inner, "user_call"):
            inner.value = inner.user_call
            del inner.user_call
        core.replace_header(inner, mapping)
        versions.rename_marks(inner, mapping)
        inner.__dict__.pop("operation", None)
    return statement
