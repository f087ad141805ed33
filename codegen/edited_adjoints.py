"""The adjoint of a variable whose cotangent the user edits: a call of the user's block, written as a function."""

from dataclasses import dataclass
from typing import Any

import gast

from s2s.codegen import core, custom_derivatives, expansions, kinds
from s2s.codegen.kinds import FunctionOf
from s2s.runtime import gradient_edits


@dataclass
class Edit:
    """What happens to the cotangent of a copy.

    Attributes:
        program: the file that is written.
        source: the function of the cotangent, and of what is known where the copy is made.
        known: those values.
    """

    program: Any
    source: Any
    known: list[gast.AST]


def _rule(inference: Any, node: gast.AST, target: Any) -> gast.AST:
    """`edit_gradient(x, edited, a, b)` is `x`; reverse mode finds the rest at the statement."""
    x, edited, *known = node.args
    function = inference.kind(edited)
    assert isinstance(function, FunctionOf)
    inference.current.edit = Edit(inference.program, function.definition.source, known)
    return x


expansions.RULES[gradient_edits.edit_gradient] = _rule


def edited(reverse: Any, statement: gast.AST, out: gast.AST, bar: gast.AST) -> gast.AST:
    """The adjoint that a copy hands on."""
    edit = getattr(statement, "edit", None)
    if edit is None:
        return bar
    if core.is_literal(bar):
        bar = core.call(reverse.writer.numpy("full_like"), out, bar)
    parameter = edit.source.tree.args.args[0].id
    bar = reverse.writer.named(bar, parameter)
    arguments = [kinds.with_activity(reverse.kind(n) or kinds.Unknown(), False) for n in (out, *edit.known)]
    name = custom_derivatives.plain(edit.program, edit.source, arguments).plain_name()
    changed = reverse.writer.named(core.call(core.name(name), bar, *edit.known), parameter)
    return core.call(reverse.writer.support("as_cotangent"), changed, bar)
