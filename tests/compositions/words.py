"""Words over the transformations: the function that each stands for, and what its values must be.

A word is read from the outside in: `"gvj"` is the gradient of the batched tangent. Each letter makes a function of one
array of a function of one array:

- `g`: the gradient, or for results that are arrays the pullback of a fixed cotangent;
- `j`: the tangent along a fixed direction;
- `v`: the batched function, whose argument has one more axis, of length two;
- `c`: the compiled function.

Values are checked by induction: `g` and `j` against differences of the function that the rest of the word stands for,
`v` against a loop over the rows, `c` against the function itself.
"""

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import s2s

LETTERS = "gjvc"
# Entries up to length three that are refused with an error of s2s, by program: what lists whose length differs between
# the rows of a batch keep for derivatives, and what staging cannot tell of such lists.
REFUSED = {
    "left_early": "gvg jvg",
    "converged": "cgg",
}
STEP = 1e-5
Function = Callable[[Any], Any]


def words(length: int) -> Iterator[str]:
    """All words of this length."""
    return map("".join, itertools.product(LETTERS, repeat=length))


@functools.cache
def built(program: Function, word: str) -> Function:
    """The function that the word makes of the program; the same object for the same word."""
    if not word:
        return program
    inner = built(program, word[1:])
    if word[0] == "v":
        return s2s.vmap(inner)
    if word[0] == "c":
        return s2s.jit(inner)
    if word[0] == "j":
        return _tangent(inner, direction(argument(program, word)))
    out = value(program, word[1:], argument(program, word))
    return s2s.grad(inner) if np.ndim(out) == 0 else _pulled(inner, direction(out))


def _tangent(function: Function, along: Any) -> Function:
    def tangent(x):  # type: ignore[no-untyped-def]
        return s2s.jvp(function, (x,), (along,))[1]

    return tangent


def _pulled(function: Function, bar: Any) -> Function:
    def pulled(x):  # type: ignore[no-untyped-def]
        _, back = s2s.vjp(function, x)
        return back(bar)[0]

    return pulled


def argument(program: Function, word: str) -> Any:
    """Where the function of the word is evaluated: one more axis for each `v`, with rows that differ."""
    from_program = POINTS[program]
    for level in range(word.count("v")):
        from_program = np.stack([from_program, from_program * (0.9 - 0.1 * level) + 0.03])
    return from_program


POINTS: dict[Function, Any] = {}


def direction(like: Any) -> Any:
    """A fixed direction, or cotangent, of the shape of an array."""
    size = int(np.size(like))
    return np.reshape(np.cos(1.0 + np.arange(size)), np.shape(like))


def value(program: Function, word: str, x: Any) -> Any:
    return np.asarray(built(program, word)(x))


def expected(program: Function, word: str) -> Any:
    """What the word's function must give, from that of the rest of the word without compilation."""
    rest, x = word[1:].replace("c", ""), argument(program, word)
    f = functools.partial(value, program, rest)
    if word[0] == "c":
        return f(x)
    if word[0] == "v":
        return np.stack([f(row) for row in x])
    if word[0] == "j":
        along = direction(x)
        return (f(x + STEP * along) - f(x - STEP * along)) / (2 * STEP)
    bar = direction(f(x)) if np.ndim(f(x)) else 1.0
    return _gradient(lambda y: float(np.sum(f(y) * bar)), x)


def _gradient(f: Callable[[Any], float], x: Any) -> Any:
    found = np.zeros(np.shape(x))
    for place in np.ndindex(*np.shape(x)):
        step = np.zeros(np.shape(x))
        step[place] = STEP
        found[place] = (f(x + step) - f(x - step)) / (2 * STEP)
    return found


def is_refused(program: Function, word: str) -> bool:
    return word in REFUSED.get(program.__name__, "").split()


def check(program: Function, word: str) -> None:
    """Raises AssertionError where the word's function gives other numbers than it must."""
    found = value(program, word, argument(program, word))
    wanted = expected(program, word)
    scale = 1.0 + np.max(np.abs(wanted))
    np.testing.assert_allclose(found / scale, wanted / scale, rtol=0.0, atol=1e-6, err_msg=f"{program.__name__} {word}")
