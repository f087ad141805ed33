"""What a call saves for its backward half: from its forward half, or computed again on the way back (`checkpoint`)."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.functions import nested
from s2s.codegen.inference import effects
from s2s.codegen.inference.kinds import FunctionOf, Numeric, Static
from s2s.runtime.checkpointing import Checkpointed, checkpoint
from s2s.runtime.jit import Jit

nested.MAKERS.add(checkpoint)


def unwrapped(target: Any) -> tuple[Any, bool]:
    """The function that a compiled or checkpointed one runs, and whether it is checkpointed."""
    is_checkpointed = False
    while isinstance(target, Jit | Checkpointed):
        is_checkpointed |= isinstance(target, Checkpointed)
        target = target.__wrapped__
    return target, is_checkpointed


def mark(inference: Any, statement: gast.AST, node: gast.AST) -> None:
    """Makes a call one that is computed again; what it writes would be written twice."""
    operation = statement.operation
    operation.is_checkpointed = True
    written = operation.callee.writes
    if written and any(map(inference.is_active, operation.binding.values())):
        cause = f"a checkpointed function writes into its argument {written[0]!r}"
        inference.refuse(node, cause, f"let it write into a copy: {written[0]} = {written[0]}.copy()")


def saved_by(reverse: Any, statement: gast.AST, bar: gast.AST) -> gast.AST:
    """What the backward half of a call takes beside the adjoint `bar` of the result."""
    operation = statement.operation
    if operation.is_checkpointed:
        return _computed_again(reverse, statement, bar)
    saved = reverse.function.fresh("saved")
    reverse.function.saved_by[saved] = operation.callee.function.name
    target = core.targets(statement)[0]
    reverse.function.saved_for[saved] = reverse.function.bases.get(target, target)
    statement.forward_call = (operation.callee.pair().forward_name, saved)
    return core.name(saved)


def _computed_again(reverse: Any, statement: gast.AST, bar: gast.AST) -> gast.AST:
    """The forward half runs from the arguments of the call, once the adjoint is there."""
    versions: dict[str, gast.AST] = {}
    arguments = [_again(reverse, n, bar, versions) for n in effects.arguments_of(statement)]
    keywords = [gast.keyword(k.arg, _again(reverse, k.value, bar, versions)) for k in statement.value.keywords]
    forward = core.call_of(core.name(statement.operation.callee.pair().forward_name), arguments, keywords)
    both = reverse.writer.named(forward, "again")
    return reverse.writer.named(core.subscript(both, core.constant(1)), "saved")


def _again(reverse: Any, node: gast.AST, bar: gast.AST, versions: dict[str, gast.AST]) -> gast.AST:
    kind = reverse.kind(node)
    is_count = isinstance(kind, Numeric) and kind.scalar and not kind.active
    if not core.is_name(node) or is_count or isinstance(kind, Static | FunctionOf | None):
        return node
    if node.id not in versions:
        value = core.call(reverse.writer.support("again"), node, bar)
        versions[node.id] = reverse.writer.named(value, reverse.function.bases.get(node.id, node.id))
    return versions[node.id]
