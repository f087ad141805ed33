"""Changes in place that staged source spells as calls, beyond those of one container: see `staged_control`."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime.errors import MaskError, at_user_line, raised_by_user
from s2s.runtime.host_calls import fail
from s2s.runtime.staged_branches import branch, truth
from s2s.runtime.staged_calls import selectable
from s2s.runtime.staged_control import mutate, store_attribute, store_item
from s2s.runtime.staging import Staged

_IN_PLACE = {
    "+=": operator.iadd, "-=": operator.isub, "*=": operator.imul, "/=": operator.itruediv, "//=": operator.ifloordiv,
    "%=": operator.imod, "**=": operator.ipow, "@=": operator.imatmul, "&=": operator.iand, "|=": operator.ior,
    "^=": operator.ixor, "<<=": operator.ilshift, ">>=": operator.irshift,
}  # fmt: skip
_METHODS = {symbol: f"__{function.__name__}__" for symbol, function in _IN_PLACE.items()}


def augment(target: Any, symbol: str, value: Any) -> Any:
    """What `target op= value` gives its target: the same object, changed, where it can change.

    Raises:
        TypeError: a staged value is to be written into a NumPy array.
    """
    if isinstance(target, list | dict | set):
        return mutate(target, _METHODS[symbol])(value)
    if type(target) is np.ndarray and type(value) is Staged:
        raise TypeError(
            f"a staged value is written into a NumPy array that is not created here{at_user_line()}, which holds "
            "numbers only; write to a copy of it"
        )
    return _IN_PLACE[symbol](target, value)


def augment_item(target: Any, index: Any, symbol: str, value: Any) -> None:
    """`target[index] op= value`; elements that a staged mask selects are computed with all the others."""
    if type(target) is Staged and getattr(index, "dtype", None) == np.bool_ and np.ndim(index):
        _update_masked(target, index, symbol, value)
    else:
        store_item(target, index, augment(selectable(target)[index], symbol, value))


def _update_masked(target: Staged, mask: Any, symbol: str, value: Any) -> None:
    inner = target.ndim - np.ndim(mask)
    if np.ndim(value) > inner:
        raise MaskError(
            f"a value for each element that a staged mask selects{at_user_line()}: how many these are is known only "
            "in a run; write np.where(mask, changed, x)"
        )
    changed = _IN_PLACE[symbol](target.copy(), value)
    target[...] = np.where(mask.reshape(mask.shape + (1,) * inner), changed, target)


def store_nonlocal(variable: Callable[[], Any], value: Any) -> None:
    """Binds a variable of a function around, which `variable` reads, to a value."""
    (cell,) = variable.__closure__  # type: ignore[attr-defined, misc]
    store_attribute(cell, "cell_contents", value)


def assert_(test: Any, message: Callable[[], Any] | None = None) -> None:
    """`assert`; of a staged value, it is checked when the program gets here."""
    decided = truth(test)

    def failing() -> tuple[()]:
        fail(AssertionError(*([] if message is None else [message()])))
        return ()

    if type(decided) is Staged:
        branch(decided, tuple, failing, (), ())
    elif not decided:
        raise raised_by_user(AssertionError(*([] if message is None else [message()])))
