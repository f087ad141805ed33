"""Lists that have another length in each row: pairs of the rows that have an element, and that element.

Reverse mode keeps such lists of what loops computed, and users collect what they find. Such a list may grow, be
iterated over (a row stands still at the elements that it does not have), turned round, summed, and be handed on.
"""

from dataclasses import dataclass
from typing import Any

import gast

from s2s.codegen import core
from s2s.codegen.infer import static_index
from s2s.codegen.kinds import ListOf, Numeric, RaggedOf
from s2s.codegen.operations import Operation

_CAUSE = "a list may have another length in each row"
_REWRITE = "write to an array of fixed length"


@dataclass
class Entries:
    """The entries that a loop goes over, and the loop's variable for one."""

    target: gast.AST
    rows: gast.AST
    item: gast.AST

    def unpack(self, batch: Any, statement: gast.AST) -> gast.AST:
        """Writes the statement that takes an entry apart; the rows that have it."""
        batch.out.append(core.unpack([self.rows.id, self.item.id], core.name(self.target.id), statement))
        return self.rows


def over(batch: Any, statement: gast.For) -> Entries | None:
    """What a loop over such a list iterates, None for other loops."""
    iterator = statement.iter
    sources = iterator.args if isinstance(iterator, gast.Call) else [iterator]
    if not any(isinstance(batch.kind(s), RaggedOf) for s in sources):
        return None
    if len(sources) > 1 or (isinstance(iterator, gast.Call) and core.dotted(iterator.func) != "reversed"):
        raise batch.unsupported(_CAUSE, "iterate over this list alone")
    function = batch.function
    entry, rows = function.fresh("entry"), core.name(function.fresh("rows"))
    function.kinds[rows.id] = Numeric(True, scalar=True)
    return Entries(core.stored(entry), rows, core.name(statement.target.id))


def operation(batch: Any, statement: gast.AST, operation: Operation) -> bool:
    """Writes an operation on such a list; False for operations on others."""
    name = operation.primitive.name
    involved = [p for p, node in operation.binding.items() if isinstance(batch.kind(node), RaggedOf)]
    if not involved:
        return False
    if name == "list_append" and involved == ["xs"]:
        _append(batch, statement, operation)
    elif name == "from_items" and involved == ["xs"] and isinstance(batch.kind(operation.binding["like"]), Numeric):
        filled = core.call(batch.writer.support("filled_entries"), operation.binding["xs"])
        mapping = {"like": batch.spread(operation.binding["like"]), "xs": batch.named(filled, "items")}
        text = "np.swapaxes(from_items(np.swapaxes(like, 0, 1), xs), 0, 1)"
        batch._assign(statement, batch.writer.operation(batch.writer.text(text, mapping)))
    elif name == "list_sum":
        batch._assign(statement, core.call(batch.writer.support("sum_of_entries"), operation.binding["xs"]))
    else:
        raise batch.unsupported(_CAUSE, _REWRITE)
    return True


def _append(batch: Any, statement: gast.AST, operation: Operation) -> None:
    target, xs = core.targets(statement)[0], operation.binding["xs"]
    value = batch.spread_to(operation.binding["v"], batch.function.kinds[target].element)
    rows = batch.mask if batch.mask is not None else batch._all_rows()
    entry = batch.named(core.tuple_of([rows, value]), "entry")
    batch.grown[target] = xs.id
    copy = core.from_statement(
        gast.Assign(statement.targets, core.call(batch.writer.support("append"), xs, entry), None), statement
    )
    copy.__dict__.update({k: v for k, v in statement.__dict__.items() if k not in ("value", "targets")})
    batch.out.append(copy)


def later(batch: Any, x: gast.AST, y: gast.AST) -> gast.AST:
    """Of two versions of a list, the one that the other grew into: its entries know their rows."""
    for new, old in ((x, y), (y, x)):
        name = new.id if core.is_name(new) else None
        while name is not None:
            if core.is_name(old) and name == old.id:
                return new
            name = batch.grown.get(name)
    raise batch.unsupported(_CAUSE, _REWRITE)


def from_list(batch: Any, value: gast.AST) -> gast.AST:
    """A list that all rows share the length of, as one of entries."""
    kind = batch.kind(value)
    if isinstance(kind, RaggedOf) or (isinstance(kind, ListOf) and kind.elements == ()):
        return value
    if not isinstance(kind, ListOf):
        raise batch.unsupported(_CAUSE, _REWRITE)
    made = core.call(batch.writer.support("entries_of"), batch.spread(value), batch.size())
    return batch.named(made, batch.base(value))


def read(batch: Any, statement: gast.AST) -> bool:
    """Writes a look into such a list; False where the statement holds none, or one that is the same for entries."""
    value = statement.value
    if isinstance(value, gast.Subscript) and isinstance(batch.kind(value.value), RaggedOf):
        return _item(batch, statement, value)
    if isinstance(value, gast.Call) and any(isinstance(batch.kind(a), RaggedOf) for a in value.args):
        raise batch.unsupported(_CAUSE, _REWRITE)
    return False


def _item(batch: Any, statement: gast.AST, value: gast.Subscript) -> bool:
    index = static_index(value.slice)
    if index == slice(None, None, -1) or index == slice(None, None, None):
        return False
    name = {0: "first_of_entries", -1: "last_of_entries"}.get(index) if isinstance(index, int) else None
    name = "rest_of_entries" if index == slice(1, None, None) else name
    if name is None:
        raise batch.unsupported(_CAUSE, _REWRITE)
    batch._assign(statement, core.call(batch.writer.support(name), value.value))
    return True
