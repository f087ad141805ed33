"""Where the batched form of a call is written, and the function called has a rule for it of its own."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, TupleOf


def call(batch: Any, statement: gast.AST, operation: Any) -> None:
    """`out, is_batched = f_batch(size, (True, False), x, w)`; what it says is not batched is repeated for all rows."""
    instance, binding = operation.callee, operation.binding
    name = batch.writer.alias(instance.rule.batch, instance.rule.name_of("batch"))
    flags = core.tuple_of(is_batched(instance.arguments[p]) for p in binding)
    out, batched = batch.function.fresh("out"), batch.function.fresh("is_batched")
    made = core.call(core.name(name), batch.size(), flags, *binding.values())
    batch._emit(core.unpack([out, batched], made, statement))
    whole = core.call(batch.writer.support("spread_tree"), core.name(out), core.name(batched), batch.size())
    batch._assign(statement, whole)


def is_batched(kind: Kind) -> gast.AST:
    """Which leaves have a batch axis, as a container like the argument."""
    if isinstance(kind, DictOf):
        return gast.Dict([core.constant(k) for k, _ in kind.items], [is_batched(k) for _, k in kind.items])
    if isinstance(kind, TupleOf):
        return core.tuple_of(is_batched(k) for k in kinds.parts(kind))
    if isinstance(kind, ListOf):
        return core.list_of([is_batched(k) for k in kinds.parts(kind)])
    return core.constant(kinds.is_active(kind))
