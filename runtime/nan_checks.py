"""Finding the statement that makes a NaN: each line of the user's and of emitted source is checked as it has run."""

import linecache
import os
import sys
import sysconfig
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from s2s.runtime import config, jit, tracing, tree
from s2s.runtime.array import Array
from s2s.runtime.errors import internal, line_at
from s2s.runtime.staging import current_scope

_LIBRARIES = tuple(os.path.join(p, "") for p in {*map(sysconfig.get_path, ("stdlib", "purelib", "platlib"))})


class NanError(FloatingPointError):
    """A statement made a NaN; the message names it, and the user's line that it belongs to."""


class _Active(threading.local):
    depth = 0


_active = _Active()


class debug_nans:  # noqa: N801 - used as a statement, as the peer's
    """`with s2s.debug_nans():` raises a `FloatingPointError` at the first statement that makes a NaN.

    Checked are the statements of the block, of the functions called in it, and of derivatives and batched functions as
    they are emitted, where the message names both the emitted statement and the user's line. A compiled function runs
    as it is; where a result has a NaN, it is run again statement by statement, to find where that came from. All of
    this takes time. `s2s.config.debug_nans = True` does the same for all calls of transformed and compiled functions.

    Args:
        enabled: False switches the check off in the block.
    """

    def __init__(self, enabled: bool = True) -> None:
        self.enabled = enabled

    def __enter__(self) -> None:
        frame = sys._getframe(1)
        while internal(frame.f_code.co_filename) and frame.f_back is not None:
            frame = frame.f_back
        self._frame, self._before = frame, (sys.gettrace(), frame.f_trace, config.debug_nans, _active.depth)
        config.debug_nans = self.enabled
        _active.depth = int(self.enabled)
        sys.settrace(_called if self.enabled else None)
        frame.f_trace = _Statements(frame).event if self.enabled else None

    def __exit__(self, *_: object) -> None:
        trace, own, config.debug_nans, _active.depth = self._before
        self._frame.f_trace = own
        sys.settrace(trace)


def checked(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """`function(*args, **kwargs)`, statement by statement if `config.debug_nans` is set."""
    if not config.debug_nans or _active.depth or current_scope() is not None:
        return function(*args, **kwargs)
    before = sys.gettrace()
    _active.depth = 1
    sys.settrace(_called)
    try:
        return function(*args, **kwargs)
    finally:
        sys.settrace(before)
        _active.depth = 0


def _called(frame: FrameType, event: str, argument: Any) -> Any:
    """The trace function of a call: that of the lines of a function that is checked, None for others."""
    filename = frame.f_code.co_filename
    if internal(filename) or filename.startswith(_LIBRARIES):
        return None
    return _Statements(frame).event


class _Statements:
    """The statements of one running function."""

    def __init__(self, frame: FrameType) -> None:
        self.line = frame.f_lineno
        self.known = {id(value): value for value in frame.f_locals.values() if has_nan(value)}

    def event(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self._check(frame)
            self.line = frame.f_lineno
        elif event == "return":
            self._check(frame)
            if has_nan(argument) and id(argument) not in self.known:
                raise self._error(frame, "the result")
        return self.event

    def _check(self, frame: FrameType) -> None:
        for name, value in frame.f_locals.items():
            if id(value) not in self.known and has_nan(value):
                raise self._error(frame, repr(name))

    def _error(self, frame: FrameType, what: str) -> NanError:
        filename, made = frame.f_code.co_filename, _text(frame.f_code.co_filename, self.line)
        line = line_at(filename, self.line, frame.f_code.co_name)
        written = _text(line.file, line.line)
        if line.file == filename:
            return NanError(f"{what} has a NaN after {line} in {line.function}: {made}")
        return NanError(
            f"{what} has a NaN after the statement `{made}` of {frame.f_code.co_name} (line {self.line} of its source),"
            f" which belongs to {line}: {written}"
        )


def _text(filename: str, line: int) -> str:
    return linecache.getline(filename, line).strip()


def has_nan(value: Any) -> bool:
    """Whether a number, an array or a container of such has a NaN; staged arrays have none."""
    if isinstance(value, float | complex) and not isinstance(value, np.generic):
        return bool(value != value)
    if type(value) is Array or isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value) if value.dtype.kind in "fcV" and value.dtype.names is None else np.zeros(0)
        return bool(np.any(np.not_equal(array, array)))
    if isinstance(value, tuple | list):
        return any(map(has_nan, value))
    return isinstance(value, dict) and any(map(has_nan, value.values()))


def _watched(jitted: jit.Jit, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of a compiled function, run again statement by statement where a result has a NaN."""
    result = jitted.call_compiled(args, kwargs)
    if config.debug_nans and any(map(has_nan, tree.leaves(result))):
        with jit.disable_jit():
            function = jitted.__wrapped__
            checked(function, *args, **kwargs) if not _active.depth else function(*args, **kwargs)
        name = getattr(jitted, "__name__", "function")
        raise NanError(f"a result of the compiled {name} has a NaN, but run statement by statement it has none")
    return result


tracing.TRACERS.append(_called)
config.on_debug_nans(lambda enabled: jit.watch(_watched if enabled else None))
