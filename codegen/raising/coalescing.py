"""Merges versions of one name whose live ranges do not interfere, so that people read `x_bar`, not `x_bar_7`.

Interference from liveness on structured code, then greedy colouring by preference (Chaitin et al., 1981): each version
asks for its base name, then for the name of a version it is copied from or to, then for `base_1`, `base_2`, …
"""

from collections.abc import Iterable, Set

import gast

from s2s.codegen.core import core
from s2s.codegen.printing.text_length import text_length
from s2s.codegen.raising.nested_values import Nested, written_out


def run(function: core.Function, body: list[gast.AST], parameters: list[str], nested: Nested) -> list[gast.AST]:
    """Renames every local of `body`; copies of a name to itself disappear.

    What is `nested` is written down on this occasion: names that statements read to the values in their place.
    """
    interference = Interference(nested)
    interference.block(body, 0)
    interference.define_together(parameters, interference.entry)
    names = _colour(function, body, parameters, interference)
    _rename(body, names, nested)
    return _without_self_copies(body)


class Interference:
    """Which names are live at the same time; `edges` holds each pair under one of the two, at least.

    Sets of names are integers with a bit for each name; a nested value is all the names that it reads.
    """

    def __init__(self, nested: Nested) -> None:
        self.bits: dict[str, int] = {}
        self.edges: dict[str, int] = {}
        self.entry = 0
        self.nested = nested
        for name, value in nested.items():
            self.bits[name] = self.set_of(core.remembered_reads(value))

    def bit(self, name: str) -> int:
        found = self.bits.get(name)
        if found is None:
            found = self.bits[name] = 1 << len(self.bits)
        return found

    def set_of(self, names: Iterable[str]) -> int:
        found, bits = 0, self.bits
        for name in names:
            found |= bits[name] if name in bits else self.bit(name)
        return found

    def block(self, body: list[gast.AST], live: int) -> int:
        """Names live before the block, given those live after it."""
        for statement in reversed(body):
            live = self.statement(statement, live)
        self.entry = live
        return live

    def statement(self, statement: gast.AST, live: int) -> int:
        kind = type(statement)
        if kind is gast.If:
            arms = self.block(statement.body, live) | self.block(statement.orelse, live)
            return arms | self.set_of(core.own_reads(statement))
        if kind is gast.For or kind is gast.While:
            return self._loop(statement, live)
        names = core.targets(statement)
        if not names:
            return live | self.set_of(core.own_reads(statement))
        bound = self.set_of(names)
        self._define(statement, names, live | bound)
        return live & ~bound | self.set_of(core.own_reads(statement))

    def _loop(self, statement: gast.AST, live: int) -> int:
        own, names = self.set_of(core.own_reads(statement)), core.targets(statement)
        bound = self.set_of(names)
        at_head = live | (own if isinstance(statement, gast.While) else 0)
        while True:
            before = self.block(statement.body, at_head)
            self.define_together(names, before)
            grown = at_head | (before & ~bound)
            if grown == at_head:
                return at_head | own
            at_head = grown

    def _define(self, statement: gast.AST, names: list[str], live: int) -> None:
        copied = _copies(statement)
        for name in names:
            source = copied.get(name)
            others = live if source is None or source in self.nested else live & ~self.bit(source)
            self._conflict(name, others)

    def define_together(self, names: list[str], live: int) -> None:
        live |= self.set_of(names)
        for name in names:
            self._conflict(name, live)

    def _conflict(self, name: str, others: int) -> None:
        self.edges[name] = self.edges.get(name, 0) | others & ~self.bit(name)


def _copies(statement: gast.AST) -> dict[str, str | None]:
    """Target to the name that it copies, for plain and simultaneous copies."""
    if type(statement) is not gast.Assign:
        return {}
    value = statement.value
    if type(statement.targets[0]) is gast.Name:
        return {statement.targets[0].id: value.id} if type(value) is gast.Name else {}
    if type(value) is gast.Tuple:
        names = core.targets(statement)
        return {n: v.id for n, v in zip(names, value.elts, strict=True) if type(v) is gast.Name}
    return {}


def _colour(
    function: core.Function, body: list[gast.AST], parameters: list[str], interference: Interference
) -> dict[str, str]:
    statements, nested = core.walk(body), interference.nested
    in_order = dict.fromkeys([t for s in statements for t in core.targets(s)])
    expressions = [*map(core.header, statements), *nested.values()]
    reserved = _reserved(function, expressions, {*in_order, *parameters, *nested})
    partners = _copy_partners(statements)
    colours = Colours(interference, reserved)
    for parameter in parameters:
        colours.choose(parameter, parameter)
    for name in in_order:
        if name in colours.chosen:
            continue
        wishes = _wishes(function, name, colours.chosen, partners)
        wish = next((w for w in wishes if colours.is_free(w, name)), None)
        colours.choose(name, wish or _numbered(wishes[0], name, colours))
    return colours.chosen


class Colours:
    """The names chosen so far, and for each of them what has it and what is live together with that."""

    def __init__(self, interference: Interference, reserved: Set[str]) -> None:
        self.interference = interference
        self.reserved = reserved
        self.chosen: dict[str, str] = {}
        self.members: dict[str, int] = {}
        self.near: dict[str, int] = {}

    def choose(self, name: str, colour: str) -> None:
        bit, edges = self.interference.bit(name), self.interference.edges.get(name, 0)
        if colour in self.members:
            bit, edges = self.members[colour] | bit, self.near[colour] | edges
        self.chosen[name], self.members[colour], self.near[colour] = colour, bit, edges

    def is_free(self, colour: str, name: str) -> bool:
        """Is nothing live together with this one called so?"""
        if colour in self.reserved:
            return False
        members = self.members.get(colour)
        if members is None:
            return True
        interference = self.interference
        return not (members & interference.edges.get(name, 0) or self.near[colour] & interference.bits.get(name, 0))


def _reserved(function: core.Function, expressions: list[gast.AST | None], local: Set[str]) -> set[str]:
    """Names that locals must not take: globals that the body reads."""
    reserved = set(function.references)
    known = reserved | local
    for expression in expressions:
        if expression is not None and not known.issuperset(core.remembered_reads(expression)):
            found = {n for n in core.free_reads(expression) if n not in local}
            reserved |= found
            known |= found
    return reserved


def _wishes(function: core.Function, name: str, chosen: dict[str, str], partners: dict[str, list[str]]) -> list[str]:
    base = function.bases.get(name, name)
    if name not in partners:  # most
        return [base]
    near = [chosen[p] for p in partners[name] if p in chosen and function.bases.get(p, p) == base]
    return [base, *near]


def _numbered(base: str, name: str, colours: Colours) -> str:
    i = 1
    while not colours.is_free(f"{base}_{i}", name):
        i += 1
    return f"{base}_{i}"


def _copy_partners(statements: list[gast.AST]) -> dict[str, list[str]]:
    partners: dict[str, list[str]] = {}
    for statement in statements:
        for target, source in _copies(statement).items():
            if source is not None:
                partners.setdefault(target, []).append(source)
                partners.setdefault(source, []).append(target)
    return partners


def _rename(body: list[gast.AST], names: dict[str, str], nested: Nested) -> None:
    mapping = written_out(nested, {old: core.name(new) for old, new in names.items() if old != new})
    for statement in core.walk(body):
        core.replace_header(statement, mapping)
        if mapping.keys().isdisjoint(core.targets(statement)):
            continue
        if type(statement) is gast.Assign:
            statement.targets = [_renamed_target(t, names) for t in statement.targets]
        else:
            statement.target = _renamed_target(statement.target, names)


def _renamed_target(target: gast.AST, names: dict[str, str]) -> gast.AST:
    if type(target) is gast.Name:
        return core.stored(names.get(target.id, target.id))
    return core.made(gast.Tuple, elts=[_renamed_target(e, names) for e in target.elts], ctx=core.STORE)


def _without_self_copies(body: list[gast.AST]) -> list[gast.AST]:
    kept: list[gast.AST] = []
    for statement in body:
        if type(statement) in core.COMPOUND:
            statement.body = _without_self_copies(statement.body)
            if type(statement) is gast.If:
                statement.orelse = _without_self_copies(statement.orelse)
            kept.extend(_without_empty_blocks(statement))
        else:
            kept += _reduced_copy(statement)
    return kept


def _without_empty_blocks(statement: gast.AST) -> list[gast.AST]:
    """A branch with nothing to do is dropped; if only the first one is empty, the test is negated.

    Loops stay: dead ones are gone by now, and one without a body still sets its target.
    """
    if not isinstance(statement, gast.If):
        statement.body = statement.body or [gast.Pass()]
    if statement.body:
        return [statement]
    if not statement.orelse:
        return []
    statement.test, statement.body, statement.orelse = negated(statement.test), statement.orelse, []
    return [statement]


def negated(test: gast.AST) -> gast.AST:
    if isinstance(test, gast.UnaryOp) and isinstance(test.op, gast.Not):
        return test.operand
    return gast.UnaryOp(gast.Not(), test)


def _reduced_copy(statement: gast.AST) -> list[gast.AST]:
    if type(statement) is not gast.Assign:
        return [statement]
    target, value = statement.targets[0], statement.value
    if type(target) is gast.Name:
        return [] if _is(value, target.id) else [statement]
    if type(value) is not gast.Tuple:
        return [statement]
    pairs = [(t.id, v) for t, v in zip(target.elts, value.elts, strict=True) if not _is(v, t.id)]
    return _separated(pairs, statement)


def _is(node: gast.AST, name: str) -> bool:
    return type(node) is gast.Name and node.id == name


def _separated(pairs: list[tuple[str, gast.AST]], statement: gast.AST) -> list[gast.AST]:
    """One statement for each pair where their order does not matter, else the simultaneous one.

    What adjoints start from, as `a_bar, b_bar = np.zeros_like(a), np.zeros_like(b)`, stays together, and so do the
    user's copies, `x, v = x0, v0`.
    """
    targets = [t for t, _ in pairs]
    independent = all(not set(core.reads(v)) & set(targets[:i]) for i, (_, v) in enumerate(pairs))
    if not independent:
        return core.simultaneous(pairs, statement)
    starts = [(t, v) for t, v in pairs if core.is_derived(statement) and is_start(v)]
    lines: list[list[tuple[str, gast.AST]]] = []
    for pair in pairs:
        if pair in starts:
            continue
        is_copy = core.is_name(pair[1]) and not core.is_derived(statement)
        if is_copy and lines and core.is_name(lines[-1][-1][1]):
            lines[-1].append(pair)
        else:
            lines.append([pair])
    return [_line(line, statement) for line in [*lines, *_lines(starts)]]


def _line(pairs: list[tuple[str, gast.AST]], statement: gast.AST) -> gast.AST:
    if len(pairs) > 1:
        return core.simultaneous(pairs, statement)[0]
    (pair,) = pairs
    alone = core.assign(*pair, statement)
    alone.backward = core.is_derived(statement)
    return alone


def is_start(value: gast.AST) -> bool:
    """Is this a number, an empty list, or zeros?"""
    if type(value) is gast.List:
        return not value.elts
    path = core.dotted(value.func) if type(value) is gast.Call else None
    return core.is_constant(value) or (path is not None and path.rpartition(".")[2] == "zeros_like")


def _lines(pairs: list[tuple[str, gast.AST]]) -> list[list[tuple[str, gast.AST]]]:
    """The pairs, as many together as fit into a line."""
    lines: list[list[tuple[str, gast.AST]]] = []
    length = 0
    for target, value in pairs:
        length += len(target) + text_length(value) + 4
        if not lines or length > LONGEST_START:
            lines.append([])
            length = len(target) + text_length(value) + 4
        lines[-1].append((target, value))
    return lines


LONGEST_START = 84
