"""Loops of batched code: where rows differ, a loop runs until every row is done, with the others standing still."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import gast

from s2s.codegen.batching import counted_loops, generators, quiet, ragged
from s2s.codegen.batching.counted_loops import is_range_of
from s2s.codegen.batching.values import BatchValues
from s2s.codegen.core import core
from s2s.codegen.derivatives import undefined
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import ListOf, Numeric, RaggedOf, TupleOf
from s2s.codegen.inference.operations import Operation
from s2s.runtime import support


class BatchLoops(BatchValues):
    """Writes the loops of one function; `batch.Batch` has the other statements.

    Attributes:
        mask: the rows that run the statement, where not all of them do.
        by_row: what of the function differs between rows, for its first lines.
        late: variables that a loop sets first.
        set_rows: which rows have set variables that others have not.
    """

    mask: gast.AST | None
    by_row: dict[str, bool]
    late: set[str]
    set_rows: Any

    def block(self, body: list[gast.AST]) -> None:
        raise NotImplementedError

    def nested(self, body: list[gast.AST]) -> list[gast.AST]:
        raise NotImplementedError

    def selected(self, target: str, test: gast.AST, x: gast.AST, y: gast.AST) -> gast.AST:
        raise NotImplementedError

    def for_loop(self, statement: gast.For) -> None:
        own_count = is_range_of(statement, self.is_active)
        entries = ragged.over(self, statement)
        if own_count or entries is not None or self._stops_by_row(statement):
            self._masked_for(statement, own_count, entries)
            return
        target, iterator = self._over_inner_axis(statement.target, statement.iter)
        body = self._shared_body(statement)
        self.out.append(core.from_statement(gast.For(target, iterator, body, [], None), statement))

    def _shared_body(self, statement: gast.AST) -> list[gast.AST]:
        """The body of a loop that all rows go round alike, in which some of them may set what others do not."""
        joins = core.split_join(statement.body)[1]
        late = {t for t, v in joins if core.is_name(v) and v.id in self.set_rows.may_be and self._is_late(t)}
        self._set_later(late, statement)
        carried = self.set_rows.enter(statement, late, joins)
        if not carried:
            return self.nested(statement.body)
        outer, self.out = self.out, []
        self.block(core.split_join(statement.body)[0])
        extra = self.set_rows.carry(carried, None, joins)
        self.block(statement.body[len(core.split_join(statement.body)[0]) :])
        self.set_rows.leave(carried)
        body, self.out = self.set_rows.with_carried(self.out, extra, statement), outer
        return body

    def _is_late(self, target: str) -> bool:
        return not undefined.is_entered(self.function.body, target)

    def _set_later(self, late: Iterable[str], statement: gast.AST) -> None:
        for target in sorted(late):
            self.late.add(target)
            self.out.append(core.marked_join(core.assign(target, self._not_set(), statement)))

    def _stops_by_row(self, statement: gast.AST) -> bool:
        return any(self.is_active(guard.test) for guard in core.split_guard(statement.body)[1])

    def _over_inner_axis(self, target: gast.AST, iterator: gast.AST) -> tuple[gast.AST, gast.AST]:
        """A batched array is iterated along its second axis."""
        name = core.dotted(iterator.func) if isinstance(iterator, gast.Call) else None
        if name in ("zip", "enumerate", "reversed"):
            parts = [
                self._over_inner_axis(target, a)[1] if i == 0 or name == "zip" else a
                for i, a in enumerate(iterator.args)
            ]
            return target, gast.Call(iterator.func, parts, iterator.keywords)
        if core.is_name(iterator) and isinstance(self.kind(iterator), Numeric) and self.is_active(iterator):
            return target, self.atom("np.swapaxes(x, 0, 1)", {"x": iterator})
        if core.is_name(iterator) and isinstance(self.kind(iterator), TupleOf):
            kind = self.kind(iterator)
            return target, self.spread_to(iterator, ListOf(kinds.iterated(kind)))
        if core.is_name(iterator) and isinstance(self.kind(iterator), kinds.Unknown) and self.is_active(iterator):
            self.refuse_unknown(iterator)
        return target, iterator

    def _masked_for(self, statement: gast.For, own_count: bool, entries: Any = None) -> None:
        """Rows that have left the loop, or have a smaller count than others, stand still."""
        target, iterator = self._over_inner_axis(statement.target, statement.iter)
        if entries is not None:
            target = entries.target
        counted = counted_loops.of(self, statement) if own_count else None
        if counted is not None:
            target, iterator = counted.target, counted.iterator
        running = self._start_running(statement) if self._stops_by_row(statement) else self._start(statement)
        is_whole = counted is None and entries is None and self.mask is None
        carried = self._enter(statement, is_whole)
        outer, self.out = self.out, []
        mask = running
        if entries is not None:
            mask = self._and(mask, entries.unpack(self, statement))
        if counted is not None:
            mask = self._and(mask, counted.mask(self, statement))
        pairs, guard = self._masked_pairs(statement, mask, running, carried)
        self.out.extend([*core.simultaneous(pairs, statement), *guard])
        body, self.out = self.out, outer
        self.out.append(core.from_statement(gast.For(target, iterator, body, [], None), statement))

    def while_loop(self, statement: gast.While) -> None:
        own_test = hasattr(statement, "expanded_test") and self.reads_active(statement.test)
        if not own_test and not self._stops_by_row(statement):
            body = self._shared_body(statement)
            self.out.append(core.from_statement(gast.While(statement.test, body, []), statement))
            return
        running = self._start_running(statement, statement.expanded_test if own_test else None)
        carried = self._enter(statement, not own_test and self.mask is None)
        outer, self.out = self.out, []
        pairs, guard = self._masked_pairs(statement, running, running, carried)
        if own_test:
            pairs = self._test_again(statement, dict(pairs), running)
        self.out.extend([*core.simultaneous(pairs, statement), *([] if own_test else guard)])
        body, self.out = self.out, outer
        test = core.call(self.writer.numpy("any"), running) if own_test else statement.test
        self.out.append(core.from_statement(gast.While(test, body, []), statement))

    def _test_again(self, statement: gast.While, values: dict[str, gast.AST], running: gast.AST) -> list[Any]:
        """The loop's test on the new values, for the rows that have not left the loop in its body."""
        going = values.get(running.id, running)
        renamed = self._renamed(statement.expanded_test, values)
        self.block(renamed)
        again = self._both(going, core.name(renamed[-1].targets[0].id))
        kept = [(t, v) for t, v in values.items() if t != running.id]
        return [*kept, (running.id, again)]

    def _start_running(self, statement: gast.AST, expanded: list[gast.AST] | None = None) -> gast.AST:
        """Which rows go round the loop, at its beginning; a variable that the loop carries."""
        self._start(statement)
        start = self._mask_of_test(expanded) if expanded is not None else self._all_rows()
        running = core.name(self.function.fresh("running"))
        self.function.kinds[running.id] = Numeric(True, scalar=True)
        self.out.append(core.marked_join(core.assign(running.id, start, statement)))
        return running

    def _start(self, statement: gast.AST) -> gast.AST | None:
        """Sets variables that the loop sets first; the rows that come to the loop, None for all."""
        self._set_later([t for t, _ in core.split_join(statement.body)[1] if self._is_late(t)], statement)
        return self.mask

    def _not_set(self) -> gast.AST:
        return core.name(self.writer.alias(support.UNDEFINED, "UNDEFINED"))

    def _and(self, a: gast.AST | None, b: gast.AST) -> gast.AST:
        return b if a is None else self._both(a, b)

    def _all_rows(self) -> gast.AST:
        return self.mask if self.mask is not None else self.atom("np.full(size, True)", {"size": self.size()})

    def _both(self, a: gast.AST, b: gast.AST) -> gast.AST:
        return self.atom("np.logical_and(a, b)", {"a": a, "b": b})

    def _mask_of_test(self, expanded: list[gast.AST]) -> gast.AST:
        self.block(expanded)
        test = core.name(expanded[-1].targets[0].id)
        return test if self.mask is None else self._both(self.mask, test)

    def _renamed(self, statements: list[gast.AST], mapping: dict[str, gast.AST]) -> list[gast.AST]:
        """The statements once more, with names of their own, on other values."""
        mapping, done = dict(mapping), []
        for statement in statements:
            target = statement.targets[0].id
            version = self.function.fresh(self.function.bases.get(target, target))
            self.function.kinds[version] = self.function.kinds.get(target)
            new = core.assign(version, core.substitute(statement.value, mapping), statement)
            operation = getattr(statement, "operation", None)
            new.operation = _substituted(operation, mapping) if operation is not None else None
            mapping[target] = core.name(version)
            done.append(new)
        return done

    def _enter(self, statement: gast.AST, is_whole: bool) -> dict[str, str]:
        """The masks that the loop carries, of what not all rows set; `is_whole` where all go round it at first."""
        joins = core.split_join(statement.body)[1]
        always = {t for t, v in joins if is_whole and not (core.is_name(v) and v.id in self.set_rows.may_be)}
        return self.set_rows.enter(statement, self.late - always, joins)

    def _masked_pairs(
        self, statement: gast.AST, mask: gast.AST, running: Any, carried: dict[str, str]
    ) -> tuple[list, list[gast.AST]]:
        """The body's new values in the rows of the mask, old ones in the others; and the guard that leaves the loop."""
        self.by_row["loop"] = True
        generators.refuse(self, [statement])
        outer, self.mask = self.mask, mask
        body, joins = core.split_join(statement.body)
        start = len(self.out)
        self.block(body)
        quiet.mark(self.function, self.out[start:])
        self.mask = outer
        self.writer.like = statement
        guard = core.split_guard(statement.body)[1]
        stop = guard[0].test.id if guard and self.is_active(guard[0].test) else None
        pairs = [(target, self._kept_or_new(target, mask, value)) for target, value in joins if target != stop]
        pairs += self.set_rows.carry(carried, mask, joins)
        return (pairs, guard) if stop is None else self._stopped(pairs, dict(joins)[stop], guard[0], running)

    def _stopped(
        self, pairs: list[Any], stop: gast.AST, guard: gast.If, running: gast.AST
    ) -> tuple[list, list[gast.AST]]:
        """The loop is left when no row is running any more; a row that is not running has stopped."""
        others = self.atom("np.logical_not(stop)", {"stop": self.spread(stop)})
        going = self.named(self.writer.text("np.logical_and(a, b)", {"a": running, "b": others}), "running")
        pairs = [*pairs, (guard.test.id, self.atom("np.logical_not(going)", {"going": going}))]
        done = core.name(self.function.fresh("done"))
        nobody = self.atom("not_any", {"not_any": self.atom("np.logical_not(np.any(going))", {"going": going})})
        left = core.from_statement(gast.If(done, guard.body, []), guard)
        return [*pairs, (running.id, going), (done.id, nobody)], [left]

    def _kept_or_new(self, target: str, mask: gast.AST, value: gast.AST) -> gast.AST:
        old = core.name(target)
        if isinstance(self.function.kinds.get(target), RaggedOf):
            return ragged.later(self, value, old)
        if holds_growing_list(self.function.kinds.get(target)):
            raise self.unsupported("a list may have another length in each row", "write to an array of fixed length")
        if target in self.late:
            parts = {"test": mask, "x": self.spread(value), "y": old}
            return self.atom("select(test, x, y)", parts)
        chosen = self.named(self.selected(target, mask, value, old), self.base(old))
        if core.is_name(chosen):
            self.function.kinds.setdefault(chosen.id, self.function.kinds.get(target))
        return chosen


def _substituted(operation: Operation, mapping: dict[str, gast.AST]) -> Operation:
    binding = {p: core.substitute(n, mapping) if n is not None else None for p, n in operation.binding.items()}
    return replace(operation, binding=binding)


def holds_growing_list(kind: Any) -> bool:
    """Is there a list whose length the kind does not tell?"""
    if isinstance(kind, ListOf) and kind.elements is None:
        return True
    return kind is not None and any(map(holds_growing_list, kinds.parts(kind)))
