"""Loops over ranges that differ between rows: each row counts its own numbers, and waits when it is done."""

from dataclasses import dataclass
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference.kinds import Numeric


@dataclass
class Counted:
    """How a batch goes over the ranges of its rows.

    Attributes:
        target: the variable of the loop.
        iterator: what it is over, the same for all rows.
        count: of each row, the number of iterations; where only ends differ, where the row ends.
        item: the user's variable, of each row its own number; None where that is the loop's.
        first, step: how `item` is counted.
    """

    target: gast.AST
    iterator: gast.AST
    count: gast.AST
    item: str | None = None
    first: gast.AST | None = None
    step: gast.AST | None = None

    def mask(self, batch: Any, statement: gast.AST) -> gast.AST:
        """Writes what the body begins with; the rows that have not ended."""
        going = batch.atom("i < n", {"i": core.name(self.target.id), "n": self.count})
        if self.item is not None:
            batch.out.append(core.assign(self.item, self._number(batch, going), statement))
        return going

    def _number(self, batch: Any, going: gast.AST) -> gast.AST:
        """Rows that have ended take the number of the row that ends last, which is good for an index."""
        k = core.name(self.target.id)
        text = "k" if core.is_constant_key(self.step, 1) else "k * step"
        text = text if core.is_constant_key(self.first, 0) else f"first + {text}"
        number = batch.atom(text, {"first": self.first, "k": k, "step": self.step})
        batch.function.kinds[number.id] = Numeric(True, scalar=True)
        nodes = {"going": going, "i": number, "n": self.count}
        return batch.writer.operation(batch.writer.text("np.where(going, i, i[np.argmax(n)])", nodes))


def is_range_of(statement: gast.For, is_active: Any) -> bool:
    """Does each row have a number of iterations of its own?"""
    found = _range(statement.iter)
    return found is not None and any(is_active(a) for a in found.args)


def _range(iterator: gast.AST) -> Any:
    if not isinstance(iterator, gast.Call):
        return None
    if core.dotted(iterator.func) == "reversed":
        return _range(iterator.args[0])
    return iterator if core.dotted(iterator.func) == "range" else None


def of(batch: Any, statement: gast.For) -> Counted:
    """Writes what stands before a loop over ranges that differ between rows."""
    found = _range(statement.iter)
    args = found.args
    start, end = (core.constant(0), args[0]) if len(args) == 1 else (args[0], args[1])
    step = args[2] if len(args) == 3 else core.constant(1)
    batch.function.references.setdefault("range", range)
    is_plain = found is statement.iter and core.is_constant_key(step, 1)
    if is_plain and not batch.reads_active(start):
        first = [start] if len(args) > 1 else []
        return Counted(statement.target, core.call("range", *first, _largest(batch, end)), end)
    count = _count(batch, start, end, step)
    if found is not statement.iter:
        last = {"start": start, "n": count, "step": step}
        behind = "n - 1" if core.is_constant_key(step, 1) else "(n - 1) * step"
        start = batch.atom(behind if core.is_constant_key(start, 0) else f"start + {behind}", last)
        step = batch.atom("-step", {"step": step}) if not core.is_literal(step) else core.constant(-core.literal(step))
    k = batch.function.fresh("k")
    batch.function.kinds[k] = Numeric(scalar=True)
    iterator = core.call("range", _largest(batch, count))
    return Counted(core.stored(k), iterator, count, statement.target.id, start, step)


def _count(batch: Any, start: gast.AST, end: gast.AST, step: gast.AST) -> gast.AST:
    """The number of iterations of each row."""
    nodes = {"start": start, "end": end, "step": step}
    if core.is_constant_key(start, 0) and core.is_constant_key(step, 1):
        text = "np.maximum(end, 0)"
    elif core.is_constant_key(step, 1):
        text = "np.maximum(end - start, 0)"
    else:
        text = "np.maximum(-((start - end) // step), 0)"
    count = batch.atom(text, nodes)
    batch.function.kinds[count.id] = Numeric(True, scalar=True)
    batch.function.bases[count.id] = "count"
    return count


def _largest(batch: Any, ends: gast.AST) -> gast.AST:
    batch.function.references.setdefault("int", int)
    return batch.named(core.call("int", batch.atom("np.max(n)", {"n": ends})), "count")
