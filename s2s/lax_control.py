"""Control flow by the names of `jax.lax`, as ordinary Python: every transformation works on this source.

Carries, operands and elements are arrays, or tuples, lists and dicts of such. Run eagerly, a carry may change its shape
and its dtype from step to step.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s import lax_shapes, tree
from s2s.runtime.array import Array


def cond(pred: Any, true_fun: Callable[..., Any], false_fun: Callable[..., Any], *operands: Any) -> Any:
    """`true_fun(*operands)` where `pred` is true, `false_fun(*operands)` otherwise; only that one runs."""
    if pred:
        result = true_fun(*operands)
    else:
        result = false_fun(*operands)
    return result


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """`branches[index](*operands)`; an index out of range is that of the first or last branch."""
    return _switch(index, (*branches, None), operands)


def _switch(index: Any, branches: Any, operands: Any) -> Any:
    """The branches end with None: how many there are decides no test that depends on data."""
    branch, following = branches[0], branches[1]
    if following is None:
        return branch(*operands)
    if index <= 0:
        result = branch(*operands)
    else:
        result = _switch(index - 1, branches[1:], operands)
    return result


def while_loop(cond_fun: Callable[[Any], Any], body_fun: Callable[[Any], Any], init_val: Any) -> Any:
    """`body_fun` applied to the value, from `init_val`, as long as `cond_fun` of it is true."""
    value = init_val
    while cond_fun(value):
        value = body_fun(value)
    return value


def fori_loop(lower: Any, upper: Any, body_fun: Callable[[Any, Any], Any], init_val: Any, *, unroll: Any = None) -> Any:
    """`body_fun(i, value)` for i from `lower` up to, but without, `upper`; `unroll` has no effect on the result."""
    value = init_val
    for i in range(lower, upper):
        value = body_fun(i, value)
    return value


def scan(
    f: Callable[[Any, Any], Any], init: Any, xs: Any = None, length: int | None = None, reverse: bool = False,
    unroll: Any = 1,
) -> Any:  # fmt: skip
    """`carry, y = f(carry, x)` along the first axis of `xs`; the last carry, and the ys stacked in order.

    Args:
        xs: arrays of the same length, [n, ...]; None for `length` steps with x = None.
        reverse: begin at the end.

    Raises:
        IndexError: there are no steps, so that nothing tells what the ys are.
    """
    n = _length(xs) if length is None else length
    carry, ys = init, []
    for i in range(n):
        k = n - 1 - i if reverse else i
        carry, y = f(carry, _row(xs, k))
        ys.append(y)
    if reverse:
        ys = ys[::-1]
    return carry, stack_rows(ys)


def map(f: Callable[[Any], Any], xs: Any, *, batch_size: int | None = None) -> Any:
    """`f` of each element along the first axis of `xs`, stacked; `batch_size` has no effect on the result."""
    ys = []
    for i in range(_length(xs)):
        ys.append(f(_row(xs, i)))
    return stack_rows(ys)


def _length(tree: Any) -> Any:
    if isinstance(tree, dict):
        return _length(list(tree.values())[0])
    if isinstance(tree, tuple):
        return _length(tree[0])
    if isinstance(tree, list):
        return _length(tree[0])
    return len(tree)


def _row(tree: Any, i: Any) -> Any:
    if tree is None:
        return None
    if isinstance(tree, dict):
        return {key: _row(value, i) for key, value in tree.items()}
    if isinstance(tree, tuple):
        return tuple([_row(part, i) for part in tree])
    if isinstance(tree, list):
        return [_row(part, i) for part in tree]
    return tree[i]


def stack_rows(rows: Any) -> Any:
    first = rows[0]
    if first is None:
        return None
    if isinstance(first, dict):
        return {key: stack_rows([row[key] for row in rows]) for key in first}
    if isinstance(first, tuple):
        return tuple([stack_rows([row[k] for row in rows]) for k in range(len(first))])
    if isinstance(first, list):
        return [stack_rows([row[k] for row in rows]) for k in range(len(first))]
    if not isinstance(first, (float, int, complex, np.generic, np.ndarray, Array)):
        raise TypeError(
            f"the results of the rows are of {type(first).__name__}, and how its objects become one of all rows is "
            "not known; give back arrays, in a tuple or dict"
        )
    return np.stack(rows)


def associative_scan(fn: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """All partial results of an associative operation along an axis, in a number of steps that is logarithmic in it.

    Args:
        fn: combines two trees of arrays element by element, [m, ...] and [m, ...] along `axis`, for any m.
        elems: arrays of the same length n along `axis`, or a tree of such.
        reverse: begin at the end.

    Returns:
        A tree like `elems`: at i the elements 0 to i, combined in this order.
    """
    axis = axis % np.ndim(tree.leaves(elems)[0])
    if reverse:
        elems = _backwards(elems, axis)
    found = _partial_results(fn, elems, axis)
    if reverse:
        found = _backwards(found, axis)
    return found


def _partial_results(fn: Any, elems: Any, axis: Any) -> Any:
    """Neighbours are combined until one element is left; on the way back those between are filled in."""
    levels = []
    n = np.shape(tree.leaves(elems)[0])[axis]
    while n > 1:
        levels.append(elems)
        elems = fn(_part(elems, 0, n - 1, 2, axis), _part(elems, 1, n, 2, axis))
        n = n // 2
    for level in reversed(levels):
        elems = _filled_in(fn, level, elems, axis)
    return elems


def _filled_in(fn: Any, elems: Any, odd: Any, axis: Any) -> Any:
    """The partial results of `elems`, of which those at odd places are known."""
    n = np.shape(tree.leaves(elems)[0])[axis]
    even = fn(_part(odd, 0, (n - 1) // 2, 1, axis), _part(elems, 2, n, 2, axis))
    even = tree.map(lambda a, b: np.concatenate((a, b), axis=axis), _part(elems, 0, 1, 1, axis), even)
    whole = tree.map(lambda a, b: _in_turn(a, b, axis), _part(even, 0, n // 2, 1, axis), odd)
    rest = _part(even, n // 2, (n + 1) // 2, 1, axis)
    return tree.map(lambda a, b: np.concatenate((a, b), axis=axis), whole, rest)


def _part(elems: Any, start: Any, stop: Any, step: Any, axis: Any) -> Any:
    return tree.map(lambda x: x[lax_shapes.static.along(axis, np.ndim(x), start, stop, step)], elems)


def _in_turn(a: Any, b: Any, axis: Any) -> Any:
    """An element of each, by turns."""
    shape = np.shape(a)
    return np.reshape(np.stack((a, b), axis=axis + 1), (*shape[:axis], 2 * shape[axis], *shape[axis + 1 :]))


def _backwards(elems: Any, axis: Any) -> Any:
    return tree.map(lambda x: np.flip(x, axis), elems)
