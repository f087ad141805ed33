"""Functions of `math` on staged scalars: those of Python on Python floats, else float64 arithmetic by NumPy's name."""

import functools
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from s2s.runtime.dispatch import bind
from s2s.runtime.primitives.table import lookup
from s2s.runtime.staged_builtins import any_staged, to_bool, to_float, to_int
from s2s.runtime.staging import Staged

_BY_NUMPY_NAME = {
    **{name: name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log2", "log10", "log1p")},
    **{name: name for name in ("sqrt", "fabs", "fmod", "copysign", "exp2", "cbrt", "degrees", "radians", "ldexp")},
    **{"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "pow": "power"},
    **{"asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh"},
}


def _elementwise(original: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def on_scalars(*operands: Any) -> Any:
        if not any_staged(operands):
            return original(*operands)
        return function(*map(to_float, operands))

    return on_scalars


def _predicate(original: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def on_scalar(x: Any) -> Any:
        return to_bool(function(to_float(x))) if type(x) is Staged else original(x)

    return on_scalar


def _rounding(original: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def on_scalar(x: Any) -> Any:
        return to_int(function(to_float(x))) if type(x) is Staged else original(x)

    return on_scalar


def _special(original: Callable[..., Any]) -> Callable[..., Any]:
    """Functions that NumPy does not have, through their primitive."""

    @functools.wraps(original)
    def on_scalar(x: Any) -> Any:
        if type(x) is not Staged:
            return original(x)
        primitive = lookup(original)
        if primitive is None:
            raise NotImplementedError(f"math.{original.__name__} of a staged value is not supported")
        return bind(primitive, to_float(x))

    return on_scalar


def _log(x: Any, *base: Any) -> Any:
    if not any_staged((x, *base)):
        return math.log(x, *base)
    logarithm = np.log(to_float(x))
    return logarithm / _log(to_float(base[0])) if base else logarithm


def _hypot(*coordinates: Any) -> Any:
    if not any_staged(coordinates):
        return math.hypot(*coordinates)
    return functools.reduce(np.hypot, map(to_float, coordinates))


def _fsum(values: Iterable[Any]) -> Any:
    values = list(values)
    return sum(map(to_float, values)) if any_staged(values) else math.fsum(values)


def _prod(values: Iterable[Any], *, start: Any = 1) -> Any:
    values = list(values)
    if not any_staged([*values, start]):
        return math.prod(values, start=start)
    return functools.reduce(lambda product, value: product * value, values, start)


MATH: dict[Any, Callable[..., Any]] = {
    **{getattr(math, n): _elementwise(getattr(math, n), getattr(np, to)) for n, to in _BY_NUMPY_NAME.items()},
    **{getattr(math, n): _predicate(getattr(math, n), getattr(np, n)) for n in ("isnan", "isinf", "isfinite")},
    **{getattr(math, n): _rounding(getattr(math, n), getattr(np, n)) for n in ("floor", "ceil", "trunc")},
    **{getattr(math, n): _special(getattr(math, n)) for n in ("erf", "erfc", "gamma", "lgamma")},
    math.log: _log,
    math.hypot: _hypot,
    math.fsum: _fsum,
    math.prod: _prod,
}
