"""Abstract values: what is known of an array without its contents."""

import math
from typing import Any

import numpy as np


class Aval:
    """Shape, dtype, weakness and placement of an array; interned, so that equality is identity.

    Attributes:
        shape: tuple of ints.
        dtype: a `numpy.dtype`.
        weak: True for values that came from Python scalars alone (NEP 50): they do not decide a result's dtype.
        sharding: where the array lives; None is the default device.
    """

    __slots__ = ("shape", "dtype", "weak", "weak_type", "ndim", "size", "sharding", "__weakref__")

    shape: tuple[int, ...]
    dtype: np.dtype
    weak: bool
    weak_type: bool  # the name that jaxlib's C++ reads
    ndim: int
    size: int
    sharding: Any

    def __new__(cls, shape: tuple[int, ...], dtype: Any, weak: bool = False, sharding: Any = None) -> "Aval":
        key = (shape, dtype, weak, sharding)
        found = _INTERNED.get(key)
        return found if found is not None else _intern(shape, np.dtype(dtype), bool(weak), sharding)

    def __repr__(self) -> str:
        return f"{self.dtype.name}[{','.join(map(str, self.shape))}]" + ("*" if self.weak else "")

    def __reduce__(self) -> tuple[Any, ...]:
        return (Aval, (self.shape, self.dtype, self.weak))

    def strong(self) -> "Aval":
        """The same value with `weak=False`."""
        return Aval(self.shape, self.dtype, False, self.sharding) if self.weak else self

    def unplaced(self) -> "Aval":
        """The same value on the default device, as staged values are described."""
        return Aval(self.shape, self.dtype, self.weak) if self.sharding is not None else self


_INTERNED: dict[tuple[Any, ...], Aval] = {}


def _intern(shape: tuple[int, ...], dtype: np.dtype, weak: bool, sharding: Any) -> Aval:
    made = object.__new__(Aval)
    made.shape = tuple(int(n) for n in shape)
    made.dtype = dtype
    made.weak = made.weak_type = weak
    made.ndim = len(made.shape)
    made.size = math.prod(made.shape)
    made.sharding = sharding
    # setdefault is atomic: two threads get the same object.
    return _INTERNED.setdefault((made.shape, dtype, weak, sharding), made)
