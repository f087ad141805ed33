"""Rewrites calls in a function's tree so that it runs on staged arrays; everything else stays as the user wrote it."""

import functools
import itertools
import types
from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.core.names import names_of
from s2s.codegen.desugaring import chosen_functions, jumps, plain_collections
from s2s.codegen.desugaring.structured import structured
from s2s.codegen.inference.list_operands import is_numpy, takes_lists
from s2s.codegen.reading.guards import resolve_path
from s2s.codegen.reading.resolve import Resolver, bound_names
from s2s.codegen.reading.source import FunctionSource
from s2s.codegen.staging.comprehensions import CONSUMERS, Comprehensions
from s2s.codegen.staging.conditions import Conditions
from s2s.codegen.staging.control import ControlFlow
from s2s.codegen.staging.locals import called, may_be_staged
from s2s.codegen.staging.mutable import WrittenArrays, written_parameters
from s2s.codegen.staging.stores import Stores
from s2s.codegen.staging.text import Texts
from s2s.runtime import staged_random, tree
from s2s.runtime.checkpointing import Checkpointed
from s2s.runtime.primitives import table
from s2s.runtime.staged_builtins import ARRAY_CLASSES
from s2s.runtime.staged_calls import counterpart

# Calls whose first argument is called in turn.
HIGHER_ORDER: tuple[Any, ...] = (map, filter, functools.reduce, functools.partial, itertools.starmap, sorted)
HIGHER_ORDER += (tree.map, tree.reduce)
# Methods of arrays and Python's containers: what they call carries staged values without our help.
_METHODS = {name for kind in (np.ndarray, list, dict, set, str, tuple) for name in dir(kind)}
PLAIN_METHODS = frozenset(name for name in _METHODS if not name.startswith("__")) | {"at", "_replace"}
_DISPLAYS = (gast.List, gast.Tuple, gast.ListComp)
_NESTED = (gast.List, gast.Tuple)
_JOINING = (np.concatenate, np.stack, np.hstack, np.vstack, np.column_stack, np.dstack)
_CONSUMING_ITERABLES = (sum, any, all)
NUMPY_CONSTANTS = (np.array, np.zeros, np.ones, np.empty, np.arange, np.eye, np.linspace, np.full)


class Rewriter(ControlFlow, Comprehensions, Conditions, Stores, Texts):
    """Rewrites what staged values cannot pass through as it stands.

    Attributes:
        callees: user functions that are called by name, in order; which of them need staging is `needs`' business.
    """

    def __init__(
        self,
        source: FunctionSource,
        names: dict[str, str],
        needs: Callable[[types.FunctionType], bool],
        writes: Callable[[types.FunctionType], set[int | str]],
        entry: bool,
    ) -> None:
        super().__init__(source, names, entry)
        self.needs = needs
        self.writes = writes
        self.callees: list[types.FunctionType] = []

    def rewrite(self) -> Any:
        """The rewritten definition."""
        self._replace(chosen_functions.written_out(self.source.tree, self._resolved, names_of(self.source.nodes)))
        if any(may_be_staged(b, self.static) or jumps.assigns_in_test(b) for b in self._blocks):
            self._structure()
        if self._blocks or self._writes_arrays:
            self.look_ahead()
        return self.visit(self.source.tree)

    def _structure(self) -> None:
        """Takes jumps out of the blocks, as functions that are made of them cannot jump."""
        self._replace(structured(plain_collections.as_builtins(self.source.tree, self._resolved)))

    def _replace(self, tree: Any) -> None:
        if tree is not self.source.tree:
            self.source.tree = self.function = tree
            self.resolver, self.objects = Resolver(self.source), {}
            for name in ("nodes", "bindings", "static", "scopes", "_blocks", "_writes_arrays"):
                self.__dict__.pop(name, None)

    def _resolved(self, path: str) -> Any:
        """What a path of names that are not the function's own stands for."""
        return None if path.partition(".")[0] in self.resolver.locals else resolve_path(self.source, path)

    def look_ahead(self) -> None:
        """Finds out about the whole function before anything in it is rewritten."""
        _ = self.static, self.created, self.written, self.aliased

    def written_parameters(self) -> set[int | str]:
        """The parameters that the function may write into, by position and by name."""
        return written_parameters(self.source.tree, self.written)

    @functools.cached_property
    def written(self) -> WrittenArrays:
        return WrittenArrays(
            self.source.tree, self.nodes, self.bindings, self.object, self.static.is_static, self.writes, self.entry
        )

    # Definitions and scopes ---------------------------------------------------------------------------------------

    def visit_FunctionDef(self, node: Any) -> Any:
        if node is self.source.tree:
            self.visit_body(node)
            return node
        node.args.defaults = [self.visit(d) for d in node.args.defaults]
        node.decorator_list = [self.visit(d) for d in node.decorator_list]
        with self.shadowing(bound_names(node)):
            self.visit_body(node)
        return node

    def visit_Lambda(self, node: Any) -> Any:
        parameters = {n.id for n in core.nodes(node.args) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Param)}
        node.args.defaults = [self.visit(d) for d in node.args.defaults]
        with self.shadowing(parameters):
            node.body = self.visit(node.body)
        return node

    def _comprehension(self, node: Any) -> Any:
        targets = {n.id for g in node.generators for n in core.nodes(g.target) if isinstance(n, gast.Name)}
        with self.shadowing(targets):
            return self.generic_visit(node)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_AnnAssign(self, node: Any) -> Any:
        node.value = None if node.value is None else self.visit(node.value)
        return node

    # Calls --------------------------------------------------------------------------------------------------------

    def visit_Call(self, node: Any) -> Any:
        is_written = self._creates_array(node) and node in self.written
        visited = self._visit_call(node)
        return self._staged_value(visited) if is_written else visited

    def _creates_array(self, call: Any) -> bool:
        name = call.func.attr if isinstance(call.func, gast.Attribute) else ""
        return name in ("copy", "astype", "flatten") or getattr(self.object(call.func), "__module__", "") == "numpy"

    def _visit_call(self, node: Any) -> Any:
        change = self.mutation(node)
        is_wrapped = change is None and self._needs_wrapping(node)
        is_of_text = self.is_method_of_text(node)
        function = self.object(node.func)
        lists = self._lists_of(function, node)
        node.args = [self._argument(function, i, a) for i, a in enumerate(node.args)]
        for keyword in node.keywords:
            passes_function = keyword.arg == "key" and self._is_function_to_stage(keyword.value)
            keyword.value = self._wrap(keyword.value) if passes_function else self.visit(keyword.value)
        for i in lists:
            node.args[i] = self.runtime("as_array", node.args[i], like=node.args[i])
        for part in self._lists_in_lists(function, node):
            part.elts = [self.runtime("as_array", e, like=e) if isinstance(e, _NESTED) else e for e in part.elts]
        if change is None:
            change = self._wrap(node.func) if is_wrapped else self._visit_callee(node.func)
        if is_of_text:
            change.value = self.text(change.value)
        node.func = change
        return node

    def _lists_of(self, function: Any, call: Any) -> list[int]:
        """The places of arguments that may be lists where NumPy's function takes an array: it would look into them."""
        if not any(map(self._may_be_list, call.args)) or not is_numpy(function) or counterpart(function) is not None:
            return []
        primitive = table.lookup(function, len(call.args) + len(call.keywords))
        if primitive is None:
            return []
        names = [p.lstrip("*") for p in primitive.parameters]
        taken = [i for i, name in zip(range(len(call.args)), names, strict=False) if not takes_lists(primitive, name)]
        return [i for i in taken if self._may_be_list(call.args[i])]

    def _lists_in_lists(self, function: Any, call: Any) -> list[Any]:
        """Arguments that list arrays, some of them as lists of numbers: NumPy would look into these."""
        if not any(function is f for f in _JOINING):
            return []
        return [a for a in call.args[:1] if isinstance(a, _NESTED) and any(isinstance(e, _NESTED) for e in a.elts)]

    def _may_be_list(self, node: Any) -> bool:
        if isinstance(node, gast.Name):
            return any(isinstance(value, _DISPLAYS) for value in self.bindings.get(node.id, []))
        return isinstance(node, _DISPLAYS) and not self.static.is_static(node)

    def _argument(self, function: Any, position: int, argument: Any) -> Any:
        if isinstance(argument, gast.GeneratorExp) and any(function is f for f in CONSUMERS):
            ends_early = function is any or function is all
            return self.collected(argument, ends_early) if self.is_collected(argument) else self.visit(argument)
        is_function = position == 0 and any(function is f for f in HIGHER_ORDER)
        return self._wrap(argument) if is_function and self._is_function_to_stage(argument) else self.visit(argument)

    def _visit_callee(self, node: Any) -> Any:
        return node if isinstance(node, gast.Name) else self.visit(node)

    def _needs_wrapping(self, call: Any) -> bool:
        function = self.object(call.func)
        if function is None:
            return self._is_unknown_function(call.func)
        if counterpart(function) is not None:
            return self._uses_staged_values(function, call)
        if staged_random.draws(function):
            return True
        return self._is_function_to_stage(call.func)

    def _is_unknown_function(self, node: Any) -> bool:
        if isinstance(node, gast.Attribute):
            return node.attr not in PLAIN_METHODS and not self.static.is_static(node.value)
        is_local_definition = isinstance(node, gast.Name) and self._is_local_definition(node.id)
        return not (is_local_definition or isinstance(node, gast.Lambda))

    def _is_local_definition(self, name: str) -> bool:
        """Whether a name is bound only to functions of this body, which are rewritten where they stand."""
        return name in self._local_functions and all(
            isinstance(value, gast.Lambda) or name in self._definitions for value in self.bindings.get(name, [None])
        )

    @functools.cached_property
    def _definitions(self) -> set[str]:
        tree = self.source.tree
        return {n.name for n in self.nodes if isinstance(n, gast.FunctionDef | gast.ClassDef) and n is not tree}

    @functools.cached_property
    def _local_functions(self) -> set[str]:
        lambdas = {n for n, values in self.bindings.items() if any(isinstance(v, gast.Lambda) for v in values)}
        return lambdas | self._definitions

    def _is_function_to_stage(self, node: Any) -> bool:
        """Whether an expression names a function whose calls change; one that is not known yet may."""
        function = self.object(node)
        if function is None:
            is_local = isinstance(node, gast.Name) and node.id in self.resolver.locals
            return is_local and not self._is_local_definition(node.id)
        if counterpart(function) is not None:
            return True
        called = function_called(function)
        if called is None:
            return False
        self.callees.append(called)
        return self.needs(called)

    def _uses_staged_values(self, function: Any, call: Any) -> bool:
        """Whether a call of something with a counterpart may meet a staged value at all."""
        parts = [*call.args, *(k.value for k in call.keywords)]
        if function is print or staged_random.draws(function):
            return True
        if function is isinstance:
            return len(parts) == 2 and self._asks_for_array(parts[1])
        if function is type:
            return len(parts) == 1
        if function is len or function is np.stack:
            return any(map(self.static.may_be_selected, parts))
        if any(function is f for f in _CONSUMING_ITERABLES) and parts:
            listed = isinstance(parts[0], gast.List | gast.Tuple | gast.ListComp | gast.GeneratorExp)
            listed = listed and not self.is_collected(parts[0])
            return function is not sum or not listed
        return not all(map(self.static.is_static, parts))

    def _asks_for_array(self, node: Any) -> bool:
        asked = [self.object(n) for n in (node.elts if isinstance(node, gast.Tuple) else [node])]
        return any(not isinstance(c, type) or _related(c) for c in asked)

    # Subscripts and arrays ----------------------------------------------------------------------------------------

    def visit_Subscript(self, node: Any) -> Any:
        is_read = isinstance(node.ctx, gast.Load) and not isinstance(node.slice, gast.Constant | gast.Slice)
        is_dynamic = is_read and not self.static.is_static(node.slice)
        selects = is_dynamic and (self.wary or self._is_numpy_constant(node.value))
        node.slice, node.value = self.visit(node.slice), self.visit(node.value)
        if selects:
            node.value = self.runtime("selectable", node.value, like=node)
        return node

    def _is_numpy_constant(self, node: Any) -> bool:
        found = self.object(node)
        if isinstance(found, np.ndarray) or found is np.r_ or found is np.c_:
            return True
        values = self.bindings.get(node.id, []) if isinstance(node, gast.Name) else [node]
        calls = [isinstance(v, gast.Call) and any(self.object(called(v)) is f for f in NUMPY_CONSTANTS) for v in values]
        return bool(calls) and all(calls) and not any(v in self.written for v in values)

    def visit_BinOp(self, node: Any) -> Any:
        is_written = self._writes_arrays and node in self.written
        is_text = self.is_formatting(node)
        visited = self.generic_visit(node)
        if is_text:
            visited.left = self.text(visited.left)
        return self._staged_value(visited) if is_written else visited

    @functools.cached_property
    def _writes_arrays(self) -> bool:
        """Whether an element of something, or what a name stands for, is changed in place."""
        return self.source.survey.holds(gast.AugAssign) or any(
            type(n.ctx) is gast.Store for n in self.source.survey.of(gast.Subscript)
        )

    def _staged_value(self, node: Any) -> Any:
        """An array that NumPy creates here, as a staged one."""
        return self.runtime("staged", node, like=node)

    def _wrap(self, node: Any) -> Any:
        wrapped = self.runtime("staged", self.visit(node), like=node)
        wrapped.wrapped = node
        return wrapped


def function_called(function: Any) -> types.FunctionType | None:
    """The Python function that a call of an object runs, None if it runs none."""
    while isinstance(function, functools.partial | Checkpointed):
        function = function.func if isinstance(function, functools.partial) else function.__wrapped__
    return function if isinstance(function, types.FunctionType) else _call_of(function)


def _call_of(function: Any) -> types.FunctionType | None:
    """The Python function that a call of a user's class, of an object of one, or of a bound method runs."""
    called: Any
    if isinstance(function, types.MethodType):
        called = function.__func__
    elif isinstance(function, type):
        called = function.__init__  # type: ignore[misc]
    else:
        called = getattr(type(function), "__call__", None)  # noqa: B004 - the function, not whether there is one
    return called if isinstance(called, types.FunctionType) else None


def _related(asked: type) -> bool:
    return asked is not object and any(issubclass(asked, c) or issubclass(c, asked) for c in ARRAY_CLASSES)
