"""NumPy's random generators in staged code: they draw while that is staged, once for each time a statement is run then.

A draw in a loop that is one operation, or in a branch, would be one number for all iterations, or drawn although the
branch is not taken: the loop is written out instead, and the branch refused.
"""

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime.errors import ConcretizationError, at_user_line
from s2s.runtime.staged_constructors import known_sizes
from s2s.runtime.staged_dispatch import LOOP_INDEX
from s2s.runtime.staging import current_scope

_GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)


def _require_straight_line() -> None:
    scope = current_scope()
    if scope is not None and scope.parent is not None:
        raise ConcretizationError(
            f"a random number is drawn{at_user_line()} in a branch or loop that staged values decide, where a compiled "
            "function cannot follow NumPy's generator; draw the numbers before it, or use s2s.random with a key",
            LOOP_INDEX,
        )


def _guarded(draw: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(*args: Any, **options: Any) -> Any:
        _require_straight_line()
        return draw(*args, **options)

    guarded.__name__ = draw.__name__
    return guarded


_DRAWS = [n for n in dir(np.random.Generator) if not n.startswith("_") and n not in ("bit_generator", "spawn")]
# A generator that draws only where each statement is run as often as in Python.
Generator = type("Generator", (np.random.Generator,), {n: _guarded(getattr(np.random.Generator, n)) for n in _DRAWS})


def default_rng(seed: Any = None) -> Any:
    """`np.random.default_rng`; of a generator, that one."""
    return Generator(np.random.default_rng(known_sizes(seed)).bit_generator)


_GLOBAL = [
    n for n in dir(np.random) if isinstance(getattr(getattr(np.random, n), "__self__", None), np.random.RandomState)
]
RANDOM: dict[Any, Any] = {
    np.random.default_rng: default_rng,
    **{getattr(np.random, n): _guarded(getattr(np.random, n)) for n in _GLOBAL},
}


def draws(function: Any) -> bool:
    """Is it a method of a generator, or what makes one?"""
    owner = getattr(function, "__self__", None)
    return function is np.random.default_rng or isinstance(owner, _GENERATORS)


def undivided(function: Callable[..., Any]) -> Callable[..., Any]:
    """A builtin in staged code: a draw is refused where it would be one number for several."""
    return _guarded(function) if draws(function) else function
