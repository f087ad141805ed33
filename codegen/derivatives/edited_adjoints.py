"""A variable whose cotangent the user edits: a copy that knows the function that the user's block is written as."""

from dataclasses import dataclass
from typing import Any

import gast

from s2s.codegen.functions import expansions
from s2s.codegen.inference.kinds import FunctionOf
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


RULES: dict[Any, expansions.Rule] = {gradient_edits.edit_gradient: _rule}
