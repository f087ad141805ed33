import numpy as np
import pytest

from s2s.runtime.array import Array, from_host
from s2s.runtime.jit import jit


@pytest.fixture
def x():
    return from_host(np.arange(3, dtype=np.float32))


def both(function, x):
    """The same result eagerly, staged and in NumPy."""
    expected = function(np.asarray(x))
    for found in (function(x), jit(function)(x)):
        assert found.dtype == expected.dtype and found.shape == expected.shape
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.sin(x),
        lambda x: np.add(x, np.arange(3)),
        lambda x: np.arange(3.0) + x,
        lambda x: x * np.float64(2),
        lambda x: np.float32(2) * x,
        lambda x: 1 - x,
        lambda x: 2**x,
        lambda x: x // 2 + x % 2,
        lambda x: divmod(x, 2)[1],
        lambda x: -x + abs(x),
        lambda x: np.sum(x, axis=0),
        lambda x: np.add.reduce(x),
        lambda x: np.maximum.reduce(x),
        lambda x: np.add.accumulate(x),
        lambda x: np.multiply.outer(x, x),
        lambda x: np.concatenate([x, np.ones(2, np.float32), x]),
        lambda x: x[:, None] @ x[None],
        lambda x: np.where(x > 1, x, 0),
        lambda x: np.ones_like(x) * np.size(x) + np.ndim(x) + np.shape(x)[0],
        lambda x: x.astype(np.int32) & 1,
    ],
)
def test_numpy_functions_and_operators(function, x):
    both(function, x)


def test_unknown_functions_are_named(x):
    with pytest.raises(TypeError, match=r"numpy\.fft\.hfft is not supported on s2s arrays at .*py:\d+"):
        np.fft.hfft(x)
    with pytest.raises(TypeError, match=r"numpy\.add\.reduceat is not supported"):
        np.add.reduceat(x, [0])
    with pytest.raises(TypeError, match=r"numpy\.sin\(\.\.\., where=m\) is not supported"):
        np.sin(x, where=np.array([True, False, True]))


def test_lists_are_no_operands(x):
    with pytest.raises(TypeError, match="unsupported operand"):
        x + [1, 2, 3]


def test_ufunc_at_is_refused_with_a_rewrite(x):
    with pytest.raises(TypeError, match=r"numpy\.add\.at writes into its argument.*x\.at\[i\]\.add\(v\)"):
        np.add.at(x, 0, 1)
    with pytest.raises(TypeError, match=r"x\.at\[i\]\.add\(-v\)"):
        np.subtract.at(x, 0, 1)


def test_out_is_written_into_numpy_arrays_only(x):
    out = np.zeros(3)
    assert np.sin(x, out=out) is out and out[1] == np.float64(np.asarray(np.sin(x))[1])
    out += x
    assert out[2] == np.float64(np.asarray(np.sin(x))[2]) + 2
    with pytest.raises(TypeError, match=r"cannot write into x.*immutable; write x = numpy\.sin\(\.\.\.\)"):
        np.sin(np.ones(3), out=x)
    with pytest.raises(TypeError, match="same_kind"):
        np.add(x, 0.5, out=np.zeros(3, np.int32))


def test_staged_values_are_not_written_into_numpy_arrays():
    def f(x):
        total = np.zeros(3)
        total += x
        return total

    with pytest.raises(TypeError, match=r"a staged array cannot be written into a NumPy array at .*py:\d+"):
        jit(f)(np.ones(3))


def test_unknown_arguments_are_refused(x):
    with pytest.raises(TypeError, match=r"order"):
        np.sort(x, order="a")
    assert type(np.sum(x, axis=None, keepdims=False)) is Array


def test_missing_methods_are_named(x):
    with pytest.raises(AttributeError):
        x.partition(1)
