"""The text of `vmap(f)` where a loop over the rows calls `f` for each: asked for, or where nothing else is right."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from s2s.batch_axes import Axes, children_of_kind
from s2s.codegen import transform
from s2s.codegen.batching import notes
from s2s.codegen.batching.row_axes import RowAxes
from s2s.codegen.core.names import Namer
from s2s.codegen.diagnostics import UnsupportedError
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, Numeric, TupleOf
from s2s.codegen.reading.source import FunctionSource, source_from_string
from s2s.lax_control import stack_rows
from s2s.runtime import support


class RowLoopWarning(UserWarning):
    """What a function does has no batched form: its rows are computed one after the other, which may be slow."""


def warn(function: Any, cause: str, filename: str, line: int) -> None:
    """Says where and why a batched function computes one row after the other."""
    name = function.name if isinstance(function, FunctionSource) else getattr(function, "__name__", "the function")
    message = (
        f"vmap of {name}() computes one row after the other: {cause}\n"
        "    loop_over_batch=True says that this is meant; with False it is an error"
    )
    warnings.warn_explicit(message, RowLoopWarning, filename, line)


def write(
    function: Any, source: FunctionSource, arguments: Mapping[str, Kind], axes: RowAxes, cause: str = ""
) -> transform.Result:
    """`f_vmap(*args)`: f of one row after the other; `cause` says why, where nobody asked for that."""
    given = {n: k for n, k in arguments.items() if n in axes.parameters}
    text = _Text(function, source, given, axes)
    result = text.source(_result_kind(source, arguments, axes))
    note = f"{_LOOPED}: {cause or _ASKED_FOR}"
    return transform.plain(result, _inactive(given), (*notes.axes_of(given, axes), note))


_LOOPED = "# one row after the other"
_ASKED_FOR = "of each branch, the side that a row takes is computed"


def _inactive(arguments: Mapping[str, Kind]) -> dict[str, Kind]:
    return {n: kinds.with_activity(k, False) for n, k in arguments.items()}


def _result_kind(source: FunctionSource, arguments: Mapping[str, Kind], axes: RowAxes) -> Kind | None:
    """What f returns, active where it differs between rows; None where that is not known."""
    try:
        return transform.batched_result(source, dict(arguments), axes)
    except UnsupportedError:
        return None


class _Text:
    """Writes the loop.

    Args:
        function: what each row is given to.
        given: the kinds of the arguments, of one row, active where they are batched.
    """

    def __init__(self, function: Any, source: FunctionSource, given: Mapping[str, Kind], axes: RowAxes):
        self.given, self.axes, self.function = given, axes, function
        self.name = source.name
        self.namer = Namer([*given, "np", "range", "len"])
        self.called = self.namer.fresh(source.name)
        self.namespace: dict[str, Any] = {self.called: function, "np": np}
        arguments = source.tree.args
        self.only_by_name = {a.id for a in arguments.kwonlyargs}
        self.i, self.rows = self.namer.fresh("i"), self.namer.fresh("rows")
        self.row = self.namer.fresh("row")

    def source(self, result: Kind | None) -> FunctionSource:
        names = [n for n in self.given if n not in self.only_by_name]
        stars = ["*", *self.only_by_name] if self.only_by_name & set(self.given) else []
        row = [self._row(n, self.given[n], self.axes.parameters[n]) for n in names]
        row += [f"{n}={self._row(n, self.given[n], self.axes.parameters[n])}" for n in self.given if n not in names]
        lines = [
            f"def {self.namer.fresh(f'{self.name}_vmap')}({', '.join([*names, *stars])}):",
            f"    {self.rows} = []",
            f"    for {self.i} in range({self._count()}):",
            f"        {self.rows}.append({self.called}({', '.join(row)}))",
            f"    return {self._stacked(result)}",
        ]
        return source_from_string("\n".join(lines), self.namespace)

    def _count(self) -> str:
        if self.axes.size is not None:
            return repr(self.axes.size)
        for name, kind in self.given.items():
            found = self._first(name, kind, self.axes.parameters[name])
            if found is not None:
                path, axis = found
                return f"len({path})" if axis == 0 else f"np.shape({path})[{axis}]"
        raise ValueError("vmap must have at least one non-None value in in_axes, or an axis_size")

    def _first(self, path: str, kind: Kind, axes: Axes) -> tuple[str, int] | None:
        """The first batched leaf, and its axis."""
        if axes is None:
            return None
        if not isinstance(kind, TupleOf | ListOf | DictOf):
            return path, axes
        found = (self._first(f"{path}[{key!r}]", part, a) for key, part, a in children_of_kind(kind, axes))
        return next((each for each in found if each is not None), None)

    def _row(self, path: str, kind: Kind, axes: Axes) -> str:
        if not kinds.is_active(kind) or axes is None:
            return path
        if not isinstance(kind, TupleOf | ListOf | DictOf):
            before = ":, " * axes if axes >= 0 else "..., "
            return f"{path}[{before}{self.i}{', :' * (-axes - 1)}]"
        parts = [(key, self._row(f"{path}[{key!r}]", k, a)) for key, k, a in children_of_kind(kind, axes)]
        return self._display(kind, parts)

    def _display(self, kind: Any, parts: list[tuple[Any, str]]) -> str:
        """A container as text."""
        if isinstance(kind, DictOf):
            return "{" + ", ".join(f"{key!r}: {part}" for key, part in parts) + "}"
        inside = ", ".join(part for _, part in parts)
        if isinstance(kind, ListOf):
            return f"[{inside}]"
        return f"{self._class(kind)}({inside}{',' if len(parts) == 1 and kind.cls is None else ''})"

    def _class(self, kind: TupleOf) -> str:
        if kind.cls is None:
            return ""
        self.namespace[kind.cls.__name__] = kind.cls
        return kind.cls.__name__

    def _stacked(self, result: Kind | None) -> str:
        out = self.axes.out
        if isinstance(result, Numeric) or (result is not None and not _is_simple(out)):
            return self._part(result, out, "")
        if out is None:
            self._require_shared(result)
            return f"{self.rows}[0]"
        self.namespace["stack_rows"] = stack_rows
        if out == 0:
            return f"stack_rows({self.rows})"
        self.namespace["rows_at"] = support.rows_at
        return f"rows_at(stack_rows({self.rows}), {out!r})"

    def _part(self, kind: Kind, out: Axes, path: str) -> str:
        """One part of the result, of all rows."""
        if out is None:
            self._require_shared(kind)
            return f"{self.rows}[0]{path}"
        if isinstance(kind, DictOf | TupleOf | ListOf):
            return self._parts(kind, out, path)
        of_all = f"[{self.row}{path} for {self.row} in {self.rows}]" if path else self.rows
        return f"np.stack({of_all})" if out == 0 else f"np.stack({of_all}, axis={out})"

    def _parts(self, kind: Any, out: Axes, path: str) -> str:
        children = children_of_kind(kind, out)
        parts = [(key, self._part(k, a, f"{path}[{key!r}]")) for key, k, a in children]
        return self._display(kind, parts)

    def _require_shared(self, result: Kind | None) -> None:
        if result is None or kinds.is_active(result):
            cause = f"the result of {self.name}() may differ between rows"
            raise ValueError(f"vmap has mapped output but out_axes is None: {cause}")


def _is_simple(out: Axes) -> bool:
    return out is None or isinstance(out, int)
