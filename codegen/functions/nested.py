"""Which functions are transformations, for calls of them inside of functions that are transformed.

The API registers its functions here, because this package does not import it.
"""

import functools
from collections.abc import Callable, Hashable
from typing import Any

# Functions that return a transformed function: `grad(f)`.
MAKERS: set[Any] = set()
# Functions that take a function and what the transformed function takes: `jvp(f, primals, tangents)`.
APPLIED: dict[Any, Callable[..., Any]] = {}
# Functions that take a function and its arguments, and return its value and the function that pulls cotangents back.
PULLED: dict[Any, Callable[..., Any]] = {}


# Decorators that leave what a function computes as it is.
TRANSPARENT: set[Any] = {functools.wraps, functools.lru_cache, functools.cache}


# Functions of a function that give one that computes the same: `jit(f)`.
WRAPPERS: set[Any] = set()


def pulls(target: Any) -> bool:
    return isinstance(target, Hashable) and target in PULLED


def wraps(target: Any) -> bool:
    return isinstance(target, Hashable) and target in WRAPPERS


def is_transparent(target: Any) -> bool:
    return isinstance(target, Hashable) and target in TRANSPARENT


def makes(target: Any) -> bool:
    return isinstance(target, Hashable) and target in MAKERS


def applies(target: Any) -> bool:
    return isinstance(target, Hashable) and target in APPLIED
