"""The batched forms of what makes arrays of lists, of shapes, and of operations on lists that take arrays."""

from typing import Any

import gast

from s2s.codegen.batching.forms import aligned, first_row, is_default, moved
from s2s.codegen.batching.values import BatchValues
from s2s.codegen.core import core
from s2s.codegen.derivatives import rules
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import ListOf, Numeric, RaggedOf, TupleOf
from s2s.codegen.inference.operations import Operation


def _depth(kind: Any) -> int | None:
    """How many lists are around the numbers; None where that is not known."""
    if isinstance(kind, Numeric):
        return 0
    if not isinstance(kind, ListOf | TupleOf) or isinstance(kind, RaggedOf):
        return None
    depths = {_depth(k) for k in kinds.parts(kind)}
    depth = depths.pop() if len(depths) == 1 else None
    return None if depth is None else depth + 1


def array(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """`np.array([a, b])` of batched elements: NumPy puts the batch axis behind those of the lists."""
    parameter = operation.primitive.parameters[0]
    node = operation.binding[parameter]
    depth = _depth(writer.kind(node))
    if depth == 0:
        return aligned(writer, statement, operation)
    if depth is None:
        return None
    spread = writer.spread(node)
    if depth == 1 and all(is_default(operation, p) for p in operation.binding if p == "dtype"):
        return writer.writer.text("np.stack(x, axis=1)", {"x": spread})
    made = rules.replace_at(statement.value, operation.places, {parameter: spread})
    return moved(writer, made, core.constant(depth), core.constant(0))


def array_bar(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """Undoes `array`."""
    elements = operation.binding["elements"]
    depth = _depth(writer.kind(elements))
    if not depth:
        return aligned(writer, statement, operation) if depth == 0 else None
    g = writer.named(moved(writer, writer.spread(operation.binding["g"]), core.constant(0), core.constant(depth)), "g")
    return rules.replace_at(statement.value, operation.places, {"g": g, "elements": writer.spread(elements)})


def array_dot(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    elements = operation.binding["elements"]
    depth = _depth(writer.kind(elements))
    if depth is None:
        return None
    new = {"t": writer.spread(operation.binding["t"]), "elements": writer.spread(elements)}
    made = rules.replace_at(statement.value, operation.places, new)
    return made if depth == 0 else moved(writer, made, core.constant(depth), core.constant(0))


def instantiate(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    new = {p: writer.spread(operation.binding[p]) for p in ("t", "like")}
    return rules.replace_at(statement.value, operation.places, new)


def full_like(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    if not core.is_constant_key(operation.binding["shape"], None):
        return None
    owner, value = writer.spread(operation.binding["a"]), operation.binding["fill_value"]
    new = {"a": owner}
    if writer.is_active(value):
        new["fill_value"] = writer.atom("align(v, np.ndim(x))", {"v": value, "x": owner})
    return rules.replace_at(statement.value, operation.places, new)


def same(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    """What is the same of one row and of all of them."""
    return statement.value


def is_view(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    item, index = operation.binding["values"].elts
    if writer.reads_active(index):
        index = core.constant(0)  # an element
    row = first_row(writer, item) if writer.is_active(item) else item
    return core.call(writer.writer.support("is_view"), row, rules.as_argument(index, writer.writer))


def is_array(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    return writer.writer.text("np.ndim(x) > 1", {"x": operation.binding["values"].elts[0]})


def stacked(join: str, rank: int) -> Any:
    """`np.vstack` and the like: each array with at least so many axes, joined along one."""

    def rule(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
        node = operation.binding["tup"]
        kind = writer.kind(node)
        if not isinstance(kind, ListOf | TupleOf) or _depth(kind) != 1 or getattr(kind, "elements", None) is None:
            return None
        spread = writer.spread(node)
        text = f"inner_atleast(x[i], {rank})"
        parts = [writer.atom(text, {"x": spread, "i": core.constant(i)}) for i in range(len(kinds.parts(kind)))]
        return writer.writer.text(f"np.concatenate(parts, axis={join})", {"parts": core.list_of(parts)})

    return rule


def shape(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    return writer.writer.text("np.shape(x)[1:]", {"x": operation.binding["a"]})


def ndim(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    return writer.writer.text("np.ndim(x) - 1", {"x": operation.binding["a"]})


def size(writer: Any, statement: gast.AST, operation: Operation) -> gast.AST:
    axis = operation.binding["axis"]
    text = "np.size(x) // np.shape(x)[0]" if core.is_constant_key(axis, None) else "np.size(x, inner_axis(axis))"
    return writer.writer.text(text, {"x": operation.binding["a"], "axis": axis})


def index_rank_of_rows(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    return writer.writer.text("index_rank(x) - 1", {"x": operation.binding["index"]})


# Operations on lists that take arrays for lists of their rows: parameter that may be an array, and text for one.
OF_ARRAYS = {
    "list_sum": ("xs", "np.sum(xs, axis=1)"),
    "list_sum_from": ("xs", "start + np.sum(xs, axis=1)"),
    "list_sum_bar": ("xs", "np.broadcast_to(np.expand_dims(g, 1), np.shape(xs))"),
    "list_sum_of_bar": ("bars", "np.sum(bars, axis=1)"),
    "items": ("c", "items(np.swapaxes(c, 0, 1))"),
    "from_items": ("like", "np.swapaxes(from_items(np.swapaxes(like, 0, 1), xs), 0, 1)"),
}


def of_array(writer: BatchValues, operation: Operation) -> gast.AST | None:
    """The batched operation where an array stands for the list of its rows."""
    parameter, text = OF_ARRAYS.get(operation.primitive.name, (None, ""))
    if parameter is None or not isinstance(writer.kind(operation.binding[parameter]), Numeric):
        return None
    return writer.writer.text(text, {p: writer.spread(n) for p, n in operation.binding.items()})
