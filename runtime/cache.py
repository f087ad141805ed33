"""The persistent compile cache: executables of eager operations, kept in the user's cache directory.

Serialized executables are machine code that is loaded unchecked, so the directory is used only where the user owns it
and nobody else may write to it. `S2S_CACHE_DIR` moves it, `S2S_CACHE=0` turns it off.
"""

import functools
import hashlib
import io
import os
import platform
import stat
import tempfile
from pathlib import Path
from typing import Any

from s2s.runtime import adapter
from s2s.runtime.adapter import ir, passmanager

_SUFFIX = ".xla"


@functools.cache
def directory() -> Path | None:
    """The cache directory, made at first use; None where the cache is off or the directory is not safe."""
    if os.environ.get("S2S_CACHE", "1").strip().lower() in ("0", "off", "false"):
        return None
    given = os.environ.get("S2S_CACHE_DIR")
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    path = Path(given) if given else Path(base, "s2s", "xla")
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path if _is_private(path) else None
    except OSError:
        return None


def _is_private(path: Path) -> bool:
    if not hasattr(os, "getuid"):
        return True
    status = path.stat()
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def key(module: ir.Module, platform_name: str, device_kind: str, flags: tuple[Any, ...]) -> str:
    """The name under which a module's executable is kept: all that decides its machine code."""
    digest = hashlib.sha256(bytecode(module))
    digest.update(repr((adapter.JAXLIB_VERSION, platform_name, device_kind, flags, _machine())).encode())
    return digest.hexdigest()


def bytecode(module: ir.Module) -> bytes:
    """The module's bytecode without locations."""
    stripped = module.operation.clone(ip=False)  # not put into a function that is being staged
    with module.context:
        passmanager.PassManager.parse("builtin.module(strip-debuginfo)").run(stripped)
    buffer = io.BytesIO()
    stripped.write_bytecode(buffer)
    return buffer.getvalue()


@functools.cache
def _machine() -> str:
    """What of the machine decides the code that XLA generates for its CPU."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()} {platform.node()}"
    return "\n".join(sorted({line for line in lines if line.startswith(("flags", "Features", "model name"))}))


def read(name: str) -> bytes | None:
    """A kept executable, None if there is none."""
    folder = directory()
    if folder is None:
        return None
    try:
        return (folder / (name + _SUFFIX)).read_bytes()
    except OSError:
        return None


def write(name: str, blob: bytes) -> None:
    """Keeps an executable. A reader sees it whole or not at all; a full disk is no error."""
    folder = directory()
    if folder is None:
        return
    try:
        handle, path = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(blob)
        os.replace(path, folder / (name + _SUFFIX))
    except OSError:
        return
