"""Constants, dtypes and questions about dtypes and shapes."""

from typing import Any

import ml_dtypes
import numpy as np

from s2s.numpy import conversion
from s2s.numpy.conversion import PYTHON_NUMBERS, as_dtype
from s2s.runtime import dtypes
from s2s.runtime.operators import ArrayMethods as ndarray

__all__ = """
    bfloat16 bool_ broadcast_shapes can_cast cdouble complex128 complex64 complex_ complexfloating csingle double
    dtype e euler_gamma finfo float16 float32 float64 float8_e4m3fn float8_e5m2 float_ floating generic iinfo
    index_exp inexact inf int16 int32 int64 int8 int_ integer iscomplexobj isdtype isrealobj isscalar issubdtype nan
    ndarray ndim newaxis number pi promote_types result_type s_ shape signedinteger single size uint uint16 uint32
    uint64 uint8 unsignedinteger
""".split()

pi, e, inf, nan, euler_gamma, newaxis = np.pi, np.e, np.inf, np.nan, np.euler_gamma, None
s_, index_exp = np.s_, np.index_exp

bool_ = np.bool_
int8, int16, int32, int64 = np.int8, np.int16, np.int32, np.int64
uint8, uint16, uint32, uint64 = np.uint8, np.uint16, np.uint32, np.uint64
float16, float32, float64 = np.float16, np.float32, np.float64
bfloat16, float8_e4m3fn, float8_e5m2 = ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2
complex64, complex128 = np.complex64, np.complex128
single, double, csingle, cdouble = np.float32, np.float64, np.complex64, np.complex128
int_, uint, float_, complex_ = np.int32, np.uint32, np.float32, np.complex64
generic, number, inexact, floating, complexfloating = np.generic, np.number, np.inexact, np.floating, np.complexfloating
integer, signedinteger, unsignedinteger = np.integer, np.signedinteger, np.unsignedinteger
dtype, finfo, iinfo = np.dtype, ml_dtypes.finfo, ml_dtypes.iinfo


def dtype_of(x: Any) -> np.dtype:
    """The dtype that `x` has as an array here."""
    return DEFAULT_TYPES[type(x)] if type(x) in PYTHON_NUMBERS else np.dtype(getattr(x, "dtype", None) or as_dtype(x))


DEFAULT_TYPES = conversion.DEFAULTS


def result_type(*args: Any) -> np.dtype:
    """The dtype of the result of an operation on these arrays, numbers and dtypes."""
    strong = [dtype_of(x) for x in args if type(x) not in PYTHON_NUMBERS and not getattr(x, "weak_type", False)]
    weak = [dtype_of(x) for x in args if type(x) in PYTHON_NUMBERS or getattr(x, "weak_type", False)]
    if not strong:
        return max(weak, key=dtypes.category)
    made = [_Typed(d, False) for d in strong] + [_Typed(d, True) for d in weak]
    return dtypes.result_type(*made)[0]


class _Typed:
    def __init__(self, dtype: np.dtype, weak: bool) -> None:
        self.dtype = dtype
        self.weak = weak


def promote_types(a: Any, b: Any) -> np.dtype:
    """The smallest dtype that holds both."""
    return dtypes.promote_types(as_dtype(a), as_dtype(b))


def issubdtype(arg1: Any, arg2: Any) -> bool:
    """Whether a dtype is of a kind, or the same as another; bfloat16 and the float8 types are `floating`."""
    first = arg1 if isinstance(arg1, type) and issubclass(arg1, np.generic) else np.dtype(arg1)
    if isinstance(first, np.dtype) and first.kind == "V" and dtypes.is_float(first):
        return arg2 in (np.floating, np.inexact, np.number, np.generic) or first == arg2
    if first in (bfloat16, float8_e4m3fn, float8_e5m2):
        return issubdtype(np.dtype(first), arg2)
    return np.issubdtype(first, arg2)


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether a dtype is of a kind of the array API standard ("real floating", "integral", ...), or one of several."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return any(_is_kind(as_dtype(dtype), k) for k in kinds)


_KINDS = {
    "bool": "b",
    "signed integer": "i",
    "unsigned integer": "u",
    "integral": "iu",
    "real floating": "f",
    "complex floating": "c",
    "numeric": "iufc",
}


def _is_kind(dtype: np.dtype, kind: Any) -> bool:
    if not isinstance(kind, str) or kind not in _KINDS:
        return dtype == as_dtype(kind)
    return ("f" if dtypes.is_float(dtype) else dtype.kind) in _KINDS[kind]


def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    """Whether a cast between dtypes follows a rule, as in NumPy."""
    return np.can_cast(from_, to, casting)


def shape(a: Any) -> tuple[int, ...]:
    """The lengths of the axes of `a`."""
    return np.shape(a)


def ndim(a: Any) -> int:
    """The number of axes of `a`."""
    return np.ndim(a)


def size(a: Any, axis: int | None = None) -> int:
    """The number of elements of `a`, or the length of one axis."""
    return np.size(a) if axis is None else np.shape(a)[axis]


def isscalar(element: Any) -> bool:
    """Whether it is a number or an array of rank 0."""
    return np.isscalar(element) or isinstance(element, ndarray) and element.ndim == 0


def iscomplexobj(x: Any) -> bool:
    """Whether the dtype is complex."""
    return dtype_of(x).kind == "c"


def isrealobj(x: Any) -> bool:
    """Whether the dtype is not complex."""
    return not iscomplexobj(x)


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """The shape that arrays of these shapes broadcast to. ValueError if there is none."""
    return np.broadcast_shapes(*shapes)
