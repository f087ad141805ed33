"""The batched forms of reading and writing elements."""

from dataclasses import dataclass

import gast

from s2s.codegen.batching.values import BatchValues
from s2s.codegen.core import core
from s2s.codegen.derivatives import rules
from s2s.codegen.inference import structures
from s2s.codegen.inference.kinds import DictOf, ListOf, MapOf, Numeric, Static, TupleOf
from s2s.codegen.inference.operations import Operation
from s2s.codegen.simplifying.shapes import resolved
from s2s.runtime.primitives import table


@dataclass(frozen=True)
class RowIndex:
    """An index into a batched array.

    Attributes:
        node: the index.
        rank: where slices stand before index arrays of each row's own, the rank of these arrays in one row. NumPy
            puts their axes first, next to the batch axis, and not behind the axes of the slices.
        before: then, the number of these axes. None where index arrays that all rows share, parted by slices, come
            before the batch axis itself.
    """

    node: gast.AST
    rank: gast.AST | None = None
    before: gast.AST | None = None

    def as_in_rows(self, writer: BatchValues, item: gast.AST) -> gast.AST:
        """What the index gives, with its axes in the order that they have in each row."""
        if self.before is None:
            return self._moved(writer, item, "np.moveaxis(x, rank, 0)")
        return self._moved(writer, item, "np.moveaxis(x, span(1, rank + 1), span(before + 1, before + rank + 1))")

    def as_indexed(self, writer: BatchValues, item: gast.AST) -> gast.AST:
        """Undoes `as_in_rows`."""
        if self.before is None:
            return self._moved(writer, item, "np.moveaxis(x, 0, rank)")
        return self._moved(writer, item, "np.moveaxis(x, span(before + 1, before + rank + 1), span(1, rank + 1))")

    def _moved(self, writer: BatchValues, item: gast.AST, text: str) -> gast.AST:
        if self.rank is None:
            return item
        nodes = {"x": writer.named(item, "item"), "rank": self.rank, "before": self.before or core.constant(0)}
        return writer.atom(text, nodes)


def getitem(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """`x[i]` is `x[:, i]`; with an index of each row's own, `x[np.arange(size), i]`."""
    if core.is_literal(operation.binding["index"]) and isinstance(core.literal(operation.binding["index"]), str):
        raise structures.needed(writer.function.source, statement, writer.base(operation.binding["c"]))
    if "c" not in operation.active and writer.reads_active(operation.binding["index"]):
        return _of_shared(writer, operation)
    index = inner_index(writer, operation)
    return index.as_in_rows(writer, core.subscript(operation.binding["c"], index.node)) if index is not None else None


def _of_shared(writer: BatchValues, operation: Operation) -> gast.AST | None:
    """`x[i]` of what the rows share: the index arrays bring the batch axis."""
    parts = _index_parts(writer, operation)
    own = [p for p in parts if writer.reads_active(p)]
    if not all(core.is_name(p) and not isinstance(writer.kind(p), TupleOf) for p in own):
        return None
    aligned = [_aligned_index(writer, p, parts) for p in parts]
    item = core.subscript(operation.binding["c"], core.tuple_of(aligned) if len(aligned) > 1 else aligned[0])
    before = _axes_before(writer, operation.binding["c"], parts, 0)
    if before is None:
        return item
    named = writer.named(item, "item")
    return writer.writer.text("np.moveaxis(x, n, 0)", {"x": named, "n": before})


def _axes_before(writer: BatchValues, owner: gast.AST, parts: list[gast.AST], lead: int) -> gast.AST | None:
    """How many axes stand in front of those of the index arrays; None if these are first.

    They are first, too, where slices part them. `lead` is the number of batch axes of the owner.
    """
    places = [i for i, p in enumerate(parts) if not isinstance(p, gast.Slice) and not is_new_axis(p)]
    if places[0] == 0 or places[-1] - places[0] >= len(places):
        return None
    if not any(core.is_constant_key(p, ...) for p in parts[: places[0]]):
        return core.constant(places[0])
    taken = sum(not is_new_axis(p) for p in parts) + lead - (places[0] - 1)
    return writer.atom("np.ndim(x) - taken", {"x": owner, "taken": core.constant(taken)})


def _index_parts(writer: BatchValues, operation: Operation) -> list[gast.AST]:
    node = _without_s(writer, operation.binding["index"])
    if isinstance(node, gast.Tuple):
        return [_of_positions(writer, part) for part in node.elts]
    return _taken_apart(writer, node) or [_of_positions(writer, node)]


def _of_positions(writer: BatchValues, part: gast.AST) -> gast.AST:
    """A list of positions of each row's own as an array, whose batch axis is the first."""
    if not core.is_name(part) or not isinstance(writer.kind(part), ListOf) or not writer.is_active(part):
        return part
    positions = writer.named(writer.atom("np.stack(xs, axis=1)", {"xs": writer.spread(part)}), "positions")
    writer.function.kinds[positions.id] = Numeric(active=True)
    return positions


def _taken_apart(writer: BatchValues, node: gast.AST) -> list[gast.AST] | None:
    """The parts of a variable that is a tuple of index arrays of each row's own, among others."""
    kind = writer.kind(node)
    if not isinstance(kind, TupleOf) or not writer.is_active(node):
        return None
    parts: list[gast.AST] = []
    for place, part in enumerate(kind.elements):
        item = core.subscript(node, core.constant(place))
        if isinstance(part, Numeric):
            parts.append(writer.named(item, "index"))
            writer.function.kinds[parts[-1].id] = part
        elif isinstance(part, Static) and (part.value is None or part.value is Ellipsis):
            parts.append(core.constant(part.value))
        else:
            return None
    return parts


def inner_index(writer: BatchValues, operation: Operation) -> RowIndex | None:
    """The index into the batched array; None where NumPy would put the batch axis elsewhere."""
    parts = _index_parts(writer, operation)
    own = [p for p in parts if writer.reads_active(p)]
    if not own and len(parts) == 1 and _is_opaque(writer, parts[0]):
        return RowIndex(writer.atom("inner_index(i)", {"i": operation.binding["index"]}))
    if not own:
        return _after_batch_axis(writer, parts)
    if not all(core.is_name(p) and not isinstance(writer.kind(p), TupleOf) for p in own):
        return None
    rows = writer.atom("np.arange(size)", {"size": writer.size()})
    if all(writer.is_inner_scalar(p) for p in parts if may_be_array(writer, p)):
        return RowIndex(core.tuple_of([rows, *parts]))
    rank = _index_rank(writer, parts)
    rows = writer.atom("beside(rows, rank)", {"rows": rows, "rank": rank})
    node = core.tuple_of([rows, *[_aligned_index(writer, p, parts) for p in parts]])
    parameter = "c" if "c" in operation.binding else "g"
    before = _axes_before(writer, writer.spread(operation.binding[parameter]), parts, 1)
    return RowIndex(node) if before is None else RowIndex(node, writer.atom("rank - 1", {"rank": rank}), before)


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


def _after_batch_axis(writer: BatchValues, parts: list[gast.AST]) -> RowIndex:
    node = core.tuple_of([gast.Slice(None, None, None), *parts])
    is_array = [may_be_array(writer, p) for p in parts]
    places = [i for i, p in enumerate(parts) if not isinstance(p, gast.Slice) and not is_new_axis(p)]
    if any(is_array) and places and places[-1] - places[0] >= len(places):
        return RowIndex(node, writer.atom("rank - 1", {"rank": _index_rank(writer, parts)}))
    return RowIndex(node)


def is_new_axis(node: gast.AST) -> bool:
    return core.is_constant_key(node, None) or core.is_constant_key(node, ...)


def may_be_array(writer: BatchValues, node: gast.AST) -> bool:
    if isinstance(node, gast.Slice) or core.is_literal(node):
        return False
    kind = writer.function.kinds.get(node.id) if core.is_name(node) else None
    return not (isinstance(kind, Numeric) and kind.scalar)


def set_at(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """`set_at(x, i, v)` and the like; the value's rank is raised to that of what it is written to."""
    if _is_mask(writer, operation.binding["index"]) and _is_one_number(writer, operation.binding["v"]):
        nodes = (writer.spread(operation.binding["c"]), operation.binding["index"], operation.binding["v"])
        return core.call(writer.writer.support(operation.primitive.name), *nodes)
    index = inner_index(writer, operation)
    if index is None:
        return None
    owner = writer.spread(operation.binding["c"])
    value = operation.binding["v"]
    if writer.is_active(value) or index.rank is not None:
        value = _as_written(writer, index, owner, writer.spread(value))
    function = writer.writer.support(operation.primitive.name)
    return core.call(function, owner, rules.as_argument(index.node, writer.writer), value)


def _is_mask(writer: BatchValues, index: gast.AST) -> bool:
    """Is the index a comparison of batched values? As a mask of all rows' elements it stays what it is."""
    made = writer.definition(index.id) if core.is_name(index) and writer.is_active(index) else None
    if isinstance(made, gast.Call):
        target = resolved(writer.function, made.func)
        return getattr(table.lookup(target), "name", "") in _TESTS
    return isinstance(made, gast.Compare)


_TESTS = frozenset(
    """
    equal not_equal less less_equal greater greater_equal logical_and logical_or logical_not logical_xor
    isnan isinf isfinite isclose
    """.split()
)


def _is_one_number(writer: BatchValues, value: gast.AST) -> bool:
    return not writer.is_active(value) and writer.is_inner_scalar(value)


def _as_written(writer: BatchValues, index: RowIndex, owner: gast.AST, value: gast.AST) -> gast.AST:
    """The value with as many axes as what it is written to, in the order that the index wants."""
    place = writer.named(core.subscript(owner, index.node), "place")
    aligned = writer.atom("align(v, np.ndim(place))", {"v": value, "place": place})
    return index.as_indexed(writer, aligned)


def getitem_bar(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """The rank of the cotangent, which may be one number for all that was read, is raised to that of what was read."""
    owner = operation.binding["c"]
    g = writer.spread(operation.binding["g"])
    whole = writer.spread(owner)
    index: RowIndex | None
    if isinstance(writer.kind(owner), TupleOf | ListOf | DictOf | MapOf):
        index = RowIndex(operation.binding["index"])
        if writer.reads_active(index.node):
            return None
    else:
        index = inner_index(writer, operation)
        if index is None:
            return None
        g = _as_written(writer, index, whole, g)
    return core.call(
        writer.writer.support(operation.primitive.name), whole, rules.as_argument(index.node, writer.writer), g
    )


def set_at_bar(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """The value's rank is raised to that of what was written to, and its cotangent brought back."""
    index = inner_index(writer, operation)
    if index is None:
        return None
    g, value = writer.spread(operation.binding["g"]), writer.spread(operation.binding["v"])
    written = _as_written(writer, index, g, value)
    bar = core.call(writer.writer.support("set_at_bar"), g, rules.as_argument(index.node, writer.writer), written)
    bar = index.as_in_rows(writer, writer.named(bar, "bar"))
    return writer.writer.text("np.reshape(bar, np.shape(v))", {"bar": bar, "v": value})
