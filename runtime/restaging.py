"""Functions that are staged a second time, warily: their arguments were what their text did not tell.

Staged text leaves `x[i]` and `len(x)` as they are, which is right for staged arrays, lists and dicts. Where `x` turns
out to be a NumPy array or a list and `i` to be staged, or `x` a list of which staged values decide the length, the
function is staged once more with `selectable(x)[i]`, `store_item(x, i, v)` and `staged(len)(x)`.
"""

import threading
import types
from collections.abc import Callable

from s2s.runtime import errors

_be_wary: Callable[[types.CodeType], bool] | None = None


# Functions that were made while staging are others the next time; from so many times on, this goes for all new ones.
_SEVERAL = 3


class _State(threading.local):
    times = 0
    asked = False  # in this attempt; NumPy goes on after what is raised by an `__index__`


_state = _State()


class StageAgain(BaseException):
    """Leaves what is being staged. No `Exception`: nothing on the way may take it for an error of the user's."""


def register(be_wary: Callable[[types.CodeType], bool]) -> None:
    """Says how the function with some code comes to be staged warily; `be_wary` tells whether that is new."""
    global _be_wary
    _be_wary = be_wary


def request() -> None:
    """Asks for staging again, with the user's function that is running staged warily.

    Raises:
        StageAgain: there is hope that this helps.
    """
    frame = errors.user_frame()
    if _be_wary is not None and frame is not None and _be_wary(frame.f_code):
        _state.asked = True
    if _state.asked:
        raise StageAgain


def everywhere() -> bool:
    """Whether each function that is read for the first time now is staged warily."""
    return _state.times >= _SEVERAL


class Attempts:
    """The times that one function is staged: `with attempts:` around each, until that leaves without `StageAgain`."""

    def __init__(self) -> None:
        self.times = 0

    def __enter__(self) -> None:
        self.before = _state.times, _state.asked
        _state.times, _state.asked = max(_state.times, self.times), False

    def __exit__(self, *_: object) -> None:
        _state.times, _state.asked = self.before
        self.times += 1
