"""Writes the emitted text of the programs beside this file; run it with `python -m tests.goldens.regenerate`.

The difference that this makes is what people will read differently: look at it before it is committed.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import s2s
from tests.goldens.programs import EXAMPLES, NEED_ARGUMENTS

FOLDER = Path(__file__).parent


def texts(function: object, args: tuple) -> Iterator[tuple[str, str]]:
    """(heading, text) of everything that is kept of one program."""
    floats = tuple(i for i, a in enumerate(args) if not isinstance(a, int) and not _is_integer(a))
    gradient = s2s.value_and_grad(function, argnums=floats if len(floats) > 1 else floats[0])
    yield "s2s.value_and_grad(f).source_for(*args)", gradient.source_for(*args)
    if function not in NEED_ARGUMENTS:
        yield "s2s.grad(f).source", s2s.grad(function).source
    yield "s2s.jvp(f).source_for(*args)", s2s.jvp(function).source_for(*args)


def _is_integer(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "i"


def golden(function: object, args: tuple) -> str:
    """The content of a program's file."""
    parts = [f"{'#' * 20} {heading}\n\n{text.strip()}\n" for heading, text in texts(function, args)]
    return "\n\n".join(parts)


def path_of(function: object) -> Path:
    return FOLDER / f"{function.__name__}.py.txt"


def main() -> None:
    wanted = set(sys.argv[1:])
    for function, args in EXAMPLES.items():
        if not wanted or function.__name__ in wanted:
            path_of(function).write_text(golden(function, args))


if __name__ == "__main__":
    main()
