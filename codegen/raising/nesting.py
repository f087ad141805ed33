"""Nests temporaries that are used once back into the expression that uses them."""

import collections

import gast

from s2s.codegen.batching import quiet
from s2s.codegen.core import core
from s2s.codegen.printing.text_length import level_of, text_length
from s2s.codegen.raising import coalescing
from s2s.codegen.raising.nested_values import Nested
from s2s.codegen.simplifying import dead_code

WIDTH = 96


def run(function: core.Function, body: list[gast.AST]) -> Nested:
    """`t = a * b; y = t + c` becomes `y = a * b + c`; what the user named stays named.

    Takes the statements out of `body` that are to be nested into others, which still read the names of the values.
    """
    nesting = Nesting(function, body)
    nesting.block(body)
    return nesting.nested


def repeat_tests(body: list[gast.AST]) -> None:
    """`test = x > y` before `if test` in both sweeps becomes `if x > y`, where the operands live as long anyway."""
    tests = {s.targets[0].id: s for s in body if getattr(s, "is_test", False) and _is_cheap(s.value)}
    if not tests:
        return
    users = [s for s in core.walk(body) if not tests.keys().isdisjoint(core.own_reads(s))]
    blocked = {n for s in users if not isinstance(s, gast.If) for n in core.own_reads(s)}
    values = {n: s.value for n, s in tests.items() if n not in blocked}
    for statement in users:
        core.replace_header(statement, values)
    body[:] = [s for s in body if not (getattr(s, "is_test", False) and s.targets[0].id in values)]


def _is_cheap(value: gast.AST) -> bool:
    """A comparison of names and literals, with nothing computed."""
    if not isinstance(value, gast.Compare) or len(value.ops) > 1:
        return False
    return all(isinstance(n, gast.Name) or core.is_constant(n) for n in (value.left, value.comparators[0]))


class Nesting:
    """What is nested is decided from the first statement to the last, and written down at once by others.

    Attributes:
        nested: names to the values that are to stand in their place.
        uses: name to the number of its reads; `user`: to the last statement that reads it.
        multiple: names that are assigned more than once.
        overwritten: names whose arrays are updated in place.
        holder: statements (by their ids) to those that they are nested into; `inside`: the other way round.
        lengths: statements to the lengths of what they compute, with all that is nested into them.
    """

    def __init__(self, function: core.Function, body: list[gast.AST]):
        self.function = function
        self.nested: Nested = {}
        self.uses: dict[str, int] = {}
        self.user: dict[str, gast.AST] = {}
        self.multiple: set[str] = set()
        self.overwritten: set[str] = set()
        self.holder: dict[int, gast.AST] = {}
        self.inside: dict[int, list[gast.AST]] = {}
        self.lengths: dict[int, int] = {}
        self._count(body)

    def _count(self, body: list[gast.AST]) -> None:
        statements, uses, user = core.walk(body), self.uses, self.user
        for statement in statements:
            self.overwritten.update(_overwritten(statement))
            for name in core.own_reads(statement):
                uses[name] = uses.get(name, 0) + 1
                user[name] = statement
        defined = collections.Counter([name for s in statements for name in core.targets(s)])
        self.multiple = {n for n, count in defined.items() if count > 1}

    def block(self, body: list[gast.AST]) -> None:
        for statement in body:
            if type(statement) in core.COMPOUND:
                for inner in core.blocks(statement):
                    self.block(inner)
        places = {id(s): at for at, s in enumerate(body)}
        nested = {at for at, s in enumerate(body) if self._may_nest(s) and self._nest(body, at, places)}
        if nested:
            body[:] = [s for at, s in enumerate(body) if at not in nested]

    def _nest(self, body: list[gast.AST], at: int, places: dict[int, int]) -> bool:
        """Nests the statement at `at` into a later one of the block if it may; tells whether it did."""
        statement = body[at]
        user = self._user(body, at, places)
        if user is None:
            return False
        together = self._length(user) + self._length(statement) - len(statement.targets[0].id)
        if not self._fits(user, statement, together):
            return False
        if not quiet.may_nest(self.function, statement, user, self._expressions):
            return False
        self.nested[statement.targets[0].id] = statement.value
        self.holder[id(statement)] = user
        self.inside.setdefault(id(user), []).append(statement)
        self.lengths[id(user)] = together + _parentheses(user, statement)
        self._inherit(statement, user)
        return True

    def _expressions(self, statement: gast.AST) -> list[gast.AST]:
        """What the statement computes, and what is nested into that."""
        found = [core.header(statement)]
        for each in self.inside.get(id(statement), ()):
            found += self._expressions(each)
        return found

    def _length(self, statement: gast.AST) -> int:
        found = self.lengths.get(id(statement))
        return text_length(core.header(statement)) if found is None else found

    def _inherit(self, statement: gast.AST, user: gast.AST) -> None:
        """What a loop starts from stands with the statement that it was computed for."""
        if (
            core.is_join(user)
            and core.is_derived(statement)
            and statement.origin != user.__dict__.get("entry", user.origin)
        ):
            user.entry = user.__dict__.get("entry", user.origin)
            user.origin = statement.origin

    def _may_nest(self, statement: gast.AST) -> bool:
        if type(statement) is not gast.Assign:
            return False
        target = statement.targets[0]
        if type(target) is not gast.Name or self.uses.get(target.id) != 1 or target.id in self.multiple:
            return False
        if core.is_join(statement) or (isinstance(statement.value, gast.List) and not statement.value.elts):
            return False
        if getattr(statement, "changes", None) is not None:  # written as a change in place, `xs.append(v)`
            return False
        return self._is_temporary(statement)

    def _is_temporary(self, statement: gast.AST) -> bool:
        marks = statement.__dict__
        return bool(marks.get("backward") or marks.get("temporary") or marks.get("derived") or marks.get("is_test"))

    def _user(self, body: list[gast.AST], at: int, places: dict[int, int]) -> gast.AST | None:
        """The later statement of this block that reads the name itself (not inside its blocks)."""
        user = self.user[body[at].targets[0].id]
        while id(user) in self.holder:
            user = self.holder[id(user)]
        place = places.get(id(user), -1)
        if place <= at or self._reads_again(user):
            return None
        if not self.multiple and not self.overwritten:
            return user
        read = [n for expression in self._expressions(body[at]) for n in core.remembered_reads(expression)]
        if self.multiple.isdisjoint(read) and self.overwritten.isdisjoint(read):
            return user
        between = body[at + 1 : place]
        changed = core.assigned(between).union(*[_overwritten(s) for s in core.walk(between)])
        return user if changed.isdisjoint(read) else None

    def _reads_again(self, statement: gast.AST) -> bool:
        """Would nesting into this statement evaluate the expression more than once?"""
        return type(statement) is gast.While

    def _fits(self, user: gast.AST, statement: gast.AST, together: int) -> bool:
        """Does it read well, on a line that is so long but for what the user assigns?"""
        if (
            _updates(user, statement.targets[0].id)
            and type(statement.value) is gast.Call
            and _is_update(statement.value)
        ):
            return False  # one update in each line, as `x[i] += y` is
        if type(user) is gast.For and type(statement.value) not in (gast.Subscript, gast.Call, gast.BinOp):
            return False
        if dead_code.append_target(user) is not None and isinstance(user.value.args[0], gast.Tuple):
            return False
        if core.is_join(user) and coalescing.is_start(statement.value):
            return True  # written in lines of their own
        return together + len(_left(user)) <= WIDTH


def _updates(statement: gast.AST, name: str) -> bool:
    """Is this `y = add_at(name, …)` or the like?"""
    value = statement.value if type(statement) is gast.Assign else None
    is_update = type(value) is gast.Call and _is_update(value) and bool(value.args)
    return is_update and type(value.args[0]) is gast.Name and value.args[0].id == name


def _is_update(call: gast.Call) -> bool:
    return type(call.func) is gast.Name and call.func.id in UPDATES


UPDATES = ("put", "put_add", "set_at", "add_at")


def _parentheses(user: gast.AST, statement: gast.AST) -> int:
    """The length of the parentheses that the value takes where the user reads its name."""
    value = statement.value
    if type(value) is gast.Call or type(value) is gast.Subscript:
        return 0
    return text_length(value, level_of(core.header(user), statement.targets[0].id)) - text_length(value)


def _overwritten(statement: gast.AST) -> frozenset[str]:
    """Names whose arrays the statement updates in place."""
    found: frozenset[str] = statement.__dict__.get("overwrites", frozenset())
    return found


def _left(statement: gast.AST) -> str:
    target = statement.targets[0] if type(statement) is gast.Assign else None
    if type(target) is gast.Name:
        return f"{target.id} = "
    names = core.targets(statement)
    return ", ".join(names) + " = " if names else "return "
