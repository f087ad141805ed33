"""Hints on loops in emitted text: the loops of a derivative have those of the loops that they came from."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.desugaring.loop_hints import LOOPS
from s2s.runtime.loop_hints import loop


def write(function: core.Function, body: list[Any]) -> None:
    """Writes the hints of all loops into their headers."""
    for statement in () if core.is_straight(body) else core.walk(body):
        hints = getattr(statement, "hints", None) if isinstance(statement, LOOPS) else None
        if not hints:
            continue
        name = RuleWriter(function, None).alias(loop, "loop")
        field = "iter" if isinstance(statement, gast.For) else "test"
        keywords = [gast.keyword(k, core.copied(v)) for k, v in hints.items()]
        setattr(statement, field, gast.Call(core.name(name), [getattr(statement, field)], keywords))
