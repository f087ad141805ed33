"""What must hold of a generated program: value, both modes and their staged forms, against CPython and differences."""

import copy
import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import s2s
from s2s.codegen.diagnostics import UnsupportedError
from s2s.codegen.reading.source import function_from_string
from s2s.runtime.errors import ConcretizationError, RefusedError

REFUSALS = (UnsupportedError, ConcretizationError, RefusedError)
EAGER = ("value", "jvp", "grad")
STAGED = ("staged value", "staged jvp", "staged grad")
MODES = (*EAGER, *STAGED)
# How closely the two modes, and eager and staged code, have to agree; differences are no better than the other one.
EXACT, DIFFERENCES = 1e-9, 1e-4


@dataclass
class Verdict:
    """The outcome of one mode: "held", "refused", "wrong" or "failed", and what was said."""

    mode: str
    outcome: str
    message: str = ""


def arguments(seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    return float(rng.normal()), float(rng.normal()), rng.normal(size=4), rng.normal(size=4)


def along(function: Any, args: Any, direction: Any, step: float) -> float:
    return float(function(*[a + step * d for a, d in zip(args, direction, strict=True)]))


def slope(function: Any, args: Any, direction: Any, step: float) -> float:
    return (along(function, args, direction, step) - along(function, args, direction, -step)) / (2 * step)


def smooth_slope(function: Any, args: Any, direction: Any) -> float | None:
    """The slope along a direction; None at a kink, near another branch, where it is not finite or Python raises."""
    try:
        slopes = [slope(function, args, direction, step) for step in (1e-5, 3e-6)]
    except Exception:  # noqa: BLE001 - what CPython cannot run has no slope
        return None
    agree = np.isfinite(slopes).all() and np.allclose(*slopes, rtol=1e-5, atol=1e-6)
    return slopes[0] if agree else None


def verdicts(text: str, seed: int, modes: tuple[str, ...] = MODES) -> list[Verdict]:
    """The outcome of each mode; none where the program cannot be differentiated at these arguments."""
    function = function_from_string(text, name="f")
    args, direction = arguments(seed), arguments(seed + 100)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = smooth_slope(function, args, direction)
        if expected is None:
            return []
        checked = _Checked(function, args, direction, expected, modes)
        return [_verdict(mode, checked) for mode in modes]


class _Checked:
    """A program, transformed once for all modes, and compiled once for all staged ones."""

    def __init__(self, function: Any, args: Any, direction: Any, slope: float, modes: tuple[str, ...] = MODES):
        self.modes = modes
        self.function, self.args, self.direction, self.slope = function, args, direction, slope
        self.value_and_grad = s2s.value_and_grad(function, argnums=(0, 1, 2, 3))
        self.value = function(*copy.deepcopy(args))

    def backward(self, bars: Any) -> Any:
        return sum(np.sum(np.asarray(b) * d) for b, d in zip(bars, self.direction, strict=True))

    def tangent(self, *values: Any) -> Any:
        return s2s.jvp(self.function, values[:4], values[4:])

    @functools.cached_property
    def gradient(self) -> tuple[Any, Any]:
        value, bars = self.value_and_grad(*copy.deepcopy(self.args))
        return value, self.backward(bars)

    @functools.cached_property
    def dot(self) -> Any:
        value, dot = self.tangent(*copy.deepcopy(self.args), *self.direction)
        np.testing.assert_allclose(value, self.value, rtol=EXACT, atol=EXACT)
        return dot

    @functools.cached_property
    def staged(self) -> dict[str, Any]:
        """The results of the staged modes, of one program; each by itself where they cannot be compiled together."""
        ways = {
            "staged value": lambda *values: self.function(*values[:4]),
            "staged jvp": lambda *values: self.tangent(*values)[1],
            "staged grad": lambda *values: self.value_and_grad(*values[:4])[1],
        }
        wanted = {mode: way for mode, way in ways.items() if mode in self.modes}
        found = s2s.jit(lambda *values: [way(*values) for way in wanted.values()])(*self.args, *self.direction)
        results = dict(zip(wanted, found, strict=True))
        return results | ({"staged grad": self.backward(results["staged grad"])} if "staged grad" in results else {})

    def staged_alone(self, mode: str) -> Any:
        if mode == "staged value":
            return s2s.jit(self.function)(*self.args)
        if mode == "staged jvp":
            return s2s.jit(self.tangent)(*self.args, *self.direction)[1]
        return self.backward(s2s.jit(self.value_and_grad)(*self.args)[1])

    def result(self, mode: str) -> Any:
        if mode == "jvp":
            return self.dot
        if mode in EAGER:
            return self.gradient[0 if mode == "value" else 1]
        try:
            return self.staged[mode]
        except Exception:  # noqa: BLE001 - says of one mode only by itself
            return self.staged_alone(mode)

    def eager(self, mode: str) -> Any:
        """What another way came to that has to agree to all digits."""
        ways: dict[str, Callable[[], Any]] = {
            "value": lambda: self.value,
            "grad": lambda: self.dot,
            "staged value": lambda: self.value,
            "staged jvp": lambda: self.dot,
            "staged grad": lambda: self.gradient[1],
        }
        try:
            return ways[mode]() if mode in ways else None
        except Exception:  # noqa: BLE001 - has a verdict of its own
            return None


def _verdict(mode: str, checked: _Checked) -> Verdict:
    try:
        got = checked.result(mode)
    except REFUSALS as error:
        return Verdict(mode, "refused", str(error))
    except Exception as error:  # noqa: BLE001 - any other error is what the check is for
        return Verdict(mode, "failed", f"{type(error).__name__}: {error}")
    exact = checked.eager(mode)
    held = exact is None or np.allclose(got, exact, rtol=EXACT, atol=EXACT)
    if not mode.endswith("value"):
        held = held and np.allclose(got, checked.slope, rtol=DIFFERENCES, atol=DIFFERENCES)
    return Verdict(mode, "held" if held else "wrong", f"got {got}, expected {exact}, slope {checked.slope}")
