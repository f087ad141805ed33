"""Abstract values: what is known of an array without its contents."""

import math
from collections.abc import Iterable
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


class ShapeDtypeStruct:
    """The shape and dtype of an array without its contents: what `eval_shape` gives and `jit(f).lower` takes."""

    __slots__ = ("shape", "dtype", "weak")

    def __init__(self, shape: Iterable[int], dtype: Any, weak: bool = False) -> None:
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype)
        self.weak = weak

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, ShapeDtypeStruct)
        return same and (self.shape, self.dtype) == (other.shape, other.dtype)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        return f"ShapeDtypeStruct(shape={self.shape}, dtype={self.dtype.name})"
