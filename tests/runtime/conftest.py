"""Runs the derivative rules of the table as the text that they are, on NumPy arrays."""

from typing import Any

import numpy as np
import pytest

from s2s.runtime import support
from s2s.runtime.primitives.table import PRIMITIVES, Primitive

STEP = 1e-6

# Functions told apart by the number of their arguments.
FUNCTIONS = {"cholesky_lower": np.linalg.cholesky, "norm_of_all": np.linalg.norm}


def namespace(primitive: Primitive, values: dict[str, Any]) -> dict[str, Any]:
    static = {name: value for name, value in primitive.defaults.items()}
    return {**vars(support), "np": np, **static, **values}


def run_vjp(primitive: Primitive, values: dict[str, Any], out: Any, out_bar: Any) -> dict[str, Any]:
    """The adjoints of the operands; zeros for those that the rule does not mention."""
    scope = namespace(primitive, values) | {"out": out, "out_bar": out_bar}
    if primitive.category == "elementwise":
        return {name: out_bar * eval(text, scope) for name, text in primitive.partials.items()}
    exec(primitive.vjp, scope)
    return {name: scope.get(f"{name}_bar", np.zeros_like(values[name])) for name in primitive.operands}


def run_jvp(primitive: Primitive, values: dict[str, Any], out: Any, dots: dict[str, Any]) -> Any:
    """The tangent of the result, summed over the operands; a tuple for several results."""
    if primitive.category == "linear":
        return apply(primitive, values | dots)
    if primitive.category == "elementwise":
        return sum(eval(text, namespace(primitive, values)) * dots[n] for n, text in primitive.partials.items())
    scope = namespace(primitive, values) | {"out": out} | {f"{name}_dot": dot for name, dot in dots.items()}
    parts = [eval("(" + text + ")", scope) for text in primitive.jvp.values()]
    return tuple(sum(p) for p in zip(*parts, strict=True)) if primitive.results > 1 else sum(parts)


def apply(primitive: Primitive, values: dict[str, Any]) -> Any:
    given = {name: value for name, value in values.items() if name in primitive.parameters}
    positional = [given.pop(name) for name in primitive.operands]
    function = FUNCTIONS.get(primitive.name) or primitive.functions[0]
    return function(*positional, **given)


def check_rules(name: str, *operands: Any, rtol: float = 1e-5, **static: Any) -> None:
    """Both rules against central differences and against each other, along a random direction."""
    primitive = PRIMITIVES[name]
    rng = np.random.default_rng(0)
    values = dict(zip(primitive.operands, operands, strict=True)) | static
    dots = {n: _direction(rng, values[n]) for n in primitive.operands}
    out = apply(primitive, values)
    out_dot = run_jvp(primitive, values, out, dots)
    bars = _compare_with_differences(primitive, values, dots, (out, out_dot), rng, rtol)
    adjoints = run_vjp(primitive, values, out, tuple(bars) if primitive.results > 1 else bars[0])
    for n in primitive.operands:
        assert np.shape(adjoints[n]) == np.shape(values[n])
    forward = sum(np.vdot(b, d) for b, d in zip(bars, _results(out_dot), strict=True))
    backward = sum(np.vdot(adjoints[n], dots[n]) for n in primitive.operands)
    np.testing.assert_allclose(forward, backward, rtol=1e-9, atol=1e-9)


def _compare_with_differences(primitive, values, dots, outs, rng, rtol) -> list[np.ndarray]:
    """Compares every tangent with a central difference; returns random cotangents of the results."""
    above, below = (
        apply(primitive, values | {n: values[n] + step * dot for n, dot in dots.items()}) for step in (STEP, -STEP)
    )
    bars = []
    for result, dot, high, low in zip(*map(_results, (*outs, above, below)), strict=True):
        if np.asarray(result).dtype.kind != "f":
            bars.append(np.zeros(np.shape(result)))
            continue
        assert np.shape(dot) == np.shape(result)
        np.testing.assert_allclose(dot, (high - low) / (2 * STEP), rtol=rtol, atol=rtol)
        bars.append(rng.normal(size=np.shape(result)))
    return bars


def _results(out: Any) -> tuple[Any, ...]:
    return tuple(out) if isinstance(out, tuple) else (out,)


def _direction(rng: np.random.Generator, x: Any) -> np.ndarray:
    if np.asarray(x).dtype.kind != "f":
        return np.zeros_like(x)
    return rng.normal(size=np.shape(x))


@pytest.fixture(name="check_rules")
def check_rules_fixture():
    return check_rules


@pytest.fixture(name="run_vjp")
def run_vjp_fixture():
    """The adjoint of the first operand of the primitive of that name."""

    def run(name: str, values: dict[str, Any], out: Any, out_bar: Any) -> Any:
        return next(iter(run_vjp(PRIMITIVES[name], values, out, out_bar).values()))

    return run
