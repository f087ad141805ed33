"""Batch axes in emitted text: arguments whose axis is not the first are turned, and so are results."""

import dataclasses
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.core.names import names_in
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, ListOf, TupleOf
from s2s.codegen.reading.source import FunctionSource
from s2s.runtime import support


@dataclass(frozen=True)
class RowAxes:
    """Where a batched function has its rows.

    Attributes:
        parameters: parameter to the batch axis of its argument, None for what all rows share, or a container of these.
        out: the same for the result.
        name: what collectives call the batch axis.
        size: the number of rows, where no argument has to say it.
        are_directions: rows are directions of one derivative; what is drawn at the point is drawn once for all.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    out: Any = 0
    name: Any = None
    size: int | None = None
    are_directions: bool = False


def turned(source: FunctionSource, axes: RowAxes) -> FunctionSource:
    """The function with the rows of its arguments turned to the front in its first statements."""
    wanted = {p: a for p, a in axes.parameters.items() if not is_first(a)}
    if not wanted:
        return source
    key = ("turned", repr(wanted))
    if key not in source.variants:
        source.variants[key] = _turned(source, wanted)
    return source.variants[key]


def is_first(axes: Any) -> bool:
    """Is every batch axis the first one?"""
    if isinstance(axes, dict):
        return all(map(is_first, axes.values()))
    return all(map(is_first, axes)) if isinstance(axes, list | tuple) else axes in (0, None)


def _turned(source: FunctionSource, wanted: Mapping[str, Any]) -> FunctionSource:
    taken = names_in(source.tree)
    name = next(n for n in ("rows_first", "rows_to_front", "batch_rows_first") if n not in taken)
    made = [core.assign(p, _parts(core.name(p), a, name)) for p, a in wanted.items()]
    tree = core.copied(source.tree)
    tree.body = [*[core.located(s, tree) for s in made], *tree.body]
    closure = ChainMap({name: support.rows_first}, source.closure)  # type: ignore[arg-type]
    return dataclasses.replace(source, tree=tree, closure=closure, variants={}, lifted=None)


def _parts(node: gast.AST, axes: Any, function: str) -> gast.AST:
    """The argument, or a container of its parts, with rows first."""
    if isinstance(axes, dict):
        keys = [core.constant(k) for k in axes]
        return gast.Dict(keys, [_parts(core.subscript(node, core.constant(k)), a, function) for k, a in axes.items()])
    if isinstance(axes, list | tuple):
        parts = [_parts(core.subscript(node, core.constant(k)), a, function) for k, a in enumerate(axes)]
        return core.list_of(parts) if isinstance(axes, list) else core.tuple_of(parts)
    if is_first(axes):
        return node
    axis = core.constant(axes) if axes >= 0 else gast.UnaryOp(gast.USub(), core.constant(-axes))
    return core.call(function, node, axis)


# Results ---------------------------------------------------------------------------------------------------------


def result(batch: Any, value: gast.AST, axes: RowAxes) -> gast.AST:
    """The returned value with its batch axis where the caller wants it; what is None in `out` stays as it is."""
    kind = batch.kind(value)
    _require_shared(batch, kind, axes.out)
    if axes.out is None:
        return value
    value = batch.spread(value, _asked(kind, axes.out))
    if is_first(axes.out):
        return value
    if isinstance(axes.out, int) and not isinstance(kind, TupleOf | ListOf | DictOf):
        return batch.named(batch.writer.text("np.moveaxis(x, 0, axis)", {"x": value, "axis": literal(axes.out)}), "out")
    where = batch.writer.atom(literal(axes.out))
    return batch.named(core.call(batch.writer.support("rows_at"), value, where), "out")


def _require_shared(batch: Any, kind: Any, out: Any) -> None:
    if out is None:
        if kind is not None and kinds.is_active(kind):
            raise ValueError(
                f"vmap has mapped output but out_axes is None: a result of {batch.function.name}() differs between rows"
            )
        return
    if not isinstance(out, dict | list | tuple):
        return
    for part, axes in zip(_matched(batch, kind, out), _values(out), strict=True):
        _require_shared(batch, part, axes)


def _matched(batch: Any, kind: Any, out: Any) -> list[Any]:
    """The kinds of the parts that the entries of `out` are for."""
    if isinstance(kind, DictOf) and isinstance(out, dict) and set(dict(kind.items)) == set(out):
        return [kind.get(k) for k in out]
    same = isinstance(kind, TupleOf | ListOf) and not isinstance(out, dict) and len(kinds.parts(kind)) == len(out)
    if not same:
        raise ValueError(
            f"vmap out_axes specification must be a tree prefix of the corresponding value, got specification {out!r} "
            f"for a result of {batch.function.name}() that is {kinds.show(kind)}"
        )
    return list(kinds.parts(kind))


def _values(out: Any) -> list[Any]:
    return list(out.values()) if isinstance(out, dict) else list(out)


def _asked(kind: Any, out: Any) -> Any:
    """True for the parts of the result that are not to be spread over the rows."""
    if not isinstance(out, dict | list | tuple):
        return out is None
    parts = dict(kind.items) if isinstance(kind, DictOf) else dict(enumerate(kinds.parts(kind)))
    entries = out if isinstance(out, dict) else dict(enumerate(out))
    return {k: _asked(parts[k], entries[k]) for k in parts}


def literal(value: Any) -> gast.AST:
    """A tree of axes as text."""
    return gast.parse(repr(value), mode="eval").body
