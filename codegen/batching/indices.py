"""The batched forms of reading and writing elements."""

import gast

from s2s.codegen.batching.values import BatchValues
from s2s.codegen.core import core
from s2s.codegen.derivatives import rules
from s2s.codegen.inference.kinds import DictOf, ListOf, MapOf, Numeric, TupleOf
from s2s.codegen.inference.operations import Operation


def getitem(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """`x[i]` is `x[:, i]`; with an index of each row's own, `x[np.arange(size), i]`."""
    if "c" not in operation.active and writer.reads_active(operation.binding["index"]):
        return _of_shared(writer, operation)
    index = inner_index(writer, operation)
    return core.subscript(operation.binding["c"], index) if index is not None else None


def _of_shared(writer: BatchValues, operation: Operation) -> gast.AST | None:
    """`x[i]` of what the rows share: the index arrays bring the batch axis."""
    parts = _index_parts(writer, operation)
    if not all(core.is_name(p) for p in parts if writer.reads_active(p)):
        return None
    aligned = [_aligned_index(writer, p, parts) for p in parts]
    item = core.subscript(operation.binding["c"], core.tuple_of(aligned) if len(aligned) > 1 else aligned[0])
    before = _slices_before(writer, parts)
    if not before:
        return item
    named = writer.named(item, "item")
    return writer.writer.text("np.moveaxis(x, n, 0)", {"x": named, "n": core.constant(before)})


def _slices_before(writer: BatchValues, parts: list[gast.AST]) -> int:
    """Axes in front of those of the index arrays, which NumPy puts first where slices part them."""
    places = [i for i, p in enumerate(parts) if not isinstance(p, gast.Slice) and not is_new_axis(p)]
    return places[0] if places[-1] - places[0] < len(places) else 0


def _index_parts(writer: BatchValues, operation: Operation) -> list[gast.AST]:
    node = _without_s(writer, operation.binding["index"])
    return list(node.elts) if isinstance(node, gast.Tuple) else [node]


def inner_index(writer: BatchValues, operation: Operation) -> gast.AST | None:
    """The index into the batched array; None where NumPy would put the batch axis elsewhere."""
    parts = _index_parts(writer, operation)
    own = [p for p in parts if writer.reads_active(p)]
    if not own and len(parts) == 1 and _is_opaque(writer, parts[0]):
        return writer.atom("inner_index(i)", {"i": operation.binding["index"]})
    if not own:
        return _after_batch_axis(writer, parts)
    if not all(core.is_name(p) for p in own):
        return None
    numbers = all(writer.is_inner_scalar(p) for p in own)
    if not numbers and _slices_before(writer, parts):
        return None  # the axes of the index arrays would stand in front of those before
    rows = writer.atom("np.arange(size)", {"size": writer.size()})
    if not numbers:
        rows = writer.atom("beside(rows, rank)", {"rows": rows, "rank": _index_rank(writer, parts)})
    return core.tuple_of([rows, *[_aligned_index(writer, p, parts) for p in parts]])


def _index_rank(writer: BatchValues, parts: list[gast.AST]) -> gast.AST:
    """The rank of the rows' index arrays, broadcast together, with the batch axis."""
    arrays = [p for p in parts if may_be_array(writer, p)]
    texts = {f"i{k}": p for k, p in enumerate(arrays)}
    ranks = [f"index_rank(i{k})" + ("" if writer.is_active(p) else " + 1") for k, p in enumerate(arrays)]
    return writer.atom(f"max({', '.join(ranks)})" if len(ranks) > 1 else ranks[0], texts)


def _aligned_index(writer: BatchValues, part: gast.AST, parts: list[gast.AST]) -> gast.AST:
    """An index of each row's own, with its rank raised to that of the other index arrays."""
    others = [p for p in parts if p is not part and may_be_array(writer, p)]
    return writer.aligned(part, others) if writer.is_active(part) and others else part


def _is_opaque(writer: BatchValues, node: gast.AST) -> bool:
    """Is the index a variable that may hold slices, or a tuple?"""
    return core.is_name(node) and not isinstance(writer.kind(node), Numeric)


def _without_s(writer: BatchValues, node: gast.AST) -> gast.AST:
    """`i, 1:` of the index `np.s_[i, 1:]`, or of a variable that is one."""
    made = writer.definition(node.id) if core.is_name(node) else node
    return made.slice if isinstance(made, gast.Subscript) and (core.dotted(made.value) or "").endswith(".s_") else node


def _after_batch_axis(writer: BatchValues, parts: list[gast.AST]) -> gast.AST | None:
    whole = gast.Slice(None, None, None)
    is_array = [may_be_array(writer, p) for p in parts]
    places = [i for i, p in enumerate(parts) if not isinstance(p, gast.Slice) and not is_new_axis(p)]
    if any(is_array) and places and places[-1] - places[0] >= len(places):
        return None
    return core.tuple_of([whole, *parts])


def is_new_axis(node: gast.AST) -> bool:
    return core.is_constant_key(node, None) or core.is_constant_key(node, ...)


def may_be_array(writer: BatchValues, node: gast.AST) -> bool:
    if isinstance(node, gast.Slice) or core.is_literal(node):
        return False
    kind = writer.function.kinds.get(node.id) if core.is_name(node) else None
    return not (isinstance(kind, Numeric) and kind.scalar)


def set_at(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """`set_at(x, i, v)` and the like; the value's rank is raised to that of what it is written to."""
    index = inner_index(writer, operation)
    if index is None:
        return None
    owner = writer.spread(operation.binding["c"])
    value = operation.binding["v"]
    if writer.is_active(value):
        place = writer.named(core.subscript(owner, index), "place")
        value = writer.atom("align(v, np.ndim(place))", {"v": value, "place": place})
    function = writer.writer.support(operation.primitive.name)
    return core.call(function, owner, rules.as_argument(index, writer.writer), value)


def getitem_bar(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    owner = operation.binding["c"]
    g = writer.spread(operation.binding["g"])
    if isinstance(writer.kind(owner), TupleOf | ListOf | DictOf | MapOf):
        index = operation.binding["index"]
        found = None if writer.reads_active(index) else index
    else:
        found = inner_index(writer, operation)
    if found is None:
        return None
    function = writer.writer.support(operation.primitive.name)
    return core.call(function, writer.spread(owner), rules.as_argument(found, writer.writer), g)


def set_at_bar(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """The value's rank is raised to that of what was written to, and its cotangent brought back."""
    index = inner_index(writer, operation)
    if index is None:
        return None
    g, value = writer.spread(operation.binding["g"]), writer.spread(operation.binding["v"])
    place = writer.named(core.subscript(g, index), "place")
    aligned_value = writer.atom("align(v, np.ndim(place))", {"v": value, "place": place})
    bar = core.call(writer.writer.support("set_at_bar"), g, rules.as_argument(index, writer.writer), aligned_value)
    return writer.writer.text("np.reshape(bar, np.shape(v))", {"bar": writer.named(bar, "bar"), "v": value})
