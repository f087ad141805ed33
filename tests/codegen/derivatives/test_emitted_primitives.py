"""Every primitive with a derivative, through emitted source: both modes and second order, against differences."""

import copy
from typing import Any

import numpy as np
import pytest

from s2s.codegen.diagnostics import UnsupportedError
from s2s.codegen.reading.source import function_from_string
from s2s.runtime.primitives.table import PRIMITIVES, Primitive
from tests.codegen.derivative_checks import check_forward, check_reverse, check_second, is_float, leaves
from tests.runtime.primitive_checks import active_operands, bind, is_active
from tests.runtime.primitive_samples import SAMPLES

CASES = [
    (name, i)
    for name, calls in SAMPLES.items()
    for i in range(len(calls))
    if name in PRIMITIVES and PRIMITIVES[name].category != "nondifferentiable" and PRIMITIVES[name].functions
    if name not in ("put", "put_add")  # write their operand: emitted only where nothing else refers to it
]
CASES.remove(("cast_dot", 1))  # a cast to integers, which is refused
PLAIN = (int, float, str, bool, type(None))


def parameter_at(primitive: Primitive, place: int) -> str:
    names = primitive.parameters
    return names[place].lstrip("*") if place < len(names) else names[-1].lstrip("*")


def program(name: str, case: int) -> tuple[Any, tuple[Any, ...]] | None:
    """A function of the differentiated operands of a sample call, and their values; None if there are none."""
    primitive = PRIMITIVES[name]
    args, kwargs = copy.deepcopy(SAMPLES[name][case])
    active = active_operands(primitive, bind(primitive, args, kwargs))
    values: dict[str, Any] = {}
    names: dict[str, Any] = {"function": primitive.functions[0], "np": np}
    parts = [_part(i, x, parameter_at(primitive, i) in active, values, names) for i, x in enumerate(args)]
    parts += [f"{k}={_part(k, x, k in active, values, names)}" for k, x in kwargs.items()]
    if not values:
        return None
    call = f"{parts[0]}[{parts[1]}]" if name == "getitem" else f"function({', '.join(parts)})"
    text = f"def f({', '.join(values)}):\n    return {call}"
    return function_from_string(text, names), tuple(values.values())


def _part(place: Any, x: Any, active: bool, values: dict[str, Any], names: dict[str, Any]) -> str:
    """The text of an argument: a parameter, a literal or a global."""
    if active and is_active(x) and not (isinstance(x, list) and not all(map(is_active, x))):
        values[f"x{place}"] = x
        return f"x{place}"
    if isinstance(x, PLAIN) or (isinstance(x, tuple) and all(isinstance(v, PLAIN) for v in x)):
        return repr(x)
    names[f"c{place}"] = x
    return f"c{place}"


def float_dtypes(function: Any, args: tuple[Any, ...]) -> set[Any]:
    """The floating-point dtypes of the results."""
    return {np.asarray(leaf).dtype for leaf in leaves(function(*copy.deepcopy(args))) if is_float(leaf)}


def checked(name: str, case: int) -> tuple[Any, tuple[Any, ...]]:
    made = program(name, case)
    if made is None or float_dtypes(*made) != {np.dtype(np.float64)}:
        pytest.skip("nothing to differentiate in float64")
    return made


@pytest.mark.parametrize(("name", "case"), CASES)
def test_forward_and_reverse(name: str, case: int) -> None:
    function, args = checked(name, case)
    with np.errstate(all="ignore"):
        check_forward(function, args, 2e-5)
        check_reverse(function, args, 2e-5)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_second_order(name: str, case: int) -> None:
    function, args = checked(name, case)
    with np.errstate(all="ignore"):
        try:
            check_second(function, args, 1e-4)
        except UnsupportedError as error:
            pytest.xfail(f"refused: {str(error).splitlines()[0]}")
