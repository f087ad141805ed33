import threading

import numpy as np
import pytest

from s2s.runtime.array import Array, from_host
from s2s.runtime.errors import ConcretizationError, LeakError
from s2s.runtime.jit import disable_jit, eval_shape, jit


@pytest.fixture
def x():
    return from_host(np.arange(3, dtype=np.float32))


def test_values_and_static_leaves_of_the_result(x):
    captured = from_host(np.ones(100))
    f = jit(lambda x: {"y": np.sin(x), "s": "text", "n": None, "k": 3, "c": captured, "h": np.ones(2)})
    out = f(x)
    np.testing.assert_allclose(np.asarray(out["y"]), np.sin([0, 1, 2]), rtol=1e-6)
    assert (
        out["s"] == "text" and out["n"] is None and out["k"] == 3 and out["c"] is captured and type(out["h"]) is Array
    )


def test_compiles_once_per_signature(x):
    runs = []

    @jit
    def f(x, y):
        runs.append(1)
        return x + y

    f(x, x), f(x, x), f(x, 1.0), f(x, 2.0), f(y=3.0, x=x), f(x, 1), f(x, np.ones(3)), f(x, np.zeros(3))
    assert len(runs) == 5
    assert f.__name__ == "f" and "jit of" in repr(f)


def test_python_numbers_are_weak_runtime_arguments(x):
    f = jit(lambda x, y: x * y)
    assert f(x, 2.0).dtype == np.float32 and f(x, np.float64(2)).dtype == np.float64 and f(x, 2).dtype == np.float32
    assert f(2.0, 3.0).dtype == np.float64 and (f(2.0, 3.0) * x).dtype == np.float32
    assert float(f(2.0, -0.0)) == 0 and np.signbit(np.asarray(f(2.0, -0.0))) and not np.signbit(np.asarray(f(2.0, 0.0)))


def test_float64_stays():
    assert jit(lambda x: np.sin(x) + 1)(np.ones(2)).dtype == np.float64


def test_scalars_whose_value_is_needed_become_static(x):
    runs = []

    @jit
    def f(x, n, flag=True):
        runs.append(1)
        return x.reshape(n, -1) if flag and n + 1 > 2 else x

    assert f(x, 3).shape == (3, 1) and f(x, 1).shape == (3,) and f(x, 3, False).shape == (3,)
    before = len(runs)
    assert f(x, 3).shape == (3, 1) and len(runs) == before


def test_values_of_arrays_are_refused_at_the_users_line(x):
    def branch(x):
        return x if x.sum() > 0 else -x

    for function, text in [
        (branch, "its truth value"),
        (lambda x: float(x[0]), "its value as a float"),
        (lambda x: np.zeros(int(x[0])), "its value as an int"),
        (lambda x: x.item(), r"\.item\(\)"),
        (lambda x: np.asarray(x), "as a NumPy array"),
        (lambda x: {x: 1}, "its hash"),
    ]:
        with pytest.raises(ConcretizationError, match=text + r".*at .*test_jit\.py:\d+, but this .* is being staged"):
            jit(function)(x)
    with pytest.raises(ConcretizationError, match="it is the argument n, an array"):
        jit(lambda n: range(n))(from_host(np.int64(3)))


def test_static_arguments(x):
    f = jit(lambda x, how, k=2: x * k if how == "scale" else x, static_argnums=1, static_argnames="k")
    assert f(x, "scale").tolist() == [0, 2, 4] and f(x, "other", k=3).tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match="static argument of type set is not hashable"):
        f(x, {1})
    with pytest.raises(ValueError, match="static argument 'z' is no parameter"):
        jit(lambda x: x, static_argnames="z")
    with pytest.raises(ValueError, match="both static and donated"):
        jit(lambda x: x, static_argnums=0, donate_argnums=0)


def test_one_and_true_are_different_static_values(x):
    f = jit(lambda x, k: x + (10 if k is True else 20), static_argnums=1)
    assert f(x, True)[0] == 10 and f(x, 1)[0] == 20 and f(x, 1.0)[0] == 20


def test_mutable_objects_are_no_arguments(x):
    class Model:
        pass

    with pytest.raises(TypeError, match="neither an array nor a pytree of arrays; register the class"):
        jit(lambda m, x: x)(Model(), x)


def test_functions_and_strings_are_static(x):
    f = jit(lambda g, s, x: g(x) if s == "a" else x)
    np.testing.assert_allclose(np.asarray(f(np.cos, "a", x)), np.cos([0, 1, 2]), rtol=1e-6)


def test_donation(x):
    f = jit(lambda x, y: (x + y, y), donate_argnums=0)
    given = x + 0
    f(given, x)
    assert given.is_deleted() and not x.is_deleted()
    assert "tf.aliasing_output = 0" in f.lower(x, x).as_text()
    with pytest.raises(RuntimeError, match="donated to a compiled function before"):
        f(given, x)


def test_captured_arrays_are_arguments_not_constants(x):
    weights = from_host(np.full((40, 3), 2.0, np.float32))
    f = jit(lambda x: weights @ x + weights.sum())
    assert "dense<2.0" not in f.lower(x).as_text()
    np.testing.assert_allclose(np.asarray(f(x)), np.full(40, 6.0 + 240.0))


def test_lower_and_compile(x):
    lowered = jit(lambda x, y: {"z": x @ y}).lower(np.ones((4, 5)), np.ones((5, 6)))
    assert "stablehlo.dot_general" in lowered.as_text() and "test_jit.py" in lowered.as_text(debug_info=True)
    assert lowered.out_info["z"].shape == (4, 6)
    compiled = lowered.compile()
    assert compiled.cost_analysis()["flops"] == 2 * 4 * 5 * 6
    assert compiled.memory_analysis().output_size_in_bytes == 4 * 6 * 8
    assert compiled.as_text().startswith("HloModule jit_") and "test_jit.py" in compiled.as_text()
    assert compiled(np.ones((4, 5)), np.ones((5, 6)))["z"][0, 0] == 5
    with pytest.raises(TypeError, match="compiled for"):
        compiled(np.ones((4, 5)), np.ones((5, 7)))


def test_eval_shape():
    out = eval_shape(lambda x: (x.sum(), x[None]), np.ones((2, 3), np.float32))
    assert [(s.shape, s.dtype) for s in out] == [((), np.float32), ((1, 2, 3), np.float32)]


def test_nested_jit_and_disable(x):
    inner = jit(lambda x, n: x.reshape(n, 3))
    outer = jit(lambda x: inner(x, 1) + 1)
    assert outer(x).shape == (1, 3)
    with disable_jit():
        assert jit(lambda x: x if x.sum() > 0 else -x)(x).tolist() == [0, 1, 2]
        with disable_jit(False):
            assert outer(x).shape == (1, 3)


def test_leaked_values_are_refused(x):
    kept = []
    jit(lambda x: kept.append(x) or x)(x)
    with pytest.raises(LeakError, match="after its function had been staged"):
        kept[0] + 1
    with pytest.raises(LeakError):
        jit(lambda x: x + kept[0])(x)


def test_methods(x):
    class Scale:
        __hash__ = None
        factor = 3.0

        @jit
        def refused(self, x):
            return x

        times = staticmethod(jit(lambda x: 2 * x))

    assert Scale().times(x).tolist() == [0, 2, 4]
    with pytest.raises(TypeError, match="neither an array nor a pytree"):
        Scale().refused(x)


def test_errors_leave_staging_clean(x):
    with pytest.raises(ZeroDivisionError):
        jit(lambda x: 1 // 0)(x)
    assert (x + 1).tolist() == [1, 2, 3] and jit(lambda x: x + 1)(x).tolist() == [1, 2, 3]


def test_rewrite_is_applied_once(x):
    seen = []

    def rewrite(function):
        seen.append(function)
        return lambda x: function(x) + 1

    f = jit(lambda x: 2 * x, rewrite=rewrite)
    assert f(x).tolist() == [1, 3, 5] and f(np.ones(1)).tolist() == [3] and len(seen) == 1


def test_threads(x):
    f = jit(lambda x, y: np.sin(x) * y)
    results, failures = {}, []

    def work(k):
        try:
            for n in range(1, 6):
                results[k, n] = np.asarray(f(np.ones(n) * k, x[0] + k))
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    [t.start() for t in threads], [t.join() for t in threads]
    assert not failures
    for (k, n), found in results.items():
        np.testing.assert_allclose(found, np.full(n, np.sin(k) * k), rtol=1e-6)


def test_constants_that_compare_equal_stay_apart(x):
    values = (0.0, -0.0, 0, False, 1.0, 1, True, np.float64(-0.0), float("nan"))
    for dtype in (np.float32, np.int32, np.bool_):
        given = values[:7] if dtype is np.int32 else values
        found = jit(lambda x, given=given, dtype=dtype: [np.full_like(x, v, dtype=dtype) for v in given])(x)
        for value, array in zip(given, found, strict=True):
            expected = np.full(3, value, dtype)
            assert array.dtype == expected.dtype and np.asarray(array).tobytes() == expected.tobytes()


def test_python_ints_that_a_narrow_dtype_cannot_hold():
    of_one_dtype = [
        *(np.add, np.subtract, np.multiply, np.maximum, np.floor_divide, np.remainder, np.bitwise_and, np.left_shift),
        *(np.power, np.fmin),
    ]
    for dtype, value in ((np.int8, 300), (np.uint8, -1), (np.int16, -(2**20)), (np.uint32, 2**32)):
        host = np.arange(3, dtype=dtype)
        for function in of_one_dtype:
            for call in (lambda x, f=function, v=value: f(x, v), lambda x, f=function, v=value: f(v, x)):
                for run in (call, jit(call)):
                    with pytest.raises(OverflowError, match="does not fit into"):
                        run(from_host(host))
        compared = jit(lambda x, v=value: [x < v, x >= v, v > x, x == v, v != x, x / v])(from_host(host))
        expected = [host < value, host >= value, value > host, host == value, value != host, host / value]
        for one, other in zip(compared, expected, strict=True):
            np.testing.assert_allclose(np.asarray(one), other)
    with pytest.raises(OverflowError, match="Python int 300 does not fit into int8"):
        jit(lambda x: np.clip(x, 0, 300))(from_host(np.arange(3, dtype=np.int8)))
