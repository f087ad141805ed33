"""How sorting and searching are built."""

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from s2s.runtime import dtypes, hlo, staging
from s2s.runtime.adapter import chlo, ir, stablehlo
from s2s.runtime.staging import Staged


def sort(a: Staged, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Staged:
    a, axis = _axis("sort", a, axis, order)
    return sort_together([a], axis)[0]


def argsort(a: Staged, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Staged:
    a, axis = _axis("argsort", a, axis, order)
    return sort_together([a, hlo.iota(a.shape, axis)], axis)[1]


def partition(a: Staged, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Staged:
    return sort(a, axis, order=order)


def argpartition(a: Staged, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Staged:
    return argsort(a, axis, order=order)


def lexsort(keys: Any, axis: int = -1) -> Staged:
    """The order that sorts by the last key, then by the one before it, and so on."""
    rows = [keys[i] for i in range(len(keys))][::-1]
    axis = axis % rows[0].ndim
    return sort_together([*rows, hlo.iota(rows[0].shape, axis)], axis, len(rows))[-1]


def searchsorted(a: Staged, v: Staged, side: str = "left", sorter: Staged | None = None) -> Staged:
    """By bisection: the number of elements of `a` before the place of each of `v`."""
    if side not in ("left", "right"):
        raise ValueError(f"np.searchsorted: side must be 'left' or 'right', not {side!r}")
    if a.ndim != 1:
        raise ValueError(f"np.searchsorted needs a one-dimensional array, got shape {a.shape}")
    dtype = dtypes.result_type(a, v)[0]
    a, v = (a if sorter is None else np.take(a, sorter)).astype(dtype), v.astype(dtype)
    n = a.shape[0]
    found = staging.constant(np.zeros(v.shape, np.int64))
    for bit in reversed(range(n.bit_length())):
        further = found + staging.constant(np.int64(1 << bit))
        element = np.take(a, np.minimum(further, staging.constant(np.int64(n))) - staging.constant(np.int64(1)))
        before = _less(element, v) if side == "left" else np.logical_not(_less(v, element))
        inside = np.less_equal(further, staging.constant(np.int64(n)))
        found = np.where(np.logical_and(inside, before), further, found)
    return found


def _less(x: Staged, y: Staged) -> Staged:
    """x before y in the order of sorting, in which NaN is last."""
    less = np.less(x, y)
    if not dtypes.is_float(x.dtype):
        return less
    return np.logical_or(less, np.logical_and(np.not_equal(y, y), np.equal(x, x)))


def top_k(x: Staged, k: int) -> tuple[Staged, Staged]:
    if x.ndim < 1 or not 0 <= k <= x.shape[-1]:
        raise ValueError(f"top_k: k={k} needs a last axis of at least that length, got shape {x.shape}")
    values, indices = chlo.top_k(x.value, k)
    return staging.wrap(values), staging.wrap(indices)


def unique(ar: Staged) -> NoReturn:
    raise TypeError("the shape of np.unique's result depends on the values, which are not known while staging")


def sort_together(operands: Sequence[Staged], axis: int, keys: int = 1) -> list[Staged]:
    """The operands, all of one shape, reordered along an axis by the first `keys` of them; stable."""
    values = [operand.value for operand in operands]
    order = stablehlo.SortOp(
        [value.type for value in values],
        values,
        dimension=ir.IntegerAttr.get(ir.IntegerType.get_signless(64), axis),
        is_stable=ir.BoolAttr.get(True),
    )
    scalars = [dtypes.tensor_type((), operand.dtype) for operand in operands for _ in range(2)]
    block = order.regions[0].blocks.append(*scalars)
    with ir.InsertionPoint(block):
        pairs = [tuple(block.arguments[2 * i : 2 * i + 2]) for i in range(keys)]
        stablehlo.return_([_lexicographic(pairs, [operand.dtype for operand in operands[:keys]])])
    return [staging.like(value, operand.aval.strong()) for value, operand in zip(order.results, operands, strict=True)]


def _lexicographic(pairs: Sequence[Any], kinds: Sequence[np.dtype]) -> Any:
    """Whether the left elements come before the right ones, the first pair deciding first."""
    left, right = pairs[0]
    less = _compare(left, right, kinds[0], "LT")
    if len(pairs) == 1:
        return less
    equal = _compare(left, right, kinds[0], "EQ")
    return stablehlo.or_(less, stablehlo.and_(equal, _lexicographic(pairs[1:], kinds[1:])))


def _compare(left: Any, right: Any, dtype: np.dtype, direction: str) -> Any:
    relation = stablehlo.ComparisonDirectionAttr.get(direction)
    if not dtypes.is_float(dtype):
        return stablehlo.compare(left, right, relation)
    total = stablehlo.ComparisonTypeAttr.get("TOTALORDER")
    return stablehlo.compare(_canonical(left, dtype), _canonical(right, dtype), relation, compare_type=total)


def _canonical(x: Any, dtype: np.dtype) -> Any:
    """-0 as 0 and every NaN as the positive one, which the total order puts last."""
    equal, differs = (stablehlo.ComparisonDirectionAttr.get(name) for name in ("EQ", "NE"))
    zero, nan = (staging.constant(np.asarray(value, dtype)).value for value in (0, np.nan))
    x = stablehlo.select(stablehlo.compare(x, zero, equal), zero, x)
    return stablehlo.select(stablehlo.compare(x, x, differs), nan, x)


def _axis(name: str, a: Staged, axis: int | None, order: Any) -> tuple[Staged, int]:
    if order is not None:
        raise TypeError(f"np.{name}: order= is for structured arrays, which device arrays are not")
    if dtypes.is_complex(a.dtype):
        raise NotImplementedError(f"np.{name} of complex numbers is not supported; sort by .real or np.abs")
    if axis is None:
        return np.reshape(a, (-1,)), 0
    if not -a.ndim <= axis < a.ndim:
        raise np.exceptions.AxisError(axis, a.ndim)
    return a, axis % a.ndim
