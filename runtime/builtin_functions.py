"""Definitions in Python of Python's own functions over containers whose length is known at run time only.

They are differentiated through their source, like functions of the user's.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime import ordering


def reduce(function, items, total):
    for item in items:
        total = function(total, item)
    return total


def reduce_from_first(function, items):
    return reduce(function, items[1:], items[0])


def sum_of(items, total):
    for item in items:
        total = total + item
    return total


def product_of(items, total):
    for item in items:
        total = total * item
    return total


def mapped(function, items):
    results = []
    for item in items:
        results.append(function(item))
    return results


def mapped_over_two(function, items, others):
    results = []
    for item, other in zip(items, others):  # noqa: B905
        results.append(function(item, other))
    return results


def filtered(function, items):
    kept = []
    for item in items:
        if function(item):
            kept.append(item)
    return kept


def listed(items):
    results = []
    for item in items:
        results.append(item)
    return results


def chained(items, others):
    results = []
    for item in items:
        results.append(item)
    for item in others:
        results.append(item)
    return results


def pairs(items):
    rows = []
    for i in range(len(items) - 1):
        rows.append((items[i], items[i + 1]))
    return rows


def all_pairs(items):
    rows = []
    for i in range(len(items)):
        for j in range(i + 1, len(items)):
            rows.append((items[i], items[j]))
    return rows


def zipped_longest(items, others, fill):
    rows = []
    for i in range(max(len(items), len(others))):
        item = items[i] if i < len(items) else fill
        other = others[i] if i < len(others) else fill
        rows.append((item, other))
    return rows


def accumulated(function, items):
    total = items[0]
    totals = [total]
    for item in items[1:]:
        total = function(total, item)
        totals.append(total)
    return totals


def outer(function, a, b):
    return function(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)


def largest_norm(x):
    magnitudes = np.abs(x)
    if np.ndim(x) == 2:
        magnitudes = np.sum(magnitudes, axis=1)
    return np.max(magnitudes)


def slope(f, h, axis):
    g = np.moveaxis(f, axis, 0)
    if np.ndim(h) == 0:
        inner = (g[2:] - g[:-2]) / (2 * h)
        ends = h, h
    else:
        column = np.reshape(h[1:] - h[:-1], (-1,) + (1,) * (np.ndim(f) - 1))
        before, after = column[:-1], column[1:]
        left, right = (g[1:-1] - g[:-2]) / before, (g[2:] - g[1:-1]) / after
        inner = (after * left + before * right) / (before + after)
        ends = column[0], column[-1]
    whole = np.concatenate([(g[1:2] - g[:1]) / ends[0], inner, (g[-1:] - g[-2:-1]) / ends[1]], axis=0)
    return np.moveaxis(whole, 0, axis)


def along_axis(function, axis, x):
    if np.ndim(x) > 2:
        raise NotImplementedError("np.apply_along_axis of more than two axes; write a loop")
    if np.ndim(x) == 1:
        made = function(x)
    else:
        made = np.stack([function(row) for row in np.moveaxis(x, axis, -1)])
        if np.ndim(made) == 2:
            made = np.moveaxis(made, -1, axis)
    return made


def numbered_entries(x):
    rows = []
    for index in np.ndindex(np.shape(x)):
        rows.append((index, x[index]))
    return rows


def zipped(items, others):
    rows = []
    for item, other in zip(items, others):  # noqa: B905
        rows.append((item, other))
    return rows


def got(entries, key, default):
    if key in entries:
        found = entries[key]
    else:
        found = default
    return found


def largest(items):
    found = items[0]
    for item in items[1:]:
        found = max(found, item)
    return found


def smallest(items):
    found = items[0]
    for item in items[1:]:
        found = min(found, item)
    return found


# Which element it is depends on values, but is none that has a derivative.


def place_of_largest(keys: Any) -> Any:
    if ordering.are_staged(keys):
        return ordering.places(keys, True)[0]
    return max(range(len(keys)), key=keys.__getitem__)


def place_of_smallest(keys: Any) -> Any:
    if ordering.are_staged(keys):
        return ordering.places(keys, False)[0]
    return min(range(len(keys)), key=keys.__getitem__)


def places_in_order(keys: Any, backwards: bool) -> Any:
    if ordering.are_staged(keys):
        return ordering.places(keys, backwards)
    return sorted(range(len(keys)), key=keys.__getitem__, reverse=backwards)


INACTIVE = (place_of_largest, place_of_smallest, places_in_order)
PLACES: dict[Any, Callable[..., Any]] = {max: place_of_largest, min: place_of_smallest}
EXTREMES: dict[Any, Callable[..., Any]] = {max: largest, min: smallest}
MAPS: dict[int, Callable[..., Any]] = {1: mapped, 2: mapped_over_two}
ZIPS: dict[int, Callable[..., Any]] = {2: zipped}


def dict_of_pairs(rows):
    made = {}
    for key, value in rows:
        made[key] = value
    return made


def dict_of_keys(keys, value):
    made = {}
    for key in keys:
        made[key] = value
    return made
