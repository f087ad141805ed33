"""Printing and texts in staged code: what is printed, and what texts say, is known when the program runs."""

import sys
from typing import Any

from s2s.runtime import host_calls
from s2s.runtime.host_values import text
from s2s.runtime.staging import current_scope


def print_(*values: Any, sep: Any = None, end: Any = None, file: Any = None, flush: bool = False) -> None:
    """`print`; while a function is staged, the program prints, each time that it gets here."""
    if current_scope() is None:
        print(*values, sep=sep, end=end, file=file, flush=flush)
        return
    stream = _stream(file)

    def write(values: Any, sep: Any, end: Any) -> None:
        print(*values, sep=sep, end=end, file=stream(), flush=flush)

    host_calls.call(write, values, sep, end)


def _stream(file: Any) -> Any:
    """Where to print, asked for at every run: the standard streams may be others by then."""
    if file is None or file is sys.stdout:
        return lambda: sys.stdout
    return (lambda: sys.stderr) if file is sys.stderr else (lambda: file)


class text_:  # noqa: N801 - what staged source calls is spelled like this
    """A text whose methods take staged values: `text_("{:.3f}").format(x)` stands for `f"{x:.3f}"`."""

    def __init__(self, template: Any) -> None:
        self._template = template

    def __mod__(self, values: Any) -> Any:
        return text(lambda template, values: template % values, self._template, values)

    def __getattr__(self, name: str) -> Any:
        def method(*args: Any, **kwargs: Any) -> Any:
            parts = [a if isinstance(a, str | bytes) or not hasattr(a, "__next__") else list(a) for a in args]
            return text(lambda t, a, k: getattr(t, name)(*a, **k), self._template, parts, kwargs)

        return method


def to_str(*args: Any, **kwargs: Any) -> Any:
    """`str`."""
    return text(lambda a, k: str(*a, **k), args, kwargs)


def to_repr(value: Any, /) -> Any:
    """`repr`."""
    return text(repr, value)


def formatted(value: Any, spec: Any = "", /) -> Any:
    """`format`."""
    return text(format, value, spec)


TEXTS: dict[Any, Any] = {print: print_, str: to_str, repr: to_repr, format: formatted}
