"""What a batched function opens with: which argument has which batch axis, and what differs between rows."""

from collections.abc import Mapping
from typing import Any

from s2s.codegen.batching.row_axes import RowAxes
from s2s.codegen.inference import kinds, structures


def of(instance: Any, axes: RowAxes | None, by_row: dict[str, bool]) -> tuple[str, ...]:
    """The comments of the function; `by_row` has what of it differs between rows: branches, loops."""
    given = {p: k for p, k in instance.arguments.items() if kinds.is_active(k) or p not in instance.source.defaults}
    notes = [*axes_of(given, axes), *_taken_for_arrays(instance, axes)]
    if by_row.get("branch"):
        notes.append("# where rows take different branches, both are computed and selected from")
    if by_row.get("loop"):
        notes.append("# loops go on until every row is done; rows that are done stand still")
    return tuple(notes)


def axes_of(arguments: Mapping[str, Any], axes: RowAxes | None) -> tuple[str, ...]:
    """The comment on the axes; `axes` is None for functions that batched ones call."""
    found = [f"{p}: {_axis(p, k, axes)}" for p, k in arguments.items() if kinds.is_active(k)]
    shared = [p for p, k in arguments.items() if not kinds.is_active(k)]
    note = f"batch axis of {', '.join(found)}" if found else "no argument has a batch axis"
    note += f"; shared: {', '.join(shared)}" if shared and found else ""
    if axes is not None and axes.out != 0:
        note += f"; of the result: {axes.out!r}"
    if axes is not None and axes.name is not None:
        note += f"; name: {axes.name!r}"
    return (f"# {note}",)


def _axis(parameter: str, kind: Any, axes: RowAxes | None) -> str:
    return repr(axes.parameters.get(parameter, 0) if axes is not None else _rows_of(kind))


def _rows_of(kind: Any) -> Any:
    """The batch axes of the leaves, where all that have one have it first."""
    if not kinds.is_active(kind) or kinds.with_activity(kind, True) == kind:
        return 0 if kinds.is_active(kind) else None
    if isinstance(kind, kinds.DictOf):
        return {key: _rows_of(part) for key, part in kind.items}
    return tuple(map(_rows_of, kinds.parts(kind)))


def _taken_for_arrays(instance: Any, axes: RowAxes | None) -> list[str]:
    """A comment on arguments that the text unpacks, and takes for arrays: in a tuple, rows are elsewhere."""
    if axes is None:
        return []
    arrays = [p for p, k in instance.arguments.items() if isinstance(k, kinds.Numeric) and k.active]
    return [f"# {p} counts as an array, not as a tuple" for p in arrays if p in structures.unpacked(instance.source)]
