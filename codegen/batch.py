"""Batching on Core: the same statements on values that have a batch axis, which is always the first one.

What is shared by all rows stays as it is. A test that the rows share stays a branch or a loop; where each row has its
own, both branches are computed and selected from, and a loop runs until every row is done, with the others standing
still.
"""

from dataclasses import replace
from typing import Any

import gast

from s2s.codegen import (
    batch_arrays,
    batch_kinds,
    batch_rules,
    collectives,
    container_kinds,
    core,
    custom_batching,
    effects,
    kinds,
    quiet,
    ragged,
    row_axes,
    rules,
    undefined,
)
from s2s.codegen.batch_values import BatchValues
from s2s.codegen.kinds import DictOf, ListOf, MapOf, Numeric, RaggedOf, TupleOf
from s2s.codegen.names import names_in
from s2s.codegen.operations import Operation
from s2s.codegen.row_axes import RowAxes
from s2s.codegen.shapes import resolved
from s2s.runtime import support


class Batch(BatchValues):
    """Writes the batched form of one function, inferred by `BatchInference`."""

    def __init__(self, function: core.Function, instance: Any):
        super().__init__(function, instance)
        self.mask: gast.AST | None = None  # the rows that run the statement, where not all of them do
        self.by_row: dict[str, bool] = {}  # what of the function differs between rows, for its first lines
        self.grown: dict[str, str] = {}  # lists of another length in each row, to what they were appended to
        self.late: set[str] = set()  # variables that a loop sets first

    def run(self, axes: RowAxes | None) -> list[gast.AST]:
        """The batched body; the results of an entry function have a batch axis where `axes` says."""
        last = self.function.body[-1]
        self.axis_size = axes.size if axes is not None else None
        self.out = []
        self.block(self.function.body[:-1])
        self.writer.like = last
        value = row_axes.result(self, last.value, axes) if axes is not None else last.value
        self.out.append(core.from_statement(gast.Return(value), last))
        body = [*self.counting(), *self.out]
        self._forget_rows()
        self.function.user_names = frozenset(names_in(self.function.source.tree))
        return body

    def _forget_rows(self) -> None:
        """Kinds were those of one row; a number of each row is an array now."""
        for name, kind in self.function.kinds.items():
            if isinstance(kind, Numeric) and kind.active and kind.scalar:
                self.function.kinds[name] = Numeric(True)

    def _spread_result(self, value: gast.AST, shared: tuple[int, ...]) -> gast.AST:
        if not shared:
            return self.spread(value)
        kind = self.kind(value)
        parts = [self.function.fresh("result") for _ in kinds.parts(kind)]
        self.function.kinds.update(zip(parts, kinds.parts(kind), strict=True))
        self._emit(core.unpack(parts, value, self.writer.like))
        return core.tuple_of(core.name(n) if i in shared else self.spread(core.name(n)) for i, n in enumerate(parts))

    # Statements --------------------------------------------------------------------------------------------------

    def block(self, body: list[gast.AST]) -> None:
        for statement in body:
            self.writer.like = statement
            self.statement(statement)

    def nested(self, body: list[gast.AST]) -> list[gast.AST]:
        outer, self.out = self.out, []
        self.block(body)
        done, self.out = self.out, outer
        return done

    def statement(self, statement: gast.AST) -> None:
        if core.is_join(statement):
            self.out.extend(self.joined(core.split_join([statement])[1], statement))
        elif isinstance(statement, gast.Assign):
            self.assignment(statement)
        elif isinstance(statement, gast.If):
            self.branch(statement)
        elif isinstance(statement, gast.For):
            self.for_loop(statement)
        elif isinstance(statement, gast.While):
            self.while_loop(statement)
        else:
            self.other(statement)

    def other(self, statement: gast.AST) -> None:
        if isinstance(statement, gast.Assert) and self.reads_active(statement.test):
            self._assertion(statement)
        elif isinstance(statement, gast.Expr) and self.reads_active(statement.value):
            self._effect(statement)
        else:
            self.out.append(statement)

    def _assertion(self, statement: gast.Assert) -> None:
        """What holds for shapes of one row is left out; a test must hold in all rows that are running."""
        compared = statement.test.left if isinstance(statement.test, gast.Compare) else None
        if self._calls(compared, support.shapes) or self._calls(compared, support.ranks):
            return
        expanded = getattr(statement, "expanded", None)
        if expanded is None:
            raise self.unsupported("assert over a batched value has no batched form here", "check it before vmap")
        self.block(expanded)
        test = core.name(expanded[-1].targets[0].id)
        if self.mask is not None:
            test = self.atom("np.logical_or(np.logical_not(a), b)", {"a": self.mask, "b": test})
        everywhere = core.call(self.writer.numpy("all"), test)
        self.out.append(core.from_statement(gast.Assert(everywhere, statement.msg), statement))

    def _effect(self, statement: gast.Expr) -> None:
        """Each row's result is one number where the results of all rows have one axis."""
        checks = (support.require_scalar, support.require_immutable)
        if not any(self._calls(statement.value, check) for check in checks):
            raise self.unsupported("a call for its effect on a batched value has no batched form", "return a value")
        rank = core.call(self.writer.numpy("ndim"), statement.value.args[0])
        test = gast.Compare(rank, [gast.Eq()], [core.constant(1)])
        self.out.append(core.from_statement(gast.Assert(test, None), statement))

    def _calls(self, node: gast.AST | None, function: Any) -> bool:
        return isinstance(node, gast.Call) and resolved(self.function, node.func) is function

    def joined(self, pairs: list[tuple[str, gast.AST]], like: gast.AST) -> list[gast.AST]:
        """The simultaneous assignment, with a batch axis where its targets have one."""
        return core.simultaneous([(t, self._as_target(t, v)) for t, v in pairs], like)

    def _as_target(self, target: str, value: gast.AST) -> gast.AST:
        if isinstance(self.function.kinds.get(target), RaggedOf):
            return ragged.from_list(self, value)
        if core.is_constant_key(value, None) or not (core.is_name(value) or core.is_literal(value)):
            return value
        return self.spread_to(value, self.function.kinds.get(target))

    def assignment(self, statement: gast.AST) -> None:
        """Writes the statement; a container whose elements are to be batched alike is completed afterwards."""
        start = len(self.out)
        self._assignment(statement)
        natural = getattr(statement, "natural", None)
        wanted = self.function.kinds.get(core.targets(statement)[0])
        if natural is None or wanted is None or batch_kinds.marks(natural, wanted) is True:
            return
        last = self.out[-1]
        assert len(self.out) > start and core.targets(last) == core.targets(statement)
        target = last.targets[0].id
        version = self.function.fresh(self.function.bases.get(target, target))
        self.function.kinds[version] = natural
        last.targets = [core.stored(version)]
        self._assign(statement, self.spread_to(core.name(version), wanted))

    def _assignment(self, statement: gast.AST) -> None:
        expanded = getattr(statement, "expanded", None)
        if expanded is not None:
            self.block(expanded)
            self.out.append(core.assign(statement.targets[0].id, core.name(expanded[-1].targets[0].id), statement))
            return
        operation: Any = getattr(statement, "operation", None)
        over_rows = getattr(statement, "over_rows", False)
        if over_rows and operation.form == "call":
            self.call(statement, operation)
        elif over_rows:
            self._assign(statement, self.writer.operation(collectives.written(self, statement, operation)))
        elif operation is None or not self.reads_active(statement.value):
            self.out.append(statement)
        elif operation.form == "call":
            self.call(statement, operation)
        elif operation.form == "primitive" and operation.primitive.name in container_kinds.RESULTS:
            self.of_containers(statement, operation)
        elif operation.form == "primitive":
            value = self.writer.operation(batch_rules.batched(self, statement, operation))
            self._assign(statement, value)
        else:
            self.structural(statement, operation)

    def _assign(self, statement: gast.AST, value: gast.AST) -> None:
        new = core.assign(core.targets(statement)[0], value, statement)
        new.temporary = getattr(statement, "temporary", False)
        new.derived = True
        self.out.append(new)

    def of_containers(self, statement: gast.AST, operation: Operation) -> None:
        """Lists and dicts stay; what is put into one that holds batched values gets a batch axis."""
        if ragged.operation(self, statement, operation):
            return
        of_array = batch_arrays.of_array(self, operation)
        if of_array is not None:
            self._assign(statement, self.writer.operation(of_array))
            return
        new = self._as_elements(statement, operation)
        value = rules.replace_at(statement.value, operation.places, new) if new else statement.value
        copy = core.from_statement(gast.Assign(statement.targets, value, None), statement)
        copy.__dict__.update({k: v for k, v in statement.__dict__.items() if k not in ("value", "targets")})
        self.out.append(copy)

    def _as_elements(self, statement: gast.AST, operation: Operation) -> dict[str, gast.AST]:
        """What is put into a list, with a batch axis where its elements have one."""
        wanted = self.function.kinds.get(core.targets(statement)[0])
        if isinstance(wanted, MapOf):
            self._require_shared_keys(operation)
            new = {"v": wanted.element, "d": wanted}
            return {p: self.spread_to(operation.binding[p], new[p]) for p in new if p in operation.places}
        if not isinstance(wanted, ListOf) or wanted.elements is not None:
            return self._as_parts(operation, wanted)
        put = {p: wanted.element for p in ("v",)} | {p: ListOf(wanted.element) for p in ("ys", "xs")}
        there = [p for p in put if p in operation.places and isinstance(operation.binding[p], gast.Name)]
        return {p: self.spread_to(operation.binding[p], put[p]) for p in there}

    def _as_parts(self, operation: Operation, wanted: Any) -> dict[str, gast.AST]:
        """`add_at(c, key, v)` of a container of known structure: what the result has batched is so before."""
        key = operation.binding.get("index")
        if "c" not in operation.places or key is None or not core.is_literal(key):
            return {}
        new = {"c": wanted, "v": kinds.getitem(wanted, core.literal(key))}
        names = [p for p in new if p in operation.places and core.is_name(operation.binding[p])]
        return {p: self.spread_to(operation.binding[p], new[p]) for p in names}

    def _require_shared_keys(self, operation: Operation) -> None:
        key = operation.binding.get("key")
        if key is not None and self.reads_active(key):
            raise self.unsupported("a key of a dict depends on a batched value", "use keys that all rows share")

    def structural(self, statement: gast.AST, operation: Operation) -> None:
        """Containers stay what they are; the attributes that ask for a size ask for that of one row."""
        value = statement.value
        if ragged.read(self, statement):
            return
        if isinstance(value, gast.Attribute) and isinstance(self.kind(value.value), Numeric | kinds.Unknown):
            self._size_attribute(statement, value)
        elif self._is_length(value):
            self._assign_text(statement, "np.shape(x)[1]", value.args[0])
        elif operation.form == "build" and isinstance(self.function.kinds.get(core.targets(statement)[0]), ListOf):
            kind = self.function.kinds[core.targets(statement)[0]]
            elements = [self.spread_to(e, k) for e, k in zip(value.elts, kinds.parts(kind), strict=True)]
            self._assign(statement, core.list_of(elements))
            statement.natural = kind
        else:
            self.out.append(statement)

    def _is_length(self, value: gast.AST) -> bool:
        is_call = isinstance(value, gast.Call) and core.dotted(value.func) == "len"
        return is_call and not isinstance(self.kind(value.args[0]), TupleOf | ListOf | DictOf)

    def _size_attribute(self, statement: gast.AST, value: gast.AST) -> None:
        texts = {"shape": "np.shape(x)[1:]", "ndim": "np.ndim(x) - 1", "size": "np.size(x) // np.shape(x)[0]"}
        if value.attr == "dtype":
            self.out.append(statement)
        elif value.attr in texts:
            self._assign_text(statement, texts[value.attr], value.value)
        else:
            raise self.unsupported(f"the attribute {value.attr!r} of a batched value has no batched form", "")

    def _assign_text(self, statement: gast.AST, text: str, x: gast.AST) -> None:
        self._assign(statement, self.writer.operation(self.writer.text(text, {"x": x})))

    def call(self, statement: gast.AST, operation: Operation) -> None:
        callee = operation.callee
        if callee.rule is not None and callee.rule.batch is not None:
            custom_batching.call(self, statement, operation)
            return
        function = core.name(callee.batched_name())
        new = gast.Call(function, effects.arguments_of(statement), statement.value.keywords)
        copied = core.from_statement(gast.Assign(statement.targets, new, None), statement)
        self.out.append(copied)

    # Control flow ------------------------------------------------------------------------------------------------

    def branch(self, statement: gast.If) -> None:
        if not self.is_active(statement.test):
            arms = [self.nested(b) for b in (statement.body, statement.orelse)]
            self.out.append(core.from_statement(gast.If(statement.test, *arms), statement))
            return
        outer = self.mask
        self.by_row["branch"] = True
        values = []
        for block, negated in ((statement.body, False), (statement.orelse, True)):
            self.mask = self._within(outer, statement.test, negated) if self._needs_mask(block) else outer
            body, joins = core.split_join(block)
            start = len(self.out)
            self.block(body)
            quiet.mark(self.function, self.out[start:])
            values.append(dict(joins))
        self.mask = outer
        self.writer.like = statement
        self._select(statement.test, *values)

    def _needs_mask(self, block: list[gast.AST]) -> bool:
        """Does the block hold loops, or what grows in some rows only?"""
        return any(isinstance(s, gast.For | gast.While) or self._appends(s) for s in core.walk(block))

    def _appends(self, statement: gast.AST) -> bool:
        targets = core.targets(statement) if isinstance(statement, gast.Assign) else []
        return any(isinstance(self.function.kinds.get(t), RaggedOf) for t in targets)

    def _within(self, outer: gast.AST | None, test: gast.AST, negated: bool) -> gast.AST:
        """The rows that take a branch."""
        test = self.atom("np.logical_not(test)", {"test": test}) if negated else test
        return test if outer is None else self.atom("np.logical_and(a, b)", {"a": outer, "b": test})

    def _select(self, test: gast.AST, then: dict[str, gast.AST], otherwise: dict[str, gast.AST]) -> None:
        for target in dict.fromkeys([*then, *otherwise]):
            value = then.get(target, otherwise.get(target))
            if target in then and target in otherwise:
                value = self.selected(target, test, then[target], otherwise[target])
            self.out.append(core.assign(target, value, self.writer.like))

    def selected(self, target: str, test: gast.AST, x: gast.AST, y: gast.AST) -> gast.AST:
        kind = self.function.kinds.get(target)
        if core.same(x, y):
            return x
        if isinstance(kind, RaggedOf):
            return ragged.later(self, x, y)
        if isinstance(kind, Numeric):
            x, y = (v if self.is_inner_scalar(v) and not self.is_active(v) else v for v in (x, y))
            values = {"x": self._beside(x, y), "y": self._beside(y, x), "test": self._mask_for(test, x, y)}
            return self.writer.operation(self.writer.text("np.where(test, x, y)", values))
        if kind is None or not kinds.is_active(kind):
            raise self.unsupported("a value that is no array depends on a batched test", "make it an array or a number")
        if holds_growing_list(kind):
            raise self.unsupported("a list may have another length in each row", "write to an array of fixed length")
        parts = {"test": test, "x": self.spread(x), "y": self.spread(y)}
        return self.writer.operation(self.writer.text("select(test, x, y)", parts))

    def _beside(self, value: gast.AST, other: gast.AST) -> gast.AST:
        is_plain = not self.is_active(value) or self.is_inner_scalar(other)
        return value if is_plain else self.aligned(value, [other])

    def _mask_for(self, test: gast.AST, x: gast.AST, y: gast.AST) -> gast.AST:
        others = [v for v in (x, y) if not self.is_inner_scalar(v)]
        return self.aligned(test, others)

    def for_loop(self, statement: gast.For) -> None:
        own_count = is_range_of(statement, self.is_active)
        entries = ragged.over(self, statement)
        if own_count or entries is not None or self._stops_by_row(statement):
            self._masked_for(statement, own_count, entries)
            return
        target, iterator = self._over_inner_axis(statement.target, statement.iter)
        body = self.nested(statement.body)
        self.out.append(core.from_statement(gast.For(target, iterator, body, [], None), statement))

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
        return target, iterator

    def _masked_for(self, statement: gast.For, own_count: bool, entries: Any = None) -> None:
        """Rows that have left the loop, or have a smaller count than others, stand still."""
        target, iterator = self._over_inner_axis(statement.target, statement.iter)
        if entries is not None:
            target = entries.target
        count = None
        if own_count:
            count, iterator = self._up_to_largest(statement)
        running = self._start_running(statement) if self._stops_by_row(statement) else self._start(statement)
        outer, self.out = self.out, []
        mask = running
        if entries is not None:
            mask = self._and(mask, entries.unpack(self, statement))
        if count is not None:
            mask = self._and(mask, self.atom("i < n", {"i": core.name(target.id), "n": count}))
        pairs, guard = self._masked_pairs(statement, mask, running)
        self.out.extend([*core.simultaneous(pairs, statement), *guard])
        body, self.out = self.out, outer
        self.out.append(core.from_statement(gast.For(target, iterator, body, [], None), statement))

    def _up_to_largest(self, statement: gast.For) -> tuple[gast.AST, gast.AST]:
        """Where each row ends, and the range of the row that ends last."""
        args = statement.iter.args
        start, end = ([], args[0]) if len(args) == 1 else ([args[0]], args[1])
        if len(args) == 3 or any(self.reads_active(s) for s in start):
            cause = "range with a step, or with a start that differs between rows, has no batched form"
            raise self.unsupported(cause, "use range(n) or range(m, n), with n alone of batched values")
        self.function.references.setdefault("range", range)
        return end, core.call("range", *start, self._as_int(self.atom("np.max(n)", {"n": end})))

    def _as_int(self, value: gast.AST) -> gast.AST:
        self.function.references.setdefault("int", int)
        return self.named(core.call("int", value), "count")

    def while_loop(self, statement: gast.While) -> None:
        own_test = hasattr(statement, "expanded_test") and self.reads_active(statement.test)
        if not own_test and not self._stops_by_row(statement):
            body = self.nested(statement.body)
            self.out.append(core.from_statement(gast.While(statement.test, body, []), statement))
            return
        running = self._start_running(statement, statement.expanded_test if own_test else None)
        outer, self.out = self.out, []
        pairs, guard = self._masked_pairs(statement, running, running)
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
        for target, _ in core.split_join(statement.body)[1]:
            if not undefined.is_entered(self.function.body, target):
                self.late.add(target)
                self.out.append(core.marked_join(core.assign(target, core.constant(None), statement)))
        return self.mask

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

    def _masked_pairs(self, statement: gast.AST, mask: gast.AST, running: Any) -> tuple[list, list[gast.AST]]:
        """The body's new values in the rows of the mask, old ones in the others; and the guard that leaves the loop."""
        self.by_row["loop"] = True
        outer, self.mask = self.mask, mask
        body, joins = core.split_join(statement.body)
        start = len(self.out)
        self.block(body)
        quiet.mark(self.function, self.out[start:])
        self.mask = outer
        self.writer.like = statement
        pairs = [(target, self._kept_or_new(target, mask, value)) for target, value in joins]
        guard = core.split_guard(statement.body)[1]
        if not guard or not self.is_active(guard[0].test):
            return pairs, guard
        return self._stopped(pairs, guard[0], running)

    def _stopped(self, pairs: list[Any], guard: gast.If, running: gast.AST) -> tuple[list, list[gast.AST]]:
        """The loop is left when no row is running any more."""
        stop = dict(pairs)[guard.test.id]
        going = self.atom("np.logical_and(a, np.logical_not(stop))", {"a": running, "stop": stop})
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


def is_range_of(statement: gast.For, is_active: Any) -> bool:
    """Does each row have a number of iterations of its own?"""
    iterator = statement.iter
    is_range = isinstance(iterator, gast.Call) and core.dotted(iterator.func) == "range"
    return is_range and any(is_active(a) for a in iterator.args)


def _substituted(operation: Operation, mapping: dict[str, gast.AST]) -> Operation:
    binding = {p: core.substitute(n, mapping) if n is not None else None for p, n in operation.binding.items()}
    return replace(operation, binding=binding)


def holds_growing_list(kind: Any) -> bool:
    """Is there a list whose length the kind does not tell?"""
    if isinstance(kind, ListOf) and kind.elements is None:
        return True
    return kind is not None and any(map(holds_growing_list, kinds.parts(kind)))
