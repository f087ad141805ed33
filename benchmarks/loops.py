"""`python -m benchmarks.loops`: gradients of Python loops, s2s beside the best that the peer can be given.

Compile times as loops grow, the steady step, updates in place, memory, and loops that the peer cannot differentiate.
"""

import functools
import gc
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from rich.console import Console
from rich.table import Table

import s2s
from benchmarks import loop_models as models
from benchmarks.tables import add_ratio
from benchmarks.timing import alternately

jax.config.update("jax_enable_x64", True)
_GENERATOR = np.random.default_rng(0)


def rnn_arguments(steps: int) -> tuple[np.ndarray, np.ndarray]:
    return _GENERATOR.normal(size=(8, 8)) * 0.3, _GENERATOR.normal(size=(steps, 8))


def first_call(make: Callable[[], Any], arguments: tuple[Any, ...]) -> float:
    """Seconds from a function never compiled to its first result."""
    gc.collect()
    start = time.perf_counter()
    jax.block_until_ready(make()(*arguments))
    return time.perf_counter() - start


def ready(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Callable[[], Any]:
    def call() -> None:
        function(*arguments).block_until_ready()

    call()
    return call


def compile_times(table: Table) -> None:
    def compiled(steps: int) -> float:
        return first_call(lambda: s2s.jit(s2s.grad(models.rnn)), rnn_arguments(steps))

    compiled(5)
    short, long = compiled(10), compiled(2000)
    add_ratio(table, "first gradient of an RNN loop, T = 2000 / T = 10", long, short, 1.5)
    peer = first_call(lambda: jax.jit(jax.grad(models.rnn_unrolled)), rnn_arguments(400))
    add_ratio(table, "first gradient, T = 400, jax unrolls", compiled(400), peer, 0.1)


def steps(table: Table, rounds: int) -> None:
    for name, count, peer in (("scan", 400, models.rnn_scan), ("unrolled", 10, models.rnn_unrolled)):
        arguments = rnn_arguments(count)
        ours, theirs = s2s.jit(s2s.grad(models.rnn)), jax.jit(jax.grad(peer))
        np.testing.assert_allclose(np.asarray(ours(*arguments)), theirs(*arguments), rtol=1e-9)
        placed = tuple(map(s2s.device_put, arguments)), tuple(map(jax.device_put, arguments))
        actions = {"s2s": ready(ours, placed[0]), "jax": ready(theirs, placed[1])}
        times = alternately(actions, rounds, repeat=20)
        add_ratio(table, f"gradient step, T = {count}, jax {name}", times["s2s"], times["jax"], 1.05)


def recurrences(table: Table, rounds: int) -> None:
    times = {}
    for size in (16_000, 32_000):
        x = _GENERATOR.normal(size=size)
        times[size] = alternately({"s2s": ready(s2s.jit(s2s.grad(models.recurrence)), (s2s.device_put(x),))}, rounds)
    add_ratio(table, "recurrence in place, n = 32,000 / 16,000", times[32_000]["s2s"], times[16_000]["s2s"], 2.5)
    theirs = ready(jax.jit(jax.grad(models.recurrence_at)), (jax.device_put(x),))
    peer = alternately({"jax": theirs}, 1)["jax"]
    add_ratio(table, "recurrence in place, n = 32,000", times[32_000]["s2s"], peer, 0.05)


def in_place_eager(table: Table, rounds: int) -> None:
    for model in (models.recurrence, models.swaps):
        gradient, times = s2s.grad(model), {}
        for size in (16_000, 32_000):
            x = _GENERATOR.normal(size=size) * 0.5
            gradient(x)
            times[size] = alternately({"s2s": functools.partial(gradient, x)}, max(2, rounds // 2))["s2s"]
        add_ratio(table, f"{model.__name__} in place, eager, n = 32,000 / 16,000", times[32_000], times[16_000], 2.5)


def stencils(table: Table, rounds: int) -> None:
    """Whole-array updates have no loop over points to be better at."""
    m = _GENERATOR.normal(size=(200, 200))
    for ours, theirs, target in (
        (models.gauss_seidel, models.gauss_seidel_at, 0.1),
        (models.jacobi, models.jacobi_at, 1.05),
    ):
        gradients = s2s.jit(s2s.grad(ours)), jax.jit(jax.grad(theirs))
        np.testing.assert_allclose(np.asarray(gradients[0](m)), gradients[1](m), rtol=1e-9, atol=1e-12)
        mine = ready(gradients[0], (s2s.device_put(m),))
        peer = ready(gradients[1], (jax.device_put(m),))
        times = alternately({"s2s": mine}, rounds) | alternately({"jax": peer}, 1 if target < 1 else rounds)
        add_ratio(table, f"{ours.__name__} 200 x 200", times["s2s"], times["jax"], target)


def checkpointed(table: Table, rounds: int) -> None:
    """Memory and work of 1,024 steps in 32 segments, in states and in runs of the loop."""
    w, h = np.eye(16) * 0.9, np.ones((256, 16))
    forward, plain, kept = (
        s2s.jit(f).lower(w, h).compile()
        for f in (models.steps, s2s.grad(models.steps), s2s.grad(models.steps_checkpointed))
    )
    np.testing.assert_allclose(np.asarray(kept(w, h)), np.asarray(plain(w, h)), rtol=1e-9)
    states = [c.memory_analysis().temp_size_in_bytes / h.nbytes for c in (kept, plain)]
    table.add_row("memory of 1,024 steps, 32 segments / all", *(f"{n:.4g} states" for n in states), "", "about 2 x 32")
    placed = s2s.device_put(w), s2s.device_put(h)
    actions = {"forward": ready(forward, placed), "plain": ready(plain, placed), "kept": ready(kept, placed)}
    times = alternately(actions, rounds)
    again = times["forward"] + max(0.0, times["kept"] - times["plain"])
    add_ratio(table, "forward work with 32 segments / one forward run", again, times["forward"], 2.2)


def long_while_loops(table: Table, rounds: int) -> None:
    """Of unknown length, in memory that does not depend on it: time per iteration beside that of a short loop."""
    gradient = s2s.jit(s2s.grad(models.rotation, argnums=1))
    times = {}
    for n in (1_000, 20_000, 300_000):
        arguments = tuple(map(s2s.device_put, (0.7, 0.3, n)))
        np.testing.assert_allclose(np.asarray(gradient(*arguments)), -0.7 * n * np.sin(0.3 * n), rtol=1e-6)
        times[n] = alternately({"s2s": ready(gradient, arguments)}, rounds)["s2s"] / n
        if n > 1_000:
            add_ratio(table, f"a while loop of {n:,} iterations, each, beside 1,000", times[n], times[1_000], 1.7)
    assert len(gradient._compiled) == 1


def unknown_trip_counts() -> None:
    """One compilation serves all values; the peer refuses these gradients."""
    newton = s2s.jit(s2s.grad(models.newton))
    for a in (2.0, 9.0, 50.0):
        np.testing.assert_allclose(newton(s2s.device_put(a)), 0.5 / a**0.5, rtol=1e-6)
    repeated = s2s.jit(s2s.grad(models.repeated))
    for n in (1, 7, 40):
        np.testing.assert_allclose(
            np.asarray(repeated(s2s.device_put(0.4), s2s.device_put(n))), s2s.grad(models.repeated)(0.4, n), rtol=1e-6
        )
    assert len(newton._compiled) == len(repeated._compiled) == 1


def main(rounds: int = 5) -> None:
    table = Table("", "s2s", "beside", "ratio", "target", title="loops")
    compile_times(table)
    steps(table, rounds)
    recurrences(table, rounds)
    in_place_eager(table, rounds)
    stencils(table, rounds)
    checkpointed(table, rounds)
    long_while_loops(table, rounds)
    unknown_trip_counts()
    Console().print(table)
    Console().print("Newton's method and a runtime trip count under jit(grad): right, one compilation each")


if __name__ == "__main__":
    main()
