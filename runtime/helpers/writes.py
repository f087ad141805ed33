"""Helpers of emitted code: what an in-place write changes beside the variable that it names.

Whether NumPy makes a view or a copy depends on ranks and on the index, which these functions look at as they run.
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime.helpers.indexing import add_at, call, set_at
from s2s.runtime.helpers.trees import is_numeric
from s2s.runtime.staged_constructors import as_array


def is_view(item: Any, index: Any) -> bool:
    """Whether `item`, which was `c[index]` of an array `c`, is a view of it: basic indices, and not a number."""
    parts = index if isinstance(index, tuple) else (index,)
    return (np.ndim(item) > 0 or any(p is Ellipsis for p in parts)) and all(map(_is_basic, parts))


def _is_basic(i: Any) -> bool:
    if i is None or i is Ellipsis or isinstance(i, slice):
        return True
    is_mask = isinstance(i, (bool, np.bool_)) or getattr(i, "dtype", None) == np.bool_
    return not is_mask and not isinstance(i, (list, tuple)) and np.ndim(i) == 0


def is_array(x: Any) -> bool:
    """Whether `x` can be written in place: `x += 1` changes it for all who hold it (also without dimensions)."""
    return isinstance(x, np.ndarray) or not is_numeric(x) or np.ndim(x) > 0 or getattr(x, "is_array", False)


def choose(flag: bool, a: Any, b: Any) -> Any:
    """`a` if `flag` else `b`."""
    return a if flag else b


def reread(old: Any, c: Any, index: Any) -> Any:
    """What a variable that was `c[index]`, and then `old`, shows after a write to the array `c`."""
    return c[index] if is_numeric(c) and is_view(old, index) else old


def put_view(c: Any, index: Any, v: Any) -> Any:
    """What `c` is after `c[index]` has been written and is `v`: unchanged where that was a copy."""
    return set_at(c, index, v) if not is_numeric(c) or is_view(v, index) else c


def kept(x: Any) -> Any:
    """`x` to be saved while the array that it may be a view of is updated in place: a copy of a view."""
    return x.copy() if isinstance(x, np.ndarray) and x.base is not None else x


def as_written(old: Any, new: Any) -> Any:
    """What another name of `old` shows after `old += …` made `new`: that, for arrays; numbers are never written."""
    return new if is_array(old) else old


def with_copies(function: Callable[..., Any], written: tuple[Any, ...], *args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """`(result, *objects)`: a call, on copies of the arguments that the function writes, and those after it.

    Args:
        written: positions, and names of keywords, of these arguments.
    """
    given: dict[Any, Any] = dict(enumerate(args))
    given.update(kwargs)
    given |= {place: _copied(given[place]) for place in written}
    result = function(*[given[i] for i in range(len(args))], **{name: given[name] for name in kwargs})
    return (result, *[given[place] for place in written])


def _copied(x: Any) -> Any:
    if is_numeric(x) and hasattr(x, "copy"):
        return x.copy()
    return np.array(x) if is_numeric(x) else copy.deepcopy(x)


# Functions of NumPy that write an argument, as functions of it.


def write_where(c: Any, v: Any, where: Any) -> Any:
    """`c` with the elements of `v` where `where` holds, in the shape and dtype of `c` (`np.copyto`)."""
    if where is True:
        return set_at(c, ..., v)
    return set_at(c, ..., np.where(where, v, c))


def cycled(v: Any, index: Any) -> Any:
    """The values that `np.put(a, index, v)` writes: as many as there are indices, repeated or cut."""
    values = np.ravel(as_array(v))
    return values[np.arange(np.size(index)) % np.size(values)].reshape(np.shape(index))


def cycled_mask(v: Any, mask: Any) -> Any:
    """The values that `np.place(a, mask, v)` writes: as many as the mask selects, repeated or cut."""
    return np.ravel(v)[np.arange(np.count_nonzero(mask)) % np.size(v)]


def diagonal_index(a: Any, wrap: bool = False) -> tuple[Any, ...]:
    """The index of the elements that `np.fill_diagonal(a, val)` writes."""
    shape = np.shape(a)
    if len(shape) < 2 or wrap or (len(shape) > 2 and len(set(shape)) > 1):
        raise ValueError(f"fill_diagonal: an array of shape {shape} (wrap={wrap}) is not supported")
    return (np.arange(min(shape)),) * len(shape)


def multiply_at(c: Any, index: Any, v: Any) -> Any:
    """A copy of `c` with the elements at `index` multiplied by `v`, repeatedly where an index repeats."""
    result = call(multiply_at, c, index, v)
    if result is not NotImplemented:
        return result
    made = np.array(c)
    np.multiply.at(made, index, v)
    return made


def other_factors(c: Any, index: Any, v: Any) -> Any:
    """For each factor of `multiply_at(c, index, v)`, the product of the others that meet the same element."""
    factors = np.broadcast_to(v, np.shape(c[index]))
    product = multiply_at(np.ones_like(c), index, np.where(factors == 0, 1, factors))[index]
    zeros = add_at(np.zeros_like(c), index, np.where(factors == 0, 1, 0))[index]
    product = product / np.where(factors == 0, 1, factors)
    return np.where(zeros - (factors == 0) > 0, 0, product)
