"""The steady state of a jitted training step, measured once its numbers are known to agree."""

from collections.abc import Callable
from typing import Any

from benchmarks.engines import BOTH, Engine, check_equal
from benchmarks.inputs import Arrays
from benchmarks.timing import alternately


def stepping(loss: str, arrays: Arrays, rounds: int, repeat: int, tolerance: float = 2e-4) -> dict[str, float]:
    """Seconds of one step of gradient descent on the model `loss`, by engine."""
    steps = {engine.name: engine.step(getattr(engine.models(), loss)) for engine in BOTH}
    placed = {engine.name: engine.put(arrays) for engine in BOTH}
    check_equal({name: steps[name](*placed[name]) for name in steps}, tolerance)

    def action(engine: Engine) -> Callable[[], Any]:
        step, arguments = steps[engine.name], placed[engine.name]
        return lambda: engine.ready(step(*arguments))

    return alternately({engine.name: action(engine) for engine in BOTH}, rounds, repeat)
