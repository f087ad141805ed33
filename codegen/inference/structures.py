"""Structure that the text of a function gives away: parameters whose parts are read by keys that are strings are dicts.

For arrays and tuples alike, `p[0]` is written in the same way for one example, but not for a batch of them; only a key
that is a string tells which of the two `p` is.
"""

from collections.abc import Iterable

import gast

from s2s.codegen.diagnostics import UnsupportedError, unsupported
from s2s.codegen.inference.kinds import DictOf, Kind, Numeric
from s2s.codegen.reading.source import FunctionSource

_METHODS = ("items", "keys", "values", "get", "pop", "update", "setdefault")


class StructureNeeded(UnsupportedError):
    """The text depends on the structure of an argument, of which none is given."""


def dicts_of_batches(source: FunctionSource, names: Iterable[str]) -> dict[str, Kind]:
    """The parameters that are dicts, each with its keys; their parts are batched arrays.

    Raises:
        StructureNeeded: a dict is also used as a whole, so that there may be other keys.
    """
    found: dict[str, Kind] = {}
    for name in names:
        chains: list[tuple[str, ...]] = []
        rest = _uses(source.tree, name, chains)
        if not chains and not any(_is_method(use) for use in rest):
            continue
        kind = _kind(list(dict.fromkeys(chains))) if not rest else None
        if kind is None:
            raise needed(source, rest[0] if rest else source.tree, name)
        found[name] = kind
    return found


def needed(source: FunctionSource, node: gast.AST, name: str) -> StructureNeeded:
    cause = f"the structure of {name} is not known here, and the batch axis is in the parts of a container"
    rewrite = "source_for(*args), with the arguments of a call, or an entry of in_axes that is a container like it"
    return StructureNeeded(unsupported(source, node, cause, rewrite).diagnostics)


def _uses(node: gast.AST, name: str, chains: list[tuple[str, ...]]) -> list[gast.AST]:
    """Uses of a variable other than by keys that are strings, which are collected in `chains`."""
    keys, inner = [], node
    while isinstance(inner, gast.Subscript) and _is_text(inner.slice) and isinstance(inner.ctx, gast.Load):
        keys.append(inner.slice.value)
        inner = inner.value
    if isinstance(inner, gast.Name) and inner.id == name:
        if not keys:
            return [] if isinstance(inner.ctx, gast.Param) else [node]
        chains.append(tuple(reversed(keys)))
        return []
    if isinstance(node, gast.Attribute) and isinstance(node.value, gast.Name) and node.value.id == name:
        return [node]
    return [use for child in gast.iter_child_nodes(node) for use in _uses(child, name, chains)]


def _is_text(node: gast.AST) -> bool:
    return isinstance(node, gast.Constant) and isinstance(node.value, str)


def _is_method(node: gast.AST) -> bool:
    return isinstance(node, gast.Attribute) and node.attr in _METHODS


def _kind(chains: list[tuple[str, ...]]) -> Kind | None:
    """A dict with these paths of keys; None where one of them is the beginning of another."""
    if chains == [()]:
        return Numeric(True)
    if () in chains:
        return None
    keys = dict.fromkeys(c[0] for c in chains)
    parts = {key: _kind([c[1:] for c in chains if c[0] == key]) for key in keys}
    return None if None in parts.values() else DictOf(tuple(parts.items()))  # type: ignore[arg-type]


def unpacked(source: FunctionSource) -> set[str]:
    """Variables that are unpacked, or whose elements are, as tuples often are, and arrays too."""
    assigned = [n for n in gast.walk(source.tree) if isinstance(n, gast.Assign | gast.For | gast.comprehension)]
    values = [n.value for n in assigned if isinstance(n, gast.Assign) and _is_display(n.targets[0])]
    values += [n.iter for n in assigned if not isinstance(n, gast.Assign) and _is_display(n.target)]
    return {v.id for v in values if isinstance(v, gast.Name)}


def _is_display(node: gast.AST) -> bool:
    return isinstance(node, gast.Tuple | gast.List)
