"""Variables of batched code that only some rows have set: which rows these are, for reads to be checked."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives import undefined
from s2s.codegen.inference import unset_reads
from s2s.codegen.inference.kinds import Numeric

# Rows: None for all of them, NONE for none, else a mask.
NONE = "none"


class SetRows:
    """Of each version of a variable whose reads are checked, the rows that have set it.

    Attributes:
        rows: version to a mask, or NONE; those that are not there are set in all rows.
        may_be: versions that may hold UNDEFINED.
    """

    def __init__(self, batch: Any):
        self.batch = batch
        body = batch.function.body
        self.rows: dict[str, Any] = dict.fromkeys(unset_reads.set_to_undefined(batch.function, body), NONE)
        self.may_be = unset_reads.may_be_unset(batch.function, body)
        checks = (s for s in core.walk(body) if unset_reads.is_check(batch.function, s))
        names = {s.value.args[0].id for s in checks if core.is_name(s.value.args[0])}
        self.checked = undefined.with_sources(body, names, self.may_be)

    def of(self, value: gast.AST | None) -> Any:
        if value is None:
            return NONE
        return self.rows.get(value.id) if core.is_name(value) else None

    def select(self, target: str, test: gast.AST, x: gast.AST | None, y: gast.AST | None) -> None:
        """Notes what of a join of two values is set; None stands for one that is not."""
        if target in self.checked and (of_both := self._either(test, self.of(x), self.of(y))) is not None:
            self.rows[target] = of_both

    def join(self, target: str, value: gast.AST) -> None:
        if target in self.checked and core.is_name(value) and value.id in self.rows:
            self.rows[target] = self.rows[value.id]

    def _either(self, test: gast.AST, x: Any, y: Any) -> Any:
        """The rows of x where the test holds, those of y elsewhere."""
        if x is None and y is None:
            return None
        other = self.batch.atom("np.logical_not(test)", {"test": test})
        of_x, of_y = self._and(test, x), self._and(other, y)
        if of_x is NONE or of_y is NONE:
            return of_y if of_x is NONE else of_x
        return self.batch.atom("np.logical_or(a, b)", {"a": of_x, "b": of_y})

    def _and(self, test: gast.AST, rows: Any) -> Any:
        if rows is None or rows is NONE:
            return test if rows is None else NONE
        return self.batch.atom("np.logical_and(a, b)", {"a": test, "b": rows})

    def arms(self, blocks: list[list[gast.AST]], like: gast.AST) -> list[list[gast.AST]]:
        """The two sides of a branch that all rows take alike; of what is set after it in some rows only, the mask."""
        before, found = dict(self.rows), []
        for block in blocks:
            self.rows = dict(before)
            found.append((self.batch.nested(block), dict(core.split_join(block)[1]), self.rows))
        self.rows = before
        extra: list[list[Any]] = [[] for _ in blocks]
        for target in sorted({t for _, joins, rows in found for t in joins if t in rows}):
            name = self.batch.function.fresh(f"{self.batch.base(core.name(target))}_is_set")
            self.batch.function.kinds[name] = Numeric(True, scalar=True)
            for pairs, (_, joins, rows) in zip(extra, found, strict=True):
                there = rows.get(target) if target in joins else NONE
                pairs.append((name, self._mask(there)))
            self.rows[target] = core.name(name)
        return [self.with_carried(body, pairs, like) for (body, _, _), pairs in zip(found, extra, strict=True)]

    # Loops -------------------------------------------------------------------------------------------------------

    def enter(self, statement: gast.AST, late: set[str], joins: list[tuple[str, gast.AST]]) -> dict[str, str]:
        """Before a loop: sets the masks that it carries; carried variable to the name of its mask."""
        carried = {}
        for target, _ in joins:
            if target in self.checked and (target in late or target in self.rows):
                name = self.batch.function.fresh(f"{self.batch.base(core.name(target))}_is_set")
                before = self._mask(self.rows.get(target, NONE))
                self.batch.function.kinds[name] = Numeric(True, scalar=True)
                self.batch.out.append(core.marked_join(core.assign(name, before, statement)))
                self.rows[target] = core.name(name)
                carried[target] = name
        return carried

    def _nobody(self) -> gast.AST:
        return self.batch.atom("np.full(size, False)", {"size": self.batch.size()})

    def _mask(self, rows: Any) -> gast.AST:
        return self._everybody() if rows is None else self._nobody() if rows is NONE else rows

    def _everybody(self) -> gast.AST:
        return self.batch.atom("np.full(size, True)", {"size": self.batch.size()})

    def carry(self, carried: dict[str, str], mask: gast.AST | None, joins: list[tuple[str, gast.AST]]) -> list[Any]:
        """The masks after an iteration, of the rows of `mask`: pairs for what the loop carries."""
        pairs = []
        for target, value in joins:
            if target in carried:
                name = core.name(carried[target])
                now = self.of(value) if mask is None else self._and(mask, self.of(value))
                pairs.append((name.id, self._also(name, now)))
        self.leave(carried)
        return pairs

    def leave(self, carried: dict[str, str]) -> None:
        """Behind the loop, the masks are what it carried."""
        self.rows.update({target: core.name(name) for target, name in carried.items()})

    def with_carried(self, body: list[gast.AST], extra: list[Any], like: gast.AST) -> list[gast.AST]:
        """A finished block with more pairs in its last, simultaneous assignment."""
        if not extra:
            return body
        inner, joins = core.split_join(body)
        return [*inner, *core.simultaneous([*joins, *extra], like), *core.split_guard(body)[1]]

    def _also(self, before: gast.AST, now: Any) -> gast.AST:
        if now is None:
            return self._everybody()
        return before if now is NONE else self.batch.atom("np.logical_or(a, b)", {"a": before, "b": now})

    # Reads -------------------------------------------------------------------------------------------------------

    def check(self, statement: gast.AST) -> None:
        """Writes the check of a read, of the rows that come there."""
        call, mask = statement.value, self.batch.mask
        rows = call.args[2] if len(call.args) > 2 else self.of(call.args[0])
        if rows is not None and mask is not None and rows is not NONE and core.same(rows, mask):
            return
        args = list(call.args[:2])
        if rows is not None and (mask is not None or rows is not NONE):
            args.append(self._or_elsewhere(rows, mask))
        self.batch.out.append(core.from_statement(gast.Expr(core.call(call.func, *args)), statement))

    def _or_elsewhere(self, rows: Any, mask: gast.AST | None) -> gast.AST:
        if mask is None:
            return rows
        if rows is NONE:
            return self.batch.atom("np.logical_not(mask)", {"mask": mask})
        aligned = self.batch.atom("np.ndim(rows)", {"rows": rows})
        elsewhere = {"mask": mask, "rank": aligned}
        not_there = self.batch.atom("np.logical_not(align(mask, rank))", elsewhere)
        return self.batch.atom("np.logical_or(a, b)", {"a": not_there, "b": rows})
