"""Device arrays: immutable, on one device, computed asynchronously."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from s2s.runtime import adapter, devices, dtypes, errors
from s2s.runtime.aval import Aval
from s2s.runtime.operators import ArrayMethods

# Buffers on the default device of recently used Python scalars, by type and value; emptied when full.
_SCALAR_LIMIT = 2048
_scalars: dict[type, dict[Any, tuple[Aval, Any]]] = {kind: {} for kind in dtypes.SCALARS}
_complexes = _scalars[complex]


class Array(ArrayMethods):
    """An immutable array on a device. Made by `device_put`, `s2s.numpy`, and by operations on arrays.

    Operations return before the device has finished; reading a value (or `block_until_ready`) waits.
    """

    __slots__ = ("_buffer", "_aval", "__weakref__")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, buffer: Any, aval: Aval) -> None:
        self._buffer = buffer
        self._aval = aval

    @property
    def aval(self) -> Aval:  # type: ignore[override]
        return self._aval

    def devices(self) -> set[Any]:
        """The devices that hold the array."""
        return {self.device}

    @property
    def device(self) -> Any:
        return (self._aval.sharding or devices.backend().default).device

    def block_until_ready(self) -> "Array":
        """Waits for the computation; errors of the device appear here."""
        self._buffer.block_until_ready()
        return self

    def is_ready(self) -> bool:
        """Whether the value has been computed."""
        return self._buffer.is_ready()

    def is_deleted(self) -> bool:
        """Whether the array was deleted, or donated to a compiled function."""
        return self._buffer.is_deleted()

    def delete(self) -> None:
        """Frees the device memory now."""
        self._buffer.delete()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        view = self._host()
        if dtype is not None and np.dtype(dtype) != view.dtype:
            if copy is False:
                raise ValueError(f"a copy is needed to convert {view.dtype} to {np.dtype(dtype)}")
            return view.astype(dtype)
        return view.copy() if copy else view

    def _host(self) -> np.ndarray:
        if self._buffer.is_deleted():
            raise RuntimeError(
                f"this {self._aval!r} array was deleted, or donated to a compiled function (donate_argnums)"
                f"{errors.at_user_line()}; use the function's result, or don't donate it"
            )
        return adapter.host_view(self._buffer, self._aval.dtype, self._aval.shape)

    def __dlpack__(self, *, stream: int | None = None, **unused: Any) -> Any:
        return adapter.to_dlpack(self._buffer, stream)

    def __dlpack_device__(self) -> tuple[int, int]:
        kinds = {"cpu": 1, "cuda": 2, "gpu": 2}
        return kinds[self.device.platform], self.device.local_hardware_id or 0

    def __reduce__(self) -> tuple[Any, ...]:
        return (_unpickle, (self._host().copy(), self._aval.weak))

    def item(self, *index: int) -> Any:
        """The element as a Python scalar."""
        return self._host().item(*index)

    def tolist(self) -> Any:
        return self._host().tolist()

    def tobytes(self, order: Any = "C") -> bytes:
        return self._host().tobytes(order)

    def __bool__(self) -> bool:
        return bool(self._host())

    def __int__(self) -> int:
        return int(self._scalar())

    def __float__(self) -> float:
        return float(self._scalar())

    def __complex__(self) -> complex:
        return complex(self._scalar())

    def __index__(self) -> int:
        if self._aval.shape or not dtypes.is_integer(self._aval.dtype):
            raise TypeError(f"only integer arrays of rank 0 can be an index, not {self._aval!r}")
        return int(self._host())

    def _scalar(self) -> Any:
        if self._aval.shape:
            raise TypeError(f"only arrays of rank 0 convert to Python scalars, not {self._aval!r}")
        return self._host()[()]

    def __format__(self, spec: str) -> str:
        return format(self._host()[()] if not self._aval.shape else self, spec) if spec else str(self)

    def __iter__(self) -> Iterator[Any]:
        return super().__iter__()

    def __str__(self) -> str:
        return str(self._host())

    def __repr__(self) -> str:
        if self._buffer.is_deleted():
            return f"Array(<deleted {self._aval!r}>)"
        body = np.array2string(self._host(), separator=", ", prefix="Array(", suffix=")")
        empty = f", shape={self._aval.shape}" if 0 in self._aval.shape and self._aval.ndim > 1 else ""
        return f"Array({body}{empty}, dtype={self._aval.dtype.name})"


def _unpickle(array: np.ndarray, weak: bool) -> Array:
    return from_host(array, weak=weak)


def from_host(array: Any, sharding: adapter.DeviceSharding | None = None, weak: bool = False) -> Array:
    """A NumPy array (or scalar) copied to a device. TypeError for dtypes that no device holds."""
    array = np.asarray(array)
    aval = Aval(array.shape, dtypes.canonical(array.dtype), weak, sharding)
    return Array(_put(array, aval), aval)


def _put(array: np.ndarray, aval: Aval) -> Any:
    native = np.asarray(array, aval.dtype)
    return adapter.put(native, aval, aval.sharding or devices.backend().default)


def scalar(value: Any, sharding: adapter.DeviceSharding | None = None) -> tuple[Aval, Any]:
    """The aval and buffer of a Python scalar: a weak array of rank 0, kept for the next use."""
    kept = _scalars.get(type(value))
    # As keys 0.0 and -0.0 are equal (and in complex parts too), so those are kept by how they print.
    key = value if value and kept is not _complexes else repr(value)
    found = kept.get(key) if sharding is None and kept is not None else None
    return found if found is not None else _keep_scalar(value, key, sharding)


def _keep_scalar(value: Any, key: Any, sharding: Any) -> tuple[Aval, Any]:
    made = _make_scalar(value, sharding)
    if sharding is None:
        kept = _scalars[type(value)]
        if len(kept) >= _SCALAR_LIMIT:
            kept.clear()
        kept[key] = made
    return made


def _make_scalar(value: Any, sharding: Any) -> tuple[Aval, Any]:
    aval = Aval((), dtypes.scalar_dtype(value), True, sharding)
    return aval, _put(np.asarray(value, aval.dtype), aval)


def device_put(value: Any, device: Any = None) -> Any:
    """Moves an array to a device, leaf by leaf of a pytree handled by the caller; the default device without one.

    A Python scalar becomes a strong array of rank 0, NumPy arrays are copied, device arrays move where they must.
    """
    sharding = devices.sharding_for(device)
    if type(value) is not Array:
        return from_host(value, sharding)
    if device is None or value._aval.sharding is sharding:
        return value
    aval = Aval(value._aval.shape, value._aval.dtype, value._aval.weak, sharding)
    return Array(adapter.copy_to_device(value._buffer, sharding or devices.backend().default), aval)


def device_get(value: Any) -> Any:
    """The value of a device array as a NumPy array; other values as they are."""
    return np.asarray(value) if type(value) is Array else value


def from_dlpack(external: Any) -> Array:
    """An array of another library that speaks dlpack: a copy on the CPU, shared memory on an accelerator."""
    if type(external) is Array:
        return external
    kind, ordinal = external.__dlpack_device__()
    backend = devices.backend()
    if int(kind) == 1:
        return from_host(np.from_dlpack(external))
    if int(kind) != 2 or backend.platform != "cuda":
        raise ValueError(
            f"from_dlpack: dlpack device {kind} is none of this process, which computes on {backend.platform}"
        )
    device = backend.devices[ordinal]
    buffer = adapter.from_dlpack(external.__dlpack__(), device)
    dtype = dtypes.canonical(str(external.dtype).rpartition(".")[2])
    return Array(buffer, Aval(tuple(external.shape), dtype, False, devices.sharding_for(device)))
