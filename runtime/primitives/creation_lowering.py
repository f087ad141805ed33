"""How new arrays are built."""

import math
from typing import Any

import numpy as np

from s2s.runtime import dtypes, hlo, staging
from s2s.runtime.aval import Aval
from s2s.runtime.primitives.shape_lowering import as_shape, on_diagonal
from s2s.runtime.staging import Staged


def _dtype(dtype: Any) -> np.dtype:
    """NumPy's default where none is given."""
    return dtypes.default_float() if dtype is None or dtype is float else dtypes.canonical(dtype)


def constant_of(value: int) -> Any:
    """`np.zeros` or `np.ones`."""

    def lower(shape: Any, dtype: Any = None) -> Staged:
        return hlo.full(as_shape(shape), value, _dtype(dtype))

    return lower


def constant_like(value: int) -> Any:
    """`np.zeros_like` or `np.ones_like`."""

    def lower(a: Staged, dtype: Any = None, *, shape: Any = None) -> Staged:
        wanted = a.dtype if dtype is None else dtypes.canonical(dtype)
        weak = a.weak and dtype is None
        if not value:
            return staging.zeros(Aval(a.shape if shape is None else as_shape(shape), wanted, weak))
        return hlo.convert(hlo.full(a.shape if shape is None else as_shape(shape), value, wanted), wanted, weak)

    return lower


def full(shape: Any, fill_value: Staged, dtype: Any = None) -> Staged:
    wanted = fill_value.dtype if dtype is None else dtypes.canonical(dtype)
    return hlo.broadcast_to(hlo.convert(fill_value, wanted), as_shape(shape))


def full_like(a: Staged, fill_value: Staged, dtype: Any = None, *, shape: Any = None) -> Staged:
    wanted = a.dtype if dtype is None else dtypes.canonical(dtype)
    return hlo.broadcast_to(hlo.convert(fill_value, wanted), a.shape if shape is None else as_shape(shape))


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Staged:
    return hlo.convert(on_diagonal((N, N if M is None else M), k, "EQ"), _dtype(dtype))


def identity(n: int, dtype: Any = None) -> Staged:
    return eye(n, dtype=dtype)


def unit_vectors(x: Staged, start: int = 0, count: int | None = None) -> Staged:
    rows = math.prod(x.shape) if count is None else count
    return hlo.reshape(eye(rows, math.prod(x.shape), -start, x.dtype), (rows, *x.shape))


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Staged:
    return hlo.convert(on_diagonal((N, N if M is None else M), k, "LE"), _dtype(dtype))


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Staged:
    """Built on the device where the bounds are ints, else from NumPy's own values."""
    low, high = (0, start) if stop is None else (start, stop)
    pace = 1 if step is None else step
    if dtype is None and not all(isinstance(b, int) for b in (low, high, pace)):
        return hlo.constant(np.arange(low, high, pace).astype(dtypes.default_float()))
    wanted = dtypes.int64 if dtype is None else dtypes.canonical(dtype)
    if not all(isinstance(b, int) for b in (low, high, pace)):
        return hlo.constant(np.arange(low, high, pace, dtype=wanted))
    count = max(0, math.ceil((high - low) / pace))
    line = hlo.iota((count,), 0)
    line = line if pace == 1 else hlo.multiply(line, hlo.full_like(line, pace))
    return hlo.convert(line if low == 0 else hlo.add(line, hlo.full_like(line, low)), wanted)


def linspace(start: Staged, stop: Staged, num: int = 50, endpoint: bool = True, *, dtype: Any = None) -> Staged:
    start, stop = hlo.broadcast_together(*hlo.promote_inexact(start, stop))
    shape = (num, *start.shape)
    intervals = max(num - 1 if endpoint else num, 1)
    steps = hlo.iota(shape, 0, np.int64)
    first, last = (hlo.broadcast_to(x, shape) for x in (start, stop))
    stride = hlo.divide(hlo.subtract(last, first), hlo.full_like(first, intervals))
    line = hlo.add(hlo.multiply(hlo.convert(steps, first.dtype), stride), first)
    if endpoint and num > 1:
        line = hlo.select(hlo.compare(steps, hlo.full_like(steps, num - 1), "EQ"), last, line)
    wanted = line.dtype if dtype is None else dtypes.canonical(dtype)
    if dtypes.is_integer(wanted):
        line = np.floor(line)
    return hlo.convert(line, wanted)
