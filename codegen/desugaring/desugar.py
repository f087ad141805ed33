"""From the user's AST to Core: one operation per statement, every assignment a new version."""

import functools
from collections.abc import Iterable
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.core.survey import Survey
from s2s.codegen.desugaring import (
    changes,
    consumed_generators,
    functional_updates,
    indexed_loops,
    inline_control,
    lifting,
    liveness,
    loop_headers,
    plain_collections,
    stores,
    versions,
)
from s2s.codegen.desugaring.deletions import without_deletions
from s2s.codegen.desugaring.facts import Facts
from s2s.codegen.desugaring.inert import without_inert
from s2s.codegen.desugaring.normal_form import Flattener
from s2s.codegen.desugaring.patterns import without_match
from s2s.codegen.desugaring.refusals import refuse_expression, refuse_outside_write, refuse_statement
from s2s.codegen.desugaring.structured import structured
from s2s.codegen.desugaring.touched import names_bound, names_bound_in, touched_variables
from s2s.codegen.diagnostics import Diagnostics
from s2s.codegen.emission import load
from s2s.codegen.inference import effects
from s2s.codegen.reading.guards import resolve_path
from s2s.codegen.reading.source import FunctionSource


class Desugarer:
    """Walks one function; `environment` maps a user's variable to its current version."""

    def __init__(
        self,
        function: core.Function,
        tree: gast.FunctionDef,
        survey: Survey,
        diagnostics: Diagnostics,
        filename: str,
        inactive: Iterable[str] = (),
        facts: Facts | None = None,
    ):
        self.function = function
        self.facts = facts if facts is not None else Facts()
        self.tree = tree
        self.diagnostics = diagnostics
        self.filename = filename
        self.environment: dict[str, str] = {p: p for p in function.parameters}
        self.survey = survey
        self.locals = set(function.parameters) | names_bound_in(tree, survey)
        self.inactive = frozenset(inactive)
        self.declared_outside: set[str] = set()
        self.shown: dict[str, str] = {}  # variables that the user did not write to what they are called
        self.body: list[gast.AST] = []
        self.origin: gast.AST | None = None
        self.finals: list[str] = []
        self.statements: list[gast.AST] = []
        self.current: gast.AST | None = None
        self.has_liveness = False
        self.kept_live: set[str] = set()  # variables that the rest of a statement may read besides those it names
        self.definitions: dict[str, gast.AST] = {}
        self.views: dict[str, tuple[str, gast.AST]] = {}
        self.homes: dict[str, tuple[str, str]] = {}  # versions that were read from an attribute
        versions.open_finals(self)

    @functools.cached_property
    def may_change_containers(self) -> bool:
        """Whether any method is called that may change a variable."""
        return any(changes.receiver(call) is not None for call in self.survey.of(gast.Call))

    @functools.cached_property
    def touched(self) -> set[str]:
        """The variables that a differentiated value may enter; few functions ask."""
        return touched_variables(self.tree.body, set(self.function.parameters) - self.inactive)

    def run(self) -> None:
        statements = indexed_loops.rewritten(self._structured(), self).body
        self.statements = statements
        if not core.is_straight(statements):
            self._annotate()
        self.function.body = self.block(statements)
        self.function.bases.update({v: self.shown[b] for v, b in self.function.bases.items() if b in self.shown})
        if not (self.function.body and isinstance(self.function.body[-1], gast.Return)):
            self.function.body.append(core.from_statement(gast.Return(core.constant(None)), self.origin))
        versions.return_finals(self)
        if load.is_emitted(self.function.source.filename):
            core.mark_derived(self.function.body)

    def _structured(self) -> Any:
        """The function without `match`, without `with` where it computes nothing, with its jumps as values."""

        def resolve(path: str) -> Any:
            return None if path.split(".")[0] in self.locals else resolve_path(self.function.source, path)

        tree = self.tree
        if plain_collections.may_hold(self.survey):
            tree = plain_collections.without_setdefault(plain_collections.as_builtins(tree, resolve))
        if tree is self.tree and not self.survey.holds(gast.With, gast.Try, gast.Match, gast.Delete):
            return structured(self.tree)
        tree = without_deletions(without_match(without_inert(tree, resolve), resolve))
        if tree is not self.tree:
            self.locals |= names_bound(tree.body)
        return structured(tree)

    @property
    def live(self) -> set[str]:
        """Variables that this statement or a later one reads; where control takes one way, few functions ask."""
        if not self.has_liveness:
            self._annotate()
        return versions.live_after(self, self.current) | self.kept_live

    def _annotate(self) -> None:
        liveness.annotate(self.statements, set())
        self.has_liveness = True

    # Statements --------------------------------------------------------------------------------------------------

    def block(self, statements: list[gast.AST]) -> list[gast.AST]:
        outer, self.body = self.body, []
        for statement in statements:
            self.statement(statement)
        done, self.body = self.body, outer
        return done

    def statement(self, statement: gast.AST) -> None:
        previous, self.origin = self.origin, self._origin_of(statement)
        is_own = not self.has_liveness or "live_after" in statement.__dict__
        self.current, self.kept_live = statement, set() if is_own else set(self.environment)
        handler = getattr(self, "do_" + type(statement).__name__, None)
        if handler is None:
            refuse_statement(self.diagnostics, statement)
            self._count_as_set(statement)
        else:
            if self.may_change_containers:
                changes.refuse_hidden(self, statement)
            handler(statement)
        self.origin = previous

    def _count_as_set(self, refused: gast.AST) -> None:
        """What a refused statement binds is not reported as unset, too."""
        self.environment.update({n: n for n in names_bound([refused])})

    def emit(self, statement: gast.AST) -> None:
        self.append(core.from_statement(statement, self.origin))

    def append(self, statement: gast.AST) -> None:
        self.body.append(statement)
        versions.record(self, statement)

    def do_Global(self, statement: gast.AST) -> None:
        self.declared_outside.update(statement.names)

    do_Nonlocal = do_Global

    def do_Delete(self, statement: gast.AST) -> None:
        for target in statement.targets:
            if isinstance(target, gast.Name):
                self.environment.pop(target.id, None)
            else:
                refuse_statement(self.diagnostics, statement)

    def do_FunctionDef(self, statement: gast.AST) -> None:
        refuse_statement(self.diagnostics, statement)
        self._count_as_set(statement)

    def do_Pass(self, statement: gast.AST) -> None:
        pass

    def do_Expr(self, statement: gast.AST) -> None:
        if isinstance(statement.value, gast.Constant):
            return
        effects.expression_statement(self, statement.value)

    def do_Assert(self, statement: gast.AST) -> None:
        message = self.opaque(statement.msg) if statement.msg is not None else None
        self.emit(gast.Assert(self.opaque(statement.test), message))

    def do_Raise(self, statement: gast.AST) -> None:
        if statement.exc is None:  # the exception that is being handled
            refuse_statement(self.diagnostics, statement)
            return
        self.emit(gast.Raise(self.opaque(statement.exc), None))

    def do_Import(self, statement: gast.AST) -> None:
        refuse_statement(self.diagnostics, statement)

    def do_Return(self, statement: gast.AST) -> None:
        value = statement.value if statement.value is not None else core.constant(None)
        self.emit(gast.Return(self.atom(value)))

    def do_AnnAssign(self, statement: gast.AST) -> None:
        if statement.value is not None:
            self.assign(statement.target, self.rhs(statement.value))

    def do_Assign(self, statement: gast.AST) -> None:
        value = self.rhs(consumed_generators.unpacked(statement))
        if len(statement.targets) > 1:
            value = self._one_list(value) if isinstance(value, gast.List) else self.as_atom(value)
        for target in statement.targets:
            self.assign(target, value)

    def _one_list(self, value: gast.AST) -> gast.AST:
        """A variable for a list that has several names: a literal would be a list for each."""
        version = self.function.fresh("items")
        self.emit(core.assign(version, value))
        return core.name(version)

    def do_AugAssign(self, statement: gast.AST) -> None:
        if isinstance(statement.target, gast.Subscript):
            stores.store_augmented(self, statement)
            return
        if isinstance(statement.target, gast.Attribute):
            stores.store_attribute_augmented(self, statement)
            return
        stores.augment_variable(self, statement)

    def do_If(self, statement: gast.AST) -> None:
        if isinstance(statement.test, gast.UnaryOp) and isinstance(statement.test.op, gast.Not):
            statement = _turned_round(statement)
        test = self.test(statement.test)
        before = dict(self.environment)
        then = self.block(statement.body)
        after_then, self.environment = self.environment, dict(before)
        otherwise = self.block(statement.orelse)
        after_else, self.environment = self.environment, dict(before)
        self._join(statement.live_after, before, (then, after_then), (otherwise, after_else))
        self.emit(gast.If(test, then, otherwise))

    def _join(self, live: set[str], before: dict, *arms: tuple[list[gast.AST], dict]) -> None:
        live = live.union(self.finals)
        changed = sorted(v for v in live if len({env.get(v) for _, env in arms}) > 1)
        joined, together = versions.joined(self, changed, [env for _, env in arms])
        for block, env in arms:
            pairs = [(joined[v], core.name(env[v])) for v in together if v in env]
            block.extend(core.simultaneous(pairs, self._like()))
        self.environment.update(joined)
        for v in live - set(changed):
            if v in arms[0][1]:
                self.environment[v] = arms[0][1][v]

    def do_For(self, statement: gast.AST) -> None:
        iterator = loop_headers.iterable(self, statement.iter)
        carried = self._open_loop(statement, core.target_names(statement.target))
        target, prologue = loop_headers.target(self, statement.target, iterator)
        body = self._loop_body(statement, carried, prologue)
        loop = gast.For(target, iterator, body, [], None)
        loop.user_loop = statement
        loop.hints = getattr(statement, "hints", {})
        self.emit(loop)

    def do_While(self, statement: gast.AST) -> None:
        for node in core.nodes(statement.test):
            if isinstance(node, gast.NamedExpr):
                self.refuse(node)
        carried = self._open_loop(statement, [])
        before = len(self.body)
        test = self.opaque(statement.test)
        if len(self.body) > before:  # computed once, in front of the loop
            self.refuse_test(statement.test)
        body = self._loop_body(statement, carried, [])
        loop = gast.While(test, body, [])
        loop.hints = getattr(statement, "hints", {})
        self.emit(loop)

    def _open_loop(self, statement: gast.AST, bound: list[str]) -> dict[str, str]:
        """Gives every carried variable its version for the whole loop, assigned before it."""
        rebound = versions.rebound(self, statement.body) | set(bound)
        changed = versions.written_in_loop(
            self, statement, names_bound(statement.body) | set(bound) | changes.receivers(self, statement.body)
        )
        live = changed & statement.live_at_head.union(self.finals)
        carried, together = versions.carried(self, sorted(live), rebound)
        entering = [(carried[v], core.name(self.environment[v])) for v in together if v in self.environment]
        for joined in core.simultaneous(entering, self._like()):
            self.append(joined)
        self.environment.update(carried)
        return carried

    def _loop_body(self, statement: gast.AST, carried: dict, prologue: list[gast.AST]) -> list[gast.AST]:
        before = dict(self.environment)
        statements, guard = core.split_guard(statement.body)
        body = self.block([*prologue, *statements])
        versions.note_written(self, statement, before, carried)
        flags = [g.test.id for g in guard if g.test.id not in carried]
        leaving = {new: core.name(self.environment[v]) for v, new in carried.items()}
        stops = {v: self.function.fresh(v) for v in flags}
        leaving |= {new: core.name(self.environment[v]) for v, new in stops.items()}
        body.extend(core.simultaneous(list(leaving.items()), self._like()))
        self.environment.update(carried | stops)
        for g in guard:
            test = core.name(self.environment[g.test.id])
            body.append(core.from_statement(gast.If(test, g.body, []), self._like()))
        return body

    # Assignment --------------------------------------------------------------------------------------------------

    def assign(self, target: gast.AST, value: gast.AST) -> None:
        if isinstance(target, gast.Name):
            if target.id in self.declared_outside:
                refuse_outside_write(self.diagnostics, target)
            if (
                core.is_name(value)
                and value.id in self.function.bases
                and target.id not in lifting.kept_captures(self.function)
            ):
                self.environment[target.id] = value.id
                return
            version = self.function.fresh(target.id)
            self.environment[target.id] = version
            self.emit(core.assign(version, value))
        elif isinstance(target, gast.Tuple | gast.List):
            self._assign_pattern(target.elts, value)
        elif isinstance(target, gast.Subscript):
            stores.store(self, target, value)
        elif isinstance(target, gast.Attribute):
            stores.store_attribute(self, target, value)
        else:
            refuse_statement(self.diagnostics, target)

    def _assign_pattern(self, elements: list[gast.AST], value: gast.AST) -> None:
        if any(isinstance(e, gast.Starred) for e in elements):
            self._assign_starred(elements, self.as_atom(value))
            return
        if isinstance(value, gast.Tuple) and len(value.elts) == len(elements):
            stores.name_after(self, elements, value.elts)
            stores.assign_each(self, elements, value.elts)
            return
        value = self.as_atom(value)
        simple = [e.id if isinstance(e, gast.Name) else "part" for e in elements]
        fresh = [self.function.fresh(s) for s in simple]
        self.emit(core.unpack(fresh, value))
        stores.assign_each(self, elements, [core.name(v) for v in fresh])

    def _assign_starred(self, elements: list[gast.AST], value: gast.AST) -> None:
        """`a, *b, c = t`: items by index from both ends, the middle as a list."""
        at = next(i for i, e in enumerate(elements) if isinstance(e, gast.Starred))
        behind = len(elements) - at - 1
        for i, element in enumerate(elements):
            if i == at:
                upper = core.constant(-behind) if behind else None
                index = gast.Slice(core.constant(at) if at else None, upper, None)
                part = core.call("list", self.as_atom(core.subscript(value, index)))
                self.function.references["list"] = list
                self.assign(element.value, part)
            else:
                position = i if i < at else i - len(elements)
                self.assign(element, core.subscript(value, core.constant(position)))

    # Expressions -------------------------------------------------------------------------------------------------

    def flattener(self) -> Flattener:
        return Flattener(self.function, self.environment, self.locals, self.append, self._like(), self)

    def rhs(self, expression: gast.AST) -> gast.AST:
        return self.flattener().operation(expression)

    def atom(self, expression: gast.AST) -> gast.AST:
        return self.flattener().atom(expression)

    def as_atom(self, value: gast.AST) -> gast.AST:
        return self.flattener().named(value)

    def opaque(self, expression: gast.AST) -> gast.AST:
        changes.refuse_sometimes(self, expression)
        return self.flattener().opaque(expression)

    def test(self, expression: gast.AST) -> gast.AST:
        """A branch's test, named: its adjoint asks the same question again."""
        value = self.opaque(expression)
        if isinstance(value, gast.Name | gast.Constant):
            return value
        version = self.function.fresh("test")
        statement = core.assign(version, value)
        statement.is_test = True
        self.emit(statement)
        return core.name(version)

    def conditional(self, expression: gast.AST) -> gast.AST:
        """`a if test else b`: a branch that assigns one temporary."""
        if any(effects.has_effects(self, n) for n in core.nodes(expression)):
            return self.atom(self.value_of(expression))
        for arm in (expression.body, expression.orelse):
            changes.refuse_sometimes(self, arm)
        test = self.test(expression.test)
        result = self.function.fresh("choice")
        arms = []
        for value in (expression.body, expression.orelse):
            outer, self.body = self.body, []
            atom = self.atom(value)
            self.body.extend(core.simultaneous([(result, atom)], self._like()))
            arms.append(self.body)
            self.body = outer
        self.emit(gast.If(test, *arms))
        return core.name(result)

    def called(self, node: gast.AST, call: gast.AST) -> gast.AST:
        """A call, and what it writes into its arguments."""
        if changes.is_change(self, node) and self.facts.at("call", node) is None:
            return stores.change(self, node, call)
        return effects.call(self, node, call)

    def walrus(self, expression: gast.AST) -> gast.AST:
        self.assign(expression.target, self.rhs(expression.value))
        return core.name(self.environment[expression.target.id])

    def value_of(self, expression: gast.AST) -> gast.AST:
        return inline_control.value_of(self, expression)

    def without_assignments(self, expression: gast.AST) -> gast.AST:
        return inline_control.without_assignments(self, expression)

    def comprehension(self, expression: gast.AST) -> gast.AST | None:
        is_plain = inline_control.is_plain(self, expression) and not self._holds_functions(expression)
        return None if is_plain else inline_control.comprehension(self, expression)

    def _holds_functions(self, expression: gast.AST) -> bool:
        """Are functions that are defined inside made, or called, in an expression?"""
        found = [self.function.references.get(n) for n in core.free_reads(expression)]
        return any(isinstance(f, lifting.MakeClosure | FunctionSource) for f in found)

    def consumed(self, expression: gast.AST) -> gast.AST | None:
        if (update := functional_updates.written_out(self.flattener, expression)) is not None:
            return update
        if changes.is_change(self, expression) and (changed := stores.change_part(self, expression)) is not None:
            return changed
        return consumed_generators.in_call(self, expression) or inline_control.consumed(self, expression)

    def unset(self, node: gast.AST) -> None:
        """A local variable is read that no statement before has set, and whose writing was not refused before."""
        if node.id not in self.declared_outside:
            cause = f"{node.id!r} is read here, but is not set or has been deleted"
            self.diagnostics.report(node, cause, "set it first")

    def refuse_test(self, test: gast.AST) -> None:
        cause = "this test calls a function in a way that cannot be computed anew in each iteration"
        self.diagnostics.report(test, cause, "write `while True:` and `if not …: break`")

    def refuse(self, expression: gast.AST) -> gast.AST:
        refuse_expression(self.diagnostics, expression)
        return core.constant(None)

    def _like(self) -> gast.AST | None:
        return self.origin

    def _origin_of(self, statement: gast.AST) -> gast.AST:
        line = statement.__dict__.get("lineno")
        return core.made(gast.Pass, origin=(self.filename, line or 0), comment=line)


def _turned_round(statement: gast.If) -> gast.If:
    """`if not test: a` / `else: b` as `if test: b` / `else: a`."""
    new = core.located(gast.If(statement.test.operand, statement.orelse, statement.body), statement)
    new.live_after = statement.live_after
    return new
