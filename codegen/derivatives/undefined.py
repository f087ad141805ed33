"""Variables that some path leaves unset: the forward sweep says so, where the backward sweep has to look at them."""

from collections.abc import Iterable

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.runtime import support


def maybe_undefined(body: list[gast.AST], marks: Iterable[str] = ()) -> set[str]:
    """Names joined from one arm of a branch only, carried by a loop without a value before it, or joined from such.

    Args:
        marks: names that stand for UNDEFINED.
    """
    found: set[str] = set(marks)
    for statement in () if core.is_straight(body) else core.walk(body):
        if isinstance(statement, gast.If):
            arms = [dict(core.split_join(b)[1]) for b in core.blocks(statement)]
            found |= arms[0].keys() ^ arms[1].keys()
        elif isinstance(statement, gast.For | gast.While):
            joins = core.split_join(statement.body)[1]
            found |= {t for t, _ in joins if not is_entered(body, t)}
    return _with_copies(found, joined(body)) if found else found


def joined(body: list[gast.AST]) -> list[tuple[str, gast.AST]]:
    """What the joins of branches and loops, and those that enter loops, assign: (name, value)."""
    return [pair for s in core.walk(body) if core.is_join(s) for pair in core.split_join([s])[1]]


def _with_copies(found: set[str], copies: list[tuple[str, gast.AST]]) -> set[str]:
    while True:
        grown = {t for t, v in copies if core.is_name(v) and v.id in found and t not in found}
        if not grown:
            return found
        found |= grown


def with_sources(forward: list[gast.AST], names: set[str], undefined: set[str]) -> set[str]:
    """Names and those that they are joined from, as far as these may be undefined, too."""
    joins = joined(forward)
    found = set(names)
    while True:
        grown = {v.id for t, v in joins if t in found and core.is_name(v) and v.id in undefined} - found
        if not grown:
            return found
        found |= grown


def is_entered(body: list[gast.AST], carried: str) -> bool:
    return sum(carried in core.targets(s) for s in core.walk(body)) > 1


def define(function: core.Function, forward: list[gast.AST], name: str) -> None:
    """Gives the name the value UNDEFINED on the paths that do not set it."""
    undefined = core.name(RuleWriter(function, None).alias(support.UNDEFINED, "UNDEFINED"))
    _define_in(forward, name, undefined, forward)


def _define_in(block: list[gast.AST], name: str, undefined: gast.AST, whole: list[gast.AST]) -> None:
    for at, statement in enumerate(block):
        if isinstance(statement, gast.If):
            _define_in_arms(statement, name, undefined)
        elif isinstance(statement, gast.For | gast.While) and name in dict(core.split_join(statement.body)[1]):
            if not is_entered(whole, name):
                block.insert(at, core.marked_join(core.assign(name, undefined, statement)))
            return
        for inner in core.blocks(statement):
            _define_in(inner, name, undefined, whole)


def _define_in_arms(statement: gast.If, name: str, undefined: gast.AST) -> None:
    arms = [core.split_join(b) for b in core.blocks(statement)]
    having = [name in dict(joins) for _, joins in arms]
    if sum(having) != 1:
        return
    attribute = "orelse" if having[0] else "body"
    inner, joins = arms[1] if having[0] else arms[0]
    setattr(statement, attribute, [*inner, *core.simultaneous([*joins, (name, undefined)], statement)])
