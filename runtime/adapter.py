"""Every import of jaxlib and every difference between its versions (0.10.2 to 0.12).

Nothing else in the package imports jaxlib, apart from its MLIR dialects, which are taken from here as well.
"""

import ctypes
import functools
import os
import threading
from collections.abc import Sequence
from typing import Any

# XLA's C++ side prints device counts at level INFO otherwise; it reads the variable when it is loaded.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")

import numpy as np  # noqa: E402
from jaxlib import _jax, xla_client  # type: ignore[attr-defined]  # noqa: E402
from jaxlib import version as _version  # noqa: E402
from jaxlib.mlir import ir, passmanager  # noqa: E402
from jaxlib.mlir._mlir_libs import _jax_mlir_ext  # noqa: E402
from jaxlib.mlir.dialects import chlo, func, sdy, stablehlo  # noqa: E402

__all__ = ["chlo", "func", "ir", "passmanager", "sdy", "stablehlo"]

JAXLIB_VERSION: str = _version.__version__

Client = _jax.Client
Device = _jax.Device
Buffer = _jax.ArrayImpl
LoadedExecutable = _jax.LoadedExecutable
PyTreeDef = _jax.pytree.PyTreeDef
PyTreeRegistry = _jax.pytree.PyTreeRegistry
XlaRuntimeError = _jax.JaxRuntimeError

_lock = threading.Lock()
_context: ir.Context | None = None


def context() -> ir.Context:
    """The one MLIR context of the process. Every thread enters it itself, as `with context(), location:`."""
    global _context
    if _context is None:
        with _lock:
            if _context is None:
                _context = _make_context()
    return _context


def _make_context() -> ir.Context:
    made = ir.Context()
    registry = ir.DialectRegistry()
    _jax_mlir_ext.register_dialects(registry)
    made.append_dialect_registry(registry)
    made.load_all_available_dialects()
    for dialect in (stablehlo, chlo, sdy):
        dialect.register_dialect(made)
    return made


class DeviceSharding(_jax.Sharding):
    """The placement of a whole array on one device, in the shape that jaxlib's C++ asks for.

    Everything is a property of this class: jax adds properties to the base class, which would hide instance attributes.
    """

    _replicated = xla_client.HloSharding.replicate()

    def __init__(self, device: Any) -> None:
        self.device = device
        self.device_list = xla_client.DeviceList((device,))

    @property
    def device_set(self) -> set[Any]:
        return {self.device}

    @property
    def memory_kind(self) -> None:
        return None

    @property
    def _device_assignment(self) -> tuple[Any, ...]:
        return (self.device,)

    @property
    def _internal_device_list(self) -> Any:
        return self.device_list

    def _to_xla_hlo_sharding(self, num_dimensions: int) -> Any:
        return self._replicated

    def __repr__(self) -> str:
        return f"DeviceSharding({self.device})"


_COPY_DURING_CALL = _jax.HostBufferSemantics.IMMUTABLE_ONLY_DURING_CALL


def put(array: np.ndarray, aval: Any, sharding: DeviceSharding) -> Any:
    """Copies a host array to a device buffer; `array` must already have aval's shape and dtype.

    The default semantics alias the caller's memory, so that a later write to it would show on the device.
    """
    devices = [sharding.device]
    return _jax.batched_device_put(aval, sharding, [array], devices, True, False, _COPY_DURING_CALL, True)


def copy_to_device(buffer: Any, sharding: DeviceSharding) -> Any:
    """Copies a buffer to another device of the same client."""
    semantics = xla_client.ArrayCopySemantics.ALWAYS_COPY
    return _jax.batched_copy_array_to_devices_with_sharding([buffer], [sharding.device_list], [sharding], [semantics])[
        0
    ]


def host_view(buffer: Any, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """The buffer's contents as a read-only NumPy array (without a copy where the device is the host)."""
    try:
        array = np.asarray(memoryview(buffer))
    except BufferError:  # bfloat16 and the like, and devices other than the host
        array = _host_copy(buffer, dtype, shape)
    array.flags.writeable = False
    return array


def _host_copy(buffer: Any, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """As `host_view`, where the buffer protocol does not serve.

    The obvious call makes jaxlib's C++ import jax, and leaves jax broken if that is kept from it; on the host, reading
    through dlpack does neither.
    """
    if buffer.platform() != "cpu":
        return buffer._single_device_array_to_np_array_did_copy()[0]
    buffer.block_until_ready()
    capsule = to_dlpack(buffer)
    # DLTensor starts with its data pointer; byte_offset is zero in what PJRT exports.
    tensor = _capsule_pointer(capsule, b"dltensor")
    address = ctypes.c_void_p.from_address(tensor).value
    count = int(np.prod(shape))
    if not count or address is None:
        return np.zeros(shape, dtype)
    return np.frombuffer(ctypes.string_at(address, count * dtype.itemsize), dtype).reshape(shape).copy()


_capsule_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_pointer.restype = ctypes.c_void_p
_capsule_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


def result_handler(aval: Any, sharding: DeviceSharding) -> Any:
    """Turns one raw result of an execution into a buffer."""
    try:
        return _jax.array_result_handler(aval, sharding, True, True)
    except TypeError:  # 0.12 has no `_skip_checks`
        return _jax.array_result_handler(aval, sharding, True)


def to_dlpack(buffer: Any, stream: int | None = None) -> Any:
    return _jax.buffer_to_dlpack_managed_tensor(buffer, stream)


def from_dlpack(capsule: Any, device: Any, stream: int | None = None) -> Any:
    """A device buffer that shares the exporter's memory. jaxlib's C++ imports jax for it, where jax is installed."""
    return _jax.dlpack_managed_tensor_to_buffer(capsule, device, stream)


def cpu_client(num_devices: int = 1) -> Any:
    return xla_client.make_cpu_client(num_devices=num_devices)


def plugin_client(name: str, library: str, options: dict[str, Any]) -> tuple[Any, Any]:
    """A client of the PJRT plugin in the shared library `library`, and the plugin's C API.

    The C API is None where the plugin was loaded before (by jax), which then has registered its kernels too.
    """
    loaded = xla_client.pjrt_plugin_loaded(name)
    c_api = None if loaded else xla_client.load_pjrt_plugin_dynamically(name, library)
    if not xla_client.pjrt_plugin_initialized(name):
        xla_client.initialize_pjrt_plugin(name)
    return xla_client.make_c_api_client(name, options), c_api


def gpu_options() -> dict[str, Any]:
    return dict(xla_client.generate_pjrt_gpu_plugin_options())


def register_custom_call(name: str, function: Any, platform: str, api_version: int) -> None:
    xla_client.register_custom_call_target(name, function, platform=platform, api_version=api_version)


def register_plugin_extension(platform: str, extension: Any, c_api: Any) -> None:
    """Routes custom calls of a plugin's platform to its extension module."""
    call = functools.partial(extension.register_custom_call_target, c_api)
    xla_client.register_custom_call_handler(platform, call)
    xla_client.register_custom_type_handler(platform, functools.partial(extension.register_custom_type, c_api))


def compile_options(device: Any, flags: Sequence[tuple[str, Any]] = ()) -> Any:
    """Options for a single-device program on `device`; `flags` are XLA debug options."""
    options = xla_client.CompileOptions()
    options.num_replicas = 1
    options.num_partitions = 1
    options.device_assignment = xla_client.DeviceAssignment.create(np.array([[device.id]]))
    if flags:
        options.env_option_overrides = list(flags)
    return options


def compile_module(
    client: Any, module: ir.Module, sharding: DeviceSharding, options: Any, host_calls: Sequence[Any] = ()
) -> Any:
    """A loaded program; its custom calls to `host_call_target` name functions of `host_calls` by number."""
    if host_calls:
        return client.compile_and_load(module, sharding.device_list, options, list(host_calls))
    return client.compile_and_load(module, sharding.device_list, options)


def host_call_target(platform: str) -> str:
    """The custom call that calls back into Python with NumPy arrays, and takes NumPy arrays."""
    return f"xla_ffi_python_{'cpu' if platform == 'cpu' else 'gpu'}_callback"


def run_and_wait(loaded: Any, buffers: Sequence[Any], handlers: Sequence[Any]) -> list[Any]:
    """Runs a program to its end: also one without results is then done."""
    results = loaded.execute_sharded(buffers, with_tokens=True)
    made = results.consume_with_handlers(handlers)
    results.consume_token().block_until_ready()
    return made


def deserialize(client: Any, blob: bytes, sharding: DeviceSharding, options: Any) -> Any:
    return client.deserialize_executable(blob, sharding.device_list, options)
