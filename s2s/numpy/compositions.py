"""The functions that are written over others, as users, NumPy's protocol and the code generator find them.

The public function makes arrays of its arguments and calls the written one. NumPy's function of the same name, called on
our arrays, is the written one; so is what the code generator differentiates for either of them.
"""

import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from s2s.numpy import calculus, conversion, linear_algebra, logic, manipulation, nan_reductions, products, statistics
from s2s.runtime import numpy_protocol

# Module to its public functions; the arguments named in ARRAYS become arrays, the others stay as they are.
FUNCTIONS: dict[ModuleType, str] = {
    statistics: "average median quantile percentile cov corrcoef",
    nan_reductions: """
        nansum nanprod nanmax nanmin nanmean nanvar nanstd nanargmax nanargmin nancumsum nancumprod
    """,
    calculus: """
        diff ediff1d gradient trapezoid interp polyval polyadd polysub polymul polyder vander convolve correlate
    """,
    manipulation: """
        hsplit vsplit dsplit unstack rollaxis diagflat broadcast_arrays meshgrid ix_ resize insert delete
    """,
    products: "vecdot matvec vecmat",
    logic: "array_equiv isin digitize bincount histogram histogram_bin_edges",
}
LINALG = """
    matrix_power multi_dot pinv lstsq cond matrix_rank tensorsolve tensorinv vector_norm matrix_norm cross diagonal trace
"""
ARRAYS = frozenset(
    """
    a b m x y p v f A ary arr values args xi bins element test_elements a1 a2 x1 x2 weights fweights aweights xp fp left
    right prepend append to_end to_begin q arrays dx varargs
    """.split()
)
FLOATING = frozenset("average median quantile percentile cov corrcoef nanmean nanvar nanstd interp trapezoid".split())


def public(written: Callable[..., Any], module: str = "s2s.numpy") -> Callable[..., Any]:
    """The function as users call it: its array arguments may be whatever can be an array."""
    signature = inspect.signature(written)
    first = conversion.inexact if written.__name__ in FLOATING else conversion.operand

    @functools.wraps(written)
    def function(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        main = next(iter(bound.arguments))
        for name, value in bound.arguments.items():
            if name in ARRAYS:
                bound.arguments[name] = _converted(signature.parameters[name], value, first if name == main else None)
        return written(*bound.args, **bound.kwargs)

    function.__module__ = module
    return function


def _converted(parameter: inspect.Parameter, value: Any, convert: Callable[..., Any] | None) -> Any:
    if parameter.kind is parameter.VAR_POSITIONAL or parameter.name == "arrays":
        return type(value)([conversion.optional(v) for v in value])
    return conversion.optional(value) if convert is None else convert(value)


def register(written: Callable[..., Any], numpy_function: Callable[..., Any] | None, ours: Callable[..., Any]) -> None:
    """Says what stands for a NumPy function and for our public one."""
    numpy_protocol.COMPOSITIONS[ours] = written
    if numpy_function is not None:
        numpy_protocol.COMPOSITIONS[numpy_function] = written
        numpy_protocol.IMPLEMENTATIONS[numpy_function] = written


def make_all() -> dict[str, Callable[..., Any]]:
    """The public functions of `s2s.numpy`."""
    return _made([getattr(module, name) for module, names in FUNCTIONS.items() for name in names.split()], np)


def make_linalg() -> dict[str, Callable[..., Any]]:
    """The public functions of `s2s.numpy.linalg`."""
    return _made([getattr(linear_algebra, name) for name in LINALG.split()], np.linalg, "s2s.numpy.linalg")


def _made(written: list[Callable[..., Any]], numpy_module: ModuleType, name: str = "s2s.numpy") -> dict[str, Any]:
    made = {}
    for function in written:
        made[function.__name__] = public(function, name)
        register(function, getattr(numpy_module, function.__name__, None), made[function.__name__])
    return made
