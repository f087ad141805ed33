"""custom_vjp, custom_jvp, custom_vmap, register_vjp: rules of the user's for derivatives and batched forms."""

import functools
import types
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from s2s.batching import vmap
from s2s.codegen.functions import custom_rules
from s2s.codegen.functions.custom_rules import Rule
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Kind
from s2s.codegen.reading import static_rules
from s2s.codegen.reading.source import function_from_string
from s2s.runtime import support
from s2s.transformed import Transformed, run


class _WithRule:
    """A function with a rule of its own; called, it is the function itself."""

    what = "rule"

    def __init__(self, fun: Callable[..., Any], nondiff_argnums: Sequence[int] = (), nondiff_argnames: Any = ()):
        me: Any = self
        functools.update_wrapper(me, fun, updated=())
        fun = _calling(fun) if isinstance(fun, Transformed) else fun
        self.fun = fun
        names = (nondiff_argnames,) if isinstance(nondiff_argnames, str) else tuple(nondiff_argnames)
        self._rule = Rule(fun, constants=(*nondiff_argnums, *names))

    @property
    def custom_rule(self) -> Rule:
        """The rules, which must have been given when a transformation asks for them."""
        if not self._rule.has_derivative and self._rule.batch is None:
            name = getattr(self.fun, "__name__", repr(self.fun))
            raise TypeError(f"{name}() is a {type(self).__name__}, but its rule was never given: {name}.{self.what}")
        return self._rule

    def _note_change(self) -> None:
        """What was emitted with an earlier rule is written anew."""
        custom_rules.CHANGES[0] += self._rule.has_derivative or self._rule.batch is not None
        self._rule.pushed.clear()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return run(self.fun, *args, **kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<s2s.{type(self).__name__} {getattr(self.fun, '__qualname__', self.fun)}>"


def _calling(transformed: Transformed) -> Callable[..., Any]:
    """A plain function that calls one that is written for its arguments, such as `vmap(f)`."""
    source = transformed.signature()
    arguments = source.tree.args
    given = [a.id for a in (*arguments.posonlyargs, *arguments.args) if a.id not in source.defaults]
    name = source.name if source.name.isidentifier() and source.name not in given else "called"
    text = f"def {name}({', '.join(given)}):\n    return transformed({', '.join(given)})"
    made: Callable[..., Any] = function_from_string(text, {"transformed": transformed})
    return made


class custom_vjp(_WithRule):  # noqa: N801 - the peer's name
    """A function with a reverse-mode rule of its own. Usable as a decorator.

    Args:
        fun: the function.
        nondiff_argnums, nondiff_argnames: parameters that the rules take as they are: functions, options.

    Forward mode refuses it; see `custom_jvp` for a rule for both modes.
    """

    what = "defvjp(fwd, bwd)"

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Gives the rule.

        Args:
            fwd: takes the arguments of the function and returns its result and what `bwd` needs.
            bwd: takes the `nondiff_argnums` arguments, what `fwd` saved and the cotangent of the result; returns a
                tuple of the cotangents of the other arguments, None for zeros.
        """
        self._note_change()
        self._rule.forward, self._rule.backward = fwd, bwd


class custom_jvp(_WithRule):  # noqa: N801
    """A function with a rule of its own for its tangent, from which both modes derive. Usable as a decorator.

    Args:
        fun: the function.
        nondiff_argnums, nondiff_argnames: parameters that the rule takes as they are.
    """

    what = "defjvp(jvp)"

    def defjvp(self, jvp: Callable[..., Any]) -> Callable[..., Any]:
        """Gives the rule: `jvp(*nondiff, primals, tangents)` returns the value and its tangent, linear in tangents."""
        self._note_change()
        self._rule.tangent = jvp
        return jvp

    def defjvps(self, *jvps: Callable[..., Any] | None) -> None:
        """Gives a rule for each argument: `jvps[i](tangent, ans, *primals)`, None where the derivative is zero."""
        self._note_change()
        self._rule.tangent = _sum_of(self.fun, jvps)


def _sum_of(fun: Callable[..., Any], jvps: Sequence[Callable[..., Any] | None]) -> Callable[..., Any]:
    """The rule for all tangents together."""
    names = {f"jvp_{i}": jvp for i, jvp in enumerate(jvps) if jvp is not None}
    terms = [f"jvp_{i}(tangents[{i}], out, *primals)" for i, jvp in enumerate(jvps) if jvp is not None]
    text = f"""
        def jvp(primals, tangents):
            out = fun(*primals)
            return out, {" + ".join(terms) or "zeros_like(out)"}
    """
    made: Callable[..., Any] = function_from_string(text, {"fun": fun, "zeros_like": support.zeros_like, **names})
    return made


class custom_vmap(_WithRule):  # noqa: N801
    """A function with a batched form of its own. Usable as a decorator."""

    what = "def_vmap(rule)"

    def def_vmap(self, vmap_rule: Callable[..., Any]) -> Callable[..., Any]:
        """Gives the rule: `rule(axis_size, in_batched, *args)` returns the results and which of them are batched.

        `in_batched` has, for each argument, True, False or a container of these; batched arrays have the batch axis
        first.
        """
        self._note_change()
        self._rule.batch = vmap_rule
        return vmap_rule


def register_vjp(f: Callable[..., Any], fwd: Callable[..., Any], bwd: Callable[..., Any]) -> Callable[..., Any]:
    """Makes `fwd` and `bwd`, such as an emitted pair edited by hand, the reverse-mode rule of the function `f`.

    Args:
        f: a Python function. All gradients taken from now on use the rule.
        fwd: takes the arguments of `f` and returns its result and what `bwd` needs.
        bwd: takes what `fwd` saved and the cotangent of the result; returns the cotangents of the arguments: a tuple,
            or for one argument the cotangent itself, as emitted pairs do.
    """
    custom_rules.CHANGES[0] += 1
    custom_rules.REGISTERED[f] = Rule(f, forward=fwd, backward=bwd, bare=True)
    return f


# Batches ---------------------------------------------------------------------------------------------------------


def _batched_rule(rule: Rule, function: Any, arguments: dict[str, Kind]) -> Rule:
    """The rule of a batched function: the batched rule. Results and what is saved have a batch axis everywhere."""
    if rule.tangent is not None:
        return Rule(function, tangent=_batched_tangent(rule, arguments), constants=rule.constants)
    forward = vmap(rule.forward, in_axes=tuple(map(_axes, arguments.values())))
    return replace(rule, function=function, forward=forward, backward=_batched_backward(rule, arguments))


def _axes(kind: Kind) -> Any:
    if not kinds.is_active(kind):
        return None
    if kinds.with_activity(kind, True) == kind:
        return 0
    if isinstance(kind, kinds.DictOf):
        return {k: _axes(part) for k, part in kind.items}
    return tuple(_axes(part) for part in kinds.parts(kind))


def _batched_backward(rule: Rule, arguments: dict[str, Kind]) -> Callable[..., Any]:
    """All rows' cotangents; those of an argument that the rows share are summed."""
    names = list(arguments)
    constant = rule.constant(names)
    batched = vmap(rule.backward, in_axes=(*[_axes(arguments[p]) for p in constant], 0, 0))
    bars = [f"{p}_bar" for p in names if p not in constant]
    patterns = {f"{p}_is_batched": _pattern(arguments[p]) for p in names if p not in constant}
    summed = [f"sum_tree({b}, {w}, 0)" for b, w in zip(bars, patterns, strict=True)]
    given = ", ".join([*constant, "saved", "out_bar"])
    comma = "" if rule.bare else ","
    text = f"""
        def backward({given}):
            {", ".join(bars)}{comma} = batched({given})
            return {", ".join(summed)}{comma}
    """
    names_read = {"batched": batched, "sum_tree": support.sum_tree, **patterns}
    made: Callable[..., Any] = function_from_string(text, names_read)
    return made


def _pattern(kind: Kind) -> Any:
    axes = _axes(kind)
    return {0: True, None: False}[axes] if axes in (0, None) else _flags(axes)


def _flags(axes: Any) -> Any:
    if isinstance(axes, dict):
        return tuple((k, _flags(a)) for k, a in axes.items())
    return tuple(map(_flags, axes)) if isinstance(axes, tuple) else axes == 0


def _batched_tangent(rule: Rule, arguments: dict[str, Kind]) -> Callable[..., Any]:
    """All rows' values and tangents."""
    names = list(arguments)
    constant = rule.constant(names)
    primals = [p for p in names if p not in constant]
    dots = [f"{p}_dot" for p in primals]
    flat = ", ".join([*constant, *primals, *dots])
    both = f"({', '.join(primals)},), ({', '.join(dots)},)"
    row = function_from_string(
        f"def row({flat}):\n    return rule({', '.join([*constant, both])})", {"rule": rule.tangent}
    )
    axes = [_axes(arguments[p]) for p in [*constant, *primals, *primals]]
    text = f"""
        def tangent({", ".join([*constant, "primals", "tangents"])}):
            {", ".join(primals)}, = primals
            {", ".join(dots)}, = tangents
            return rows({flat})
    """
    made: Callable[..., Any] = function_from_string(text, {"rows": vmap(row, in_axes=tuple(axes))})
    return made


custom_rules.BATCHERS.append(_batched_rule)
static_rules.DECORATORS[custom_vjp] = {"defvjp": ("forward", "backward")}
static_rules.DECORATORS[custom_jvp] = {"defjvp": ("tangent",)}
static_rules.DECORATORS[custom_vmap] = {"def_vmap": ("batch",)}
