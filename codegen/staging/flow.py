"""What staging needs to know of control flow: which variables a block binds, which live on after it, which are set.

Works on the user's own AST, whatever statements it holds. Liveness is the backward dataflow of Aho et al., Compilers,
§9.2.5, over structured code; definite assignment is that of the Java Language Specification, chapter 16.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring import jumps
from s2s.codegen.reading.resolve import SCOPES, binds, bound_names, free_names

_BLOCKS = (gast.If, gast.For, gast.While)
_LATE = (gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef, gast.Lambda, gast.GeneratorExp)
_IMMEDIATE = (gast.ListComp, gast.SetComp, gast.DictComp)


@dataclass
class Flow:
    """What holds at an `if`, `for` or `while`, kept as its attribute `flow`.

    Attributes:
        bound: names that its blocks bind, in order of appearance.
        live_after: names that are read after it.
        live_before: names that are read in it or after it before they are bound.
        live_inside: names that are so read where its blocks begin: by an iteration and those after it, or by a branch.
        live_in_branches: the same for each branch of an `if`.
        defined: names that are surely bound before it.
        possible: names that may be bound before it.
        false_before: whether the flag of a loop's guard `if flag: break` is set to False right before it.
    """

    bound: list[str]
    live_after: set[str]
    live_before: set[str] = field(default_factory=set)
    live_inside: set[str] = field(default_factory=set)
    live_in_branches: tuple[set[str], ...] = ()
    defined: set[str] = field(default_factory=set)
    possible: set[str] = field(default_factory=set)
    false_before: bool = False


@dataclass(frozen=True)
class Scope:
    """The variables of one function that need care.

    Attributes:
        declared: names that the function declares `nonlocal` or `global`, to which of the two.
        captured: its variables that functions defined in it may read or bind at any later time.
        rebound: those of them that such functions bind.
    """

    declared: dict[str, str]
    captured: frozenset[str]
    rebound: frozenset[str] = frozenset()

    @property
    def always_live(self) -> set[str]:
        return {*self.declared, *self.captured}


def annotate(function: Any, nodes: list[Any]) -> Scope:
    """Sets `flow` on every `if`, `for` and `while` of a function definition, not on those of functions inside it.

    The nodes are those of the function, or of one around it, which comes first.
    """
    scope = _scope_of(function, any(type(n) in _SEPARATE for n in nodes[1:]))
    liveness = _Liveness(scope.always_live, sorted(scope.rebound))
    liveness.block(function.body, scope.always_live, _Targets(scope.always_live))
    parameters = {n.id for n in core.nodes(function.args) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Param)}
    _assigned(function.body, (parameters, parameters))
    return scope


def bound_in(body: Iterable[Any]) -> list[str]:
    """The variables that statements bind in the scope they stand in, in order of appearance."""
    found: dict[str, None] = {}
    for node in body:
        found.update(dict.fromkeys(_bound_by(node)))
    return list(found)


def _bound_by(node: Any) -> list[str]:
    kind = type(node)
    if kind in _BLOCKS:
        return bound_in(core.child_nodes(node))
    if kind not in _SIMPLE:
        return _bound_in([node])
    names: list[str] | None = node.__dict__.get("names_bound")  # asked for again and again, and they stay the same
    if names is None:
        names = node.names_bound = _bound_by_simple(node)
    return names


def _bound_by_simple(node: Any) -> list[str]:
    """The names that a simple statement binds: those of its targets, unless there are walruses or comprehensions."""
    if type(node) is gast.AnnAssign or not _BIND_BY_TARGETS.issuperset(map(type, core.nodes(node))):
        return _bound_in([node])
    targets = node.targets if type(node) is gast.Assign else [node.target] if type(node) is gast.AugAssign else []
    return list(dict.fromkeys([name for target in targets for name in core.target_names(target)]))


_SIMPLE = frozenset((gast.Assign, gast.AugAssign, gast.AnnAssign, gast.Expr, gast.Return))


def _bound_in(body: list[Any]) -> list[str]:
    found: dict[str, None] = {}
    for node in own_nodes(body):
        kind = type(node)
        if kind is gast.Name:
            if type(node.ctx) is not gast.Load and type(node.ctx) is not gast.Param:
                found[node.id] = None
        elif kind not in _BIND_NOTHING:
            found.update(dict.fromkeys(sorted(binds(node, kind.__name__))))
    return list(found)


# Most nodes; by themselves they bind no name.
_BIND_NOTHING = frozenset(
    (gast.Assign, gast.Expr, gast.Return, gast.BinOp, gast.UnaryOp, gast.Call, gast.keyword, gast.Constant, gast.Tuple)
    + (gast.Attribute, gast.Subscript, gast.Compare, gast.List, gast.Slice, gast.For, gast.If, gast.While)
)


_BIND_BY_TARGETS = _BIND_NOTHING | {gast.Name, gast.AugAssign, gast.Starred, gast.Dict, gast.BoolOp, gast.IfExp}


def own_nodes(body: Iterable[Any]) -> Iterator[Any]:
    """The nodes that belong to the scope of these statements, in the order of the text."""
    stack = [iter(body)]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
            continue
        yield node
        kind = type(node)
        if kind is gast.Name or kind is gast.Constant:
            continue
        if kind.__name__ not in SCOPES:
            stack.append(iter(core.child_nodes(node)))
        elif hasattr(node, "generators"):
            yield from (n for n in core.nodes(node) if isinstance(n, gast.Name) and _is_walrus_target(n, node))


def _is_walrus_target(name: Any, comprehension: Any) -> bool:
    walruses = (n for n in core.nodes(comprehension) if isinstance(n, gast.NamedExpr))
    return any(walrus.target is name for walrus in walruses)


_SEPARATE = frozenset((*_LATE, *_IMMEDIATE, gast.Global, gast.Nonlocal))


def _scope_of(function: Any, has_separate: bool) -> Scope:
    if not has_separate:
        return Scope({}, frozenset())
    declared: dict[str, str] = {}
    inner: set[str] = set()
    for node in own_nodes(function.body):
        if isinstance(node, gast.Global | gast.Nonlocal):
            declared |= dict.fromkeys(node.names, type(node).__name__.lower())
        if isinstance(node, _LATE):
            inner |= _free(node)
        elif isinstance(node, _IMMEDIATE):
            inner |= {n for late in core.nodes(node) if isinstance(late, _LATE) for n in _free(late)}
    captured = frozenset(inner & bound_names(function))
    nonlocals = (n for n in core.nodes(function) if isinstance(n, gast.Nonlocal) and n not in function.body)
    rebound = {name for node in nonlocals for name in node.names}
    return Scope(declared, captured, captured & rebound)


def _free(definition: Any) -> set[str]:
    """Names that a nested function may read or bind of the scopes around it."""
    if isinstance(definition, gast.Lambda | gast.GeneratorExp):
        return set(core.free_reads(definition))
    if isinstance(definition, gast.ClassDef):
        return {n.id for n in core.nodes(definition) if isinstance(n, gast.Name)}
    return free_names(definition)


# Liveness --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Targets:
    """What is live where control may go to from inside a block."""

    returned: set[str]
    broken: set[str] = field(default_factory=set)
    continued: set[str] = field(default_factory=set)
    raised: set[str] = field(default_factory=set)


class _Liveness:
    def __init__(self, always: set[str], rebound: list[str]) -> None:
        self.always = always
        self.rebound = rebound  # calls may bind these anywhere
        self.simple: dict[int, tuple[set[str], set[str]]] = {}  # what simple statements kill and read

    def bound(self, body: list[Any]) -> list[str]:
        return list(dict.fromkeys([*bound_in(body), *self.rebound]))

    def block(self, body: list[Any], live: set[str], targets: _Targets) -> set[str]:
        for statement in reversed(body):
            live = self.statement(statement, live, targets) | targets.raised
        return live

    def statement(self, node: Any, live: set[str], targets: _Targets) -> set[str]:
        handler = getattr(self, f"_{type(node).__name__}", None)
        return self._simple(node, live) if handler is None else handler(node, live, targets)

    def _simple(self, node: Any, live: set[str]) -> set[str]:
        if id(node) not in self.simple:
            killed = set(bound_in([node])) - self.always
            reads = core.free_reads(node) if not isinstance(node, _LATE) else _free(node)
            is_update = isinstance(node, gast.AugAssign) and isinstance(node.target, gast.Name)
            self.simple[id(node)] = killed, {*reads, node.target.id} if is_update else set(reads)
        killed, read = self.simple[id(node)]
        return (live - killed) | read

    def _Return(self, node: Any, live: set[str], targets: _Targets) -> set[str]:
        return targets.returned | set(core.free_reads(node.value) if node.value is not None else ())

    def _Raise(self, node: Any, live: set[str], targets: _Targets) -> set[str]:
        return targets.raised | self.always | self._simple(node, set())

    def _Break(self, node: Any, live: set[str], targets: _Targets) -> set[str]:
        return set(targets.broken)

    def _Continue(self, node: Any, live: set[str], targets: _Targets) -> set[str]:
        return set(targets.continued)

    def _If(self, node: Any, live: set[str], targets: _Targets) -> set[str]:
        branches = tuple(self.block(block, live, targets) for block in (node.body, node.orelse))
        inside = branches[0] | branches[1]
        before = (inside - (set(bound_in([node.test])) - self.always)) | set(core.free_reads(node.test))
        node.flow = Flow(self.bound([*node.body, *node.orelse]), live, before, inside, branches)
        return before

    def _While(self, node: Any, live: set[str], targets: _Targets) -> set[str]:
        tested = set(core.free_reads(node.test))
        after = self.block(node.orelse, live, targets)
        end = set() if jumps.is_endless(node) else after
        head = self._head(node.body, end | tested, replace(targets, broken=live), set())
        node.flow = Flow(self.bound([node.test, *node.body]), live, head, head)
        return head

    def _For(self, node: Any, live: set[str], targets: _Targets) -> set[str]:
        after = self.block(node.orelse, live, targets)
        bound = set(bound_in([node.target])) - self.always
        head = self._head(node.body, after, replace(targets, broken=live), bound)
        before = head | set(core.free_reads(node.iter))
        node.flow = Flow(self.bound([node.target, *node.body]), live, before, head)
        return before

    _AsyncFor = _For

    def _head(self, body: list[Any], head: set[str], targets: _Targets, bound: set[str]) -> set[str]:
        """What is live at the head of a loop: passed over until it no longer grows."""
        while True:
            grown = head | (self.block(body, head, replace(targets, continued=head)) - bound)
            if grown == head:
                return head
            head = grown

    def _With(self, node: Any, live: set[str], targets: _Targets) -> set[str]:
        live = self.block(node.body, live, targets)
        killed = set(bound_in(node.items)) - self.always
        return (live - killed) | {n for item in node.items for n in core.free_reads(item)}

    _AsyncWith = _With

    def _Try(self, node: Any, live: set[str], targets: _Targets) -> set[str]:
        final = self.block(node.finalbody, live, targets) if node.finalbody else live
        outward = replace(targets, raised=targets.raised | final, returned=targets.returned | final)
        outward = replace(outward, broken=targets.broken | final, continued=targets.continued | final)
        handled = set().union(*(self._handler(handler, final, outward) for handler in node.handlers))
        inner = replace(outward, raised=outward.raised | handled)
        return self.block(node.body, self.block(node.orelse, final, outward), inner) | handled

    def _handler(self, handler: Any, live: set[str], targets: _Targets) -> set[str]:
        return self.block(handler.body, live, targets) | set(core.free_reads(handler.type) if handler.type else ())

    def _Match(self, node: Any, live: set[str], targets: _Targets) -> set[str]:
        before = set(core.free_reads(node.subject)) | live
        for case in node.cases:
            bound = set(bound_in([case.pattern])) - self.always
            reads = {n for part in (case.pattern, case.guard) if part is not None for n in core.free_reads(part)}
            before |= (self.block(case.body, live, targets) - bound) | reads
        return before


# Definite assignment ---------------------------------------------------------------------------------------------

_Sets = tuple[set[str], set[str]]  # surely bound, possibly bound


def _assigned(body: list[Any], sets: _Sets) -> _Sets:
    for i, statement in enumerate(body):
        sets = _after(statement, sets)
        if isinstance(statement, gast.For | gast.While):
            statement.flow.false_before = _is_false_after(body[:i], jumps.guard_of(statement))
    return sets


def _is_false_after(body: list[Any], flag: str | None) -> bool:
    last = next((s for s in reversed(body) if flag is not None and jumps.stores(s, flag)), None)
    value = last.value if isinstance(last, gast.Assign) and jumps.plain_targets(last) == [flag] else None
    return isinstance(value, gast.Constant) and value.value is False


def _after(node: Any, sets: _Sets) -> _Sets:
    if isinstance(node, _BLOCKS):
        node.flow.defined, node.flow.possible = sets
    if isinstance(node, gast.If):
        return _after_if(node, _with(sets, bound_in([node.test])))
    if isinstance(node, gast.For | gast.AsyncFor | gast.While):
        return _after_loop(node, sets)
    if isinstance(node, gast.With | gast.AsyncWith):
        defined, possible = _assigned(node.body, _with(sets, bound_in(node.items)))
        return sets[0] | set(bound_in(node.items)), possible
    if isinstance(node, gast.Try):
        return _after_try(node, sets)
    if isinstance(node, gast.Match):
        return _after_branches([[], *(case.body for case in node.cases)], (sets[0], sets[1] | set(bound_in([node]))))
    if isinstance(node, gast.Delete):
        return sets[0] - set(bound_in([node])), sets[1]
    return _with(sets, bound_in([node]))


def _with(sets: _Sets, names: Iterable[str]) -> _Sets:
    return sets[0] | set(names), sets[1] | set(names)


def _after_if(node: Any, sets: _Sets) -> _Sets:
    """Values that a branch does not read are none of its own: its function does not get them."""
    blocks = [node.body, node.orelse]
    dead = [_dead(b, node, live) for b, live in zip(blocks, node.flow.live_in_branches, strict=True)]
    done = [(b, _assigned(b, (sets[0] - d, sets[1] - d))) for b, d in zip(blocks, dead, strict=True)]
    falling = [(defined - d) | (sets[0] & d) for (b, (defined, _)), d in zip(done, dead, strict=True) if jumps.falls(b)]
    possible = set.union(sets[1], *(possible for _, (_, possible) in done))
    return set.intersection(*(falling or [done[0][1][0]])), possible


def _dead(block: list[Any], node: Any, live: set[str]) -> set[str]:
    """Names that a block binds, and of which it neither reads a value from before nor hands one on."""
    return set(bound_in(block)) - live - node.flow.live_after


def _after_branches(blocks: list[list[Any]], sets: _Sets) -> _Sets:
    done = [(block, _assigned(block, sets)) for block in blocks]
    falling = [defined for block, (defined, _) in done if jumps.falls(block)] or [done[0][1][0]]
    return set.intersection(*falling), set.union(*(possible for _, (_, possible) in done))


def _after_loop(node: Any, sets: _Sets) -> _Sets:
    tested = bound_in([node.test]) if isinstance(node, gast.While) else []
    target = [] if isinstance(node, gast.While) else bound_in([node.target])
    possible = sets[1] | set(bound_in([node]))
    dead = _dead(node.body, node, node.flow.live_inside) - {*tested, *target}
    at_end, _ = _assigned(node.body, ((sets[0] - dead) | {*tested, *target}, possible))
    _assigned(node.orelse, (sets[0] | set(tested), possible))
    leaves_at_end = jumps.is_endless(node) and jumps.guard_of(node) is not None
    return ((at_end - dead) | (sets[0] & dead) if leaves_at_end else sets[0] | set(tested)), possible


def _after_try(node: Any, sets: _Sets) -> _Sets:
    within = (sets[0], sets[1] | set(bound_in([node])))
    _assigned(node.orelse, _assigned(node.body, within))
    for handler in node.handlers:
        _assigned(handler.body, within)
    defined, _ = _assigned(node.finalbody, within)
    return defined, within[1]
