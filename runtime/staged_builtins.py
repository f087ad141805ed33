"""Python's builtins on staged values: the same results, as staged values."""

import builtins
import numbers
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from s2s.runtime import dtypes
from s2s.runtime.aval import Aval
from s2s.runtime.early_ends import asked
from s2s.runtime.errors import at_user_line
from s2s.runtime.linear_forms import bounds
from s2s.runtime.ordering import are_staged, places, reordered, sorted_
from s2s.runtime.selections import Length, Selected
from s2s.runtime.staging import Staged


def any_staged(values: Iterable[Any]) -> bool:
    """Whether one of the values is staged."""
    return any(type(value) is Staged for value in values)


def as_python_scalar(x: Staged, example: bool | int | float | complex) -> Staged:
    """`x` as a Python scalar of the example's type: rank 0 and weak, as `float(x)` is in Python."""
    if x.size != 1:
        name = type(example).__name__
        raise TypeError(f"only an array of one element has a {name}, this one has shape {x.shape}{at_user_line()}")
    dtype = dtypes.scalar_dtype(example)
    cast = x.reshape(()) if x.ndim else x
    cast = cast if cast.dtype == dtype else cast.astype(dtype)
    if cast.weak:
        return cast
    made = Staged(cast.value, Aval((), dtype, True), cast.scope, origin=x.origin)
    made.bounds, made.form = (cast.bounds, cast.form) if cast is x else (None, None)
    return made


def to_float(x: Any = 0.0) -> Any:
    """`float(x)`."""
    return as_python_scalar(x, 0.0) if type(x) is Staged else float(x)


def to_int(x: Any = 0, *base: Any) -> Any:
    """`int(x)`: the fraction is dropped."""
    return as_python_scalar(_truncated(x), 0) if type(x) is Staged else int(x, *base)


def to_bool(x: Any = False) -> Any:
    """`bool(x)`: whether x is not zero."""
    return as_python_scalar(np.not_equal(x, 0), False) if type(x) is Staged else bool(x)


def to_complex(*parts: Any) -> Any:
    """`complex(real, imag)`."""
    if not any_staged(parts):
        return complex(*parts)
    real, imag = (*parts, None)[:2] if len(parts) < 2 else parts
    whole = real if imag is None else real + 1j * imag
    return as_python_scalar(whole, 0j)


def rounded(number: Any, ndigits: Any = None) -> Any:
    """`round(x)`, half to even; an int without `ndigits`."""
    if type(number) is not Staged:
        return round(number, ndigits)
    if ndigits is None:
        return as_python_scalar(np.rint(number), 0) if number.dtype.kind == "f" else to_int(number)
    if number.weak:
        raise NotImplementedError(f"round of a staged Python float to digits{at_user_line()}; use np.round(x, digits)")
    return np.round(number, ndigits)


def largest(*args: Any, **options: Any) -> Any:
    """`max` as Python defines it: the first of the largest, where a NaN compares false."""
    return _extremum(builtins.max, lambda a, b: a > b, np.max, args, options)


def smallest(*args: Any, **options: Any) -> Any:
    """`min` as Python defines it: the first of the smallest, where a NaN compares false."""
    found = _extremum(builtins.min, lambda a, b: a < b, np.min, args, options)
    if type(found) is Staged and len(args) > 1 and found.ndim == 0 and found.dtype == dtypes.int64:
        found.limits = args
        ends = [bounds(a) for a in args]
        highs = [end[1] for end in ends if end is not None]
        lows = [np.iinfo(np.int64).min if end is None else end[0] for end in ends]
        found.bounds = (builtins.min(lows), builtins.min(highs)) if highs else None
    return found


def total(values: Any, /, start: Any = 0) -> Any:
    """`sum`; that of a staged array is one reduction over its first axis."""
    values = _stacked(values)
    if type(values) not in (Staged, Selected):
        return sum(values, start)
    return np.sum(values, axis=0) + start


def _stacked(values: Any) -> Any:
    """A staged list's entries as one array, where they are; anything else as it is."""
    whole = values.stacked() if hasattr(values, "stacked") else None
    return values if whole is None else whole


def length_of(values: Any, /) -> Any:
    """`len`; a staged int where a staged mask or condition decides how many elements there are."""
    if type(values) is Selected:
        return Length(values.valid).count
    return values.length() if hasattr(values, "stacked") and hasattr(values, "length") else len(values)


def any_of(values: Iterable[Any], /) -> Any:
    """`any`; a staged bool if one of the values is staged."""
    return _truth(builtins.any, np.logical_or, np.any, values)


def all_of(values: Iterable[Any], /) -> Any:
    """`all`; a staged bool if one of the values is staged."""
    return _truth(builtins.all, np.logical_and, np.all, values)


def quotient_and_remainder(x: Any, y: Any, /) -> Any:
    """`divmod`."""
    return (x // y, x % y) if any_staged((x, y)) else divmod(x, y)


def is_instance(value: Any, classes: Any, /) -> bool:
    """`isinstance`: a staged array answers as the NumPy array or Python scalar that it stands for."""
    return isinstance(value, classes) if type(value) is not Staged else issubclass(stands_for(value, classes), classes)


def type_of(value: Any, /, *rest: Any) -> type:
    """`type(x)`: of a staged array, the type that it stands for."""
    return type(value, *rest) if rest or type(value) is not Staged else stands_for(value, "type(...)")


def stands_for(value: Staged, asked: Any = None) -> type:
    """The type that a staged value has when the code runs in Python: float, int, bool, complex or numpy.ndarray.

    A strong value of rank 0 may be a NumPy scalar or an array, so a question that tells them apart is refused.
    """
    if value.weak:
        return type(value.dtype.type(0).item())
    if value.ndim or not _tells_apart(asked, value.dtype.type):
        return np.ndarray
    raise TypeError(
        f"whether a {value.aval!r} is an array or a scalar is not known while staging{at_user_line()}; "
        "ask np.ndim(x) == 0, or use np.result_type"
    )


def _tells_apart(classes: Any, scalar: type) -> bool:
    try:
        return issubclass(np.ndarray, classes) != issubclass(scalar, classes)
    except TypeError:
        return True


def _truncated(x: Staged) -> Staged:
    return np.trunc(x) if x.dtype.kind == "f" else x


def _extremum(original: Callable, better: Callable, reduction: Callable, args: tuple, options: dict[str, Any]) -> Any:
    args = tuple(map(_stacked, args)) if len(args) == 1 else args
    if options.get("key") is None and len(args) == 1 and type(args[0]) is Selected:
        return reduction(args[0])
    if options.get("key") is None and len(args) == 1 and type(args[0]) is Staged and args[0].ndim == 1:
        return _extremum_of_array(args[0], reduction, original is builtins.max)
    args = tuple(args[0]) if len(args) == 1 else args
    if options.get("key") is not None or any(isinstance(entry, list | tuple) for entry in args):
        return _extremum_by_key(original, args, options)
    if not any_staged(args):
        return original(args, **options)
    best = args[0]
    for value in args[1:]:
        best = np.where(better(value, best), value, best)
    return best


def _extremum_by_key(original: Callable, entries: tuple, options: dict[str, Any]) -> Any:
    keys = [options["key"](entry) for entry in entries] if options.get("key") is not None else list(entries)
    if not are_staged(keys):
        return original(entries, **options)
    return reordered(entries, places(keys, original is builtins.max)[:1])[0]


def _extremum_of_array(x: Staged, reduction: Callable, largest: bool) -> Any:
    """Of a NaN only the first element counts: every comparison with it is false."""
    if x.size == 0:
        raise ValueError(f"the {'largest' if largest else 'smallest'} of no elements{at_user_line()}")
    if x.dtype.kind != "f":
        return reduction(x)
    ignored = np.where(np.isnan(x), -np.inf if largest else np.inf, x)
    return np.where(np.isnan(x[0]), x[0], reduction(ignored))


def _truth(original: Callable, combine: Callable, reduction: Callable, values: Any) -> Any:
    if type(values) is Staged and values.ndim == 1:
        return as_python_scalar(reduction(values), False)
    values = _stacked(values)
    if type(values) is Selected:
        return as_python_scalar(reduction(values), False)
    values = asked(values, deciding=original is builtins.any)
    if not any_staged(values):
        return original(values)
    answer = to_bool(values[0])
    for value in values[1:]:
        answer = combine(answer, to_bool(value))
    return answer


# Classes that a staged value may stand for; `isinstance` with others answers as it is.
ARRAY_CLASSES = (np.ndarray, np.generic, numbers.Number, float, int, bool, complex)

BUILTINS: dict[Any, Callable[..., Any]] = {
    float: to_float,
    int: to_int,
    bool: to_bool,
    complex: to_complex,
    round: rounded,
    max: largest,
    min: smallest,
    sum: total,
    len: length_of,
    sorted: sorted_,
    any: any_of,
    all: all_of,
    divmod: quotient_and_remainder,
    isinstance: is_instance,
    type: type_of,
}
