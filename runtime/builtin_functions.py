"""Definitions in Python of Python's own functions over containers whose length is known at run time only.

They are differentiated through their source, like functions of the user's.
"""

from collections.abc import Callable
from typing import Any

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


def place_of_largest(keys: Any) -> int:
    return max(range(len(keys)), key=keys.__getitem__)


def place_of_smallest(keys: Any) -> int:
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
