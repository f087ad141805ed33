"""What Jacobians are put together from: the unit vectors that derivatives are taken along."""

from typing import Any

import numpy as np

from s2s.runtime.helpers.indexing import call

Array = Any


def unit_vectors(x: Array, start: int = 0, count: int | None = None) -> Array:
    """Arrays like x, each with a single one: [count, *shape of x].

    Row `start + i` has its one at element i of x; the other rows are zero. Without `count` there is a row for each
    element.
    """
    result = call(unit_vectors, x, start, count)
    if result is not NotImplemented:
        return result
    rows = np.size(x) if count is None else count
    made = np.eye(rows, np.size(x), -start, dtype=getattr(x, "dtype", None))
    return np.reshape(made, (rows, *np.shape(x)))
