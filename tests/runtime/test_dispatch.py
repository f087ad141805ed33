import os
import subprocess
import sys

import numpy as np
import pytest

from s2s.runtime import dispatch
from s2s.runtime.array import Array, from_host
from s2s.runtime.jit import jit
from s2s.runtime.primitives import table


def test_bind_takes_arrays_numbers_and_sequences():
    x = from_host(np.arange(3.0))
    add, concatenate = table.named("add"), table.named("concatenate")
    assert dispatch.bind(add, x, x).tolist() == [0, 2, 4]
    assert dispatch.bind(add, np.ones(3), 2).tolist() == [3, 3, 3]
    assert dispatch.bind(add, 1, 2.5).tolist() == 3.5 and dispatch.bind(add, 1, 2).weak_type
    assert dispatch.call("concatenate", [x, np.ones(1)]).tolist() == [0, 1, 2, 1]
    assert dispatch.apply(concatenate, ((x, x),), {"axis": 0}).shape == (6,)


def test_static_parameters_by_position_and_name():
    x = from_host(np.arange(6.0).reshape(2, 3))
    for given in (np.sum(x, 0), np.sum(x, axis=0), x.sum(axis=np.int64(0)), x.sum(from_host(np.int32(0)))):
        assert given.tolist() == [3, 5, 7]
    assert x.sum(axis=(0, 1)).shape == () and x.sum(axis=1, keepdims=True).shape == (2, 1)


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda x: dispatch.call("add", x), "missing the argument"),
        (lambda x: dispatch.call("add", x, x, x), "takes 2 arguments, got 3"),
        (lambda x: dispatch.call("sum", x, 0, axis=0), "two values for 'axis'"),
        (lambda x: dispatch.call("sum", x, nonsense=1), "argument nonsense= is not supported"),
        (lambda x: dispatch.call("add", x, object()), "expected an array or a number, got object"),
    ],
)
def test_wrong_arguments(call, text):
    with pytest.raises(TypeError, match=text + r".*test_dispatch\.py:\d+"):
        call(from_host(np.ones(2)))


def test_static_values_must_be_known():
    with pytest.raises(TypeError, match="the argument axis= of sum.*axis must be known while staging"):
        jit(lambda x, i: x.sum(axis=i[0]))(np.ones(3), np.array([0]))


def test_python_scalars_do_not_compile_again():
    x = from_host(np.ones(3))
    x * 1.0
    entries = dispatch._entries[table.named("multiply")]
    before = len(entries)
    for value in range(5):
        assert (x * float(value)).tolist() == [value] * 3 and type(x * value) is Array
    assert len(entries) - before <= 1


SCRIPT = """
import sys
{first}
import numpy as np
from s2s.runtime import dispatch, array, jit
import ml_dtypes
x = array.from_host(np.arange(3, dtype=np.float32))
y = array.from_host(np.ones(2, ml_dtypes.bfloat16))
assert (x + x).tolist() == [0, 2, 4] and (y + 1).tolist() == [2, 2] and repr(x)
assert jit.jit(lambda x: np.sin(x) + 1.0)(x).shape == (3,) and array.from_dlpack(np.ones(2)).shape == (2,)
assert ("jax" in sys.modules) == {imported}, "jax was imported"
assert "scipy" not in sys.modules
{last}
"""
USE_JAX = """
import jax, jax.numpy as jnp
assert jax.jit(lambda x: x + 1)(jnp.arange(3)).tolist() == [1, 2, 3]
assert jnp.asarray(x + 1).tolist() == [1, 2, 3] and jnp.from_dlpack(x * 2).tolist() == [0, 2, 4]
assert (x + np.asarray(jnp.ones(3))).tolist() == [1, 2, 3] and array.from_dlpack(jnp.ones(3)).tolist() == [1, 1, 1]
assert jit.jit(lambda a: a + 1)(jnp.ones(3, jnp.bfloat16)).tolist() == [2, 2, 2]
assert jnp.ones(2, jnp.bfloat16).aval.dtype == jnp.bfloat16
assert (x + x).tolist() == [0, 2, 4] and (y + 2).tolist() == [3, 3]
assert array.from_host(np.float32(2)).tolist() == 2 and (x + 3.25).tolist() == [3.25, 4.25, 5.25]
"""


def run(script, **environment):
    given = {**os.environ, **environment}
    found = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, env=given)
    assert found.returncode == 0, found.stderr
    return found


def test_without_jax():
    run(SCRIPT.format(first="", imported=False, last=""))


@pytest.mark.parametrize("before", [True, False])
def test_beside_jax(before):
    pytest.importorskip("jax")
    run(SCRIPT.format(first="import jax" if before else "", imported=before, last=USE_JAX))


DEVICES = """
import numpy as np
from s2s.runtime import dispatch, array, devices, jit
first, second = devices.devices()
x, y = array.device_put(np.ones(3), first), array.device_put(np.ones(3), second)
assert (y + 1.5).device == second and (y + y).tolist() == [2, 2, 2] and (x + 1).device == first
assert jit.jit(lambda a, b: a * b)(y, 2.0).device == second and array.device_put(y, first).device == first
assert np.sin(y).device == second and y[0].device == second
for call in (lambda: x + y, lambda: jit.jit(lambda a, b: a + b)(x, y)):
    try:
        call()
    except ValueError as error:
        assert "on different devices" in str(error), error
    else:
        raise AssertionError
"""


def test_several_devices():
    run(DEVICES, S2S_CPU_DEVICES="2")


def test_unknown_platform():
    script = "from s2s.runtime import devices\ntry: devices.devices()\nexcept ValueError as e: print(e)"
    assert "must be one of cpu, cuda, tpu" in run(script, S2S_PLATFORM="quantum").stdout
    script = script.replace("ValueError", "RuntimeError")
    assert "no TPU plugin is installed" in run(script, S2S_PLATFORM="tpu").stdout


CACHE = """
import numpy as np
from s2s.runtime import dispatch, array, cache
assert (array.from_host(np.ones(3)) * 7).tolist() == [7, 7, 7]
print(cache.directory())
"""


def test_compile_cache(tmp_path):
    folder = tmp_path / "cache"
    run(CACHE, S2S_CACHE_DIR=str(folder))
    kept = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert kept
    run(CACHE, S2S_CACHE_DIR=str(folder))
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == kept
    next(iter(kept)).write_bytes(b"damaged")
    run(CACHE, S2S_CACHE_DIR=str(folder))
    assert run(CACHE, S2S_CACHE_DIR=str(folder), S2S_CACHE="0").stdout.strip() == "None"
    folder.chmod(0o777)
    assert run(CACHE, S2S_CACHE_DIR=str(folder)).stdout.strip() == "None"
