"""Comparisons of whole arrays, sets and counts, written over `np` like `statistics`."""

from typing import Any

import numpy as np


def array_equiv(a1: Any, a2: Any) -> Any:
    """Whether the arrays are equal after broadcasting."""
    if broadcastable(np.shape(a1), np.shape(a2)):
        result = np.all(a1 == a2)
    else:
        result = np.bool_(False)
    return result


def broadcastable(first: tuple[int, ...], second: tuple[int, ...]) -> bool:
    """Whether two shapes have a common broadcast shape."""
    return all(m == n or 1 in (m, n) for m, n in zip(first[::-1], second[::-1], strict=False))


def isin(element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """Where `element` is among `test_elements`. Compares all pairs."""
    found = np.any(element[..., None] == np.ravel(test_elements), axis=-1)
    return ~found if invert else found


def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """Index of the bin of each element; `bins` increasing, or decreasing where its values are known."""
    return np.searchsorted(bins, x, side="left" if right else "right")


def bincount(x: Any, weights: Any = None, minlength: int = 0, *, length: int | None = None) -> Any:
    """How often each of 0, 1, ..., length - 1 occurs in `x`, or the sum of its weights. Compares all pairs.

    `length` must be given while a function is staged; else it is the largest element + 1, at least `minlength`.
    """
    if length is None:
        length = max(int(np.max(x)) + 1 if np.size(x) else 0, minlength)
    hits = x[None, :] == np.arange(length)[:, None]
    if weights is None:
        counts = np.sum(hits, axis=1)
    else:
        counts = np.sum(np.where(hits, weights[None, :], 0), axis=1)
    return counts


def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """The `bins` + 1 edges of equal bins between the extremes of `a` (or of `range`); given edges as they are."""
    if np.ndim(bins) == 1:
        edges = bins
    else:
        low, high = (np.min(a), np.max(a)) if range is None else _bounds(a, range)
        flat = low == high
        edges = np.linspace(np.where(flat, low - 0.5, low), np.where(flat, high + 0.5, high), bins + 1)
    return edges


def _bounds(a: Any, range: Any) -> tuple[Any, Any]:
    """The given bounds as arrays like `a`."""
    return np.zeros_like(a, shape=()) + range[0], np.zeros_like(a, shape=()) + range[1]


def histogram(a: Any, bins: Any = 10, range: Any = None, density: bool | None = None, weights: Any = None) -> Any:
    """Counts (or sums of weights) of the flattened `a` in bins, and their edges; the last bin is closed.

    With `density`, counts divided by their sum and the widths of the bins.
    """
    flat = np.ravel(a)
    edges = histogram_bin_edges(flat, bins, range)
    n = np.size(edges) - 1
    place = np.where(flat == edges[-1], n - 1, np.searchsorted(edges, flat, side="right") - 1)
    counts = bincount(place, None if weights is None else np.ravel(weights), length=n)
    if density:
        counts = counts / np.sum(counts) / (edges[1:] - edges[:-1])
    return counts, edges
