"""Transformations called inside of functions that are transformed: `grad(f)(x)`, `jvp(f, (x,), (v,))`.

The API registers its functions here, because this package does not import it.
"""

from collections.abc import Callable, Hashable
from typing import Any

# Functions that return a transformed function: `grad(f)`.
MAKERS: set[Any] = set()
# Functions that take a function and what the transformed function takes: `jvp(f, primals, tangents)`.
APPLIED: dict[Any, Callable[..., Any]] = {}


def makes(target: Any) -> bool:
    return isinstance(target, Hashable) and target in MAKERS


def applies(target: Any) -> bool:
    return isinstance(target, Hashable) and target in APPLIED
