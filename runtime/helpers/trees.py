"""Helpers of emitted code: cotangents of containers, added, zeroed, taken apart and put together."""

from collections.abc import Iterable
from typing import Any, TypeGuard

import numpy as np

from s2s.runtime import selections, tree
from s2s.runtime.helpers.checks import UNSAVED, is_unset

_SCALARS = (bool, int, float, complex)


def acc(a: Any, b: Any) -> Any:
    """The sum of two cotangents of the same structure; None is zero, and what a path does not have."""
    if a is None or b is None or is_unset(a) or is_unset(b):
        return b if a is None or is_unset(a) else a
    if is_open(a):
        return a.plus(b)
    if isinstance(a, dict):
        return type_of_dict(a, {key: acc(a.get(key), b.get(key)) for key in {**a, **b}})
    if isinstance(a, (list, tuple)):
        return rebuild(a, [acc(x, y) for x, y in zip(a, b, strict=True)])
    if not is_numeric(a):
        return tree.map(acc, a, b)
    if getattr(a, "is_zeros", False) and getattr(b, "aval", None) is a.aval:
        return b
    return a if getattr(b, "is_zeros", False) and getattr(a, "aval", None) is b.aval else a + b


def zeros_like(x: Any) -> Any:
    """Zeros of the structure, shapes and dtypes of `x`; None for what is not numeric."""
    if is_unset(x):
        return UNSAVED
    if isinstance(x, bool):
        return False
    if isinstance(x, (int, float, complex)) and not isinstance(x, np.generic):
        return type(x)(0)
    if isinstance(x, dict):
        return type_of_dict(x, {key: zeros_like(value) for key, value in x.items()})
    if hasattr(x, "has_unknown_length") and x.has_unknown_length():
        return x.zeros()
    if isinstance(x, (list, tuple)):
        return rebuild(x, [zeros_like(element) for element in x])
    if is_numeric(x):
        return x.zeros_like() if hasattr(x, "is_zeros") else np.zeros_like(x)
    return None if tree.leaves(x) == [x] else tree.map(zeros_like, x)


def is_open(x: Any) -> TypeGuard[Any]:
    """Whether `x` is a staged list of which only the compiled function knows how many entries it has."""
    return hasattr(x, "open_run") and x.open_run() is not None


def is_numeric(x: Any) -> bool:
    """Whether `x` is a number or an array of any kind, not a container or something else."""
    return isinstance(x, (*_SCALARS, np.ndarray, np.generic)) or hasattr(x, "__array_function__")


def rebuild(like: Any, elements: list[Any]) -> Any:
    """The elements in a container of the type of `like`: list, tuple or named tuple; for an array, a stacked array."""
    if isinstance(like, list):
        return elements
    if isinstance(like, tuple):
        return type(like)(*elements) if hasattr(like, "_fields") else tuple(elements)
    return np.stack(elements) if elements else np.zeros_like(like)


def type_of_dict(like: Any, entries: dict[Any, Any]) -> Any:
    """The entries in a dict of the type of `like`."""
    if type(like) is dict:
        return entries
    made = like.copy()
    made.clear()
    made.update(entries)
    return made


def from_items(like: Any, xs: Iterable[Any]) -> Any:
    """A container or array of the kind of `like`, of the cotangents of its elements in order (a dict's values).

    The last elements have zeros where `xs` ends before: a loop over `like` that is left early does not come to them.
    Where `xs` goes on, the rest is left out: that is the transpose.
    """
    found = _rows(like, xs, last=False)
    if found is not None:
        return found
    elements, likes = list(xs), items(like)
    missing = [zeros_like(x) for x in likes[len(elements) :]]
    return _of_elements(like, [*elements[: len(likes)], *missing])


def from_last_items(like: Any, xs: Iterable[Any]) -> Any:
    """Like `from_items`, for a loop over `reversed(like)`: zeros for the elements at the beginning."""
    found = _rows(like, xs, last=True)
    if found is not None:
        return found
    elements = list(xs)
    left_out = items(like)[: max(len(like) - len(elements), 0)]
    return _of_elements(like, [*[zeros_like(x) for x in left_out], *elements])


def _rows(like: Any, xs: Any, last: bool) -> Any:
    """The entries of a staged list as the rows of an array; None for anything else."""
    if is_open(like):
        return like.of_items(xs)
    if hasattr(like, "of_known_items"):
        return like.of_known_items(xs)
    if isinstance(like, (list, tuple, dict)) or not hasattr(xs, "rows"):
        return None
    if type(like) is selections.Selected:
        return selections.from_rows(like, lambda count: xs.rows(count, last=last))
    return xs.rows(len(like), last=last)


def _of_elements(like: Any, elements: list[Any]) -> Any:
    if isinstance(like, dict):
        return type_of_dict(like, dict(zip(like, elements, strict=True)))
    if not isinstance(like, (list, tuple)):
        rows = [instantiate(x, row) for x, row in zip(elements, like, strict=True)]
        return np.stack(rows) if rows else np.zeros_like(like)
    return rebuild(like, elements)


def items(c: Any) -> list[Any]:
    """The elements of a container or the rows of an array, in order; a dict's values."""
    return list(c.values()) if isinstance(c, dict) else list(c)


def stack(xs: Iterable[Any]) -> Any:
    """The elements as one array, stacked along a new first axis."""
    whole = xs.stacked() if hasattr(xs, "stacked") else None
    return np.stack(list(xs)) if whole is None else whole


def unzip(rows: Iterable[tuple[Any, ...]], count: int) -> tuple[list[Any], ...]:
    """A sequence of tuples of length `count` as `count` lists."""
    rows = list(rows)
    return tuple([row[i] for row in rows] for i in range(count))


def replaced(operands: Iterable[Any], k: int, value: Any) -> tuple[Any, ...]:
    """The operands with the one at place `k` replaced."""
    given = list(operands)
    return (*given[:k], value, *given[k + 1 :])


def instantiate(t: Any, like: Any) -> Any:
    """The cotangents or tangents `t` of the elements of `like`, with zeros where there is None."""
    if t is None:
        return zeros_like(like)
    if isinstance(like, (list, tuple)) and isinstance(t, (list, tuple)):
        return rebuild(like, [instantiate(a, b) for a, b in zip(t, like, strict=True)])
    return t


def as_cotangent(bar: Any, x: Any) -> Any:
    """A cotangent that a rule of the user's gave for x: zeros for None.

    Raises:
        TypeError: its structure or a shape is not that of x.
    """
    if bar is None:
        return zeros_like(x)
    if isinstance(x, dict):
        if not isinstance(bar, dict) or bar.keys() != x.keys():
            raise TypeError(f"the cotangent of a dict with the keys {sorted(map(str, x))} is {_described(bar)}")
        return type_of_dict(x, {key: as_cotangent(bar[key], value) for key, value in x.items()})
    if isinstance(x, list | tuple):
        if not isinstance(bar, list | tuple) or len(bar) != len(x):
            raise TypeError(f"the cotangent of a {type(x).__name__} of {len(x)} elements is {_described(bar)}")
        return rebuild(x, [as_cotangent(b, value) for b, value in zip(bar, x, strict=True)])
    if is_numeric(x) and np.shape(bar) != np.shape(x):
        raise TypeError(f"the cotangent of an argument of shape {np.shape(x)} has shape {np.shape(bar)}")
    return bar


def _described(value: Any) -> str:
    return f"{value!r:.60}" if not isinstance(value, list | tuple) else f"a {type(value).__name__} of {len(value)}"
