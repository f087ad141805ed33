"""Reductions and products of what a staged mask selects: rows that do not count take the value that changes nothing."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s.runtime.host_calls import fail_unless
from s2s.runtime.selections import Length, Selected, aligned, apply, axes_of, rule, unknown

_NEUTRAL = {
    "sum": 0, "prod": 1, "any": False, "all": True, "count_nonzero": 0, "cumsum": 0, "cumprod": 1, "norm": 0,
    "norm_of_all": 0,
}  # fmt: skip
_EXTREMES = {"max": -1, "min": 1, "argmax": -1, "argmin": 1, "logsumexp": -1, "softmax": -1, "sort": 1, "argsort": 1}


def _fill_of(name: str, dtype: np.dtype) -> Any:
    if name in _NEUTRAL:
        return _NEUTRAL[name]
    if dtype.kind == "f":
        return _EXTREMES[name] * np.inf
    if dtype.kind == "b":
        return _EXTREMES[name] > 0
    return np.iinfo(dtype).min if _EXTREMES[name] < 0 else np.iinfo(dtype).max


@rule("sum", "prod", "any", "all", "count_nonzero", "norm", "norm_of_all", "logsumexp", "max", "min")
def _reduction(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    (x,) = operands
    if 0 not in axes_of(x, static):
        return Selected(apply(primitive, x.array, **static), x.valid, x.packed)
    if primitive.name in ("max", "min"):
        message = f"zero-size array to reduction operation {primitive.name}imum which has no identity"
        fail_unless(np.any(x.valid), ValueError(message))
    return apply(primitive, x.filled(_fill_of(primitive.name, x.array.dtype)), **static)


@rule("mean")
def _mean(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    (x,) = operands
    axes = axes_of(x, static)
    if 0 not in axes:
        return Selected(apply(primitive, x.array, **static), x.valid, x.packed)
    count = Length(x.valid).count * int(np.prod([x.array.shape[a] for a in axes if a]))
    return np.sum(x, **static) / count


@rule("var", "std")
def _variance(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    (x,) = operands
    options = dict(static)
    ddof, keepdims = options.pop("ddof", 0), options.pop("keepdims", False)
    axes = axes_of(x, options)
    if 0 not in axes or options.keys() - {"axis"}:
        return Selected(apply(primitive, x.array, **static), x.valid, x.packed)
    off = x - np.mean(x, axis=axes, keepdims=True)
    count = Length(x.valid).count * int(np.prod([x.array.shape[a] for a in axes if a]))
    variance = np.sum(off * off, axis=axes, keepdims=keepdims) / (count - ddof)
    return variance if primitive.name == "var" else np.sqrt(variance)


@rule("argmax", "argmin")
def _place_of_extreme(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    (x,) = operands
    if 0 not in axes_of(x, static):
        return Selected(apply(primitive, x.array, **static), x.valid, x.packed)
    fail_unless(np.any(x.valid), ValueError(f"attempt to get {primitive.name} of an empty sequence"))
    x = x.rows()
    return apply(primitive, x.filled(_fill_of(primitive.name, x.array.dtype)), **static)


@rule("cumsum", "cumprod", "softmax")
def _along(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    (x,) = operands
    if static.get("axis", None) is None and x.array.ndim > 1:
        raise unknown(f"the shape of what a mask selects, by {primitive.name},")
    made = apply(primitive, x.filled(_fill_of(primitive.name, x.array.dtype)), **static)
    return Selected(made, x.valid, x.packed)


@rule("sort", "argsort")
def _sorted(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    x = operands[0].rows()
    made = apply(primitive, x.filled(_fill_of(primitive.name, x.array.dtype)), **static)
    return Selected(made, x.valid, True)


@rule("take_along_axis")
def _taken_along(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    x, order = operands
    if type(x) is not Selected or type(order) is not Selected or axes_of(x, {"axis": -1} | static) != (0,):
        raise unknown(f"the shape of what a mask selects, by {primitive.name},")
    return Selected(apply(primitive, x.rows().array, order.rows().array, **static), x.rows().valid, True)


def taken_along_bar(g: Selected, x: Selected, order: Selected) -> Selected:
    """The cotangent of `x`, of one axis, in `np.take_along_axis(x, order)`."""
    packed, order = x.rows(), order.rows()
    behind = np.where(order.valid, order.array, order.array.shape[0])
    return Selected(np.zeros_like(packed.array).at[behind].add(g.rows().array), packed.valid, True)


# Products ------------------------------------------------------------------------------------------------------------


@rule("dot", "matmul", "vdot", "inner")
def _product(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    (a, b), first = aligned(operands)
    if type(a) is Selected and type(b) is Selected and a.array.ndim == 1:
        return apply(primitive, a.filled(0), b.filled(0), **static)
    if type(b) is Selected or a.array.ndim < 2 or np.ndim(b) == 0:
        raise unknown(f"the shape of what a mask selects, by {primitive.name},")
    return Selected(apply(primitive, a.array, b, **static), first.valid, first.packed)


def lhs_bar(g: Any, shape: Sequence[Any], rhs: Any) -> Any:
    """The cotangent of `lhs`, of shape `shape`, in `lhs @ rhs`, where rows are selected."""
    if len(shape) == 1:
        return g * rhs if np.ndim(rhs) == 1 else rhs @ g
    return g[:, None] * rhs if np.ndim(rhs) == 1 else g @ np.transpose(rhs)


def rhs_bar(g: Any, lhs: Any, shape: Sequence[Any]) -> Any:
    """The cotangent of `rhs`, of shape `shape`, in `lhs @ rhs`, where rows are selected."""
    if np.ndim(lhs) == 1:
        return g * lhs if len(shape) == 1 else lhs[:, None] * g
    (g, lhs), _ = aligned([g, lhs])
    return np.transpose(lhs.filled(0)) @ g.filled(0)


def each_other(function: Callable[[Any], Any], a: Selected, neutral: Any) -> Selected:
    """A function of all rows, whose result has as many, where `neutral` changes nothing."""
    return Selected(function(a.filled(neutral)), a.valid, a.packed)
