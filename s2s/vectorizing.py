"""vectorize: functions of numbers, or of arrays of fixed ranks, for arrays with any axes in front."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from s2s.codegen import transform
from s2s.codegen.batching.vectorized import vectorized
from s2s.codegen.functions import nested
from s2s.codegen.inference import kinds
from s2s.codegen.inference.assumptions import kinds_of_batches
from s2s.codegen.inference.kinds import Kind, Numeric
from s2s.codegen.reading.source import FunctionSource
from s2s.transformed import Transformed, cached_source, refuse_shared, run, source_of

Dimensions = list[tuple[str, ...]]
_ARGUMENT = r"\((?:\w+(?:,\w+)*)?\)"
_SIGNATURE = re.compile(rf"^{_ARGUMENT}(?:,{_ARGUMENT})*->{_ARGUMENT}(?:,{_ARGUMENT})*$")


class Vectorized(Transformed):
    """A function over the loop axes of its arguments."""

    transformation = "vectorize"
    assumption = staticmethod(kinds_of_batches)

    def __init__(self, function: Callable[..., Any], excluded: Collection[int | str], signature: str | None):
        super().__init__(function)
        self.excluded = set(excluded)
        self.dimensions = None if signature is None else parsed_signature(signature)

    def looped(self, names: list[str]) -> dict[str, tuple[str, ...]]:
        """The vectorized parameters, with the names of the axes that the function sees."""
        taken = [n for i, n in enumerate(names) if i not in self.excluded and n not in self.excluded]
        if self.dimensions is None:
            return dict.fromkeys(taken, ())
        inputs = self.dimensions[0]
        if len(inputs) > len(taken):
            raise TypeError(f"{self!r}: the signature names {len(inputs)} arguments, but there are {len(taken)}")
        return dict(zip(taken, inputs, strict=False))

    def differentiated(self, names: list[str], values: Any) -> set[str]:
        return set(self.looped(names))

    def kinds_of(self, bound: Mapping[str, Any]) -> dict[str, Kind]:
        axes = self.looped([n for n in self.names() if n in bound])
        _check_dimensions(axes, {n: np.shape(bound[n]) for n in axes})
        looped = {n for n, core in axes.items() if np.ndim(bound[n]) > len(core)}
        given = {n: Numeric(True, scalar=not axes[n]) if n in looped else _shared(v) for n, v in bound.items()}
        return self.all_kinds(given)

    def write(self, source: FunctionSource, arguments: dict[str, Kind], shapes: Any = None) -> transform.Result:
        axes = self.looped(self.names())
        return vectorized(source, arguments, {n: len(core) for n, core in axes.items()})

    def emitted_source(self, arguments: dict[str, Kind], bound: Mapping[str, Any] | None = None) -> FunctionSource:
        if bound is None:
            axes = self.looped(self.names())
            arguments = {n: _looped(k, axes[n]) if n in axes else _inactive(k) for n, k in arguments.items()}
        else:
            arguments = self.kinds_of(bound)
        if not any(map(kinds.is_active, arguments.values())):
            return source_of(self.function, bound, arguments)
        return cached_source(self.result_for(arguments, bound).function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.variant(len(args), kwargs).call(args, kwargs)

    def call(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        bound = self.bind(args, kwargs)
        arguments = self.kinds_of(bound)
        if not any(map(kinds.is_active, arguments.values())):
            return run(self.function, *args, **kwargs)
        result = self.result_for(arguments, bound)
        refuse_shared(result, bound)
        with np.errstate(all="ignore"):  # rows also go through branches that they do not take
            return run(result.function, *self.with_bound(args), **kwargs)


def _shared(value: Any) -> Kind:
    return kinds.of_value(value, active=False)


def _inactive(kind: Kind) -> Kind:
    return kinds.with_activity(kind, False)


def _looped(kind: Kind, core: tuple[str, ...]) -> Kind:
    """What is known of an argument only as text: a number has no loop axes, an array may have some."""
    is_number = isinstance(kind, Numeric) and kind.scalar
    return _inactive(kind) if is_number else Numeric(True, scalar=not core)


def parsed_signature(text: str) -> tuple[Dimensions, Dimensions]:
    """The axes' names of all arguments, and of all results.

    Raises:
        ValueError: the text is no signature like `(n,m),(m)->(n)`.
    """
    compact = text.replace(" ", "")
    if not _SIGNATURE.match(compact):
        raise ValueError(f"{text!r} is not a signature; write one like '(n,m),(m)->(n)'")
    sides = [re.findall(_ARGUMENT, side) for side in compact.split("->")]
    inputs, outputs = ([tuple(a[1:-1].split(",")) if a != "()" else () for a in side] for side in sides)
    return inputs, outputs


def _check_dimensions(axes: Mapping[str, tuple[str, ...]], shapes: Mapping[str, tuple[int, ...]]) -> None:
    sizes: dict[str, int] = {}
    for name, core in axes.items():
        shape = shapes[name]
        if len(shape) < len(core):
            raise ValueError(f"the argument {name!r} of shape {shape} needs the axes ({', '.join(core)})")
        for axis, size in zip(core, shape[len(shape) - len(core) :], strict=True):
            expected = int(axis) if axis.isdigit() else sizes.setdefault(axis, size)
            if size != expected:
                raise ValueError(f"the axis {axis!r} of the argument {name!r} has length {size}, not {expected}")


def vectorize(
    pyfunc: Callable[..., Any] | None = None,
    *,
    excluded: Collection[int | str] = frozenset(),
    signature: str | None = None,
) -> Any:
    """`pyfunc` over all axes that its arguments have in front of those that it takes, broadcast against each other.

    Args:
        pyfunc: a function of numbers, or of arrays with the axes that `signature` names. Without it, a decorator is
            returned.
        excluded: positions or names of arguments that are passed on as they are.
        signature: such as `"(n,m),(m)->(n)"`; without it, all arguments and results are numbers.

    Raises:
        ValueError: `signature` does not parse, or at the call, the axes do not fit it or each other.
    """
    if pyfunc is None:
        return lambda f: vectorize(f, excluded=excluded, signature=signature)
    return Vectorized(pyfunc, excluded, signature)


nested.MAKERS.add(vectorize)
