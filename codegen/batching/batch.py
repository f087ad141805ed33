"""Batching on Core: the same statements on values that have a batch axis, which is always the first one.

What is shared by all rows stays as it is. A test that the rows share stays a branch or a loop; where each row has its
own, both branches are computed and selected from, and a loop runs until every row is done, with the others standing
still.
"""

from typing import Any

import gast

from s2s.codegen.batching import arrays, collectives, custom_batching, generators, quiet, ragged, row_axes
from s2s.codegen.batching import kinds as batch_kinds
from s2s.codegen.batching import rules as batch_rules
from s2s.codegen.batching.loops import BatchLoops, holds_growing_list
from s2s.codegen.batching.row_axes import RowAxes
from s2s.codegen.batching.set_rows import SetRows
from s2s.codegen.core import core
from s2s.codegen.core.names import names_in
from s2s.codegen.derivatives import rules
from s2s.codegen.inference import container_kinds, effects, kinds, unset_reads
from s2s.codegen.inference.kinds import DictOf, ListOf, MapOf, Numeric, RaggedOf, TupleOf
from s2s.codegen.inference.operations import Operation
from s2s.codegen.simplifying.shapes import resolved
from s2s.runtime import support


class Batch(BatchLoops):
    """Writes the batched form of one function, inferred by `BatchInference`."""

    def __init__(self, function: core.Function, instance: Any):
        super().__init__(function, instance)
        self.mask: gast.AST | None = None  # the rows that run the statement, where not all of them do
        self.by_row: dict[str, bool] = {}  # what of the function differs between rows, for its first lines
        self.grown: dict[str, str] = {}  # lists of another length in each row, to what they were appended to
        self.late: set[str] = set()  # variables that a loop sets first
        self.set_rows = SetRows(self)

    def run(self, axes: RowAxes | None) -> list[gast.AST]:
        """The batched body; the results of an entry function have a batch axis where `axes` says."""
        last = self.function.body[-1]
        self.axis_size = axes.size if axes is not None else None
        self.out = []
        if not self.instance.program.axes.are_directions:
            generators.refuse_outer(self)
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
        if unset_reads.is_check(self.function, statement):
            self.set_rows.check(statement)
        elif isinstance(statement, gast.Assert) and self.reads_active(statement.test):
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
        generators.refuse_in_shortcut(self, statement.test, expanded)
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
        for target, value in pairs:
            self.set_rows.join(target, value)
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
            generators.refuse_in_shortcut(self, statement.value, expanded)
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
        of_array = arrays.of_array(self, operation)
        if of_array is not None:
            self._assign(statement, self.writer.operation(of_array))
            return
        self._require_shared_keys(operation)
        new = self._as_elements(statement, operation)
        value = rules.replace_at(statement.value, operation.places, new) if new else statement.value
        copy = core.from_statement(gast.Assign(statement.targets, value, None), statement)
        copy.__dict__.update({k: v for k, v in statement.__dict__.items() if k not in ("value", "targets")})
        self.out.append(copy)

    def _as_elements(self, statement: gast.AST, operation: Operation) -> dict[str, gast.AST]:
        """What is put into a list, with a batch axis where its elements have one."""
        wanted = self.function.kinds.get(core.targets(statement)[0])
        if isinstance(wanted, MapOf):
            new = {"v": wanted.element, "d": wanted}
            return {p: self.spread_to(operation.binding[p], new[p]) for p in new if p in operation.places}
        if not isinstance(wanted, ListOf) or wanted.elements is not None:
            return self._as_parts(statement, operation, wanted)
        put = {"v": wanted.element, "c": wanted} | {p: ListOf(wanted.element) for p in ("ys", "xs")}
        there = [p for p in put if p in operation.places and isinstance(operation.binding[p], gast.Name | gast.List)]
        return {p: self.spread_to(operation.binding[p], put[p]) for p in there}

    def _as_parts(self, statement: gast.AST, operation: Operation, wanted: Any) -> dict[str, gast.AST]:
        """`add_at(c, key, v)` of a container of known structure: what the result has batched is so before."""
        key = operation.binding.get("index")
        if "c" not in operation.places or key is None:
            return {}
        part = kinds.getitem(wanted, core.literal(key)) if core.is_literal(key) else kinds.iterated(wanted)
        new, statement.natural = {"c": wanted, "v": part}, None
        names = [p for p in new if p in operation.places and core.is_name(operation.binding[p])]
        return {p: self.spread_to(operation.binding[p], new[p]) for p in names}

    def _require_shared_keys(self, operation: Operation) -> None:
        key = operation.binding.get("key", operation.binding.get("index"))
        if key is not None and self.reads_active(key):
            cause = "a key of a dict, or an index into a list, depends on a batched value"
            raise self.unsupported(cause, "use keys that all rows share, or an array")

    def structural(self, statement: gast.AST, operation: Operation) -> None:
        """Containers stay what they are; the attributes that ask for a size ask for that of one row."""
        value = statement.value
        if ragged.read(self, statement):
            return
        if isinstance(value, gast.Subscript) and isinstance(self.kind(value.value), kinds.Unknown):
            self.refuse_unknown(value.value)
        if operation.form == "getitem":
            self._require_shared_keys(operation)
        if operation.form == "unpack" and isinstance(self.kind(value), Numeric | kinds.Unknown):
            self._unpacked_array(statement, value)
        elif isinstance(value, gast.Attribute) and isinstance(self.kind(value.value), Numeric | kinds.Unknown):
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

    def _unpacked_array(self, statement: gast.AST, value: gast.AST) -> None:
        """The elements of each row, which lie along the second axis."""
        if isinstance(self.kind(value), kinds.Unknown):
            self.refuse_unknown(value)
            self.out.append(statement)
            return
        rows = self.atom("np.swapaxes(x, 0, 1)", {"x": value})
        self.out.append(core.located(core.unpack(core.targets(statement), rows, statement), statement))

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
            arms = self.set_rows.arms([statement.body, statement.orelse], statement)
            self.out.append(core.from_statement(gast.If(statement.test, *arms), statement))
            return
        self._refuse_recursion(statement)
        generators.refuse(self, [statement])
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

    def _refuse_recursion(self, statement: gast.If) -> None:
        """Both sides are computed, so that a call of the function itself on one of them would never end."""
        for inner in core.walk([*statement.body, *statement.orelse]):
            operation = getattr(inner, "operation", None)
            if operation is not None and operation.callee is not None and operation.callee.is_recursive:
                cause = "recursion whose depth may differ between rows has no batched form"
                raise self.unsupported(cause, "write a loop")

    def _needs_mask(self, block: list[gast.AST]) -> bool:
        """Does the block hold loops, or what grows in some rows only, or reads of what only some rows have set?"""
        return any(
            isinstance(s, gast.For | gast.While) or self._appends(s) or unset_reads.is_check(self.function, s)
            for s in core.walk(block)
        )

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
            self.set_rows.select(target, test, then.get(target), otherwise.get(target))
            if target in then and target in otherwise:
                value = self.selected(target, test, then[target], otherwise[target])
            self.out.append(core.assign(target, value, self.writer.like))

    def selected(self, target: str, test: gast.AST, x: gast.AST, y: gast.AST) -> gast.AST:
        kind = self.function.kinds.get(target)
        if core.same(x, y):
            return x
        if isinstance(kind, RaggedOf):
            return ragged.later(self, x, y)
        if isinstance(kind, Numeric) and not self.set_rows.may_be.intersection(core.reads(core.tuple_of([x, y]))):
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
