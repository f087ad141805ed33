"""Lists whose number of entries only the compiled function knows: what derivatives do with them, buffer by buffer.

Such a list comes of an `append` that a staged condition decides. Entries behind its end hold anything.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from s2s.runtime import hlo, joins, staging
from s2s.runtime.aval import Aval
from s2s.runtime.entries import Layout, Run, columns, is_flag, joined_leaves, joined_runs, layout_of, stacked
from s2s.runtime.errors import at_user_line
from s2s.runtime.helpers.batching import select
from s2s.runtime.helpers.trees import zeros_like
from s2s.runtime.joins import Constant, JoinError
from s2s.runtime.selected_items import part_of
from s2s.runtime.selections import Selected
from s2s.runtime.staging import Staged


def is_open(run: Any) -> bool:
    """Whether it is a run of entries in buffers, their number staged."""
    return type(run) is Run and type(run.length) is not int and run.capacity is not None


def valid(run: Run) -> Staged:
    """Which places of the buffers hold entries."""
    found: Staged = np.less(np.arange(run.capacity), run.length)
    return found


def mapped(change: Callable[..., Staged], run: Run, *others: Run) -> Run:
    """The entries with each buffer changed, together with those of runs of the same layout."""
    columns = zip(run.buffers, *[columns_of(other, run.layout) for other in others], strict=True)
    return Run(run.layout, [change(*parts) for parts in columns], run.capacity, run.length)


def columns_of(run: Run, layout: Layout) -> list[Staged]:
    """The buffers of a run, which must have that layout but for dtypes."""
    if run.layout.treedef != layout.treedef or len(run.buffers) != len(layout.avals()):
        raise JoinError(f"the entries of a list differ in structure{at_user_line()}")
    return run.buffers


def in_buffers(run: Run) -> Run:
    """The same entries with all numbers in buffers, also those that they have in common."""
    leaves = [joins.aval_of(x.value) if _is_number(x) else x for x in run.layout.leaves]
    return _laid_out(run, Layout(run.layout.treedef, leaves))


def _is_number(leaf: Any) -> bool:
    return type(leaf) is Constant and joins.is_numeric(leaf.value)


def _laid_out(run: Run, layout: Layout) -> Run:
    return Run(layout, columns(run, layout), run.capacity, run.length)


def zeros(run: Any) -> Run:
    """Zeros for each entry, of a `Run` or what is in its stead."""
    leaves = [
        Constant(np.zeros(x.shape, x.dtype) if type(x) is Aval else zeros_like(x.value)) for x in run.layout.leaves
    ]
    return Run(Layout(run.layout.treedef, leaves), [], run.capacity, run.length)


def filled(run: Run) -> Run:
    """Of entries (rows, element), the elements, with zeros in the other rows."""
    run = in_buffers(run)
    rows, element = run.layout.build(iter(run.buffers))
    leaves, treedef = joins.flatten(select(rows, element, zeros_like(element), at=2))
    avals = [Aval(leaf.shape[1:], leaf.dtype) for leaf in leaves]
    return Run(Layout(treedef, avals), leaves, run.capacity, run.length)


def total(run: Run) -> Any:
    """The sum of the entries."""
    run, there = in_buffers(run), valid(run)
    sums = [np.sum(select(there, buffer, np.zeros_like(buffer)), axis=0) for buffer in run.buffers]
    return run.layout.build(iter(sums))


def added(a: Run, b: Run) -> Run:
    """The sums of the entries of two lists of the same length."""
    size = min(a.capacity or 0, b.capacity or 0)
    return mapped(lambda x, y: x + y, *[_cut(in_buffers(run), size) for run in (a, b)])


def _cut(run: Run, size: int) -> Run:
    return Run(run.layout, [buffer[:size] for buffer in run.buffers], size, run.length)


def sliced(run: Run, part: slice) -> Run:
    """`xs[start:stop:step]`."""
    there = valid(run)
    parts = [part_of(Selected(buffer, there, True), part) for buffer in (there, *run.buffers)]
    length = np.sum(parts[0].valid.astype(np.int64))
    return Run(run.layout, [p.array for p in parts[1:]], run.capacity, length)


def with_item(run: Run, place: Any, value: Any) -> Run:
    """A copy with another entry at a place that is counted from the front."""
    run = _laid_out(run, joined_leaves(run.layout, layout_of([value], is_flag)))
    leaves = iter(run.layout.kept(value))
    return mapped(lambda buffer: buffer.at[place].set(next(leaves)), run)


def with_part(run: Run, part: slice, given: Run, change: str) -> Run:
    """A copy with the entries of a slice replaced by (`set`), or summed with (`add`), those of another list."""
    layout = joined_leaves(in_buffers(run).layout, in_buffers(given).layout)
    starts = [Selected(buffer, valid(run), True) for buffer in columns(run, layout)]
    values = [Selected(buffer, valid(given), True) for buffer in columns(given, layout)]
    done = [getattr(x.at[part], change)(v) for x, v in zip(starts, values, strict=True)]
    return Run(layout, [x.array for x in done], run.capacity, run.length)


def reversed_like(like: Run, run: Run, backwards: bool) -> Run:
    """The entries of a list, perhaps backwards, as a list as long as `like`, with zeros where they end before.

    An entry need not have all leaves that one of `like` has: integers have no cotangent.
    """
    run, place = in_buffers(run), np.arange(like.capacity)
    index = run.length - 1 - place if backwards else place
    inside = np.logical_and(np.greater_equal(index, 0), np.less(index, run.length))

    def taken(buffer: Staged) -> Staged:
        rows = np.take(buffer, np.clip(index, 0, max((run.capacity or 1) - 1, 0)), axis=0)
        return np.where(np.reshape(inside, (-1, *[1] * (buffer.ndim - 1))), rows, 0)

    return Run(run.layout, [taken(buffer) for buffer in run.buffers], like.capacity, like.length)


def each_like(run: Run, value_of: Callable[[Any], Any]) -> Run:
    """A list of which each entry is `value_of` an entry of the run: a value that depends on its shape only."""
    one = stacked([value_of(run.item(0))])
    buffers = [hlo.broadcast_to(b, (run.capacity or 0, *b.shape[1:])) for b in one.buffers]
    return Run(one.layout, buffers, run.capacity, run.length)


# As arrays -----------------------------------------------------------------------------------------------------------


def as_array(run: Run) -> Selected | None:
    """The entries, arrays or nested lists of arrays, as the rows of an array; None for others."""
    rest = iter(run.buffers)
    leaves = [next(rest) if type(x) is Aval else _repeated(x, run) for x in run.layout.leaves]
    if any(leaf is None for leaf in leaves):
        return None
    array = _stacked(run.layout.treedef.unflatten(leaves))
    return None if array is None else Selected(array, valid(run), True)


def _repeated(leaf: Constant, run: Run) -> Any:
    if not joins.is_numeric(leaf.value):
        return None
    value = staging.stage(leaf.value)
    return hlo.broadcast_to(hlo.expand(value, [0]), (run.capacity or 0, *value.shape))


def _stacked(entry: Any) -> Any:
    """An entry whose leaves are the buffers of all entries, as one array."""
    if type(entry) is Staged:
        return entry
    if hasattr(entry, "run") and entry.run is not None:
        is_whole = not list.__len__(entry) and len(entry.run.buffers) == 1
        return entry.run.buffers[0] if is_whole and entry.run.length == entry.run.capacity else None
    parts = [_stacked(part) for part in entry] if isinstance(entry, list | tuple) else [None]
    return None if any(part is None for part in parts) or not parts else np.stack(parts, axis=1)


def of_array(array: Selected, like: Run) -> Run:
    """The rows of an array as entries like those of a list: what `as_array` made of it."""
    rows = array.rows().array[: like.capacity]
    buffers = [b for b in _leaves_of(rows, like) if b is not None]
    return Run(like.layout, buffers, rows.shape[0], like.length)


def _leaves_of(rows: Staged, like: Run) -> Iterator[Staged | None]:
    entry = like.layout.treedef.unflatten(list(range(len(like.layout.leaves))))
    places: dict[int, Staged] = {}
    _place(rows, entry, places)
    for i, leaf in enumerate(like.layout.leaves):
        yield places[i] if type(leaf) is Aval else None


def _place(rows: Staged, entry: Any, places: dict[int, Staged]) -> None:
    """Gives each leaf of an entry, which is its number, the rows that belong to it."""
    if type(entry) is int:
        places[entry] = rows
    elif hasattr(entry, "run") and entry.run is not None:
        places[entry.run.buffers[0]] = rows
    else:
        for i, part in enumerate(entry):
            _place(rows[:, i], part, places)


# Appends that a condition decides ------------------------------------------------------------------------------------


def joined(a: Run, b: Run) -> Run:
    """The entries of both, one after the other."""
    if type(a.length) is int and a.length == a.capacity:
        return joined_runs(a, b)
    after = joined_runs(Run(a.layout, a.buffers, a.capacity, a.capacity), b)
    moved = [
        hlo.dynamic_update_slice(buffer, buffer[a.capacity :], _starts(a.length, buffer.ndim))
        for buffer in after.buffers
    ]
    return Run(after.layout, moved, after.capacity, b.length + a.length)


def _starts(place: Any, rank: int) -> Sequence[Staged]:
    start = hlo.convert(staging.stage(place), np.dtype(np.int64))
    return [start, *[hlo.scalar(0, np.dtype(np.int64))] * (rank - 1)]
