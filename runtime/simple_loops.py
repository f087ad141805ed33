"""Loops that the runtime itself builds around iterations of the user's."""

from collections.abc import Callable, Sequence

from s2s.runtime import dtypes, hlo, in_place
from s2s.runtime.adapter import ir
from s2s.runtime.regions import Region
from s2s.runtime.staging import Staged, like

Values = Sequence[Staged]


def index(value: int) -> Staged:
    """An int64 of rank 0."""
    return hlo.scalar(value, dtypes.int64)


def while_less(
    end: Callable[[Staged, Values], Staged],
    first: Staged,
    values: Values,
    step: Callable[[Staged, Values], Values],
    writes: bool = True,
) -> list[Staged]:
    """`k, values = first, ...; while k < end(k, values): values = step(k, values); k += 1`: all of them afterwards.

    `first` is not negative: by that, what `step` reads of an array is kept before what it writes there.
    """
    values = [first, *values]
    avals = [value.aval for value in values]
    test, body = Region(avals), Region(avals)
    with test.building():
        k, *rest = test.arguments
        test.finish([hlo.compare(k, end(k, rest), "LT").value])
    with body.building():
        k, *rest = body.arguments
        made = step(k, rest)
        body.finish([hlo.add(k, index(1)).value, *(value.value for value in made)])
        if writes:
            in_place.keep(body.scope.block)
    starts = [value.value for value in values]
    op = ir.Operation.create("stablehlo.while", [start.type for start in starts], starts, regions=2)
    test.move_to(op.regions[0])
    body.move_to(op.regions[1])
    return [like(value, aval) for value, aval in zip(op.results, avals, strict=True)]


def repeated(count: Staged, values: Values, step: Callable[[Staged, Values], Values]) -> list[Staged]:
    """`for k in range(count): values = step(k, values)`, where a step reads of an array before it writes there."""
    return while_less(lambda k, _: count, index(0), values, step, writes=False)[1:]


def ceil_divide(a: Staged, b: Staged) -> Staged:
    """Rounded up; `a` is not negative, `b` is positive."""
    return hlo.divide(hlo.add(a, hlo.subtract(b, index(1))), b)


def row(buffer: Staged, place: Staged) -> Staged:
    """One row of an array."""
    starts = [place, *[index(0)] * (buffer.ndim - 1)]
    return hlo.reshape(hlo.dynamic_slice(buffer, starts, (1, *buffer.shape[1:])), buffer.shape[1:])


def with_rows(buffer: Staged, rows: Staged, place: Staged) -> Staged:
    """An array with some rows written."""
    return hlo.dynamic_update_slice(buffer, rows, [place, *[index(0)] * (buffer.ndim - 1)])
