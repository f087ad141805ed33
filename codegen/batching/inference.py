"""Which variables have a batch axis: inference of kinds, where active means batched."""

from typing import Any

import gast

from s2s.codegen.batching import collectives, flags, ragged
from s2s.codegen.batching import kinds as batch_kinds
from s2s.codegen.batching import rules as batch_rules
from s2s.codegen.batching.counted_loops import is_range_of
from s2s.codegen.core import core
from s2s.codegen.derivatives import rules
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.desugaring.normal_form import Flattener
from s2s.codegen.inference import container_kinds, kinds, static_tests
from s2s.codegen.inference.infer import Inference
from s2s.codegen.inference.kinds import Kind, ListOf, Numeric, ObjectOf, RaggedOf, TupleOf, Unknown
from s2s.codegen.inference.operations import Operation
from s2s.codegen.objects import heap
from s2s.runtime import batch_definitions
from s2s.runtime.primitives import table

# Parameters of rules that may differ between rows, too.
_BESIDE = ("index", "indices", "object", "test", "condlist")
_LOGICAL = {gast.And: "logical_and", gast.Or: "logical_or"}


class BatchInference(Inference):
    """Every operation on a batched value gives a batched value, differentiable or not."""

    batches = True

    def refuse(self, node: gast.AST, cause: str, rewrite: str) -> None:
        super().refuse(node, cause.replace("differentiated", "batched").replace("derivative", "batched"), rewrite)

    # Operations --------------------------------------------------------------------------------------------------

    def primitive(self, statement: gast.AST, operation: Operation) -> Kind:
        statement.operation = operation
        operation.active = tuple(p for p, n in operation.binding.items() if self.is_active_argument(n))
        if (found := collectives.result_kind(self, statement, operation)) is not None:
            return found
        primitive = operation.primitive
        if set(operation.active) <= set(primitive.shape_only):
            operation.active = ()
        if primitive.name in container_kinds.RESULTS:
            return container_kinds.RESULTS[primitive.name](self, operation)
        if primitive.result_kind == "static" or primitive.name in ("shape", "ndim", "size", "index_rank"):
            return kinds.with_activity(self._result_shape(primitive, operation), False)
        if operation.active and not batch_rules.has_form(operation):
            definition = batch_definitions.definition_of(primitive)
            if definition is not None:
                return self._through_definition(statement, operation, definition)
        self._refuse_batched_options(statement, operation)
        if primitive.name == "zeros_like_tree":
            return self.kind(operation.binding["x"])  # leaf by leaf
        return kinds.with_activity(self._result_shape(primitive, operation), bool(operation.active))

    def _through_definition(self, statement: gast.AST, operation: Operation, definition: Any) -> Kind:
        """An operation without a batched form of its own: the function that says it with simpler ones."""
        writer = RuleWriter(self.function, None)
        nodes = [
            rules.as_argument(node, writer)
            for p in operation.primitive.parameters
            for node in (operation.binding[p[1:]].elts if p.startswith("*") else [operation.binding[p]])
        ]
        name = writer.alias(definition, definition.__name__)
        statement.user_call = statement.value
        statement.value = gast.copy_location(core.call(name, *nodes), statement.value)
        return self.program.call(self, statement, statement.value, definition)

    def _function_call(self, statement: gast.AST, node: gast.AST, target: Any) -> Kind:
        """Functions of shared values are called as they are, unless they ask other rows for theirs."""
        if self.reads_active(node) or self.program.axes is None or self.program.axes.name is None:
            return super()._function_call(statement, node, target)
        if not collectives.are_in(target):
            return super()._function_call(statement, node, target)
        kind = self.program.call(self, statement, node, target)
        statement.over_rows = True
        return kind

    def _refuse_batched_options(self, statement: gast.AST, operation: Operation) -> None:
        primitive = operation.primitive
        for parameter in operation.active:
            if parameter not in (*primitive.operands, *primitive.shape_only, *_BESIDE):
                cause = f"the argument {parameter!r} of {primitive.name} depends on a batched value"
                self.refuse(statement, cause, "compute it from values that are not batched")

    def on_Subscript(self, statement: gast.AST, node: gast.AST) -> Kind:
        """An entry of a list that all rows share, at another place in each row: that of an array of the entries."""
        owner = self.kind(node.value)
        is_shared = not isinstance(owner, Numeric | ObjectOf) and not kinds.is_active(owner)
        if not is_shared or isinstance(node.slice, gast.Slice | gast.Tuple) or not self.reads_active(node.slice):
            return super().on_Subscript(statement, node)
        if not (isinstance(owner, ListOf | TupleOf) and isinstance(kinds.element_of(kinds.parts(owner)), Numeric)):
            cause = "a key of a dict, or an index into a list, depends on a batched value"
            self.refuse(node, cause, "use keys that all rows share, or an array")
            return Unknown(True)
        entries = self.computed("entries", core.call(RuleWriter(self.function, None).numpy("array"), node.value))
        statement.user_call = node
        statement.value = core.located(core.subscript(entries, node.slice), node)
        return self.meaning(statement)

    def expression(self, statement: gast.AST) -> Kind:
        statement.__dict__.pop("natural", None)
        kind = super().expression(statement)
        wanted = batch_kinds.homogeneous(kind)
        if wanted != kind:
            statement.natural = kind
        return wanted

    def meaning(self, statement: gast.AST) -> Kind:
        """Tests of batched values are written out as operations, for Python's `and` and `not` know only one answer."""
        statement.__dict__.pop("expanded", None)
        node = statement.value
        if not self._is_test(statement) or not self.reads_active(node) or static_tests.verdict(self, node) is not None:
            return super().meaning(statement)
        statement.operation = Operation("inactive")
        statement.expanded = self.expand(node, statement)
        return self.kinds[statement.expanded[-1].targets[0].id]

    def _is_test(self, statement: gast.AST) -> bool:
        node = statement.value
        if isinstance(node, gast.Compare) and len(node.ops) == 1:
            is_nested = not all(core.is_name(n) or core.is_literal(n) for n in (node.left, *node.comparators))
            is_whole = is_nested or getattr(statement, "is_test", False)
            return type(node.ops[0]).__name__ in table.OPERATORS and is_whole
        return _is_logical(node) or (getattr(statement, "is_test", False) and not core.is_name(node))

    def expand(self, node: gast.AST, like: gast.AST) -> list[gast.AST]:
        """A test as statements of one operation each, the last of which has its value."""
        done: list[gast.AST] = []
        flattener = Flattener(self.function, {}, set(), done.append, like, _Strict(self))
        value = flattener.named(flattener.operation(_without_shortcuts(node, RuleWriter(self.function, None))))
        if not done or not core.is_name(value) or core.targets(done[-1]) != [value.id]:
            done.append(core.assign(self.function.fresh("test"), value, like))
        self.block(done)
        return done

    def do_Assert(self, statement: gast.AST) -> None:
        calls = [n for n in core.nodes(statement.test) if isinstance(n, gast.Call)]
        is_logical = _is_logical(statement.test) and all(table.lookup(self.global_object(c.func)) for c in calls)
        if self.reads_active(statement.test) and is_logical:
            statement.expanded = self.expand(statement.test, statement)

    # Control flow ------------------------------------------------------------------------------------------------

    def do_If(self, statement: gast.AST) -> None:
        super().do_If(statement)
        if self.is_active(statement.test):
            self._batch(t for block in core.blocks(statement) for t, _ in core.split_join(block)[1])

    def do_For(self, statement: gast.AST) -> None:
        super().do_For(statement)
        if getattr(statement, "written_out", None) is not None:
            return
        if is_range_of(statement, self.is_active) or self._stops_by_row(statement) or self._is_over_ragged(statement):
            self._batch_carried(statement)

    def do_While(self, statement: gast.AST) -> None:
        super().do_While(statement)
        if self._stops_by_row(statement):
            self._batch_carried(statement)
        if self.reads_active(statement.test):
            self._batch_carried(statement)
            statement.expanded_test = self.expand(statement.test, statement)

    def _stops_by_row(self, statement: gast.AST) -> bool:
        return any(self.is_active(guard.test) for guard in core.split_guard(statement.body)[1])

    def _is_over_ragged(self, statement: gast.AST) -> bool:
        return any(isinstance(self.kind(source), RaggedOf) for source in ragged.iterated(statement.iter))

    def _batch_carried(self, statement: gast.AST) -> None:
        self._batch(t for t, _ in core.split_join(statement.body)[1])
        heap.infer_loop(self, statement)
        self._batch(t for t, _ in core.split_join(statement.body)[1])

    def _batch(self, names: Any) -> None:
        for name in names:
            if name in self.kinds:
                self.kinds[name] = flags.BY_ROW if flags.is_flag(self, name) else _by_row(self.kinds[name])


def _by_row(kind: Kind) -> Kind:
    """The kind of what differs between rows: a list that grew has another length in each."""
    if isinstance(kind, ListOf) and kind.elements is None:
        return RaggedOf(kind.element)
    return kinds.with_activity(kind, True)


class _Strict(RuleWriter):
    """Tests of batched values hold no control flow."""

    def __init__(self, inference: BatchInference):
        super().__init__(inference.function, None)
        self.inference = inference

    def refuse(self, expression: gast.AST) -> gast.AST:
        what = type(expression).__name__.lower()
        self.inference.refuse(expression, f"{what} in a test of a batched value is not supported yet", "name it before")
        return core.constant(None)

    conditional = walrus = unset = refuse


def _is_logical(node: gast.AST) -> bool:
    negated = isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.Not)
    return negated or isinstance(node, gast.BoolOp | gast.Compare)


def _without_shortcuts(node: gast.AST, writer: RuleWriter) -> gast.AST:
    """`and`, `or`, `not` and chains of comparisons as NumPy's logical functions."""
    if isinstance(node, gast.BoolOp):
        parts = [_without_shortcuts(v, writer) for v in node.values]
        return _chained(writer.numpy(_LOGICAL[type(node.op)]), parts)
    if isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.Not):
        return core.call(writer.numpy("logical_not"), _without_shortcuts(node.operand, writer))
    if isinstance(node, gast.Compare) and len(node.ops) > 1:
        operands = [node.left, *node.comparators]
        parts = [gast.Compare(a, [op], [b]) for a, op, b in zip(operands, node.ops, operands[1:], strict=False)]
        return _chained(writer.numpy("logical_and"), parts)
    return node


def _chained(function: gast.AST, parts: list[gast.AST]) -> gast.AST:
    result = parts[0]
    for part in parts[1:]:
        result = core.call(function, result, part)
    return result
