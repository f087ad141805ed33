"""Compiling modules and calling what came out."""

from collections.abc import Sequence
from typing import Any

from s2s.runtime import adapter, cache, devices
from s2s.runtime.adapter import ir
from s2s.runtime.aval import Aval


class Executable:
    """A loaded program for one device.

    Attributes:
        loaded: PJRT's executable.
        run: its bound `execute_sharded`.
        handlers: one per result, for `consume_with_handlers`.
        avals: of the results.
    """

    __slots__ = ("loaded", "run", "handlers", "avals")

    def __init__(self, loaded: Any, avals: Sequence[Aval], sharding: adapter.DeviceSharding) -> None:
        self.loaded = loaded
        self.run = loaded.execute_sharded
        self.avals = tuple(avals)
        self.handlers = [adapter.result_handler(aval, sharding) for aval in avals]

    def __call__(self, buffers: Sequence[Any]) -> list[Any]:
        """Runs on device buffers, gives device buffers; does not wait for them."""
        return self.run(buffers).consume_with_handlers(self.handlers)


def compile_module(
    module: ir.Module,
    avals: Sequence[Aval],
    sharding: adapter.DeviceSharding | None = None,
    *,
    persistent: bool = False,
    flags: tuple[tuple[str, Any], ...] = (),
    host_calls: Sequence[Any] = (),
) -> Executable:
    """Compiles a module for the device of `sharding` (None: the default one); `avals` describe its results.

    With `persistent`, the executable is taken from, or put into, the compile cache on disk; not with `host_calls`,
    functions of this process that the program calls.
    """
    backend = devices.backend()
    placed = sharding or backend.default
    options = adapter.compile_options(placed.device, flags)
    result_avals = [Aval(aval.shape, aval.dtype, aval.weak, sharding) for aval in avals]
    if persistent and not host_calls and cache.directory() is not None:
        loaded = _load_persistent(backend, module, placed, options, flags)
    else:
        loaded = adapter.compile_module(backend.client, module, placed, options, host_calls)
    return Executable(loaded, result_avals, placed)


def _load_persistent(backend: Any, module: ir.Module, sharding: Any, options: Any, flags: Any) -> Any:
    device = sharding.device
    name = cache.key(module, backend.platform, f"{device.device_kind} {device.id}", flags)
    blob = cache.read(name)
    if blob is not None:
        try:
            return adapter.deserialize(backend.client, blob, sharding, options)
        except adapter.XlaRuntimeError:  # a damaged file: compile again and replace it
            pass
    loaded = adapter.compile_module(backend.client, module, sharding, options)
    cache.write(name, loaded.serialize())
    return loaded
