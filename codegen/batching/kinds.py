"""Kinds in batched code: lists have the same leaves batched in every element, so that a loop finds each alike."""

from dataclasses import replace
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, MapOf, Numeric, RaggedOf, Static, TupleOf, Unknown


def homogeneous(kind: Kind) -> Kind:
    """The kind with the elements of each list batched alike."""
    if isinstance(kind, TupleOf):
        elements = tuple(map(homogeneous, kind.elements))
        return kind if elements == kind.elements else replace(kind, elements=elements)
    if isinstance(kind, DictOf):
        return DictOf(tuple((k, homogeneous(part)) for k, part in kind.items))
    if not isinstance(kind, ListOf) or not kinds.is_active(kind):
        return kind
    if kind.elements is None:
        return replace(kind, element=homogeneous(kind.element))
    elements = tuple(map(homogeneous, kind.elements))
    element = kinds.element_of(elements)
    return kinds.list_of(tuple(raised(k, element) for k in elements))


def raised(kind: Kind, wanted: Kind) -> Kind:
    """The kind with the leaves active that are so in `wanted`, too."""
    if isinstance(kind, Numeric | Unknown):
        return replace(kind, active=kind.active or kinds.is_active(wanted))
    if same_structure(kind, wanted):
        parts = tuple(raised(a, b) for a, b in zip(kinds.parts(kind), kinds.parts(wanted), strict=True))
        return _with_parts(kind, parts)
    return kinds.with_activity(kind, True) if kinds.is_active(wanted) else kind


def same_structure(a: Kind, b: Kind) -> bool:
    if isinstance(a, DictOf):
        return isinstance(b, DictOf) and [k for k, _ in a.items] == [k for k, _ in b.items]
    same = isinstance(a, TupleOf) and isinstance(b, TupleOf) or isinstance(a, ListOf) and isinstance(b, ListOf)
    return same and len(kinds.parts(a)) == len(kinds.parts(b))


def _with_parts(kind: Any, parts: tuple[Kind, ...]) -> Kind:
    if isinstance(kind, DictOf):
        return DictOf(tuple(zip(dict(kind.items), parts, strict=True)))
    if isinstance(kind, TupleOf):
        return replace(kind, elements=parts)
    return kinds.list_of(parts) if kind.elements is not None else replace(kind, element=parts[0])


def marks(own: Kind, wanted: Kind) -> Any:
    """Which leaves may stay as they are to be of the kind `wanted`: True, False, or these by place.

    False stands for a leaf that is shared and has to be batched.
    """
    if isinstance(own, MapOf | RaggedOf) or not kinds.is_active(wanted):
        return True
    if isinstance(own, Static):
        return own.value is None or isinstance(own.value, str)
    if isinstance(own, Numeric | Unknown):
        return own.active
    if isinstance(own, ListOf) and own.elements == ():
        return True
    if isinstance(wanted, ListOf | TupleOf) and isinstance(own, ListOf | TupleOf):
        return _marks_of_elements(own, wanted)
    if not same_structure(own, wanted):
        found = {_key(own, i): marks(part, wanted) for i, part in enumerate(kinds.parts(own))}
    else:
        pairs = zip(kinds.parts(own), kinds.parts(wanted), strict=True)
        found = {_key(own, i): marks(a, b) for i, (a, b) in enumerate(pairs)}
    return True if all(m is True for m in found.values()) else found


def _marks_of_elements(own: Any, wanted: Any) -> Any:
    inner = kinds.parts(own)
    outer = kinds.parts(wanted)
    if len(outer) != len(inner):
        outer = (kinds.iterated(wanted),) * len(inner)
    found = {i: marks(a, b) for i, (a, b) in enumerate(zip(inner, outer, strict=True))}
    return True if all(m is True for m in found.values()) else found


def _key(kind: Kind, i: int) -> Any:
    return list(dict(kind.items))[i] if isinstance(kind, DictOf) else i


def literal_marks(found: Any) -> gast.AST:
    """Marks as the text that `spread_tree` takes: True, False, a tuple of these, or (key, these) pairs for a dict."""
    if not isinstance(found, dict):
        return core.constant(found)
    if list(found) == list(range(len(found))):
        return core.tuple_of(literal_marks(m) for m in found.values())
    return core.tuple_of(core.tuple_of([core.constant(k), literal_marks(m)]) for k, m in found.items())
