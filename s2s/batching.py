"""vmap: functions of one example as readable source for a whole batch."""

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from s2s.codegen import kinds, nested, transform
from s2s.codegen.assumptions import as_batch, kinds_of_batches
from s2s.codegen.diagnostics import UnsupportedError
from s2s.codegen.kinds import DictOf, Kind, Numeric, TupleOf
from s2s.codegen.source import FunctionSource, source_from_string
from s2s.runtime import support
from s2s.transformed import Transformed, cached_source, refuse_shared, run

Axes = Any


class Batched(Transformed):
    """A function of batches; results have the batch axis where `out_axes` says."""

    transformation = "vmap"
    assumption = staticmethod(kinds_of_batches)

    def __init__(self, function: Callable[..., Any], in_axes: Axes, out_axes: Axes, axis_size: int | None):
        super().__init__(function)
        self.in_axes = in_axes
        self.out_axes = out_axes
        self.axis_size = axis_size

    # Axes --------------------------------------------------------------------------------------------------------

    def axes_of(self, bound: Mapping[str, Any]) -> dict[str, Axes]:
        """Parameter to the axes of its argument; arguments given by keyword are batched along their first."""
        names = self.names()
        given = self.in_axes
        if isinstance(given, int) or given is None:
            return {n: given for n in bound}
        if len(given) > len(names):
            raise ValueError(f"in_axes has {len(given)} entries, but {self!r} takes {len(names)} arguments")
        return {n: 0 for n in bound} | dict(zip(names, given, strict=False))

    def differentiated(self, names: list[str], values: Mapping[str, Any]) -> set[str]:
        axes = self.axes_of(dict.fromkeys(names))
        return {n for n in names if axes.get(n) is not None}

    def kinds_of(self, bound: Mapping[str, Any]) -> dict[str, Kind]:
        axes = self.axes_of(bound)
        return self.all_kinds({n: batched_kind(v, axes[n], n) for n, v in bound.items()})

    def with_ranks(self, arguments: dict[str, Kind], bound: Mapping[str, Any] | None) -> dict[str, Kind]:
        """Kinds are those of one row, whose ranks the arguments do not have."""
        return arguments

    # Source ------------------------------------------------------------------------------------------------------

    def write(self, source: FunctionSource, arguments: dict[str, Kind], shapes: Any = None) -> transform.Result:
        if shapes is not None:
            axes = self.axes_of(shapes)
            shapes = {n: to_front(v, axes[n]) for n, v in shapes.items()}
        return transform.batched(source, arguments, shapes)

    def emitted_source(self, arguments: dict[str, Kind], bound: Mapping[str, Any] | None = None) -> FunctionSource:
        """`f_vmap` with the batch axes where its caller has them."""
        names = self.names()
        axes = self.axes_of(dict.fromkeys(names))
        if any(isinstance(a, list | tuple | dict) for a in (*axes.values(), self.out_axes)):
            raise TypeError(
                f"{self!r} has different axes for the parts of one argument: give such a batch axis 0 to all"
            )
        result = self._result_of(arguments, axes, bound)
        if self.out_axes == 0 and not any(axes.values()):
            return cached_source(result.function)
        return source_from_string(_moving(result.entry, names, axes, self.out_axes), {**result.namespace, "np": np})

    def _result_of(self, arguments: dict[str, Kind], axes: Mapping[str, Axes], bound: Any) -> transform.Result:
        if bound is not None:
            return self.result_for(self.kinds_of(bound), bound)
        batched = {
            n: kinds.with_activity(k, False) if axes.get(n) is None else as_batch(k) for n, k in arguments.items()
        }
        return self.result_for(batched, None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        bound = self.bind(args, kwargs)
        axes = self.axes_of(bound)
        arguments = self.kinds_of(bound)
        size = self._size(bound, axes)
        moved = {n: to_front(v, axes[n]) for n, v in bound.items()}
        try:
            result = self.result_for(arguments, bound)
        except UnsupportedError as error:
            if inspect.isgeneratorfunction(self.function) or inspect.iscoroutinefunction(self.function):
                raise  # its results are no arrays
            logging.getLogger(__name__).info("vmap of %s goes row by row: %s", self.function, error)
            out = self._row_by_row(moved, axes, size)
        else:
            refuse_shared(result, moved)
            with np.errstate(all="ignore"):  # rows also go through branches that they do not take
                out = run(result.function, **moved)
        return from_front(out, self.out_axes)

    def _row_by_row(self, moved: Mapping[str, Any], axes: Mapping[str, Axes], size: int) -> Any:
        patterns = {n: batched_pattern(v, axes[n]) for n, v in moved.items()}
        rows = [
            run(self.function, **{n: support.row(v, patterns[n], i) for n, v in moved.items()}) for i in range(size)
        ]
        return support.stack_rows(rows)

    def _size(self, bound: Mapping[str, Any], axes: Mapping[str, Axes]) -> int:
        sizes = {np.shape(leaf)[axis] for n, v in bound.items() for leaf, axis in batched_leaves(v, axes[n])}
        sizes |= {self.axis_size} if self.axis_size is not None else set()
        if len(sizes) != 1:
            given = ", ".join(f"{n}: {_sizes(v, axes[n])}" for n, v in bound.items() if axes[n] is not None)
            what = "nothing is batched" if not sizes else f"the sizes of the batched axes differ ({given})"
            raise ValueError(f"{self!r}: {what}; give in_axes an axis of the same length for each batched argument")
        return sizes.pop()


def _moving(entry: str, names: list[str], axes: Mapping[str, Axes], out_axes: int) -> str:
    """The text of a function that moves batch axes to the front, and the result's to where it is wanted."""
    given = [f"np.moveaxis({n}, {axes[n]}, 0)" if axes[n] else n for n in names]
    result = f"{entry}({', '.join(given)})"
    moved = f"np.moveaxis({result}, 0, {out_axes})" if out_axes else result
    return f"def {entry}_moved({', '.join(names)}):\n    return {moved}\n"


def _sizes(value: Any, axes: Axes) -> str:
    return ", ".join(str(np.shape(leaf)[axis]) for leaf, axis in batched_leaves(value, axes))


def _children(value: Any, axes: Axes) -> list[tuple[Any, Any, Axes]]:
    """(key, part, axes of the part) of a container; axes of a container may be one for all of its leaves."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    of = (lambda k: axes) if isinstance(axes, int) or axes is None else (lambda k: axes[k])
    return [(k, value[k], of(k)) for k in keys]


def _is_container(value: Any) -> bool:
    return isinstance(value, dict | list | tuple)


def batched_leaves(value: Any, axes: Axes) -> list[tuple[Any, int]]:
    """The batched leaves of an argument, with their axes."""
    if axes is None:
        return []
    if _is_container(value):
        return [leaf for _, part, inner in _children(value, axes) for leaf in batched_leaves(part, inner)]
    return [(value, axes)]


def batched_pattern(value: Any, axes: Axes) -> Any:
    """True, False, or a container of these, by which leaves are batched."""
    if axes is None or not _is_container(value):
        return axes is not None
    parts = {k: batched_pattern(part, inner) for k, part, inner in _children(value, axes)}
    return parts if isinstance(value, dict) else tuple(parts.values())


def batched_kind(value: Any, axes: Axes, name: str) -> Kind:
    """The kind of one row of the argument, batched leaves being active."""
    if axes is None:
        return kinds.of_value(value, active=False)
    if isinstance(value, dict):
        return DictOf(tuple((k, batched_kind(v, a, name)) for k, v, a in _children(value, axes)))
    if isinstance(value, list | tuple):
        parts = tuple(batched_kind(v, a, name) for _, v, a in _children(value, axes))
        return kinds.list_of(parts) if isinstance(value, list) else TupleOf(parts, _class_of(value))
    if np.ndim(value) <= (axes if axes >= 0 else -axes - 1):
        raise ValueError(f"the argument {name!r} has shape {np.shape(value)}, which has no axis {axes} to batch over")
    return Numeric(True, scalar=np.ndim(value) == 1)


def _class_of(value: tuple) -> Any:
    return type(value) if hasattr(value, "_fields") else None


def to_front(value: Any, axes: Axes) -> Any:
    """The argument with its batch axes moved to the front."""
    if axes is None:
        return value
    if isinstance(value, dict):
        return {k: to_front(v, a) for k, v, a in _children(value, axes)}
    if isinstance(value, list | tuple):
        parts = [to_front(v, a) for _, v, a in _children(value, axes)]
        return parts if isinstance(value, list) else type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    value = value if hasattr(value, "__array_function__") else np.asarray(value)
    return value if axes == 0 else np.moveaxis(value, axes, 0)


def from_front(value: Any, axes: Axes) -> Any:
    """The result with its batch axis moved to where the caller wants it; None takes what all rows share."""
    if axes == 0:
        return value
    if isinstance(value, dict):
        return {k: from_front(v, a) for k, v, a in _children(value, axes)}
    if isinstance(value, list | tuple):
        parts = [from_front(v, a) for _, v, a in _children(value, axes)]
        return parts if isinstance(value, list) else type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value[0] if axes is None else np.moveaxis(value, 0, axes)


def vmap(
    fun: Callable[..., Any] | None = None,
    in_axes: int | None | Sequence[Any] = 0,
    out_axes: Any = 0,
    axis_name: str | None = None,
    axis_size: int | None = None,
    *,
    show_source: bool = False,
) -> Any:
    """`fun`, written for one example, as source for a batch of them.

    Args:
        fun: a Python function over NumPy or s2s arrays. Without it, a decorator is returned.
        in_axes: the axis of each argument that is batched, None for one that all examples share; one number for all
            arguments, or a sequence with one entry an argument, which may be a container like the argument.
        out_axes: where the results have the batch axis, likewise.
        axis_name: a name for the batch axis.
        axis_size: the number of examples, where no argument says it.
        show_source: print the emitted source at once.

    Raises:
        ValueError: at the call, if the batched axes differ in length or an argument lacks its axis.
    """
    if fun is None:
        return lambda f: vmap(f, in_axes, out_axes, axis_name, axis_size, show_source=show_source)
    transformed = Batched(fun, in_axes, out_axes, axis_size)
    if show_source:
        print(transformed.source, end="")
    return transformed


nested.MAKERS.add(vmap)
