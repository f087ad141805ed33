"""NumPy's functions that write into their first argument, for arrays in a compiled function."""

from typing import Any

import numpy as np

from s2s.runtime.helpers import writes


def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """`a[i, i] = val` for every i."""
    a[writes.diagonal_index(a, wrap)] = val


def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """`a.flat[ind] = v`."""
    flat = np.ravel(a).copy()
    flat[np.asarray(ind)] = writes.cycled(v, ind)
    a[...] = np.reshape(flat, np.shape(a))


def putmask(a: Any, mask: Any, values: Any) -> None:
    """`a.flat[i] = values[i]` wherever the mask holds."""
    a[...] = np.where(mask, np.resize(values, np.shape(a)), a)


def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """`dst[...] = src`, wherever `where` holds."""
    dst[...] = src if where is True else np.where(where, src, dst)


FUNCTIONS = {np.fill_diagonal: fill_diagonal, np.put: put, np.putmask: putmask, np.copyto: copyto}
