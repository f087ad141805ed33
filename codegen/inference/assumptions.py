"""Kinds of parameters where no values are at hand: `.source` without arguments, and `s2s convert`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import gast

from s2s.codegen.core import core
from s2s.codegen.inference import structures
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, Numeric, TupleOf, Unknown, with_activity
from s2s.codegen.reading.source import FunctionSource


def kinds_of_parameters(
    source: FunctionSource, names: Iterable[str], active: Iterable[str], defaults: Mapping[str, Kind]
) -> dict[str, Kind]:
    """Parameters count as arrays or numbers; those that the code takes apart may be containers as well.

    Args:
        active: the parameters that derivatives are taken of.
        defaults: kinds of default values, for parameters that are not active.
    """
    apart, active = set(_taken_apart(source.tree)), set(active)

    def assumed(name: str) -> Kind:
        if name not in active:
            return defaults.get(name, Unknown() if name in apart else Numeric())
        return Unknown(True) if name in apart else Numeric(True)

    return {name: assumed(name) for name in names}


def kinds_of_batches(
    source: FunctionSource,
    names: Iterable[str],
    active: Iterable[str],
    defaults: Mapping[str, Kind],
    structured: Iterable[str] = (),
) -> dict[str, Kind]:
    """Batched (active) parameters count as arrays, or as dicts of such where they are read by keys that are strings.

    Args:
        structured: parameters whose structure `in_axes` gives.

    Raises:
        StructureNeeded: a parameter is a dict of which the keys are not known.
    """
    active = set(active)
    found = kinds_of_parameters(source, names, active, defaults)
    found = {name: as_batch(kind) if name in active else kind for name, kind in found.items()}
    return found | structures.dicts_of_batches(source, [n for n in found if n in active.difference(structured)])


def as_batch(kind: Kind) -> Kind:
    """The kind of a batched argument of which no more than this is known: what is not known is an array."""
    if isinstance(kind, Unknown):
        return Numeric(True)
    if isinstance(kind, TupleOf):
        return replace(kind, elements=tuple(map(as_batch, kind.elements)))
    if isinstance(kind, DictOf):
        return DictOf(tuple((key, as_batch(part)) for key, part in kind.items))
    if type(kind) is ListOf:
        elements = None if kind.elements is None else tuple(map(as_batch, kind.elements))
        return ListOf(as_batch(kind.element), elements)
    return with_activity(kind, True)


def _taken_apart(tree: gast.AST) -> Iterator[str]:
    """Variables that are indexed, iterated over or unpacked."""
    for node in gast.walk(tree):
        if isinstance(node, gast.Subscript):
            yield from _names([node.value])
        elif isinstance(node, gast.For):
            yield from core.reads(node.iter)
        elif isinstance(node, gast.Assign) and isinstance(node.targets[0], gast.Tuple | gast.List):
            yield from _names([node.value])


def _names(nodes: Iterable[gast.AST]) -> Iterator[str]:
    return (n.id for n in nodes if isinstance(n, gast.Name))
