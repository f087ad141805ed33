"""How products are built, all on `dot_general`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2s.runtime import dtypes, hlo
from s2s.runtime.helpers.einsum import split_subscripts
from s2s.runtime.helpers.reductions import sum_to
from s2s.runtime.primitives.reduction_lowering import axes_of
from s2s.runtime.primitives.shape_lowering import moveaxis, ravel
from s2s.runtime.staging import Staged


def contracted(
    x: Staged,
    y: Staged,
    contract: tuple[Sequence[int], Sequence[int]],
    batch: tuple[Sequence[int], Sequence[int]] = ((), ()),
) -> Staged:
    """`dot_general` of promoted operands; of bools it is any(and), as in NumPy."""
    x, y = hlo.promote(x, y)
    if x.dtype == dtypes.bool_:
        count = hlo.dot_general(hlo.convert(x, dtypes.int64), hlo.convert(y, dtypes.int64), contract, batch)
        return hlo.convert(count, dtypes.bool_)
    return hlo.dot_general(x, y, contract, batch)


def matmul(lhs: Staged, rhs: Staged) -> Staged:
    if lhs.ndim == 0 or rhs.ndim == 0:
        raise ValueError("matmul: operands must have at least one dimension; use * for scalars")
    inner = rhs.shape[0] if rhs.ndim == 1 else rhs.shape[-2]
    if lhs.shape[-1] != inner:
        raise ValueError(f"matmul: shapes {lhs.shape} and {rhs.shape} do not fit: {lhs.shape[-1]} != {inner}")
    if rhs.ndim <= 2:
        return contracted(lhs, rhs, ([lhs.ndim - 1], [max(rhs.ndim - 2, 0)]))
    if lhs.ndim == 1:
        product = contracted(rhs, lhs, ([rhs.ndim - 2], [0]))
        return product
    return _batched_matmul(lhs, rhs)


def _batched_matmul(lhs: Staged, rhs: Staged) -> Staged:
    if lhs.shape[-1] == 1 and rhs.dtype != dtypes.bool_:  # columns times rows: no sums, no loop over small products
        return hlo.multiply(*hlo.broadcast_together(*hlo.promote(lhs, rhs)))
    batch = np.broadcast_shapes(lhs.shape[:-2], rhs.shape[:-2])
    lhs = hlo.broadcast_to(lhs, (*batch, *lhs.shape[-2:]))
    rhs = hlo.broadcast_to(rhs, (*batch, *rhs.shape[-2:]))
    axes = list(range(len(batch)))
    return contracted(lhs, rhs, ([lhs.ndim - 1], [rhs.ndim - 2]), (axes, axes))


def matmul_lhs_bar(g: Staged, shape: Sequence[int], rhs: Staged) -> Staged:
    """One product where no axis of `lhs` was broadcast; else a product with a sum after it."""
    g = _as_matrices(g, len(shape) == 1, rhs.ndim == 1)
    rhs = hlo.expand(rhs, [1]) if rhs.ndim == 1 else rhs
    if rhs.ndim == 2:
        return hlo.reshape(contracted(g, rhs, ([g.ndim - 1], [1])), tuple(shape))
    return sum_to(_batched_product(g, rhs, -1), tuple(shape))


def matmul_rhs_bar(g: Staged, lhs: Staged, shape: Sequence[int]) -> Staged:
    """Likewise; for a matrix that met a batch of rows, one product over the whole batch."""
    g = _as_matrices(g, lhs.ndim == 1, len(shape) == 1)
    lhs = hlo.expand(lhs, [0]) if lhs.ndim == 1 else lhs
    if len(shape) <= 2 and lhs.ndim == g.ndim:
        axes = list(range(lhs.ndim - 1))
        return hlo.reshape(contracted(lhs, g, (axes, axes)), tuple(shape))
    return sum_to(_batched_product(lhs, g, -2), tuple(shape))


def _as_matrices(g: Staged, lhs_is_vector: bool, rhs_is_vector: bool) -> Staged:
    """The cotangent of a product with the axes of length 1 that its vectors had as matrices."""
    g = hlo.expand(g, [g.ndim]) if rhs_is_vector else g
    return hlo.expand(g, [g.ndim - 1]) if lhs_is_vector else g


def _batched_product(x: Staged, y: Staged, axis: int) -> Staged:
    """The product of matrices over that axis of both, for each element of the batch that they have together."""
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    x, y = (hlo.broadcast_to(v, (*batch, *v.shape[-2:])) for v in (x, y))
    axes = list(range(len(batch)))
    return contracted(x, y, ([x.ndim + axis], [y.ndim + axis]), (axes, axes))


def dot(a: Staged, b: Staged) -> Staged:
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b)
    axis = max(b.ndim - 2, 0)
    if a.shape[-1] != b.shape[axis]:
        raise ValueError(f"shapes {a.shape} and {b.shape} not aligned: {a.shape[-1]} != {b.shape[axis]}")
    return contracted(a, b, ([a.ndim - 1], [axis]))


def vdot(a: Staged, b: Staged) -> Staged:
    if a.size != b.size:
        raise ValueError(f"vdot: arrays of {a.size} and {b.size} elements do not fit")
    return contracted(np.conjugate(ravel(a)), ravel(b), ([0], [0]))


def inner(a: Staged, b: Staged) -> Staged:
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b)
    if a.shape[-1] != b.shape[-1]:
        raise ValueError(f"inner: shapes {a.shape} and {b.shape} not aligned: {a.shape[-1]} != {b.shape[-1]}")
    return contracted(a, b, ([a.ndim - 1], [b.ndim - 1]))


def outer(a: Staged, b: Staged) -> Staged:
    a, b = ravel(a), ravel(b)
    return np.multiply(hlo.reshape(a, (a.size, 1)), b)


def tensordot(a: Staged, b: Staged, axes: Any = 2) -> Staged:
    if isinstance(axes, int):
        of_a, of_b = list(range(a.ndim - axes, a.ndim)), list(range(axes))
    else:
        of_a, of_b = (axes_of(x, side) for x, side in zip((a, b), axes, strict=True))
    if [a.shape[i] for i in of_a] != [b.shape[i] for i in of_b]:
        raise ValueError(f"tensordot: shapes {a.shape} and {b.shape} do not fit along axes {axes}")
    return contracted(a, b, (of_a, of_b))


def kron(a: Staged, b: Staged) -> Staged:
    rank = max(a.ndim, b.ndim)
    of_a = (1,) * (rank - a.ndim) + a.shape
    of_b = (1,) * (rank - b.ndim) + b.shape
    left = hlo.reshape(a, [n for size in of_a for n in (size, 1)])
    right = hlo.reshape(b, [n for size in of_b for n in (1, size)])
    return hlo.reshape(np.multiply(left, right), [m * n for m, n in zip(of_a, of_b, strict=True)])


def cross(a: Staged, b: Staged, *, axis: int = -1) -> Staged:
    a, b = moveaxis(a, axis, -1), moveaxis(b, axis, -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ValueError(f"cross products need vectors of length 3, got shapes {a.shape} and {b.shape}")
    rolled = [np.roll(a, -1, -1) * np.roll(b, -2, -1), np.roll(a, -2, -1) * np.roll(b, -1, -1)]
    return moveaxis(np.subtract(*rolled), -1, axis)


# Einstein summation.


def einsum(subscripts: str, *operands: Staged) -> Staged:
    """Pairs of operands are contracted one after the other, in the order that NumPy's greedy search finds."""
    if not isinstance(subscripts, str):
        raise TypeError("np.einsum needs its subscripts as a string first, such as 'ij,jk->ik'")
    labels, result = split_subscripts(subscripts, [x.ndim for x in operands])
    _check_labels(labels, operands)
    terms = [_own_diagonal(x, part) for x, part in zip(hlo.promote(*operands), labels, strict=True)]
    for places in _order(terms, result):
        chosen = [terms[i] for i in places]
        terms = [t for i, t in enumerate(terms) if i not in places]
        kept = set(result).union(*[part for _, part in terms])
        terms.append(_combined(chosen, kept))
    array, part = terms[0]
    array, part = _summed(array, part, set(result))
    return hlo.transpose(array, [part.index(c) for c in result])


def _check_labels(labels: list[str], operands: Sequence[Staged]) -> None:
    sizes: dict[str, int] = {}
    for part, x in zip(labels, operands, strict=True):
        if len(part) != x.ndim:
            raise ValueError(f"einsum: {part!r} names {len(part)} axes of an operand of shape {x.shape}")
        for label, n in zip(part, x.shape, strict=True):
            if n != 1 and sizes.setdefault(label, n) != n:
                raise ValueError(f"einsum: label {label!r} has sizes {sizes[label]} and {n}")


def _own_diagonal(x: Staged, part: str) -> tuple[Staged, str]:
    """An operand that repeats a label, as its diagonal."""
    for label in dict.fromkeys(part):
        while part.count(label) > 1:
            first = part.index(label)
            second = part.index(label, first + 1)
            x = np.diagonal(x, 0, first, second)
            part = part[:first] + part[first + 1 : second] + part[second + 1 :] + label
    return x, part


def _order(terms: list[tuple[Staged, str]], result: str) -> list[tuple[int, ...]]:
    if len(terms) <= 2:
        return [tuple(range(len(terms)))]
    shapes = [np.broadcast_to(np.float64(0), x.shape) for x, _ in terms]
    path, _ = np.einsum_path(f"{','.join(part for _, part in terms)}->{result}", *shapes, optimize="greedy")
    return [tuple(step) for step in path[1:]]


def _combined(chosen: list[tuple[Staged, str]], kept: set[str]) -> tuple[Staged, str]:
    array, part = chosen[0]
    for other, other_part in chosen[1:]:
        array, part = _pair(array, part, other, other_part, kept)
    return array, part


def _pair(x: Staged, of_x: str, y: Staged, of_y: str, kept: set[str]) -> tuple[Staged, str]:
    """The product of two operands, summed over the labels that nothing else needs."""
    x, of_x = _summed(x, of_x, kept | set(of_y))
    y, of_y = _summed(y, of_y, kept | set(of_x))
    x, of_x, y, of_y = _without_stretched(x, of_x, y, of_y)
    shared = [c for c in of_x if c in of_y]
    batch, summed = [c for c in shared if c in kept], [c for c in shared if c not in kept]
    product = contracted(x, y, _places(summed, of_x, of_y), _places(batch, of_x, of_y))
    free = [c for part in (of_x, of_y) for c in part if c not in shared]
    return product, "".join([*batch, *free])


def _places(group: list[str], of_x: str, of_y: str) -> tuple[list[int], list[int]]:
    return [of_x.index(c) for c in group], [of_y.index(c) for c in group]


def _summed(x: Staged, part: str, kept: set[str]) -> tuple[Staged, str]:
    axes = [i for i, c in enumerate(part) if c not in kept]
    if not axes:
        return x, part
    summed = hlo.reduce(x, axes, "or" if x.dtype == dtypes.bool_ else "add")
    return summed, "".join(c for c in part if c in kept)


def _without_stretched(x: Staged, of_x: str, y: Staged, of_y: str) -> tuple[Staged, str, Staged, str]:
    """Where a shared label has size 1 on one side only, that side loses it: a product broadcasts."""
    sizes_x, sizes_y = dict(zip(of_x, x.shape, strict=True)), dict(zip(of_y, y.shape, strict=True))
    drop_x = [c for c in of_x if c in sizes_y and sizes_x[c] == 1 and sizes_y[c] != 1]
    drop_y = [c for c in of_y if c in sizes_x and sizes_y[c] == 1 and sizes_x[c] != 1]
    x = hlo.reshape(x, [n for c, n in sizes_x.items() if c not in drop_x])
    y = hlo.reshape(y, [n for c, n in sizes_y.items() if c not in drop_y])
    return x, "".join(c for c in of_x if c not in drop_x), y, "".join(c for c in of_y if c not in drop_y)
