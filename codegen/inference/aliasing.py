"""In-place writes: making a new version gives NumPy's numbers only if nobody goes on to see the old one.

What may share memory with a version is found as pairs of names, to a fixpoint over the whole function. A write is
refused where such a name is read later and the desugarer has not given it a new version as well (`versions.write`).
"""

from collections.abc import Iterable
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring import checked_writes, indexed_loops
from s2s.codegen.diagnostics import Diagnostics
from s2s.codegen.inference import call_aliases, element_writes, heaps
from s2s.codegen.inference.effects import argument_at
from s2s.codegen.inference.kinds import DictOf, ListOf, MapOf, Numeric, Static, TupleOf, show

# Primitives whose result may share memory with their first operand.
VIEWS = {
    "getitem", "reshape", "ravel", "transpose", "swapaxes", "moveaxis", "squeeze", "expand_dims", "broadcast_to",
    "diagonal", "diag", "asarray", "ascontiguousarray", "atleast_1d", "atleast_2d", "atleast_3d", "real", "imag",
    "flip", "flipud", "fliplr", "rot90", "astype", "matrix_transpose", "split", "array_split", "positive",
    "broadcast_arrays", "hsplit", "vsplit", "dsplit", "unstack",
}  # fmt: skip
# Attributes that are no arrays.
PLAIN_ATTRIBUTES = ("shape", "ndim", "size", "dtype", "nbytes", "itemsize")
# Those whose result may share memory with any of their operands.
KEEPING = {
    "choose", "reread", "as_written", "acc", "items", "from_items", "instantiate", "entry_set", "entry_new",
    "entry_added", "entry_removed", "entry_restored", "list_append", "list_pop", "list_pop_at", "list_insert",
    "list_pop_inserted", "list_insert_popped", "list_extend", "join_tuples", "list_split_last", "list_repeat",
    "list_reordered",
}  # fmt: skip


def writes(statement: gast.AST) -> list[tuple[str, str]]:
    """(old version, new version) of what a statement writes in place."""
    slots = statement.__dict__
    if slots.get("in_place", False):
        owner = owner_of(statement)
        return [(owner.id, core.targets(statement)[0])] if core.is_name(owner) else []
    found: list[tuple[str, str]] = slots.get("writes", [])
    return found


def owner_of(statement: gast.AST) -> gast.AST:
    """What an in-place statement writes: x of `x += y`, and of `x = set_at(x, i, v)`."""
    value = statement.value
    if isinstance(value, gast.Name):
        return value
    return value.left if isinstance(value, gast.BinOp) else value.args[0]


def check(function: core.Function, diagnostics: Diagnostics, visible: Iterable[str] = ()) -> None:
    """Refuses writes that other names would have to show; what a further desugaring can do about them is noted.

    Args:
        visible: parameters whose objects callers go on to see.
    """
    written = [s for s in core.walk(function.body) if writes(s)]
    for statement in written:
        _refuse_elements(function, diagnostics, statement)
    if not written:
        return
    sharing = Sharing(function)
    later = Liveness(function.body).after
    meeting, reported = _check_elements(function, diagnostics, written, sharing, later)
    call_aliases.check(function, diagnostics, sharing, is_immutable, meeting)
    written = [
        s
        for s in written
        if id(s) not in reported and not s.__dict__.get("follows", False) and not _is_of_container(function, s)
    ]
    for statement in written:
        for old, _ in writes(statement):
            seen = meeting.get((id(statement), old), later[id(statement)])
            _check_write(function, diagnostics, statement, old, sharing, later[id(statement)] & seen, set(visible))


def _check_elements(
    function: core.Function, diagnostics: Diagnostics, written: list[gast.AST], sharing: "Sharing", later: Any
) -> tuple[dict[tuple[int, str], set[str]], set[int]]:
    """Refuses writes that something in a container would have to show; which names may show a write."""
    if not element_writes.may_matter(function, [pair for s in written for pair in writes(s)]):
        return {}, set()
    checker = element_writes.Checker(function, VIEWS, KEEPING, sharing.at_write, later, diagnostics)
    checker.run()
    return checker.meeting, checker.reported


def shares_parts(function: core.Function) -> bool:
    """May what the function returns, or has written, be in two places of it?"""
    return heaps.shares(function, VIEWS, KEEPING)


def _refuse_elements(function: core.Function, diagnostics: Diagnostics, statement: gast.AST) -> None:
    if getattr(statement, "in_place", False) and is_element_write(statement):
        kind: Any = function.kinds.get(owner_of(statement).id)
        is_part = isinstance(kind, TupleOf) and statement.__dict__.get("follows", False)
        if not isinstance(kind, Numeric | ListOf | DictOf | MapOf) and not is_part:
            diagnostics.report(statement, f"writing an element of {show(kind)} is not supported yet", "build a new one")


def _check_write(
    function: core.Function,
    diagnostics: Diagnostics,
    statement: gast.AST,
    old: str,
    sharing: "Sharing",
    later: set[str],
    visible: set[str],
) -> None:
    kind: Any = function.kinds.get(old)
    if is_immutable(kind) or (isinstance(statement.value, gast.BinOp) and not isinstance(kind, Numeric)):
        return
    others = sharing.at_write[id(statement)][old]
    seen = (others & later) | ((others & visible) - sharing.roots(old)) | ({old} & later)
    seen -= set(getattr(statement, "handled", ()))
    found = sorted(n for n in seen if not is_immutable(function.kinds.get(n)))
    is_own = statement.__dict__.get("home") is None
    augmented = getattr(statement, "augmented", None) if is_own else None
    known = augmented is None or function.facts.at("augmented", augmented)
    if (found or sharing.roots(old) & visible) and not known and function.facts.note("augmented", augmented, True):
        return
    if found and is_own and indexed_loops.note(function, statement, found):
        return
    if found and not checked_writes.checked(function, statement, old):
        _refuse(function, diagnostics, statement, old, found[0])


def is_element_write(statement: gast.AST) -> bool:
    """Is it `set_at` or `add_at`?"""
    called = statement.value.func if isinstance(statement.value, gast.Call) else None
    return isinstance(called, gast.Name) and called.id.startswith(("set_at", "add_at"))


def _refuse(function: core.Function, diagnostics: Diagnostics, statement: gast.AST, old: str, other: str) -> None:
    shown = [repr(function.bases.get(n, n)) for n in (old, other)]
    where = _line_of(function, other)
    diagnostics.report(
        statement,
        f"{shown[0]} may be an alias or a view of {shown[1]} (of {where}), which is read later, and which "
        "this in-place write would change, too",
        "copy the array first, or make a new one (`x = x + y` instead of `x += y`)",
    )


def _line_of(function: core.Function, name: str) -> str:
    for statement in core.walk(function.body):
        if name in core.targets(statement) and getattr(statement, "origin", None):
            return f"line {statement.origin[1]}"
    return "the caller"


def is_immutable(kind: Any) -> bool:
    return isinstance(kind, Static) or (isinstance(kind, Numeric) and kind.scalar)


def _is_of_container(function: core.Function, statement: gast.AST) -> bool:
    return all(isinstance(function.kinds.get(old), ListOf | DictOf | MapOf) for old, _ in writes(statement))


def written_parameters(function: core.Function) -> list[str]:
    """Parameters whose objects the function writes."""
    written = [old for s in core.walk(function.body) for old, _ in writes(s)]
    written = [n for n in written if not is_immutable(function.kinds.get(n))]
    if not written:
        return []
    sharing = Sharing(function)
    roots = set().union(*[sharing.roots(n) for n in written])
    return [p for p in function.parameters if p in roots]


def kept_parameters(function: core.Function) -> list[frozenset[str]]:
    """For each part of what the function returns (one, if that is no tuple built there), the parameters in it."""
    sharing = Sharing(function)
    value = function.body[-1].value
    built = [s for s in core.walk(function.body) if core.is_name(value) and core.targets(s) == [value.id]]
    parts = [value]
    if len(built) == 1 and isinstance(built[0].value, gast.Tuple):
        parts = built[0].value.elts
    known = frozenset(function.parameters)
    found = [sharing.others(n.id) | sharing.roots(n.id) | {n.id} if core.is_name(n) else set() for n in parts]
    return [known & part for part in found]


class Sharing:
    """Which names may share memory, after each statement: pairs, followed through branches and to a fixpoint in loops.

    A version after a write takes the place of the one before. `roots` are the parameters that a name is a version of;
    `at_write` is what a written version shared with before the write, by statement and version.
    """

    def __init__(self, function: core.Function):
        self.function = function
        self.pairs: dict[str, set[str]] = {}
        self.parts: dict[str, list[list[gast.AST]]] = {}  # results of a call with effects
        self.parameters: dict[str, set[str]] = {p: {p} for p in function.parameters}
        self.at_write: dict[int, dict[str, set[str]]] = {}
        self.at_call: dict[int, list[tuple[gast.AST, set[str]]]] = {}
        self._block(function.body)

    def others(self, name: str) -> set[str]:
        return self.pairs.get(name, set())

    def roots(self, name: str) -> set[str]:
        return self.parameters.get(name, set())

    # Statements --------------------------------------------------------------------------------------------------

    def _block(self, body: list[gast.AST]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, statement: gast.AST) -> None:
        if isinstance(statement, gast.If):
            self._branch(statement)
        elif isinstance(statement, gast.For | gast.While):
            self._loop(statement)
        elif not isinstance(statement, gast.Assign):
            return
        elif core.is_join(statement):
            self._join(core.split_join([statement])[1])
        elif writes(statement) or (core.is_name(statement.value) and statement.value.id in self.parts):
            self._write(statement)
        elif getattr(statement, "effects", None) and statement.operation.form == "call":
            self.parts[core.targets(statement)[0]] = kept_arguments(statement.operation)
            written = [argument_at(statement.value, p) for p in statement.effects]
            self.at_call[id(statement)] = [(n, set(self.others(n.id))) for n in written if core.is_name(n)]
        else:
            self._define(core.targets(statement), list(kept_sources(self.function, statement)))

    def _branch(self, statement: gast.If) -> None:
        before = self._copy()
        self._block(statement.body)
        after, self.pairs = self.pairs, before
        self._block(statement.orelse)
        self._merge(after)

    def _loop(self, statement: gast.AST) -> None:
        while True:
            before, roots = self._copy(), {n: set(r) for n, r in self.parameters.items()}
            if isinstance(statement, gast.For):
                self._define(core.targets(statement), core.own_reads(statement))
            self._block(statement.body)
            self._merge(before)
            if self.parameters == roots and _without_empty(self.pairs) == _without_empty(before):
                return

    def _copy(self) -> dict[str, set[str]]:
        return {n: set(others) for n, others in self.pairs.items()}

    def _merge(self, pairs: dict[str, set[str]]) -> None:
        for name, others in pairs.items():  # each pair is there both ways
            mine = self.pairs.get(name)
            if mine is None:
                self.pairs[name] = set(others)
            else:
                mine |= others

    def _define(self, targets: list[str], sources: list[str]) -> None:
        for target in targets:
            self._forget(target)
        for target in targets:
            self._shares(target, sources)

    def _join(self, pairs: list[tuple[str, gast.AST]]) -> None:
        """Simultaneous: two targets share if their values do; a target shares with its value and with its company."""
        named = [(t, v.id) for t, v in pairs if core.is_name(v) and not is_immutable(self.function.kinds.get(t))]
        company = {value: {*self.others(value), value} for _, value in named}
        targets = [t for t, _ in pairs]
        for target in targets:
            self._forget(target)
        for target, value in named:
            self._add_roots(target, self.roots(value))
            self._pair_all(target, company[value].difference(targets))
            for also, its_value in named:
                if also != target and its_value in company[value]:
                    self._pair(target, also)

    def _write(self, statement: gast.AST) -> None:
        for target in core.targets(statement):
            self._forget(target)
        seen = {old: set(self.others(old)) for old, _ in writes(statement)}
        recorded = self.at_write.setdefault(id(statement), {})
        for old, others in seen.items():
            recorded[old] = recorded.get(old, set()) | others
        written = dict((new, old) for old, new in writes(statement))
        parts = self.parts.get(statement.value.id) if core.is_name(statement.value) else None
        for i, target in enumerate(core.targets(statement)):
            if target in written:
                self._add_roots(target, self.roots(written[target]))
                self._pair_all(target, seen[written[target]])
            self._shares(target, core.reads(parts[i]) if parts is not None else [])
        if getattr(statement, "in_place", False):
            self._shares(core.targets(statement)[0], stored_sources(self.function, statement))
        elif hasattr(statement, "change"):
            self._shares(core.targets(statement)[0], core.own_reads(statement))

    # Pairs -------------------------------------------------------------------------------------------------------

    def _shares(self, target: str, sources: Iterable[str]) -> None:
        if is_immutable(self.function.kinds.get(target)):
            return
        for source in sources:
            if is_immutable(self.function.kinds.get(source)) or source not in self.function.kinds:
                continue
            self._pair_all(target, {source, *self.others(source)})

    def _pair(self, a: str, b: str) -> None:
        if a != b:
            self.pairs.setdefault(a, set()).add(b)
            self.pairs.setdefault(b, set()).add(a)

    def _pair_all(self, name: str, others: set[str]) -> None:
        mine = self.pairs.setdefault(name, set())
        new = others - mine
        new.discard(name)
        mine |= new
        for other in new:
            self.pairs.setdefault(other, set()).add(name)

    def _forget(self, name: str) -> None:
        """A name is about to be defined: what it was in an iteration before is gone."""
        for other in self.pairs.pop(name, ()):
            self.pairs[other].discard(name)

    def _add_roots(self, name: str, roots: set[str]) -> None:
        self.parameters.setdefault(name, set()).update(roots)


def _without_empty(pairs: dict[str, set[str]]) -> dict[str, set[str]]:
    return {n: others for n, others in pairs.items() if others}


def kept_sources(function: core.Function, statement: gast.Assign) -> Iterable[str]:
    """What the statement reads and its result may share memory with."""
    value, operation = statement.value, getattr(statement, "operation", None)
    if core.is_literal(value) or (isinstance(value, gast.Attribute) and value.attr in PLAIN_ATTRIBUTES):
        return []
    primitive = operation.primitive if operation is not None else None
    if primitive is not None:
        if primitive.name in KEEPING:
            return core.own_reads(statement)
        keeps = primitive.name in VIEWS
        return core.reads(operation.binding[primitive.parameters[0].lstrip("*")]) if keeps else []
    if operation is not None and operation.form == "call":
        return core.reads([node for part in kept_arguments(operation) for node in part])
    if isinstance(value, gast.BinOp | gast.Compare | gast.BoolOp | gast.JoinedStr):
        return [] if isinstance(value, gast.BinOp) and all_numeric(function, value) else core.own_reads(statement)
    return core.own_reads(statement)


def kept_arguments(operation: Any) -> list[list[gast.AST]]:
    """For each part of a call's result, the arguments that it may share memory with."""
    binding = operation.binding
    if operation.callee is None:
        return [[n for n in binding.values() if n is not None]]
    return [[binding[p] for p in sorted(part) if p in binding] for part in operation.callee.kept]


def all_numeric(function: core.Function, node: gast.BinOp) -> bool:
    return any(isinstance(function.kinds.get(n), Numeric) for n in core.reads(node))


def stored_sources(function: core.Function, statement: gast.Assign) -> list[str]:
    """What a write puts into its owner: an array copies it, a container refers to it."""
    if isinstance(statement.value, gast.BinOp) or isinstance(function.kinds.get(owner_of(statement).id), Numeric):
        return []
    return [n for n in core.own_reads(statement) if n != owner_of(statement).id]


class Liveness:
    """`after`: id of each statement that writes to the names read after it (Aho et al., Compilers, §9.2.5)."""

    def __init__(self, body: list[gast.AST]):
        self.after: dict[int, set[str]] = {}
        self._block(body, set())

    def is_wanted(self, statement: gast.AST) -> bool:
        return bool(writes(statement))

    def _block(self, body: list[gast.AST], live: set[str]) -> set[str]:
        for statement in reversed(body):
            live = self._statement(statement, live)
        return live

    def _statement(self, statement: gast.AST, live: set[str]) -> set[str]:
        read = set(core.own_reads(statement))
        if isinstance(statement, gast.If):
            return self._block(statement.body, live) | self._block(statement.orelse, live) | read
        if isinstance(statement, gast.For | gast.While):
            return self._loop(statement, live | read, set(core.targets(statement)))
        if self.is_wanted(statement):
            self.after[id(statement)] = self.after.get(id(statement), set()) | live
        return (live - set(core.targets(statement))) | read | set(core.free_reads(core.header(statement)))

    def _loop(self, statement: gast.AST, at_head: set[str], bound: set[str]) -> set[str]:
        while True:
            grown = at_head | (self._block(statement.body, set(at_head)) - bound)
            if grown == at_head:
                return at_head
            at_head = grown
