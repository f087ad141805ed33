"""vmap: functions of one example as readable source for a whole batch."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from s2s import batch_axes, row_loops
from s2s.batch_axes import Axes
from s2s.codegen import transform
from s2s.codegen.batching.row_axes import RowAxes
from s2s.codegen.batching.values import SizeNeeded
from s2s.codegen.desugaring import call_arguments
from s2s.codegen.diagnostics import UnsupportedError
from s2s.codegen.functions import nested
from s2s.codegen.inference.assumptions import as_batch, kinds_of_batches
from s2s.codegen.inference.kinds import Kind, Numeric
from s2s.codegen.inference.structures import StructureNeeded
from s2s.codegen.reading.source import FunctionSource
from s2s.runtime.errors import RaggedError
from s2s.transformed import (
    Transformed,
    cached_source,
    refuse_shared,
    run,
    signature_source,
    specialised_function,
    transforming,
)


class Batched(Transformed):
    """A function of batches; results have the batch axis where `out_axes` says."""

    transformation = "vmap"

    def __init__(
        self,
        function: Callable[..., Any],
        in_axes: Axes,
        out_axes: Axes,
        axis_name: Any = None,
        axis_size: int | None = None,
        loop_over_batch: bool | None = None,
    ):
        super().__init__(function)
        self.in_axes = batch_axes.require_axes(in_axes, "in_axes")
        self.out_axes = batch_axes.require_axes(out_axes, "out_axes")
        if loop_over_batch and axis_name is not None:
            raise ValueError("collectives over an axis_name need all rows at once: leave loop_over_batch out")
        self.axis_name = axis_name
        self.axis_size = axis_size
        self.loop_over_batch = loop_over_batch
        self._axes: dict[str, Axes] | None = None  # those of a call's arguments
        self._ragged: set[Any] = set()  # signatures of calls whose rows have no common shape

    # Axes --------------------------------------------------------------------------------------------------------

    def variant(self, count: int, keywords: Iterable[str]) -> Any:
        """The transformation for so many positional arguments and these keywords, which say what `in_axes` is for."""
        key = (count, tuple(sorted(keywords)))
        if key not in self._variants:
            variant = self._variants[key] = self._varied()
            if call_arguments.is_variadic(signature_source(self.function)):
                variant.function = specialised_function(self.function, *key)
            variant._axes = batch_axes.of_arguments(self.in_axes, [*variant.names()[:count], *key[1]], count)
        return self._variants[key]

    def _of_size(self, size: int) -> Any:
        """The transformation for so many rows, where its text depends on their number."""
        if ("size", size) not in self._variants:
            self._variants["size", size] = self._varied(axis_size=size)
        return self._variants["size", size]

    def axes(self) -> dict[str, Axes]:
        """Parameter to the axes of its argument; those that are not there are shared."""
        if self._axes is not None:
            return self._axes
        optional = {*signature_source(self.function).defaults, *self.captured}
        return batch_axes.of_parameters(self.in_axes, self.names(), optional)

    def differentiated(self, names: list[str], values: Mapping[str, Any]) -> set[str]:
        axes = self.axes()
        return {n for n in names if not batch_axes.is_shared(axes.get(n))}

    def kinds_of(self, bound: Mapping[str, Any]) -> dict[str, Kind]:
        axes = self.axes()
        return self.all_kinds({n: batch_axes.batched_kind(v, axes.get(n)) for n, v in bound.items()})

    def assumption(  # type: ignore[override]
        self, source: FunctionSource, names: Iterable[str], active: Iterable[str], defaults: Mapping[str, Kind]
    ) -> dict[str, Kind]:
        structured = [n for n, axes in self.axes().items() if batch_axes.is_container(axes)]
        return kinds_of_batches(source, names, active, defaults, structured)

    def _assumed_kinds(self, source: FunctionSource) -> dict[str, Kind]:
        return self._batches(super()._assumed_kinds(source))

    def _batches(self, arguments: Mapping[str, Kind]) -> dict[str, Kind]:
        """The kinds of arguments of which no value is known, batched."""
        axes, source = self.axes(), signature_source(self.function)

        def kind(name: str, known: Kind) -> Kind:
            is_default = name in source.defaults and isinstance(known, Numeric) and known.scalar
            return batch_axes.kind_of_batch(known, None if is_default else axes.get(name), as_batch)

        return {n: kind(n, k) for n, k in arguments.items()}

    def with_ranks(self, arguments: dict[str, Kind], bound: Mapping[str, Any] | None) -> dict[str, Kind]:
        """Kinds are those of one row, whose ranks the arguments do not have."""
        return arguments

    # Source ------------------------------------------------------------------------------------------------------

    def write(self, source: FunctionSource, arguments: dict[str, Kind], shapes: Any = None) -> transform.Result:
        axes = RowAxes(self.axes(), self.out_axes, self.axis_name, self.axis_size)
        if self.loop_over_batch:
            return row_loops.write(self.function, source, arguments, axes)
        try:
            return transform.batched(source, arguments, shapes, axes)
        except StructureNeeded:
            raise
        except SizeNeeded:
            if shapes is None:
                raise
            size = batch_axes.size_of(shapes, self.axes(), None)
            return self._of_size(size).write(source, arguments, shapes)
        except UnsupportedError as error:
            if self._needs_all_rows() or not error.diagnostics:
                raise
            if self.loop_over_batch is False:
                error.args = (f"{error}\n    or run the rows one after the other: s2s.vmap(f, loop_over_batch=True)",)
                raise
            return self._looped_instead(error, source, arguments, axes)

    def _looped_instead(
        self, error: UnsupportedError, source: FunctionSource, arguments: dict[str, Kind], axes: RowAxes
    ) -> transform.Result:
        """What a function of a batch does that cannot be written for all rows at once, because of `error`."""
        found = error.diagnostics[0]
        try:
            looped = row_loops.write(self.function, source, arguments, axes, found.cause)
        except UnsupportedError:
            raise error from None
        row_loops.warn(self.function, found.cause, found.filename, found.line)
        return looped

    def _needs_all_rows(self) -> bool:
        """Whether a loop over the rows is no way out: for collectives, and for what is no plain function."""
        is_plain = not inspect.isgeneratorfunction(self.function) and not inspect.iscoroutinefunction(self.function)
        return self.axis_name is not None or not is_plain

    def _by_rows(self) -> Any:
        """The transformation that loops over the rows."""
        if "rows" not in self._variants:
            self._variants["rows"] = self._varied(loop_over_batch=True)
        return self._variants["rows"]

    def emitted_source(self, arguments: dict[str, Kind], bound: Mapping[str, Any] | None = None) -> FunctionSource:
        """`f_vmap`, as the source of further transformations."""
        arguments = self._batches(arguments) if bound is None else self.kinds_of(bound)
        return cached_source(self.result_for(arguments, bound).function)

    # Calls -------------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.variant(len(args), kwargs).call(args, kwargs)

    def call(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        bound, axes = self.bind(args, kwargs), self.axes()
        if "rows" in self._variants and batch_axes.signature(bound) in self._ragged:
            return self._by_rows().call(args, kwargs)
        size = batch_axes.size_of(bound, axes, self.axis_size)
        try:
            result = self.result_for(self.kinds_of(bound), bound)
        except SizeNeeded:
            result = self._of_size(size).result_for(self.kinds_of(bound), bound)
        refuse_shared(result, bound)
        try:
            return run(result.function, *self.with_bound(args), **kwargs)
        except RaggedError as error:
            if self._needs_all_rows() or self.loop_over_batch is not None:
                raise
            source = signature_source(self.function)
            row_loops.warn(self.function, str(error).partition(";")[0], source.filename, source.tree.lineno)
            self._ragged.add(batch_axes.signature(bound))
            return self._by_rows().call(args, kwargs)


def vmap(
    fun: Callable[..., Any] | None = None,
    in_axes: Any = 0,
    out_axes: Any = 0,
    axis_name: Any = None,
    axis_size: int | None = None,
    spmd_axis_name: Any = None,
    *,
    loop_over_batch: bool | None = None,
    show_source: bool = False,
) -> Any:
    """`fun`, written for one example, as source for a batch of them.

    Args:
        fun: a Python function over NumPy or s2s arrays. Without it, a decorator is returned.
        in_axes: the axis of each argument that is batched, None for one that all examples share; one number for all
            arguments, or a sequence with one entry for each positional argument, which may be a container like the
            argument. Arguments given by keyword are batched along their first axis.
        out_axes: where the results have the batch axis, likewise; None for a result that all examples share.
        axis_name: a name for the batch axis, for collectives (`s2s.lax.psum(x, axis_name)`) in the function.
        axis_size: the number of examples, where no argument says it.
        spmd_axis_name: has no effect on what is computed.
        loop_over_batch: True to run the examples one after the other, so that of a branch only the side that is taken
            runs. By default that is done, with a RowLoopWarning, where something has no batched form (lists of
            another length in each example, say); False makes it an error.
        show_source: print the emitted source at once.

    Raises:
        ValueError: at the call, if the batched axes differ in length, an argument lacks its axis, or a result that
            differs between examples has None in `out_axes`.
        UnsupportedError: the function cannot be written for a batch; the message says what to write instead.
    """
    return transforming(
        lambda f: Batched(f, in_axes, out_axes, axis_name, axis_size, loop_over_batch), fun, show_source
    )


nested.MAKERS.add(vmap)
