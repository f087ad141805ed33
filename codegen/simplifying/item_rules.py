"""Cotangents of elements: `getitem_bar(x, np.s_[:, None], g)` is g without an axis, all entries of a dict a display.

`add_at` and `getitem_bar` make an array for one element; where the index says which these are, plain NumPy does.
"""

from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.inference.kinds import DictOf, Numeric
from s2s.codegen.simplifying.shapes import is_exact, resolved
from s2s.runtime import support


def getitem_bar(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`getitem_bar(c, key, g)`."""
    c, key, g = node.args
    if not _is_array(rewriting, c):
        return _display(rewriting, node)
    whole = _of_whole(rewriting, c, key, g)
    if whole is not None:
        full_like = RuleWriter(rewriting.function, None).numpy("full_like")
        return core.call(full_like, c, whole) if core.is_constant(whole) else whole
    return _with_number(rewriting, node)


def add_at(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`add_at(c, key, g)`, where c is an adjoint."""
    c, key, g = node.args
    like = rewriting.function.shaped_like.get(getattr(c, "id", None))
    if like is not None and not _is_array(rewriting, core.name(like)):
        return _display(rewriting, node)
    whole = _of_whole(rewriting, c, key, g)
    if whole is not None:
        return core.binary(c, gast.Add(), whole)
    merged = _merged(rewriting, c, key, g)
    return merged if merged is not None else _with_number(rewriting, node)


def set_at_bar(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`set_at_bar(g, i, v)` of one number that was written is `g[i]`."""
    g, key, value = node.args
    places = rewriting.definition(key)
    indices = places.elts if isinstance(places, gast.Tuple) else [key]
    is_number = rewriting.shapes.of(value) == () and rewriting.shapes.rank(g) == len(indices)
    are_counted = is_number and all(_is_counter(rewriting, i) for i in indices)
    return core.subscript(g, places if isinstance(places, gast.Tuple) else key) if are_counted else None


def _is_counter(rewriting: Any, node: gast.AST) -> bool:
    """Is this surely an integer? A truth value as an index takes all elements, or none."""
    if core.is_name(node):
        return node.id in rewriting.counters
    return core.is_constant(node) and type(core.literal(node)) is int


def _is_array(rewriting: Any, c: gast.AST) -> bool:
    return core.is_name(c) and isinstance(rewriting.function.kinds.get(c.id), Numeric)


def parts(rewriting: Any, key: gast.AST) -> list[gast.AST] | None:
    """The parts of the index `np.s_[…]`."""
    found = rewriting.definition(key)
    found = found if found is not None else key
    if not isinstance(found, gast.Subscript) or core.dotted(found.value) is None:
        return None
    if resolved(rewriting.function, found.value) is not np.s_:
        return None
    return found.slice.elts if isinstance(found.slice, gast.Tuple) else [found.slice]


def _of_whole(rewriting: Any, c: gast.AST, key: gast.AST, g: gast.AST) -> gast.AST | None:
    """The cotangent of all of c where the index takes all of it, in another shape: g with axes more or less."""
    shape, index = rewriting.shapes.of(c), parts(rewriting, key)
    if index is None or not is_exact(shape) or len([p for p in index if not _is_none(p)]) != len(shape):
        return None
    sizes = iter(shape)
    if not all(_is_none(p) or _takes_all(p, next(sizes)) for p in index):
        return None
    value = _uniform_value(rewriting, g)
    return value if value is not None else _reshaped(rewriting, index, g)


def _is_none(part: gast.AST) -> bool:
    return isinstance(part, gast.Constant) and part.value is None


def _is_full(part: gast.AST) -> bool:
    return isinstance(part, gast.Slice) and part.lower is part.upper is part.step is None


def adds_axes(index: gast.AST) -> bool:
    """Is this an index such as `:, None`?"""
    return isinstance(index, gast.Tuple) and all(_is_none(p) or _is_full(p) for p in index.elts)


def _takes_all(part: gast.AST, size: int) -> bool:
    return _is_full(part) or (size == 1 and core.is_constant(part, 0))


def _reshaped(rewriting: Any, parts: list[gast.AST], g: gast.AST) -> gast.AST | None:
    """g without the axes that the index made, or with those that it took."""
    new = [i for i, p in enumerate([p for p in parts if _is_none(p) or _is_full(p)]) if _is_none(p)]
    is_kept = all(_is_none(p) or _is_full(p) for p in parts)
    if not new:
        index = [gast.Slice(None, None, None) if _is_full(p) else core.constant(None) for p in parts]
        return g if is_kept else core.subscript(g, core.tuple_of(index))
    return _summed(rewriting, new, g) if is_kept and len(new) == 1 else None


def _summed(rewriting: Any, axes: list[int], g: gast.AST) -> gast.AST | None:
    """`np.sum(t, axis=k)` where g is that with `keepdims=True`, or its negative."""
    negative = rewriting.negated(g)
    found = rewriting.definition(negative if negative is not None else g)
    if not isinstance(found, gast.Call) or resolved(rewriting.function, found.func) is not np.sum:
        return None
    keywords = {k.arg: k.value for k in found.keywords}
    if keywords.keys() != {"axis", "keepdims"} or not core.is_constant(keywords["axis"], *axes):
        return None
    total = core.call(found.func, *found.args, axis=keywords["axis"])
    return total if negative is None else gast.UnaryOp(gast.USub(), total)


def _uniform_value(rewriting: Any, g: gast.AST) -> gast.AST | None:
    """The number that all elements of g are."""
    found = rewriting.definition(g)
    if not isinstance(found, gast.Call) or found.keywords:
        return None
    target = resolved(rewriting.function, found.func)
    if target is np.ones_like and len(found.args) == 1:
        return core.constant(1.0)
    is_number = target is np.full_like and len(found.args) == 2 and rewriting.is_scalar(found.args[1])
    return found.args[1] if is_number else None


def _with_number(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """A number is added to all elements as it is."""
    value = _uniform_value(rewriting, node.args[2])
    return core.call_of(node.func, [*node.args[:2], value], []) if value is not None else None


def _merged(rewriting: Any, c: gast.AST, key: gast.AST, g: gast.AST) -> gast.AST | None:
    """`add_at(getitem_bar(x, k, a), k, b)` is `getitem_bar(x, k, a + b)`; other elements may be written in between."""
    between: list[tuple[gast.AST, gast.AST]] = []
    while True:
        found = rewriting.own_definition(c)
        if not isinstance(found, gast.Call) or len(found.args) != 3 or found.keywords:
            return None
        if resolved(rewriting.function, found.func) not in (support.getitem_bar, support.add_at):
            return None
        c, other, value = found.args
        if _same_key(rewriting, other, key):
            break
        if not (_is_place(other) and _is_place(key)):
            return None
        between.append((other, value))
    if not rewriting.shapes.same(value, g):
        return None
    pairs = [*reversed(between), (key, core.binary(value, gast.Add(), g))]
    made, add = core.call_of(found.func, [c, *pairs[0]], []), core.name(_alias(rewriting, support.add_at))
    for pair in pairs[1:]:
        made = core.call_of(add, [made, *pair], [])
    return made


def _alias(rewriting: Any, helper: Any) -> str:
    return RuleWriter(rewriting.function, None).alias(helper, helper.__name__)


def _is_place(key: gast.AST) -> bool:
    return core.is_constant(key) and type(core.literal(key)) is int and core.literal(key) >= 0


def _same_key(rewriting: Any, a: gast.AST, b: gast.AST) -> bool:
    first, second = (rewriting.definition(k) for k in (a, b))
    known = isinstance(first, gast.Subscript) and isinstance(second, gast.Subscript)
    return core.same(a, b) or (known and core.same(first, second))


def stacked_item(rewriting: Any, container: gast.Call, key: gast.AST) -> gast.AST | None:
    """`stack_bar(g, xs, 0)[i]` is `g[i]`."""
    if resolved(rewriting.function, container.func) is not support.stack_bar or len(container.args) != 3:
        return None
    return core.subscript(container.args[0], key) if core.is_constant(container.args[2], 0) else None


# Dicts ---------------------------------------------------------------------------------------------------------------


def _display(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`{"w": …, "b": …}` in place of one call for each entry, where these are all entries."""
    entries: dict[Any, gast.AST] = {}
    while True:
        c, key, value = node.args
        if not core.is_literal(key):
            return None
        known = entries.get(core.literal(key))
        entries[core.literal(key)] = value if known is None else core.binary(value, gast.Add(), known)
        if resolved(rewriting.function, node.func) is support.getitem_bar:
            break
        inner = rewriting.own_definition(c)
        if not isinstance(inner, gast.Call) or len(inner.args) != 3 or inner.keywords:
            return None
        if resolved(rewriting.function, inner.func) not in (support.getitem_bar, support.add_at):
            return None
        node = inner
    kind = rewriting.function.kinds.get(c.id) if core.is_name(c) else None
    if not isinstance(kind, DictOf) or {k for k, _ in kind.items} != entries.keys():
        return None
    if not all(isinstance(k, Numeric) and k.active for _, k in kind.items):
        return None
    return gast.Dict([core.constant(k) for k, _ in kind.items], [entries[k] for k, _ in kind.items])
