"""`with grad_of(h) as h_bar:` as a function of `h_bar`, and a call that leaves `h` as it is, with it in its adjoint."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.core.names import Namer, names_in
from s2s.codegen.diagnostics import unsupported
from s2s.codegen.reading.guards import resolve_path
from s2s.codegen.reading.resolve import bound_names
from s2s.codegen.reading.source import FunctionSource
from s2s.runtime import gradient_edits

_FORM = "write `with grad_of(h) as h_bar:` for a variable h of the function"
_LEAVING = gast.Return | gast.Break | gast.Continue | gast.Yield | gast.YieldFrom | gast.Await


def is_edit(node: Any, resolve: Callable[[Any], Any]) -> bool:
    """Whether a statement is `with grad_of(...)`; `resolve` gives the object that a node stands for."""
    if not isinstance(node, gast.With):
        return False
    calls = [item.context_expr for item in node.items if isinstance(item.context_expr, gast.Call)]
    return any(resolve(call.func) is gradient_edits.grad_of for call in calls)


def without_edits(source: FunctionSource) -> tuple[FunctionSource, dict[str, Any]]:
    """The function with such blocks as functions, and the objects that the new names in it stand for."""
    if not source.survey.holds(gast.With):
        return source, {}
    edits = _Edits(source)
    tree = edits.visit(core.copied(source.tree))
    if not edits.references:
        return source, {}
    return replace(source, tree=tree, lifted=None), edits.references


class _Edits(gast.NodeTransformer):
    def __init__(self, source: FunctionSource) -> None:
        self.source = source
        self.locals = bound_names(source.tree)
        self.namer = Namer(names_in(source.tree) | {source.name})
        self.references: dict[str, Any] = {}

    def _resolve(self, node: Any) -> Any:
        path = core.dotted(node)
        return None if path is None or path.split(".")[0] in self.locals else resolve_path(self.source, path)

    def visit_FunctionDef(self, node: Any) -> Any:
        return self.generic_visit(node) if node.name == self.source.name else node

    def visit_With(self, node: Any) -> Any:
        if not is_edit(node, self._resolve):
            return self.generic_visit(node)
        variable, bar = self._names(node)
        self._check(node, bar)
        copies = self._copies(node, bar)
        body = [*_Renamed(dict(copies)).of(node.body), gast.Return(core.name(bar))]
        edited = self.namer.fresh(f"edited_{bar}")
        parameters = [gast.Name(name, gast.Param(), None, None) for name in [bar, *(new for _, new in copies)]]
        arguments = gast.arguments(parameters, [], None, [], [], None, [])
        function = gast.FunctionDef(edited, arguments, body, [], None, None, [])
        call = self._call(variable, edited, *(name for name, _ in copies))
        made = [function, core.assign(variable, call)]
        for new in (n for statement in made for n in gast.walk(statement)):
            if getattr(new, "end_lineno", None) is None:
                gast.copy_location(new, node)
        return made

    def _names(self, node: Any) -> tuple[str, str]:
        """The variable, and what its cotangent is called."""
        item = node.items[0]
        given = item.context_expr.args if isinstance(item.context_expr, gast.Call) else []
        is_plain = len(node.items) == 1 and len(given) == 1 and core.is_name(given[0])
        bar = item.optional_vars
        if not is_plain or given[0].id not in self.locals or not (bar is None or core.is_name(bar)):
            raise unsupported(self.source, node, "grad_of takes one variable of the function", _FORM)
        return given[0].id, self.namer.fresh(f"{given[0].id}_bar") if bar is None else bar.id

    def _check(self, node: Any, bar: str) -> None:
        """What the body does must end with it."""
        inside = [n for statement in node.body for n in gast.walk(statement)]
        leaving = next((n for n in inside if isinstance(n, _LEAVING | gast.Nonlocal | gast.Global)), None)
        if leaving is not None:
            cause = "the body of `with grad_of(...)` runs in the backward pass, and cannot be left there"
            raise unsupported(self.source, leaving, cause, "use `if` in the body")
        blocks = [n for n in gast.walk(self.source.tree) if is_edit(n, self._resolve)]
        within = {id(n) for block in blocks for s in [*block.items, *block.body] for n in gast.walk(s)}
        own = {bar, *(n.id for n in inside if isinstance(n, gast.Name) and not isinstance(n.ctx, gast.Load))}
        for outside in gast.walk(self.source.tree):
            if isinstance(outside, gast.Name) and outside.id in own and id(outside) not in within:
                cause = f"{outside.id!r} is assigned in a `with grad_of(...)`, which runs in the backward pass only"
                raise unsupported(self.source, outside, cause, "take another name for what the body assigns")

    def _copies(self, node: Any, bar: str) -> list[tuple[str, str]]:
        """The function's variables that the body reads, each with a name for its value at this place."""
        inside = [n for statement in node.body for n in gast.walk(statement) if isinstance(n, gast.Name)]
        own = {bar, *(n.id for n in inside if not isinstance(n.ctx, gast.Load))}
        read = dict.fromkeys(n.id for n in inside if n.id in self.locals and n.id not in own)
        return [(name, self.namer.fresh(name)) for name in read]

    def _call(self, *arguments: str) -> gast.AST:
        if not self.references:
            self.references[self.namer.fresh("edit_gradient")] = gradient_edits.edit_gradient
        return core.call(next(iter(self.references)), *map(core.name, arguments))


class _Renamed(gast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def of(self, body: list[Any]) -> list[Any]:
        return [self.visit(statement) for statement in core.copied(body)]

    def visit_Name(self, node: Any) -> Any:
        node.id = self.names.get(node.id, node.id)
        return node
