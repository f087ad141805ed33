"""Reverse mode on Core: a forward sweep that saves what is needed, and a backward sweep over adjoints.

Griewank & Walther, Evaluating Derivatives (2nd ed.), ch. 3 (adjoint rules) and ch. 6 (joint and split reversal); what
is saved is what the finished backward sweep reads, the to-be-recorded analysis of Hascoët, Naumann & Pascual (2005).
"""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives import (
    custom_derivatives,
    item_parts,
    rematerialisation,
    rules,
    saving,
    undefined,
    variadic,
)
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, ListOf, MapOf, Numeric, TupleOf
from s2s.codegen.inference.operations import Operation


class Frame:
    """Adjoints inside one loop body; names from outside get an accumulator carried by the loop."""

    def __init__(self, outer: "Frame | None", local: set[str]):
        self.outer = outer
        self.local = local
        self.adjoints: dict[str, gast.AST] = {}
        self.accumulators: dict[str, str] = {}


class Reverse:
    """Writes the backward sweep of one inferred function."""

    def __init__(self, function: core.Function):
        self.function = function
        self.writer = rules.RuleWriter(function, self._emit)
        self.out: list[gast.AST] = []
        self.frame = Frame(None, set())
        self.maybe_undefined = undefined.maybe_undefined(function.body)
        self.looked_at: set[str] = set()
        self.several_results = _several_results(function)

    def _emit(self, statement: gast.AST) -> None:
        statement.backward = True
        self.out.append(statement)

    # Adjoints ----------------------------------------------------------------------------------------------------

    def kind(self, node: gast.AST) -> Any:
        return self.function.kinds.get(node.id) if isinstance(node, gast.Name) else None

    def contribute(self, node: gast.AST, value: gast.AST) -> None:
        """Adds an operation's value to the adjoint of an atom; nothing for inactive ones."""
        kind = self.kind(node)
        if kind is None or not kinds.is_active(kind):
            return
        name = node.id
        existing = self.adjoint(name, create=True)
        if existing is not None:
            value = self._added(kind, name, existing, value)
        bar = self.writer.named(value, self._base(name))
        if isinstance(bar, gast.Name) and bar is not value:
            self.function.shaped_like[bar.id] = name
        self.frame.adjoints[name] = bar

    def _added(self, kind: Any, name: str, existing: gast.AST, value: gast.AST) -> gast.AST:
        """The sum of two contributions; that of an element is added where it belongs, without an array of zeros."""
        if (
            isinstance(kind, Numeric)
            and core.is_name(existing)
            and (item := rules.item_bar(self.function, name, value))
        ):
            return core.call(self.writer.support("add_at"), existing, *item)
        return self._accumulated(kind, existing, self.writer.named(value, self._base(name)))

    def _accumulated(self, kind: Any, existing: gast.AST, value: gast.AST) -> gast.AST:
        if isinstance(kind, Numeric):
            return core.binary(existing, gast.Add(), value)
        return core.call(self.writer.support("acc"), existing, value)

    def _base(self, name: str) -> str:
        return f"{self.function.bases.get(name, name)}_bar"

    def adjoint(self, name: str, create: bool = False) -> gast.AST | None:
        """The current adjoint of a name; with `create`, a loop's accumulator for a name from outside of it."""
        frame = self.frame
        if name in frame.adjoints:
            return frame.adjoints[name]
        if create and frame.outer is not None and name not in frame.local:
            frame.adjoints[name] = core.name(self._accumulator(frame, name))
            return frame.adjoints[name]
        return None

    def _accumulator(self, frame: Frame, name: str) -> str:
        if name not in frame.accumulators:
            frame.accumulators[name] = self.function.fresh(self._base(name))
        return frame.accumulators[name]

    def take(self, name: str) -> gast.AST | None:
        """The finished adjoint of a name whose definition is being reversed."""
        return self.frame.adjoints.pop(name, None)

    def zeros(self, name: str) -> gast.AST:
        """Zeros for a value; functions of it, so that Python numbers work too."""
        if name in self.maybe_undefined:
            self.looked_at.add(name)
        elif isinstance(self.function.kinds.get(name), Numeric):
            return core.call(self.writer.numpy("zeros_like"), core.name(name))
        return core.call(self.writer.support("zeros_like"), core.name(name))

    def adjoint_or_zeros(self, name: str) -> gast.AST:
        found = self.frame.adjoints.get(name)
        return found if found is not None else self.writer.named(self.zeros(name), self._base(name))

    # Statements --------------------------------------------------------------------------------------------------

    def block(self, body: list[gast.AST]) -> None:
        body, joins = core.split_join(body)
        for statement in reversed(body):
            self.writer.like = statement
            self.statement(statement)

    def pairs(self, pairs: list[tuple[str, gast.AST]]) -> None:
        """Adjoint of a simultaneous assignment."""
        taken = [(value, self.take(target)) for target, value in pairs]
        for value, bar in taken:
            if bar is not None:
                self.contribute(value, bar)

    def statement(self, statement: gast.AST) -> None:
        if getattr(statement, "join", False):
            self.pairs(core.split_join([statement])[1])
        elif isinstance(statement, gast.Assign):
            self.assignment(statement)
        elif isinstance(statement, gast.If):
            self.branch(statement)
        elif isinstance(statement, gast.For | gast.While):
            self.loop(statement)

    def assignment(self, statement: gast.AST) -> None:
        operation: Operation = statement.operation
        if operation.form == "unpack":
            self.unpack(statement)
            return
        target = core.targets(statement)[0]
        bar = self.take(target)
        if bar is not None:
            getattr(self, "adjoint_of_" + operation.form)(statement, operation, core.name(target), bar)

    def adjoint_of_inactive(self, statement: gast.AST, operation: Operation, out: gast.AST, bar: gast.AST) -> None:
        pass

    def adjoint_of_copy(self, statement: gast.AST, operation: Operation, out: gast.AST, bar: gast.AST) -> None:
        self.contribute(statement.value, custom_derivatives.edited(self, statement, out, bar))

    def adjoint_of_cast(self, statement: gast.AST, operation: Operation, out: gast.AST, bar: gast.AST) -> None:
        container = operation.binding["container"]
        items = core.call(self.writer.support("from_items"), container, bar)
        self.contribute(container, items)

    def adjoint_of_primitive(self, statement: gast.AST, operation: Operation, out: gast.AST, bar: gast.AST) -> None:
        if not operation.active:
            return
        if core.is_literal(bar) and operation.primitive.category != "elementwise":
            # A literal has no dtype; rules for whole arrays need the cotangent to have that of the result.
            bar = self.writer.named(core.call(self.writer.numpy("full_like"), out, bar), self._base(out.id))
        name = variadic.variadic_operand(operation.primitive.parameters)
        if name is not None:
            places = [i for i, n in enumerate(operation.binding[name].elts) if self._is_active(n)]
            pairs = rules.variadic_contributions(self.writer, operation, name, places, out, bar)
        else:
            bars = rules.contributions(self.writer, operation, out, bar, self.function)
            pairs = [(operation.binding[p], value) for p, value in bars.items()]
        for node, value in pairs:
            self.contribute(node, value)

    def _is_active(self, node: gast.AST) -> bool:
        kind = self.kind(node)
        return kind is not None and kinds.is_active(kind)

    def adjoint_of_build(self, statement: gast.AST, operation: Operation, out: gast.AST, bar: gast.AST) -> None:
        bar = self.writer.named(bar, self._base(out.id))
        for key in operation.active:
            self.contribute(operation.binding[key], core.subscript(bar, core.constant(key)))

    def adjoint_of_replaced(self, statement: gast.AST, operation: Operation, out: gast.AST, bar: gast.AST) -> None:
        owner = operation.binding["owner"]
        fields = [k for k in operation.binding if k != "owner"]
        kept = [
            core.subscript(bar, core.constant(k)) if operation.binding[k] is None and k in operation.active else None
            for k in fields
        ]
        for k in operation.active:
            if operation.binding[k] is not None:
                self.contribute(operation.binding[k], core.subscript(bar, core.constant(k)))
        if any(n is not None for n in kept):
            self._contribute_parts(owner, kept)

    def adjoint_of_getitem(self, statement: gast.AST, operation: Operation, out: gast.AST, bar: gast.AST) -> None:
        container, key = operation.binding["container"], operation.binding["key"]
        if (parts := item_parts.of_item(self, container, key, bar)) is not None:
            self._contribute_parts(container, parts)
            return
        if core.same(key, REVERSED):
            self.contribute(container, core.subscript(self.writer.named(bar, self._base(out.id)), REVERSED))
            return
        key = rules.as_argument(key, self.writer)
        existing = self.adjoint(container.id, create=True)
        if existing is not None:
            self._replace(container.id, core.call(self.writer.support("add_at"), existing, key, bar))
            return
        self.contribute(container, core.call(self.writer.support("getitem_bar"), container, key, bar))

    def _replace(self, name: str, value: gast.AST) -> None:
        """The adjoint of a container with an entry added to."""
        bar = self.writer.named(value, self._base(name))
        self.function.shaped_like[bar.id] = name
        self.frame.adjoints[name] = bar

    def adjoint_of_call(self, statement: gast.AST, operation: Operation, out: gast.AST, bar: gast.AST) -> None:
        """`bars = f_bwd(saved, out_bar)`; the forward call was made to return `saved` too."""
        instance = operation.callee
        if instance.rule is not None and instance.rule.tangent is None:
            custom_derivatives.adjoint(self, statement, instance, out, bar)
            return
        bar = self.writer.named(bar, self._base(out.id))
        saved = rematerialisation.saved_by(self, statement, bar)
        bars = core.call(core.name(instance.pair().backward_name), saved, bar)
        nodes = [operation.binding[p] for p in instance.active_parameters]
        if len(nodes) == 1:
            self.contribute(nodes[0], bars)
            return
        names = [self.function.fresh(f"{p}_bar") for p in instance.active_parameters]
        self._emit(core.unpack(names, bars, self.writer.like))
        for node, name in zip(nodes, names, strict=True):
            self.contribute(node, core.name(name))

    def unpack(self, statement: gast.AST) -> None:
        names = core.targets(statement)
        bars = [self.take(n) for n in names]
        if any(b is not None for b in bars):
            filled = [b if b is not None else self._zero_part(n) for b, n in zip(bars, names, strict=True)]
            self._contribute_parts(statement.value, filled)

    def _zero_part(self, name: str) -> gast.AST | None:
        kind = self.function.kinds[name]
        if isinstance(kind, ListOf) and kind.elements == ():
            return core.list_of([])
        if not kinds.is_active(kind) and not isinstance(kind, ListOf):
            return None
        part = self.writer.named(self.zeros(name), self._base(name))
        self.writer.zeros.add(part.id)
        return part

    def _contribute_parts(self, owner: gast.AST, bars: list[gast.AST | None]) -> None:
        """The adjoint of a container from those of all its elements (None where inactive)."""
        nodes = [self.writer.named(b, "part_bar") if b is not None else core.constant(None) for b in bars]
        kind = self.kind(owner)
        if isinstance(kind, TupleOf) and kind.cls is None:
            value = core.tuple_of(nodes)
        elif isinstance(kind, ListOf):
            value = core.list_of(nodes)
        else:
            value = core.call(self.writer.support("from_items"), owner, core.tuple_of(nodes))
        existing = self.adjoint(owner.id, create=True)
        is_first = existing is None
        if isinstance(existing, gast.Name) and existing.id in self.writer.parts and isinstance(kind, TupleOf):
            del self.frame.adjoints[owner.id]
            self._contribute_parts(owner, item_parts.merged(self, kind, self.writer.parts[existing.id], nodes))
            return
        self.contribute(owner, value)
        bar = self.frame.adjoints.get(owner.id)
        if is_first and isinstance(bar, gast.Name):
            self.writer.parts[bar.id] = nodes

    # Branches ----------------------------------------------------------------------------------------------------

    def branch(self, statement: gast.If) -> None:
        before = dict(self.frame.adjoints)
        joined = {t for b in (statement.body, statement.orelse) for t, _ in core.split_join(b)[1]}
        local = core.assigned([statement])
        outer, arms = self.out, []
        for block in (statement.body, statement.orelse):
            self.out, self.frame.adjoints = [], dict(before)
            self._branch_arm(block)
            arms.append((self.out, self.frame.adjoints))
        self.out = outer
        self.frame.adjoints = {k: v for k, v in before.items() if k not in joined}
        self._join_arms(statement, arms, local)

    def _branch_arm(self, block: list[gast.AST]) -> None:
        inner, joins = core.split_join(block)
        self.writer.like = inner[-1] if inner else None
        self.pairs(joins)
        self.block(inner)

    def _join_arms(self, statement: gast.If, arms: list[tuple[list, dict]], local: set[str]) -> None:
        names = [n for n in dict.fromkeys(n for _, a in arms for n in a) if n not in local]
        changed = [n for n in names if len({id(a.get(n)) for _, a in arms}) > 1]
        self.frame.adjoints.update({n: arms[0][1][n] for n in names if n not in changed})
        for name in changed:
            if name not in self.frame.adjoints:
                self._promote(name, arms)
        versions = {n: self.function.fresh(self._base(n)) for n in changed}
        for body, adjoints in arms:
            self.out, outer = body, self.out
            pairs = []
            for n in changed:
                value = adjoints.get(n)
                value = value if value is not None else self.writer.named(self.zeros(n), self._base(n))
                pairs.append((versions[n], value))
            body.extend(self._as_backward(core.simultaneous(pairs, body[-1] if body else statement)))
            self.out = outer
        if any(body for body, _ in arms):
            self._emit(core.from_statement(gast.If(statement.test, *[body for body, _ in arms]), statement))
        self.frame.adjoints.update({n: core.name(v) for n, v in versions.items()})

    def _promote(self, name: str, arms: list[tuple[list, dict]]) -> None:
        """A loop's accumulator that one arm created is the other's adjoint, too."""
        if name in self.frame.accumulators:
            for _, adjoints in arms:
                adjoints.setdefault(name, core.name(self.frame.accumulators[name]))

    def enters_loop(self, carried: str) -> bool:
        """Is the carried variable assigned before its loop, too?"""
        return sum(carried in core.targets(s) for s in core.walk(self.function.body)) > 1

    # Loops -------------------------------------------------------------------------------------------------------

    def loop(self, statement: gast.AST) -> None:
        inner, joins = core.split_join(statement.body)
        carried = {t: self.take(t) for t, _ in joins}
        while True:
            attempt = self._loop_body(statement, inner, joins, {t for t, bar in carried.items() if bar is not None})
            grown = {t: core.constant(0.0) for t in attempt.found if carried[t] is None}
            if not grown:
                break
            carried.update(dict.fromkeys(grown, ZERO))
        if attempt.is_empty():
            self.frame.adjoints.update({t: b for t, b in carried.items() if b is not None and b is not ZERO})
            return
        self._write_loop(statement, attempt, carried)

    def _loop_body(self, statement: gast.AST, inner: list, joins: list, live: set[str]) -> "LoopAttempt":
        """The backward body, given which carried variables have an adjoint after the loop."""
        local = core.assigned([statement])
        outer_out, self.out = self.out, []
        outer_frame, self.frame = self.frame, Frame(self.frame, local)
        attempt = LoopAttempt({t: self.function.fresh(self._base(t)) for t, _ in joins if t in live})
        self.writer.like = inner[-1] if inner else statement
        for target, value in joins:
            if target in live:
                self.contribute(value, core.name(attempt.carries[target]))
        self.block(inner)
        attempt.finish(self, statement, joins)
        self.frame = outer_frame
        attempt.body, self.out = self.out, outer_out
        return attempt

    def _write_loop(self, statement: gast.AST, attempt: "LoopAttempt", carried: dict[str, Any]) -> None:
        self.writer.like = statement
        entering = []
        for target, version in attempt.carries.items():
            bar = carried[target]
            value = bar if bar is not ZERO else self.writer.named(self.zeros(target), self._base(target))
            entering.append((version, value))
        for name, version in attempt.accumulators.items():
            value = self._accumulator_start(name)
            entering.append((version, value))
        for _, version, _ in attempt.items:
            entering.append((version, core.list_of([])))
        self.out.extend(self._as_backward(core.simultaneous(entering, statement)))
        self.out.append(saving.placeholder(statement, attempt.body))
        self._after_loop(statement, attempt)

    def _as_backward(self, statements: list[gast.AST]) -> list[gast.AST]:
        for statement in statements:
            statement.backward = True
        return statements

    def _accumulator_start(self, name: str) -> gast.AST:
        existing = self.adjoint(name, create=True)
        return existing if existing is not None else self.writer.named(self.zeros(name), self._base(name))

    def _after_loop(self, statement: gast.AST, attempt: "LoopAttempt") -> None:
        for name, version in {**attempt.carries, **attempt.accumulators}.items():
            self.frame.adjoints[name] = core.name(version)
        for leaf, version, _ in attempt.items:
            order, put_together = core.name(version), "from_last_items"
            if not leaf.is_reversed:
                self.function.references["reversed"] = reversed
                order, put_together = core.call("reversed", order), "from_items"
            elif not _may_end_early(statement):
                put_together = "from_items"
            self.contribute(leaf.source, core.call(self.writer.support(put_together), leaf.source, order))


def _may_end_early(loop: gast.AST) -> bool:
    """Might a loop leave out elements of what it runs over? It is left by a break, or a partner is shorter."""
    called = {n.func.id for n in core.nodes(loop.iter) if isinstance(n, gast.Call)}
    return bool(core.split_guard(loop.body)[1]) or "zip" in called


def _several_results(function: core.Function) -> set[str]:
    """Names of the results of primitives that have several."""
    found = set()
    for statement in core.walk(function.body):
        primitive = getattr(getattr(statement, "operation", None), "primitive", None)
        if primitive is not None and primitive.results > 1:
            found.update(core.targets(statement))
    return found


ZERO = object()
REVERSED = gast.Slice(None, None, core.constant(-1))


class LoopAttempt:
    """What one try at a backward loop body came to."""

    def __init__(self, carries: dict[str, str]):
        self.carries = carries
        self.accumulators: dict[str, str] = {}
        self.items: list[tuple[Leaf, str, gast.AST]] = []
        self.body: list[gast.AST] = []
        self.found: set[str] = set()

    def finish(self, reverse: Reverse, statement: gast.AST, joins: list[tuple[str, gast.AST]]) -> None:
        """Closes the body: element adjoints are appended, carries and accumulators assigned simultaneously."""
        adjoints = reverse.frame.adjoints
        self.found = {t for t, _ in joins if t in adjoints}
        self._items(reverse, statement)
        pairs = [(version, self._carried(reverse, t, dict(joins)[t])) for t, version in self.carries.items()]
        self.accumulators = reverse.frame.accumulators
        pairs += [(version, adjoints[name]) for name, version in self.accumulators.items()]
        reverse.out.extend(reverse._as_backward(core.simultaneous(pairs, statement)))

    def _carried(self, reverse: Reverse, target: str, value: gast.AST) -> gast.AST:
        """The adjoint on entry of an iteration; a variable without a value before the loop is like that on exit."""
        if target not in reverse.frame.adjoints and not reverse.enters_loop(target) and core.is_name(value):
            return reverse.writer.named(reverse.zeros(value.id), reverse._base(target))
        return reverse.adjoint_or_zeros(target)

    def _items(self, reverse: Reverse, statement: gast.AST) -> None:
        for leaf in leaves(statement) if isinstance(statement, gast.For) else []:
            kind = reverse.kind(leaf.source) if leaf.source is not None else None
            if kind is None or not kinds.is_active(kind) or isinstance(kind, DictOf | MapOf):
                continue
            if leaf.target not in reverse.frame.adjoints:
                continue
            bar = reverse.adjoint_or_zeros(leaf.target)
            version = reverse.function.fresh(f"{reverse.function.bases.get(leaf.source.id, leaf.source.id)}_bar")
            self.items.append((leaf, version, bar))
            append = gast.Expr(core.call(gast.Attribute(core.name(version), "append", gast.Load()), bar))
            reverse._emit(core.from_statement(append, statement))

    def is_empty(self) -> bool:
        return not self.carries and not self.accumulators and not self.items


class Leaf:
    """One iterated thing of a loop header: its target, its source (None for counters), its direction."""

    def __init__(self, target: str, source: gast.AST | None, is_reversed: bool):
        self.target = target
        self.source = source
        self.is_reversed = is_reversed


def leaves(statement: gast.For) -> list[Leaf]:
    """`for i, (a, b) in enumerate(zip(xs, ys))` has the leaves i, a of xs, b of ys."""
    return list(_leaves(statement.target, statement.iter, False))


def _leaves(target: gast.AST, iterator: gast.AST, is_reversed: bool) -> Any:
    name = iterator.func.id if isinstance(iterator, gast.Call) and core.is_name(iterator.func) else None
    if name == "range":
        yield Leaf(target.id, None, is_reversed)
    elif name == "reversed":
        yield from _leaves(target, iterator.args[0], not is_reversed)
    elif name == "zip":
        for part, source in zip(target.elts, iterator.args, strict=True):
            yield from _leaves(part, source, is_reversed)
    elif name == "enumerate":
        yield Leaf(target.elts[0].id, None, is_reversed)
        yield from _leaves(target.elts[1], iterator.args[0], is_reversed)
    else:
        yield Leaf(target.id, iterator, is_reversed)
