"""What calls in staged source stand for: `staged(f)(x)` is `f(x)` with arguments that may be staged arrays.

Staging leaves a call as it stands wherever Python's or NumPy's protocols already carry it (`np.sin(x)`, `abs(x)`,
`x + y`). The others look at their arguments with means that a staged array cannot answer (`math.sin`, `float`, `max`,
`isinstance`, `np.array([x, y])`), or are functions whose own bodies do. Those are written `staged(f)`: a counterpart
with the same results, which calls the original where no argument is staged.
"""

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime import chosen_entries, support, unset, views
from s2s.runtime.builtin_functions import numbered_entries
from s2s.runtime.checkpointing import Checkpointed
from s2s.runtime.index_tricks import TRICKS
from s2s.runtime.staged_builtins import BUILTINS
from s2s.runtime.staged_constructors import CONSTRUCTORS, as_array  # noqa: F401 - what staged text calls
from s2s.runtime.staged_folds import FOLDS
from s2s.runtime.staged_math import MATH
from s2s.runtime.staged_random import RANDOM, undivided
from s2s.runtime.staged_text import TEXTS
from s2s.runtime.staging import constant, current_scope

COUNTERPARTS: dict[Any, Any] = {
    **BUILTINS,
    **FOLDS,
    **CONSTRUCTORS,
    **MATH,
    **TEXTS,
    **RANDOM,
    np.ndenumerate: numbered_entries,
    support.require_set: unset.require_set,
}

_stage_function: Callable[[types.FunctionType], Callable[..., Any]] | None = None


def register(stage_function: Callable[[types.FunctionType], Callable[..., Any]]) -> None:
    """Says how the body of a Python function is staged; the code generator does so when it is loaded."""
    global _stage_function
    _stage_function = stage_function


def counterpart(value: Any) -> Any:
    """The function to call instead of the builtin, `math` or NumPy function `value`; None if it carries itself."""
    try:
        return COUNTERPARTS.get(value)
    except TypeError:  # unhashable values are never in the table
        return None


def staged(value: Any) -> Any:
    """What `value` is in staged code.

    A function is the function to call instead of it; a NumPy array, inside staging, is a constant that staged indices
    can select from; anything else is itself.
    """
    found = counterpart(value)
    if found is not None:
        return found
    how = _BY_TYPE.get(type(value))
    return how(value) if how is not None else _callable_object(value)


def selectable(value: Any) -> Any:
    """A value that staged values may index: NumPy arrays as constants, `np.r_` of them, entries of lists and tuples."""
    if value is np.r_ or value is np.c_:
        return TRICKS[value]
    if current_scope() is not None and chosen_entries.are_entries(value):
        return chosen_entries.Entries(value)
    is_array = type(value) is np.ndarray and value.dtype != object and current_scope() is not None
    return views.from_outside(value) if is_array else value


def _function(value: types.FunctionType) -> Callable[..., Any]:
    return value if _stage_function is None else _stage_function(value)


def _method(value: types.MethodType) -> Callable[..., Any]:
    function = staged(value.__func__)
    return undivided(value) if function is value.__func__ else functools.partial(function, value.__self__)


def _partial(value: functools.partial) -> Callable[..., Any]:
    function = staged(value.func)
    return value if function is value.func else functools.partial(function, *value.args, **value.keywords)


def _array(value: np.ndarray) -> Any:
    return value if current_scope() is None or value.dtype == object else constant(value)


def _class(value: type) -> Any:
    """A user's class whose `__init__` is staged; one with a `__new__` of its own is constructed as it is."""
    initialise = value.__init__  # type: ignore[misc]
    has_own_new = value.__new__ is not object.__new__ and not _is_exception(value)
    if type(initialise) is not types.FunctionType or has_own_new:
        return value
    function = staged(initialise)
    return value if function is initialise else functools.partial(_construct, value, function)


def _is_exception(cls: type) -> bool:
    return issubclass(cls, BaseException) and isinstance(cls.__new__, types.BuiltinFunctionType)


def _construct(cls: type, initialise: Callable[..., None], *args: Any, **kwargs: Any) -> Any:
    made: Any = cls.__new__(cls, *args, **kwargs) if _is_exception(cls) else object.__new__(cls)
    initialise(made, *args, **kwargs)
    return made


def _callable_object(value: Any) -> Any:
    """An object of a user's class with `__call__`: that method of it, staged."""
    method = None if isinstance(value, type) else getattr(type(value), "__call__", None)  # noqa: B004 - the function
    if type(method) is not types.FunctionType:
        return value
    function = staged(method)
    return value if function is method else functools.partial(function, value)


_BY_TYPE: dict[type, Callable[[Any], Any]] = {
    types.FunctionType: _function,
    types.MethodType: _method,
    functools.partial: _partial,
    type: _class,
    np.ndarray: _array,
    types.BuiltinFunctionType: undivided,
    Checkpointed: lambda value: staged(value.__wrapped__),
}
