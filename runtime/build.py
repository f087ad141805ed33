"""MLIR operations built by name, with result types given, and their attributes kept.

Three times faster than the generated classes of the dialects, which infer types and convert attributes anew. The
context must be entered, and there is one per process, so that attributes can be kept for good.
"""

import functools
import keyword
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s.runtime import dtypes
from s2s.runtime.adapter import ir, stablehlo
from s2s.runtime.aval import Aval

_create = ir.Operation.create
_ELEMENTWISE = (
    "abs add and atan2 cbrt ceil cosine divide exponential exponential_minus_one floor imag is_finite log log_plus_one "
    "logistic maximum minimum multiply negate not or popcnt power real remainder round_nearest_even rsqrt shift_left "
    "shift_right_arithmetic shift_right_logical sign sine sqrt subtract tanh xor"
)


def _function(name: str) -> Callable[..., Any]:
    return getattr(stablehlo, f"{name}_" if keyword.iskeyword(name) else name)


# The dialect's functions of elementwise operations to the names of those.
ELEMENTWISE = {_function(name): f"stablehlo.{name}" for name in _ELEMENTWISE.split()}
_MOST_ATTRIBUTES = 4096
_NUMBERS = (bool, int, float)
_splats: dict[tuple[Any, ...], Any] = {}


def operation(name: str, aval: Aval, values: Sequence[Any], attributes: dict[str, Any] | None = None) -> Any:
    """The one result, described by `aval`, of an operation on MLIR values."""
    return _create(name, [dtypes.tensor_type(aval.shape, aval.dtype)], values, attributes).result


def elementwise(build: Callable[..., Any], aval: Aval, values: Sequence[Any]) -> Any:
    """The result of an elementwise operation, given by its function in the dialect."""
    name = ELEMENTWISE.get(build)
    return build(*values) if name is None else operation(name, aval, values)


def fill(aval: Aval, value: Any) -> Any:
    """A constant with the same value everywhere (XLA makes a broadcast of it: it takes no memory)."""
    kind = type(value)
    # As keys 0.0 and -0.0 are equal, so zeros are kept by how they print.
    key = (aval, kind, value or repr(value)) if kind in _NUMBERS else (aval, np.asarray(value, aval.dtype).tobytes())
    found = _splats.get(key)
    if found is None:
        if len(_splats) >= _MOST_ATTRIBUTES:
            _splats.clear()
        scalar, element = np.asarray(value, aval.dtype), dtypes.element_type(aval.dtype)
        found = ir.DenseElementsAttr.get(scalar, type=element, shape=aval.shape)  # type: ignore[call-overload]
        _splats[key] = found
    return operation("stablehlo.constant", aval, (), {"value": found})


@functools.lru_cache(_MOST_ATTRIBUTES)
def integers(values: tuple[int, ...]) -> Any:
    """The attribute of a list of axes or sizes."""
    return ir.DenseI64ArrayAttr.get(values)


@functools.lru_cache(_MOST_ATTRIBUTES)
def comparison(direction: str, kind: str) -> dict[str, Any]:
    """The attributes of a comparison."""
    return {
        "comparison_direction": stablehlo.ComparisonDirectionAttr.get(direction),
        "compare_type": stablehlo.ComparisonTypeAttr.get(kind),
    }


@functools.lru_cache(_MOST_ATTRIBUTES)
def dot_numbers(batch_x: tuple, batch_y: tuple, contract_x: tuple, contract_y: tuple) -> dict[str, Any]:
    """The attributes of a product."""
    numbers = stablehlo.DotDimensionNumbers.get(list(batch_x), list(batch_y), list(contract_x), list(contract_y))
    return {"dot_dimension_numbers": numbers}


def reduction(aval: Aval, value: Any, start: Any, axes: tuple[int, ...], combine: Callable[..., Any]) -> Any:
    """A reduction of one array by an elementwise operation of the dialect; `aval` describes the result."""
    kind, element = dtypes.tensor_type(aval.shape, aval.dtype), dtypes.tensor_type((), aval.dtype)
    op = _create("stablehlo.reduce", [kind], [value, start], {"dimensions": integers(axes)}, regions=1)
    block = op.regions[0].blocks.append(element, element)
    end = ir.InsertionPoint(block)
    combined = _create(ELEMENTWISE[combine], [element], block.arguments, ip=end)
    _create("stablehlo.return", [], [combined.result], ip=end)
    return op.results[0]
