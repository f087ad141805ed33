"""Sorting and searching. NaN sorts last and equal elements keep their order, as in NumPy's stable sort."""

import numpy as np

from s2s.runtime.helpers import scan as support
from s2s.runtime.primitives import sort_lowering as lowering
from s2s.runtime.primitives.table import general, nondifferentiable

general(
    "sort",
    "a, axis=-1, kind=None, order=None, *, stable=None",
    operands=("a",),
    functions=(np.sort,),
    lower=lowering.sort,
    vjp="""
        ranks = np.argsort(np.argsort(a, axis, kind='stable'), axis)
        a_bar = np.reshape(np.take_along_axis(out_bar, ranks, axis), np.shape(a))
    """,
    jvp={"a": "np.take_along_axis(a_dot, np.argsort(a, axis, kind='stable'), axis)"},
)

nondifferentiable(
    "argsort",
    "a, axis=-1, kind=None, order=None, *, stable=None",
    operands=("a",),
    functions=(np.argsort,),
    method="argsort",
    lower=lowering.argsort,
)

general(
    "partition",
    "a, kth, axis=-1, kind='introselect', order=None",
    operands=("a",),
    functions=(np.partition,),
    lower=lowering.partition,
    vjp="""
        places = np.argsort(np.argpartition(a, kth, axis), axis)
        a_bar = np.reshape(np.take_along_axis(out_bar, places, axis), np.shape(a))
    """,
    jvp={"a": "np.take_along_axis(a_dot, np.argpartition(a, kth, axis), axis)"},
)

nondifferentiable(
    "argpartition",
    "a, kth, axis=-1, kind='introselect', order=None",
    operands=("a",),
    functions=(np.argpartition,),
    method="argpartition",
    lower=lowering.argpartition,
)

nondifferentiable(
    "searchsorted",
    "a, v, side='left', sorter=None",
    operands=("a", "v", "sorter"),
    functions=(np.searchsorted,),
    method="searchsorted",
    lower=lowering.searchsorted,
)

nondifferentiable("lexsort", "keys, axis=-1", functions=(np.lexsort,), lower=lowering.lexsort)

general(
    "top_k",
    "x, k",
    operands=("x",),
    functions=(support.top_k,),
    lower=lowering.top_k,
    results=2,
    vjp="x_bar = take_along_axis_bar(out_bar[0], x, out[1], -1)",
    jvp={"x": "(np.take_along_axis(x_dot, out[1], -1), np.zeros_like(out[1]))"},
)

nondifferentiable(
    "unique",
    "ar",
    functions=(np.unique,),
    lower=lowering.unique,
    why_not="the shape of its result depends on the values",
)
