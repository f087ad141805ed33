"""Rewrites calls in a function's tree so that it runs on staged arrays; everything else stays as the user wrote it."""

import copy
import functools
import itertools
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import dotted
from s2s.codegen.diagnostics import unsupported
from s2s.codegen.resolve import Resolver, bound_names
from s2s.codegen.source import FunctionSource
from s2s.codegen.stage_locals import OwnedNames, StaticNames, bindings
from s2s.runtime.staged_builtins import ARRAY_CLASSES
from s2s.runtime.staged_calls import counterpart

# Calls whose first argument is called in turn.
HIGHER_ORDER = (map, filter, functools.reduce, functools.partial, itertools.starmap, sorted)
# Methods of arrays and Python's containers: what they call carries staged values without our help.
_METHODS = {name for kind in (np.ndarray, list, dict, set, str, tuple) for name in dir(kind)}
PLAIN_METHODS = frozenset(name for name in _METHODS if not name.startswith("__")) | {"at", "_replace"}
_CONSUMING_ITERABLES = (sum, any, all)
NUMPY_CONSTANTS = (np.array, np.zeros, np.ones, np.empty, np.arange, np.eye, np.linspace, np.full)


class Rewriter(gast.NodeTransformer):
    """Wraps what staged values cannot pass through as it stands.

    Attributes:
        source: the function.
        names: the runtime's names to what they are called in the rewritten text.
        changed: whether anything was rewritten.
        callees: user functions that are called by name, in order; which of them need staging is `needs`' business.
        resolved: dotted names that were looked up, to the objects found.
    """

    def __init__(
        self,
        source: FunctionSource,
        names: dict[str, str],
        needs: Callable[[types.FunctionType], bool],
        entry: bool,
    ) -> None:
        self.source = source
        self.resolver = Resolver(source)
        self.names = names
        self.needs = needs
        self.changed = False
        self.callees: list[types.FunctionType] = []
        self.resolved: dict[str, Any] = {}
        self.shadowed: frozenset[str] = frozenset()
        self.entry = entry

    # Made when they are first asked for, which most functions never do.
    @functools.cached_property
    def bindings(self) -> dict[str, list[Any]]:
        return bindings(self.source.tree)

    @functools.cached_property
    def static(self) -> StaticNames:
        return StaticNames(self.bindings, self.object)

    @functools.cached_property
    def owned(self) -> OwnedNames:
        return OwnedNames(self.source.tree, self.bindings, self.object, self.entry)

    def object(self, node: Any) -> Any:
        """What a name or attribute chain stands for; None if that is not known before the function runs."""
        found = self.resolver.resolve(node, self.shadowed)
        if not found.found:
            return None
        path = dotted(node)
        if path is not None and found.where != "import":
            self.resolved[path] = found.object
        return found.object

    # Definitions and scopes ---------------------------------------------------------------------------------------

    def visit_FunctionDef(self, node: Any) -> Any:
        if node is not self.source.tree:
            node.args.defaults = [self.visit(d) for d in node.args.defaults]
            node.decorator_list = [self.visit(d) for d in node.decorator_list]
            with self._inside(bound_names(node)):
                node.body = [self.visit(s) for s in node.body]
        else:
            node.body = [self.visit(s) for s in node.body]
        return node

    def visit_Lambda(self, node: Any) -> Any:
        parameters = {n.id for n in gast.walk(node.args) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Param)}
        node.args.defaults = [self.visit(d) for d in node.args.defaults]
        with self._inside(parameters):
            node.body = self.visit(node.body)
        return node

    def _comprehension(self, node: Any) -> Any:
        targets = {n.id for g in node.generators for n in gast.walk(g.target) if isinstance(n, gast.Name)}
        with self._inside(targets):
            return self.generic_visit(node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_AnnAssign(self, node: Any) -> Any:
        node.value = None if node.value is None else self.visit(node.value)
        return node

    @contextmanager
    def _inside(self, names: set[str]) -> Iterator[None]:
        outer, self.shadowed = self.shadowed, self.shadowed | names
        yield
        self.shadowed = outer

    # Calls --------------------------------------------------------------------------------------------------------

    def visit_Call(self, node: Any) -> Any:
        is_wrapped = self._needs_wrapping(node)
        function = self.object(node.func)
        node.args = [self._argument(function, i, a) for i, a in enumerate(node.args)]
        for keyword in node.keywords:
            passes_function = keyword.arg == "key" and self._is_function_to_stage(keyword.value)
            keyword.value = self._wrap(keyword.value) if passes_function else self.visit(keyword.value)
        node.func = self._wrap(node.func) if is_wrapped else self._visit_callee(node.func)
        return node

    def _argument(self, function: Any, position: int, argument: Any) -> Any:
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
        return {n.name for n in gast.walk(tree) if isinstance(n, gast.FunctionDef | gast.ClassDef) and n is not tree}

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
        if function is isinstance:
            return len(parts) == 2 and self._asks_for_array(parts[1])
        if function is type:
            return len(parts) == 1
        if any(function is f for f in _CONSUMING_ITERABLES) and parts:
            listed = isinstance(parts[0], gast.List | gast.Tuple | gast.ListComp | gast.GeneratorExp)
            return function is not sum or not listed
        return not all(map(self.static.is_static, parts))

    def _asks_for_array(self, node: Any) -> bool:
        asked = [self.object(n) for n in (node.elts if isinstance(node, gast.Tuple) else [node])]
        return any(not isinstance(c, type) or _related(c) for c in asked)

    # Subscripts and augmented assignments -------------------------------------------------------------------------

    def visit_Subscript(self, node: Any) -> Any:
        is_read = isinstance(node.ctx, gast.Load) and not isinstance(node.slice, gast.Constant | gast.Slice)
        is_constant = is_read and self._is_numpy_constant(node.value) and not self.static.is_static(node.slice)
        node.slice = self.visit(node.slice)
        node.value = self._wrap(node.value) if is_constant else self.visit(node.value)
        return node

    def _is_numpy_constant(self, node: Any) -> bool:
        if isinstance(self.object(node), np.ndarray):
            return True
        values = self.bindings.get(node.id, []) if isinstance(node, gast.Name) else [node]
        calls = [isinstance(v, gast.Call) and any(self.object(v.func) is f for f in NUMPY_CONSTANTS) for v in values]
        return bool(calls) and all(calls)

    def visit_Assign(self, node: Any) -> Any:
        """A write into an array that NumPy made here is checked: NumPy's own message would not say what is wrong."""
        target = node.targets[0]
        is_write = isinstance(target, gast.Subscript) and self._is_numpy_constant(target.value)
        if is_write and not self.static.is_static(node.value):
            self.changed = True
            checked = _call(self.names["storing"], _as_load(target.value), self.visit(node.value))
            node.value = gast.copy_location(checked, node.value)
            return node
        return self.generic_visit(node)

    def visit_AugAssign(self, node: Any) -> Any:
        is_plain = self.static.is_static(node.value) and self.static.is_static(node.target)
        is_owned = isinstance(node.target, gast.Name) and node.target.id in self.owned
        value = self.visit(node.value)
        if not is_plain and not is_owned:
            self.changed = True
            call = _call(self.names["rebinding"], *self._place(node.target, value))
            value = gast.copy_location(call, node.value)
        node.target, node.value = self.visit(node.target), value
        return node

    def _place(self, target: Any, value: Any) -> list[Any]:
        """What is updated, the value, and for an element its index, which is evaluated once more."""
        for call in gast.walk(target):
            if isinstance(call, gast.Call) and not isinstance(self.object(call.func), type):
                cause = "the target of this update calls a function"
                raise unsupported(self.source, target, cause, "give the index a name first")
        if not isinstance(target, gast.Subscript):
            return [self.visit(_as_load(target)), value]
        is_slice = any(isinstance(n, gast.Slice) for n in gast.walk(target.slice))
        return [self.visit(_as_load(target.value)), value, *([] if is_slice else [self.visit(_as_load(target.slice))])]

    def _wrap(self, node: Any) -> Any:
        self.changed = True
        wrapped = gast.copy_location(_call(self.names["staged"], self.visit(node)), node)
        wrapped.wrapped = node
        return wrapped


def _call(name: str, *arguments: Any) -> Any:
    return gast.Call(gast.Name(name, gast.Load(), None, None), list(arguments), [])


def _as_load(target: Any) -> Any:
    loaded = copy.deepcopy(target)
    if hasattr(loaded, "ctx"):
        loaded.ctx = gast.Load()
    return loaded


def function_called(function: Any) -> types.FunctionType | None:
    """The Python function that a call of an object runs, None if it runs none."""
    while isinstance(function, functools.partial):
        function = function.func
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
