"""The functions that are written over others, as users, NumPy's protocol and the code generator find them.

The public function makes arrays of its arguments and calls the written one. NumPy's function of the same name, called
on our arrays, is the written one; so is what the code generator differentiates for either of them.
"""

import functools
import inspect
from collections.abc import Callable, Container, Iterable
from types import ModuleType
from typing import Any

import numpy as np

from s2s.numpy import (
    by_parts,
    calculus,
    conversion,
    linear_algebra,
    logic,
    manipulation,
    nan_reductions,
    products,
    statistics,
    writes,
)
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
    matrix_power multi_dot lstsq cond matrix_rank tensorsolve tensorinv vector_norm matrix_norm cross diagonal
    trace
"""
ARRAYS = frozenset(
    """
    a b m x y p v f A ary arr values args xi bins element test_elements a1 a2 x1 x2 weights fweights aweights xp fp left
    right prepend append to_end to_begin q arrays dx varargs operand operands lhs rhs array keys update pred on_true
    on_false which cases padding_value
    """.split()
)
SEQUENCES = ("arrays", "operands")
INDICES = frozenset("nanargmax nanargmin digitize bincount matrix_rank".split())
FLOATING = frozenset("average median quantile percentile cov corrcoef nanmean nanvar nanstd interp trapezoid".split())


def public(written: Callable[..., Any], module: str, floating: bool) -> Callable[..., Any]:
    """The function as users call it: its array arguments may be whatever can be an array, the first must be one.

    With `floating`, integers in the first are converted to float32.
    """
    first = conversion.inexact if floating else conversion.operand

    @functools.wraps(written)
    def function(*args: Any, **kwargs: Any) -> Any:
        signature = _signature(written)
        bound = signature.bind(*args, **kwargs)
        for position, (name, value) in enumerate(bound.arguments.items()):
            if name in ARRAYS:
                convert = first if position == 0 else conversion.optional
                bound.arguments[name] = _converted(signature.parameters[name], value, convert)
        result = written(*bound.args, **bound.kwargs)
        return conversion.as_index(result) if written.__name__ in INDICES else result

    function.__module__ = module
    return function


_signature = functools.cache(inspect.signature)  # asked for at first use: of all functions, it takes milliseconds


def _converted(parameter: inspect.Parameter, value: Any, convert: Callable[..., Any]) -> Any:
    if parameter.kind is parameter.VAR_POSITIONAL or parameter.name in SEQUENCES:
        return type(value)([conversion.optional(v) for v in value])
    return convert(value)


def register(written: Callable[..., Any], numpy_function: Callable[..., Any] | None, ours: Callable[..., Any]) -> None:
    """Says what stands for a NumPy function and for our public one."""
    numpy_protocol.COMPOSITIONS[ours] = written
    if numpy_function is not None:
        numpy_protocol.COMPOSITIONS[numpy_function] = written
        numpy_protocol.IMPLEMENTATIONS[numpy_function] = written


def made(
    source: ModuleType, names: Iterable[str], module: str, floating: Container[str], counterparts: Any = None
) -> dict[str, Callable[..., Any]]:
    """The public functions, for `module`, of those written in `source`; `counterparts` has NumPy's."""
    written = {name: getattr(source, name, None) or getattr(source, name + "_") for name in names}
    functions = {name: public(function, module, name in floating) for name, function in written.items()}
    for name, function in functions.items():
        register(written[name], getattr(counterparts, name, None), function)
    return functions


def register_plain() -> None:
    """NumPy's functions that are written in a line or two with others, for eager and staged calls."""
    numpy_protocol.IMPLEMENTATIONS[np.float_power] = lambda x, y: (x * 1.0) ** y
    numpy_protocol.IMPLEMENTATIONS[np.modf] = lambda x: (x - np.trunc(x), np.trunc(x))
    numpy_protocol.IMPLEMENTATIONS[np.block] = manipulation.block
    numpy_protocol.IMPLEMENTATIONS.update(writes.FUNCTIONS | by_parts.FUNCTIONS)


def make_all() -> dict[str, Callable[..., Any]]:
    """The public functions of `s2s.numpy`."""
    register_plain()
    parts = [made(source, names.split(), "s2s.numpy", FLOATING, np) for source, names in FUNCTIONS.items()]
    return {name: function for part in parts for name, function in part.items()}


def make_linalg() -> dict[str, Callable[..., Any]]:
    """The public functions of `s2s.numpy.linalg`."""
    return made(linear_algebra, LINALG.split(), "s2s.numpy.linalg", LINALG.split(), np.linalg)
