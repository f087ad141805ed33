"""Helpers of emitted code: checks that refuse to go on with what would be a wrong number."""

from typing import Any

import numpy as np

from s2s.runtime.errors import RefusedError


class Undefined:
    """What a variable holds that the path taken has not set; anything but passing it on is an error."""

    def __init__(self, name: str) -> None:
        self.__name__ = name  # as which it is imported

    def __repr__(self) -> str:
        return self.__name__


def _refuse_to_read(*args: Any, **kwargs: Any) -> Any:
    raise UnboundLocalError("a variable is read that is not set on the path taken")


_BINARY = "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and xor or".split()
_READING = [
    *(f"__{prefix}{name}__" for name in _BINARY for prefix in ("", "r")),
    *(f"__{name}__" for name in "lt le gt ge neg pos abs invert bool int float complex index round".split()),
    *(f"__{name}__" for name in "len iter reversed contains getitem setitem delitem call enter array_ufunc".split()),
]
for _name in _READING:
    setattr(Undefined, _name, _refuse_to_read)

# A variable of the user's that is not set.
UNDEFINED = Undefined("UNDEFINED")
# What a derivative saves of values that the path taken does not have; its way back, on the same path, asks for none.
UNSAVED = Undefined("UNSAVED")


def is_unset(value: Any) -> bool:
    """Whether a value is one of these marks."""
    return type(value) is Undefined


def require_set(value: Any, name: str, rows: Any = True) -> None:
    """Refuses to go on where the function would read a variable that the path taken has not set.

    Args:
        value: the variable, where `name` is its name.
        rows: of a batch, a mask of the rows that have set it, or do not read it.

    Raises:
        UnboundLocalError: it is not set, or not in all rows.
    """
    if is_unset(value):
        raise UnboundLocalError(unset_message(name))
    if rows is not True and not np.all(rows):
        raise UnboundLocalError(unset_message(name, rows))


def unset_message(name: str, rows: Any = True) -> str:
    """What Python says of reading a variable that is not set."""
    where = "" if rows is True else ", in some rows of the batch"
    return f"cannot access local variable {name!r} where it is not associated with a value{where}"


def require_scalar(loss: Any) -> None:
    """Refuses the gradient of a result that is not one number.

    Raises:
        TypeError: `loss` is an array of rank 1 or more, a container, or not a floating-point number.
    """
    if isinstance(loss, (tuple, list, dict)) or loss is None or isinstance(loss, str):
        raise TypeError(f"the gradient is defined for functions that return one number; this one returns {_what(loss)}")
    if np.ndim(loss):
        shape = np.shape(loss)
        raise TypeError(
            "the gradient is defined for functions that return one number; "
            f"this one returns an array of shape {shape}; reduce it, for example with np.sum or np.mean, or use vjp"
        )


def require_immutable(item: Any) -> None:
    """Refuses `c[i] += v` where the element is an array: the array itself would change, wherever else it is used.

    Raises:
        RefusedError: `item` is an array of rank 1 or more, or a list.
    """
    if isinstance(item, (np.ndarray, list)) or (np.ndim(item) and hasattr(item, "__array_function__")):
        raise RefusedError(
            "an in-place update of an element that is an array changes the array itself, wherever else it is used; "
            "write `c[i] = c[i] + v` instead"
        )


def shapes(*values: Any) -> tuple[Any, ...]:
    """The shapes of values, with containers kept; None for what has no shape. Text simplified for given shapes opens
    by comparing these."""
    return tuple(_shape(value) for value in values)


def ranks(*values: Any) -> tuple[Any, ...]:
    """The numbers of dimensions of values, containers kept; text written for given ranks opens by comparing these."""
    return tuple(_rank(value) for value in values)


def _rank(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rank(element) for key, element in value.items()}
    return ranks(*value) if isinstance(value, (list, tuple)) else np.ndim(value)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(element) for key, element in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([_shape(e) for e in value]) if not hasattr(value, "_fields") else shapes(*value)
    return tuple(np.shape(value)) if isinstance(value, (int, float, complex)) or hasattr(value, "shape") else None


def _what(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
