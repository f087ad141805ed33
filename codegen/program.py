"""The functions of one emitted file: inferred instances of user functions, their pairs, and the header they need."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import gast

from s2s.codegen.core import core, verify
from s2s.codegen.core.names import Namer
from s2s.codegen.core.survey import Survey
from s2s.codegen.desugaring import call_arguments, lifting
from s2s.codegen.desugaring.desugar import Desugarer
from s2s.codegen.desugaring.facts import Facts
from s2s.codegen.desugaring.refusals import refuse_hidden_reads
from s2s.codegen.diagnostics import Diagnostics, UnsupportedError
from s2s.codegen.emission import defaults
from s2s.codegen.emission.defaults import signature
from s2s.codegen.functions import (
    iterator_expansions,  # noqa: F401 - its rules
    numpy_expansions,  # noqa: F401 - its rules
    user_calls,
)
from s2s.codegen.inference import aliasing, effects, kinds, recursion, static_tests, unset_reads
from s2s.codegen.inference.infer import Inference, resolve_references
from s2s.codegen.inference.kinds import Kind, Unknown
from s2s.codegen.reading.guards import UNRESOLVED, CalleeGuard, Guard, resolve_name, resolve_path
from s2s.codegen.reading.source import FunctionSource
from s2s.runtime.errors import S2SError


@dataclass
class Pair:
    """Names of the two emitted functions of a split reversal."""

    forward_name: str
    backward_name: str


@dataclass
class Instance:
    """A user function, inferred for given kinds of its arguments."""

    program: "Program"
    function: Any
    arguments: dict[str, Kind]
    result: Kind
    source: FunctionSource
    written: tuple[str, ...] = ()  # parameters whose last versions are returned with the result
    writes: tuple[str, ...] = ()  # parameters whose objects the function writes
    has_aux: bool = False
    loss_at: int = 0  # which of the two results has an adjoint, with `has_aux`
    is_recursive: bool = False
    diagnostics: Any = None
    rule: Any = None  # the rules that the user wrote for it
    _pair: Pair | None = None
    _tangent: str | None = None
    _plain: str | None = None
    _batched: str | None = None

    def note_effects(self) -> None:
        """What the function writes, as far as it has been inferred."""
        self.writes = tuple(aliasing.written_parameters(self.function))

    @functools.cached_property
    def kept(self) -> list[frozenset[str]]:
        """For each part of the result, the parameters that it may share memory with."""
        if self.is_recursive:
            return [frozenset(self.arguments)] * (1 + len(self.written))
        return aliasing.kept_parameters(self.function)

    @functools.cached_property
    def shares(self) -> bool:
        """May what the function returns, or has written, be in two places of it?"""
        return self.is_recursive or self.rule is not None or aliasing.shares_parts(self.function)

    @property
    def active_parameters(self) -> list[str]:
        return [p for p, k in self.arguments.items() if kinds.is_active(k)]

    def pair(self) -> Pair:
        """The names of its pair; the pair is written when first asked for."""
        if self._pair is None:
            program, name = self.program, self.function.name
            self._pair = Pair(program.name(f"{name}_fwd"), program.name(f"{name}_bwd"))
            self.program.write_pair(self)
        return self._pair

    def tangent_name(self) -> str:
        if self._tangent is None:
            self._tangent = self.program.name(f"{self.function.name}_jvp")
            self.program.write_tangent(self)
        return self._tangent

    def batched_name(self) -> str:
        if self._batched is None:
            self._batched = self.program.name(f"{self.function.name}_vmap")
            self.program.writer.write_batched(self.program, self, self._batched if self.rule is not None else None)
            if self.rule is not None:
                self.program.rules[self._batched] = self.rule, self.arguments
        return self._batched

    def emitted_names(self) -> list[str]:
        """The names of what is, or is about to be, written for it."""
        pair = [] if self._pair is None else [self._pair.forward_name, self._pair.backward_name]
        return [*pair, *[n for n in (self._tangent, self._plain, self._batched) if n is not None]]

    def plain_name(self) -> str:
        """The name of the function itself, without derivatives, for one that is defined inside of another one."""
        if self._plain is None:
            inactive = {p: kinds.with_activity(k, False) for p, k in self.arguments.items()}
            instance = self if not self.active_parameters else self.program.instance(self.source, inactive)
            self._plain = self.program.write_plain(instance)
        return self._plain


@dataclass
class Emitted:
    """One function of the file."""

    name: str
    tree: gast.AST
    references: dict[str, Any]
    source: FunctionSource


@dataclass
class Program:
    """Collects what one emitted file holds."""

    writer: Any
    inference: type[Inference] = Inference
    namer: Namer = field(default_factory=Namer)
    instances: dict[Any, Instance] = field(default_factory=dict)
    emitted: list[Emitted] = field(default_factory=list)
    building: list[Any] = field(default_factory=list)
    partials: dict[Any, Any] = field(default_factory=dict)
    written: tuple[str, ...] = ()
    axes: Any = None  # of batched functions, where they have their rows
    knows_ranks: bool = False  # is it written for arguments of certain ranks?
    sources: dict[int, tuple[Any, FunctionSource]] = field(default_factory=dict)  # of callees, by identity
    guards: dict[Any, Guard | CalleeGuard] = field(default_factory=dict)
    rules: dict[str, Any] = field(default_factory=dict)  # of batched functions: the rule, and kinds of the arguments

    def name(self, wanted: str) -> str:
        """A name for a function of the file, which no variable has where it may be called."""
        namers = [instance.function.namer for instance in self.instances.values() if instance.function is not None]
        found = self.namer.fresh(wanted)
        while any(found in namer.taken for namer in namers):
            found = self.namer.fresh(wanted)
        for namer in namers:
            namer.reserve(found)
        return found

    def guard(self, function: core.Function, path: str, found: Any) -> None:
        """The file holds as long as this path of the user's stands for this object (or kind of constant)."""
        if (id(function.source), path) in self.guards:
            return
        first = path.split(".")[0]
        if resolve_name(function.source, first) is function.references[first]:
            self.guards[(id(function.source), path)] = Guard(function.source, path, found)

    def instance(
        self,
        source: FunctionSource,
        arguments: dict[str, Kind],
        key: Any = None,
        written: tuple[str, ...] = (),
        settled: bool = False,
    ) -> Instance:
        """The function inferred for these kinds of arguments; UnsupportedError lists all that it holds too much.

        Its result is `(result, *finals)` if `written` names parameters whose last versions are returned, too. With
        `settled`, its flags have the values that they have here wherever this instance is called.
        """
        full_key = (key if key is not None else id(source), tuple(arguments.items()), written, settled)
        if full_key not in self.instances:
            self._infer(full_key, Instance(self, None, arguments, Unknown(), source, written), settled)
        elif full_key in self.building:
            self.instances[full_key].is_recursive = True
        return self.instances[full_key]

    def with_rule(self, plain: Instance, rule: Any, arguments: dict[str, Kind], key: Any) -> Instance:
        """An instance of a function that has rules: every number in its result has a derivative, or a batch axis."""
        result = kinds.with_activity(plain.result, True)
        made = Instance(self, plain.function, arguments, result, plain.source, is_recursive=True, rule=rule)
        self.instances[key, tuple(arguments.items()), ()] = made
        return made

    def _infer(self, full_key: Any, instance: Instance, settled: bool) -> None:
        self.instances[full_key] = instance
        self.building.append(full_key)
        try:
            self._infer_for_values(instance, settled)
        except S2SError:
            del self.instances[full_key]
            raise
        finally:
            self.building.pop()
        effects.finish(instance.function)
        unset_reads.insert(instance.function)

    def _infer_for_values(self, instance: Instance, settled: bool) -> None:
        """Infers the function for any values of its arguments; where that is refused, for the flags that are given."""
        try:
            self._infer_to_fixpoint(instance, settled)
        except UnsupportedError:
            if settled or not static_tests.may_settle(instance.arguments):
                raise
            self._infer_to_fixpoint(instance, True)

    def _infer_to_fixpoint(self, instance: Instance, settled: bool) -> None:
        instance.result = recursion.to_fixpoint(self, instance, lambda: self._inferred(instance, settled))
        instance.diagnostics.raise_if_any()

    def _inferred(self, instance: Instance, settled: bool) -> Kind:
        """Infers the function, anew at every call; its result's kind."""
        source, facts = instance.source, Facts(instance.written, settled)
        self.namer.reserve(*source.survey.names)
        self._guard_defaults(source)
        while True:  # desugared again as long as inference finds what desugaring has to know
            diagnostics = instance.diagnostics = Diagnostics(source)
            inactive = [p for p, kind in instance.arguments.items() if not kinds.is_active(kind)]
            instance.function = build(source, diagnostics, inactive, facts)
            if facts.has_grown():
                continue
            diagnostics.raise_if_any()
            result = self.inference(instance.function, self, diagnostics).run(instance.arguments)
            if not facts.has_grown():
                static_tests.state_what_decided(instance.function)
                instance.note_effects()
                return result

    def _guard_defaults(self, source: FunctionSource) -> None:
        """A default that is still written as a path must not be rebound."""
        for parameter, node in defaults.nodes(source).items():
            path = core.dotted(node)
            if path is not None and resolve_path(source, path) is source.defaults.get(parameter):
                guard = Guard(source, path, source.defaults[parameter], exact=True)
                self.guards[(id(source), path, "default")] = guard

    def call(self, inference: Inference, statement: gast.AST, node: gast.AST, target: Any) -> Kind:
        """The kind of a call of a user function on active arguments; the statement becomes a call of its pair."""
        return user_calls.UserCall(self, inference, statement, node, target).kind()

    def core_of(self, source: FunctionSource) -> core.Function:
        """The function in Core, not inferred, with its global names resolved."""
        diagnostics = Diagnostics(source)
        function = build(source, diagnostics)
        diagnostics.raise_if_any()
        self._guard_defaults(source)
        resolve_references(function)
        return function

    def bound(self, source: FunctionSource, node: gast.AST) -> tuple[FunctionSource, dict[str, gast.AST]] | str:
        """The function for such a call, and its parameters' arguments; the reason as text if the call doesn't fit."""
        if call_arguments.is_variadic(source) and not call_arguments.has_stars(node):
            try:
                source = call_arguments.specialised(source, len(node.args), [k.arg for k in node.keywords])
            except ValueError as error:
                return str(error)
        found = call_arguments.bound(source, node)
        return found if isinstance(found, str) else (source, found)

    def write_pair(self, instance: Instance) -> None:
        self.writer.write_pair(self, instance)

    def write_plain(self, instance: Instance) -> str:
        if instance._plain is None:
            instance._plain = self.name(f"{instance.function.name}_lifted")
            self.writer.write_plain(self, instance, instance._plain)
        return instance._plain

    def write_tangent(self, instance: Instance) -> None:
        self.writer.write_tangent(self, instance)


def build(
    source: FunctionSource, diagnostics: Diagnostics, inactive: Iterable[str] = (), facts: Facts | None = None
) -> core.Function:
    """The function in Core, not yet inferred; no differentiated value enters the parameters `inactive`."""
    tree, defined = lifting.lifted(source)
    if isinstance(tree, gast.AsyncFunctionDef):
        diagnostics.report(tree, "async functions have no derivative", "write a plain function")
        diagnostics.raise_if_any()
    survey = source.survey if tree is source.tree else Survey(tree)
    _refuse_generators(survey, diagnostics)
    refuse_hidden_reads(survey.of(gast.Call), lambda name: resolve_name(source, name), diagnostics)
    names = call_arguments.parameters(source)
    extra = [a for a in (tree.args.vararg, tree.args.kwarg) if a is not None]
    for argument in extra:
        cause = "how many arguments * and ** stand for is known at a call only"
        diagnostics.report(argument, cause, "ask for `.source_for(*arguments)`, or name each parameter")
    function = core.Function(
        source.name, names, [], {}, {p: p for p in names}, Namer(survey.names | {source.name}), source
    )
    function.defaults = defaults.nodes(source)
    function.references.update(defaults.references(source))
    function.references.update(defined)
    function.facts = facts = facts if facts is not None else Facts()
    Desugarer(function, tree, survey, diagnostics, source.filename, inactive, facts).run()
    if not diagnostics and not facts.grew:
        verify.check(function, "desugaring")
    return function


def bind_values(names: list[str], given: dict[str, Any], args: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    """Parameter to value in a call."""
    return {**{n: v for n, v in given.items() if n in names}, **dict(zip(names, args, strict=False)), **keywords}


def _refuse_generators(survey: Survey, diagnostics: Diagnostics) -> None:
    for node in [*survey.of(gast.Yield), *survey.of(gast.YieldFrom)]:
        cause = "yield makes this a generator, which has no derivative"
        diagnostics.report(node, cause, "return a list or an array")


__all__ = ["UNRESOLVED", "Emitted", "Instance", "Program", "build", "signature"]
