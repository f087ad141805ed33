"""Values in batched code: which of them have a batch axis, how many rows there are, ranks that fit each other."""

import functools
from typing import Any

import gast

from s2s.codegen.batching import flags
from s2s.codegen.batching import kinds as batch_kinds
from s2s.codegen.core import core
from s2s.codegen.derivatives import rules
from s2s.codegen.diagnostics import UnsupportedError, unsupported
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, ListOf, Numeric, Static, TupleOf
from s2s.codegen.inference.operations import Operation


class SizeNeeded(UnsupportedError):
    """The text depends on the number of rows."""


class BatchValues:
    """What the batched form of one function knows of its values, and writes to bring them together.

    Attributes:
        function: the function in Core, its kinds inferred: active ones have a batch axis.
        instance: the function with the kinds of its arguments.
        out: the statements written so far.
        writer: instantiates text of rules at the end of `out`.
    """

    def __init__(self, function: core.Function, instance: Any):
        self.function = function
        self.instance = instance
        self.out: list[gast.AST] = []
        self.writer = rules.RuleWriter(function, self._emit)
        self._size: gast.AST | None = None
        self.axis_size: int | None = None  # the number of rows, where no argument says it

    def _emit(self, statement: gast.AST) -> None:
        """Writes a statement that is not the user's."""
        statement.derived = True
        self.out.append(statement)

    def counting(self) -> list[gast.AST]:
        """The statements that count the rows, if the body asks for their number."""
        if self._size is None:
            return []
        outer, self.out = self.out, []
        self.writer.like = self.function.body[0]
        self._emit(core.assign(self._size.id, self.writer.operation(self._count_rows()), self.function.body[0]))
        done, self.out = self.out, outer
        return done

    def kind(self, node: gast.AST) -> Any:
        return self.function.kinds.get(node.id) if core.is_name(node) else None

    def definition(self, name: str) -> gast.AST | None:
        """What the variable is assigned, once; None for parameters and joins."""
        return self._definitions.get(name)

    @functools.cached_property
    def _definitions(self) -> dict[str, gast.AST | None]:
        found: dict[str, gast.AST | None] = {}
        for statement in core.walk(self.function.body):
            if isinstance(statement, gast.Assign):
                targets = core.targets(statement)
                for target in targets:
                    found[target] = statement.value if len(targets) == 1 and target not in found else None
        return found

    def is_active(self, node: gast.AST) -> bool:
        kind = self.kind(node)
        return kind is not None and kinds.is_active(kind)

    def reads_active(self, node: gast.AST) -> bool:
        return any(self.is_active(core.name(n)) for n in core.reads(node))

    def is_inner_scalar(self, node: gast.AST) -> bool:
        """Is this a number in each row?"""
        if core.is_literal(node):
            return True
        kind = self.kind(node)
        return isinstance(kind, Numeric) and kind.scalar or flags.is_bool(kind)

    def size(self) -> gast.AST:
        """The number of rows."""
        if self._size is None:
            self._size = core.name(self.function.fresh("size"))
        return self._size

    def _count_rows(self) -> gast.AST:
        if not self.instance.active_parameters:
            size = self.axis_size if self.axis_size is not None else self.instance.program.axes.size
            if size is None:
                cause = f"{self.function.name}() asks how many rows there are, and none of its arguments says it"
                raise SizeNeeded(self.unsupported(cause, "give vmap an axis_size").diagnostics)
            return core.constant(size)
        pairs = []
        for parameter in self.instance.active_parameters:
            kind = self.instance.arguments[parameter]
            if isinstance(kind, Numeric):
                return self.writer.text("np.shape(x)[0]", {"x": core.name(parameter)})
            pairs.append(core.tuple_of([core.name(parameter), pattern(kind)]))
        return core.call(self.writer.support("batch_size"), *pairs)

    def spread(self, node: gast.AST, but: Any = False) -> gast.AST:
        """The value with a batch axis at each of its leaves; `but` those where this is True."""
        kind = self.kind(node)
        if isinstance(kind, TupleOf | ListOf | DictOf):
            return self._with_marks(node, _either(batch_kinds.marks(kind, kinds.with_activity(kind, True)), but))
        is_none = isinstance(kind, Static) and kind.value is None
        is_done = but is True or is_none or (kind is not None and kinds.is_active(kind))
        return node if is_done else self._with_marks(node, False)

    def spread_to(self, node: gast.AST, wanted: Any) -> gast.AST:
        """The value with a batch axis at the leaves where values of the kind `wanted` have one."""
        if wanted is None:
            return node
        kind = self.kind(node) if core.is_name(node) else kinds.of_value(core.literal(node), active=False)
        return self._with_marks(node, batch_kinds.marks(kind, wanted)) if kind is not None else node

    def _with_marks(self, node: gast.AST, marks: Any) -> gast.AST:
        if marks is True:
            return node
        kind = flags.BY_ROW if not core.is_name(node) or flags.is_bool(self.kind(node)) else self.kind(node)
        if marks is False and isinstance(kind, Numeric):
            made = self.named(core.call(self.writer.support("spread"), node, self.size()), self.base(node))
            self.function.kinds[made.id] = kinds.with_activity(kind, True)
            return made
        done = core.call(self.writer.support("spread_tree"), node, batch_kinds.literal_marks(marks), self.size())
        return self.named(done, self.base(node))

    def base(self, node: gast.AST) -> str:
        return self.function.bases.get(node.id, node.id) if core.is_name(node) else "value"

    def named(self, value: gast.AST, base: str) -> gast.AST:
        return self.writer.named(value, base)

    def atom(self, text: str, mapping: dict[str, gast.AST]) -> gast.AST:
        return self.writer.atom(self.writer.text(text, mapping))

    def aligned(self, node: gast.AST, others: list[gast.AST]) -> gast.AST:
        """The batched value with its rank raised to those of the others."""
        ranks = {f"rank{i}": self._rank_beside(other) for i, other in enumerate(others)}
        if not ranks:
            return node
        highest = f"max({', '.join(ranks)})" if len(ranks) > 1 else "rank0"
        return self.atom(f"align(x, {highest})", {"x": node, **ranks})

    def _rank_beside(self, other: gast.AST) -> gast.AST:
        text = "np.ndim(y)" if self.is_active(other) else "np.ndim(y) + 1"
        return self.writer.text(text, {"y": other})

    def refuse_unknown(self, node: gast.AST) -> None:
        """Refuses to take apart what may be a batched array, or a container of such: the rows are not in one place."""
        if self.is_active(node) and not self._is_saved(node):
            cause = f"{core.dotted(node)} may be an array or a container; which is not known when this is written"
            raise self.unsupported(cause, "make it an array with np.asarray")

    def _is_saved(self, node: gast.AST) -> bool:
        """Is this what the forward half of an emitted pair hands to the backward half? That is a tuple."""
        filename = self.function.source.filename
        is_emitted = filename.startswith("<s2s ") and not filename.startswith("<s2s source ")
        first = self.function.parameters[0] if self.function.parameters else None
        return is_emitted and core.is_name(node) and node.id == first and node.id.startswith("saved")

    def refuse_primitive(self, operation: Operation) -> gast.AST:
        raise self.unsupported(
            f"{operation.primitive.name} with these arguments has no batched form", "write it for the whole batch"
        )

    def unsupported(self, cause: str, rewrite: str) -> UnsupportedError:
        source = self.function.source
        like = self.writer.like
        node = gast.Pass()
        node.lineno, node.col_offset = (like.origin[1] if getattr(like, "origin", None) else source.tree.lineno), 0
        return unsupported(source, node, cause, rewrite)


def is_batched(kind: Any) -> bool:
    """Has every numeric leaf a batch axis?"""
    return kinds.with_activity(kind, True) == kind


def pattern(kind: Any) -> gast.AST:
    """Which leaves have a batch axis: True, False, a tuple of such, or (key, such) pairs for a dict."""
    if not kinds.is_active(kind) or is_batched(kind):
        return core.constant(kinds.is_active(kind))
    if isinstance(kind, DictOf):
        return core.tuple_of(core.tuple_of([core.constant(key), pattern(k)]) for key, k in kind.items)
    return core.tuple_of(pattern(k) for k in kinds.parts(kind))


def _either(marks: Any, but: Any) -> Any:
    """Marks that are True where one of the two is."""
    if marks is True or but is True:
        return True
    if not isinstance(marks, dict):
        return marks
    found = {k: _either(m, but[k] if isinstance(but, dict) else but) for k, m in marks.items()}
    return True if all(m is True for m in found.values()) else found
