"""`grad_of`: a block of the user's that runs in the backward pass, where the cotangent of a variable is known."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


class _Skipped(BaseException):
    """Raised where the body of a `with` begins, to leave it out."""


class grad_of:  # noqa: N801 - used as a statement
    """`with s2s.grad_of(h) as h_bar:` runs its body in the backward pass, with the cotangent of `h` as `h_bar`.

    That is the cotangent of the value that `h` has at this place, from all that is computed of it afterwards. Where the
    body assigns `h_bar`, what it assigned goes on from there: `h_bar = np.clip(h_bar, -1, 1)`. The body can read the
    variables of the function as they are at this place, but gives no value to any of them; its own are gone after it.

    Without reverse mode the body does not run: not when the function is called, nor in forward mode. It does not run
    either where `h` depends on nothing that is differentiated, or nothing that is differentiated depends on `h`.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def __enter__(self) -> None:
        """Only plain Python gets here: what is transformed or compiled has no such statement any more."""
        frame = sys._getframe(1)
        while frame.f_code.co_filename.startswith("<@beartype("):
            assert frame.f_back is not None
            frame = frame.f_back
        self._before = sys.gettrace(), frame.f_trace, frame.f_trace_opcodes
        self._frame = frame
        # Python has no statement for it: a body is left out by an exception that its first instruction raises.
        sys.settrace(_ignore)
        frame.f_trace, frame.f_trace_opcodes = _skip, True

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> bool:
        trace, own, opcodes = self._before
        sys.settrace(trace)
        self._frame.f_trace, self._frame.f_trace_opcodes = own, opcodes
        return kind is _Skipped


def _ignore(frame: FrameType, event: str, argument: Any) -> None:
    return None


def _skip(frame: FrameType, event: str, argument: Any) -> Any:
    raise _Skipped


def edit_gradient(x: Any, edited: Callable[..., Any], *known: Any) -> Any:
    """`x`; its cotangent is `edited(x_bar, *known)` where `x_bar` is the cotangent of the result."""
    return x
