"""Collectives over the batch axis, written as operations along it; over other named axes they stay what they are."""

import inspect
import types
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, Numeric, Static, TupleOf
from s2s.codegen.inference.operations import Operation
from s2s.runtime import collectives as runtime_collectives

# Whether the result differs between rows.
_BY_ROW = {
    "psum": False, "pmean": False, "pmax": False, "pmin": False, "all_gather": False, "axis_size": False,
    "ppermute": True, "all_to_all": True, "axis_index": True,
}  # fmt: skip
_OF_ROWS = {
    "psum": "np.sum(x, axis=0)",
    "pmean": "np.mean(x, axis=0)",
    "pmax": "np.max(x, axis=0)",
    "pmin": "np.min(x, axis=0)",
}
_SEVERAL = tuple(_OF_ROWS)


def result_kind(inference: Any, statement: gast.AST, operation: Operation) -> Kind | None:
    """The kind of a collective's result, None for other operations; the statement notes if it is over this axis."""
    by_row = _BY_ROW.get(operation.primitive.name)
    if by_row is None:
        return None
    statement.operation = operation
    names = _names(inference.kind(operation.binding["axis_name"]))
    statement.over_rows = inference.program.axes.name is not None and inference.program.axes.name in names
    groups = operation.binding.get("axis_index_groups")
    if groups is not None and not core.is_constant_key(groups, None):
        inference.refuse(statement, "axis_index_groups is not supported", "reshape the batch into two named axes")
    if statement.over_rows and len(names) > 1 and operation.primitive.name not in _SEVERAL:
        inference.refuse(statement, f"{operation.primitive.name} over several axes is not supported", "name one")
    statement.axis_names, statement.tiled = names, _is_tiled(inference, operation)
    if statement.over_rows and statement.tiled is None:
        inference.refuse(statement, f"whether {operation.primitive.name} is tiled must be known", "give a constant")
    if "x" not in operation.binding:
        return Numeric(bool(by_row and statement.over_rows), scalar=True)
    active = by_row if statement.over_rows else bool(operation.active)
    own = inference.kind(operation.binding["x"])
    kind = Numeric() if operation.primitive.name in ("all_gather", "all_to_all") or isinstance(own, Static) else own
    return kinds.with_activity(kind, active)


def _is_tiled(inference: Any, operation: Operation) -> bool | None:
    """Whether rows are joined along an old axis; None where that depends on a value that is not known from here."""
    kind = inference.kind(operation.binding["tiled"]) if "tiled" in operation.binding else Static(False)
    return bool(kind.value) if isinstance(kind, Static) else None


def are_in(function: Any, seen: set[int] | None = None) -> bool:
    """Does the function, or one that it calls by a global name, hold a collective?"""
    seen = seen if seen is not None else set()
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    if code is None or id(code) in seen:
        return False
    seen.add(id(code))
    known = inspect.unwrap(function).__globals__
    if not _BY_ROW.keys().isdisjoint(code.co_names):
        return True
    called = [known.get(name) for name in code.co_names]
    return any(isinstance(f, types.FunctionType) and (f in _FUNCTIONS or are_in(f, seen)) for f in called)


_FUNCTIONS = {getattr(runtime_collectives, name) for name in _BY_ROW}


def _names(kind: Kind) -> list[Any]:
    if isinstance(kind, TupleOf | ListOf):
        return [n for part in kinds.parts(kind) for n in _names(part)]
    return [kind.value] if isinstance(kind, Static) else []


def written(batch: Any, statement: gast.AST, operation: Operation) -> gast.AST:
    """The collective as an operation along the batch axis."""
    name, binding = operation.primitive.name, operation.binding
    if name == "axis_size":
        return batch.size()
    if name == "axis_index":
        return batch.writer.text("np.arange(size)", {"size": batch.size()})
    if name in _OF_ROWS:
        value = _reduced(batch, name, binding["x"], batch.kind(binding["x"]))
        return _over_others(batch, name, value, statement.axis_names)
    tiled = core.constant(statement.tiled)
    mapping = {**binding, "x": batch.spread(binding["x"]), "size": batch.size(), "tiled": tiled}
    return batch.writer.text(_text(name, statement.tiled), mapping)


def _text(name: str, tiled: bool) -> str:
    if name == "ppermute":
        return "set_at(np.zeros_like(x), destinations(perm), x[sources(perm)])"
    if name == "all_gather":
        stacked = "np.moveaxis(x, 0, rows_axis(axis, tiled))"
        return f"np.reshape({stacked}, joined_shape(np.shape({stacked}), axis))" if tiled else stacked
    place = "inner_axis(concat_axis)"
    if not tiled:
        return f"np.moveaxis(x, (require_rows(np.shape(x), inner_axis(split_axis), size), 0), (0, {place}))"
    cut = "np.reshape(x, cut_shape(np.shape(x), inner_axis(split_axis), size))"
    moved = f"np.moveaxis({cut}, (rows_axis(inner_axis(split_axis), True), 0), (0, rows_axis({place}, True)))"
    return f"np.reshape({moved}, joined_shape(np.shape({moved}), {place}))"


def _reduced(batch: Any, name: str, node: gast.AST, kind: Any) -> gast.AST:
    """The reduction of every array of a container."""
    if isinstance(kind, TupleOf | ListOf | DictOf):
        keys = [k for k, _ in kind.items] if isinstance(kind, DictOf) else list(range(len(kinds.parts(kind))))
        parts = []
        for key, part in zip(keys, kinds.parts(kind), strict=True):
            version = batch.function.fresh(batch.base(node))
            batch.function.kinds[version] = part
            batch._emit(core.assign(version, core.subscript(node, core.constant(key)), batch.writer.like))
            parts.append(batch.named(_reduced(batch, name, core.name(version), part), "total"))
        if isinstance(kind, DictOf):
            return gast.Dict([core.constant(k) for k in keys], parts)
        return core.list_of(parts) if isinstance(kind, ListOf) else core.tuple_of(parts)
    if batch.is_active(node):
        return batch.writer.operation(batch.writer.text(_OF_ROWS[name], {"x": node}))
    return (
        batch.writer.operation(batch.writer.text("x * n", {"x": node, "n": batch.size()})) if name == "psum" else node
    )


def _over_others(batch: Any, name: str, value: gast.AST, axis_names: list[Any]) -> gast.AST:
    """What is left to be done over the other named axes of a tuple."""
    others = [n for n in axis_names if n != batch.instance.program.axes.name]
    if not others:
        return value
    rest = core.constant(others[0]) if len(others) == 1 else core.tuple_of(core.constant(n) for n in others)
    function = core.name(batch.writer.alias(getattr(runtime_collectives, name), name))
    return core.call(function, batch.named(value, "total"), rest)
