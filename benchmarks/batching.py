"""`python -m benchmarks.batching`: batched functions beside `jax.vmap`, in one run.

Transform and stage, the steady step, and a branch that costs much and is taken by no row.
"""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console
from rich.table import Table

import s2s
from benchmarks.tables import add_ratio
from benchmarks.timing import alternately

_GENERATOR = np.random.default_rng(0)
_MODELS = Path(__file__).with_name("batching_models.py")


def models(array_functions: Any) -> ModuleType:
    """A fresh copy of the models, so that nothing about them is known yet."""
    name = f"batching_models_{next(_COUNT)}"
    spec = importlib.util.spec_from_file_location(name, _MODELS)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    vars(module)["np"] = array_functions
    return module


_COUNT: Iterator[int] = iter(range(10_000))


def mlp_arguments() -> tuple[Any, ...]:
    shapes = (64, 128), (128,), (128, 10), (10,), (256, 64), (256, 10)
    return tuple((_GENERATOR.normal(size=s) * 0.1).astype(np.float32) for s in shapes)


MLP_AXES = (None,) * 4 + (0, 0)


def per_example(engine: Any, module: ModuleType) -> Any:
    return engine.jit(engine.vmap(engine.grad(module.mlp_loss), in_axes=MLP_AXES))


def newton(engine: Any, module: ModuleType) -> Any:
    return engine.jit(engine.vmap(module.newton if engine is s2s else module.newton_while))


def staged(make: Callable[..., Any], arguments: tuple[Any, ...], rounds: int) -> dict[str, float]:
    """From functions never seen to lowered modules."""

    def ours() -> None:
        make(s2s, models(np)).lower(*arguments)

    def theirs() -> None:
        make(jax, models(jnp)).lower(*arguments)

    return alternately({"s2s": ours, "jax": theirs}, rounds)


def stepped(make: Callable[..., Any], arguments: tuple[Any, ...], rounds: int) -> dict[str, float]:
    functions = {"s2s": make(s2s, models(np)), "jax": make(jax, models(jnp))}
    placed = {"s2s": tuple(map(s2s.device_put, arguments)), "jax": tuple(map(jax.device_put, arguments))}
    results = {name: jax.tree.leaves(jax.tree.map(np.asarray, functions[name](*placed[name]))) for name in functions}
    for a, b in zip(results["s2s"], results["jax"], strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-5)
    actions = {name: _ready(functions[name], placed[name]) for name in functions}
    return alternately(actions, rounds, repeat=20)


def _ready(function: Any, arguments: tuple[Any, ...]) -> Callable[[], Any]:
    return lambda: jax.tree.leaves(function(*arguments))[0].block_until_ready()


def never_taken(rounds: int) -> dict[str, float]:
    """A branch that no row takes: real branches, row by row, beside both sides of it for all rows."""
    module = models(np)
    x = s2s.device_put(_GENERATOR.normal(size=(64, 32)).astype(np.float32))
    functions = {
        "rows": s2s.jit(s2s.vmap(module.rarely, loop_over_batch=True)),
        "selected": s2s.jit(s2s.vmap(module.rarely)),
        "jax": jax.jit(jax.vmap(models(jnp).rarely_cond)),
    }
    given = {"rows": x, "selected": x, "jax": jax.device_put(np.asarray(x))}
    return alternately({name: _ready(f, (given[name],)) for name, f in functions.items()}, rounds, repeat=20)


def main(rounds: int = 7) -> None:
    table = Table("", "s2s", "beside", "ratio", "target", title="batching")
    mlp, roots = mlp_arguments(), (np.linspace(0.5, 90.0, 4096, dtype=np.float32),)
    for what, make, arguments in (
        ("per-example gradients of an MLP", per_example, mlp),
        ("batched Newton", newton, roots),
    ):
        times = staged(make, arguments, rounds)
        add_ratio(table, f"transform + stage, {what}", times["s2s"], times["jax"], 0.5)
        times = stepped(make, arguments, rounds)
        add_ratio(table, f"step, {what}", times["s2s"], times["jax"], 1.03)
    times = never_taken(rounds)
    add_ratio(table, "branch never taken, rows / selected", times["rows"], times["selected"], 0.1)
    add_ratio(table, "branch never taken, rows / jax (select)", times["rows"], times["jax"], 0.1)
    Console().print(table)


if __name__ == "__main__":
    main()
