"""Control flow by the names of `jax.lax`, as ordinary Python: every transformation works on this source.

Carries, operands and elements are arrays, or tuples, lists and dicts of such. Run eagerly, a carry may change its shape
and its dtype from step to step.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


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
    return carry, _stacked(ys)


def map(f: Callable[[Any], Any], xs: Any, *, batch_size: int | None = None) -> Any:
    """`f` of each element along the first axis of `xs`, stacked; `batch_size` has no effect on the result."""
    ys = []
    for i in range(_length(xs)):
        ys.append(f(_row(xs, i)))
    return _stacked(ys)


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


def _stacked(rows: Any) -> Any:
    first = rows[0]
    if first is None:
        return None
    if isinstance(first, dict):
        return {key: _stacked([row[key] for row in rows]) for key in first}
    if isinstance(first, tuple):
        return tuple([_stacked([row[k] for row in rows]) for k in range(len(first))])
    if isinstance(first, list):
        return [_stacked([row[k] for row in rows]) for k in range(len(first))]
    return np.stack(rows)
