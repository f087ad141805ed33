"""How times are taken: engines in turn, several rounds, the least time of each, no garbage collection meanwhile."""

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any


def alternately(actions: dict[str, Callable[[], Any]], rounds: int, repeat: int = 1) -> dict[str, float]:
    """Seconds per call of each action: the least, over `rounds` taken in turns, of the mean of `repeat` calls."""
    best = dict.fromkeys(actions, float("inf"))
    for _ in range(rounds):
        for name, action in actions.items():
            gc.collect()
            best[name] = min(best[name], _mean(action, repeat))
    return best


def _mean(action: Callable[[], Any], repeat: int) -> float:
    gc.disable()  # as timeit does: a full collection of two libraries' objects takes longer than what is measured
    try:
        start = time.perf_counter()
        for _ in range(repeat):
            action()
        return (time.perf_counter() - start) / repeat
    finally:
        gc.enable()


def import_time(module: str) -> float:
    """Seconds that `import module` takes in a fresh interpreter, from compiled bytecode.

    An installed package has its bytecode; a checkout has it where Python may write it, so here it may.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    program = f"import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    return float(run.stdout)
