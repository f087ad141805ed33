"""Loops over arrays that their bodies write: Python's iterator reads an item when its turn comes.

`for e in b:` becomes `for i in range(len(b)): e = b[i]`, so that each item is one of the array as it is then.
"""

import copy
from collections.abc import Iterable
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference.kinds import ListOf, Numeric

FACT = "written while iterated"


def note(function: core.Function, statement: gast.AST, others: Iterable[str]) -> bool:
    """Notes the loops around a write whose iterables see it; False if there are none that are not known yet."""
    around = [loop for loop in core.walk(function.body) if _is_around(loop, statement)]
    loops = {name: loop for loop in around for name in core.own_reads(loop)}
    seeing = [n for n in others if n in loops and isinstance(function.kinds.get(n), Numeric | ListOf)]
    return any([_note(function, loops[n], function.bases.get(n, n)) for n in seeing])


def positions_of(function: core.Function, loop: gast.AST) -> list[str]:
    """The names of what a loop goes over the positions of."""
    known = function.facts.at(FACT, loop.user_loop) if hasattr(loop, "user_loop") else None
    return [n for n, base in function.bases.items() if base in known] if known else []


def _is_around(loop: gast.AST, statement: gast.AST) -> bool:
    is_own = isinstance(loop, gast.For) and hasattr(loop, "user_loop") and loop.__dict__.get("home") is None
    return is_own and any(s is statement for s in core.walk(loop.body))


def _note(function: core.Function, loop: gast.AST, variable: str) -> bool:
    known = function.facts.at(FACT, loop.user_loop) or frozenset()
    return variable not in known and function.facts.note(FACT, loop.user_loop, known | {variable})


def rewritten(tree: gast.AST, desugarer: Any) -> gast.AST:
    """The function with the loops that have been noted as loops over positions."""
    if not desugarer.facts.has(FACT):
        return tree
    wanted = {id(n) for n in gast.walk(tree) if isinstance(n, gast.For) and desugarer.facts.at(FACT, n)}
    if not wanted:
        return tree
    memo: dict[int, Any] = {}
    new = copy.deepcopy(tree, memo)
    _Rewriter(desugarer, {id(memo[i]) for i in wanted}).visit(new)
    return new


class _Rewriter(gast.NodeTransformer):
    def __init__(self, desugarer: Any, wanted: set[int]):
        self.desugarer = desugarer
        self.wanted = wanted
        self.before: list[gast.AST] = []
        self.opening: list[gast.AST] = []

    def visit_For(self, node: gast.For) -> Any:
        self.generic_visit(node)
        if id(node) not in self.wanted:
            return node
        self.before, self.opening = [], []
        variables = self.desugarer.facts.at(FACT, node)
        node.target, node.iter = self._over_positions(node.target, node.iter, variables, node)
        node.body = [*self.opening, *node.body]
        return [*self.before, node]

    def _over_positions(self, target: Any, iterator: Any, variables: frozenset[str], like: gast.AST) -> tuple[Any, Any]:
        """Target and iterator of a loop over positions, where the iterator is one of these variables."""
        if core.is_name(iterator) and iterator.id in variables:
            return self._positions(target, iterator, like)
        called = iterator.func.id if isinstance(iterator, gast.Call) and core.is_name(iterator.func) else None
        if called == "reversed":
            target, inner = self._over_positions(target, iterator.args[0], variables, like)
            iterator.args = [inner]
        elif called in ("zip", "enumerate") and isinstance(target, gast.Tuple | gast.List):
            first = 0 if called == "zip" else 1
            for i, part in enumerate(iterator.args[: len(target.elts) - first]):
                place = i + first
                target.elts[place], iterator.args[i] = self._over_positions(target.elts[place], part, variables, like)
        return target, iterator

    def _positions(self, target: gast.AST, iterated: gast.AST, like: gast.AST) -> tuple[gast.AST, gast.AST]:
        items, index = self._fresh(f"{iterated.id}_items"), self._fresh(f"{iterated.id}_index")
        self.desugarer.shown[items] = iterated.id
        self.before.append(core.located(gast.Assign([core.stored(items)], iterated, None), like))
        item = core.located(core.subscript(core.name(items), core.name(index)), iterated)
        self.opening.append(core.located(gast.Assign([target], item, None), like))
        self.desugarer.function.references["len"] = len
        self.desugarer.function.references["range"] = range
        length = core.call("len", core.name(items))
        return core.stored(index), core.call("range", length)

    def _fresh(self, base: str) -> str:
        name: str = self.desugarer.function.namer.fresh(base)
        self.desugarer.locals.add(name)
        return name
