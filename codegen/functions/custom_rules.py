"""Functions with rules of their own: derivatives, or a batched form, that the user wrote.

A call of one is a call like any other to all passes; only where its adjoint, its tangent or its batched form is written
the user's rule is called. Rules are ordinary functions: in emitted text they are called by name, and so differentiated
and batched by their source when that text is.
"""

import weakref
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.core.names import Namer, names_in
from s2s.codegen.functions import function_values, inlining
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Kind
from s2s.codegen.inference.operations import Operation
from s2s.codegen.reading import static_rules
from s2s.codegen.reading.resolve import bound_names
from s2s.codegen.reading.source import FunctionSource, function_source
from s2s.runtime import support
from s2s.runtime.errors import S2SError


@dataclass(eq=False)
class Rule:
    """The rules of one function.

    Attributes:
        function: the function itself.
        forward, backward: `forward(*args) -> (out, saved)` and `backward(*constants, saved, out_bar) -> bars`, for
            reverse mode; None where another rule, or none, is given.
        tangent: `tangent(*constants, primals, tangents) -> (out, out_dot)`, for both modes.
        batch: `batch(size, is_batched, *args) -> (out, out_is_batched)`, for vmap.
        bare: whether the backward rule of a function of one argument returns no tuple, as emitted pairs do.
        constants: positions, or names, of the parameters that rules get as they are.
    """

    function: Any
    forward: Any = None
    backward: Any = None
    tangent: Any = None
    batch: Any = None
    constants: tuple[int | str, ...] = ()
    bare: bool = False
    pushed: dict[Any, FunctionSource] = field(default_factory=dict)

    def source(self) -> FunctionSource:
        return source_of(self.function)

    def constant(self, names: list[str]) -> list[str]:
        """The names of the parameters that have no derivative."""
        return [names[c] if isinstance(c, int) else c for c in self.constants]

    def name_of(self, which: str) -> str:
        """What emitted text calls one of the rules where the user has no name for it."""
        name = getattr(getattr(self, which), "__name__", "")
        base = getattr(self.function, "__name__", "") or getattr(self.function, "name", "")
        return name if name.isidentifier() else f"{base if base.isidentifier() else 'function'}_{which}"

    def names(self) -> list[str]:
        """The names of all rules: no emitted function is called so."""
        given = [w for w in ("forward", "backward", "tangent", "batch") if getattr(self, w) is not None]
        return list(map(self.name_of, given))

    @property
    def has_derivative(self) -> bool:
        return self.backward is not None or self.tangent is not None


def source_of(function: Any) -> FunctionSource:
    return function if isinstance(function, FunctionSource) else function_source(function)


def signature_of(function: Any) -> FunctionSource:
    """The source whose parameters a function takes, with rules or without."""
    rule = rule_of(function)
    return source_of(function) if rule is None else rule.source()


# Rules of plain functions: registered ones, and those of emitted batched functions.
REGISTERED: "weakref.WeakKeyDictionary[Any, Rule]" = weakref.WeakKeyDictionary()
# How often rules were given to functions that had others, or none, before: what was emitted then does not hold.
CHANGES = [0]
# Makes the rule of a batched function: of the rule, the batched function and, for each parameter, what is batched.
BATCHERS: list[Callable[[Rule, Any, dict[str, Kind]], Rule]] = []


def rule_of(target: Any) -> Rule | None:
    """The rules that a function was given, if any."""
    if isinstance(target, FunctionSource):
        return _static_rule(target)
    own = getattr(target, "custom_rule", None)
    if isinstance(own, Rule):
        return own
    try:
        return REGISTERED.get(target)
    except TypeError:  # not hashable, or not weakly referable
        return None


def _static_rule(source: FunctionSource) -> Rule | None:
    known: dict[Any, Any] = source.variants
    if source.module is not None and source.decorators and "rule" not in known:
        fields = static_rules.found(source)
        known["rule"] = None if fields is None else Rule(**fields)
    rule: Rule | None = known.get("rule")
    return rule


def register_batched(function: Any, rule: Rule, arguments: dict[str, Kind]) -> None:
    """Gives a batched function the batched rules of what it is the batched form of."""
    for make in BATCHERS:
        REGISTERED[function] = make(rule, function, arguments)


def calling_source(function: Any, rule: Rule) -> FunctionSource:
    """The source of a function that does nothing but call this one, so that its rules are found."""
    source = rule.source()
    tree = core.copied(source.tree)
    arguments = tree.args
    passed: list[gast.AST] = [core.name(a.id) for a in [*arguments.posonlyargs, *arguments.args]]
    passed += [gast.Starred(core.name(a.id), gast.Load()) for a in (arguments.vararg,) if a is not None]
    keywords = [gast.keyword(a.id, core.name(a.id)) for a in arguments.kwonlyargs]
    result = gast.Return(core.call_of(core.name(source.name), passed, keywords))
    tree.body = [core.located(result, tree)]
    closure = _with_names(source, {source.name: function})
    return replace(source, tree=tree, closure=closure, function=None, lifted=None, variants={}, known={})


def _with_names(source: FunctionSource, names: dict[str, Any]) -> Mapping[str, Any]:
    """The function's free variables, and before them names of ours; only read."""
    maps: list[Any] = [names, source.closure]
    return ChainMap(*maps)


# Inference -------------------------------------------------------------------------------------------------------


def call(inference: Any, statement: gast.AST, node: gast.Call, rule: Rule) -> Kind:
    """The kind of a call of a function with rules; its operation is a call of an instance that knows them."""
    found = inference.program.bound(rule.source(), node)
    if isinstance(found, str):
        inference.refuse(node, found, "pass each argument by position or by name")
        return kinds.Unknown()
    source, bound = found
    names = [a.id for a in [*source.tree.args.args, *source.tree.args.kwonlyargs]]
    arguments = {p: inference.kind(bound[p]) for p in names if p in bound}
    concerned = rule.batch is not None or rule.has_derivative if inference.batches else rule.has_derivative
    if not concerned or not any(map(kinds.is_active, arguments.values())):
        kind: Kind = inference.program.call(inference, statement, node, source)
        return kind
    inference.program.namer.reserve(*rule.names())
    statement.user_call = statement.__dict__.get("user_call", node)
    nodes = {p: bound[p] if p in bound else _default(inference, source, p) for p in names}
    arguments = {p: inference.kind(n) for p, n in nodes.items()}
    if _is_refused(inference, node, rule, source, arguments):
        return kinds.Unknown()
    statement.value = gast.copy_location(core.call_of(node.func, list(nodes.values()), []), node)
    instance = _instance(inference, node, rule, source, arguments)
    statement.operation = Operation("call", binding=nodes, callee=instance)
    result: Kind = instance.result
    return result


def _default(inference: Any, source: FunctionSource, parameter: str) -> gast.AST:
    return inlining.value_node(inference, source.defaults[parameter], f"{source.name}_{parameter}")


def _is_refused(inference: Any, node: gast.AST, rule: Rule, source: FunctionSource, arguments: dict[str, Kind]) -> bool:
    constant = rule.constant(list(arguments))
    for parameter, kind in arguments.items():
        if inference.batches:
            continue
        if parameter in constant and kinds.is_active(kind):
            cause = f"the argument {parameter!r} of {source.name}(), which its rules take as a constant, depends on a "
            inference.refuse(node, cause + "differentiated value", "pass what depends on it as an argument of its own")
            return True
        if parameter not in constant and function_values.holds_function(kind):
            cause = f"the argument {parameter!r} of {source.name}(), which has rules of its own, is a function"
            inference.refuse(node, cause, f"name it in nondiff_argnums: nondiff_argnums=({parameter!r},)")
            return True
    return False


def _instance(inference: Any, node: gast.AST, rule: Rule, source: FunctionSource, arguments: dict[str, Kind]) -> Any:
    """An instance of the function that knows its rules."""
    program = inference.program
    key = ("rule", id(rule))
    found = program.instances.get((key, tuple(arguments.items()), ()))
    if found is None:
        plain = _plain(program, rule, source, arguments, inference.batches)
        if plain.writes:
            inference.refuse(node, f"{source.name}() has rules, and writes into its arguments", "return new arrays")
        found = program.with_rule(plain, rule, arguments, key)
    return found


def _plain(program: Any, rule: Rule, source: FunctionSource, arguments: dict[str, Kind], batches: bool) -> Any:
    """The function without its rules, differentiated as it is, or as far as that has a derivative."""
    constant = {p: kinds.with_activity(k, False) for p, k in arguments.items()}
    if batches:
        return program.instance(source, constant if rule.batch is not None else arguments, ("plain", id(rule)))
    try:
        return program.instance(source, arguments, ("plain", id(rule)))
    except S2SError:  # it may well have no derivative of its own
        return program.instance(source, constant, ("plain", id(rule)))


# Rules for both modes --------------------------------------------------------------------------------------------


def pushed_source(rule: Rule, instance: Any) -> FunctionSource:
    """The tangent's rule as `f(x, y, x_dot) -> (out, out_dot)`, for the arguments that have tangents."""
    active = tuple(instance.active_parameters)
    if active not in rule.pushed:
        rule.pushed[active] = _pushed(rule, instance)
    return rule.pushed[active]


def _pushed(rule: Rule, instance: Any) -> FunctionSource:
    """The rule itself, with parameters of its own for all that the tuples of its own ones hold."""
    source = source_of(rule.tangent)
    tree = core.copied(source.tree)
    names = list(instance.arguments)
    constant = rule.constant(names)
    dots = dot_names(instance, source)
    given = dict(zip(names, _fresh_names(source, names), strict=True))
    primals = [given[n] for n in names if n not in constant]
    zeros = core.call("zeros_like")
    tangents = [
        core.name(dots[n]) if n in dots else core.call_of(zeros.func, [core.name(given[n])], [])
        for n in names
        if n not in constant
    ]
    own = [a.id for a in [*tree.args.posonlyargs, *tree.args.args]]
    values = [*[core.name(given[c]) for c in constant], core.tuple_of(map(core.name, primals)), core.tuple_of(tangents)]
    opening = [core.located(core.assign(p, v), tree) for p, v in zip(own, values, strict=True)]
    parameters = [gast.Name(n, gast.Param(), None, None) for n in [*given.values(), *dots.values()]]
    tree.args = gast.arguments(parameters, [], None, [], [], None, [])
    tree.body = [*opening, *tree.body]
    closure = _with_names(source, {"zeros_like": support.zeros_like})
    changed = {"tree": tree, "name": instance.function.name, "closure": closure, "defaults": {}}
    return replace(source, **changed, function=None, lifted=None, variants={}, known={})


def _fresh_names(source: FunctionSource, names: list[str]) -> list[str]:
    """The names where the rule has them for variables or not at all, others where it reads globals by them."""
    namer = Namer(names_in(source.tree) - bound_names(source.tree))
    return [namer.fresh(n) for n in names]


def dot_names(instance: Any, source: FunctionSource) -> dict[str, str]:
    """Parameter to the name of its tangent."""
    namer = Namer({*instance.arguments, *names_in(source.tree)})
    return {p: namer.fresh(f"{p}_dot") for p in instance.active_parameters}
