"""From Core to what people read: single-use temporaries nested, versions merged under one name, comments set.

Everything here keeps the order of effects and the values computed; it only decides how they are written down.
"""

from typing import Any

import gast

from s2s.codegen.batching import quiet
from s2s.codegen.core import core
from s2s.codegen.inference import unset_reads
from s2s.codegen.raising import coalescing, comments, in_place, leaving, loop_targets, nesting, reuse


def run(function: core.Function, body: list[gast.AST], parameters: list[str]) -> list[gast.AST]:
    """The body as it is printed."""
    unset_reads.drop_implied(function, body)
    is_straight = core.is_straight(body)
    if not is_straight:
        nesting.repeat_tests(body)
        reuse.run(function, body, parameters)
    in_place.mark(function, body, parameters)
    nested = nesting.run(function, body)
    if not is_straight:
        loop_targets.run(body, nested)
    body = in_place.write(coalescing.run(function, body, parameters, nested))
    body = body if is_straight else leaving.run(body)
    return comments.insert(function, quiet.insert(function, body))


__all__: list[Any] = ["run"]
