"""Jumps become values: `break`, `continue`, early `return` and `else` on loops as flags, tests and nesting.

Works on the user's AST, before desugaring and before staging. Afterwards a function returns once, at its end, no loop
has an `else`, nothing is continued, and a loop is left early by its last statement alone, the *stop guard*
`if stop: break`. What follows a jump is nested into the other branch where a branch always jumps, and tests a flag
otherwise; nothing is written twice. A function that holds no such jumps is given back as it is.
(Peterson, Kasami & Tokura, "On the capabilities of while, repeat, and exit statements", CACM 1973; flags as there.)
"""

import copy
import operator
from typing import Any

import gast

from s2s.codegen.core.names import Namer, names_in
from s2s.codegen.core.substitution import child_nodes
from s2s.codegen.desugaring import flags, jumps
from s2s.codegen.desugaring.flags import MARK
from s2s.codegen.desugaring.jumps import BREAK, CONTINUE, RETURN


class _Unstructured(Exception):
    """A jump out of a `finally` block, which discards what was under way."""


def structured(function: Any) -> Any:
    """The function with its jumps as values, and those defined inside it, too.

    Args:
        function: gast.FunctionDef; it is not changed, and what need not change is shared with the result.

    Returns:
        A gast.FunctionDef; `function` itself if it has no jumps, is a generator or async, or jumps out of a `finally`.
    """
    if jumps.are_none(function.body):
        return function
    try:
        return _structured(function, Namer(names_in(function)))
    except _Unstructured:
        return function


def _structured(function: Any, namer: Namer) -> Any:
    if not isinstance(function, gast.FunctionDef) or _is_lazy(function):
        return function
    body = _Structurer(namer).run(function.body)
    if len(body) == len(function.body) and all(map(operator.is_, body, function.body)):
        return function
    new = copy.copy(function)
    new.body = body
    return gast.fix_missing_locations(new)


def _is_lazy(function: gast.FunctionDef) -> bool:
    work = list(function.body)
    for node in work:
        if isinstance(node, gast.Yield | gast.YieldFrom):
            return True
        if not isinstance(node, (*jumps.DEFINITIONS, gast.Lambda)):
            work += child_nodes(node)
    return False


class _Level:
    """What jumps leave: a loop, or the function.

    Attributes:
        flag: the variable that is true once it is left.
        skip: the variable that is true once the rest of an iteration is to be left out.
        returned: the variable that is true once a `return` left it; `flag` unless there are breaks, too.
        left: is `flag` known to be set at the place that is being written?
        has_one_way_out: is the loop left in one place only? What is done there before is done after the loop instead.
        last_words: that.
    """

    def __init__(self, number: int, is_loop: bool, has_break: bool = False, has_one_way_out: bool = False):
        self.is_loop = is_loop
        self.flag = f"stop{MARK}{number}" if is_loop else f"returned{MARK}{number}"
        self.skip = f"skip{MARK}{number}"
        self.returned = f"returned{MARK}{number}" if has_break else self.flag
        self.left = False
        self.has_one_way_out = has_one_way_out
        self.last_words: list[gast.AST] = []

    def set_by(self, exits: set[str]) -> list[str]:
        """What is true after one of these jumps."""
        found = [self.flag] if exits & {BREAK, RETURN} else []
        return [*found, self.skip] if CONTINUE in exits else found


class _Structurer:
    """Rewrites the blocks of one function."""

    def __init__(self, namer: Namer):
        self.namer = namer
        self.result: str | None = None
        self.levels = 0

    def run(self, body: list[gast.AST]) -> list[gast.AST]:
        level, body = self._level(False), jumps.live(body)
        if RETURN in jumps.exits(body[:-1]) or RETURN in jumps.exits(body[-1:]) and not _is_return(body[-1]):
            self.result = self.namer.fresh("result")
            end = gast.copy_location(gast.Return(None), body[-1])
            done = self.block([*body, end] if jumps.falls(body) else body, level)
            last = gast.copy_location(gast.Return(_name(self.result)), body[-1])
            done = [*_initialised(done, level.flag), last]
        else:
            done = self.block(body, level)
        return flags.named(flags.tidied(flags.without_last(done, level.flag)), self.namer)

    def _level(self, is_loop: bool, has_break: bool = False, has_one_way_out: bool = False) -> _Level:
        self.levels += 1
        return _Level(self.levels, is_loop, has_break, has_one_way_out)

    # Blocks ----------------------------------------------------------------------------------------------------------

    def block(self, body: list[gast.AST], level: _Level) -> list[gast.AST]:
        """The block with its jumps as values; what follows a jump is guarded."""
        done: list[gast.AST] = []
        body = [_without_assigning_test(s) for s in jumps.live(body)]
        for i, statement in enumerate(body):
            if isinstance(statement, jumps.LOOPS):
                return [*done, *self.loop(statement, body[i + 1 :], level)]
            exits = jumps.exits_of(statement)
            if exits:
                return [*done, *self.leaving(statement, exits, body[i + 1 :], level)]
            done.append(self.staying(statement, level))
        return done

    def staying(self, statement: gast.AST, level: _Level) -> gast.AST:
        """A statement that control leaves at its end only, with what is inside of it rewritten."""
        if isinstance(statement, gast.FunctionDef):
            return _structured(statement, self.namer)
        return self._with_blocks(statement, level)

    def leaving(self, statement: gast.AST, exits: set[str], rest: list[gast.AST], level: _Level) -> list[gast.AST]:
        if isinstance(statement, gast.Return) and self.result is None:
            return [statement]
        if isinstance(statement, gast.Break | gast.Continue | gast.Return):
            return [gast.copy_location(s, statement) for s in self._jump(statement, level)]
        if isinstance(statement, gast.If):
            return self.branch(statement, exits, rest, level)
        new = self._with_blocks(statement, level)
        jumping = jumps.exits(statement.body) if isinstance(statement, gast.Try) and statement.orelse else set()
        if jumping:  # the `else` of a `try` does not run where its body jumps
            new = flags.changed(new, {"orelse": self.guarded(level.set_by(jumping), statement.orelse, level)})
        return [new, *self.guarded(level.set_by(exits), rest, level)]

    def _jump(self, statement: gast.AST, level: _Level) -> list[gast.AST]:
        if isinstance(statement, gast.Continue):
            return [_set(level.skip)]
        done = [] if level.left else [_set(level.flag)]
        if isinstance(statement, gast.Break):
            return done
        if level.returned != level.flag:
            done.append(_set(level.returned))
        value = statement.value if statement.value is not None else gast.Constant(None, None)
        return [gast.Assign([_stored(self.result)], value, None), *done]

    def _with_blocks(self, statement: gast.AST, level: _Level) -> gast.AST:
        """A statement with its blocks rewritten; itself if that changes nothing."""
        if isinstance(statement, gast.Try) and jumps.exits(statement.finalbody):
            raise _Unstructured
        changed: dict[str, Any] = {}
        if not isinstance(statement, jumps.DEFINITIONS):
            for name in ("body", "orelse", "finalbody"):
                if isinstance(getattr(statement, name, None), list):
                    changed[name] = self.block(getattr(statement, name), level)
            for name in ("handlers", "cases"):
                changed[name] = [self._with_blocks(part, level) for part in getattr(statement, name, [])]
        return flags.changed(statement, changed)

    def guarded(self, skipping: list[str], rest: list[gast.AST], level: _Level) -> list[gast.AST]:
        """The statements that run only while none of the flags is set."""
        done = self.block(rest, level)
        return [flags.branch(_none_of(skipping), done, [], rest[0])] if done else []

    # Branches --------------------------------------------------------------------------------------------------------

    def branch(self, statement: gast.If, exits: set[str], rest: list[gast.AST], level: _Level) -> list[gast.AST]:
        """Nests what follows into the branch that goes on to it; a flag guards it where both do."""
        falls = [jumps.falls(block) for block in (statement.body, statement.orelse)]
        body = [*statement.body, *rest] if falls == [True, False] else statement.body
        orelse = [*statement.orelse, *rest] if falls == [False, True] else statement.orelse
        guarded = rest if all(falls) else []
        new = flags.changed(statement, {"body": body, "orelse": orelse})
        done = self._deciding(new, statement, level) or [self._with_blocks(new, level)]
        return [*done, *self.guarded(level.set_by(exits), guarded, level)]

    def _deciding(self, statement: gast.If, original: gast.If, level: _Level) -> list[gast.AST]:
        """`if test: break` as `stop = test`, where one branch always leaves the loop; nothing otherwise."""
        if not level.is_loop or level.left:
            return []
        if _always_leaves(original.body):
            leaving, staying, value = statement.body, statement.orelse, _truth(statement.test)
        elif _always_leaves(original.orelse):
            leaving, staying, value = statement.orelse, statement.body, _negated(statement.test)
        else:
            return []
        level.left = True
        left = self.block(leaving, level)
        level.left = False
        if level.has_one_way_out:
            level.last_words, left = left, []
        decision = gast.copy_location(gast.Assign([_stored(level.flag)], value, None), statement)
        return [decision, flags.branch(_name(level.flag), left, self.block(staying, level), statement)]

    # Loops -----------------------------------------------------------------------------------------------------------

    def loop(self, statement: Any, rest: list[gast.AST], level: _Level) -> list[gast.AST]:
        """A loop, its `else`, and what follows, which does not run where the loop returned."""
        exits = jumps.exits(statement.body)
        if jumps.guard_of(statement) is not None and not statement.orelse:
            new = flags.changed(statement, {"body": [*self.block(statement.body[:-1], level), statement.body[-1]]})
            return [new, *self.block(rest, level)]
        inner = self._level(True, {BREAK, RETURN} <= exits, jumps.ways_out(statement.body) == 1)
        new = flags.changed(statement, {"body": self._loop_body(statement, exits, inner), "orelse": []})
        after = self._after_loop(statement, exits, rest, inner, level)
        return [*self._entry(statement, new, after, inner), new, *after]

    def _loop_body(self, statement: Any, exits: set[str], inner: _Level) -> list[gast.AST]:
        body = _initialised(self.block(statement.body, inner), inner.skip)
        if exits & {BREAK, RETURN}:
            body.append(gast.copy_location(gast.If(_name(inner.flag), [gast.Break()], []), statement))
        return body

    def _after_loop(
        self, statement: Any, exits: set[str], rest: list[gast.AST], inner: _Level, level: _Level
    ) -> list[gast.AST]:
        """The `else` of the loop and the rest, with the flags of the level around set where the loop returned."""
        if RETURN not in exits:
            return self.block(self._else(statement, exits, inner) + rest, level)
        last_words = [] if BREAK in exits else inner.last_words
        if level.has_one_way_out:
            level.last_words, last_words = last_words, []
        if jumps.is_endless(statement) and BREAK not in exits:
            return [*last_words, *self._passed(level, gast.Constant(True, None), statement)]
        following = self._else(statement, exits, inner) + rest
        done = self._passed(level, _name(inner.returned), statement)
        if last_words:
            return [*done, flags.branch(_name(inner.flag), last_words, self.block(following, level), statement)]
        return [*done, *self.guarded([inner.returned], following, level)]

    def _passed(self, level: _Level, value: gast.AST, like: gast.AST) -> list[gast.AST]:
        """The flags of a level after a loop inside of it: a return leaves both."""
        names = [] if level.left else [level.flag]
        names += [level.returned] if level.returned != level.flag else []
        return [gast.copy_location(gast.Assign([_stored(n)], value, None), like) for n in names]

    def _else(self, statement: Any, exits: set[str], inner: _Level) -> list[gast.AST]:
        """What is done after a loop that was left by a break, or else by none."""
        is_endless = jumps.is_endless(statement)
        orelse = [] if is_endless else statement.orelse
        if BREAK not in exits:
            return orelse
        if is_endless or not orelse and not inner.last_words:
            return inner.last_words
        return [flags.branch(_name(inner.flag), inner.last_words, orelse, statement)]

    def _entry(self, statement: Any, new: Any, after: list[gast.AST], inner: _Level) -> list[gast.AST]:
        """Flags are false before the loop if they are read after it, else before they are set in the body."""
        entry = []
        for flag in dict.fromkeys([inner.flag, inner.returned]):
            read = any(jumps.mentions(s, flag) for s in after)
            if read and not (jumps.is_endless(statement) and jumps.assigns(new.body, flag)):
                entry.append(gast.copy_location(_unset(flag), statement))
            elif not jumps.assigns(new.body, flag):
                new.body = _initialised(new.body, flag)
        return entry


def _without_assigning_test(statement: Any) -> Any:
    """`while (y := f(x)) > 0: …` as `while True:` with a break first, where the break may stand for its `else`."""
    if not jumps.assigns_in_test(statement) or {BREAK, CONTINUE} & jumps.exits(statement.orelse):
        return statement
    leave = flags.branch(gast.UnaryOp(gast.Not(), statement.test), [*statement.orelse, gast.Break()], [], statement)
    endless = gast.While(gast.Constant(True, None), [leave, *statement.body], [])
    return gast.copy_location(endless, statement)


# Nodes ---------------------------------------------------------------------------------------------------------------


def _is_return(statement: gast.AST) -> bool:
    return isinstance(statement, gast.Return)


def _always_leaves(block: list[gast.AST]) -> bool:
    """Does a block end in nothing but breaks and returns?"""
    exits = jumps.exits(block)
    return bool(exits) and CONTINUE not in exits and not jumps.falls(block)


def _name(identifier: str) -> gast.AST:
    return gast.Name(identifier, gast.Load(), None, None)


def _stored(identifier: str | None) -> gast.AST:
    return gast.Name(identifier, gast.Store(), None, None)


def _set(flag: str) -> gast.AST:
    return gast.Assign([_stored(flag)], gast.Constant(True, None), None)


def _unset(flag: str) -> gast.AST:
    return gast.Assign([_stored(flag)], gast.Constant(False, None), None)


def _none_of(names: list[str]) -> gast.AST:
    values = [_name(n) for n in names]
    return gast.UnaryOp(gast.Not(), values[0] if len(values) == 1 else gast.BoolOp(gast.Or(), values))


def _negated(test: gast.AST) -> gast.AST:
    is_negation = isinstance(test, gast.UnaryOp) and isinstance(test.op, gast.Not)
    return _truth(test.operand) if is_negation else gast.UnaryOp(gast.Not(), test)


def _truth(test: gast.AST) -> gast.AST:
    """A value as true as the test is now, whatever happens to what it is read from: a list may grow."""
    if isinstance(test, gast.BoolOp):
        return test if all(_truth(value) is value for value in test.values) else _twice_negated(test)
    is_negation = isinstance(test, gast.UnaryOp) and isinstance(test.op, gast.Not)
    return test if is_negation or isinstance(test, gast.Compare | gast.Constant) else _twice_negated(test)


def _twice_negated(test: gast.AST) -> gast.AST:
    return gast.UnaryOp(gast.Not(), gast.UnaryOp(gast.Not(), test))


def _initialised(body: list[gast.AST], flag: str) -> list[gast.AST]:
    """The block with the flag false before the first statement that may set it."""
    for i, statement in enumerate(body):
        if jumps.mentions(statement, flag):
            return [*body[:i], gast.copy_location(_unset(flag), statement), *body[i:]]
    return body
