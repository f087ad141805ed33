"""NumPy's array constructors with staged parts, which no NumPy protocol hands over to us."""

from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime import dtypes, views
from s2s.runtime.selections import Selected
from s2s.runtime.staging import Staged


def holds_staged(value: Any) -> bool:
    """Whether a staged value is in nested lists and tuples."""
    if getattr(value, "run", None) is not None:  # a list whose entries are in buffers
        return True
    if isinstance(value, list | tuple):
        return any(map(holds_staged, value))
    return type(value) in (Staged, Selected)


def _array(original: Callable[..., Any]) -> Callable[..., Any]:
    def array_of(object: Any, dtype: Any = None, **options: Any) -> Any:
        if not holds_staged(object):
            return original(object, dtype, **options)
        whole = object.stacked() if hasattr(object, "stacked") else None
        object = object if whole is None else whole
        if type(object) is Selected:
            return object if dtype is None else object.astype(dtype)
        ndmin = options.pop("ndmin", 0)
        _only_defaults(
            original, options, copy=(True, None, False), order=("K", "C", None), subok=(False, True), like=(None,)
        )
        copies = original is np.array and options.get("copy", True)
        made = _nested(object, np.dtype(dtype) if dtype is not None else _common_dtype(object))
        made = views.own(made) if made is object and (copies or not (made.aval.shape or made.is_array)) else made
        made.is_array = True
        return made.reshape((1,) * (ndmin - made.ndim) + made.shape) if ndmin > made.ndim else made

    array_of.__name__ = original.__name__
    return array_of


def as_array(value: Any) -> Any:
    """A list or tuple with staged parts as an array, as NumPy's functions take it; anything else as it is."""
    return CONSTRUCTORS[np.array](value) if isinstance(value, list | tuple) and holds_staged(value) else value


def _only_defaults(function: Callable[..., Any], given: dict[str, Any], **accepted: tuple[Any, ...]) -> None:
    """Options that change nothing for a staged array are accepted, others refused."""
    for name, value in given.items():
        if not any(value is ok or value == ok for ok in accepted.get(name, ())):
            raise NotImplementedError(f"np.{function.__name__} of staged values with {name}={value!r}")


def _nested(value: Any, dtype: np.dtype) -> Any:
    if isinstance(value, list | tuple):
        return np.stack([_nested(part, dtype) for part in value]) if holds_staged(value) else np.asarray(value, dtype)
    return _strong(value, dtype) if type(value) is Staged else np.asarray(value, dtype)


def _strong(value: Staged, dtype: np.dtype) -> Staged:
    cast = value if value.dtype == dtype else value.astype(dtype)
    return Staged(cast.value, cast.aval.strong(), cast.scope, origin=cast.origin) if cast.weak else cast


def _common_dtype(value: Any) -> np.dtype:
    """As `np.array` finds it: a Python scalar in a list counts with the dtype that it has standing alone."""
    if isinstance(value, list | tuple):
        return np.result_type(*map(_common_dtype, value))
    if type(value) in dtypes.SCALARS:
        return dtypes.scalar_dtype(value)
    return value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype


def full(shape: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    """`np.full`."""
    if not holds_staged(fill_value):
        return np.full(shape, fill_value, dtype, **options)
    return np.broadcast_to(CONSTRUCTORS[np.array](fill_value, dtype), shape)


def full_like(a: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    """`np.full_like`."""
    if not holds_staged(fill_value):
        return np.full_like(a, fill_value, dtype, **options)
    shape = options.get("shape")
    return full(np.shape(a) if shape is None else shape, fill_value, dtype or np.result_type(a))


def _sized(original: Callable[..., Any]) -> Callable[..., Any]:
    """A constructor whose sizes are to be known, which NumPy itself would report as of the wrong type."""

    def sized(*args: Any, **options: Any) -> Any:
        options |= {k: known_sizes(options[k]) for k in ("shape", "N", "M", "n") if k in options}
        return original(*map(known_sizes, args), **options)

    sized.__name__ = original.__name__
    return sized


def known_sizes(value: Any) -> Any:
    """A size, or a shape, whose numbers have to be known."""
    if type(value) is Staged and dtypes.is_integer(value.dtype):
        return value.__index__()
    return type(value)(map(known_sizes, value)) if type(value) in (tuple, list) else value


def is_scalar(element: Any) -> bool:
    """`np.isscalar`: true of Python scalars; a staged value of rank 0 that is none is refused."""
    if type(element) is not Staged:
        return np.isscalar(element)
    if element.ndim == 0 and not element.weak:
        raise TypeError("whether a staged value of rank 0 is a scalar is not known; ask np.ndim(x) == 0")
    return element.weak


def _cast(scalar_type: type) -> Callable[..., Any]:
    def cast(*values: Any) -> Any:
        if not values or not holds_staged(values[0]):
            return scalar_type(*values)
        return CONSTRUCTORS[np.array](values[0], scalar_type)

    cast.__name__ = scalar_type.__name__
    return cast


_SCALAR_TYPES = [np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]
_SCALAR_TYPES += [np.float16, np.float32, np.float64, np.complex64, np.complex128]


def stack(arrays: Any, axis: int = 0, **options: Any) -> Any:
    """`np.stack`, also of a list whose length staged conditions decide."""
    whole = arrays.stacked() if hasattr(arrays, "stacked") and not options and axis == 0 else None
    return np.stack(arrays, axis, **options) if whole is None else whole


CONSTRUCTORS: dict[Any, Callable[..., Any]] = {
    np.stack: stack,
    **{f: _array(f) for f in (np.array, np.asarray, np.asanyarray, np.ascontiguousarray)},
    **{t: _cast(t) for t in _SCALAR_TYPES},
    **{f: _sized(f) for f in (np.zeros, np.ones, np.empty, np.eye, np.identity, np.tri)},
    np.full: full,
    np.full_like: full_like,
    np.isscalar: is_scalar,
}
