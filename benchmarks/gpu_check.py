"""`S2S_PLATFORM=cuda python -m benchmarks.gpu_check`: the product on an accelerator, against NumPy and beside jax.

Every program runs on the device under `jit`; its value and gradient are compared with those that the emitted source
gives under plain NumPy on the host. Then a training step of two models is timed beside jax. Exits with 1 if a number
is wrong.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

import s2s
from benchmarks import inputs, models
from benchmarks.engines import BOTH, S2S
from benchmarks.steps import stepping


def triangular_system(a, b):
    """log det and a quadratic form of a positive definite matrix, by its Cholesky factor."""
    lower = np.linalg.cholesky(a @ a.T + 4.0 * np.eye(4))
    return np.sum(np.log(np.diag(lower))) + np.sum(np.linalg.solve(lower, b) ** 2)


def spectrum(a, b):
    """A smooth function of the eigenvalues of a symmetric matrix."""
    values, vectors = np.linalg.eigh(a @ a.T)
    return np.sum(np.log1p(values)) + np.sum((vectors * vectors) @ values * b[:, 0])


def gathered(a, b):
    """Slices, integer-array indexing, sorting and cumulative sums."""
    picked = a[[0, 2, 3], [1, 1, 0]] * a[1:, 0]
    return np.sum(np.cumsum(np.sort(b, axis=0), axis=0)[:3, 0] * picked) + np.max(a) * np.min(b)


class Outcome(NamedTuple):
    """A program, the largest relative difference from NumPy, and the largest that is accepted."""

    name: str
    difference: float
    tolerance: float


def programs() -> Iterator[tuple[str, Callable[..., Any], tuple[Any, ...], float]]:
    """Name, function, arguments, accepted difference: matrix products of float32 may use tensor cores (TF32)."""
    generator = np.random.default_rng(1)
    small = (generator.normal(size=(4, 4)), generator.normal(size=(4, 2)))
    yield "4-layer MLP, float32", models.mlp_loss, inputs.mlp(4), 5e-3
    yield "transformer block, float32", models.block_loss, inputs.block(), 5e-3
    yield "Cholesky and solve, float64", triangular_system, small, 1e-9
    yield "eigenvalues, float64", spectrum, small, 1e-8
    yield "indexing and sorting, float64", gathered, small, 1e-9


def outcomes() -> Iterator[Outcome]:
    for name, function, arguments, tolerance in programs():
        gradient = s2s.value_and_grad(function)
        ours = s2s.tree.leaves(s2s.jit(gradient)(*S2S.put(arguments)))
        reference = s2s.tree.leaves(gradient(*arguments))
        yield Outcome(name, max(map(_difference, ours, reference)), tolerance)
    yield Outcome("random bits", _random_difference(), 0.0)


def _difference(ours: Any, reference: Any) -> float:
    ours, reference = np.asarray(ours, np.float64), np.asarray(reference, np.float64)
    return float(np.max(np.abs(ours - reference)) / max(1e-30, float(np.max(np.abs(reference)))))


def _random_difference() -> float:
    engines = {engine.name: engine.library.random for engine in BOTH}
    bits = [np.asarray(random.bits(random.key(0), (1000,))) for random in engines.values()]
    return float(np.max(bits[0] != bits[1]))


def timings(rounds: int = 5) -> Iterator[tuple[str, dict[str, float]]]:
    """Seconds of a training step, both engines on the same device; large enough for the device to be what is timed."""
    workloads = {
        "MLP 8 x 2048, batch 1024": ("mlp_loss", inputs.mlp(8, width=2048, batch=1024)),
        "transformer block, width 1024": ("block_loss", inputs.block(width=1024, heads=16, time=512, batch=8)),
    }
    for name, (loss, arguments) in workloads.items():
        yield name, stepping(loss, arguments, rounds, repeat=10, tolerance=5e-3)


def main() -> int:
    console = Console()
    console.print(f"devices: {s2s.devices()}")
    checks = Table("program", "difference from NumPy", "accepted", title="value and gradient under jit")
    found = list(outcomes())
    for outcome in found:
        colour = "green" if outcome.difference <= outcome.tolerance else "red"
        checks.add_row(outcome.name, f"[{colour}]{outcome.difference:.1e}[/]", f"{outcome.tolerance:.0e}")
    console.print(checks)
    times = Table("training step", "s2s", "jax", "s2s / jax")
    if "--no-timing" not in sys.argv:
        for name, seconds in timings():
            ours, theirs = seconds["s2s"], seconds["jax"]
            times.add_row(name, f"{ours * 1e3:.3f} ms", f"{theirs * 1e3:.3f} ms", f"{ours / theirs:.2f}")
        console.print(times)
    return int(any(outcome.difference > outcome.tolerance for outcome in found))


if __name__ == "__main__":
    sys.exit(main())
