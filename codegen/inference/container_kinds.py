"""Kinds of the results of operations on containers, leaf by leaf."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from s2s.codegen.core import core
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, MapOf, Numeric, Static, TupleOf, Unknown
from s2s.codegen.inference.operations import Operation


def _of(inference: Any, operation: Operation, parameter: str) -> Kind:
    node = operation.binding[parameter]
    return inference.kind(node) if node is not None else Static(None)


def _position(operation: Operation, parameter: str) -> Any:
    node = operation.binding[parameter]
    return core.literal(node) if node is not None and core.is_literal(node) else None


def _unknown(*parts: Kind) -> Kind:
    return Unknown(any(map(kinds.is_active, parts)))


def _append(inference: Any, operation: Operation) -> Kind:
    xs, v = _of(inference, operation, "xs"), _of(inference, operation, "v")
    if not isinstance(xs, ListOf):
        return _unknown(xs, v)
    return _with(xs, v) if xs.elements is None else kinds.list_of((*xs.elements, v))


def _with(xs: ListOf, v: Kind) -> ListOf:
    return replace(xs, element=kinds.join(xs.element, v))


def _insert(inference: Any, operation: Operation) -> Kind:
    xs, v, i = _of(inference, operation, "xs"), _of(inference, operation, "v"), _position(operation, "i")
    if not isinstance(xs, ListOf):
        return _unknown(xs, v)
    if xs.elements is None or not isinstance(i, int):
        return ListOf(v) if xs.elements == () else _with(xs, v)
    elements = list(xs.elements)
    elements.insert(i, v)
    return kinds.list_of(tuple(elements))


def _insert_popped(inference: Any, operation: Operation) -> Kind:
    xs, v = _of(inference, operation, "xs"), _of(inference, operation, "v")
    return _with(xs, v) if isinstance(xs, ListOf) else _unknown(xs, v)


def _pop(inference: Any, operation: Operation) -> Kind:
    xs = _of(inference, operation, "xs")
    i = _position(operation, "i") if "i" in operation.binding else -1
    if not isinstance(xs, ListOf):
        return TupleOf((_unknown(xs), _unknown(xs)))
    if xs.elements is None or not isinstance(i, int) or not -len(xs.elements) <= i < len(xs.elements):
        return TupleOf((ListOf(xs.element), xs.element))
    elements = list(xs.elements)
    item = elements.pop(i)
    return TupleOf((kinds.list_of(tuple(elements)), item))


def _joined_tuples(inference: Any, operation: Operation) -> Kind:
    parts = [k for name in ("xs", "ys") for k in kinds.parts(_of(inference, operation, name))]
    return ListOf(kinds.element_of(tuple(parts)))


def _extend(inference: Any, operation: Operation) -> Kind:
    xs, ys = _of(inference, operation, "xs"), _of(inference, operation, "ys")
    if not isinstance(xs, ListOf):
        return _unknown(xs, ys)
    parts = ys.elements if isinstance(ys, ListOf | TupleOf) else None
    if xs.elements is not None and parts is not None:
        return kinds.list_of((*xs.elements, *parts))
    element = kinds.iterated(ys)
    return ListOf(element if xs.elements == () else xs.element if parts == () else kinds.join(xs.element, element))


def _split(inference: Any, operation: Operation) -> Kind:
    part = _any_number(inference, operation)
    return TupleOf((part, part))


def _any_number(inference: Any, operation: Operation) -> Kind:
    xs = _of(inference, operation, "xs")
    element = kinds.element_of(xs.elements) if isinstance(xs, TupleOf) else None
    if isinstance(element, Numeric):
        return ListOf(element)
    return ListOf(xs.element) if isinstance(xs, ListOf) else _unknown(xs)


def _sum(inference: Any, operation: Operation) -> Kind:
    parts = [kinds.iterated(_of(inference, operation, "xs"))]
    parts += [_of(inference, operation, "start")] if "start" in operation.binding else []
    return Numeric(any(map(kinds.is_active, parts)), all(isinstance(k, Numeric) and k.scalar for k in parts))


def _entry(inference: Any, operation: Operation) -> Kind:
    c, v, key = _of(inference, operation, "c"), _of(inference, operation, "v"), _position(operation, "index")
    if isinstance(c, ListOf):
        if c.elements is None:
            return _with(c, v)
        if not isinstance(key, int) or not -len(c.elements) <= key < len(c.elements):
            return kinds.list_of(tuple(kinds.join(k, v) for k in c.elements))
        elements = list(c.elements)
        elements[key] = v
        return kinds.list_of(tuple(elements))
    if isinstance(c, TupleOf):
        known = isinstance(key, int) and -len(c.elements) <= key < len(c.elements)
        at = key % len(c.elements) if known else None
        parts = [kinds.join(k, v) if at is None else v if i == at else k for i, k in enumerate(c.elements)]
        return replace(c, elements=tuple(parts))
    if isinstance(c, DictOf) and key is not None:
        return DictOf(tuple({**dict(c.items), key: v}.items()))
    return _unknown(c, v)


def _put(inference: Any, operation: Operation) -> Kind:
    """A dict with an entry at a key that is known at run time only."""
    d, v, key = (_of(inference, operation, p) for p in ("d", "v", "key"))
    made = (
        kinds.map_of(d, MapOf(key if isinstance(key, Numeric) else Static(), v))
        if isinstance(d, DictOf | MapOf)
        else None
    )
    return made or _unknown(d, v)


def _added(inference: Any, operation: Operation) -> Kind:
    c = _of(inference, operation, "c")
    return kinds.with_activity(c, True) if operation.active else c


def _removed(inference: Any, operation: Operation) -> Kind:
    d, key = _of(inference, operation, "d"), _position(operation, "key")
    return (
        DictOf(tuple((k, v) for k, v in d.items if k != key))
        if isinstance(d, DictOf)
        else d
        if isinstance(d, MapOf)
        else _unknown(d)
    )


def _restored(inference: Any, operation: Operation) -> Kind:
    return kinds.with_activity(_of(inference, operation, "d"), bool(operation.active))


def _restored_like(parameter: str) -> Callable[[Any, Operation], Kind]:
    return lambda inference, operation: kinds.with_activity(
        _of(inference, operation, parameter), bool(operation.active)
    )


def _acc(inference: Any, operation: Operation) -> Kind:
    a, b = _of(inference, operation, "a"), _of(inference, operation, "b")
    if isinstance(a, Static) or isinstance(b, Static):
        return b if isinstance(a, Static) else a
    return kinds.join(a, b)


def _items(inference: Any, operation: Operation) -> Kind:
    c = _of(inference, operation, "c")
    if isinstance(c, MapOf):
        return ListOf(c.element)
    if isinstance(c, DictOf | TupleOf):
        return kinds.list_of(kinds.parts(c))
    return c if isinstance(c, ListOf) else ListOf(kinds.iterated(c))


def _from_items(inference: Any, operation: Operation) -> Kind:
    like, xs = _of(inference, operation, "like"), _of(inference, operation, "xs")
    parts, given = kinds.parts(like), getattr(xs, "elements", None)
    if given is None or len(given) != len(parts) or isinstance(like, Numeric):
        return kinds.with_activity(like, bool(operation.active))
    done = tuple(kinds.with_activity(k, kinds.is_active(x)) for k, x in zip(parts, given, strict=True))
    if isinstance(like, TupleOf):
        return TupleOf(done, like.cls)
    return DictOf(tuple(zip(dict(like.items), done, strict=True))) if isinstance(like, DictOf) else kinds.list_of(done)


def _keys(inference: Any, operation: Operation) -> Kind:
    return ListOf(kinds.iterated(_of(inference, operation, "d")))


def _emptied(inference: Any, operation: Operation) -> Kind:
    return DictOf(()) if isinstance(_of(inference, operation, "c"), DictOf | MapOf) else kinds.list_of(())


RESULTS: dict[str, Callable[[Any, Operation], Kind]] = {
    "list_append": _append,
    "list_pop": _pop,
    "list_pop_at": _pop,
    "list_pop_inserted": _pop,
    "list_insert": _insert,
    "list_insert_popped": _insert_popped,
    "list_extend": _extend,
    "join_tuples": _joined_tuples,
    "list_split_last": _split,
    "list_repeat": _any_number,
    "list_repeat_bar": lambda inference, operation: kinds.with_activity(
        _of(inference, operation, "xs"), bool(operation.active)
    ),
    "list_reordered": _any_number,
    "list_sum": _sum,
    "list_sum_from": _sum,
    "list_sum_bar": lambda inference, operation: kinds.with_activity(
        _of(inference, operation, "xs"), bool(operation.active)
    ),
    "emptied": _emptied,
    "entry_set": _entry,
    "entry_new": _entry,
    "entry_added": _added,
    "dict_keys": _keys,
    "dict_copied": lambda inference, operation: _of(inference, operation, "d"),
    "entry_put": _put,
    "entry_before_put": _restored_like("g"),
    "entry_before_put_bar": _restored_like("like"),
    "entry_removed": _removed,
    "entry_restored": _restored,
    "acc": _acc,
    "again": _restored_like("x"),
    "items": _items,
    "from_items": _from_items,
}
