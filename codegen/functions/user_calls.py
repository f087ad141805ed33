"""Calls of user functions: which function that is for these arguments, so that the call becomes one of its pair."""

import types
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.derivatives import rematerialisation
from s2s.codegen.desugaring import call_arguments
from s2s.codegen.diagnostics import unsupported
from s2s.codegen.functions import custom_rules
from s2s.codegen.inference import effects, kinds, recursion, static_tests
from s2s.codegen.inference.kinds import Kind, Unknown
from s2s.codegen.inference.operations import Operation
from s2s.codegen.objects import calls
from s2s.codegen.objects.heap import ReturnsObject
from s2s.codegen.reading.guards import CalleeGuard
from s2s.codegen.reading.source import FunctionSource, SourceError, function_source
from s2s.runtime import support

# Their functions are differentiated by rules, never through their own source.
LIBRARIES = ("numpy", "scipy", "math", "jaxlib", "builtins")
BY_NAME = "pass each argument by position or by name"


class RefusedError(Exception):
    """The call was refused: the reason is among the diagnostics."""


class UserCall:
    """One call.

    Attributes:
        target: what is called; a transformed function takes the text that it emits for these arguments.
        binding: parameter to argument.
    """

    def __init__(self, program: Any, inference: Any, statement: gast.AST, node: gast.AST, target: Any):
        self.program = program
        self.inference = inference
        self.statement = statement
        self.node = node
        self.target, self.is_checkpointed = rematerialisation.unwrapped(target)
        self.is_transformed = hasattr(type(self.target), "emitted_source")
        self.binding: dict[str, gast.AST] = {}

    def kind(self) -> Kind:
        """The kind of the result; the statement becomes a call of the function's pair."""
        try:
            rule = None if self._differentiates_rows() else custom_rules.rule_of(self.target)
            if rule is not None:
                return custom_rules.call(self.inference, self.statement, self.node, rule)
            return self._of(self._bound(self._specialised(self._source())))
        except RefusedError:
            return Unknown()

    def _refuse(self, cause: str, rewrite: str = BY_NAME) -> RefusedError:
        self.inference.refuse(self.node, cause, rewrite)
        return RefusedError()

    def _differentiates_rows(self) -> bool:
        if self.target is support.filled_entries and not self.inference.batches:
            cause = "what a list of another length in each row of a batch holds is differentiated once more"
            raise self._refuse(cause, "write to an array of fixed length, or use vmap(f, loop_over_batch=True)")
        return False

    def _specialised(self, source: FunctionSource) -> FunctionSource:
        """The function for this number of arguments, where it takes any."""
        if not call_arguments.is_variadic(source) or call_arguments.has_stars(self.node):
            return source
        count, names = len(self.node.args), [k.arg for k in self.node.keywords]
        try:
            if not self.is_transformed:
                return call_arguments.specialised(source, count, names)
            self.target = self.target.variant(count, names)
            signature: FunctionSource = self.target.signature()
            return signature
        except ValueError as error:
            raise self._refuse(str(error)) from None

    def _bound(self, source: FunctionSource) -> FunctionSource:
        if self.is_transformed and source.bound is not None:
            self.node = self.statement.value = calls.with_bound(self.inference, self.node, source)
        binding = call_arguments.bound(source, self.node)
        if isinstance(binding, str):
            raise self._refuse(binding)
        self.binding = binding
        return source

    def _of(self, source: FunctionSource) -> Kind:
        """The kind of the result of this function."""
        given = {p: self.inference.kind(n) for p, n in self.binding.items()}
        if any(map(kinds.holds_object, given.values())) and not self.is_transformed:
            return self._in_place(source)
        arguments = {p: given[p] if p in given else _default_kind(source, p) for p in call_arguments.parameters(source)}
        if recursion.is_endless(self.program, id(self.target)):
            cause = "each level of this recursion has arguments of another structure"
            raise self._refuse(cause, "write a loop")
        try:
            instance = self._instance(source, arguments)
        except ReturnsObject:
            return self._in_place(source)
        effects.note(self.inference, self.statement, self.node, self.binding, instance.writes)
        self.statement.operation = Operation("call", binding=self.binding, callee=instance)
        if self.is_checkpointed:
            rematerialisation.mark(self.inference, self.statement, self.node)
        kind: Kind = instance.result
        return kind

    def _instance(self, source: FunctionSource, arguments: dict[str, Kind]) -> Any:
        written = effects.requested(self.statement, self.node, self.binding)
        if self.is_transformed:
            source = self._emitted_source(arguments)
            return self.program.instance(source, arguments, id(source), written, False)
        settled = static_tests.are_constant(arguments, self.binding)
        return self.program.instance(source, arguments, id(self.target), written, settled)

    def _in_place(self, source: FunctionSource) -> Kind:
        """The function's body stands in place of the call: objects are followed through it."""
        kind: Kind = calls.in_place_of_call(self.inference, self.statement, self.node, source, self.binding)
        return kind

    def _emitted_source(self, arguments: dict[str, Kind]) -> FunctionSource:
        """What a transformed function runs for these kinds of arguments."""
        target = self.target
        source: FunctionSource = target.emitted_source(arguments)
        guard = CalleeGuard(lambda: target.emitted_source(arguments), source)
        self.program.guards[(id(target), id(source))] = guard
        return source

    # The function that is called -----------------------------------------------------------------------------------

    def _source(self) -> FunctionSource:
        target, sources = self.target, self.program.sources
        if self.is_transformed or isinstance(target, FunctionSource):
            found: FunctionSource = target.signature() if self.is_transformed else target
            return found
        name = core.dotted(self.node.func) or "this function"
        self._check_has_source(name)
        try:
            source = sources[id(target)][1] if id(target) in sources else _source_of(target)
        except SourceError as error:
            raise self._refuse(f"{name}: {error}", "define the function in a file") from None
        if source.bound is not None:
            raise self._refuse(f"{name} is a method, which is not supported yet", "write it as a function")
        sources[id(target)] = target, source
        return source

    def _check_has_source(self, name: str) -> None:
        target = self.target
        if getattr(target, "__module__", None) and target.__module__.split(".")[0] in LIBRARIES:
            raise self._refuse(f"{name} has no derivative rule", "write it with functions that have one")
        if isinstance(target, type) and hasattr(target, "custom_rule"):
            cause = f"{name} is applied inside of a transformed function: the rule is not known when that is written"
            rewrite = "define the function and its rule at module level, or in a function that returns it"
            raise unsupported(self.inference.function.source, self.node, cause, rewrite)
        if isinstance(target, types.BuiltinFunctionType | np.ufunc | type) or not callable(target):
            what = "compiled code without a derivative rule" if callable(target) else "no function"
            rewrite = "use functions that have a rule (see the README's table), or write it in NumPy"
            raise self._refuse(f"{name} is {what}", rewrite)


def _default_kind(source: FunctionSource, parameter: str) -> Kind:
    return kinds.of_value(source.defaults[parameter], active=False)


def _source_of(target: Any) -> FunctionSource:
    own: FunctionSource = target.own_source() if hasattr(type(target), "own_source") else function_source(target)
    return own
