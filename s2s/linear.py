"""linear_transpose: the transpose of a function that is linear, by reverse mode."""

from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.codegen import transform
from s2s.codegen.desugaring.call_arguments import parameters
from s2s.codegen.diagnostics import unsupported
from s2s.codegen.inference import kinds
from s2s.codegen.reading.source import function_source
from s2s.derivatives import Pullback, pullback_of
from s2s.runtime import tree
from s2s.transformed import signature_source


def linear_transpose(fun: Callable[..., Any], *primals: Any) -> Callable[[Any], tuple[Any, ...]]:
    """The transpose of `fun`, which is linear in all of its arguments together.

    Args:
        fun: a Python function over NumPy or s2s arrays.
        primals: arrays, or trees of them, of the shapes and dtypes of its arguments (`ShapeDtypeStruct`s will do);
            their values do not matter.

    Returns:
        A function of a cotangent of the result, that gives a tuple with one cotangent an argument.

    Raises:
        UnsupportedError: the derivative of `fun` depends on where it is taken, so that `fun` is not linear.
    """
    zeros = tuple(tree.map(lambda x: np.zeros(np.shape(x), getattr(x, "dtype", float)), p) for p in primals)
    pullback = pullback_of(fun, False).variant(len(zeros), ())
    _require_linear(pullback, pullback.bind(zeros, {}))
    transposed: Callable[[Any], tuple[Any, ...]] = pullback.call(zeros, {})[1]
    return transposed


def _require_linear(pullback: Pullback, bound: dict[str, Any]) -> None:
    """The backward half of a linear function reads shapes of what the forward half saved, but no values."""
    arguments = pullback.kinds_of(bound)
    result = pullback.result_for(arguments, bound)
    both = kinds.parts(transform.dependence(function_source(result.function), arguments))
    backward = function_source(result.namespace[result.backward])
    saved, bar = parameters(backward)
    out_bar = kinds.with_activity(both[0], False)
    if kinds.is_active(transform.dependence(backward, {saved: both[1], bar: out_bar})):
        source = signature_source(pullback.function)
        cause = f"{source.name}() is not linear in its arguments: its derivative depends on their values"
        raise unsupported(source, source.tree, cause, "use vjp, which takes the derivative at given arguments")
