"""Functions that call themselves, directly or through others: kinds of their results, from nothing to a fixpoint.

A call of a function whose inference is under way gets the result that is known so far, at first none; the inference
is repeated until the result is the one that it started from.
"""

from collections.abc import Callable
from typing import Any

from s2s.codegen.inference.kinds import Bottom, Kind, Unknown

ROUNDS = 12
DEPTH = 24


def any_is_bottom(inference: Any, names: list[str]) -> bool:
    """Is any of these the result of a recursive call of which nothing is known yet?"""
    return Bottom in map(type, map(inference.kinds.get, names))


def to_fixpoint(program: Any, instance: Any, infer: Callable[[], Kind]) -> Kind:
    """The kind of the result, by repeated inference if it depends on itself."""
    known = set(program.instances)
    result: Kind = Bottom()
    for _ in range(ROUNDS):
        instance.result, instance.is_recursive = result, False
        writes = instance.writes
        result = infer()
        if not instance.is_recursive or (result == instance.result and instance.writes == writes):
            break
        for key in [k for k in program.instances if k not in known]:
            del program.instances[key]  # they may depend on what was known before
    return Unknown() if isinstance(result, Bottom) else result


def is_endless(program: Any, key: Any) -> bool:
    """Is a function inferred inside itself over and over, for arguments of ever other kinds?"""
    return sum(k[0] == key for k in program.building) > DEPTH
