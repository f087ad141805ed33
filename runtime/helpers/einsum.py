"""Helpers of emitted code: the cotangents of the operands of `np.einsum`."""

from typing import Any

import numpy as np

from s2s.runtime.helpers.reductions import Shape, sum_to
from s2s.runtime.helpers.trees import replaced


def einsum_bar(g: Any, subscripts: str, i: int, *operands: Any) -> Any:
    """The cotangent of operand `i` of `np.einsum(subscripts, *operands)`; `operands[i]` is its shape.

    It is the einsum in which `g` takes the place of operand `i`, so each of its labels that nothing else has is
    broadcast, and one that it repeats is put on the diagonal.
    """
    shape: Shape = tuple(operands[i])
    ranks = [len(shape) if k == i else np.ndim(x) for k, x in enumerate(operands)]
    labels, result = split_subscripts(subscripts, ranks)
    own, others = labels[i], [part for k, part in enumerate(labels) if k != i]
    if len(set(own)) != len(own):
        return _on_diagonal(g, i, operands, labels, result)
    known = [c for c in own if c in result or any(c in part for part in others)]
    given = [x for k, x in enumerate(operands) if k != i]
    found = np.einsum(f"{','.join([result, *others])}->{''.join(known)}", g, *given)
    return _broadcast_labels(found, known, own, shape)


def _broadcast_labels(found: Any, known: list[str], own: str, shape: Shape) -> Any:
    """`found`, whose axes are `known`, with the missing labels of `own` broadcast, and stretched axes summed."""
    have = dict(zip(known, np.shape(found), strict=True))
    found = np.reshape(found, tuple(have.get(c, 1) for c in own))
    found = sum_to(found, tuple(n if c in have else 1 for c, n in zip(own, shape, strict=True)))
    return np.broadcast_to(found, shape) if len(known) != len(own) else found


def _on_diagonal(g: Any, i: int, operands: Any, labels: list[str], result: str) -> Any:
    """`einsum_bar` for an operand that repeats a label, as in `ii->i`: spread by the masks of its diagonals."""
    own, shape = labels[i], tuple(operands[i])
    fresh, masks = list(own), []
    for place, label in enumerate(own):
        first = own.index(label)
        if first != place:
            fresh[place] = _unused(labels, fresh, result)
            masks.append((own[first] + fresh[place], np.eye(shape[place])))
    parts = [*labels[:i], "".join(fresh), *labels[i + 1 :], *(text for text, _ in masks)]
    values = [*operands, *(np.ones_like(g, shape=()) * mask for _, mask in masks)]
    return einsum_bar(g, f"{','.join(parts)}->{result}", i, *values)


def _unused(labels: list[str], fresh: list[str], result: str) -> str:
    taken = set("".join(labels)) | set(fresh) | set(result)
    return next(c for c in _LETTERS if c not in taken)


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def split_subscripts(subscripts: str, ranks: list[int]) -> tuple[list[str], str]:
    """The labels of every operand and of the result; `...` and the implicit result are written out."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    parts = left.split(",")
    extra = max(n - len(p.replace("...", "")) for p, n in zip(parts, ranks, strict=True))
    dots = [c for c in _LETTERS if c not in subscripts][:extra] if "..." in left else []
    labels = [_without_dots(p, dots, n) for p, n in zip(parts, ranks, strict=True)]
    if arrow:
        return labels, right.replace("...", "".join(dots))
    plain = left.replace(",", "").replace("...", "")
    return labels, "".join(dots) + "".join(sorted(c for c in set(plain) if plain.count(c) == 1))


def _without_dots(part: str, dots: list[str], rank: int) -> str:
    count = rank - len(part.replace("...", ""))
    return part.replace("...", "".join(dots[len(dots) - count :]))


def einsum_bar_subscripts(subscripts: str, i: int) -> str | None:
    """The subscripts of the einsum of (`g`, the other operands) that is the cotangent of operand `i`.

    None where no plain einsum is (a repeated or a summed label of its own, `...`).
    """
    if "." in subscripts:
        return None
    parts = subscripts.replace(" ", "").partition("->")[0].split(",")
    labels, result = split_subscripts(subscripts, [len(p) for p in parts])
    own, others = labels[i], [part for k, part in enumerate(labels) if k != i]
    if len(set(own)) != len(own) or not set(own) <= set("".join([result, *others])):
        return None
    return f"{','.join([result, *others])}->{own}"


__all__ = ["einsum_bar", "einsum_bar_subscripts", "replaced", "split_subscripts"]
