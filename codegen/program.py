"""The functions of one emitted file: inferred instances of user functions, their pairs, and the header they need."""

import copy
import types
from dataclasses import dataclass, field
from typing import Any

import gast

from s2s.codegen import core, kinds, verify
from s2s.codegen.desugar import Desugarer
from s2s.codegen.diagnostics import Diagnostics
from s2s.codegen.infer import UNRESOLVED, Inference
from s2s.codegen.kinds import Kind, Unknown
from s2s.codegen.names import Namer, names_in
from s2s.codegen.operations import Operation
from s2s.codegen.source import FunctionSource, SourceError, function_source


# Their functions are differentiated by rules, never through their own source.
LIBRARIES = ("numpy", "scipy", "math", "jaxlib", "builtins")


@dataclass
class Pair:
    """Names of the two emitted functions of a split reversal."""

    forward_name: str
    backward_name: str


@dataclass
class Instance:
    """A user function, inferred for given kinds of its arguments."""

    program: "Program"
    function: core.Function
    arguments: dict[str, Kind]
    result: Kind
    has_aux: bool = False
    _pair: Pair | None = None
    _tangent: str | None = None

    @property
    def active_parameters(self) -> list[str]:
        return [p for p, k in self.arguments.items() if kinds.is_active(k)]

    def pair(self) -> Pair:
        """The names of its pair; the pair is written when first asked for."""
        if self._pair is None:
            namer = self.program.namer
            name = self.function.name
            self._pair = Pair(namer.fresh(f"{name}_fwd"), namer.fresh(f"{name}_bwd"))
            self.program.write_pair(self)
        return self._pair

    def tangent_name(self) -> str:
        if self._tangent is None:
            self._tangent = self.program.namer.fresh(f"{self.function.name}_jvp")
            self.program.write_tangent(self)
        return self._tangent


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
    namer: Namer = field(default_factory=Namer)
    instances: dict[Any, Instance] = field(default_factory=dict)
    emitted: list[Emitted] = field(default_factory=list)
    building: list[Any] = field(default_factory=list)

    def instance(self, source: FunctionSource, arguments: dict[str, Kind], key: Any = None) -> Instance:
        """The function inferred for these kinds of arguments; UnsupportedError lists all that it holds too much."""
        full_key = (key if key is not None else id(source), tuple(arguments.items()))
        if full_key in self.instances:
            return self.instances[full_key]
        diagnostics = Diagnostics(source)
        function = build(source, diagnostics)
        diagnostics.raise_if_any()
        self.namer.reserve(*names_in(source.tree))
        self.building.append(full_key)
        result = Inference(function, self, diagnostics).run(arguments)
        self.building.pop()
        diagnostics.raise_if_any()
        self.instances[full_key] = Instance(self, function, arguments, result)
        return self.instances[full_key]

    def call(self, inference: Inference, statement: gast.AST, node: gast.AST, target: Any) -> Kind:
        """The kind of a call of a user function on active arguments; the statement becomes a call of its pair."""
        source = self._source_of(inference, node, target)
        if source is None:
            return Unknown()
        bound = bind_call(source, node)
        if isinstance(bound, str):
            inference.refuse(node, bound, "pass each argument by position or by name")
            return Unknown()
        arguments = {p: inference.kind(n) for p, n in bound.items()}
        arguments = {p: arguments[p] if p in arguments else self._default_kind(source, p) for p in parameters(source)}
        if any(key[0] == id(target) for key in self.building):
            inference.refuse(node, "recursion is not supported yet", "write a loop")
            return Unknown()
        instance = self.instance(source, arguments, id(target))
        statement.operation = Operation("call", binding=bound, callee=instance)
        return instance.result

    def _source_of(self, inference: Inference, node: gast.AST, target: Any) -> FunctionSource | None:
        name = core.dotted(node.func) or "this function"
        if isinstance(target, FunctionSource):
            return target
        if getattr(target, "__module__", None) and target.__module__.split(".")[0] in LIBRARIES:
            inference.refuse(node, f"{name} has no derivative rule", "write it with functions that have one")
            return None
        if not isinstance(target, types.FunctionType | types.MethodType) and not hasattr(target, "__wrapped__"):
            what = f"{name} is compiled code without a derivative rule" if callable(target) else f"{name} is no function"
            inference.refuse(node, what, "use functions that have a rule (see the README's table), or write it in NumPy")
            return None
        try:
            source = function_source(target)
        except SourceError as error:
            inference.refuse(node, f"{name}: {error}", "define the function in a file")
            return None
        if source.closure:
            inference.refuse(node, f"{name} is a closure, which is not supported yet", "pass its values as arguments")
            return None
        return source

    def _default_kind(self, source: FunctionSource, parameter: str) -> Kind:
        return kinds.of_value(source.defaults[parameter], active=False)

    def write_pair(self, instance: Instance) -> None:
        self.writer.write_pair(self, instance)

    def write_tangent(self, instance: Instance) -> None:
        self.writer.write_tangent(self, instance)


def parameters(source: FunctionSource) -> list[str]:
    arguments = source.tree.args
    return [a.id for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]


def bind_call(source: FunctionSource, node: gast.AST) -> dict[str, gast.AST] | str:
    """Parameter to argument node; the reason as text if the call does not fit."""
    arguments = source.tree.args
    if any(isinstance(a, gast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
        return "starred arguments are not supported yet"
    if arguments.vararg or arguments.kwarg:
        return f"{source.name}() takes * or ** arguments, which is not supported yet"
    positional = [a.id for a in [*arguments.posonlyargs, *arguments.args]]
    if len(node.args) > len(positional):
        return f"{source.name}() takes {len(positional)} arguments, {len(node.args)} were given"
    bound = dict(zip(positional, node.args, strict=False))
    for keyword in node.keywords:
        if keyword.arg not in parameters(source) or keyword.arg in bound:
            return f"{source.name}() got an unexpected argument {keyword.arg!r}"
        bound[keyword.arg] = keyword.value
    missing = [p for p in parameters(source) if p not in bound and p not in source.defaults]
    return f"{source.name}() is missing the argument {missing[0]!r}" if missing else bound


def build(source: FunctionSource, diagnostics: Diagnostics) -> core.Function:
    """The function in Core, not yet inferred."""
    tree = source.tree
    if isinstance(tree, gast.AsyncFunctionDef):
        diagnostics.report(tree, "async functions have no derivative", "write a plain function")
        diagnostics.raise_if_any()
    _refuse_generators(tree, diagnostics)
    names = parameters(source)
    extra = [a for a in (tree.args.vararg, tree.args.kwarg) if a is not None]
    for argument in extra:
        diagnostics.report(argument, "* and ** parameters are not supported yet", "name each parameter")
    function = core.Function(
        source.name, names, [], {}, {p: p for p in names}, Namer(names_in(tree) | {source.name}), source
    )
    function.defaults = default_nodes(source, function)
    Desugarer(function, tree, diagnostics, source.filename).run()
    if not diagnostics:
        verify.check(function, "desugaring")
    return function


def bind_values(
    names: list[str], defaults: dict[str, Any], args: list[Any], keywords: dict[str, Any]
) -> dict[str, Any]:
    """Parameter to value in a call."""
    return {**{n: v for n, v in defaults.items() if n in names}, **dict(zip(names, args, strict=False)), **keywords}


def default_nodes(source: FunctionSource, function: core.Function) -> dict[str, gast.AST]:
    """Parameter to the node of its default; what the defaults read becomes a reference."""
    arguments = source.tree.args
    positional = [*arguments.posonlyargs, *arguments.args]
    nodes = dict(zip([a.id for a in positional[len(positional) - len(arguments.defaults) :]], arguments.defaults))
    nodes |= {a.id: d for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults) if d is not None}
    for node in nodes.values():
        for name in core.free_reads(node):
            function.references.setdefault(name, None)
    return nodes


def _refuse_generators(tree: gast.AST, diagnostics: Diagnostics) -> None:
    for node in gast.walk(tree):
        if isinstance(node, gast.Yield | gast.YieldFrom):
            diagnostics.report(node, "yield makes this a generator, which has no derivative", "return a list or an array")


def signature(source: FunctionSource) -> gast.AST:
    """The user's parameters and defaults, without annotations."""
    arguments = copy.deepcopy(source.tree.args)
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        argument.annotation = None
    return arguments


__all__ = ["UNRESOLVED", "Emitted", "Instance", "Program", "bind_call", "build", "parameters", "signature"]
