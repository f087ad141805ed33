"""Kinds of what a loop's header binds."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, Kind, Numeric, Static


def bind(inference: Any, target: gast.AST, iterator: gast.AST) -> None:
    name = iterator.func.id if isinstance(iterator, gast.Call) and core.is_name(iterator.func) else None
    if name == "range":
        inference.kinds[target.id] = Numeric(_differs(inference, iterator.args), scalar=True)
    elif name == "reversed" and _is_range(iterator.args[0]):
        by_row = inference.batches and any(map(inference.is_active, iterator.args[0].args))
        inference.kinds[target.id] = Numeric(by_row, scalar=True)
    elif name == "reversed":
        bind(inference, target, iterator.args[0])
    elif name == "zip":
        for part, source in zip(target.elts, iterator.args, strict=True):
            bind(inference, part, source)
    elif name == "enumerate":
        inference.kinds[target.elts[0].id] = Numeric(scalar=True)
        bind(inference, target.elts[1], iterator.args[0])
    else:
        inference.kinds[target.id] = _item_kind(inference, iterator)


def _is_range(iterator: gast.AST) -> bool:
    return isinstance(iterator, gast.Call) and core.dotted(iterator.func) == "range"


def _differs(inference: Any, args: list[gast.AST]) -> bool:
    """Does each row of a batch count other numbers? Where only their ends differ, the rows that have ended wait."""
    start_and_step = [*args[:1], *args[2:]] if len(args) > 1 else []
    return inference.batches and any(map(inference.is_active, start_and_step))


def _item_kind(inference: Any, iterator: gast.AST) -> Kind:
    kind = inference.kind(iterator)
    if isinstance(kind, DictOf) and kinds.is_active(kind):
        return Static()
    return kinds.iterated(kind)
