"""Settings of the process. Set them as attributes: `config.default_float = "float32"`."""

import sys
import types
from collections.abc import Callable

default_float: str = "float64"
"""The float dtype of Python floats standing alone, and of floats made from integers: "float64" or "float32"."""

debug_nans: bool = False
"""Whether calls of transformed and compiled functions look for the statement that makes a NaN; see `s2s.debug_nans`."""

_listeners: list[Callable[[bool], None]] = []


def on_debug_nans(listener: Callable[[bool], None]) -> None:
    """Has a function called whenever `debug_nans` is set."""
    _listeners.append(listener)


class _Settings(types.ModuleType):
    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "debug_nans":
            for listener in _listeners:
                listener(bool(value))


sys.modules[__name__].__class__ = _Settings
