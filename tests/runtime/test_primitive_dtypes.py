"""Dtypes of results against NumPy's, for every elementwise primitive, comparison and reduction."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from s2s.runtime import dispatch
from s2s.runtime.primitives.table import PRIMITIVES

DTYPES = [np.bool_, np.int8, np.uint8, np.int32, np.int64, np.float16, np.float32, np.float64, np.complex64]
X = np.array([0, 1, 3, 1, 2])
Y = np.array([1, 1, 2, 3, 1])
UNARY = (
    "negative absolute square reciprocal exp exp2 expm1 log2 log10 log1p sqrt cbrt sin cos tan arctan sinh cosh tanh "
    "arcsinh degrees radians conjugate logical_not invert sign signbit floor ceil trunc rint isnan isinf isfinite "
    "bitwise_count"
).split()
BINARY = (
    "add subtract multiply divide power floor_divide remainder fmod maximum minimum fmax fmin hypot logaddexp copysign "
    "arctan2 equal not_equal less greater_equal logical_and logical_xor bitwise_and bitwise_or left_shift right_shift"
).split()
REDUCTIONS = "sum prod mean max min var std any all argmax argmin count_nonzero".split()
# NumPy rounds complex numbers, and orders them lexicographically; ours are refused, and a refusal is never wrong.
REFUSED = {"rint", "maximum", "minimum", "fmax", "fmin", "less", "greater_equal", "max", "min", "argmax", "argmin"}
PAIRS = [(np.int8, np.uint8), (np.int32, np.float32), (np.int64, np.float32), (np.bool_, np.int8)]


def outcome(function: Callable[..., Any], *args: Any) -> Any:
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(function(*args))
    except (TypeError, ValueError) as error:
        return error


def compare(name: str, *args: Any) -> None:
    primitive = PRIMITIVES[name]
    want = outcome(primitive.functions[0] if name != "absolute" else np.abs, *args)
    got = outcome(lambda *a: dispatch.apply(primitive, a, {}), *args)
    if isinstance(got, Exception):
        assert isinstance(want, Exception) or name in REFUSED, f"{name}: {got!r}"
        return
    assert not isinstance(want, Exception), f"{name}: NumPy refuses: {want!r}"
    assert got.dtype == want.dtype, f"{name}: {got.dtype}, NumPy {want.dtype}"
    loose = 4e-3 if want.dtype == np.float16 else 1e-5
    np.testing.assert_allclose(got, want, rtol=loose, atol=loose)


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("dtype", DTYPES)
def test_unary(name: str, dtype: type) -> None:
    compare(name, Y.astype(dtype))


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("dtype", DTYPES)
def test_binary_of_one_dtype(name: str, dtype: type) -> None:
    compare(name, X.astype(dtype), Y.astype(dtype))


@pytest.mark.parametrize("name", ["add", "divide", "power", "maximum", "equal"])
@pytest.mark.parametrize("pair", PAIRS)
def test_binary_of_two_dtypes(name: str, pair: tuple[type, type]) -> None:
    compare(name, X.astype(pair[0]), Y.astype(pair[1]))


@pytest.mark.parametrize("name", ["add", "divide", "power", "maximum", "equal", "hypot", "floor_divide"])
@pytest.mark.parametrize("number", [2, 1.5, True])
@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.int64, np.float16, np.float32, np.float64])
def test_python_numbers_are_weak(name: str, number: Any, dtype: type) -> None:
    compare(name, X.astype(dtype), number)


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_reductions(name: str, dtype: type) -> None:
    compare(name, np.stack([X, Y]).astype(dtype), 1)
