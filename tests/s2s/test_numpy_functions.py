"""Every function of `s2s.numpy` against the peer in float32 (values, shapes, dtypes) and against NumPy in float64."""

import types
from typing import Any

import numpy as np
import pytest

import s2s.numpy as snp
from tests.s2s.numpy_samples import LINALG, SAMPLES, Call

jax = pytest.importorskip("jax")
jnp = jax.numpy

# Names that are no functions of arrays, or that have tests of their own.
_OTHERS = {"mgrid", "ogrid", "empty", "empty_like", "partition", "argpartition", "dtype", "finfo", "iinfo", "ndarray"}
# Decompositions are unique up to signs only; singular to machine precision is a matter of rounding.
_UP_TO_SIGN = {"eigh", "svd", "qr"}
# Where NumPy's own result has another dtype or rule than the peer's, which is the one followed here.
_NOT_NUMPY = {"lstsq", "cross", "nonzero", "zeros", "ones", "full", "eye", "identity", "tri", "linspace", "logspace"}
_NOT_NUMPY |= {"geomspace", "array", "vecmat", "take", "astype", "correlate", "frombuffer", "fromfunction", "bincount"}
_NOT_NUMPY |= {"result_type", "asarray", "arange", "reciprocal"}


# Counts are integers here, floats in the peer; a rank is an integer of 64 bits.
_OTHER_DTYPES = {"histogram", "lstsq"}


def functions(module: Any) -> list[str]:
    public = [name for name in module.__all__ if isinstance(getattr(module, name), types.FunctionType)]
    return [name for name in public if name not in _OTHERS]


def converted(value: Any, floating: str) -> Any:
    """Samples are written in 64 bits; integers are tried in 32, floats in `floating`."""
    if isinstance(value, np.ndarray):
        kinds = {"f": floating, "i": "int32", "c": "complex64" if floating == "float32" else "complex128"}
        return value.astype(kinds.get(value.dtype.kind, value.dtype))
    if isinstance(value, list | tuple):
        return type(value)(converted(v, floating) for v in value)
    return value


def arguments(sample: Call, floating: str) -> tuple[list[Any], dict[str, Any]]:
    args = [converted(a, floating) for a in sample.args]
    return args, {name: converted(a, floating) for name, a in sample.kwargs.items()}


def leaves(result: Any) -> list[Any]:
    if isinstance(result, tuple | list) and not isinstance(result, str):
        return [leaf for part in result for leaf in leaves(part)]
    return [result]


def host(value: Any) -> np.ndarray:
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype == snp.bfloat16 else array


def assert_same(ours: Any, theirs: Any, name: str, tolerance: float, dtypes: bool) -> None:
    ours, theirs = leaves(ours), leaves(theirs)
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        if isinstance(one, np.dtype | bool | int | type) or one is None:
            assert one == other
            continue
        a, b = host(one), host(other)
        assert a.shape == b.shape
        if dtypes:
            assert a.dtype == b.dtype
        if name in _UP_TO_SIGN:
            a, b = np.abs(a), np.abs(b)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def sampled(table: dict[str, list[Call]]) -> list[Any]:
    return [pytest.param(name, i, id=f"{name}-{i}") for name, calls in table.items() for i in range(len(calls))]


@pytest.mark.parametrize(("name", "i"), sampled(SAMPLES))
def test_like_the_peer(name: str, i: int) -> None:
    args, kwargs = arguments(SAMPLES[name][i], "float32")
    theirs = getattr(jnp, name)(*args, **kwargs)
    assert_same(getattr(snp, name)(*args, **kwargs), theirs, name, 2e-5, dtypes=name not in _OTHER_DTYPES)


@pytest.mark.parametrize(("name", "i"), sampled(LINALG))
def test_linear_algebra_like_the_peer(name: str, i: int) -> None:
    args, kwargs = arguments(LINALG[name][i], "float32")
    theirs = getattr(jnp.linalg, name)(*args, **kwargs)
    assert_same(getattr(snp.linalg, name)(*args, **kwargs), theirs, name, 5e-4, dtypes=name not in _OTHER_DTYPES)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("name", "i"), sampled({k: v for k, v in SAMPLES.items() if k not in _NOT_NUMPY}))
def test_like_numpy_in_float64(name: str, i: int) -> None:
    args, kwargs = arguments(SAMPLES[name][i], "float64")
    if not hasattr(np, name) or not {"where", "size", "fill_value", "length"}.isdisjoint(kwargs):
        pytest.skip("NumPy has no such call")
    ours = leaves(getattr(snp, name)(*args, **kwargs))
    theirs = leaves(getattr(np, name)(*args, **kwargs))
    of_floats = any(host(a).dtype.kind in "fc" for arg in args for a in leaves(arg) if hasattr(a, "dtype"))
    assert_same(ours, theirs, name, 1e-10 if of_floats else 1e-6, dtypes=False)
    if of_floats and isinstance(ours[0], snp.ndarray) and np.asarray(theirs[0]).dtype == np.float64:
        assert ours[0].dtype == np.float64


@pytest.mark.parametrize(("name", "i"), sampled({k: v for k, v in LINALG.items() if k not in _NOT_NUMPY}))
def test_linear_algebra_like_numpy_in_float64(name: str, i: int) -> None:
    args, kwargs = arguments(LINALG[name][i], "float64")
    theirs = getattr(np.linalg, name)(*args, **kwargs)
    assert_same(getattr(snp.linalg, name)(*args, **kwargs), theirs, name, 1e-10, dtypes=False)


def test_every_function_has_a_sample() -> None:
    in_files_of_their_own = {"vectorize"}
    assert sorted(set(functions(snp)) - set(SAMPLES) - in_files_of_their_own) == []
    public = [n for n in vars(snp.linalg) if isinstance(getattr(snp.linalg, n), types.FunctionType)]
    assert sorted({n for n in public if not n.startswith("_")} - set(LINALG)) == []


def test_two_hundred_names() -> None:
    assert len(functions(snp)) >= 200
    assert all(hasattr(jnp, name) for name in functions(snp))
