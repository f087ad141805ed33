"""Variables that a loop carries and that functions called by its test bind again (`nonlocal`, `global`)."""

from collections.abc import Callable, Sequence
from types import CodeType, FunctionType
from typing import Any


def rebound(test: Callable[..., Any], values: Sequence[Any], names: Sequence[str]) -> tuple[Any, ...]:
    """The carried variables after a test was asked on `values`.

    A variable that other functions share is no parameter of the test: it is declared there, and what it then holds
    is what those functions left in it.
    """
    if not isinstance(test, FunctionType):
        return tuple(values)
    return tuple(_now(test, name, value) for name, value in zip(names, values, strict=True))


def _now(test: FunctionType, name: str, value: Any) -> Any:
    code = test.__code__
    if name in code.co_freevars:
        cell = (test.__closure__ or ())[code.co_freevars.index(name)]
        return cell.cell_contents
    return test.__globals__[name] if _is_global(code, name) else value


def _is_global(code: CodeType, name: str) -> bool:
    own = name in code.co_varnames or name in code.co_cellvars
    return name in code.co_names and not own
