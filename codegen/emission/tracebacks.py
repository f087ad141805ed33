"""An exception in emitted code names the user's line, and its traceback isn't full of the library's frames."""

import ast
import linecache
import types
from collections.abc import Iterator
from typing import TypeVar

from s2s.codegen.emission.load import is_emitted, user_location
from s2s.runtime.errors import internal

Error = TypeVar("Error", bound=BaseException)


def with_user_line(error: Error) -> Error:
    """The same exception, with a note `file.py:LINE in f: <source line>` and without the library's frames.

    To be raised again where user code called the library:

        except Exception as error:
            raise with_user_line(error)

    The note is added where emitted code took part; of the library's frames only the innermost one after the last
    emitted or user frame is kept. The type and the message stay.
    """
    frames = list(_frames(error.__traceback__))
    shown = [frame for frame in frames if not _is_library(frame.tb_frame.f_code.co_filename)]
    if not shown:
        return error
    if any(is_emitted(frame.tb_frame.f_code.co_filename) for frame in shown):
        _add_note(error, shown[-1])
    if frames[-1] is not shown[-1]:
        shown.append(frames[-1])
    return error.with_traceback(_chain(shown))


def _is_library(filename: str) -> bool:
    return internal(filename) or filename.startswith("<@beartype(")


def _frames(traceback: types.TracebackType | None) -> Iterator[types.TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _chain(frames: list[types.TracebackType]) -> types.TracebackType | None:
    """A new traceback of these frames."""
    chain = None
    for frame in reversed(frames):
        chain = types.TracebackType(chain, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return chain


def _add_note(error: BaseException, frame: types.TracebackType) -> None:
    filename, line = user_location(frame.tb_frame.f_code.co_filename, frame.tb_lineno)
    text = linecache.getline(filename, line).strip()
    function = enclosing_function(filename, line)
    note = f"{filename}:{line}" + (f" in {function}" if function else "") + (f": {text}" if text else "")
    # Another layer may have noted the place already, in its own words.
    if not any(str(known).startswith(f"{filename}:{line}") for known in getattr(error, "__notes__", ())):
        error.add_note(note)


def enclosing_function(filename: str, line: int) -> str:
    """The name of the innermost function definition around a line of a file; empty if there is none."""
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return ""
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    return max(around, key=lambda node: node.lineno).name if around else ""
