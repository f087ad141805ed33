"""Where the adjoint or the tangent of a call is written, and the function called has rules of its own."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.diagnostics import unsupported
from s2s.codegen.functions import custom_rules, function_values
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Kind, Numeric, TupleOf

# Reverse mode ----------------------------------------------------------------------------------------------------


def adjoint(reverse: Any, statement: gast.AST, instance: Any, out: gast.AST, bar: gast.AST) -> None:
    """`v, saved = f_fwd(a, …)` in the forward sweep, `bars = f_bwd(constants, saved, v_bar)` in the backward one."""
    rule, binding = instance.rule, statement.operation.binding
    constant = rule.constant(list(instance.arguments))
    saved = reverse.function.fresh("saved")
    reverse.function.saved_by[saved] = instance.function.name
    forward, backward = _names(reverse, instance, constant)
    statement.forward_call = (forward, saved)
    if core.is_literal(bar) and isinstance(instance.result, Numeric):
        bar = core.call(reverse.writer.numpy("full_like"), out, bar)
    bar = reverse.writer.named(bar, f"{instance.function.name}_bar")
    bars = core.call(core.name(backward), *[binding[p] for p in constant], core.name(saved), bar)
    given = [p for p in instance.arguments if p not in constant]
    names = [reverse.function.fresh(f"{p}_bar") for p in given]
    like = reverse.writer.like
    is_bare = rule.bare and len(names) == 1
    reverse._emit(core.assign(names[0], bars, like) if is_bare else core.unpack(names, bars, like))
    for parameter, name in zip(given, names, strict=True):
        if kinds.is_active(instance.arguments[parameter]):
            like = core.call(reverse.writer.support("as_cotangent"), core.name(name), binding[parameter])
            reverse.contribute(binding[parameter], reverse.writer.named(like, f"{parameter}_bar"))


def _names(reverse: Any, instance: Any, constant: list[str]) -> tuple[str, str]:
    """How the emitted file calls the two halves: by the user's names, or as functions of the file.

    The latter where functions that capture values are passed to them: only the file knows what these are.
    """
    rule = instance.rule
    if not any(map(function_values.holds_function, instance.arguments.values())):
        alias = reverse.writer.alias
        return alias(rule.forward, rule.name_of("forward")), alias(rule.backward, rule.name_of("backward"))
    arguments = [kinds.with_activity(k, False) for k in instance.arguments.values()]
    forward = plain(instance.program, rule.forward, arguments)
    result, saved = kinds.parts(forward.result) if len(kinds.parts(forward.result)) == 2 else (kinds.Unknown(),) * 2
    constants = [kinds.with_activity(instance.arguments[p], False) for p in constant]
    backward = plain(instance.program, rule.backward, [*constants, saved, kinds.with_activity(result, False)])
    return forward.plain_name(), backward.plain_name()


def edited(reverse: Any, statement: gast.AST, out: gast.AST, bar: gast.AST) -> gast.AST:
    """The adjoint that a copy hands on: `h_bar = edited(h_bar, …)` where the user edits it (see `edited_adjoints`)."""
    edit = getattr(statement, "edit", None)
    if edit is None:
        return bar
    if core.is_literal(bar):
        bar = core.call(reverse.writer.numpy("full_like"), out, bar)
    parameter = edit.source.tree.args.args[0].id
    bar = reverse.writer.named(bar, parameter)
    arguments = [kinds.with_activity(reverse.kind(n) or kinds.Unknown(), False) for n in (out, *edit.known)]
    name = plain(edit.program, edit.source, arguments).plain_name()
    changed = reverse.writer.named(core.call(core.name(name), bar, *edit.known), parameter)
    return core.call(reverse.writer.support("as_cotangent"), changed, bar)


def plain(program: Any, function: Any, arguments: list[Kind]) -> Any:
    """An instance of a rule for arguments without derivatives, by position."""
    source = custom_rules.source_of(function)
    names = [a.id for a in [*source.tree.args.posonlyargs, *source.tree.args.args]]
    return program.instance(source, dict(zip(names, arguments, strict=True)))


# Forward mode ----------------------------------------------------------------------------------------------------


def tangent(forward: Any, statement: gast.AST, instance: Any) -> gast.AST:
    """`f_jvp(constants, (a, …), (a_dot, …))`, which gives the value and its tangent."""
    rule, binding = instance.rule, statement.operation.binding
    if rule.tangent is None:
        raise _without_tangent(forward, statement, instance)
    constant = rule.constant(list(instance.arguments))
    primals = [p for p in instance.arguments if p not in constant]
    values = core.tuple_of(binding[p] for p in primals)
    dots = core.tuple_of(forward.dot(binding[p]) for p in primals)
    return core.call(
        core.name(_tangent_name(forward, instance, constant, primals)), *[binding[p] for p in constant], values, dots
    )


def _tangent_name(forward: Any, instance: Any, constant: list[str], primals: list[str]) -> str:
    rule = instance.rule
    if not any(map(function_values.holds_function, instance.arguments.values())):
        name: str = forward.writer.alias(rule.tangent, rule.name_of("tangent"))
        return name
    inactive = {p: kinds.with_activity(k, False) for p, k in instance.arguments.items()}
    both = TupleOf(tuple(inactive[p] for p in primals))
    return plain(instance.program, rule.tangent, [*[inactive[p] for p in constant], both, both]).plain_name()


def _without_tangent(forward: Any, statement: gast.AST, instance: Any) -> Exception:
    name = instance.function.name
    cause = f"{name}() has a rule for reverse mode alone (custom_vjp), and this is forward mode"
    node = getattr(statement, "user_call", statement.value)
    rewrite = f"give {name}() a custom_jvp, which both modes take, or use grad or vjp"
    return unsupported(forward.function.source, node, cause, rewrite)
