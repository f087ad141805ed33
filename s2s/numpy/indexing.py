"""Choosing elements, finding their positions, and other functions that take more forms than a primitive."""

from typing import Any

import numpy as np

from s2s.numpy import conversion
from s2s.numpy.conversion import as_dtype, call, operand
from s2s.runtime import array
from s2s.runtime.array import Array
from s2s.runtime.primitives import table

__all__ = """
    argwhere astype clip divmod einsum flatnonzero float_power iscomplex isreal nonzero ravel_multi_index unique
    unravel_index where
""".split()


def where(condition: Any, x: Any = None, y: Any = None, /, *, size: int | None = None, fill_value: Any = None) -> Any:
    """x where the condition holds, else y, broadcast together; with the condition alone, `nonzero(condition)`."""
    if x is None and y is None:
        return nonzero(condition, size=size, fill_value=fill_value)
    if x is None or y is None:
        raise ValueError("where takes one or three arguments, not two")
    x, y = (v if type(v) in conversion.PYTHON_NUMBERS else operand(v) for v in (x, y))
    if type(x) in conversion.PYTHON_NUMBERS and type(y) in conversion.PYTHON_NUMBERS:
        x, y = operand(x), operand(y)
    return call("where", operand(condition), x, y)


def clip(arr: Any, /, min: Any = None, max: Any = None) -> Any:
    """`arr` cut off below at `min` and above at `max`; None is no bound."""
    return call("clip", operand(arr), conversion.optional(min), conversion.optional(max))


def astype(x: Any, dtype: Any, /, *, copy: bool = False, device: Any = None) -> Any:
    """`x` converted to a dtype."""
    return call("astype", operand(x), as_dtype(dtype))


def einsum(subscripts: str, /, *operands: Any, optimize: Any = "auto", precision: Any = None) -> Any:
    """Sum of products over the indices that `subscripts` names, as `numpy.einsum`."""
    return call("einsum", subscripts, *conversion.operands(*operands))


def float_power(x: Any, y: Any, /) -> Any:
    """x to the power y, integers in float32."""
    return call("power", *conversion.inexact_operands(x, y))


def divmod(x1: Any, x2: Any, /) -> tuple[Any, Any]:
    """Quotient, rounded down, and remainder."""
    x1, x2 = conversion.operands(x1, x2)
    return call("floor_divide", x1, x2), call("remainder", x1, x2)


def isreal(x: Any) -> Any:
    """Where the imaginary part is zero."""
    return call("equal", call("imag", operand(x)), 0)


def iscomplex(x: Any) -> Any:
    """Where the imaginary part is not zero."""
    return call("not_equal", call("imag", operand(x)), 0)


def nonzero(a: Any, *, size: int | None = None, fill_value: Any = None) -> tuple[Any, ...]:
    """The indices of the elements that are not zero, one int32 array per axis.

    Their number depends on the values: while a function is staged `size` must be given. Then as many indices are given,
    cut off or filled with `fill_value` (0).
    """
    a = operand(a)
    if size is None:
        return tuple(array.from_host(i.astype(np.int32)) for i in np.nonzero(_values(a, "nonzero")))
    flat = call("ravel", call("not_equal", a, 0))
    order = call("argsort", call("logical_not", flat), kind="stable")[:size]
    found = np.arange(len(order)) < call("sum", flat)
    return tuple(_filled(found, i, size, fill_value) for i in unravel_index(order, a.shape))


def _filled(found: Any, index: Any, size: int, fill_value: Any) -> Any:
    fill = 0 if fill_value is None else fill_value
    kept = call("astype", call("where", found, index, fill), np.int32)
    return call("pad", kept, (0, size - kept.shape[0]), constant_values=fill)


def _values(a: Any, name: str) -> np.ndarray:
    if type(a) is not Array:
        raise a._unknown(f"the number of results of {name}", "give size=, or use where with three arguments")
    return np.asarray(a)


def flatnonzero(a: Any, *, size: int | None = None, fill_value: Any = None) -> Any:
    """The indices of the elements of the flattened `a` that are not zero; see `nonzero`."""
    return nonzero(call("ravel", operand(a)), size=size, fill_value=fill_value)[0]


def argwhere(a: Any, *, size: int | None = None, fill_value: Any = None) -> Any:
    """The indices of the elements that are not zero, one row each; see `nonzero`."""
    return call("stack", nonzero(a, size=size, fill_value=fill_value), axis=-1)


def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """Indices of the flattened array as indices into an array of that shape."""
    found, rest = [], operand(indices)
    for n in reversed(tuple(shape)):
        found.append(call("remainder", rest, n))
        rest = call("floor_divide", rest, n)
    return tuple(reversed(found))


def ravel_multi_index(multi_index: Any, dims: Any) -> Any:
    """Indices into an array of shape `dims` as indices of the flattened array."""
    flat = operand(multi_index[0])
    for index, n in zip(multi_index[1:], tuple(dims)[1:], strict=True):
        flat = flat * n + operand(index)
    return flat


def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
) -> Any:
    """The sorted distinct elements, and as asked for their first positions, the inverse and the counts.

    Their number depends on the values, so it is refused while a function is staged.
    """
    host = _values(operand(ar), "unique")
    found = np.unique(host, return_index, return_inverse, return_counts, axis, equal_nan=equal_nan)
    if not isinstance(found, tuple):
        return array.from_host(found)
    return tuple(array.from_host(x if i == 0 else x.astype(np.int32)) for i, x in enumerate(found))


for _function, _name in ((astype, "astype"), (einsum, "einsum"), (float_power, "power"), (clip, "clip")):
    table.recognise(_function, _name)
table.recognise(where, "where", count=3)
table.recognise(where, "nonzero", count=1)
