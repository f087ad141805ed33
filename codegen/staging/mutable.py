"""Which NumPy arrays that a function creates may be written into, and so have to be staged from the start.

A NumPy array holds numbers only. One that is written into, under any of its names or views, or by a function that it is
passed to, is made a staged array where it is created.
"""

import functools
import types
from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core

# Of floats, unless a dtype says otherwise.
_CONSTRUCTORS: tuple[Any, ...] = (np.zeros, np.ones, np.empty, np.full, np.eye, np.identity, np.linspace, np.copy)
_CONSTRUCTORS += (np.zeros_like, np.ones_like, np.empty_like, np.full_like)
# What these are given are sizes.
_OF_SIZES = (np.zeros, np.ones, np.empty, np.eye, np.identity, np.tri, np.arange)
_VIEWS = ("reshape", "transpose", "ravel", "squeeze", "swapaxes", "view", "T", "flat", "real", "imag", "diagonal")
_WRITING_METHODS = ("fill", "sort", "partition", "put", "itemset", "resize")
_WRITING_FUNCTIONS = ("at", "copyto", "put", "place", "putmask", "fill_diagonal", "put_along_axis", "shuffle")
_COPIES = ("copy", "astype", "flatten", "round", "clip")

Resolve = Callable[[Any], Any]


class WrittenArrays:
    """The array constructors in a function whose result may be written into."""

    def __init__(
        self,
        function: Any,
        nodes: list[Any],
        bindings: dict[str, list[Any]],
        resolve: Resolve,
        is_plain: Callable[[Any], bool],
        writes: Callable[[Any], "set[int | str]"],
        entry: bool,
    ) -> None:
        self.bindings = bindings
        self.resolve = resolve
        self.is_plain = is_plain
        self.writes = writes
        self.entry = entry
        parameters = (
            n for n in core.nodes(function.args) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Param)
        )
        self.arguments = {n.id for n in parameters} if entry else set()
        self.names: set[str] = set()
        self.values: set[int] = set()
        for node in nodes:
            self._find_writes(node)
        self._propagate()

    def __contains__(self, node: Any) -> bool:
        return id(node) in self.values

    # Writes -------------------------------------------------------------------------------------------------------

    def _find_writes(self, node: Any) -> None:
        if type(node) is gast.Name or type(node) is gast.Constant:  # most nodes
            return
        if isinstance(node, gast.Assign):
            for target in node.targets:
                self._target(target, node.value)
        elif isinstance(node, gast.AugAssign):
            self._target(node.target, node.value, is_update=True)
        elif isinstance(node, gast.Call):
            self._call(node)
        elif isinstance(node, gast.Return) and node.value is not None and not self.entry:
            self._escapes(node.value)

    def _target(self, target: Any, value: Any, is_update: bool = False) -> None:
        if isinstance(target, gast.Tuple | gast.List):
            for part in target.elts:
                self._target(part, gast.Name("unknown", gast.Load(), None, None))
        elif isinstance(target, gast.Subscript):
            if not (self.is_plain(value) and self.is_plain(target.slice)):
                self._written(target.value)
            self._escapes(value)
        elif isinstance(target, gast.Attribute):
            self._escapes(value)
        elif is_update and isinstance(target, gast.Name) and not self.is_plain(value):
            self._written(target)

    def _call(self, call: Any) -> None:
        function = self.resolve(call.func)
        for keyword in call.keywords:
            if keyword.arg == "out":
                self._written(keyword.value)
        method = call.func.attr if isinstance(call.func, gast.Attribute) else ""
        if method in _WRITING_METHODS and function is None:
            self._written(call.func.value)
        name = method or getattr(function, "__name__", "")
        if name in _WRITING_FUNCTIONS and call.args:
            self._written(call.args[0])
        if method in ("append", "insert", "setdefault"):
            for argument in call.args:
                self._escapes(argument)
        self._passed(function, call)

    def _passed(self, function: Any, call: Any) -> None:
        """Arguments that a user's function writes into, or may."""
        if function is not None and not isinstance(function, types.FunctionType | type):
            return
        written = self.writes(function) if isinstance(function, types.FunctionType) else None
        arguments: list[tuple[Any, Any]] = [*enumerate(call.args), *((k.arg, k.value) for k in call.keywords)]
        for place, argument in arguments:
            if written is None:
                self._escapes(argument)
            elif place in written or (written and isinstance(argument, gast.Starred)):
                self._written(argument)

    def _written(self, node: Any) -> None:
        """What may be the same array as an expression, or one that it is a view of, is written."""
        if isinstance(node, gast.Name):
            self.names.add(node.id)
        elif isinstance(node, gast.Call):
            self._written_call(node)
        elif isinstance(node, gast.Subscript | gast.Attribute | gast.Starred):
            self._written(node.value)
        elif isinstance(node, gast.IfExp):
            self._written(node.body)
            self._written(node.orelse)
        elif isinstance(node, gast.Tuple | gast.List | gast.BoolOp):
            for part in node.elts if not isinstance(node, gast.BoolOp) else node.values:
                self._written(part)
        elif isinstance(node, gast.Dict):
            for part in node.values:
                self._written(part)
        elif isinstance(node, gast.ListComp):
            self._written(node.elt)
        elif isinstance(node, gast.BinOp | gast.UnaryOp):
            self._add(node)

    def _written_call(self, call: Any) -> None:
        function = self.resolve(call.func)
        name = call.func.attr if isinstance(call.func, gast.Attribute) else ""
        if function is None and name in _VIEWS:
            self._written(call.func.value)
        elif _is_numpy(function) and getattr(function, "__name__", "") in _VIEWS:
            self._written(call.args[0])
        elif _is_numpy(function) or (function is None and name in _COPIES):
            self._add(call)

    def _add(self, node: Any) -> None:
        if not self._is_staged(node):
            self.values.add(id(node))

    def _is_staged(self, node: Any) -> bool:
        """Whether an expression surely has a staged operand, and so a staged value."""
        return not self._staged_names.isdisjoint(self._operands(node))

    @functools.cached_property
    def _staged_names(self) -> set[str]:
        """The arguments, and names of which all values surely have a staged operand: the least such set."""
        operands = {
            name: [set() if value is None else self._operands(value) for value in values]
            for name, values in self.bindings.items()
        }
        staged, more = set(self.arguments), set(self.arguments)
        while more:
            more = {
                name
                for name, values in operands.items()
                if name not in staged and not any(staged.isdisjoint(read) for read in values)
            }
            staged |= more
        return staged

    def _operands(self, node: Any) -> set[str]:
        """The names that an expression reads, but for those that only give sizes."""
        calls = [n for n in core.nodes(node) if isinstance(n, gast.Call)]
        sizes = [c for c in calls if any(self.resolve(c.func) is f for f in _OF_SIZES)]
        sizes += [c.args[0] for c in calls if c.args and self.resolve(c.func) is np.full]
        within = {id(n) for c in sizes for n in core.nodes(c)}
        read = [n for n in core.nodes(node) if isinstance(n, gast.Name) and id(n) not in within]
        return {n.id for n in read if not self._is_size(n, node)}

    def _is_size(self, name: Any, node: Any) -> bool:
        """Whether a name only gives its size, or the like, to an expression."""
        return any(self.is_plain(n) and name in list(core.nodes(n)) for n in core.nodes(node))

    def _escapes(self, node: Any, seen: frozenset[str] = frozenset()) -> None:
        """Arrays of floats that go where others may write into them; arrays of positions seldom are written."""
        if isinstance(node, gast.Name):
            for value in [] if node.id in seen else self.bindings.get(node.id, []):
                if value is not None and not isinstance(value, gast.Name):
                    self._escapes(value, seen | {node.id})
        elif isinstance(node, gast.Tuple | gast.List):
            for part in node.elts:
                self._escapes(part, seen)
        elif isinstance(node, gast.Dict):
            for part in node.values:
                self._escapes(part, seen)
        elif isinstance(node, gast.Call) and any(self.resolve(node.func) is f for f in _CONSTRUCTORS):
            if not any(k.arg == "dtype" for k in node.keywords):
                self.values.add(id(node))

    def _propagate(self) -> None:
        """A value of a written name is written, too."""
        done: set[str] = set()
        while self.names - done:
            for name in sorted(self.names - done):
                done.add(name)
                for value in self.bindings.get(name, []):
                    if value is not None:
                        self._written(value)


def written_parameters(function: Any, written: WrittenArrays) -> set[int | str]:
    """The parameters of a function that it may write into, by position and by name."""
    parameters = [*function.args.posonlyargs, *function.args.args]
    found: set[int | str] = {n.id for n in [*parameters, *function.args.kwonlyargs] if n.id in written.names}
    return found | {i for i, n in enumerate(parameters) if n.id in written.names}


def _is_numpy(function: Any) -> bool:
    return (getattr(function, "__module__", "") or "").split(".")[0] == "numpy" or isinstance(function, np.ufunc)
