"""What the forward sweep saves for the backward sweep: exactly what the finished backward sweep reads.

One tuple per iteration, appended at the end of the body. Values that a loop does not change are not saved at all, and a
loop whose backward body reads no more than its counter or its elements runs over these again, reversed.
"""

from collections.abc import Iterable

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives import unchanged
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.inference import kinds
from s2s.codegen.simplifying.dead_code import append_target
from s2s.runtime import support


def placeholder(primal: gast.AST, body: list[gast.AST]) -> gast.AST:
    """A backward loop whose header is written by `connect` once every backward body is finished."""
    loop = gast.For(core.stored("_"), core.tuple_of([]), body, [], None)
    loop.primal = primal
    loop.backward = True
    made = core.from_statement(loop, primal)
    made.hints = {k: v for k, v in getattr(primal, "hints", {}).items() if k == "unroll"}
    return made


def connect(function: core.Function, forward: list[gast.AST], backward: list[gast.AST]) -> set[str]:
    """Writes the headers of all backward loops, inner ones first, and the saving into the forward sweep.

    Returns:
        The names that are saved.
    """
    saved: set[str] = set()
    for statement in () if core.is_straight(backward) else backward:
        for block in core.blocks(statement):
            saved |= connect(function, forward, block)
        if hasattr(statement, "primal"):
            saved |= _connect_loop(function, forward, statement)
    return saved


def _connect_loop(function: core.Function, forward: list[gast.AST], loop: gast.For) -> set[str]:
    primal = loop.primal
    inside = core.assigned([primal])
    unchanged.read_outside(primal, loop)
    needed = missing(loop.body, inside)
    again = iterate_again(function, primal, needed)
    if again is not None:
        loop.iter = again
        _bind_columns(function, loop, needed or [])
        return set()
    columns = [exposed(function, primal.body, n) for n in needed]
    saved = function.fresh(saved_name(function, columns))
    _save_in_forward(function, forward, primal, saved, columns)
    function.references["reversed"] = reversed
    loop.iter = core.call("reversed", core.name(saved))
    _bind_columns(function, loop, needed)
    return set(needed)


def missing(body: list[gast.AST], available: set[str]) -> list[str]:
    """Names of `available` that the statements read and do not assign themselves, in order of first use."""
    read = [n for s in core.walk(body) for n in core.own_reads(s)]
    inside = core.assigned(body)
    return [n for n in dict.fromkeys(read) if n in available and n not in inside]


def iterate_again(function: core.Function, primal: gast.AST, needed: list[str]) -> gast.AST | None:
    """`reversed(range(n))` or `reversed(xs)` where the backward body needs nothing else."""
    if not isinstance(primal, gast.For) or not isinstance(primal.target, gast.Name) or set(needed) - {primal.target.id}:
        return None
    if core.split_guard(primal.body)[1]:
        return None  # how far it came is known from what was saved
    is_range = isinstance(primal.iter, gast.Call)
    if is_range and primal.iter.func.id == "reversed":
        return primal.iter.args[0] if core.is_name(primal.iter.args[0]) else None
    if is_range and primal.iter.func.id != "range":
        return None
    kind = function.kinds.get(primal.iter.id) if core.is_name(primal.iter) else None
    if not is_range and not isinstance(kind, kinds.Numeric | kinds.ListOf | kinds.TupleOf):
        return None
    function.references["reversed"] = reversed
    return core.call("reversed", primal.iter)


def _bind_columns(function: core.Function, loop: gast.For, needed: list[str]) -> None:
    """Gives the saved values names of their own in the backward body: the forward ones may be read after it."""
    versions = {n: function.fresh(function.bases.get(n, n)) for n in needed}
    for n, version in versions.items():
        function.kinds[version] = function.kinds.get(n, kinds.Unknown())
    rename(loop.body, {n: core.name(v) for n, v in versions.items()})
    stored = [core.stored(v) for v in versions.values()]
    loop.target = stored[0] if len(stored) == 1 else gast.Tuple(stored, gast.Store()) if stored else core.stored("_")


def rename(body: Iterable[gast.AST], mapping: dict[str, gast.AST]) -> None:
    """Substitutes names read by statements, in place, in all blocks."""
    for statement in core.walk(body):
        core.replace_header(statement, mapping)


def saved_name(function: core.Function, columns: list[str]) -> str:
    if len(columns) != 1:
        return "saved"
    called = function.saved_by.get(columns[0])
    return f"{called or function.bases.get(columns[0], columns[0])}_saved"


def _save_in_forward(
    function: core.Function, forward: list[gast.AST], primal: gast.AST, saved: str, columns: list[str]
) -> None:
    block = _block_holding(forward, primal)
    at = next(i for i, s in enumerate(block) if s is primal)
    block.insert(at, core.assign(saved, core.list_of([]), primal))
    nodes = [core.name(c) for c in columns]
    entry = nodes[0] if len(nodes) == 1 else core.tuple_of(nodes) if nodes else core.constant(None)
    append = gast.Expr(core.call(gast.Attribute(core.name(saved), "append", gast.Load()), entry))
    at = after_definitions(primal.body, set(columns))
    primal.body.insert(at, core.from_statement(append, primal))


def after_definitions(body: list[gast.AST], columns: set[str]) -> int:
    """Right behind the last of the saved values, so that the loop's variables may keep their names."""
    inner, _ = core.split_join(body)
    defining = [i for i, s in enumerate(inner) if columns & (core.assigned([s]) | _appended(s))]
    return defining[-1] + 1 if defining else 0


def _appended(statement: gast.AST) -> set[str | None]:
    """Lists that a statement, or one inside of it, appends to: they are complete after it."""
    return {append_target(s) for s in core.walk([statement])}


def _block_holding(body: list[gast.AST], wanted: gast.AST) -> list[gast.AST]:
    if any(s is wanted for s in body):
        return body
    for statement in body:
        for block in core.blocks(statement):
            if any(s is wanted for s in core.walk(block)):
                return _block_holding(block, wanted)
    raise LookupError("the loop is not in this function")


def exposed(function: core.Function, body: list[gast.AST], name: str) -> str:
    """A name for the value that is set whatever branch was taken (UNSAVED where the value does not exist)."""
    for statement in body:
        if not isinstance(statement, gast.If) or name not in core.assigned([statement]):
            continue
        if all(name in dict(core.split_join(b)[1]) for b in core.blocks(statement)):
            return name
        return _expose_branch(function, statement, name)
    return name


def _unsaved(function: core.Function) -> gast.AST:
    return core.name(RuleWriter(function, None).alias(support.UNSAVED, "UNSAVED"))


def _expose_branch(function: core.Function, statement: gast.If, name: str) -> str:
    outer = function.fresh(function.bases.get(name, name))
    function.kinds[outer] = function.kinds.get(name, kinds.Unknown())
    for attribute in ("body", "orelse"):
        block = getattr(statement, attribute)
        inside = name in core.assigned(block)
        value = core.name(exposed(function, block, name)) if inside else _unsaved(function)
        inner, joins = core.split_join(block)
        if dict(joins).get(name) is not None:
            value = dict(joins)[name]
        setattr(statement, attribute, [*inner, *core.simultaneous([*joins, (outer, value)], statement)])
    return outer
