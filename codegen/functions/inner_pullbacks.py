"""`out, back = vjp(f, x)` inside of the function that is transformed: `back` is a closure over what `f_fwd` saved."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring.lifting import Definition
from s2s.codegen.functions import function_values, nested
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Kind
from s2s.codegen.reading.guards import CalleeGuard
from s2s.codegen.reading.source import source_from_string


def pulled_back(
    inference: Any, statement: gast.AST, node: gast.Call, function: Any, arguments: dict[str, gast.AST], own: list[str]
) -> Kind:
    """The kind of `(out, back)`.

    Args:
        function: what is differentiated, with captured values among its parameters.
        arguments: parameter to argument.
        own: the parameters that cotangents are asked for.
    """
    has_aux = any(k.arg == "has_aux" and core.is_literal(k.value) and core.literal(k.value) for k in node.keywords)
    pullback = nested.PULLED[inference.global_object(node.func)](function, has_aux)
    given = {p: kinds.with_activity(inference.kind(n), p in own) for p, n in arguments.items()}
    result = pullback.result_for(given, None)
    inference.program.guards[(id(pullback), id(result))] = CalleeGuard(lambda: pullback.result_for(given, None), result)
    statement.user_call = statement.__dict__.get("user_call", node)
    forward = core.name(function_values.reference(inference, result.function, result.entry))
    both = inference.computed("results", core.call_of(forward, list(arguments.values()), []))
    out, saved = (inference.computed(n, core.subscript(both, core.constant(i))) for i, n in enumerate(("out", "saved")))
    back = core.assign(inference.function.fresh("back"), core.tuple_of([saved]))
    back.closure = _back(result, len(own))
    inference.insert(back)
    parts = [out, core.name(core.targets(back)[0])]
    if has_aux:
        out, aux = (core.subscript(out, core.constant(i)) for i in (0, 1))
        parts = [inference.computed("out", out), parts[1], inference.computed("aux", aux)]
    statement.value = gast.copy_location(core.tuple_of(parts), node)
    kind: Kind = inference.meaning(statement)
    return kind


def _back(result: Any, count: int) -> Definition:
    """The function that takes the cotangent of the result, and captures what was saved."""
    if result.pulled is None:
        bars = f"{result.backward}(saved, out_bar)"
        text = f"def back(out_bar, saved):\n    return {bars if count > 1 else f'({bars},)'}\n"
        source = source_from_string(text, {result.backward: result.namespace[result.backward]})
        source.qualname = "vjp.<locals>.back"
        result.pulled = Definition(source, ("saved",))
    pulled: Definition = result.pulled
    return pulled
