"""How arguments of `s2s.numpy` become arrays: NumPy data keeps its dtype, Python numbers become float32 and int32."""

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from s2s.runtime import array, dtypes, errors
from s2s.runtime.array import Array
from s2s.runtime.dispatch import apply
from s2s.runtime.primitives import table
from s2s.runtime.staging import Staged

PYTHON_NUMBERS = (bool, int, float, complex)
# What Python's own types mean here, as types of numbers and as dtypes.
DEFAULTS: dict[Any, np.dtype] = {
    bool: np.dtype(np.bool_),
    int: np.dtype(np.int32),
    float: np.dtype(np.float32),
    complex: np.dtype(np.complex64),
}
_NARROWED = {np.dtype(np.int64): DEFAULTS[int], np.dtype(np.float64): DEFAULTS[float]}
_NARROWED[np.dtype(np.complex128)] = DEFAULTS[complex]


def call(name: str, *args: Any, **kwargs: Any) -> Any:
    """Applies the primitive `name`."""
    return apply(table.PRIMITIVES[name], args, kwargs)


def as_dtype(dtype: Any) -> np.dtype:
    """A dtype as it is meant here: `float` is float32, `"float64"` is float64. TypeError if no device holds it."""
    return DEFAULTS[dtype] if isinstance(dtype, type) and dtype in PYTHON_NUMBERS else dtypes.canonical(dtype)


def operand(x: Any) -> Any:
    """`x` as an array: what is one stays as it is, NumPy data moves to the device, Python numbers stay weak."""
    kind = type(x)
    if kind is Array or kind is Staged:
        return x
    if kind in PYTHON_NUMBERS:
        return array.from_host(_fitting(np.asarray(x)), weak=True)
    if isinstance(x, np.ndarray | np.generic):
        return array.from_host(x)
    return from_nested(x)


def optional(x: Any) -> Any:
    """As `operand`, but Python numbers, None and the like stay what they are."""
    return x if x is None or isinstance(x, PYTHON_NUMBERS + (str,)) and not isinstance(x, np.generic) else operand(x)


def operands(*xs: Any) -> list[Any]:
    """Operands of one operation: Python numbers stay as they are beside an array, among themselves the first is one."""
    converted = [x if type(x) in PYTHON_NUMBERS else operand(x) for x in xs]
    if all(type(x) in PYTHON_NUMBERS for x in converted):
        converted[0] = operand(converted[0])
        converted[1:] = [operand(x) for x in converted[1:]]
    return converted


def inexact(x: Any) -> Any:
    """`operand(x)`, integers and booleans converted to float32."""
    x = operand(x)
    return call("astype", x, np.float32) if x.dtype.kind in "biu" else x


def inexact_operands(*xs: Any) -> list[Any]:
    """`operands(*xs)`, integer arrays converted to the floating dtype of the others, float32 if there is none."""
    converted = operands(*xs)
    strong = [x.dtype for x in converted if hasattr(x, "aval") and not x.aval.weak and x.dtype.kind not in "biu"]
    dtype = functools.reduce(dtypes.promote_types, strong) if strong else DEFAULTS[float]
    return [_with_dtype(x, dtype) for x in converted]


def _with_dtype(x: Any, dtype: np.dtype) -> Any:
    is_whole = hasattr(x, "aval") and x.dtype.kind in "biu"
    return call("astype", x, dtype) if is_whole else x


def as_index(x: Any) -> Any:
    """Indices and counts, which NumPy has in 64 bits, in 32 bits."""
    return call("astype", x, np.int32) if x.dtype == np.int64 else x


def sequence(xs: Any) -> Any:
    """The elements of a sequence as operands of one operation; an array stays an array."""
    if hasattr(xs, "dtype"):
        return operand(xs)
    return operands(*xs) if len(xs) else xs


def from_nested(value: Any) -> Any:
    """Nested lists and tuples of numbers and arrays as an array; anything that NumPy takes as it converts it.

    Raises:
        TypeError: something in it is not a number.
    """
    leaves = list(leaves_of(value))
    if any(type(leaf) is Staged for leaf in leaves):
        return _stacked(value)
    host = np.asarray(_on_host(value))
    return array.from_host(_narrowed(host, leaves))


def leaves_of(value: Any) -> Iterable[Any]:
    """What is in nested lists and tuples."""
    if not isinstance(value, list | tuple):
        return (value,)
    return (leaf for part in value for leaf in leaves_of(part))


def _on_host(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_on_host(part) for part in value]
    return np.asarray(value) if type(value) is Array else value


def _stacked(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return call("stack", sequence([_stacked(part) for part in value]))
    return value


def _narrowed(host: np.ndarray, leaves: list[Any]) -> np.ndarray:
    """Python numbers do not make 64 bits: only NumPy and device data do."""
    strong = [leaf.dtype for leaf in leaves if hasattr(leaf, "dtype")]
    if host.dtype not in _NARROWED or any(dtype == host.dtype for dtype in strong):
        return host
    if not all(hasattr(leaf, "dtype") or type(leaf) in PYTHON_NUMBERS for leaf in leaves):
        return host
    return _fitting(host)


def _fitting(host: np.ndarray) -> np.ndarray:
    """With 32 bits where it has 64. OverflowError for integers that do not fit."""
    dtype = _NARROWED.get(host.dtype, host.dtype)
    if host.dtype == np.int64 and host.size and not all(dtypes.fits(int(n), dtype) for n in (host.min(), host.max())):
        raise OverflowError(f"an integer does not fit into int32{errors.at_user_line()}; give dtype='int64'")
    return host.astype(dtype)
