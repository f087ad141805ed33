"""Devices: the PJRT client of the chosen platform, and moving arrays to and from it.

The platform is `S2S_PLATFORM` (cpu, cuda or tpu); without it, an installed accelerator plugin, else the CPU. Plugins
are found in the packages that ship them, none of whose Python code (which needs jax) is run.
"""

import importlib
import importlib.util
import os
import threading
import warnings
from pathlib import Path
from typing import Any

from s2s.runtime import adapter

PLATFORMS = ("cpu", "cuda", "tpu")

_CUDA_PACKAGES = ("jax_plugins.xla_cuda13", "jax_plugins.xla_cuda12")
_CUDA_KERNELS = ("jax_cuda13_plugin", "jax_cuda12_plugin")


class Backend:
    """A PJRT client and its devices."""

    def __init__(self, platform: str, client: Any) -> None:
        self.platform = platform
        self.client = client
        self.devices: list[Any] = list(client.local_devices())
        self.shardings = {device: adapter.DeviceSharding(device) for device in self.devices}
        self.default = self.shardings[self.devices[0]]


_lock = threading.Lock()
_backend: Backend | None = None


def backend() -> Backend:
    """The backend of the process, made at first use."""
    global _backend
    if _backend is None:
        with _lock:
            if _backend is None:
                _backend = _make_backend()
    return _backend


def devices() -> list[Any]:
    """The devices of this process."""
    return list(backend().devices)


def default_platform() -> str:
    """The platform in use: "cpu", "cuda" or "tpu"."""
    return backend().platform


def sharding_for(device: Any) -> adapter.DeviceSharding | None:
    """The placement on a device (or its index, or None); None for the default device. ValueError if unknown."""
    made = backend()
    if device is None:
        return None
    if isinstance(device, int):
        device = made.devices[device]
    found = made.shardings.get(device)
    if found is None:
        raise ValueError(f"{device!r} is not a device of this process; s2s.devices() lists them")
    return None if found is made.default else found


def _make_backend() -> Backend:
    asked = os.environ.get("S2S_PLATFORM", "").strip().lower()
    if asked and asked not in PLATFORMS:
        raise ValueError(f"S2S_PLATFORM is {asked!r}; it must be one of {', '.join(PLATFORMS)}")
    if asked:
        return Backend(asked, _MAKERS[asked]())
    for platform, library in (("tpu", _tpu_library()), ("cuda", _cuda_library())):
        if library is not None:
            try:
                return Backend(platform, _MAKERS[platform]())
            except (RuntimeError, adapter.XlaRuntimeError) as error:
                message = f"the {platform} plugin is installed but found no device; using the CPU ({error})"
                warnings.warn(message, RuntimeWarning, stacklevel=2)
    return Backend("cpu", _cpu_client())


def _cpu_client() -> Any:
    return adapter.cpu_client(int(os.environ.get("S2S_CPU_DEVICES", "1")))


def _cuda_client() -> Any:
    library = _cuda_library()
    if library is None:
        raise RuntimeError(
            "S2S_PLATFORM=cuda, but no CUDA plugin is installed; pip install jax-cuda12-plugin[with-cuda]"
        )
    client, c_api = adapter.plugin_client("cuda", str(library), adapter.gpu_options())
    if c_api is not None:
        _register_cuda_kernels(c_api)
    return client


def _tpu_client() -> Any:
    library = _tpu_library()
    if library is None:
        raise RuntimeError("S2S_PLATFORM=tpu, but no TPU plugin is installed; pip install libtpu")
    return adapter.plugin_client("tpu", str(library), {})[0]


_MAKERS = {"cpu": _cpu_client, "cuda": _cuda_client, "tpu": _tpu_client}


def _cuda_library() -> Path | None:
    return next((found for name in _CUDA_PACKAGES if (found := _library(name, "xla_cuda_plugin.so"))), None)


def _tpu_library() -> Path | None:
    given = os.environ.get("TPU_LIBRARY_PATH")
    return Path(given) if given else _library("libtpu", "libtpu.so")


def _library(package: str, file_name: str) -> Path | None:
    """The shared library in a package's folder; the package itself is not imported."""
    parent, _, child = package.rpartition(".")
    spec = importlib.util.find_spec(parent or package)
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    paths = (Path(folder, child if parent else "", file_name) for folder in folders)
    return next((path for path in paths if path.is_file()), None)


def _register_cuda_kernels(c_api: Any) -> None:
    """Registers the linear algebra kernels that ship beside the CUDA plugin."""
    package = next((name for name in _CUDA_KERNELS if importlib.util.find_spec(name) is not None), None)
    if package is None:
        return
    extension = importlib.import_module(f"{package}.cuda_plugin_extension")
    adapter.register_plugin_extension("CUDA", extension, c_api)
    for name in ("_solver", "_linalg", "_prng"):
        if importlib.util.find_spec(f"{package}.{name}") is None:
            continue
        for target, function in importlib.import_module(f"{package}.{name}").registrations().items():
            adapter.register_custom_call(target, function, "CUDA", int(target.endswith("_ffi")))
