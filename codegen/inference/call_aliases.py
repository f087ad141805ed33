"""Calls that write into an array which they are given twice: by two names, by a view, or by what a closure captured.

In Core a callee's parameters are values of their own, so a write into one is not seen in another.
"""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.diagnostics import Diagnostics
from s2s.codegen.inference import effects
from s2s.codegen.inference.maps import static_index


def check(function: core.Function, diagnostics: Diagnostics, sharing: Any, is_immutable: Any, meeting: Any) -> None:
    """Refuses such calls, but for views of parts that are certain to be apart.

    Args:
        meeting: a call's id and the name of what it writes to the names that may show it, where the heap knows.
    """
    for statement in core.walk(function.body):
        found = sharing.at_call.get(id(statement))
        if found is None:
            continue
        arguments = [n for n in effects.places_of(statement.value).values() if core.is_name(n)]
        for written, others in found:
            twice = [n for n in arguments if n is not written and (n.id == written.id or n.id in others)]
            seen = [n.id for n in twice if not is_immutable(function.kinds.get(n.id))]
            seen = [n for n in seen if n in meeting.get((id(statement), written.id), seen)]
            seen = [n for n in seen if not _are_apart(function, written.id, n)]
            if seen:
                _refuse(function, diagnostics, statement, written.id, seen[0])


def _refuse(function: core.Function, diagnostics: Diagnostics, statement: gast.AST, old: str, other: str) -> None:
    shown = [repr(function.bases.get(n, n)) for n in (old, other)]
    cause = f"the call writes into {shown[0]}, and is given what may be an alias or a view of it as {shown[1]}, too"
    diagnostics.report(statement, cause, "pass a copy of one of them")


def _are_apart(function: core.Function, a: str, b: str) -> bool:
    """Are both parts of one array that have no element in common, as literal indices tell?"""
    made = {t: s.value for s in core.walk(function.body) for t in core.targets(s) if isinstance(s, gast.Assign)}
    left, right = made.get(a), made.get(b)
    if not (isinstance(left, gast.Subscript) and isinstance(right, gast.Subscript)):
        return False
    if not (core.is_name(left.value) and core.is_name(right.value) and left.value.id == right.value.id):
        return False
    pairs = zip(_parts(left.slice), _parts(right.slice), strict=False)
    return any(_apart(static_index(i), static_index(j)) for i, j in pairs)


def _parts(index: gast.AST) -> list[gast.AST]:
    return index.elts if isinstance(index, gast.Tuple) else [index]


def _apart(i: Any, j: Any) -> bool:
    """Indices of one axis that certainly have no place in common; those from the end are not compared."""
    if type(i) is int and type(j) is int:
        return i != j and (i < 0) == (j < 0)
    bounds = [_bounds(k) for k in (i, j)]
    if None in bounds:
        return False
    (low, high), (other_low, other_high) = bounds  # type: ignore[misc]
    return high <= other_low or other_high <= low


def _bounds(index: Any) -> tuple[float, float] | None:
    """From which place on, and up to which, in a slice or an index from the front."""
    if type(index) is int and index >= 0:
        return index, index + 1
    if not isinstance(index, slice) or index.step not in (None, 1):
        return None
    low, high = index.start or 0, float("inf") if index.stop is None else index.stop
    return (low, high) if low >= 0 and high >= 0 else None
