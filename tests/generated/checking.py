"""What must hold of a generated program: value, both modes and their staged forms, against CPython and differences."""

import copy
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

import s2s
from s2s.codegen.diagnostics import UnsupportedError
from s2s.codegen.source import function_from_string
from s2s.runtime.errors import ConcretizationError

REFUSALS = (UnsupportedError, ConcretizationError)
MODES = ("value", "jvp", "grad", "staged value", "staged grad")


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
        return [_verdict(mode, function, args, direction, expected) for mode in modes]


def _verdict(mode: str, function: Any, args: Any, direction: Any, expected: float) -> Verdict:
    try:
        got, want, tolerance = _run(mode, function, copy.deepcopy(args), direction, expected)
    except REFUSALS as error:
        return Verdict(mode, "refused", _summary(error))
    except Exception as error:  # noqa: BLE001 - any other error is what the check is for
        return Verdict(mode, "failed", f"{type(error).__name__}: {_summary(error)}")
    held = np.allclose(got, want, rtol=tolerance, atol=tolerance)
    return Verdict(mode, "held" if held else "wrong", f"got {got}, expected {want}")


def _run(mode: str, function: Any, args: Any, direction: Any, expected: float) -> tuple[Any, Any, float]:
    value = function(*copy.deepcopy(args))
    if mode == "value":
        return s2s.value_and_grad(function, argnums=(0, 1, 2, 3))(*args)[0], value, 1e-10
    if mode == "staged value":
        return s2s.jit(function)(*args), value, 1e-9
    if mode == "jvp":
        return s2s.jvp(function, args, direction)[1], expected, 1e-4
    gradient = s2s.grad(function, argnums=(0, 1, 2, 3))
    bars = (s2s.jit(gradient) if mode == "staged grad" else gradient)(*args)
    backward = sum(np.sum(np.asarray(b) * d) for b, d in zip(bars, direction, strict=True))
    return backward, expected, 1e-4


def _summary(error: Exception) -> str:
    """The cause without its place, so that equal causes can be counted."""
    return str(error)
