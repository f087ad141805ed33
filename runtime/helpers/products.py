"""Helpers of emitted code: the cotangents of the factors of products, for operands of any rank.

Every product is linear in each factor, so the cotangent of one factor is a product of the cotangent of the result and
the other factor. Only the shape of the factor itself is needed.
"""

from typing import Any

import numpy as np

from s2s.runtime import selected_reductions, selections
from s2s.runtime.helpers.reductions import Shape, normal_axes, sum_to


def matmul_lhs_bar(g: Any, shape: Shape, rhs: Any) -> Any:
    """The cotangent of `lhs`, of shape `shape`, in `lhs @ rhs`."""
    if selections.meets(g, shape, rhs):
        return selected_reductions.lhs_bar(g, shape, rhs)
    if hasattr(g, "aval") or hasattr(rhs, "aval"):
        return _as_one_operation(matmul_lhs_bar, g, shape, rhs)
    if np.ndim(rhs) == 1:
        return g * rhs if len(shape) == 1 else sum_to(np.expand_dims(g, -1) * rhs, shape)
    if len(shape) == 1:
        return sum_to((np.expand_dims(g, -2) @ np.swapaxes(rhs, -1, -2))[..., 0, :], shape)
    return sum_to(g @ np.swapaxes(rhs, -1, -2), shape)


def matmul_rhs_bar(g: Any, lhs: Any, shape: Shape) -> Any:
    """The cotangent of `rhs`, of shape `shape`, in `lhs @ rhs`."""
    if selections.meets(g, lhs, shape):
        return selected_reductions.rhs_bar(g, lhs, shape)
    if hasattr(g, "aval") or hasattr(lhs, "aval"):
        return _as_one_operation(matmul_rhs_bar, g, lhs, shape)
    if np.ndim(lhs) == 1:
        outer = lhs * g if len(shape) == 1 else np.expand_dims(lhs, -1) * np.expand_dims(g, -2)
        return sum_to(outer, shape)
    if len(shape) == 1:
        return sum_to((np.swapaxes(lhs, -1, -2) @ np.expand_dims(g, -1))[..., 0], shape)
    if len(shape) == 2 and np.ndim(lhs) > 2:
        axes = list(range(np.ndim(lhs) - 1))
        return np.tensordot(lhs, g, (axes, axes))
    return sum_to(np.swapaxes(lhs, -1, -2) @ g, shape)


def _as_one_operation(function: Any, *arguments: Any) -> Any:
    """`function` on device or staged arrays: a primitive, through NumPy's protocol."""
    ours = next(x for x in arguments if hasattr(x, "aval"))
    return ours.__array_function__(function, (type(ours),), arguments, {})


def dot_lhs_bar(g: Any, shape: Shape, b: Any) -> Any:
    """The cotangent of `a`, of shape `shape`, in `np.dot(a, b)`."""
    if selections.meets(g, shape, b):
        return selected_reductions.lhs_bar(g, shape, b)
    if not shape:
        return np.sum(g * b)
    if np.ndim(b) == 0:
        return g * b
    free = list(range(np.ndim(b) - 1))
    others = free if np.ndim(b) == 1 else [*free[:-1], np.ndim(b) - 1]
    here = list(range(len(shape) - 1, np.ndim(g)))
    return np.tensordot(g, b, axes=(here, others))


def dot_rhs_bar(g: Any, a: Any, shape: Shape) -> Any:
    """The cotangent of `b`, of shape `shape`, in `np.dot(a, b)`."""
    if selections.meets(g, a, shape):
        return selected_reductions.rhs_bar(g, a, shape)
    if not shape:
        return np.sum(g * a)
    if np.ndim(a) == 0:
        return g * a
    free = list(range(np.ndim(a) - 1))
    product = np.tensordot(a, g, axes=(free, free))
    return np.moveaxis(product, 0, -2) if len(shape) > 1 else product


def inner_lhs_bar(g: Any, shape: Shape, b: Any) -> Any:
    """The cotangent of `a`, of shape `shape`, in `np.inner(a, b)`."""
    if not shape:
        return np.sum(g * b)
    return g * b if np.ndim(b) == 0 else np.tensordot(g, b, axes=np.ndim(b) - 1)


def inner_rhs_bar(g: Any, a: Any, shape: Shape) -> Any:
    """The cotangent of `b`, of shape `shape`, in `np.inner(a, b)`."""
    if not shape:
        return np.sum(g * a)
    free = list(range(np.ndim(a) - 1))
    return g * a if np.ndim(a) == 0 else np.tensordot(g, a, axes=(free, free))


def tensordot_lhs_bar(g: Any, shape: Shape, b: Any, axes: Any = 2) -> Any:
    """The cotangent of `a`, of shape `shape`, in `np.tensordot(a, b, axes)`."""
    of_a, of_b = _contracted(axes, len(shape), np.ndim(b))
    free_a = [i for i in range(len(shape)) if i not in of_a]
    free_b = [i for i in range(np.ndim(b)) if i not in of_b]
    product = np.tensordot(g, b, axes=(list(range(len(free_a), np.ndim(g))), free_b))
    order = free_a + [i for _, i in sorted(zip(of_b, of_a, strict=True))]
    return np.transpose(product, [order.index(i) for i in range(len(shape))])


def tensordot_rhs_bar(g: Any, a: Any, shape: Shape, axes: Any = 2) -> Any:
    """The cotangent of `b`, of shape `shape`, in `np.tensordot(a, b, axes)`."""
    of_a, of_b = _contracted(axes, np.ndim(a), len(shape))
    free_a = [i for i in range(np.ndim(a)) if i not in of_a]
    free_b = [i for i in range(len(shape)) if i not in of_b]
    product = np.tensordot(a, g, axes=(free_a, list(range(len(free_a)))))
    order = [i for _, i in sorted(zip(of_a, of_b, strict=True))] + free_b
    return np.transpose(product, [order.index(i) for i in range(len(shape))])


def _contracted(axes: Any, rank_a: int, rank_b: int) -> tuple[list[int], list[int]]:
    """The contracted axes of both operands, counted from the front."""
    if isinstance(axes, int):
        return list(range(rank_a - axes, rank_a)), list(range(axes))
    of_a, of_b = ((side,) if isinstance(side, int) else tuple(side) for side in axes)
    return list(normal_axes(of_a, rank_a)), list(normal_axes(of_b, rank_b))


def kron_lhs_bar(g: Any, shape: Shape, b: Any) -> Any:
    """The cotangent of `a`, of shape `shape`, in `np.kron(a, b)`."""
    blocks = _kron_blocks(g, shape, np.shape(b))
    rank = np.ndim(blocks) // 2
    other = np.reshape(b, _padded(np.shape(b), rank))
    here = list(range(1, 2 * rank, 2))
    return np.reshape(np.tensordot(blocks, other, axes=(here, list(range(rank)))), shape)


def kron_rhs_bar(g: Any, a: Any, shape: Shape) -> Any:
    """The cotangent of `b`, of shape `shape`, in `np.kron(a, b)`."""
    blocks = _kron_blocks(g, np.shape(a), shape)
    rank = np.ndim(blocks) // 2
    other = np.reshape(a, _padded(np.shape(a), rank))
    here = list(range(0, 2 * rank, 2))
    return np.reshape(np.tensordot(blocks, other, axes=(here, list(range(rank)))), shape)


def _kron_blocks(g: Any, of_a: Shape, of_b: Shape) -> Any:
    rank = max(len(of_a), len(of_b))
    pairs = zip(_padded(of_a, rank), _padded(of_b, rank), strict=True)
    return np.reshape(g, tuple(n for pair in pairs for n in pair))


def _padded(shape: Shape, rank: int) -> Shape:
    return (1,) * (rank - len(shape)) + tuple(shape)
