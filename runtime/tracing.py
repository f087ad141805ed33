"""Trace functions of ours, which are not for the library's own work: writing source and staging."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

TRACERS: list[Callable[..., Any]] = []


@contextmanager
def suspended() -> Iterator[None]:
    """Inside, a trace function of ours is not called; a debugger's still is."""
    tracer = sys.gettrace()
    if tracer not in TRACERS:
        yield
        return
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)
