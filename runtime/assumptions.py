"""What is known of tests in the sides of staged conditionals: code that asks again for the same is on the same path.

Two tests are the same where they are computed by the same operations from the same values.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from s2s.runtime import staging
from s2s.runtime.adapter import ir
from s2s.runtime.staging import Staged

Fact = tuple[Any, bool]  # the MLIR value of a test, and what it comes to
_DEEPEST = 12


class _Known(threading.local):
    def __init__(self) -> None:
        self.facts: list[Fact] = []


_known = _Known()


@contextmanager
def assuming(test: Staged, outcome: bool) -> Iterator[None]:
    """Inside, a staged test is known to have this outcome."""
    _known.facts.append((test.value, outcome))
    try:
        yield
    finally:
        _known.facts.pop()


def remember_join(result: Any, test: Any, values: Sequence[Any]) -> None:
    """Notes of which values, of both sides of a conditional, a result of it is one."""
    _joins()[result] = (test, values)


def _joins() -> dict[Any, tuple[Any, Sequence[Any]]]:
    found: dict[Any, tuple[Any, Sequence[Any]]] = staging.scope().memory.setdefault("joins", {})
    return found


def hold(facts: Sequence[Fact]) -> bool:
    """Whether these facts follow from what is known here."""
    return all(any(outcome == o and _same(test, t, facts) for t, o in _known.facts) for test, outcome in facts)


def _same(a: Any, b: Any, facts: Sequence[Fact], depth: int = _DEEPEST) -> bool:
    """Whether `a`, of a value with these facts, is computed as `b` is."""
    if a == b:
        return True
    join = _joins().get(b)
    if join is not None and depth:
        test, values = join
        outcome = next((o for t, o in facts if t == test), None)
        return outcome is not None and _same(a, values[not outcome], facts, depth - 1)
    first, second = a.owner, b.owner
    if not depth or isinstance(first, ir.Block) or isinstance(second, ir.Block) or first.name != second.name:
        return False
    if len(first.regions) or _attributes(first) != _attributes(second) or len(first.operands) != len(second.operands):
        return False
    return all(_same(x, y, facts, depth - 1) for x, y in zip(first.operands, second.operands, strict=True))


def _attributes(operation: Any) -> dict[str, Any]:
    return {name: operation.attributes[name] for name in operation.attributes}
