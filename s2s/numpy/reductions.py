"""Reductions. `where` takes only some elements, `initial` is one more element."""

from typing import Any

import numpy as np

from s2s.numpy import conversion
from s2s.numpy.axes import Axis
from s2s.numpy.conversion import call, operand
from s2s.numpy.wrappers import only_default
from s2s.runtime.primitives import table


def sum(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
    promote_integers: bool = True,
) -> Any:
    """Sum over `axis` (all by default). Small integers are summed in their own dtype with promote_integers=False."""
    only_default("sum", "out", out, None)
    a = _masked(operand(a), where, 0)
    total = call("sum", a, axis, _sum_dtype(a, dtype, promote_integers), keepdims=keepdims)
    return total if initial is None else total + initial


def prod(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
    promote_integers: bool = True,
) -> Any:
    """Product over `axis` (all by default)."""
    only_default("prod", "out", out, None)
    a = _masked(operand(a), where, 1)
    product = call("prod", a, axis, _sum_dtype(a, dtype, promote_integers), keepdims=keepdims)
    return product if initial is None else product * initial


def _sum_dtype(a: Any, dtype: Any, promote_integers: bool) -> Any:
    """As in the peer, integers of up to 32 bits are summed in 32 bits."""
    if dtype is not None:
        return conversion.as_dtype(dtype)
    if a.dtype.kind not in "biu":
        return None
    if not promote_integers:
        return a.dtype
    return np.promote_types(a.dtype, np.uint32 if a.dtype.kind == "u" else np.int32)


def cumsum(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    """Cumulative sum along `axis`, or of the flattened array."""
    only_default("cumsum", "out", out, None)
    a = operand(a)
    return call("cumsum", a, axis, _sum_dtype(a, dtype, True))


def cumprod(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    """Cumulative product along `axis`, or of the flattened array."""
    only_default("cumprod", "out", out, None)
    a = operand(a)
    return call("cumprod", a, axis, _sum_dtype(a, dtype, True))


def max(
    a: Any, axis: Axis = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = None
) -> Any:
    """Largest element over `axis` (all by default); `where` needs `initial`."""
    only_default("max", "out", out, None)
    a = _masked_extreme("max", operand(a), where, initial)
    largest = call("max", a, axis, keepdims=keepdims)
    return largest if initial is None else call("maximum", largest, initial)


def min(
    a: Any, axis: Axis = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = None
) -> Any:
    """Smallest element over `axis` (all by default); `where` needs `initial`."""
    only_default("min", "out", out, None)
    a = _masked_extreme("min", operand(a), where, initial)
    smallest = call("min", a, axis, keepdims=keepdims)
    return smallest if initial is None else call("minimum", smallest, initial)


def mean(
    a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False, *, where: Any = None
) -> Any:
    """Mean over `axis` (all by default); integers are averaged in float32."""
    only_default("mean", "out", out, None)
    a = _inexact(a, dtype)
    if where is None:
        return call("mean", a, axis, keepdims=keepdims)
    return sum(a, axis, keepdims=keepdims, where=where) / _count(a, axis, where, keepdims)


def var(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: int = 0,
    keepdims: bool = False,
    *,
    where: Any = None,
    correction: int | None = None,
) -> Any:
    """Variance over `axis` (all by default), with divisor (number of elements - ddof)."""
    only_default("var", "out", out, None)
    a, ddof = _inexact(a, dtype), ddof if correction is None else correction
    if where is None:
        return call("var", a, axis, ddof=ddof, keepdims=keepdims)
    centred = a - mean(a, axis, keepdims=True, where=where)
    squares = call("real", centred * call("conjugate", centred))
    return sum(squares, axis, keepdims=keepdims, where=where) / (_count(a, axis, where, keepdims) - ddof)


def std(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: int = 0,
    keepdims: bool = False,
    *,
    where: Any = None,
    correction: int | None = None,
) -> Any:
    """Square root of `var`."""
    only_default("std", "out", out, None)
    a, ddof = _inexact(a, dtype), ddof if correction is None else correction
    if where is None:
        return call("std", a, axis, ddof=ddof, keepdims=keepdims)
    return call("sqrt", var(a, axis, ddof=ddof, keepdims=keepdims, where=where))


def any(a: Any, axis: Axis = None, out: None = None, keepdims: bool = False, *, where: Any = None) -> Any:
    """Whether any element over `axis` (all by default) is true."""
    only_default("any", "out", out, None)
    return call("any", _masked(operand(a), where, False), axis, keepdims=keepdims)


def all(a: Any, axis: Axis = None, out: None = None, keepdims: bool = False, *, where: Any = None) -> Any:
    """Whether all elements over `axis` (all by default) are true."""
    only_default("all", "out", out, None)
    return call("all", _masked(operand(a), where, True), axis, keepdims=keepdims)


def _inexact(a: Any, dtype: Any) -> Any:
    return conversion.inexact(a) if dtype is None else call("astype", operand(a), conversion.as_dtype(dtype))


def _masked(a: Any, where: Any, neutral: Any) -> Any:
    """`a` with the neutral element of a reduction outside of `where`."""
    return a if where is None else call("where", where, a, call("full_like", a, neutral))


def _masked_extreme(name: str, a: Any, where: Any, initial: Any) -> Any:
    if where is not None and initial is None:
        raise ValueError(f"{name} with where= needs initial=, the result where no element is taken")
    return _masked(a, where, initial)


def _count(a: Any, axis: Axis, where: Any, keepdims: bool) -> Any:
    """How many elements `where` takes, in the dtype of `a`."""
    taken = call("where", where, call("ones_like", a), call("zeros_like", a))
    return call("sum", taken, axis, keepdims=keepdims)


for _function in (sum, prod, cumsum, cumprod, max, min, mean, var, std, any, all):
    table.recognise(_function, _function.__name__)

amax, amin = max, min
__all__ = ["all", "amax", "amin", "any", "cumprod", "cumsum", "max", "mean", "min", "prod", "std", "sum", "var"]
