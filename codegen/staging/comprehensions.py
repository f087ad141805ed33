"""List comprehensions over staged values, as calls that can be a staged loop.

`[v * v for v in x if v > 0]` is `collected(x, lambda v: v * v, lambda v: v > 0)`. A filter on staged values makes a
list of which only the compiled function knows how long it is.
"""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.staging.stores import MUTATORS
from s2s.codegen.staging.visitor import StageVisitor, loaded

# Functions that take what a generator expression yields one by one, and need not do so lazily.
CONSUMERS: tuple[Any, ...] = (sum, min, max, any, all, list, tuple, sorted)


class Comprehensions(StageVisitor):
    """Rewrites comprehensions whose elements staged values decide, or of which there may be many."""

    def visit_ListComp(self, node: Any) -> Any:
        return self.collected(node) if self.is_collected(node) else self._comprehension(node)

    def is_collected(self, node: Any) -> bool:
        """Whether a list comprehension, or a generator expression that is consumed at once, becomes a call."""
        if not isinstance(node, gast.ListComp | gast.GeneratorExp) or any(
            map(_is_bound_to_its_place, core.nodes(node))
        ):
            return False
        generators = node.generators
        if any(isinstance(n, gast.Starred) for g in generators for n in core.nodes(g.target)):
            return False
        tests = [test for g in generators for test in g.ifs]
        return not all(map(self.static.is_static, tests)) or any(self._may_be_long(g.iter) for g in generators)

    def _may_be_long(self, iterated: Any) -> bool:
        if isinstance(iterated, gast.Call):
            return any(map(self._may_be_long, iterated.args))
        return isinstance(iterated, gast.Name | gast.Subscript) and not self.static.is_static(iterated)

    def collected(self, node: Any, ends_early: bool = False) -> Any:
        """The call; `ends_early` where what takes the elements need not ask for all of them, and they may write."""
        call = self._collected(node.generators, node.elt, node)
        if ends_early and any(isinstance(n, gast.Call) for n in core.nodes(node)):
            call.keywords.append(gast.keyword("ends_early", gast.Constant(True, None)))
        return call

    def _collected(self, generators: list[Any], element: Any, like: Any) -> Any:
        first, *rest = generators
        items = self._lazy(first.iter)
        targets = {n.id for n in core.nodes(first.target) if isinstance(n, gast.Name)}
        with self.shadowing(targets):
            inner = self._collected(rest, element, like) if rest else self.visit(element)
            tests = [self.visit(self._all(first.ifs, like))] if first.ifs else []
        functions = [self._function_of(first.target, part) for part in [inner, *tests]]
        keywords = {"flat": gast.Constant(True, None)} if rest else {}
        return self.runtime("collected", items, *functions, like=like, **keywords)

    def _all(self, tests: list[Any], like: Any) -> Any:
        return tests[0] if len(tests) == 1 else gast.copy_location(gast.BoolOp(gast.And(), tests), like)

    def _function_of(self, target: Any, value: Any) -> Any:
        """`lambda v: value`; of a target that unpacks `lambda item: (lambda a, b: value)(*item)`."""
        if isinstance(target, gast.Name):
            return gast.copy_location(_lambda([target.id], value), value)
        names = [part.id if isinstance(part, gast.Name) else self.namer.fresh("item") for part in target.elts]
        for name, part in zip(names, target.elts, strict=True):
            if not isinstance(part, gast.Name):
                inner = self._function_of(part, value)
                value = gast.copy_location(gast.Call(inner, [loaded(name)], []), value)
        item = self.namer.fresh("item")
        called = gast.Call(_lambda(names, value), [gast.Starred(loaded(item), gast.Load())], [])
        return gast.copy_location(_lambda([item], called), value)


def _lambda(names: list[str], value: Any) -> Any:
    parameters = [gast.Name(name, gast.Param(), None, None) for name in names]
    return gast.Lambda(gast.arguments(parameters, [], None, [], [], None, []), value)


def _is_bound_to_its_place(node: Any) -> bool:
    """Whether a part of a comprehension binds a name around it, or changes an object."""
    method = node.func if isinstance(node, gast.Call) else None
    changes = isinstance(method, gast.Attribute) and method.attr in MUTATORS
    return changes or isinstance(node, gast.NamedExpr | gast.Await | gast.Yield | gast.YieldFrom)
