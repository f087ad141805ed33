"""`functools.partial`: at run time its arguments, a tuple; which function they are for is known from its kind."""

from dataclasses import dataclass
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference.kinds import FunctionOf, Kind, Static


@dataclass(eq=False)
class Partial:
    """What a partial function calls.

    Attributes:
        target: the function, None if that captures values itself: then these are the first part of the tuple.
        count: the number of arguments that are given by position.
        keywords: the names of the others.
    """

    target: Any
    count: int
    keywords: tuple[str, ...]
    name: str
    captured: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        own = ("function",) if self.target is None else ()
        return (*own, *[f"argument_{i}" for i in range(self.count)], *self.keywords)


def make(inference: Any, statement: gast.AST, node: gast.AST) -> Kind | None:
    """`partial(f, a, k=b)`: a build of its arguments; None if the function is not known."""
    kind = inference.kind(node.args[0])
    function = kind.definition if isinstance(kind, FunctionOf) else kind.value if isinstance(kind, Static) else None
    if not isinstance(kind, FunctionOf) and not callable(function):
        return None
    names = tuple(k.arg for k in node.keywords)
    count = len(node.args) - 1
    known = inference.program.partials
    key = (id(function), count, names)
    if key not in known:
        target = None if isinstance(kind, FunctionOf) else function
        base: str = getattr(function, "__name__", None) or getattr(function, "name", None) or "function"
        known[key] = function, Partial(target, count, names, base)  # the function is kept, so that its id is its own
    held = node.args if isinstance(kind, FunctionOf) else node.args[1:]
    statement.value = gast.copy_location(core.tuple_of([*held, *[k.value for k in node.keywords]]), node)
    statement.closure = known[key][1]
    return inference.meaning(statement)


def call(definition: Partial, parts: list[gast.AST], target: gast.AST | None, node: gast.AST) -> gast.AST:
    """The call of the function with all its arguments; keywords of the call come before those of the partial."""
    function = target if target is not None else parts[0]
    values = parts[len(parts) - definition.count - len(definition.keywords) :]
    given = {k.arg for k in node.keywords}
    keywords = zip(definition.keywords, values[definition.count :], strict=True)
    added = [gast.keyword(name, value) for name, value in keywords if name not in given]
    arguments = [*values[: definition.count], *node.args]
    return gast.copy_location(gast.Call(function, arguments, [*node.keywords, *added]), node)
