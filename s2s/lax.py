"""The operations under `s2s.numpy`, with the names and signatures of `jax.lax`.

Shapes, axes and sizes are Python values. Where the peer asks for operands of one dtype, operands are promoted here.
"""

from typing import Any

import numpy as np

import s2s.numpy as snp
from s2s import lax_functions, lax_shapes
from s2s.lax_control import associative_scan, cond, fori_loop, map, scan, switch, while_loop
from s2s.numpy import compositions, conversion, missing, wrappers
from s2s.runtime import collectives, support
from s2s.runtime.helpers import scan as support_scan
from s2s.runtime.primitives import table

# Names of primitives here to those of the functions of `s2s.numpy`.
_NUMPY = {
    "abs": "absolute",
    "acos": "arccos",
    "acosh": "arccosh",
    "add": "add",
    "asin": "arcsin",
    "asinh": "arcsinh",
    "atan": "arctan",
    "atan2": "arctan2",
    "atanh": "arctanh",
    "bitwise_and": "bitwise_and",
    "bitwise_not": "invert",
    "bitwise_or": "bitwise_or",
    "bitwise_xor": "bitwise_xor",
    "broadcast_shapes": "broadcast_shapes",
    "cbrt": "cbrt",
    "ceil": "ceil",
    "conj": "conjugate",
    "cos": "cos",
    "cosh": "cosh",
    "eq": "equal",
    "exp": "exp",
    "exp2": "exp2",
    "expm1": "expm1",
    "floor": "floor",
    "full": "full",
    "full_like": "full_like",
    "ge": "greater_equal",
    "gt": "greater",
    "imag": "imag",
    "is_finite": "isfinite",
    "le": "less_equal",
    "log": "log",
    "log1p": "log1p",
    "lt": "less",
    "max": "maximum",
    "min": "minimum",
    "mul": "multiply",
    "ne": "not_equal",
    "neg": "negative",
    "nextafter": "nextafter",
    "pow": "power",
    "real": "real",
    "reciprocal": "reciprocal",
    "rem": "fmod",
    "shift_left": "left_shift",
    "shift_right_arithmetic": "right_shift",
    "sign": "sign",
    "sin": "sin",
    "sinh": "sinh",
    "sqrt": "sqrt",
    "square": "square",
    "stack": "stack",
    "sub": "subtract",
    "tan": "tan",
    "tanh": "tanh",
    "tile": "tile",
    "unstack": "unstack",
}
globals().update({name: getattr(snp, numpy_name) for name, numpy_name in _NUMPY.items()})

_FUNCTIONS = """
    rsqrt clamp integer_pow div population_count select select_n reduce_sum reduce_prod reduce_max reduce_min reduce_and
    reduce_or cumsum cumprod cummax cummin cumlogsumexp dot dot_general batch_matmul sort sort_key_val argmax argmin
""".split()
_SHAPES = """
    broadcast broadcast_in_dim broadcast_to_rank reshape collapse expand_dims squeeze transpose rev concatenate pad
    slice slice_in_dim index_in_dim dynamic_slice dynamic_update_slice dynamic_slice_in_dim dynamic_index_in_dim
    dynamic_update_slice_in_dim dynamic_update_index_in_dim split
""".split()
globals().update(compositions.made(lax_functions, _FUNCTIONS, "s2s.lax", {"rsqrt"}))
globals().update(compositions.made(lax_shapes, _SHAPES, "s2s.lax", ()))

# Collectives over a named batch axis, for `s2s.vmap(f, axis_name=...)`.
_COLLECTIVES = "psum pmean pmax pmin all_gather ppermute all_to_all axis_index axis_size".split()
globals().update({name: getattr(collectives, name) for name in _COLLECTIVES})

# Functions that NumPy does not have.
_SPECIAL = {
    "digamma": support.digamma,
    "erf": support.erf,
    "erf_inv": support.erfinv,
    "erfc": support.erfc,
    "lgamma": support.gammaln,
    "logistic": support.expit,
}


def _special(name: str, helper: Any) -> Any:
    def function(x: Any) -> Any:
        return helper(conversion.inexact(x))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = helper.__doc__
    table.recognise(function, table.lookup(helper).name)  # type: ignore[union-attr]
    return function


globals().update({name: _special(name, helper) for name, helper in _SPECIAL.items()})

_SIGNATURES: dict[str, str | None] = {
    "conv_general_dilated": "lhs, rhs, window_strides, padding, lhs_dilation=None, rhs_dilation=None, "
    "dimension_numbers=None, feature_group_count=1, batch_group_count=1, precision=None, preferred_element_type=None"
}
globals().update(wrappers.made(_SIGNATURES, "s2s.lax"))


def conv(lhs: Any, rhs: Any, window_strides: Any, padding: Any) -> Any:
    """Correlation of [batch, in, ...] with the kernel [out, in, ...]."""
    return conversion.call("conv_general_dilated", *conversion.operands(lhs, rhs), window_strides, padding)


def convert_element_type(operand: Any, new_dtype: Any) -> Any:
    """`operand` converted to a dtype."""
    return conversion.call("astype", conversion.operand(operand), conversion.as_dtype(new_dtype))


def stop_gradient(x: Any) -> Any:
    """`x`, treated as a constant by every derivative. Any pytree of arrays."""
    return support.stop_gradient(x)


def top_k(operand: Any, k: int) -> Any:
    """The k largest elements along the last axis, in descending order, and their indices (int32)."""
    return support_scan.top_k(conversion.operand(operand), k)


def complex(x: Any, y: Any) -> Any:
    """x + i y."""
    return conversion.inexact(x) + 1j * conversion.inexact(y)


def round(x: Any, rounding_method: int = 0) -> Any:
    """The nearest integers; halves are rounded away from zero (0) or to even (1)."""
    x = conversion.inexact(x)
    return conversion.call("rint", x) if int(rounding_method) == 1 else lax_functions.round_half_away(x)


def iota(dtype: Any, size: int) -> Any:
    """0, 1, ..., size - 1."""
    return snp.arange(size, dtype=dtype)


def broadcasted_iota(dtype: Any, shape: Any, dimension: int) -> Any:
    """The index along one axis, in an array of that shape."""
    along = np.reshape(np.arange(shape[dimension]), [-1 if i == dimension else 1 for i in range(len(shape))])
    return snp.array(np.broadcast_to(along, shape), dtype=dtype)


table.recognise(conv, "conv_general_dilated")
table.recognise(convert_element_type, "astype")
table.recognise(stop_gradient, "stop_gradient")
table.recognise(top_k, "top_k")

__all__ = [*_COLLECTIVES, *_NUMPY, *_FUNCTIONS, *_SHAPES, *_SPECIAL, *_SIGNATURES]  # noqa: PLE0604
__all__ += ["broadcasted_iota", "complex", "conv", "convert_element_type", "iota", "round", "stop_gradient", "top_k"]
__all__ += ["associative_scan", "cond", "fori_loop", "map", "scan", "switch", "while_loop"]


def __getattr__(name: str) -> Any:
    raise missing.attribute("s2s.lax", name)
