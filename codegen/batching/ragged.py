"""Lists that have another length in each row: pairs of the rows that have an element, and that element.

Reverse mode keeps such lists of what loops computed, and users collect what they find. Such a list may grow, be
iterated over (a row stands still at the elements that it does not have), turned round, summed, and be handed on.
"""

from dataclasses import dataclass
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference.kinds import ListOf, Numeric, RaggedOf
from s2s.codegen.inference.maps import static_index
from s2s.codegen.inference.operations import Operation

_CAUSE = "a list may have another length in each row"
_REWRITE = "write to an array of fixed length"


@dataclass
class Entries:
    """The entries that a loop goes over, its variables for these, and what it takes out of each."""

    target: gast.AST
    parts: list[tuple[str, gast.AST, str]]  # of each entry: its name, the rows that have it, the user's variable

    def unpack(self, batch: Any, statement: gast.AST) -> gast.AST:
        """Writes the statements that take the entries apart; the rows that have them, which are the same for all."""
        for entry, rows, item in self.parts:
            batch.out.append(core.unpack([rows.id, item], core.name(entry), statement))
        return self.parts[0][1]


def iterated(iterator: gast.AST) -> list[gast.AST]:
    """What a loop runs over, through `zip`, `reversed` and the like."""
    if isinstance(iterator, gast.Call) and core.dotted(iterator.func) in ("zip", "reversed", "enumerate"):
        return [source for argument in iterator.args for source in iterated(argument)]
    return [iterator]


def over(batch: Any, statement: gast.For) -> Entries | None:
    """What a loop over such a list iterates, or over several that grow together; None for other loops."""
    iterator = statement.iter
    sources = iterated(iterator)
    if not any(isinstance(batch.kind(s), RaggedOf) for s in sources):
        return None
    names = core.target_names(statement.target)
    is_counted = any(core.dotted(n.func) == "enumerate" for n in core.nodes(iterator) if isinstance(n, gast.Call))
    if is_counted or len(names) != len(sources) or not _grow_together(batch, sources):
        raise batch.unsupported(_CAUSE, "iterate over this list alone")
    parts = []
    for name in names:
        entry, rows = batch.function.fresh("entry"), core.name(batch.function.fresh("rows"))
        batch.function.kinds[rows.id] = Numeric(True, scalar=True)
        parts.append((entry, rows, name))
    return Entries(_renamed(statement.target, {name: entry for entry, _, name in parts}), parts)


def _renamed(target: gast.AST, names: dict[str, str]) -> gast.AST:
    if isinstance(target, gast.Name):
        return core.stored(names[target.id])
    return gast.Tuple([_renamed(e, names) for e in target.elts], gast.Store())


def _grow_together(batch: Any, sources: list[gast.AST]) -> bool:
    """Is an element put into each of the lists wherever one is put into any, so that their elements are a row's own?"""
    if not all(isinstance(batch.kind(s), RaggedOf) for s in sources):
        return False
    places = [_growth(batch, batch.function.body, batch.base(s)) for s in sources]
    return len(sources) == 1 or (all(p == places[0] for p in places) and bool(places[0]))


def _growth(batch: Any, body: list[gast.AST], base: str) -> list[int]:
    """The blocks in which something is put into the list, once for each time."""
    found = []
    for statement in body:
        if _is_append(batch, statement, base):
            found.append(id(body))
        for block in core.blocks(statement):
            found += _growth(batch, block, base)
    return found


def _is_append(batch: Any, statement: gast.AST, base: str) -> bool:
    operation = getattr(statement, "operation", None)
    primitive = getattr(operation, "primitive", None)
    return primitive is not None and primitive.name == "list_append" and batch.base(operation.binding["xs"]) == base


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
