"""Sorting of Python's containers where the keys are staged: the order is an array of places."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from s2s.runtime import staging, tree


def are_staged(keys: Any) -> bool:
    """Whether the order of the keys is not known while staging."""
    if hasattr(keys, "literal"):
        return True
    return isinstance(keys, list | tuple) and any(map(are_staged, keys))


def places(keys: Any, backwards: bool) -> Any:
    """The places of the keys, numbers or tuples of numbers, from the smallest (or largest) to the other end."""
    columns = _columns(keys)
    order: Any = None
    for column in reversed(columns):  # by the last entries first: each sort keeps what it finds equal
        column = column if order is None else column[order]
        found = np.argsort(-column if backwards else column, stable=True)
        order = found if order is None else order[found]
    return order


def _columns(keys: Any) -> list[Any]:
    if isinstance(keys, list | tuple) and isinstance(keys[0], list | tuple):
        return [staging.stage(np.stack(list(column))) for column in zip(*keys, strict=True)]
    whole = keys.stacked() if hasattr(keys, "stacked") else None
    return [whole if whole is not None else np.stack(list(keys)) if isinstance(keys, list | tuple) else keys]


def reordered(entries: Any, order: Any) -> list[Any]:
    """The entries, all alike, in the order of their old places."""
    found = list(entries)
    columns = tree.map(lambda *leaves: staging.stage(np.stack(leaves)), *found) if len(found) > 1 else None
    if columns is None:
        return found
    return [tree.map(lambda column, place=place: column[place], columns) for place in order]


def sorted_(items: Iterable[Any], /, *, key: Any = None, reverse: bool = False) -> list[Any]:
    """`sorted`, by keys that may be staged."""
    entries = list(items)
    keys = entries if key is None else [key(entry) for entry in entries]
    if not are_staged(keys):
        return sorted(entries, key=key, reverse=reverse)
    return reordered(entries, places(keys, reverse))
