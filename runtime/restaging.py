"""Functions that are staged a second time: a staged index was used on a NumPy array, which their text did not tell.

Staged text leaves `x[i]` as it is, which is right for staged arrays, lists and dicts. Where `x` turns out to be a NumPy
array, the function is staged once more with its subscripts written as `selectable(x)[i]`.
"""

import threading
import types
from collections.abc import Callable

from s2s.runtime import errors

_allow_selection: Callable[[types.CodeType], bool] | None = None


# Functions that were made while staging are others the next time; from so many times on, all that are new select.
_SEVERAL = 3


class _State(threading.local):
    times = 0


_state = _State()


class StageAgain(BaseException):
    """Leaves what is being staged. No `Exception`: nothing on the way may take it for an error of the user's."""


def register(allow_selection: Callable[[types.CodeType], bool]) -> None:
    """Says how subscripts of the function with some code are made to select; the function tells whether that is new."""
    global _allow_selection
    _allow_selection = allow_selection


def request() -> None:
    """Asks for staging again, with subscripts of the user's function that is running selecting.

    Raises:
        StageAgain: there is hope that this helps.
    """
    frame = errors.user_frame()
    if _allow_selection is not None and frame is not None and _allow_selection(frame.f_code):
        raise StageAgain


def everywhere() -> bool:
    """Whether subscripts select in each function that is read for the first time now."""
    return _state.times >= _SEVERAL


class Attempts:
    """The times that one function is staged: `with attempts:` around each, until that leaves without `StageAgain`."""

    def __init__(self) -> None:
        self.times = 0

    def __enter__(self) -> None:
        self.before, _state.times = _state.times, max(_state.times, self.times)

    def __exit__(self, *_: object) -> None:
        _state.times = self.before
        self.times += 1
