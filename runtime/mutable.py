"""Staged arrays as NumPy users change them: `x[i] = v`, `x += v`, `x.fill(v)`, `out=x`, `np.add.at(x, i, v)`.

The object stays, and holds a new value from then on: whoever else refers to it, or to a view of it, sees the change.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime import operators, staging, views
from s2s.runtime.errors import at_user_line
from s2s.runtime.operators import BINARY_METHODS, ArrayMethods
from s2s.runtime.staged_constructors import as_array, holds_staged
from s2s.runtime.staging import Staged


def store(target: Staged, index: Any, value: Any) -> None:
    """`target[index] = value`."""
    if isinstance(value, list | tuple):
        value = as_array(value) if holds_staged(value) else np.asarray(value)
    views.write(target, operators._call("set_at", (target, index, value), {}))


def replace(target: Staged, value: Any) -> None:
    """`target[...] = value`, cast to the target's dtype as NumPy's `out=` does (`same_kind`)."""
    value = staging.stage(value)
    if not np.can_cast(value.dtype, target.dtype, "same_kind") and not value.weak:
        raise TypeError(f"cannot cast {value.dtype} to {target.dtype} in an in-place operation{at_user_line()}")
    views.write(target, np.broadcast_to(value.astype(target.dtype), target.shape))


def _in_place(method: str) -> Callable[[Staged, Any], Any]:
    functional = getattr(ArrayMethods, method)

    def operator(self: Staged, other: Any) -> Any:
        result = functional(self, other)
        if result is NotImplemented or not (self.aval.shape or self.is_array):
            return result
        views.write(self, result)
        return self

    return operator


def _fill(self: Staged, value: Any) -> None:
    self[...] = value


def _sort(self: Staged, axis: int = -1, **options: Any) -> None:
    views.write(self, np.sort(self, axis=axis, **options))


def _astype(self: Staged, dtype: Any, copy: bool | None = None) -> Staged:
    if copy is False and self.dtype == np.dtype(dtype):
        return self
    return ArrayMethods.astype(self, dtype)


def _flatten(self: Staged, order: str = "C") -> Staged:
    return views.own(self.reshape(-1, order=order))


def _copy(self: Staged, *args: Any) -> Staged:
    made = views.own(self)
    made.is_array = self.is_array
    return made


def _as_operand(self: Staged, other: Any) -> Any:
    """A list or tuple beside an operator is an array, as for NumPy; beside a number it is a container."""
    if not isinstance(other, list | tuple) or not self.ndim:
        return NotImplemented
    return as_array(other) if holds_staged(other) else np.asarray(other)


def install() -> None:
    """Gives staged arrays the methods of a NumPy array that write."""
    methods: dict[str, Callable[..., Any]] = {
        **{f"__i{name}__": _in_place(f"__i{name}__") for name in BINARY_METHODS},
        "__setitem__": store,
        "as_operand": _as_operand,
        "__copy__": _copy,
        "__deepcopy__": _copy,
        "copy": _copy,
        "fill": _fill,
        "sort": _sort,
        "astype": _astype,
        "flatten": _flatten,
        "replace": replace,
    }
    for name, method in methods.items():
        setattr(Staged, name, method)
