"""Functions whose intermediate values are computed again on the way back instead of being kept."""

import functools
from collections.abc import Callable
from typing import Any

from s2s.runtime import dtypes, hlo, staging, tree
from s2s.runtime.adapter import ir
from s2s.runtime.staging import Staged

# XLA's other order of operations on the CPU begins all that can be begun, whatever memory that takes.
_IN_ORDER = {"xla_cpu_scheduler_type": "CPU_SCHEDULER_TYPE_MEMORY_OPTIMIZED"}


class Checkpointed:
    """A function that is called like any other; of a call, derivatives keep the arguments alone."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.__wrapped__ = function
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__wrapped__(*args, **kwargs)

    def __get__(self, owner: Any, cls: Any = None) -> Any:
        return self if owner is None else functools.partial(self.__wrapped__, owner)


def checkpoint(fun: Callable[..., Any]) -> Callable[..., Any]:
    """`fun`, of whose calls reverse mode keeps the arguments alone: what its backward half reads is computed again.

    It takes less memory for one more run of `fun`. Usable as a decorator. The emitted source calls `fun`, and on the
    way back `fun_fwd` with the same arguments before `fun_bwd`; under jit, XLA is kept from merging the two runs.

    Args:
        fun: a function that has a derivative. It may not write into its arguments.

    Returns:
        A function of the same arguments, with the same results and derivatives.
    """
    return Checkpointed(fun)


def again(x: Any, after: Any) -> Any:
    """`x`, to compute from it once more what was not kept.

    In compiled code it is not to be had before `after` is: XLA would compute only once what is the same, and keep it.
    """
    if staging.current_scope() is None:
        return x
    leaves, treedef = tree.flatten(x)
    arrays = [leaf for leaf in leaves if _counts(leaf)]
    rest = [leaf for leaf in tree.leaves(after) if type(leaf) is Staged and leaf.size]
    if not arrays or not rest:
        return x
    scope = staging.scope()
    if scope.platform == "cpu":
        scope.flags |= _IN_ORDER
    made = iter(_tied(arrays, rest) if scope.platform == "cpu" else _barrier([*arrays, *rest]))
    return treedef.unflatten([next(made) if _counts(leaf) else leaf for leaf in leaves])


def _counts(leaf: Any) -> bool:
    """Whether what is computed from a leaf takes memory worth speaking of: not so places and numbers of iterations."""
    return type(leaf) is Staged and dtypes.is_inexact(leaf.dtype)


def _barrier(arrays: list[Staged]) -> list[Staged]:
    values = [array.value for array in arrays]
    op = ir.Operation.create("stablehlo.optimization_barrier", [value.type for value in values], values)
    return [staging.like(value, array.aval) for value, array in zip(op.results, arrays, strict=True)]


def _tied(arrays: list[Staged], after: list[Staged]) -> list[Staged]:
    """The arrays, selected by what is always true, but depends on the others: XLA removes barriers on the CPU before it
    orders the operations."""
    holds = _always(after[0])
    for x in after[1:]:
        holds = hlo.logical_and(holds, _always(x))
    return [hlo.select(holds, x, hlo.full_like(x, 0)) for x in arrays]


def _always(x: Staged) -> Staged:
    """True, whatever the first element of an array is."""
    first = hlo.reshape(hlo.slice_(x, [0] * x.ndim, [1] * x.ndim), ())
    if dtypes.is_complex(x.dtype):
        first = hlo.unary(hlo.stablehlo.real, first, dtypes.real_dtype(x.dtype))
    is_number = hlo.compare(first, first, "EQ") if x.dtype.kind == "f" else hlo.convert(first, dtypes.bool_)
    number = hlo.convert(is_number, dtypes.int64)
    return hlo.compare(hlo.minimum(number, hlo.full_like(number, 1)), hlo.full_like(number, 2), "LT")
