"""`if`, `for` and `while` on staged values as calls of the runtime, with nested functions for their blocks.

The names that a block binds and that are read later are parameters and results of its function; everything else is
read through the closure. A name that functions defined by the user capture, or that is declared `nonlocal` or `global`,
stays one variable for all of them: the nested functions assign it, and hand it on besides.
"""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring import jumps, loop_hints
from s2s.codegen.staging.flow import bound_in
from s2s.codegen.staging.locals import carried
from s2s.codegen.staging.visitor import StageVisitor, loaded, stored

_LEAVES = (gast.Name, gast.Constant)  # what they are is not rewritten
_LAZY = {range: "range_", zip: "zip_", enumerate: "enumerate_", reversed: "reversed_"}


class ControlFlow(StageVisitor):
    """Rewrites statements that Python decides by the values of tests and iterables."""

    blocks = 0  # how many have been converted
    prelude: list[str] = []  # names that the function sets to UNDEFINED first of all
    given: frozenset[str] = frozenset()  # names that rewriting gave a value before this place

    # Definitions --------------------------------------------------------------------------------------------------

    def visit_body(self, function: Any) -> None:
        """Rewrites the body of a definition in place."""
        outer = self.function, self.inside, self.prelude, self.given
        self.function, self.inside, self.prelude, self.given = function, (), [], frozenset()
        visited = [made for statement in function.body for made in _statements(self.visit(statement))]
        at = 1 if _is_docstring(visited[0]) else 0
        first = [self._declaration(names, kind) for kind, names in self._hoisted(function)]
        first += [self._undefined(name) for name in dict.fromkeys(self.prelude)]
        placed = [gast.copy_location(s, function.body[0]) for s in first]
        function.body = [*visited[:at], *placed, *visited[at:]]
        self.function, self.inside, self.prelude, self.given = outer

    def _hoisted(self, function: Any) -> list[tuple[str, list[str]]]:
        """Declarations by kind, which stand before everything in the rewritten function."""
        declared = self.scope.declared if self._blocks else {}
        kinds = dict.fromkeys(declared.values())
        return [(kind, [n for n, k in declared.items() if k == kind]) for kind in kinds]

    def _declaration(self, names: list[str], kind: str) -> Any:
        return (gast.Global if kind == "global" else gast.Nonlocal)(names)

    def visit_Global(self, node: Any) -> Any:
        return gast.copy_location(gast.Pass(), node) if self._blocks else node

    visit_Nonlocal = visit_Global

    def _undefined(self, name: str) -> Any:
        self.changed = True
        return gast.Assign([stored(name)], loaded(self.names["UNDEFINED"]), None)

    # Statements ---------------------------------------------------------------------------------------------------

    def generic_visit(self, node: Any) -> Any:
        given, slots = self.given, node.__dict__
        for field_name in core.CHILD_FIELDS[type(node)]:
            old = slots.get(field_name)
            if type(old) is list:
                old[:] = [made for value in old for made in self._visited_items(value)]
            elif type(old) in core.CHILD_FIELDS and type(old) not in _LEAVES:
                slots[field_name] = self.visit(old)
        self.given = given
        return node

    def _visited_items(self, value: Any) -> list[Any]:
        is_visited = type(value) in core.CHILD_FIELDS and type(value) not in _LEAVES
        return _statements(self.visit(value)) if is_visited else [value]

    def visit_If(self, node: Any) -> Any:
        if not self.converts(node):
            return self.generic_visit(node)
        names, number = carried(node), self._number()
        branches = list(zip((node.body, node.orelse), node.flow.live_in_branches, strict=True))
        own = [[n for n in bound_in(body) if n in live and n not in names] for body, live in branches]
        before = self._defined(node, [*names, *own[0], *own[1]])
        test = self._evaluated_first(node, before)
        labels = [self.namer.fresh(f"{label}_{number}") for label in ("then", "else")]
        for label, (body, _), defaults in zip(labels, branches, own, strict=True):
            before.append(self._block_function(node, label, [], names, body, defaults))
        call = self.runtime("if_", test, *map(loaded, labels), *_values_and_names(names), like=node)
        return [gast.copy_location(s, node) for s in [*before, _assigned(names, call)]]

    def visit_While(self, node: Any) -> Any:
        if not self.converts(node):
            return self.generic_visit(node)
        body, stop, before = self._without_guard(node)
        names, number = self._loop_names(node, stop), self._number()
        before = [*self._defined(node, [n for n in names if n != stop]), *before]
        test, label = self.namer.fresh(f"test_{number}"), self.namer.fresh(f"body_{number}")
        condition, hints = loop_hints.taken(node.test, self.object)
        tested = gast.copy_location(gast.Return(self._continues(condition, stop)), node.test)
        before.append(self._function(node, test, [], names, [tested]))
        before.append(self._block_function(node, label, [], names, body))
        keywords = self._hints(hints, "max_iters")
        call = self.runtime("while_", loaded(test), loaded(label), *_values_and_names(names), like=node, **keywords)
        return [gast.copy_location(s, node) for s in [*before, _assigned(names, call)]]

    def _continues(self, test: Any, stop: str | None) -> Any:
        """Whether a `while` loop goes on: it does not once `stop` is true."""
        if stop is None:
            return self.visit(test)
        goes_on = self.runtime("not_", loaded(stop), like=test)
        if isinstance(test, gast.Constant) and test.value:
            return goes_on
        nothing = gast.arguments([], [], None, [], [], None, [])
        return self.runtime(
            "and_", goes_on, gast.copy_location(gast.Lambda(nothing, self.visit(test)), test), like=test
        )

    def visit_For(self, node: Any) -> Any:
        if not self.converts(node):
            return self.generic_visit(node)
        iterated, hints = loop_hints.taken(node.iter, self.object)
        items = self._lazy(iterated)
        body, stop, before = self._without_guard(node)
        names, number = self._loop_names(node, stop), self._number()
        before = [*self._defined(node, [n for n in names if n != stop]), *before]
        item, unpacked = self._item(node, names)
        label = self.namer.fresh(f"body_{number}")
        before.append(self._block_function(node, label, [item], names, [*unpacked, *body]))
        keywords = {} if stop is None else {"stop": gast.Constant(stop, None)}
        keywords |= self._hints(hints, "unroll", "max_iters")
        call = self.runtime("for_", items, loaded(label), *_values_and_names(names), like=node, **keywords)
        return [gast.copy_location(s, node) for s in [*before, _assigned(names, call)]]

    def _hints(self, hints: dict[str, Any], *names: str) -> dict[str, Any]:
        return {name: self.visit(hints[name]) for name in names if name in hints}

    def _item(self, node: Any, names: list[str]) -> tuple[str, list[Any]]:
        """The parameter that takes an element of what is iterated, and the statement that unpacks it."""
        if isinstance(node.target, gast.Name) and node.target.id not in names:
            return node.target.id, []
        item = self.namer.fresh("item")
        return item, [gast.copy_location(gast.Assign([node.target], loaded(item), None), node.target)]

    def _lazy(self, node: Any) -> Any:
        """What is iterated, with the lazy counterparts of `range`, `zip`, `enumerate`, `reversed`."""
        function = self.object(node.func) if isinstance(node, gast.Call) else None
        name = next((lazy for builtin, lazy in _LAZY.items() if function is builtin), None)
        if name is None or (function is range and self.static.is_static(node)):
            return self.visit(node)
        made = self.runtime(name, *map(self._lazy, node.args), like=node)
        made.keywords = [gast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        return made

    # Blocks as functions ------------------------------------------------------------------------------------------

    def _number(self) -> int:
        self.blocks += 1
        return self.blocks

    def _loop_names(self, node: Any, stop: str | None) -> list[str]:
        return list(dict.fromkeys([*carried(node), *([] if stop is None else [stop])]))

    def _without_guard(self, node: Any) -> tuple[list[Any], str | None, list[Any]]:
        """The body of a loop without its guard `if stop: break`, the guard's flag, and what sets it to false before."""
        guard = jumps.guard_of(node)
        if guard is None:
            return node.body, None, []
        body = node.body[:-1]
        if guard in node.flow.live_after and not node.flow.false_before:
            stop = self.namer.fresh("stop")
            body = [*body, gast.copy_location(gast.Assign([stored(stop)], loaded(guard), None), node.body[-1])]
        else:
            stop = guard
        is_set = stop == guard and node.flow.false_before
        return body, stop, [] if is_set else [gast.Assign([stored(stop)], gast.Constant(False, None), None)]

    def _evaluated_first(self, node: Any, before: list[Any]) -> Any:
        """The test; by name if it binds a variable, which the blocks must see."""
        if not any(isinstance(n, gast.NamedExpr) for n in core.nodes(node.test)):
            return self.visit(node.test)
        name = self.namer.fresh("test")
        before.append(gast.copy_location(gast.Assign([stored(name)], self.visit(node.test), None), node.test))
        return loaded(name)

    def _defined(self, node: Any, names: list[str]) -> list[Any]:
        """Statements that give a value to those names that may have none yet, where they may be handed on."""
        missing = [n for n in dict.fromkeys(names) if n not in node.flow.defined and n not in self.scope.declared]
        missing = [n for n in missing if n not in bound_in([node.test] if isinstance(node, gast.If) else [])]
        missing = [n for n in missing if n not in self.given]
        kept = [n for n in missing if n in node.flow.possible and n in node.flow.live_before]
        self.prelude += kept
        self.given |= {*names}
        return [self._undefined(name) for name in missing if name not in kept]

    def _block_function(
        self, node: Any, label: str, items: list[str], names: list[str], body: list[Any], defaults: Any = ()
    ) -> Any:
        """The rewritten block as a function that takes and gives the carried names."""
        outer = self.inside, self.given
        own = set(bound_in(body)) - self.scope.always_live  # of these it has no values but those that it gets
        self.inside, self.given = (*self.inside, node), (self.given - own) | {*names, *defaults}
        visited = [made for statement in body for made in _statements(self.visit(statement))]
        self.inside, self.given = outer
        result = gast.Return(gast.Tuple([loaded(n) for n in names], gast.Load()))
        gast.copy_location(result, body[-1] if body else node)
        return self._function(node, label, items, names, [*visited, result], bound_in(body), defaults)

    def _function(
        self,
        node: Any,
        label: str,
        items: list[str],
        names: list[str],
        body: list[Any],
        bound: Any = (),
        defaults: Any = (),
    ) -> Any:
        shared = {n: self.namer.fresh(n) for n in [*items, *names, *defaults] if self._is_shared(n)}
        declared = dict.fromkeys(n for n in [*items, *names, *bound] if self._is_shared(n))
        first: list[Any] = []
        for kind in ("nonlocal", "global"):
            of_kind = [n for n in declared if self.scope.declared.get(n, "nonlocal") == kind]
            first += [self._declaration(of_kind, kind)] if of_kind else []
        first += [gast.Assign([stored(n)], loaded(new), None) for n, new in shared.items()]
        parameters = [_parameter(shared.get(n, n)) for n in [*items, *names, *defaults]]
        values = [loaded(n) for n in defaults]
        arguments = gast.arguments(parameters, [], None, [], [], None, values)
        body = [*(gast.copy_location(s, node) for s in first), *body]
        return gast.copy_location(gast.FunctionDef(label, arguments, body, [], None, None, []), node)

    def _is_shared(self, name: str) -> bool:
        return name in self.scope.declared or name in self.scope.captured


def _parameter(name: str) -> Any:
    return gast.Name(name, gast.Param(), None, None)


def _values_and_names(names: list[str]) -> list[Any]:
    values = gast.Tuple([loaded(n) for n in names], gast.Load())
    return [values, gast.Tuple([gast.Constant(n, None) for n in names], gast.Load())]


def _assigned(names: list[str], call: Any) -> Any:
    if not names:
        return gast.Expr(call)
    return gast.Assign([gast.Tuple([stored(n) for n in names], gast.Store())], call, None)


def _statements(visited: Any) -> list[Any]:
    return visited if isinstance(visited, list) else [] if visited is None else [visited]


def _is_docstring(statement: Any) -> bool:
    value = getattr(statement, "value", None)
    return isinstance(statement, gast.Expr) and isinstance(value, gast.Constant) and isinstance(value.value, str)
