"""Updates in place in emitted loops: `a = set_at(a, i, v)` becomes `a = put(a, i, v)`, so that a loop takes O(n).

Only where the array was made in this function, is dead afterwards, and shares memory with nothing that is read later or
belongs to the caller (`aliasing.Sharing`, here over the emitted statements). Views that are saved are saved as copies,
and a loop that starts from an array of the caller's starts from a copy. `put` returns the array, so that the text means
the same where nothing can be written in place, as under staging.
"""

from collections.abc import Iterable
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.inference import aliasing
from s2s.codegen.inference.kinds import Numeric
from s2s.codegen.simplifying.dead_code import append_target
from s2s.codegen.simplifying.shapes import called_primitive

IN_PLACE = {"set_at": "put", "add_at": "put_add"}
# NumPy functions whose result may share memory with their operands, beside the views of `aliasing`.
SOMETIMES_VIEWS = {*aliasing.VIEWS, "conjugate", "conj", "einsum", "array", "clip", "real_if_close", "nan_to_num"}
FRESH_HELPERS = {"set_at", "add_at", "put", "put_add", "getitem_bar", "set_at_bar", "zeros_like", "copy"}
PLAIN_CALLS = ("len", "range", "float", "int", "bool")


def run(function: core.Function, body: list[gast.AST], parameters: Iterable[str]) -> None:
    """Rewrites the updates in the loops of one emitted function, in place."""
    candidates = _candidates(function, body)
    if not candidates:
        return
    outside = set(parameters)
    allowed = _allowed(function, body, candidates, outside)
    entries = {id(s): _entry_of(body, s) for s in candidates if id(s) not in allowed}
    if any(t is not None for t in entries.values()):
        allowed = _with_copies(function, body, candidates, outside, entries)
    if allowed:
        _rewrite(function, body, [s for s in candidates if id(s) in allowed])


def _with_copies(
    function: core.Function,
    body: list[gast.AST],
    candidates: list[gast.AST],
    outside: set[str],
    entries: dict[int, str | None],
) -> set[int]:
    """What is allowed where loops start from copies of the arrays that they cannot update otherwise; makes these."""
    copies = Copies(function, body)
    for target in sorted({t for t in entries.values() if t is not None}):
        copies.make(target)
    more = _allowed(function, body, candidates, outside)
    for target in copies.made.keys() - {t for i, t in entries.items() if i in more}:
        copies.undo(target)
    return _allowed(function, body, candidates, outside)


class Copies:
    """Copies of the arrays that loops start from, made and taken back."""

    def __init__(self, function: core.Function, body: list[gast.AST]):
        self.function = function
        self.body = body
        self.writer = RuleWriter(function, None)
        self.made: dict[str, tuple[gast.AST, gast.AST]] = {}

    def make(self, target: str) -> None:
        """`c = np.copy(v)` before the loop, which is entered with c in place of v."""
        block, at = _first_definition(self.body, target)
        old = block[at]
        value = dict(core.split_join([old])[1])[target]
        name = self.function.fresh(self.function.bases.get(target, target))
        copy = core.assign(name, core.call(self.writer.numpy("copy"), value), old)
        copy.derived = True
        copy.overwrites = frozenset(core.reads(value))  # so that the old name is not read after it
        pairs = [(t, core.name(name) if t == target else v) for t, v in core.split_join([old])[1]]
        (new,) = core.simultaneous(pairs, old)
        new.__dict__.update({k: v for k, v in old.__dict__.items() if k in ("backward", "derived")})
        block[at : at + 1] = [copy, new]
        self.made[target] = (copy, value)

    def undo(self, target: str) -> None:
        copy, value = self.made.pop(target)
        block, at = _first_definition(self.body, copy.targets[0].id)
        del block[at]
        for statement in core.walk(self.body):
            core.replace_header(statement, {copy.targets[0].id: value})


def _first_definition(body: list[gast.AST], name: str) -> tuple[list[gast.AST], int]:
    for at, statement in enumerate(body):
        if name in core.targets(statement):
            return body, at
        for block in core.blocks(statement):
            if name in core.assigned(block):
                return _first_definition(block, name)
    raise LookupError(name)


def _candidates(function: core.Function, body: list[gast.AST]) -> list[gast.AST]:
    loops = [s for s in core.walk(body) if isinstance(s, gast.For | gast.While)]
    if not loops:
        return []
    inside = {id(s): s for loop in loops for s in core.walk(loop.body)}
    arrays = known_arrays(function, body)
    return [s for s in inside.values() if updated(function, s) in arrays]


def updated(function: core.Function, statement: gast.AST) -> str | None:
    """The name `a` of `b = set_at(a, i, v)`."""
    value = statement.value if isinstance(statement, gast.Assign) and not core.is_join(statement) else None
    if type(value) is not gast.Call or not value.args or not core.is_name(value.args[0]):
        return None
    primitive = called_primitive(function, value)
    return value.args[0].id if primitive is not None and primitive.name in IN_PLACE else None


def known_arrays(function: core.Function, body: list[gast.AST]) -> set[str]:
    """Names of arrays, adjoints and tangents of such included."""

    def is_array(name: str) -> bool:
        kind = function.kinds.get(name, function.kinds.get(function.shaped_like.get(name, "")))
        return isinstance(kind, Numeric) and not kind.scalar

    statements = core.walk(body)
    pairs = [(t, v.id) for s in statements if core.is_join(s) for t, v in core.split_join([s])[1] if core.is_name(v)]
    pairs += [(core.targets(s)[0], n) for s in statements if (n := updated(function, s)) is not None]
    found = {n for pair in pairs for n in pair if is_array(n)}
    while grown := {a for t, v in pairs for a in (t, v) if {t, v} & found} - found:
        found |= grown
    return found


def _allowed(function: core.Function, body: list[gast.AST], candidates: list[gast.AST], outside: set[str]) -> set[int]:
    """Ids of the candidates that may be done in place, if all of them are: the greatest such set."""
    allowed = {id(s) for s in candidates}
    local = core.assigned(body)
    while True:
        sharing = EmittedSharing(function, body, allowed)
        later = _LiveAfter(body, allowed).after
        bad = set()
        for statement in (s for s in candidates if id(s) in allowed):
            owner = statement.value.args[0].id
            shared = {owner, *sharing.at_write[id(statement)][owner]}
            if any(n in later[id(statement)] or n in outside or n not in local for n in shared):
                bad.add(id(statement))
        if not bad:
            return allowed
        allowed -= bad


def _entry_of(body: list[gast.AST], statement: gast.AST) -> str | None:
    """The variable that the outermost loop around carries the updated array in."""
    defined: dict[str, gast.AST] = {}
    for s in core.walk(body):
        for target in core.targets(s):
            defined.setdefault(target, s)
    name, found, seen = statement.value.args[0].id, None, set()
    while name in defined and name not in seen:
        seen.add(name)
        definition = defined[name]
        if core.is_join(definition):
            value = dict(core.split_join([definition])[1])[name]
            found = name
            name = value.id if core.is_name(value) else ""
        elif type(definition.value) is gast.Call and definition.value.args and core.is_name(definition.value.args[0]):
            name = definition.value.args[0].id if _is_update(definition) else ""
        else:
            name = ""
    return found


def _is_update(statement: gast.AST) -> bool:
    return isinstance(statement.value.func, gast.Name) and statement.value.func.id.startswith(tuple(IN_PLACE))


class EmittedSharing(aliasing.Sharing):
    """Sharing of memory between the names of an emitted function, given which updates are done in place."""

    def __init__(self, function: core.Function, body: list[gast.AST], in_place: set[int]):
        self.in_place = in_place
        self.saved: dict[int, dict[str, set[str]]] = {}
        self.items: set[str] = set()
        self.body = body
        super().__init__(function)

    def _block(self, body: list[gast.AST]) -> None:
        super()._block(self.body if body is self.function.body else body)

    def _statement(self, statement: gast.AST) -> None:
        if isinstance(statement, gast.If | gast.For | gast.While) or core.is_join(statement):
            super()._statement(statement)
        elif id(statement) in self.in_place:
            self._update(statement)
        elif isinstance(statement, gast.Assign):
            self._define(core.targets(statement), sources(self.function, statement.value))
            if isinstance(statement.value, gast.Subscript):
                self.items.update(core.targets(statement))
        elif (target := append_target(statement)) is not None:
            self._append(statement, target)

    def _update(self, statement: gast.AST) -> None:
        owner, target = statement.value.args[0].id, core.targets(statement)[0]
        self._forget(target)
        recorded = self.at_write.setdefault(id(statement), {})
        recorded[owner] = recorded.get(owner, set()) | self.others(owner)
        self._pair_all(target, set(self.others(owner)))

    def _append(self, statement: gast.AST, target: str) -> None:
        """What is saved is shared, but for items, of which copies are saved where that matters."""
        seen = self.saved.setdefault(id(statement), {})
        for name in core.reads(statement.value.args[0]):
            if name in self.items:
                seen[name] = seen.get(name, set()) | self.others(name)
            else:
                self._shares(target, [name])

    def _shares(self, target: str, sources: Iterable[str]) -> None:
        if aliasing.is_immutable(self.function.kinds.get(target)):
            return
        for source in sources:
            if not aliasing.is_immutable(self.function.kinds.get(source)):
                self._pair_all(target, {source, *self.others(source)})


def sources(function: core.Function, value: gast.AST) -> list[str]:
    """What the value of an emitted expression may share memory with."""
    kind = type(value)
    if core.is_literal(value) or kind in (gast.UnaryOp, gast.Compare, gast.BoolOp, gast.JoinedStr):
        return []
    if kind is gast.BinOp:
        known = [function.kinds.get(n) for n in core.reads(value)]
        return core.reads(value) if any(k is not None and not isinstance(k, Numeric) for k in known) else []
    if kind is gast.Subscript:
        return core.reads(value.value)
    if kind is gast.Attribute and value.attr in aliasing.PLAIN_ATTRIBUTES:
        return []
    return _sources_of_call(function, value) if kind is gast.Call else core.reads(value)


def _sources_of_call(function: core.Function, value: gast.Call) -> list[str]:
    primitive = called_primitive(function, value)
    if primitive is not None and _is_fresh(primitive):
        return []
    if primitive is None and isinstance(value.func, gast.Attribute) and value.func.attr == "copy":
        return []
    if isinstance(value.func, gast.Name) and value.func.id in PLAIN_CALLS:
        return []
    return core.reads(value)


def _is_fresh(primitive: Any) -> bool:
    """Does the operation always make a new array?"""
    if primitive.name in FRESH_HELPERS:
        return True
    if primitive.name in SOMETIMES_VIEWS or primitive.result_kind != "array":
        return False
    return any(getattr(f, "__module__", None) in ("numpy", "numpy.linalg") for f in primitive.functions) or any(
        type(f).__name__ == "ufunc" for f in primitive.functions
    )


class _LiveAfter(aliasing.Liveness):
    """Names read after the statements of these ids."""

    def __init__(self, body: list[gast.AST], wanted: set[int]):
        self.wanted = wanted
        super().__init__(body)

    def is_wanted(self, statement: gast.AST) -> bool:
        return id(statement) in self.wanted


# Rewriting -------------------------------------------------------------------------------------------------------


def _rewrite(function: core.Function, body: list[gast.AST], chosen: list[gast.AST]) -> None:
    writer = RuleWriter(function, None)
    sharing = EmittedSharing(function, body, {id(s) for s in chosen})
    changing = {n for s in chosen for n in (s.value.args[0].id, *core.targets(s))}
    for statement in chosen:
        owner = statement.value.args[0].id
        helper = writer.support(IN_PLACE[called_primitive(function, statement.value).name])
        statement.value = core.call_of(helper, statement.value.args, statement.value.keywords)
        statement.overwrites = frozenset({owner, *sharing.at_write[id(statement)][owner]})
    for statement in core.walk(body):
        views = {n for n, others in sharing.saved.get(id(statement), {}).items() if others & changing}
        if views:
            _save_copies(writer, statement, views)


def _save_copies(writer: RuleWriter, statement: gast.AST, views: set[str]) -> None:
    kept = {n: core.call(writer.support("kept"), core.name(n)) for n in sorted(views)}
    call = statement.value
    statement.value = core.call_of(call.func, [core.substitute(call.args[0], kept)], call.keywords)


__all__ = ["run"]
