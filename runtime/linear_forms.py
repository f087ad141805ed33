"""Staged integers as sums: what a loop's index is multiplied with and added to, so that differences are known.

`x[i * k : (i + 1) * k]` has k elements whatever `i` is, and an index in a loop of known length is in known bounds.
"""

from collections.abc import Sequence
from typing import Any

from s2s.runtime import dtypes
from s2s.runtime.staging import Staged

# Factor by staged integer, as its MLIR value; by None, the constant.
Form = dict[Any, int]
NAMES = frozenset({"add", "subtract", "multiply", "negative", "positive"})
_BOUNDED = frozenset({"minimum", "maximum", "floor_divide", "remainder"})


def note(name: str, result: Staged, leaves: Sequence[Staged]) -> None:
    """Notes what is known of an integer that an operation on integers gives."""
    if result.aval.shape or result.aval.dtype != dtypes.int64:
        return  # a smaller integer may have overflown
    if name in NAMES:
        result.form = _combined(name, [of(x) for x in leaves])
    if name in NAMES or name in _BOUNDED:
        result.bounds = _bounds(name, [bounds(x) for x in leaves])


def of(x: Any) -> Form:
    """An integer, staged or not, as a sum."""
    if type(x) is not Staged:
        return {None: int(x)}
    if x.literal is not None:
        return {None: int(x.literal)}
    return x.form if x.form is not None else {x._value: 1}


def difference(a: Any, b: Any) -> int | None:
    """`a - b`, where that is the same in every run."""
    if not (_is_integer(a) and _is_integer(b)):
        return None
    found = _combined("subtract", [of(a), of(b)])
    return found.get(None, 0) if found is not None and not set(found) - {None} else None


def bounds(x: Any) -> tuple[int, int] | None:
    """The smallest and largest value that an integer can have, where that is known."""
    if type(x) is not Staged:
        return int(x), int(x)
    return (int(x.literal), int(x.literal)) if x.literal is not None else x.bounds


def in_terms_of(counter: Any, x: Any) -> tuple[int, int] | None:
    """An integer that is `first + step * counter`: these two; None for any other value."""
    if type(x) is not Staged or not x.weak or not _is_integer(x):
        return None
    form = of(x)
    return (form.get(None, 0), form[counter]) if set(form) in ({counter}, {counter, None}) else None


def longest(start: Any, stop: Any) -> int | None:
    """How far it can be from one integer to another, where that is known."""
    ends = [difference(limit, start) for limit in (stop, *(stop.limits if type(stop) is Staged else ()))]
    low, high = bounds(start), bounds(stop)
    if low is not None and high is not None:
        ends.append(high[1] - low[0])
    known = [end for end in ends if end is not None]
    return max(0, min(known)) if known else None


def _is_integer(x: Any) -> bool:
    if type(x) is not Staged:
        return isinstance(x, int)
    known = x.literal is not None or x.form is not None or x._value is not None
    return x.aval.dtype == dtypes.int64 and not x.aval.shape and known


def _combined(name: str, forms: Sequence[Form]) -> Form | None:
    a, b = (*forms, {})[:2]
    if name == "multiply":
        if set(b) - {None}:
            a, b = b, a
        factor = b.get(None, 0)
        return None if set(b) - {None} else {k: v * factor for k, v in a.items() if v * factor}
    sign = -1 if name == "subtract" else 1
    if name == "negative":
        a, b, sign = {}, a, -1
    found = {k: a.get(k, 0) + sign * b.get(k, 0) for k in {**a, **b}}
    return {k: v for k, v in found.items() if v}


def _bounds(name: str, known: Sequence[tuple[int, int] | None]) -> tuple[int, int] | None:
    a, b = (*known, (0, 0))[:2]
    if name == "remainder" and b is not None and b[0] > 0:
        return 0, b[1] - 1
    if name == "minimum" and (a is None) != (b is None):
        return None
    if a is None or b is None:
        return None
    if name in ("minimum", "maximum"):
        choose = min if name == "minimum" else max
        return choose(a[0], b[0]), choose(a[1], b[1])
    if name == "floor_divide":
        return (a[0] // b[0], a[1] // b[0]) if b[0] == b[1] > 0 else None
    if name == "multiply":
        products = [p * q for p in a for q in b]
        return min(products), max(products)
    if name in ("subtract", "negative"):
        a, b = ((0, 0), a) if name == "negative" else (a, b)
        return a[0] - b[1], a[1] - b[0]
    return a[0] + b[0], a[1] + b[1]
