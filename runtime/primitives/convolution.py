"""Convolution. The cotangents of its factors are convolutions too, so they differentiate among themselves."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2s.runtime import dtypes, hlo
from s2s.runtime.adapter import ir, stablehlo
from s2s.runtime.helpers import convolution
from s2s.runtime.primitives.table import general
from s2s.runtime.staging import Staged


def _built(
    lhs: Staged,
    rhs: Staged,
    strides: Sequence[int],
    pads: Sequence[tuple[int, int]],
    lhs_dilation: Sequence[int],
    rhs_dilation: Sequence[int],
    groups: int,
    batch_groups: int,
) -> Staged:
    """A convolution of `[batch, feature, ...]` with a kernel `[out, in, ...]`."""
    lhs, rhs = hlo.promote(lhs, rhs)
    axes = list(range(2, lhs.ndim))
    numbers = stablehlo.ConvDimensionNumbers.get(0, 1, axes, 1, 0, axes, 0, 1, axes)
    sizes = zip(lhs.shape[2:], rhs.shape[2:], strides, pads, lhs_dilation, rhs_dilation, strict=True)
    spatial = [_length((n - 1) * d + 1 + low + high, (k - 1) * e + 1, s) for n, k, s, (low, high), d, e in sizes]
    aval = hlo.Aval((lhs.shape[0] // batch_groups, rhs.shape[0], *spatial), lhs.dtype)
    value = stablehlo.convolution(
        dtypes.tensor_type(aval.shape, aval.dtype),
        lhs.value,
        rhs.value,
        numbers,
        groups,
        batch_groups,
        window_strides=list(strides),
        padding=ir.DenseIntElementsAttr.get(np.asarray(pads, np.int64).reshape(len(axes), 2)),
        lhs_dilation=list(lhs_dilation),
        rhs_dilation=list(rhs_dilation),
    )
    return hlo.staging.like(value, aval)


def _length(extent: int, window: int, stride: int) -> int:
    return max(0, (extent - window) // stride + 1)


def _static(
    window_strides: Any,
    padding: Any,
    lhs_dilation: Any = None,
    rhs_dilation: Any = None,
    dimension_numbers: Any = None,
    feature_group_count: int = 1,
) -> tuple[Any, ...]:
    return window_strides, padding, lhs_dilation, rhs_dilation, dimension_numbers, feature_group_count


def _build(lhs: Staged, rhs: Staged, **static: Any) -> Staged:
    return convolution.convolved(_built, lhs, rhs, *_static(**static))


def _build_lhs_bar(g: Staged, rhs: Staged, shape: Any, **static: Any) -> Staged:
    return convolution.convolved_lhs_bar(_built, g, shape, rhs, *_static(**static))


def _build_rhs_bar(g: Staged, lhs: Staged, shape: Any, **static: Any) -> Staged:
    return convolution.convolved_rhs_bar(_built, g, lhs, shape, *_static(**static))


_PARAMETERS = (
    "window_strides, padding, lhs_dilation=None, rhs_dilation=None, dimension_numbers=None, feature_group_count=1"
)
_GIVEN = "window_strides, padding, lhs_dilation, rhs_dilation, dimension_numbers, feature_group_count"

general(
    "conv_general_dilated",
    f"lhs, rhs, {_PARAMETERS}",
    lower=_build,
    operands=("lhs", "rhs"),
    functions=(convolution.conv_general_dilated,),
    vjp=f"""
        lhs_bar = conv_lhs_bar(out_bar, np.shape(lhs), rhs, {_GIVEN})
        rhs_bar = conv_rhs_bar(out_bar, lhs, np.shape(rhs), {_GIVEN})
    """,
    jvp={
        "lhs": f"conv_general_dilated(lhs_dot, rhs, {_GIVEN})",
        "rhs": f"conv_general_dilated(lhs, rhs_dot, {_GIVEN})",
    },
)
general(
    "conv_lhs_bar",
    f"g, shape, rhs, {_PARAMETERS}",
    lower=_build_lhs_bar,
    operands=("g", "rhs"),
    functions=(convolution.conv_lhs_bar,),
    vjp=f"""
        g_bar = conv_general_dilated(out_bar, rhs, {_GIVEN})
        rhs_bar = conv_rhs_bar(g, out_bar, np.shape(rhs), {_GIVEN})
    """,
    jvp={"g": f"conv_lhs_bar(g_dot, shape, rhs, {_GIVEN})", "rhs": f"conv_lhs_bar(g, shape, rhs_dot, {_GIVEN})"},
)
general(
    "conv_rhs_bar",
    f"g, lhs, shape, {_PARAMETERS}",
    lower=_build_rhs_bar,
    operands=("g", "lhs"),
    functions=(convolution.conv_rhs_bar,),
    vjp=f"""
        g_bar = conv_general_dilated(lhs, out_bar, {_GIVEN})
        lhs_bar = conv_lhs_bar(g, np.shape(lhs), out_bar, {_GIVEN})
    """,
    jvp={"g": f"conv_rhs_bar(g_dot, lhs, shape, {_GIVEN})", "lhs": f"conv_rhs_bar(g, lhs_dot, shape, {_GIVEN})"},
)
