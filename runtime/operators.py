"""Operators, methods and properties that device arrays and staged arrays share.

All of them call a primitive, or one of our functions for NumPy's, found by name when it is first used.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from s2s.runtime import dtypes, errors

_call: Callable[..., Any]
_call_ufunc: Callable[..., Any]
_call_function: Callable[..., Any]


def connect(call: Callable[..., Any], call_ufunc: Callable[..., Any], call_function: Callable[..., Any]) -> None:
    """Sets how operations are applied: `call(name, args, kwargs)`, and the two NumPy protocols.

    Done once, by dispatch: primitives are declared on staged arrays, so arrays can't import them.
    """
    global _call, _call_ufunc, _call_function
    _call, _call_ufunc, _call_function = call, call_ufunc, call_function


# What may stand on the other side of an operator; lists and tuples may not, as in JAX, but for staged arrays.
NUMBERS = (bool, int, float, complex, np.ndarray, np.generic)


def _is_operand(value: Any) -> bool:
    return isinstance(value, (ArrayMethods, *NUMBERS))


def _binary(name: str) -> Callable[[Any, Any], Any]:
    def operator(self: Any, other: Any) -> Any:
        other = other if _is_operand(other) else self.as_operand(other)
        return _call(name, (self, other), {}) if other is not NotImplemented else NotImplemented

    return operator


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    def operator(self: Any, other: Any) -> Any:
        other = other if _is_operand(other) else self.as_operand(other)
        return _call(name, (other, self), {}) if other is not NotImplemented else NotImplemented

    return operator


def _in_place(name: str) -> Callable[[Any, Any], Any]:
    """`x op= y` rebinds x, and keeps its shape and dtype as NumPy's does."""

    def operator(self: Any, other: Any) -> Any:
        if not _is_operand(other):
            return NotImplemented
        result = _call(name, (self, other), {})
        return result if self.aval.weak or not self.aval.shape else _as_stored(result, self.aval)

    return operator


def _as_stored(result: Any, aval: Any) -> Any:
    if result.shape != aval.shape or dtypes.category(result.dtype) > dtypes.category(aval.dtype):
        raise TypeError(
            f"an in-place operation{errors.at_user_line()} gives {result.aval!r}, which {aval!r} cannot "
            "hold; write x = x + y instead of x += y"
        )
    return result if result.dtype == aval.dtype else result.astype(aval.dtype)


def _unary(name: str) -> Callable[[Any], Any]:
    return lambda self: _call(name, (self,), {})


def _method(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _call(name, (self, *args), kwargs)

    method.__name__ = name
    method.__doc__ = f"As `numpy.ndarray.{name}`; gives a new array."
    return method


class ArrayMethods:
    """What a NumPy user expects of an array, without what writes in place."""

    if TYPE_CHECKING:  # these and the other operators are set below, from a table

        def __add__(self, other: Any) -> Any: ...

        def __sub__(self, other: Any) -> Any: ...

        def __mul__(self, other: Any) -> Any: ...

    __slots__ = ()
    __array_priority__ = 100
    aval: Any

    def as_operand(self, other: Any) -> Any:
        """What stands for something that is no number or array beside an operator; NotImplemented if nothing does."""
        return NotImplemented

    @property
    def shape(self) -> tuple[int, ...]:
        return self.aval.shape

    @property
    def dtype(self) -> np.dtype:
        return self.aval.dtype

    @property
    def ndim(self) -> int:
        return self.aval.ndim

    @property
    def size(self) -> int:
        return self.aval.size

    @property
    def itemsize(self) -> int:
        return self.aval.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.aval.size * self.aval.dtype.itemsize

    @property
    def weak_type(self) -> bool:
        return self.aval.weak

    @property
    def T(self) -> Any:
        return _call("transpose", (self,), {})

    @property
    def mT(self) -> Any:
        return _call("swapaxes", (self, -1, -2), {})

    @property
    def real(self) -> Any:
        return _call("real", (self,), {})

    @property
    def imag(self) -> Any:
        return _call("imag", (self,), {})

    @property
    def flat(self) -> Iterator[Any]:
        return iter(self.reshape(-1))

    @property
    def at(self) -> "At":
        """`x.at[index].set(v)` and the like: a new array, changed at an index."""
        return At(self)

    def __len__(self) -> int:
        if not self.aval.shape:
            raise TypeError("len() of an array of rank 0")
        return self.aval.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.aval.shape:
            raise TypeError("iteration over an array of rank 0")
        return iter([self[i] for i in range(self.aval.shape[0])])

    def __getitem__(self, index: Any) -> Any:
        return _call("getitem", (self, index), {})

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            f"{type(self).__name__} is immutable: x[i] = v cannot change it{errors.at_user_line()}; "
            "write x = x.at[i].set(v)"
        )

    def __contains__(self, value: Any) -> bool:
        return bool((self == value).any())

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return _call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _call_function(function, args, kwargs)

    def __abs__(self) -> Any:
        return _call("absolute", (self,), {})

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __round__(self, digits: int | None = None) -> Any:
        return _call("round", (self, digits or 0), {})

    def __pow__(self, other: Any, modulus: None = None) -> Any:
        if modulus is not None:
            raise TypeError("pow() with three arguments is not supported on arrays")
        return _call("power", (self, other), {}) if _is_operand(other) else NotImplemented

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """As `numpy.reshape`: `x.reshape(2, 3)` or `x.reshape((2, 3))`; only order="C"."""
        if order != "C":
            raise ValueError('reshape supports order="C" only; transpose first')
        return _call("reshape", (self, _unpacked(shape)), {})

    def transpose(self, *axes: Any) -> Any:
        """As `numpy.transpose`: `x.transpose()`, `x.transpose(1, 0)` or `x.transpose((1, 0))`."""
        order = () if not axes or axes == (None,) else (_unpacked(axes),)
        return _call("transpose", (self, *order), {})

    def flatten(self, order: str = "C") -> Any:
        return self.reshape(-1, order=order)

    ravel = flatten

    def astype(self, dtype: Any, copy: bool | None = None) -> Any:
        """A copy with that dtype."""
        return _call("astype", (self, dtype), {})

    def copy(self) -> Any:
        """Itself: arrays are immutable."""
        return self

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def conj(self) -> Any:
        return _call("conjugate", (self,), {})

    conjugate = conj

    def std(self, axis: Any = None, **kwargs: Any) -> Any:
        return _call("std", (self,), {"axis": axis} | kwargs)

    def var(self, axis: Any = None, **kwargs: Any) -> Any:
        return _call("var", (self,), {"axis": axis} | kwargs)

    def fill(self, value: Any) -> None:
        raise TypeError(".fill writes in place, but s2s arrays are immutable; write np.full_like(x, value)")


def _unpacked(given: tuple[Any, ...]) -> Any:
    """`(2, 3)` and `((2, 3),)` alike, as a tuple."""
    if len(given) == 1:
        return tuple(given[0]) if isinstance(given[0], (tuple, list)) else given[0]
    return given


_METHOD_NAMES = (
    "sum prod mean min max all any argmin argmax cumsum cumprod clip round squeeze swapaxes dot take repeat sort "
    "argsort trace diagonal nonzero compress choose ptp searchsorted"
).split()
_BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
}
_COMPARISONS = {name: name for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")}
COMPARISON_METHODS = dict(zip(("eq", "ne", "lt", "le", "gt", "ge"), _COMPARISONS, strict=True))
BINARY_METHODS = {**_BINARY, "pow": "power"}


def _install() -> None:
    for method, name in {**_BINARY, **COMPARISON_METHODS}.items():
        setattr(ArrayMethods, f"__{method}__", _binary(name))
    for method, name in BINARY_METHODS.items():
        setattr(ArrayMethods, f"__r{method}__", _reflected(name))
        setattr(ArrayMethods, f"__i{method}__", _in_place(name))
    for method, name in {"neg": "negative", "pos": "positive", "invert": "invert"}.items():
        setattr(ArrayMethods, f"__{method}__", _unary(name))
    for name in _METHOD_NAMES:
        setattr(ArrayMethods, name, _method(name))


_install()


class At:
    """`x.at`, to be indexed."""

    __slots__ = ("array",)

    def __init__(self, array: Any) -> None:
        self.array = array

    def __getitem__(self, index: Any) -> "AtIndex":
        return AtIndex(self.array, index)


class AtIndex:
    """`x.at[index]`: each method gives a new array of x's shape and dtype; repeated indices accumulate (not in set)."""

    __slots__ = ("array", "index")

    def __init__(self, array: Any, index: Any) -> None:
        self.array = array
        self.index = index

    def get(self) -> Any:
        """`x[index]`."""
        return self.array[self.index]

    def set(self, value: Any) -> Any:
        return self._update("set_at", value)

    def add(self, value: Any) -> Any:
        return self._update("add_at", value)

    def multiply(self, value: Any) -> Any:
        return self._update("multiply_at", value)

    mul = multiply

    def divide(self, value: Any) -> Any:
        return self._update("divide_at", value)

    def min(self, value: Any) -> Any:
        return self._update("min_at", value)

    def max(self, value: Any) -> Any:
        return self._update("max_at", value)

    def power(self, value: Any) -> Any:
        return self._update("power_at", value)

    def apply(self, function: Callable[[Any], Any]) -> Any:
        """`x.at[index].set(function(x[index]))`."""
        return self.set(function(self.get()))

    def _update(self, name: str, value: Any) -> Any:
        return _call(name, (self.array, self.index, value), {})
