"""`f = np.sin if x > 0 else np.cos`: a variable that a test makes one of several functions, as a function of its own.

It becomes `f = lambda v: np.sin(v) if f_test else np.cos(v)`, with the test in a variable in front. So its call is a
choice between two calls, which is what derivatives, batches and staging know.
"""

from collections.abc import Callable
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.core.names import Namer

Resolve = Callable[[str], Any]


def written_out(tree: Any, resolve: Resolve, names: set[str]) -> Any:
    """The definition with such variables as lambdas, itself if it has none; `names` are those that it uses."""
    functions = _local_functions(tree)
    if not any(_chosen(s, functions, resolve) is not None for s in _statements(tree.body)):
        return tree
    new = core.copied(tree)
    new.body = _Choices(new, functions, resolve, Namer(names | {tree.name})).block(new.body)
    return new


def _statements(body: list[Any]) -> list[Any]:
    """The statements of a block and of the blocks in it, without those of definitions."""
    found = []
    for statement in body:
        found.append(statement)
        if not isinstance(statement, gast.FunctionDef | gast.ClassDef | gast.AsyncFunctionDef):
            found += [s for inner in _blocks(statement) for s in _statements(inner)]
    return found


def _blocks(statement: Any) -> list[list[Any]]:
    return [b for b in (getattr(statement, f, None) for f in ("body", "orelse", "finalbody")) if isinstance(b, list)]


def _local_functions(tree: Any) -> set[str]:
    """Names that stand for a function defined inside wherever they are read."""
    bound: dict[str, list[bool]] = {}
    for statement in _statements(tree.body):
        if isinstance(statement, gast.FunctionDef):
            bound.setdefault(statement.name, []).append(True)
        for node in core.nodes(statement) if isinstance(statement, gast.Assign | gast.AugAssign | gast.For) else []:
            if isinstance(node, gast.Name) and isinstance(node.ctx, gast.Store):
                is_function = isinstance(statement, gast.Assign) and isinstance(statement.value, gast.Lambda)
                bound.setdefault(node.id, []).append(is_function)
    return {name for name, kinds in bound.items() if all(kinds)}


def _chosen(statement: Any, functions: set[str], resolve: Resolve) -> tuple[str, Any] | None:
    """The variable that a statement makes one of several functions, and the conditional expression of these."""
    found = _as_expression(statement)
    if found is None or not isinstance(found[1], gast.IfExp) or not _are_functions(found[1], functions, resolve):
        return None
    return found


def _as_expression(statement: Any) -> tuple[str, Any] | None:
    """The one variable that a statement assigns and its value, for `if`s as a conditional expression."""
    if isinstance(statement, gast.Assign):
        target = statement.targets[0]
        return (target.id, statement.value) if len(statement.targets) == 1 and core.is_name(target) else None
    if not isinstance(statement, gast.If) or len(statement.body) != 1 or len(statement.orelse) != 1:
        return None
    arms = [_as_expression(statement.body[0]), _as_expression(statement.orelse[0])]
    if arms[0] is None or arms[1] is None or arms[0][0] != arms[1][0]:
        return None
    return arms[0][0], gast.copy_location(gast.IfExp(statement.test, arms[0][1], arms[1][1]), statement)


def _are_functions(node: Any, functions: set[str], resolve: Resolve) -> bool:
    if isinstance(node, gast.IfExp):
        return all(_are_functions(arm, functions, resolve) for arm in (node.body, node.orelse))
    if isinstance(node, gast.Lambda):
        return True
    path = core.dotted(node)
    found = None if path is None else resolve(path)
    return path in functions or found is not None and callable(found) and not isinstance(found, type)


class _Choices:
    def __init__(self, tree: Any, functions: set[str], resolve: Resolve, namer: Namer) -> None:
        self.calls = [n for s in tree.body for n in core.nodes(s) if isinstance(n, gast.Call)]
        self.functions, self.resolve, self.namer = functions, resolve, namer

    def block(self, body: list[Any]) -> list[Any]:
        return [new for statement in body for new in self._statement(statement)]

    def _statement(self, statement: Any) -> list[Any]:
        found = _chosen(statement, self.functions, self.resolve)
        if found is not None and not any(c.keywords for c in self._calls_of(found[0])):
            return self._lambda(statement, *found)
        if not isinstance(statement, gast.FunctionDef | gast.ClassDef | gast.AsyncFunctionDef):
            for name in ("body", "orelse", "finalbody"):
                if isinstance(getattr(statement, name, None), list):
                    setattr(statement, name, self.block(getattr(statement, name)))
        return [statement]

    def _calls_of(self, name: str) -> list[Any]:
        return [c for c in self.calls if core.is_name(c.func) and c.func.id == name]

    def _lambda(self, statement: Any, name: str, choice: Any) -> list[Any]:
        before: list[Any] = []
        counts = {len(c.args) for c in self._calls_of(name) if not any(isinstance(a, gast.Starred) for a in c.args)}
        parameters = [self.namer.fresh("v") for _ in range(counts.pop())] if len(counts) == 1 else None
        body = self._call(choice, name, parameters, before, None)
        made = core.assign(name, gast.Lambda(_arguments(parameters), body))
        for node in (n for new in (*before, made) for n in gast.walk(new)):
            core.located(node, statement)
        return [*before, made]

    def _call(self, node: Any, name: str, parameters: Any, before: list[Any], unless: Any) -> Any:
        """A call of what a conditional expression of functions comes to; its tests and lambdas go in front."""
        if isinstance(node, gast.IfExp):
            test = self._kept(f"{name}_test", node.test if unless is None else _unless(unless, node.test), before)
            arms = [
                self._call(node.body, name, parameters, before, unless),
                self._call(node.orelse, name, parameters, before, test),
            ]
            return gast.copy_location(gast.IfExp(core.name(test), *arms), node)
        function = core.name(self._kept(f"{name}_arm", node, before)) if isinstance(node, gast.Lambda) else node
        given = (
            [gast.Starred(core.name("arguments"), gast.Load())] if parameters is None else map(core.name, parameters)
        )
        return gast.copy_location(gast.Call(core.copied(function), list(given), []), node)

    def _kept(self, base: str, value: Any, before: list[Any]) -> str:
        name: str = self.namer.fresh(base)
        before.append(core.assign(name, value))
        return name


def _unless(earlier: str, test: Any) -> Any:
    """A test that is asked only where an earlier one did not hold."""
    return gast.BoolOp(gast.And(), [gast.UnaryOp(gast.Not(), core.name(earlier)), test])


def _arguments(parameters: list[str] | None) -> Any:
    names = [gast.Name(p, gast.Param(), None, None) for p in parameters or ()]
    rest = gast.Name("arguments", gast.Param(), None, None) if parameters is None else None
    return gast.arguments(names, [], rest, [], [], None, [])
