"""Helpers of emitted code: lists and dicts that change, as pure functions; each returns a new container.

Where the old container is dead and nothing else refers to it, emitted text spells these `xs.append(v)`, `v = xs.pop()`
and so on. `xs` is a list, `d` a dict, `g` a cotangent, `i` a position as the list's own method takes it.
"""

import copy
from collections.abc import Iterable
from typing import Any

import numpy as np

from s2s.runtime import ordering
from s2s.runtime.helpers.reductions import sum_to, unreduce
from s2s.runtime.helpers.trees import acc, is_numeric, is_open, type_of_dict, zeros_like


def changed(c: Any, method: str, *args: Any, **keywords: Any) -> tuple[Any, Any]:
    """A copy of `c` after `c.method(...)`, and what that returned."""
    made = copy.copy(c)
    return made, getattr(made, method)(*args, **keywords)


def append(xs: list[Any], v: Any) -> list[Any]:
    """`xs` with `v` behind it."""
    return changed(xs, "append", v)[0] if is_open(xs) else [*xs, v]


def pop(xs: list[Any], i: int = -1) -> tuple[list[Any], Any]:
    """`xs` without the element at `i`, and that element. IndexError if there is none."""
    rest = xs.copy() if is_open(xs) else list(xs)
    v = rest.pop(i)
    return rest, v


def insert(xs: list[Any], i: int, v: Any) -> list[Any]:
    """`xs` with `v` in front of the element at `i`."""
    made = list(xs)
    made.insert(i, v)
    return made


def pop_inserted(xs: list[Any], i: int) -> tuple[list[Any], Any]:
    """What `insert(rest, i, v)` was made of: `rest` and `v`."""
    count = len(xs) - 1
    return pop(xs, max(0, count + i) if i < 0 else min(i, count))


def insert_popped(xs: list[Any], i: int, v: Any) -> list[Any]:
    """What `pop(c, i)` was made of: `c`, of the rest and the element."""
    return insert(xs, len(xs) + 1 + i if i < 0 else i, v)


def extend(xs: list[Any], ys: Iterable[Any]) -> list[Any]:
    """`xs` with the elements of `ys` behind it."""
    return [*xs, *ys]


def join_tuples(xs: Any, ys: Any) -> tuple[Any, ...]:
    """`xs + ys` of tuples."""
    return (*xs, *ys)


def split_last(xs: Any, count: int) -> tuple[Any, Any]:
    """The last `count` elements apart from those before."""
    at = len(xs) - count
    return xs[:at], xs[at:]


def repeat_items(xs: Any, n: int) -> Any:
    """`xs * n`."""
    return xs * n


def repeat_items_bar(g: Any, xs: Any) -> Any:
    """The cotangent of `xs` in `xs * n`: the sum of those of its repetitions."""
    bars = zeros_like(xs)
    for at in range(0, len(g), max(len(xs), 1)):
        bars = acc(bars, g[at : at + len(xs)])
    return bars


def repetitions(ys: list[Any], xs: list[Any]) -> int:
    """The `n` for which `ys` is `xs * n`."""
    return len(ys) // max(len(xs), 1)


def sum_items_bar(g: Any, xs: Any) -> Any:
    """The cotangent of `xs` in `sum(xs)`."""
    if is_numeric(xs):
        return unreduce(g, np.shape(xs), 0)
    if is_open(xs):
        return xs.each(lambda x: sum_to(g, np.shape(x)))
    return type(xs)([sum_to(g, np.shape(x)) for x in xs])


def sum_of_items_bar(bars: Any, g: Any) -> Any:
    """The cotangent of `g` in `sum_items_bar(g, xs)`."""
    if is_numeric(bars):
        return sum_to(bars, np.shape(g))
    if is_open(bars):
        return sum_to(np.sum(bars.stacked(), axis=0), np.shape(g))
    total = zeros_like(g)
    for bar in bars:
        total = total + bar
    return total


def emptied(c: Any) -> Any:
    """A list or dict like `c` without elements."""
    return type(c)()


def reversed_order(xs: list[Any]) -> list[int]:
    """The positions of the elements of `xs` from the last to the first."""
    return list(range(len(xs)))[::-1]


def sorting_order(xs: list[Any], reverse: bool = False) -> Any:
    """The positions of the elements of `xs` in the order of `xs.sort()`."""
    if ordering.are_staged(xs):
        return ordering.places(xs, reverse)
    return sorted(range(len(xs)), key=xs.__getitem__, reverse=reverse)


def reordered(xs: Any, order: Any) -> list[Any]:
    """The elements in the order of their old positions."""
    if ordering.are_staged(order):
        return ordering.reordered(xs, order)
    return [xs[i] for i in order]


def inverse_order(order: Any) -> Any:
    """The order that undoes `reordered(xs, order)`."""
    if ordering.are_staged(order):
        return np.argsort(order)
    return sorted(range(len(order)), key=order.__getitem__)


def without(d: dict[Any, Any], key: Any) -> dict[Any, Any]:
    """`d` without its entry at `key`. KeyError if there is none."""
    made = dict(d)
    del made[key]
    return made


def keys_of(d: dict[Any, Any]) -> list[Any]:
    """The keys of `d`, in order."""
    return list(d)


def copied_dict(d: dict[Any, Any]) -> dict[Any, Any]:
    """A new dict of the same entries."""
    return d.copy()


def prior(d: dict[Any, Any], key: Any) -> Any:
    """What `d` has at `key` before it is written there; None if nothing."""
    return d.get(key)


def put_entry(d: dict[Any, Any], key: Any, v: Any, old: Any) -> dict[Any, Any]:
    """`d` with `v` at `key`, where `old`, which is `prior(d, key)`, was."""
    return type_of_dict(d, {**d, key: v})


def before_put(g: dict[Any, Any], key: Any, old: Any) -> dict[Any, Any]:
    """The cotangent of `d` in `put_entry(d, key, v, old)`."""
    return without(g, key) if old is None else type_of_dict(g, {**g, key: zeros_like(old)})


def before_put_bar(g: dict[Any, Any], like: dict[Any, Any], key: Any, old: Any) -> dict[Any, Any]:
    """The cotangent of `like` in `before_put(like, key, old)`."""
    return with_zeros_at(g, like, key)


def with_zeros_at(g: dict[Any, Any], d: dict[Any, Any], key: Any) -> dict[Any, Any]:
    """The cotangent of `d` in `without(d, key)`."""
    return {k: zeros_like(d[k]) if k == key else g[k] for k in d}
