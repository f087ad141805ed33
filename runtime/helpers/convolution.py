"""Convolution and the cotangents of its factors, for any layout, stride, dilation and number of groups.

As in `jax.lax.conv_general_dilated`, nothing is flipped: it is a correlation. The three functions are the derivatives
of one trilinear form, so each is a convolution of the other two factors. Inside, arrays are in the layout
(batch, feature, ...) and kernels in (out, in, ...).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s.runtime.helpers.indexing import call

Shape = tuple[int, ...]
Pads = list[tuple[int, int]]
Raw = Callable[..., Any]


def conv_general_dilated(
    lhs: Any,
    rhs: Any,
    window_strides: Sequence[int],
    padding: Any,
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Any = None,
    feature_group_count: int = 1,
) -> Any:
    """Correlation of `lhs` with the kernel `rhs`.

    Args:
        lhs: `[batch, in, ...]`, or as `dimension_numbers` says.
        rhs: `[out, in / feature_group_count, ...]`.
        window_strides: one for each spatial axis.
        padding: "SAME", "VALID", or a pair (before, after) for each spatial axis.
        lhs_dilation, rhs_dilation: distance between neighbouring elements, one for each spatial axis.
        dimension_numbers: layouts of lhs, rhs and result, such as `("NHWC", "HWIO", "NHWC")`.
        feature_group_count: number of groups of features that do not mix.

    Raises:
        ValueError: ranks, strides or padding do not fit.
    """
    static = (window_strides, padding, lhs_dilation, rhs_dilation, dimension_numbers, feature_group_count)
    result = call(conv_general_dilated, lhs, rhs, *static)
    return convolved(numpy_convolution, lhs, rhs, *static) if result is NotImplemented else result


def conv_lhs_bar(
    g: Any,
    shape: Shape,
    rhs: Any,
    window_strides: Sequence[int],
    padding: Any,
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Any = None,
    feature_group_count: int = 1,
) -> Any:
    """The cotangent of `lhs`, of shape `shape`, in `conv_general_dilated(lhs, rhs, ...)`."""
    static = (window_strides, padding, lhs_dilation, rhs_dilation, dimension_numbers, feature_group_count)
    result = call(conv_lhs_bar, g, shape, rhs, *static)
    return convolved_lhs_bar(numpy_convolution, g, shape, rhs, *static) if result is NotImplemented else result


def conv_rhs_bar(
    g: Any,
    lhs: Any,
    shape: Shape,
    window_strides: Sequence[int],
    padding: Any,
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Any = None,
    feature_group_count: int = 1,
) -> Any:
    """The cotangent of `rhs`, of shape `shape`, in `conv_general_dilated(lhs, rhs, ...)`."""
    static = (window_strides, padding, lhs_dilation, rhs_dilation, dimension_numbers, feature_group_count)
    result = call(conv_rhs_bar, g, lhs, shape, *static)
    return convolved_rhs_bar(numpy_convolution, g, lhs, shape, *static) if result is NotImplemented else result


# The same three over a function `raw(lhs, rhs, strides, pads, lhs_dilation, rhs_dilation, groups, batch_groups)` that
# knows one layout.


def convolved(raw: Raw, lhs: Any, rhs: Any, strides: Any, padding: Any, *rest: Any) -> Any:
    window = _Window(np.shape(lhs), np.shape(rhs), strides, padding, *rest)
    out = raw(
        np.transpose(lhs, window.lhs_axes),
        np.transpose(rhs, window.rhs_axes),
        window.strides,
        window.pads,
        window.lhs_dilation,
        window.rhs_dilation,
        window.groups,
        1,
    )
    return np.transpose(out, _inverse(window.out_axes))


def convolved_lhs_bar(raw: Raw, g: Any, shape: Shape, rhs: Any, strides: Any, padding: Any, *rest: Any) -> Any:
    window = _Window(shape, np.shape(rhs), strides, padding, *rest)
    out_bar = np.transpose(g, window.out_axes)
    kernel = _swapped_features(np.transpose(rhs, window.rhs_axes), window.groups)
    spatial = tuple(range(2, len(shape)))
    sizes = zip(
        window.lhs_extent(), window.rhs_extent(), window.out_extent(np.shape(out_bar)), window.pads, strict=True
    )
    pads = [(k - low - 1, n + low - out) for n, k, out, (low, _) in sizes]
    flipped = np.flip(kernel, spatial)
    result = raw(out_bar, flipped, window.lhs_dilation, pads, window.strides, window.rhs_dilation, window.groups, 1)
    return np.transpose(result, _inverse(window.lhs_axes))


def convolved_rhs_bar(raw: Raw, g: Any, lhs: Any, shape: Shape, strides: Any, padding: Any, *rest: Any) -> Any:
    window = _Window(np.shape(lhs), shape, strides, padding, *rest)
    out_bar = np.swapaxes(np.transpose(g, window.out_axes), 0, 1)
    features_first = np.swapaxes(np.transpose(lhs, window.lhs_axes), 0, 1)
    outs = window.out_extent(np.shape(out_bar))
    sizes = zip(window.lhs_extent(), window.rhs_extent(), outs, window.pads, strict=True)
    pads = [(low, out - n + k - low - 1) for n, k, out, (low, _) in sizes]
    result = raw(
        features_first, out_bar, window.rhs_dilation, pads, window.lhs_dilation, window.strides, 1, window.groups
    )
    return np.transpose(np.swapaxes(result, 0, 1), _inverse(window.rhs_axes))


def _swapped_features(kernel: Any, groups: int) -> Any:
    """A kernel `[out, in / groups, ...]` as `[in, out / groups, ...]`."""
    out, inner, *sizes = np.shape(kernel)
    split = np.reshape(kernel, (groups, out // groups, inner, *sizes))
    return np.reshape(np.swapaxes(split, 1, 2), (groups * inner, out // groups, *sizes))


def _inverse(axes: Sequence[int]) -> Shape:
    return tuple(int(i) for i in np.argsort(axes))


class _Window:
    """The static parameters of a convolution in normal form."""

    def __init__(
        self,
        lhs_shape: Shape,
        rhs_shape: Shape,
        strides: Sequence[int],
        padding: Any,
        lhs_dilation: Sequence[int] | None,
        rhs_dilation: Sequence[int] | None,
        dimension_numbers: Any,
        groups: int,
    ) -> None:
        rank = len(lhs_shape)
        if len(rhs_shape) != rank or len(strides) != rank - 2:
            raise ValueError(f"convolution of {lhs_shape} with {rhs_shape} and window_strides {tuple(strides)}")
        self.lhs_axes, self.rhs_axes, self.out_axes = layouts(dimension_numbers, rank)
        self.lhs = [lhs_shape[i] for i in self.lhs_axes]
        self.rhs = [rhs_shape[i] for i in self.rhs_axes]
        self.groups = groups
        if self.lhs[1] != self.rhs[1] * groups or self.rhs[0] % groups:
            raise ValueError(f"a kernel of shape {rhs_shape} does not fit {self.lhs[1]} features in {groups} groups")
        self.strides = list(strides)
        self.lhs_dilation = [1] * (rank - 2) if lhs_dilation is None else list(lhs_dilation)
        self.rhs_dilation = [1] * (rank - 2) if rhs_dilation is None else list(rhs_dilation)
        self.pads = self._pads(padding)

    def _pads(self, padding: Any) -> Pads:
        if not isinstance(padding, str):
            return [(int(low), int(high)) for low, high in padding]
        if padding.upper() == "VALID":
            return [(0, 0)] * len(self.strides)
        if padding.upper() not in ("SAME", "SAME_LOWER") or any(d != 1 for d in self.lhs_dilation):
            raise ValueError(
                f"padding {padding!r} is not known here; give a pair (before, after) for each spatial axis"
            )
        pads = []
        for n, k, stride in zip(self.lhs[2:], self.rhs_extent(), self.strides, strict=True):
            total = max((math.ceil(n / stride) - 1) * stride + k - n, 0)
            low = total // 2 if padding.upper() == "SAME" else total - total // 2
            pads.append((low, total - low))
        return pads

    def lhs_extent(self) -> list[int]:
        """Spatial sizes with dilation."""
        return _extent(self.lhs[2:], self.lhs_dilation)

    def rhs_extent(self) -> list[int]:
        return _extent(self.rhs[2:], self.rhs_dilation)

    def out_extent(self, shape: Shape) -> list[int]:
        return _extent(shape[2:], self.strides)


def _extent(sizes: Sequence[int], dilation: Sequence[int]) -> list[int]:
    return [(n - 1) * d + 1 if n else 0 for n, d in zip(sizes, dilation, strict=True)]


def layouts(dimension_numbers: Any, rank: int) -> tuple[Shape, Shape, Shape]:
    """For lhs, rhs and result, the axes in the order (batch, feature, ...) or (out, in, ...)."""
    if dimension_numbers is None:
        return (tuple(range(rank)),) * 3
    first, kernel, result = dimension_numbers
    if not isinstance(first, str):
        return tuple(first), tuple(kernel), tuple(result)
    spatial = [c for c in kernel if c not in "OI"]
    if len({len(first), len(kernel), len(result), rank}) != 1:
        raise ValueError(f"dimension_numbers {tuple(dimension_numbers)} do not fit arrays of rank {rank}")
    orders = ((first, "NC"), (kernel, "OI"), (result, "NC"))
    lhs, rhs, out = (tuple(text.index(c) for c in [*pair, *spatial]) for text, pair in orders)
    return lhs, rhs, out


def numpy_convolution(
    lhs: Any,
    rhs: Any,
    strides: Sequence[int],
    pads: Pads,
    lhs_dilation: Sequence[int],
    rhs_dilation: Sequence[int],
    groups: int,
    batch_groups: int,
) -> Any:
    """By windows of the padded input and one einsum for each group."""
    lhs, rhs = np.asarray(lhs), np.asarray(rhs)
    x, kernel = _padded(_dilated(lhs, lhs_dilation), pads), _dilated(rhs, rhs_dilation)
    spatial = tuple(range(2, x.ndim))
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[2:], spatial)  # type: ignore[call-overload]
    windows = windows[(slice(None), slice(None), *[slice(None, None, s) for s in strides])]
    inputs = np.split(windows, groups, 1) if batch_groups == 1 else np.split(windows, batch_groups, 0)
    kernels = np.split(kernel, max(groups, batch_groups), 0)
    over = [1, *range(x.ndim, 2 * x.ndim - 2)]
    parts = [np.tensordot(w, k, (over, [1, *spatial])) for w, k in zip(inputs, kernels, strict=True)]
    return np.moveaxis(np.concatenate(parts, -1), -1, 1)


def _dilated(x: np.ndarray, dilation: Sequence[int]) -> np.ndarray:
    wide = np.zeros((*x.shape[:2], *_extent(x.shape[2:], dilation)), x.dtype)
    wide[(slice(None), slice(None), *[slice(None, None, d) for d in dilation])] = x
    return wide


def _padded(x: np.ndarray, pads: Pads) -> np.ndarray:
    """Negative widths cut off."""
    x = np.pad(x, [(0, 0), (0, 0), *[(max(low, 0), max(high, 0)) for low, high in pads]])
    kept = [slice(max(-low, 0), n - max(-high, 0)) for n, (low, high) in zip(x.shape[2:], pads, strict=True)]
    return x[(slice(None), slice(None), *kept)]
