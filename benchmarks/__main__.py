"""`python -m benchmarks`: s2s beside jax in one run, on the same inputs, after checking that results are equal."""

import argparse
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks import inputs
from benchmarks.engines import BOTH, Engine, check_equal
from benchmarks.steps import stepping
from benchmarks.timing import alternately, import_time


class Row(NamedTuple):
    """A measurement: what, seconds of each engine, and the ratio that is aimed at (None: none)."""

    what: str
    seconds: dict[str, float]
    target: float | None = None


WORKLOADS: dict[str, tuple[str, Callable[[], inputs.Arrays]]] = {
    "4-layer MLP": ("mlp_loss", lambda: inputs.mlp(4)),
    "32-layer MLP": ("mlp_loss", lambda: inputs.mlp(32)),
    "transformer block": ("block_loss", inputs.block),
}


def imports(rounds: int) -> Iterator[Row]:
    names = [engine.name for engine in BOTH]
    times = [{name: import_time(name) for name in names} for _ in range(rounds)]
    yield Row("import", {name: min(t[name] for t in times) for name in names}, 0.6)


def staging_and_steps(rounds: int) -> Iterator[Row]:
    for what, (loss_name, make) in WORKLOADS.items():
        arrays = make()
        yield Row(f"transform + stage, gradient of {what}", _staging(loss_name, arrays, rounds), 0.5)
        yield Row(f"compile, gradient of {what}", _compiling(loss_name, arrays, rounds))
        yield Row(f"jitted step of {what}", stepping(loss_name, arrays, 4 * rounds, repeat=20), 1.03)


def _staging(loss_name: str, arrays: inputs.Arrays, rounds: int) -> dict[str, float]:
    """From a function never seen before to a lowered module: transform and stage, or trace and lower."""

    def actions(engine: Engine) -> Callable[[], Any]:
        placed = engine.put(arrays)
        fresh = iter([getattr(engine.models(), loss_name) for _ in range(rounds)])
        return lambda: engine.library.jit(engine.gradient(next(fresh))).lower(*placed)

    return alternately({engine.name: actions(engine) for engine in BOTH}, rounds)


def _compiling(loss_name: str, arrays: inputs.Arrays, rounds: int) -> dict[str, float]:
    def actions(engine: Engine) -> Callable[[], Any]:
        placed = engine.put(arrays)
        losses = [getattr(engine.models(), loss_name) for _ in range(rounds)]
        lowered = iter([engine.library.jit(engine.gradient(loss)).lower(*placed) for loss in losses])
        return lambda: next(lowered).compile()

    return alternately({engine.name: actions(engine) for engine in BOTH}, rounds)


def dispatch(rounds: int) -> Iterator[Row]:
    functions = {engine.name: engine.library.jit(engine.models().scalar) for engine in BOTH}
    values = {engine.name: engine.put(1.5) for engine in BOTH}
    yield _per_call("jitted scalar function", rounds, 1.1, lambda name: lambda: functions[name](values[name]))
    arrays = {engine.name: engine.put(inputs.mlp(1)[1]) for engine in BOTH}
    yield _per_call("eager x + x", rounds, 1.0, lambda name: lambda: arrays[name] + arrays[name])


def _per_call(what: str, rounds: int, target: float, make: Callable[[str], Callable[[], Any]]) -> Row:
    actions = {engine.name: make(engine.name) for engine in BOTH}
    check_equal({name: action() for name, action in actions.items()})
    return Row(what, alternately(actions, 4 * rounds, repeat=2000), target)


def eager_gradient(rounds: int) -> Iterator[Row]:
    arrays = inputs.mlp(4)
    gradients = {engine.name: engine.gradient(engine.models().mlp_loss) for engine in BOTH}
    placed = {engine.name: engine.put(arrays) for engine in BOTH}
    check_equal({engine.name: gradients[engine.name](*placed[engine.name]) for engine in BOTH})

    def action(engine: Engine) -> Callable[[], Any]:
        gradient, arguments = gradients[engine.name], placed[engine.name]
        return lambda: engine.ready(gradient(*arguments))

    seconds = alternately({engine.name: action(engine) for engine in BOTH}, 2 * rounds, repeat=10)
    yield Row("unjitted value_and_grad of 4-layer MLP", seconds, 0.2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds per measurement (default: %(default)s)")
    rounds = parser.parse_args().rounds
    table = Table("", "s2s", "jax", "s2s / jax", "target", title="s2s beside jax, least of several rounds")
    console = Console()
    with console.status("measuring"):
        for part in (imports, dispatch, eager_gradient, staging_and_steps):
            for row in part(rounds):
                table.add_row(*cells(row))
    console.print(table)


def cells(row: Row) -> list[str]:
    ratio = row.seconds["s2s"] / row.seconds["jax"]
    target = "" if row.target is None else f"<= {row.target:g}"
    colour = "green" if row.target is None or ratio <= row.target else "red"
    times = [_readable(row.seconds[name]) for name in ("s2s", "jax")]
    return [row.what, *times, f"[{colour}]{ratio:.2f}[/]", target]


def _readable(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


if __name__ == "__main__":
    main()
