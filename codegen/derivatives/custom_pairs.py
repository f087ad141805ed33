"""Pairs for reverse mode from a rule of the user's for the tangent, which is linear in tangents: its transpose."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.diagnostics import unsupported
from s2s.codegen.drafts import PairDraft, parameter_list
from s2s.codegen.functions import custom_rules
from s2s.codegen.inference import kinds
from s2s.runtime.primitives import table

# Functions of a value that look at its shape or structure alone.
SHAPES = ("shape", "ndim", "size", "zeros_like", "zeros_like_tree", "result_type")


def write(writer: Any, program: Any, instance: Any) -> None:
    """`f_fwd`, `f_bwd` from the rule for the tangent, which is linear in tangents: its transpose is the adjoint."""
    source = custom_rules.pushed_source(instance.rule, instance)
    names, parameters = instance.pair(), [a.id for a in source.tree.args.args]
    own = parameters[: len(instance.arguments)]
    inactive = {p: kinds.with_activity(k, False) for p, k in zip(own, instance.arguments.values(), strict=True)}
    active = [p for p, k in zip(own, instance.arguments.values(), strict=True) if kinds.is_active(k)]
    dots = dict(zip(active, parameters[len(own) :], strict=True))
    of_dots = {d: k for d, k in zip(dots.values(), filter(kinds.is_active, instance.arguments.values()), strict=True)}
    pushed = program.instance(source, inactive | of_dots, ("pushed", id(instance.rule)))
    pushed.has_aux, pushed.loss_at = True, 1
    forward, result, backward, seed = writer.both_halves(pushed)
    helper = RuleWriter(pushed.function, None).support("zeros_like")
    zeros = [core.assign(d, core.call(helper, core.name(p))) for p, d in dots.items()]
    pushed.function.parameters = own
    forward[:0] = [core.from_statement(z, pushed.function.body[0]) for z in zeros]
    draft = LinearDraft(names.forward_name, pushed, forward, result.elts[0], backward, seed, names.backward_name)
    draft.arguments, draft.rule = parameter_list(own), instance.rule
    writer.drafts.append(draft)


class LinearDraft(PairDraft):
    """A pair whose forward half has zeros for what it is linear in: the backward half must not read these."""

    rule: Any = None

    def check_backward(self, backward: list[gast.AST]) -> None:
        active = {n for n, k in self.function.kinds.items() if kinds.is_active(k)}
        for statement in core.walk(backward):
            if active.intersection(_value_reads(self.function, core.header(statement))):
                raise self._not_linear()

    def _not_linear(self) -> Exception:
        source = custom_rules.source_of(self.rule.tangent)
        cause = f"{source.name}() is not linear in the tangents, so that it is no rule for a derivative"
        return unsupported(source, source.tree, cause, "multiply tangents by what depends on primals alone, and add")


def _value_reads(function: Any, node: Any) -> list[str]:
    if node is None:
        return []
    if isinstance(node, gast.Name):
        return [node.id]
    skipped: list[gast.AST] = []
    if isinstance(node, gast.Call):
        skipped = _shape_arguments(function, node)
    return [n for child in core.children(node) if child not in skipped for n in _value_reads(function, child)]


def _shape_arguments(function: Any, node: gast.Call) -> list[gast.AST]:
    dotted = core.dotted(node.func) or ""
    if dotted.split(".")[-1] in SHAPES:
        return list(node.args)
    primitive = table.lookup(function.references.get(dotted))
    if primitive is None:
        return []
    return [a for p, a in zip(primitive.parameters, node.args, strict=False) if p in primitive.shape_only]
