"""`match` as the tests and assignments that it stands for, on the user's AST, before anything else is rewritten.

Sequence patterns match lists and tuples, mapping patterns dicts. What is captured is assigned where the whole case
matches; a guard reads it from the subject. A `match` that holds what cannot be told from the text stays as it is.
"""

import builtins
import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.core.names import Namer, names_in
from s2s.codegen.desugaring import jumps

Resolve = Callable[[str], Any]
# A class pattern with one positional part captures the whole subject for these.
WHOLE = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)
NAMES = ("isinstance", "len", "list", "tuple", "dict")


class _Untold(Exception):
    """A pattern whose meaning the text alone does not tell."""


@dataclass
class _Found:
    """What a pattern asks of its subject, and what it captures."""

    tests: list[gast.AST] = field(default_factory=list)
    captures: list[tuple[str, gast.AST]] = field(default_factory=list)

    def add(self, other: "_Found") -> None:
        self.tests += other.tests
        self.captures += other.captures


def without_match(function: Any, resolve: Resolve = lambda path: None) -> Any:
    """The function with `match` as branches; `resolve` gives the object that a path of global names stands for."""
    if not jumps.may_hold(function.body, gast.Match):
        return function
    bound = {n.id for n in gast.walk(function) if isinstance(n, gast.Name) and not isinstance(n.ctx, gast.Load)}
    return function if bound & set(NAMES) else _Matching(function, resolve).visit(core.copied(function))


class _Matching(gast.NodeTransformer):
    def __init__(self, function: Any, resolve: Resolve):
        self.namer = Namer(names_in(function))
        self.resolve = resolve

    def visit_Match(self, node: Any) -> Any:
        self.generic_visit(node)
        try:
            branches = core.copied(self._branches(node))  # the subject stands in many places
            return [gast.fix_missing_locations(core.located(s, node)) for s in branches]
        except _Untold:
            return node

    def _branches(self, node: Any) -> list[gast.AST]:
        subject, first = node.subject, []
        if not isinstance(subject, gast.Name):
            name = self.namer.fresh("subject")
            first = [gast.Assign([gast.Name(name, gast.Store(), None, None)], subject, None)]
            subject = gast.Name(name, gast.Load(), None, None)
        rest: list[gast.AST] = []
        for case in reversed(node.cases):
            rest = self._case(case, subject, rest)
        return [*first, *rest]

    def _case(self, case: Any, subject: gast.AST, rest: list[gast.AST]) -> list[gast.AST]:
        found = self.pattern(case.pattern, subject)
        tests = list(found.tests)
        if case.guard is not None:
            tests.append(core.substitute(case.guard, dict(found.captures)))
        body = [*[_captured(n, v) for n, v in found.captures], *case.body]
        if not tests:
            return body
        branch = gast.If(_all(tests), body, rest)
        return [gast.copy_location(branch, case.body[0])]

    # Patterns --------------------------------------------------------------------------------------------------------

    def pattern(self, pattern: Any, subject: gast.AST) -> _Found:
        handler = getattr(self, "on_" + type(pattern).__name__, None)
        if handler is None:
            raise _Untold
        return handler(pattern, subject)

    def on_MatchValue(self, pattern: Any, subject: gast.AST) -> _Found:
        return _Found([gast.Compare(subject, [gast.Eq()], [pattern.value])])

    def on_MatchSingleton(self, pattern: Any, subject: gast.AST) -> _Found:
        return _Found([gast.Compare(subject, [gast.Is()], [gast.Constant(pattern.value, None)])])

    def on_MatchAs(self, pattern: Any, subject: gast.AST) -> _Found:
        found = _Found() if pattern.pattern is None else self.pattern(pattern.pattern, subject)
        if pattern.name is not None:
            found.captures.append((pattern.name, subject))
        return found

    def on_MatchOr(self, pattern: Any, subject: gast.AST) -> _Found:
        found = [self.pattern(p, subject) for p in pattern.patterns]
        captures = {tuple(sorted((n, repr(core.key(v))) for n, v in f.captures)) for f in found}
        if len(captures) > 1:
            raise _Untold
        if not all(f.tests for f in found):
            return _Found([], found[0].captures)
        return _Found([gast.BoolOp(gast.Or(), [_all(f.tests) for f in found])], found[0].captures)

    def on_MatchSequence(self, pattern: Any, subject: gast.AST) -> _Found:
        stars = [i for i, p in enumerate(pattern.patterns) if isinstance(p, gast.MatchStar)]
        count = len(pattern.patterns) - len(stars)
        size = gast.Call(_name("len"), [subject], [])
        operator = gast.GtE() if stars else gast.Eq()
        found = _Found([_is_instance(subject, gast.Tuple([_name("list"), _name("tuple")], gast.Load()))])
        found.tests.append(gast.Compare(size, [operator], [gast.Constant(count, None)]))
        for i, part in enumerate(pattern.patterns):
            behind = len(pattern.patterns) - i - 1
            if stars and i == stars[0]:
                found.captures += _starred(part.name, subject, i, behind)
            else:
                at = i if not stars or i < stars[0] else -behind - 1
                found.add(self.pattern(part, gast.Subscript(subject, core.constant(at), gast.Load())))
        return found

    def on_MatchMapping(self, pattern: Any, subject: gast.AST) -> _Found:
        if pattern.rest is not None:
            raise _Untold
        found = _Found([_is_instance(subject, _name("dict"))])
        for key, part in zip(pattern.keys, pattern.patterns, strict=True):
            found.tests.append(gast.Compare(key, [gast.In()], [subject]))
            found.add(self.pattern(part, gast.Subscript(subject, key, gast.Load())))
        return found

    def on_MatchClass(self, pattern: Any, subject: gast.AST) -> _Found:
        found = _Found([_is_instance(subject, pattern.cls)])
        cls = self._class(pattern.cls)
        if pattern.patterns and cls in WHOLE and len(pattern.patterns) == 1:
            found.add(self.pattern(pattern.patterns[0], subject))
            positional: list[Any] = []
        else:
            names = getattr(cls, "__match_args__", ())
            if len(names) < len(pattern.patterns):
                raise _Untold
            positional = list(zip(names, pattern.patterns, strict=False))
        for name, part in [*positional, *zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True)]:
            found.add(self.pattern(part, gast.Attribute(subject, name, gast.Load())))
        return found

    def _class(self, node: gast.AST) -> Any:
        path = core.dotted(node)
        resolved = self.resolve(path) if path is not None else None
        return resolved if isinstance(resolved, type) else getattr(builtins, path or "", None)


def _starred(name: str | None, subject: gast.AST, before: int, behind: int) -> list[tuple[str, gast.AST]]:
    if name is None:
        return []
    upper = core.constant(-behind) if behind else None
    middle = gast.Subscript(subject, gast.Slice(core.constant(before), upper, None), gast.Load())
    return [(name, gast.Call(_name("list"), [middle], []))]


def _captured(name: str, value: gast.AST) -> gast.AST:
    return gast.Assign([gast.Name(name, gast.Store(), None, None)], copy.deepcopy(value), None)


def _all(tests: list[gast.AST]) -> gast.AST:
    return tests[0] if len(tests) == 1 else gast.BoolOp(gast.And(), tests)


def _is_instance(subject: gast.AST, classes: gast.AST) -> gast.AST:
    return gast.Call(_name("isinstance"), [subject, classes], [])


def _name(identifier: str) -> gast.AST:
    return gast.Name(identifier, gast.Load(), None, None)
