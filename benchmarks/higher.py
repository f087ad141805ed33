"""`python -m benchmarks.higher`: Jacobians and Hessians beside jax in one run, and how emitted gradients grow."""

import argparse
import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import s2s
from benchmarks import higher_models
from benchmarks.__main__ import Row, cells
from benchmarks.engines import BOTH, Engine, check_equal
from benchmarks.timing import alternately

MODELS = Path(higher_models.__file__)
_GENERATOR = np.random.default_rng(0)
Transformation = Callable[[Any, Any], Any]


def inputs() -> dict[str, tuple[Any, ...]]:
    x = _GENERATOR.normal(size=(20, 8)).astype(np.float32)
    return {
        "thirty": (_GENERATOR.normal(size=30).astype(np.float32),),
        "rnn": ((_GENERATOR.normal(size=(8, 8)) * 0.3).astype(np.float32), x),
    }


WORKLOADS: dict[str, tuple[str, Transformation]] = {
    "hessian of a function of 30 variables": ("thirty", lambda library, f: library.hessian(f)),
    "jacrev of an RNN of 20 steps": ("rnn", lambda library, f: library.jacrev(f)),
    "jacfwd of an RNN of 20 steps": ("rnn", lambda library, f: library.jacfwd(f)),
}


def rows(rounds: int) -> Iterator[Row]:
    arguments = inputs()
    for what, (name, transform) in WORKLOADS.items():
        yield Row(f"transform + stage, {what}", _staging(name, transform, arguments[name], rounds), 0.5)
        yield Row(f"jitted step, {what}", _steps(name, transform, arguments[name], rounds), 1.03)


def _staging(name: str, transform: Transformation, arguments: tuple[Any, ...], rounds: int) -> dict[str, float]:
    """From a function never seen before to a lowered module."""

    def action(engine: Engine) -> Callable[[], Any]:
        placed = engine.put(arguments)
        fresh = iter([getattr(engine.models(MODELS), name) for _ in range(rounds + 1)])

        def staged() -> Any:
            return engine.library.jit(transform(engine.library, next(fresh))).lower(*placed)

        staged()
        return staged

    return alternately({engine.name: action(engine) for engine in BOTH}, rounds)


def _steps(name: str, transform: Transformation, arguments: tuple[Any, ...], rounds: int) -> dict[str, float]:
    functions = {e.name: e.library.jit(transform(e.library, getattr(e.models(MODELS), name))) for e in BOTH}
    placed = {engine.name: engine.put(arguments) for engine in BOTH}
    check_equal({name: functions[name](*placed[name]) for name in functions}, 2e-3)

    def action(engine: Engine) -> Callable[[], Any]:
        function, given = functions[engine.name], placed[engine.name]
        return lambda: engine.ready(function(*given))

    return alternately({engine.name: action(engine) for engine in BOTH}, 4 * rounds, repeat=50)


def growth(highest: int = 4) -> Table:
    """Statements in the emitted gradients of order 1 to `highest`."""
    table = Table("function", *[f"grad^{k}" for k in range(1, highest + 1)], title="statements of emitted source")
    for f in (higher_models.polynomial, higher_models.normalised, higher_models.softmax, higher_models.branch,
              higher_models.scaled):  # fmt: skip
        table.add_row(f.__name__, *[str(count) for count in statements(f, highest)])
    return table


def statements(f: Any, highest: int) -> Iterator[int]:
    """The number of statements of each order; each gradient is that of the sum of the one before."""
    function, x = f, np.array([0.3, 0.7, -0.2])
    for _ in range(highest):
        gradient = s2s.grad(function)
        gradient(x)
        yield sum(isinstance(n, ast.stmt) for n in ast.walk(ast.parse(_emitted(gradient, x))))
        function = _summed(gradient)


def _emitted(gradient: Any, x: Any) -> str:
    bound = gradient.bind((x,), {})
    text: str = gradient.result_for(gradient.kinds_of(bound), bound).functions_text
    return text


def _summed(gradient: Any) -> Any:
    def summed(x):  # type: ignore[no-untyped-def]
        return np.sum(gradient(x))

    return summed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.higher", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds per measurement (default: %(default)s)")
    rounds = parser.parse_args().rounds
    table = Table("", "s2s", "jax", "s2s / jax", "target", title="s2s beside jax, least of several rounds")
    console = Console()
    for row in rows(rounds):
        table.add_row(*cells(row))
    console.print(table)
    console.print(growth())


if __name__ == "__main__":
    main()
