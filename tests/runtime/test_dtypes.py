import itertools

import numpy as np
import pytest

from s2s.runtime import config, dtypes
from s2s.runtime.array import from_host
from s2s.runtime.aval import Aval

NUMPY = [np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint32, np.uint64]
NUMPY += [np.float16, np.float32, np.float64, np.complex64, np.complex128]


@pytest.mark.parametrize("a, b", list(itertools.combinations_with_replacement(map(np.dtype, NUMPY), 2)))
def test_promotion_is_numpys(a, b):
    assert dtypes.promote_types(a, b) == dtypes.promote_types(b, a) == np.promote_types(a, b)


@pytest.mark.parametrize("dtype", [np.dtype(d) for d in NUMPY])
@pytest.mark.parametrize("scalar", [True, 1, 1.0, 1j])
def test_python_scalars_are_weak_as_in_numpy(dtype, scalar):
    weak = Aval((), dtypes.scalar_dtype(scalar), True)
    assert dtypes.result_type(Aval((2,), dtype), weak) == (np.result_type(np.ones(2, dtype), scalar), False)


@pytest.mark.parametrize("dtype", [np.dtype(d) for d in NUMPY[:-2]])
def test_inexact(dtype):
    assert dtypes.inexact_dtype(dtype) == np.sin(np.ones(1, dtype)).dtype


def test_small_floats():
    bf16, f8 = dtypes.bfloat16, dtypes.float8_e5m2
    for other, expected in [
        ("int32", bf16),
        ("bool", bf16),
        ("float32", "float32"),
        ("float16", "float32"),
        (f8, bf16),
    ]:
        assert dtypes.promote_types(bf16, np.dtype(other)) == expected
    assert dtypes.result_type(Aval((2,), bf16), Aval((), np.float64, True))[0] == bf16
    assert dtypes.canonical("bfloat16") == bf16


def test_default_float_of_32_bits(monkeypatch):
    monkeypatch.setattr(config, "default_float", "float32")
    assert dtypes.promote_types(dtypes.int32, dtypes.float32) == dtypes.float32
    assert dtypes.promote_types(dtypes.int64, dtypes.complex64) == dtypes.complex64
    assert dtypes.promote_types(dtypes.float64, dtypes.float32) == dtypes.float64
    assert dtypes.inexact_dtype(dtypes.int64) == dtypes.float32


def test_python_ints_must_fit():
    x = from_host(np.ones(2, np.uint8))
    assert (x + 255).tolist() == [0, 0]
    for bad in (256, -1):
        with pytest.raises(OverflowError, match=rf"Python int {bad} does not fit into uint8 at .*py:\d+"):
            x + bad
    assert (x < 300).tolist() == [True, True] and (x > -1).tolist() == [True, True]
    with pytest.raises(OverflowError):
        x + 2**70


def test_avals_are_interned():
    assert Aval((2,), np.float32) is Aval((2,), np.dtype("float32")) is Aval((2,), "float32")
    assert Aval((2,), np.float32) is not Aval((2,), np.float32, True)
    assert repr(Aval((2, 3), np.float32)) == "float32[2,3]"
