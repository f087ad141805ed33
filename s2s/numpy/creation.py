"""New arrays. Python numbers become float32 and int32, NumPy data keeps its dtype.

While a function is staged these are operations of the program; else the array is filled on the host and copied.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.numpy import conversion, types
from s2s.numpy.conversion import PYTHON_NUMBERS, as_dtype, call, operand
from s2s.runtime import array as runtime_array
from s2s.runtime import errors
from s2s.runtime.array import Array, device_put
from s2s.runtime.primitives import table
from s2s.runtime.staging import Staged, current_scope

__all__ = """
    arange array asarray copy diag_indices diag_indices_from empty empty_like eye frombuffer fromfunction full
    full_like geomspace identity indices linspace logspace mgrid ogrid ones ones_like tri tril_indices
    tril_indices_from triu_indices triu_indices_from zeros zeros_like
""".split()


def array(
    object: Any, dtype: Any = None, copy: bool = True, order: str | None = "K", ndmin: int = 0, *, device: Any = None
) -> Any:
    """An array of a number, an array, or nested sequences of those.

    Without `dtype` Python numbers give bool, int32, float32 or complex64, NumPy data and arrays keep their dtype.

    Raises:
        TypeError: something in it is no number.
        OverflowError: a Python int does not fit into int32, and no dtype is given.
    """
    made = _made(object, dtype)
    if made.ndim < ndmin:
        made = call("reshape", made, (1,) * (ndmin - made.ndim) + made.shape)
    return _placed(made, device)


def _made(object: Any, dtype: Any) -> Any:
    if dtype is None:
        made = operand(object)
        return _strong(made) if type(object) in PYTHON_NUMBERS else made
    dtype = as_dtype(dtype)
    if type(object) in (Array, Staged):
        return object if object.dtype == dtype and not object.aval.weak else call("astype", object, dtype)
    if isinstance(object, list | tuple) and any(type(leaf) in (Array, Staged) for leaf in conversion.leaves_of(object)):
        return call("astype", operand(object), dtype)
    return runtime_array.from_host(np.asarray(object).astype(dtype))


def _strong(x: Any) -> Any:
    return runtime_array.from_host(np.asarray(x))


def _placed(made: Any, device: Any) -> Any:
    return made if device is None else device_put(made, device)


def asarray(
    a: Any, dtype: Any = None, order: str | None = None, *, copy: bool | None = None, device: Any = None
) -> Any:
    """`array`, but Python numbers stay weak: they do not decide the dtype of what they are combined with."""
    return array(a, dtype, device=device) if dtype is not None else _placed(operand(a), device)


def copy(a: Any, order: str | None = None) -> Any:
    """`a` as an array."""
    return operand(a)


def _shape(shape: Any) -> tuple[int, ...]:
    if type(shape) is Staged:
        raise TypeError(f"the shape of a new array must be known while staging{errors.at_user_line()}; use x.shape")
    return (int(shape),) if np.ndim(shape) == 0 else tuple(int(n) for n in shape)


def _filled(fill: Callable[..., Any], *args: Any, dtype: Any) -> Any:
    """`fill(*args, dtype)`: staged as the primitive of that name, else on the host."""
    if current_scope() is not None:
        return call(fill.__name__, *args, dtype=dtype)
    return runtime_array.from_host(fill(*args, dtype=dtype))


def zeros(shape: Any, dtype: Any = None, *, device: Any = None) -> Any:
    """An array of zeros, float32 by default."""
    return _placed(_filled(np.zeros, _shape(shape), dtype=as_dtype(dtype or float)), device)


def ones(shape: Any, dtype: Any = None, *, device: Any = None) -> Any:
    """An array of ones, float32 by default."""
    return _placed(_filled(np.ones, _shape(shape), dtype=as_dtype(dtype or float)), device)


def empty(shape: Any, dtype: Any = None, *, device: Any = None) -> Any:
    """An array of zeros: there is no uninitialised memory here."""
    return zeros(shape, dtype, device=device)


def full(shape: Any, fill_value: Any, dtype: Any = None, *, device: Any = None) -> Any:
    """An array filled with a value (a number, or an array that broadcasts), of its dtype by default."""
    value = asarray(fill_value) if dtype is None else array(fill_value, dtype)
    filled = call("broadcast_to", value, _shape(shape))
    return _placed(_strongly_typed(filled), device)


def _strongly_typed(x: Any) -> Any:
    return call("astype", x, x.dtype) if x.aval.weak else x


def _like(a: Any, dtype: Any, shape: Any) -> tuple[tuple[int, ...], np.dtype]:
    a = a if hasattr(a, "dtype") and hasattr(a, "shape") else operand(a)
    return a.shape if shape is None else _shape(shape), a.dtype if dtype is None else as_dtype(dtype)


def zeros_like(a: Any, dtype: Any = None, shape: Any = None, *, device: Any = None) -> Any:
    """An array of zeros of the shape and dtype of `a`."""
    return zeros(*_like(a, dtype, shape), device=device)


def ones_like(a: Any, dtype: Any = None, shape: Any = None, *, device: Any = None) -> Any:
    """An array of ones of the shape and dtype of `a`."""
    return ones(*_like(a, dtype, shape), device=device)


def empty_like(prototype: Any, dtype: Any = None, shape: Any = None, *, device: Any = None) -> Any:
    """An array of zeros of the shape and dtype of `prototype`."""
    return zeros(*_like(prototype, dtype, shape), device=device)


def full_like(a: Any, fill_value: Any, dtype: Any = None, shape: Any = None, *, device: Any = None) -> Any:
    """An array of the shape and dtype of `a`, filled with a value."""
    shape, dtype = _like(a, dtype, shape)
    return full(shape, fill_value, dtype, device=device)


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None, *, device: Any = None) -> Any:
    """Ones on the k-th diagonal of an [N, M] matrix, float32 by default."""
    return _placed(_filled(np.eye, N, M, k, dtype=as_dtype(dtype or float)), device)


def identity(n: int, dtype: Any = None) -> Any:
    """The [n, n] identity matrix, float32 by default."""
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """Ones on and below the k-th diagonal of an [N, M] matrix, float32 by default."""
    return _filled(np.tri, N, M, k, dtype=as_dtype(dtype or float))


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None, *, device: Any = None) -> Any:
    """Numbers from `start` (0) up to before `stop` in steps of `step` (1): int32, or float32 if one of them is a float.

    NumPy scalars keep their dtype. All must be known while staging.
    """
    given = [x for x in (start, stop, step) if x is not None]
    for x in given:
        if type(x) is Staged:
            raise x._unknown("an argument of arange", "its length must be known; write start + step * arange(n)")
    if dtype is None:
        dtype = types.result_type(*given)
    known = [x.item() if hasattr(x, "item") else x for x in given]
    bounds = [0, *known] if stop is None else known
    return _placed(runtime_array.from_host(np.arange(*bounds).astype(as_dtype(dtype))), device)


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """`num` evenly spaced numbers from `start` to `stop`, which is the last one with `endpoint`; float32 by default.

    Arrays as bounds give a new axis, first or at `axis`. With `retstep`, the pair (numbers, spacing).
    """
    first, last = conversion.inexact(start), conversion.inexact(stop)
    points = call("linspace", first, last, num, endpoint)
    points = points if axis == 0 else call("moveaxis", points, 0, axis)
    points = _placed(_strongly_typed(points) if dtype is None else call("astype", points, as_dtype(dtype)), device)
    return (points, (last - first) / max(num - 1 if endpoint else num, 1)) if retstep else points


def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    """`base` to the powers of `linspace(start, stop, ...)`."""
    powers = call("power", base, linspace(start, stop, num, endpoint, axis=axis))
    return powers if dtype is None else call("astype", powers, as_dtype(dtype))


def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """`num` numbers from `start` to `stop`, of one sign, each the same multiple of the one before."""
    first, last = conversion.inexact(start), conversion.inexact(stop)
    logs = linspace(call("log", abs(first)), call("log", abs(last)), num, endpoint, axis=axis)
    points = call("exp", logs) * call("sign", first)
    return points if dtype is None else call("astype", points, as_dtype(dtype))


def fromfunction(function: Callable[..., Any], shape: Any, *, dtype: Any = float, **kwargs: Any) -> Any:
    """`function` of the coordinate arrays of an array of that shape."""
    return function(*indices(_shape(shape), dtype), **kwargs)


def frombuffer(buffer: Any, dtype: Any = float, count: int = -1, offset: int = 0) -> Any:
    """An array of the numbers in a bytes-like object."""
    return runtime_array.from_host(np.frombuffer(buffer, as_dtype(dtype), count, offset))


def indices(dimensions: Any, dtype: Any = None, sparse: bool = False) -> Any:
    """The coordinates of every element of an array of that shape, along a new first axis; int32 by default."""
    grid = np.indices(dimensions, as_dtype(dtype or int), sparse)
    return tuple(map(runtime_array.from_host, grid)) if sparse else runtime_array.from_host(grid)


def _index_arrays(made: Any) -> tuple[Any, ...]:
    return tuple(runtime_array.from_host(index.astype(np.int32)) for index in made)


def diag_indices(n: int, ndim: int = 2) -> tuple[Any, ...]:
    """The index arrays of the diagonal of an array with `ndim` axes of length n."""
    return _index_arrays(np.diag_indices(n, ndim))


def tril_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Any, ...]:
    """The index arrays of the elements on and below the k-th diagonal of an [n, m] matrix."""
    return _index_arrays(np.tril_indices(n, k, m))


def triu_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Any, ...]:
    """The index arrays of the elements on and above the k-th diagonal of an [n, m] matrix."""
    return _index_arrays(np.triu_indices(n, k, m))


def tril_indices_from(arr: Any, k: int = 0) -> tuple[Any, ...]:
    """`tril_indices` for the shape of `arr`."""
    return tril_indices(arr.shape[-2], k, arr.shape[-1])


def triu_indices_from(arr: Any, k: int = 0) -> tuple[Any, ...]:
    """`triu_indices` for the shape of `arr`."""
    return triu_indices(arr.shape[-2], k, arr.shape[-1])


def diag_indices_from(arr: Any) -> tuple[Any, ...]:
    """`diag_indices` for the shape of `arr`."""
    return diag_indices(arr.shape[0], arr.ndim)


class _Grid:
    """`mgrid` and `ogrid`: NumPy's, as arrays with this module's dtypes."""

    def __init__(self, grid: Any) -> None:
        self._grid = grid

    def __getitem__(self, key: Any) -> Any:
        made = self._grid[key]
        return list(map(_narrow, made)) if isinstance(made, list | tuple) else _narrow(made)


def _narrow(grid: np.ndarray) -> Any:
    return runtime_array.from_host(grid.astype(conversion.DEFAULTS[type(grid.dtype.type(0).item())]))


for _name in """
    array asarray copy zeros ones empty full zeros_like ones_like empty_like full_like eye identity tri arange linspace
""".split():
    table.recognise(globals()[_name], _name)

mgrid, ogrid = _Grid(np.mgrid), _Grid(np.ogrid)
