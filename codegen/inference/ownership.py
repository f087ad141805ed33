"""Which changes of a list or dict only their own variable can see.

All versions of a container are one object in Python: a *web* of names. A change makes a new version of it, which is the
same as changing it in place if no other name of the web is read afterwards, if nothing else had come to hold the object
before, and if it was made here. The first two are asked of what users write; all three of what is printed as
`xs.append(v)`. (Webs as in Briggs, Cooper & Torczon, TOPLAS 1994; escapes as in Choi et al., OOPSLA 1999.)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.runtime import builtin_functions as library
from s2s.runtime import support
from s2s.runtime.primitives import table

# Functions that change their first argument: the result (for pops, its first part) is the argument's next version.
UPDATES = (
    support.append, support.extend, support.insert, support.pop, support.set_at, support.put, support.reordered,
    support.without, support.emptied, support.put_entry,
)  # fmt: skip
POPS = (support.pop,)
# Primitives whose result may be, or hold, this operand itself.
KEEPS = {
    "list_append": ("v",), "list_insert": ("v",), "list_insert_popped": ("v",), "acc": ("a", "b"),
    "instantiate": ("t",), "set_at": ("v",), "put": ("v",), "getitem": ("c",), "entry_put": ("v",),
}  # fmt: skip
# Those whose result may be the operand itself.
MAY_BE_OPERAND = ("acc", "instantiate", "getitem")
READERS = {"index", "count", "copy", "keys", "values", "items", "get"}
LOOKS = (
    len,
    range,
    isinstance,
    print,
    list,
    tuple,
    dict,
    sorted,
    sum,
    min,
    max,
    any,
    all,
    enumerate,
    zip,
    reversed,
    str,
)


@dataclass
class Site:
    """Where something happens: the statement's number and the loops around it."""

    at: int
    loops: tuple[gast.AST, ...]


@dataclass
class Change(Site):
    """`new = update(old, …)`."""

    statement: gast.AST = None
    old: str = ""
    new: str = ""


@dataclass
class Web:
    """All names of one container."""

    names: set[str] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)
    escapes: list[Site] = field(default_factory=list)
    made: list[Site] = field(default_factory=list)
    is_foreign: bool = False
    is_parameter: bool = False


class Ownership:
    """Webs of the containers that a body changes.

    Args:
        resolve: the object that a path of global names stands for, None for anything else.
        parameters: names given from outside.
        is_update: is this call of one of UPDATES (statement, its first argument) the same object's next version?
    """

    def __init__(self, body: list[gast.AST], resolve: Any, parameters: Iterable[str], is_update: Any):
        self.resolve = resolve
        self.is_update = is_update
        self.parameters = set(parameters)
        self.leaders: dict[str, str] = {}
        self.pairs: dict[str, str] = {}
        self.popped: set[str] = set()
        self.sites: list[tuple[Site, gast.AST]] = []
        self.changes: list[Change] = []
        self._number(body, ())
        for site, statement in self.sites:
            self._connect(site, statement)
        self.webs: dict[str, Web] = {}
        if self.changes:
            self._gather(body)

    # Webs --------------------------------------------------------------------------------------------------------

    def _number(self, body: list[gast.AST], loops: tuple[gast.AST, ...]) -> None:
        for statement in body:
            self.sites.append((Site(len(self.sites), loops), statement))
            inner = (*loops, statement) if isinstance(statement, gast.For | gast.While) else loops
            for block in core.blocks(statement):
                self._number(block, inner)

    def leader(self, name: str) -> str:
        while name in self.leaders:
            name = self.leaders[name]
        return name

    def _union(self, a: str, b: str) -> None:
        a, b = self.leader(a), self.leader(b)
        if a != b:
            self.leaders[a] = b

    def _connect(self, site: Site, statement: gast.AST) -> None:
        if not isinstance(statement, gast.Assign):
            return
        for target, value in _copies(statement):
            self._union(target, value)
        target = statement.targets[0]
        names = core.targets(statement)
        if core.is_name(target) and not core.is_name(statement.value) and self._is_popped(statement.value):
            self.popped.add(target.id)
        if isinstance(target, gast.Tuple) and core.is_name(statement.value) and statement.value.id in self.pairs:
            self._union(names[0], self.pairs[statement.value.id])
            return
        old = self._changed(statement)
        if old is None:
            return
        is_pair = _is_one_of(self.resolve(statement.value.func), POPS)
        if is_pair and isinstance(target, gast.Name):
            self.pairs[target.id] = old
            self.changes.append(Change(site.at, site.loops, statement, old, ""))
        elif is_pair == isinstance(target, gast.Tuple):
            self._union(names[0], old)
            self.changes.append(Change(site.at, site.loops, statement, old, names[0]))

    def _changed(self, statement: gast.Assign) -> str | None:
        """The name that a statement makes the next version of."""
        value = statement.value
        if not isinstance(value, gast.Call) or not value.args or not core.is_name(value.args[0]):
            return None
        is_update = _is_one_of(self.resolve(value.func), UPDATES) and self.is_update(statement, value.args[0].id)
        return value.args[0].id if is_update else None

    def _gather(self, body: list[gast.AST]) -> None:
        for change in self.changes:
            web = self.webs.setdefault(self.leader(change.old), Web())
            web.changes.append(change)
        for name in {*self.parameters, *core.assigned(body)}:
            if self.leader(name) in self.webs:
                self.webs[self.leader(name)].names.add(name)
        for name in self.parameters:
            self._web_of(name).is_parameter = True
        for site, statement in self.sites:
            self._origins(site, statement)
            if not isinstance(statement, gast.Return) and not core.is_join(statement):
                for name in _kept(core.header(statement), self):
                    self._web_of(name).escapes.append(site)

    def _web_of(self, name: str) -> Web:
        return self.webs.get(self.leader(name)) or Web()

    def _origins(self, site: Site, statement: gast.AST) -> None:
        """Which webs come into being here, and from what."""
        if isinstance(statement, gast.For):
            for name in core.targets(statement):
                self._web_of(name).is_foreign = True
        if not isinstance(statement, gast.Assign):
            return
        target, value = statement.targets[0], statement.value
        copied = {t for t, _ in _copies(statement)}
        old = self._changed(statement)
        is_pop = core.is_name(value) and value.id in self.pairs
        for i, name in enumerate(core.targets(statement)):
            if name in copied or (i == 0 and (old is not None or is_pop)):
                continue
            web = self._web_of(name)
            web.made.append(site)
            if core.is_join(statement):
                web.is_foreign |= not self._is_new(dict(core.split_join([statement])[1])[name])
            else:
                is_part = isinstance(target, gast.Tuple)
                is_rest = is_part and i == 0 and self._is_popped(value)
                web.is_foreign |= not is_rest and (is_part or not self._is_new(value))

    def _is_popped(self, value: gast.AST) -> bool:
        """Is it the result of a pure `pop(xs)`, whose first part is a list of its own?"""
        if core.is_name(value):
            return value.id in self.popped
        return isinstance(value, gast.Call) and _is_one_of(self.resolve(value.func), POPS)

    def _is_new(self, value: gast.AST) -> bool:
        """Does the expression make an object that nothing else refers to?"""
        if isinstance(value, gast.Subscript):
            return isinstance(value.slice, gast.Slice)
        if not isinstance(value, gast.Call):
            return not isinstance(value, gast.Name | gast.Attribute | gast.IfExp | gast.BoolOp)
        if isinstance(value.func, gast.Attribute) and value.func.attr == "copy":
            return True
        found = self.resolve(value.func)
        primitive = table.lookup(found) if found is not None else None
        if primitive is not None:
            return primitive.name not in MAY_BE_OPERAND
        return _is_one_of(found, (support.changed, list, dict, sorted))

    # Questions ---------------------------------------------------------------------------------------------------

    def conflict(self, change: Change, live_after: set[str]) -> str | None:
        """Why the change can be seen under another name; None if it can't."""
        web = self.webs[self.leader(change.old)]
        others = (live_after & web.names) - {change.new}
        if others:
            return "another variable refers to the same object"
        if any(isinstance(loop, gast.For) and _reads_web(self, loop, web) for loop in change.loops):
            return "it is iterated over in the loop that changes it"
        if any(self._before(escape, change, web) for escape in web.escapes):
            return "something else holds it, too"
        return "it is part of another container" if web.is_foreign else None

    def is_parameter(self, change: Change) -> bool:
        return self.webs[self.leader(change.old)].is_parameter

    def _before(self, escape: Site, change: Change, web: Web) -> bool:
        if escape.at <= change.at:
            return not self._renewed(escape, change, web)
        common = [loop for loop in escape.loops if any(loop is other for other in change.loops)]
        return any(not all(any(other is loop for other in made.loops) for made in web.made) for loop in common)

    def _renewed(self, escape: Site, change: Change, web: Web) -> bool:
        """Is the web made anew between the two?"""
        return bool(web.made) and all(escape.at < made.at for made in web.made)


def _copies(statement: gast.AST) -> list[tuple[str, str]]:
    """Names that become another name of the same object."""
    if core.is_join(statement):
        return [(t, v.id) for t, v in core.split_join([statement])[1] if core.is_name(v)]
    target = statement.targets[0]
    return [(target.id, statement.value.id)] if core.is_name(target) and core.is_name(statement.value) else []


def _reads_web(ownership: Ownership, loop: gast.For, web: Web) -> bool:
    return any(name in web.names for name in core.own_reads(loop))


def _kept(node: Any, ownership: Ownership) -> Iterator[str]:
    """Names in an expression whose object lives on in what the expression makes."""
    if isinstance(node, gast.Name):
        return
    yield from _kept_below(node, ownership)


def _kept_below(node: Any, ownership: Ownership) -> Iterator[str]:
    if not isinstance(node, gast.AST):
        return
    borrowed = _borrowed(node, ownership)
    for child in core.children(node):
        if isinstance(child, gast.keyword):
            child = child.value
        if isinstance(child, gast.Name):
            if isinstance(child.ctx, gast.Load) and not any(child is b for b in borrowed):
                yield child.id
        elif not isinstance(child, gast.expr_context):
            yield from _kept_below(child, ownership)


def _borrowed(node: gast.AST, ownership: Ownership) -> list[gast.AST]:
    """The parts of an expression that are only looked at."""
    if isinstance(
        node, gast.Subscript | gast.Compare | gast.UnaryOp | gast.BinOp | gast.JoinedStr | gast.FormattedValue
    ):
        return list(core.children(node))
    if isinstance(node, gast.Slice | gast.Starred):
        return list(core.children(node))
    if isinstance(node, gast.Attribute):
        return [node.value] if node.attr in READERS else []
    return _borrowed_arguments(node, ownership) if isinstance(node, gast.Call) else []


def _borrowed_arguments(call: gast.Call, ownership: Ownership) -> list[gast.AST]:
    values = [*call.args, *[k.value for k in call.keywords]]
    found = ownership.resolve(call.func)
    if isinstance(call.func, gast.Attribute) and found is None:
        return [call.func.value] if call.func.attr in READERS else []
    primitive = table.lookup(found, len(values)) if found is not None else None
    if primitive is None:
        return [call.func, *values] if _looks(found) else [call.func]
    kept = KEEPS.get(primitive.name, ())
    parameters = [p.lstrip("*") for p in primitive.parameters]
    positional = [a for i, a in enumerate(call.args) if i >= len(parameters) or parameters[i] not in kept]
    return [call.func, *positional, *[k.value for k in call.keywords if k.arg not in kept]]


def _looks(found: Any) -> bool:
    checks = (support.require_scalar, support.require_immutable, support.require_set, support.shapes, support.ranks)
    return _is_one_of(found, (*LOOKS, *checks, library.got))


def _is_one_of(found: Any, functions: Iterable[Any]) -> bool:
    return any(found is function for function in functions)


def live_after(body: list[gast.AST]) -> dict[int, set[str]]:
    """The id of each statement to the names read after it."""
    found: dict[int, set[str]] = {}
    _live_block(body, set(), found)
    return found


def _live_block(body: list[gast.AST], live: set[str], found: dict[int, set[str]]) -> set[str]:
    for statement in reversed(body):
        found[id(statement)] = found.get(id(statement), set()) | live
        live = _live_before(statement, live, found)
    return live


def _live_before(statement: gast.AST, live: set[str], found: dict[int, set[str]]) -> set[str]:
    own = set(core.own_reads(statement))
    if isinstance(statement, gast.If):
        arms = [_live_block(b, set(live), found) for b in core.blocks(statement)]
        return arms[0] | arms[1] | own
    if not isinstance(statement, gast.For | gast.While):
        return (live - set(core.targets(statement))) | own
    at_head = live | (own if isinstance(statement, gast.While) else set())
    while True:
        grown = at_head | (_live_block(statement.body, set(at_head), found) - set(core.targets(statement)))
        if grown == at_head:
            return at_head | own
        at_head = grown


def resolver(references: Any) -> Any:
    """Looks a path of global names up in the references of a function."""

    def resolve(node: gast.AST) -> Any:
        if type(node) is gast.Name:
            return references.get(node.id)
        path = core.dotted(node)
        if path is None or path.split(".")[0] not in references:
            return None
        found = references[path.split(".")[0]]
        for part in path.split(".")[1:]:
            found = getattr(found, part, None)
        return found

    return resolve


__all__ = ["Change", "Ownership", "live_after", "resolver"]
