"""Dtypes: their names, their MLIR types and their promotion.

Promotion is NumPy's (NEP 50): arrays decide, Python scalars are weak. The small floating types of accelerators, which
NumPy does not know (`bfloat16`, the `float8` family), promote as in JAX. With `config.default_float` set to float32,
no operation on narrower operands gives float64 (`int32 + float32` is float32, as JAX users expect).
"""

from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from s2s.runtime import config
from s2s.runtime.adapter import ir

bool_ = np.dtype(np.bool_)
int8, int16, int32, int64 = (np.dtype(f"int{n}") for n in (8, 16, 32, 64))
uint8, uint16, uint32, uint64 = (np.dtype(f"uint{n}") for n in (8, 16, 32, 64))
float16, float32, float64 = (np.dtype(f"float{n}") for n in (16, 32, 64))
complex64, complex128 = np.dtype(np.complex64), np.dtype(np.complex128)
bfloat16 = np.dtype(ml_dtypes.bfloat16)
float8_e4m3fn = np.dtype(ml_dtypes.float8_e4m3fn)
float8_e5m2 = np.dtype(ml_dtypes.float8_e5m2)

# Python scalar types to the dtype of a value standing alone.
SCALARS: dict[type, np.dtype] = {bool: bool_, int: int64, float: float64, complex: complex128}

_MLIR_NAMES = {
    bool_: "i1",
    **{np.dtype(f"int{n}"): f"i{n}" for n in (8, 16, 32, 64)},
    **{np.dtype(f"uint{n}"): f"ui{n}" for n in (8, 16, 32, 64)},
    float16: "f16",
    float32: "f32",
    float64: "f64",
    bfloat16: "bf16",
    float8_e4m3fn: "f8E4M3FN",
    float8_e5m2: "f8E5M2",
    complex64: "complex<f32>",
    complex128: "complex<f64>",
}
_SMALL_FLOATS = frozenset({bfloat16, float8_e4m3fn, float8_e5m2})
_CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}
_element_types: dict[np.dtype, Any] = {}
_by_text: dict[str, np.dtype] = {text: dtype for dtype, text in _MLIR_NAMES.items()}


def canonical(dtype: Any) -> np.dtype:
    """`numpy.dtype(dtype)`, refused with TypeError where no device array can hold it (object, str, datetime)."""
    if isinstance(dtype, str) and dtype in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        dtype = getattr(ml_dtypes, dtype)
    made = np.dtype(dtype)
    if made not in _MLIR_NAMES:
        made = made.newbyteorder("=")
        if made not in _MLIR_NAMES:
            raise TypeError(f"dtype {made} cannot be held by a device array; convert to a bool or number dtype first")
    return made


def element_type(dtype: np.dtype) -> Any:
    """The MLIR element type. The context must be entered."""
    found = _element_types.get(dtype)
    if found is None:
        found = _element_types[dtype] = ir.Type.parse(_MLIR_NAMES[dtype])
    return found


def tensor_type(shape: tuple[int, ...], dtype: np.dtype) -> Any:
    """The MLIR ranked tensor type. The context must be entered."""
    key = (shape, dtype)
    found = _tensor_types.get(key)
    if found is None:
        found = _tensor_types[key] = ir.RankedTensorType.get(shape, element_type(dtype))
    return found


_tensor_types: dict[tuple[tuple[int, ...], np.dtype], Any] = {}


def from_element_type(element: Any) -> np.dtype:
    """The dtype of an MLIR element type."""
    return _by_text[str(element)]


def category(dtype: np.dtype) -> int:
    """0 for bool, 1 for integers, 2 for floats, 3 for complex."""
    return 2 if dtype in _SMALL_FLOATS else _CATEGORY[dtype.kind]


def is_float(dtype: np.dtype) -> bool:
    return category(dtype) == 2


def is_complex(dtype: np.dtype) -> bool:
    return dtype.kind == "c"


def is_inexact(dtype: np.dtype) -> bool:
    return category(dtype) >= 2


def is_integer(dtype: np.dtype) -> bool:
    """True for signed and unsigned integers, not for bool."""
    return dtype.kind in "iu"


def real_dtype(dtype: np.dtype) -> np.dtype:
    """The dtype of the real part."""
    return {complex64: float32, complex128: float64}.get(dtype, dtype)


def complex_dtype(dtype: np.dtype) -> np.dtype:
    """The complex dtype whose parts hold `dtype` (complex128 for integers)."""
    if dtype.kind == "c":
        return dtype
    return complex64 if dtype in (float16, float32) or dtype in _SMALL_FLOATS else complex128


def default_float() -> np.dtype:
    """float64 as in NumPy, unless `config.default_float` says otherwise."""
    return np.dtype(config.default_float)


def scalar_dtype(value: bool | int | float | complex) -> np.dtype:
    """The dtype of a Python scalar standing alone; OverflowError for an int beyond 64 bits."""
    kind = type(value)
    if kind is int:
        if not -(2**63) <= value < 2**64:  # type: ignore[operator]
            raise OverflowError(f"Python int {value} does not fit into 64 bits")
        return int64 if value < 2**63 else uint64  # type: ignore[operator]
    return SCALARS[kind]


def inexact_dtype(dtype: np.dtype) -> np.dtype:
    """The dtype in which a function such as `sin` computes on `dtype`: itself, or NumPy's choice for integers."""
    if is_inexact(dtype):
        return dtype
    if dtype.itemsize >= 4 or default_float() == float32:
        return default_float()
    return float16 if dtype.itemsize == 1 else float32


def promote_types(a: np.dtype, b: np.dtype) -> np.dtype:
    """The smallest dtype that holds both, as NumPy has it for strong operands."""
    if a == b:
        return a
    if a in _SMALL_FLOATS or b in _SMALL_FLOATS:
        return _promote_small(a, b)
    wide = np.promote_types(a, b)
    return _capped(wide, a, b) if wide in (float64, complex128) else wide


def _capped(wide: np.dtype, a: np.dtype, b: np.dtype) -> np.dtype:
    """Under a float32 default an integer does not widen a float or complex."""
    if default_float() != float32 or wide in (a, b) or float64 in (a, b):
        return wide
    return float32 if wide == float64 else complex64


def _promote_small(a: np.dtype, b: np.dtype) -> np.dtype:
    small, other = (a, b) if a in _SMALL_FLOATS else (b, a)
    if category(other) < 2:
        return small
    if other in _SMALL_FLOATS:
        return bfloat16 if bfloat16 in (a, b) else float16
    if other == float16:
        return float32 if small == bfloat16 else float16
    return other


class _Typed(NamedTuple):
    dtype: np.dtype
    weak: bool


def as_operand(value: Any) -> Any:
    """Anything with a dtype (an array, a scalar, a dtype itself) as `result_type` takes it."""
    if hasattr(value, "aval"):
        return value.aval
    if type(value) in SCALARS:
        return _Typed(scalar_dtype(value), True)
    return _Typed(canonical(getattr(value, "dtype", value)), False)


def result_type(*operands: Any) -> tuple[np.dtype, bool]:
    """The promoted dtype of operands that have `dtype` and `weak`, and whether the result is weak.

    Weak operands raise only the category: with a float array, a Python float keeps the array's dtype; a Python float
    with an integer array gives the default float, as in NumPy.
    """
    strong = [o.dtype for o in operands if not o.weak]
    weak = [o.dtype for o in operands if o.weak]
    if not strong:
        return _fold(weak), True
    dtype = _fold(strong)
    for other in weak:
        dtype = _with_weak(dtype, other)
    return dtype, False


def _fold(given: list[np.dtype]) -> np.dtype:
    dtype = given[0]
    for other in given[1:]:
        dtype = promote_types(dtype, other)
    return dtype


def _with_weak(dtype: np.dtype, weak: np.dtype) -> np.dtype:
    if category(weak) <= category(dtype):
        return dtype
    if category(weak) == 1:
        return int64
    if category(weak) == 2:
        return inexact_like_numpy(dtype)
    return complex_dtype(dtype) if is_inexact(dtype) else complex_dtype(default_float())


def inexact_like_numpy(dtype: np.dtype) -> np.dtype:
    """The dtype of an integer or bool array plus a Python float."""
    return dtype if is_inexact(dtype) else default_float()


def fits(value: int, dtype: np.dtype) -> bool:
    """Whether a Python int is representable in an integer dtype."""
    info = np.iinfo(dtype)
    return info.min <= value <= info.max
