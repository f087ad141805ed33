import copy
import pickle

import ml_dtypes
import numpy as np
import pytest

from s2s.runtime import array, dispatch  # noqa: F401
from s2s.runtime.array import Array, device_get, device_put, from_dlpack, from_host

DTYPES = [np.bool_, np.int8, np.int32, np.int64, np.uint8, np.uint64, np.float16, np.float32, np.float64]
DTYPES += [np.complex64, np.complex128, ml_dtypes.bfloat16, ml_dtypes.float8_e5m2]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)])
def test_values_and_dtype_survive_the_device(dtype, shape):
    given = np.ones(shape, dtype)
    found = np.asarray(from_host(given))
    assert found.dtype == given.dtype and found.shape == shape
    np.testing.assert_array_equal(found, given)


def test_host_memory_is_copied():
    given = np.zeros(4)
    x = from_host(given)
    given[0] = 99
    assert np.asarray(x)[0] == 0
    with pytest.raises(ValueError):
        np.asarray(x)[0] = 1


def test_big_endian_and_strided_input():
    np.testing.assert_array_equal(np.asarray(from_host(np.arange(3, dtype=">f4"))), [0, 1, 2])
    np.testing.assert_array_equal(np.asarray(from_host(np.arange(6).reshape(2, 3).T[::2])), [[0, 3], [2, 5]])


@pytest.mark.parametrize("bad", [np.array(["a"]), np.array([None]), np.array(["2020-01-01"], "M8[D]")])
def test_dtypes_that_no_device_holds_are_refused(bad):
    with pytest.raises(TypeError, match="cannot be held by a device array"):
        from_host(bad)


def test_repr_does_not_show_weakness():
    assert repr(from_host(np.array([1.0, 2.0], np.float32))) == "Array([1., 2.], dtype=float32)"
    assert repr(from_host(np.zeros((0, 2)))) == "Array([], shape=(0, 2), dtype=float64)"
    assert repr(from_host(np.float64(2), weak=True)) == "Array(2., dtype=float64)"
    assert str(from_host(np.arange(3))) == "[0 1 2]"


def test_scalar_conversions():
    x = from_host(np.float32(2.5))
    assert float(x) == 2.5 and int(x) == 2 and bool(x) and complex(x) == 2.5 and x.item() == 2.5 and f"{x:.1f}" == "2.5"
    assert [10, 20, 30][from_host(np.int32(1))] == 20
    with pytest.raises(TypeError, match="only integer arrays of rank 0"):
        range(x)
    with pytest.raises(TypeError, match="only arrays of rank 0"):
        float(from_host(np.ones(1)))
    with pytest.raises(ValueError, match="ambiguous"):
        bool(from_host(np.ones(2)))


def test_array_is_unhashable_and_immutable():
    x = from_host(np.ones(2))
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)
    with pytest.raises(TypeError, match=r"test_array\.py:\d+; write x = x\.at\[i\]\.set\(v\)"):
        x[0] = 2
    with pytest.raises(AttributeError):
        x.shape = (2, 1)


def test_pickle_and_copies():
    x = from_host(np.arange(3, dtype=ml_dtypes.bfloat16))
    y = pickle.loads(pickle.dumps(x))
    assert type(y) is Array and y.dtype == x.dtype and y.tolist() == [0, 1, 2]
    assert copy.copy(x) is x and copy.deepcopy({"x": x})["x"] is x


def test_dlpack_both_ways():
    x = from_host(np.arange(4.0))
    np.testing.assert_array_equal(np.from_dlpack(x), np.arange(4.0))
    given = np.arange(3)
    y = from_dlpack(given)
    given[0] = 7
    assert y.tolist() == [0, 1, 2] and from_dlpack(y) is y


def test_methods_and_properties():
    given = np.arange(6, dtype=np.float32).reshape(2, 3)
    x = from_host(given)
    assert (x.shape, x.ndim, x.size, x.nbytes, x.itemsize, len(x)) == ((2, 3), 2, 6, 24, 4, 2)
    for name, args in [("sum", (0,)), ("mean", ()), ("max", (1,)), ("prod", ()), ("argmax", (1,)), ("cumsum", (0,)),
                       ("reshape", (3, 2)), ("reshape", ((3, -1),)), ("transpose", ()), ("ravel", ()), ("std", (0,)),
                       ("astype", (np.int32,)), ("clip", (1, 3)), ("swapaxes", (0, 1)), ("all", ())]:  # fmt: skip
        expected = getattr(given, name)(*args)
        found = getattr(x, name)(*args)
        assert found.dtype == expected.dtype, name
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-6, err_msg=name)
    np.testing.assert_array_equal(np.asarray(x.T), given.T)
    assert [row.tolist() for row in x] == given.tolist()
    assert x.tolist() == given.tolist() and x.tobytes() == given.tobytes() and 3.0 in x


def test_block_and_delete():
    x = from_host(np.ones(3)) + 1
    assert x.block_until_ready() is x and x.is_ready()
    x.delete()
    assert x.is_deleted() and "deleted" in repr(x)
    with pytest.raises(RuntimeError, match="deleted, or donated"):
        np.asarray(x)


def test_device_put_and_get():
    x = device_put(3)
    assert x.dtype == np.int64 and not x.weak_type and x.devices() == {x.device}
    assert device_put(x) is x and device_get(x) == 3 and device_get("other") == "other"
    with pytest.raises(ValueError, match="not a device of this process"):
        device_put(x, object())


def test_scalars_are_kept_apart():
    values = [0.0, -0.0, 1, 1.0, True, 1j, complex(1, -0.0), complex(1, 0.0)]
    for value in values * 2:
        aval, buffer = array.scalar(value)
        found = np.asarray(memoryview(buffer))[()]
        assert aval.weak and repr(found.item()) == repr(value)
    with pytest.raises(OverflowError):
        array.scalar(2**70)
