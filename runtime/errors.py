"""Exceptions of the runtime, and where in the user's code they came from."""

import dis
import linecache
import os
import sys
from collections.abc import Mapping
from types import FrameType, TracebackType
from typing import Any, NamedTuple, TypeVar

import numpy as np

from s2s.runtime.by_code import ByCode

Error = TypeVar("Error", bound=BaseException)


class S2SError(Exception):
    """Base of the exception types that are s2s's own and no more specific kind of built-in exception."""


class RefusedError(S2SError, TypeError):
    """Something that a program does cannot be proven right while it is staged, or as it runs; the message says where
    that is, why, and what to write instead."""


class MaskError(RefusedError, IndexError):
    """How many elements a staged mask selects, or which, would have to be known."""


class RaggedError(RefusedError, IndexError, ValueError):
    """The rows of a batch differ in how many elements they have, and no batched form holds that."""


class ConcretizationError(TypeError):
    """The value of a staged array was needed while a function was being staged.

    Attributes:
        origin: indices of the flattened arguments, all Python scalars, from which alone the value was computed;
            None where it depends on an array.
    """

    def __init__(self, message: str, origin: frozenset[int] | None = None) -> None:
        super().__init__(message)
        self.origin = origin


class LeakError(RuntimeError):
    """A staged value was used after the function that it belongs to had been staged."""


class UserLine(NamedTuple):
    """A place in the user's source."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_ROOT = os.path.dirname(_PACKAGE)
_INTERNAL = (
    _PACKAGE + os.sep,
    os.path.join(_ROOT, "codegen") + os.sep,
    os.path.join(_ROOT, "s2s") + os.sep,
    os.path.dirname(np.__file__) + os.sep,
    "<frozen ",
    "<@beartype(",
)
_source_maps: dict[str, Mapping[int, tuple[str, int]]] = {}
_NO_LINES: Mapping[int, tuple[str, int]] = {}


class _Internal(dict[str, bool]):
    """Files to whether they are the library's (or NumPy's), found out when first asked."""

    def __missing__(self, filename: str) -> bool:
        self[filename] = found = filename.startswith(_INTERNAL)
        return found


_is_internal = _Internal()
_lines: "ByCode[dict[int, UserLine]]" = ByCode()  # by place in the code


def register_source_map(filename: str, lines: Mapping[int, tuple[str, int]]) -> None:
    """Says from which user lines the lines of an emitted file came: `{line: (user_file, user_line)}`.

    A frame of that file counts as the user's; lines without an entry keep their own place.
    """
    _source_maps[filename] = lines
    _is_internal[filename] = False
    _lines.clear()


def forget_source_map(filename: str) -> None:
    """The emitted file is gone."""
    _source_maps.pop(filename, None)
    _is_internal.pop(filename, None)


def is_emitted(function: Any) -> bool:
    """Whether a function, or a frame, is of code that was written by a transformation."""
    code = getattr(function, "__code__", None) or getattr(function, "f_code", None)
    return code is not None and code.co_filename in _source_maps


def internal(filename: str) -> bool:
    """Whether a frame of this file is the library's (or NumPy's), and so never shown as the user's."""
    return _is_internal[filename]


def user_frame() -> FrameType | None:
    """The innermost frame of the caller's stack that is the user's (emitted code counts as the user's)."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_internal[frame.f_code.co_filename]:
        frame = frame.f_back
    return frame


def line_of(frame: FrameType) -> UserLine:
    """The user's line that a frame stands at, through the source maps of emitted files."""
    code = frame.f_code
    of_code = _lines.get(code)
    if of_code is None:
        of_code = _lines.set(code, {})
    if frame.f_lasti not in of_code:
        of_code[frame.f_lasti] = UserLine(*place_of(frame), code.co_name)
    return of_code[frame.f_lasti]


def place_of(frame: FrameType) -> tuple[str, int]:
    """The file and line of that, looked up anew."""
    return _mapped(frame.f_code.co_filename, frame.f_lineno or 0)


def _mapped(filename: str, line: int) -> tuple[str, int]:
    return _source_maps.get(filename, _NO_LINES).get(line, (filename, line))


def line_at(file: str, line: int, function: str = "") -> UserLine:
    """The user's line that a line of a file stands for, through the source maps of emitted files."""
    return UserLine(*_mapped(file, line), function)


def user_line() -> UserLine | None:
    """The user's line that is being executed."""
    frame = user_frame()
    return None if frame is None else line_of(frame)


def at_user_line() -> str:
    """`" at file:line"`, or nothing where no frame of the user's is on the stack."""
    line = user_line()
    return f" at {line}" if line is not None else ""


def annotate(exception: BaseException, file: str, line: int, text: str = "") -> None:
    """Adds one note `file:line` to an exception; a second note for the same place is not added."""
    note = f"{file}:{line}" + (f": {text}" if text else "")
    if note not in getattr(exception, "__notes__", ()):
        exception.add_note(note)


_RAISE = dis.opmap["RAISE_VARARGS"]


def raised_by_user(error: Error) -> Error:
    """An exception that is raised where the user's source raises it."""
    error._raised_by_user = True  # type: ignore[attr-defined]
    return error


def is_raised_by_user(error: BaseException) -> bool:
    """Whether a `raise` or `assert` of the user's, in a frame that counts as theirs, raised an exception."""
    if getattr(error, "_raised_by_user", False):
        return True
    last = _last(error)
    if last is None or internal(last.tb_frame.f_code.co_filename):
        return False
    return last.tb_frame.f_code.co_code[last.tb_lasti] == _RAISE


def line_raised_at(error: BaseException) -> UserLine | None:
    """The user's line that raised an exception; None where it has not been raised by one."""
    last = _last(error)
    if last is None or internal(last.tb_frame.f_code.co_filename):
        return None
    code = last.tb_frame.f_code
    return UserLine(*_mapped(code.co_filename, last.tb_lineno or 0), code.co_name)


def note_user_line(error: BaseException) -> None:
    """Notes the innermost line of the user's that an exception came through, unless its message says it."""
    frames, traceback = [], error.__traceback__
    while traceback is not None:
        frames.append(traceback)
        traceback = traceback.tb_next
    last = next((t for t in reversed(frames) if not internal(t.tb_frame.f_code.co_filename)), None)
    if last is None:
        return
    code = last.tb_frame.f_code
    file, line = _mapped(code.co_filename, last.tb_lineno or 0)
    if not any(f"{file}:{line}" in text for text in (str(error), *getattr(error, "__notes__", ()))):
        annotate(error, file, line, linecache.getline(file, line).strip())


def _last(error: BaseException) -> TracebackType | None:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback


def describe(value: Any) -> str:
    """A short description of a value for messages: `float32[3, 4]` or its type's name."""
    aval = getattr(value, "aval", None)
    return repr(aval) if aval is not None else type(value).__name__
