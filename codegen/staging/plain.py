"""Functions that staged values pass through as they are, told apart without the full reading.

Most emitted functions are of this kind: assignments of arithmetic, of elements, and of calls of functions that staging
leaves alone, and loops over lists of Python's own: those that it makes, and those among its arguments. Whatever is not
listed here gets the full reading (`rewrite.py`), which is always right.
"""

import collections
import functools
import itertools
import types
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.staging.locals import PLAIN_VALUES
from s2s.codegen.staging.rewrite import HIGHER_ORDER, NUMPY_CONSTANTS, function_called
from s2s.runtime.staged_calls import counterpart

_STATEMENTS = frozenset((gast.Assign, gast.Expr, gast.Return))
_EXPRESSIONS = frozenset(
    (gast.Attribute, gast.BinOp, gast.Call, gast.Constant, gast.Dict, gast.List, gast.Name, gast.Slice)
    + (gast.Subscript, gast.Tuple, gast.UnaryOp, gast.keyword)
)
_NODES = _STATEMENTS | _EXPRESSIONS | {gast.arguments, gast.For}
_LOOKED_AT = frozenset((gast.Call, gast.Subscript, gast.UnaryOp, gast.BinOp))
_HIGHER_ORDER, _NUMPY_CONSTANTS = ({id(f) for f in functions} for functions in (HIGHER_ORDER, NUMPY_CONSTANTS))
_SIZES = frozenset(map(id, (np.shape, np.ndim, np.size)))
_COMPUTED = frozenset((gast.Call, gast.Tuple, gast.BinOp, gast.UnaryOp, gast.Subscript))
_OVER_CONTAINERS = frozenset(map(id, (reversed, zip, enumerate)))
_MASKING = frozenset((gast.BitAnd, gast.BitOr, gast.BitXor, gast.Invert))
# Methods of arrays that change nothing.
_CHANGING = frozenset("byteswap fill itemset partition put resize setfield setflags sort".split())
_METHODS = frozenset(name for name in dir(np.ndarray) if not name.startswith("_")) - _CHANGING


class Passed(NamedTuple):
    """What such a function resolves: dotted names to their objects, and the Python functions that it calls.

    Its parameters in `containers` have to be lists or tuples of Python's own.
    """

    resolved: dict[str, Any]
    callees: list[types.FunctionType]
    containers: frozenset[str] = frozenset()


class _NotPlain(Exception):
    """The function needs the full reading."""


def passes_through(tree: Any, lookup: Callable[[str], Any], containers: Collection[str] = ()) -> Passed | None:
    """What the function resolves if it surely needs no rewriting, else None.

    `lookup` gives the objects of globals; `containers` are parameters that are lists or tuples of Python's own.
    """
    try:
        return _Reading(tree, lookup, containers).run()
    except _NotPlain:
        return None


class _Reading:
    def __init__(self, tree: Any, lookup: Callable[[str], Any], containers: Collection[str]) -> None:
        self.lookup = lookup
        self.tree = tree
        self.body = _statements(tree.body)
        self.given = containers
        self.containers: set[str] = set()
        self.grown: set[str] = set()  # lists that are made here, and grow
        self.stays: set[int] = set()  # reads of such lists that let them go nowhere else
        self.parameters = {a.id for a in core.nodes(tree.args) if type(a) is gast.Name}
        self.locals = set(self.parameters)
        self.constants: set[str] = set()  # locals that are bound to an array of NumPy's own
        # Locals assigned once, to a size or to what is computed from sizes alone; found when first asked for.
        self.static: set[str] | None = None
        self.resolved: dict[str, Any] = {}
        self.callees: list[types.FunctionType] = []
        self.called: dict[str | None, bool] = {}  # paths of functions: do they make arrays of NumPy's own?
        self.sized: set[str | None] = set()  # those that staging leaves alone only where no argument may be staged

    def run(self) -> Passed:
        for statement in self.body:
            self.locals.update(core.targets(statement))
        for statement in self.body:
            if type(statement) is gast.Assign:
                self._assign(statement)
            elif type(statement) is gast.For:
                self._loop(statement)
        nodes = core.nodes_of_definition(self.tree)
        self._expressions(nodes)
        if self.grown:
            self._own_lists_stay(nodes)
        return Passed(self.resolved, list(dict.fromkeys(self.callees)), frozenset(self.containers))

    def _expressions(self, nodes: list[Any]) -> None:
        if not _NODES.issuperset(map(type, nodes)):
            raise _NotPlain
        for node in itertools.compress(nodes, map(_LOOKED_AT.__contains__, map(type, nodes))):
            kind = type(node)
            if kind is gast.Call:
                self._call(node)
            elif kind is gast.Subscript:
                self._subscript(node)
            elif kind is gast.UnaryOp and type(node.op) is gast.Not:
                raise _NotPlain
            elif kind is gast.BinOp and type(node.op) is gast.Mod and type(node.left) is gast.Constant:
                raise _NotPlain

    def _assign(self, statement: Any) -> None:
        target, value = statement.targets[0], statement.value
        is_name = type(target) is gast.Name
        if len(statement.targets) > 1 or not (is_name or all(type(e) is gast.Name for e in _elements(target))):
            raise _NotPlain
        if is_name and type(value) is gast.Call and self._is_constant(value):
            self.constants.add(target.id)

    def _loop(self, loop: Any) -> None:
        is_plain = all(type(e) is gast.Name for e in _elements(loop.target)) and not loop.orelse
        if not is_plain or not self._is_container(loop.iter):
            raise _NotPlain

    def _is_container(self, node: Any) -> bool:
        """Is this surely a list or tuple of Python's own, or an iterator over such?"""
        if type(node) is gast.Name:
            if node.id in self.own_lists:
                self.stays.add(id(node))
                return True
            is_given = node.id in self.given and node.id in self.parameters and node.id not in self.bound
            self.containers |= {node.id} if is_given else set()
            return is_given
        is_iterator = type(node) is gast.Call and not node.keywords and id(self._object(node.func)) in _OVER_CONTAINERS
        return is_iterator and bool(node.args) and all(map(self._is_container, node.args))

    @functools.cached_property
    def bound(self) -> collections.Counter[str]:
        """How often each local is bound by a statement."""
        return collections.Counter([name for s in self.body for name in core.targets(s)])

    @functools.cached_property
    def own_lists(self) -> set[str]:
        """Locals that hold nothing but lists that are made here, empty."""
        made = [s for s in self.body if type(s) is gast.Assign and type(s.value) is gast.List and not s.value.elts]
        count = collections.Counter([s.targets[0].id for s in made if type(s.targets[0]) is gast.Name])
        return {name for name, n in count.items() if n == self.bound[name] and name not in self.parameters}

    def _call(self, call: Any) -> str | None:
        """The path of the function that is called, which is looked at once."""
        path = core.dotted(call.func)
        if path in self.called and path not in self.sized:
            return path
        function = None if path is None else self._object_at(path, call.func)
        if function is None:
            if not self._is_plain_method(call):
                raise _NotPlain
            return path
        if id(function) in _OVER_CONTAINERS and self._is_container(call):
            return path
        if function is not np.stack and counterpart(function) is not None:
            self.sized.add(path)
            if not all(map(self._is_static, [*call.args, *[k.value for k in call.keywords]])):
                raise _NotPlain
        elif id(function) in _HIGHER_ORDER:
            raise _NotPlain
        self.called[path] = id(function) in _NUMPY_CONSTANTS
        called = function_called(function)
        self.callees += [called] if called is not None else []
        return path

    def _is_plain_method(self, call: Any) -> bool:
        """Is this a call of a method that changes nothing, or that lets a list grow which is made here?"""
        if type(call.func) is not gast.Attribute:
            return False
        owner, method = call.func.value, call.func.attr
        if method == "append" and type(owner) is gast.Name and owner.id in self.own_lists:
            self.stays.add(id(owner))
            self.grown.add(owner.id)
            return True
        return method in _METHODS

    def _own_lists_stay(self, nodes: list[Any]) -> None:
        """A list that grows and goes elsewhere may grow in a staged loop there, and has to be made for that."""
        names = [n for n in nodes if type(n) is gast.Name and n.id in self.grown]
        if any(type(n.ctx) is gast.Load and id(n) not in self.stays for n in names):
            raise _NotPlain

    def _is_size(self, name: str) -> bool:
        if self.static is None:
            self.static = set()
            self._find_static(self.static)
        return name in self.static

    def _find_static(self, found: set[str]) -> None:
        if any(type(getattr(n, "op", None)) in _MASKING for n in core.nodes_of_definition(self.tree)):
            return  # what a mask selects has no certain size
        assignments = [s for s in self.body if type(s) is gast.Assign]
        count = self.bound + collections.Counter(self.parameters)
        for statement in assignments:
            if type(statement.value) in _COMPUTED and self._is_static(statement.value):
                found.update(n for n in core.targets(statement) if count[n] == 1)

    def _is_static(self, node: Any) -> bool:
        """Is this surely no staged value?"""
        kind = type(node)
        if kind is gast.Constant:
            return True
        if kind is gast.Name and node.id in self.locals:
            return self._is_size(node.id)
        if kind is gast.Name or kind is gast.Attribute:
            return isinstance(self._object(node), PLAIN_VALUES)
        if kind is gast.Call:
            return id(self._object(node.func)) in _SIZES
        return kind in _COMPUTED and all(map(self._is_static, core.child_nodes(node)))

    def _subscript(self, node: Any) -> None:
        if type(node.slice) in (gast.Constant, gast.Slice):
            return
        base = node.value
        if type(base) is gast.Name and base.id in self.locals:
            is_constant = base.id in self.constants
        else:
            is_constant = isinstance(self._object(base), np.ndarray) or self._is_constant(base)
        if is_constant:
            raise _NotPlain

    def _is_constant(self, node: Any) -> bool:
        """Is this a call that makes an array of NumPy's own?"""
        return type(node) is gast.Call and self.called.get(self._call(node), False)

    def _object(self, node: Any) -> Any:
        """What a path of names stands for, None for a local or for what only a run can tell."""
        path = core.dotted(node)
        return None if path is None else self._object_at(path, node)

    def _object_at(self, path: str, node: Any) -> Any:
        if path in self.resolved:
            return self.resolved[path]
        if path.partition(".")[0] in self.locals:
            return None
        found = self.lookup(path) if type(node) is gast.Name else self._attribute(node)
        if found is None:
            raise _NotPlain
        self.resolved[path] = found
        return found

    def _attribute(self, node: Any) -> Any:
        """Attributes are followed through modules and classes only: those of other objects may change in a run."""
        base = self._object(node.value)
        if not isinstance(base, types.ModuleType | type) or not hasattr(base, node.attr):
            raise _NotPlain
        return getattr(base, node.attr)


def _statements(body: list[Any]) -> list[Any]:
    """All statements, those in loops too."""
    if _STATEMENTS.issuperset(map(type, body)):
        return body
    found: list[Any] = []
    for statement in body:
        found.append(statement)
        if type(statement) is gast.For:
            found += _statements(statement.body)
        elif type(statement) not in _STATEMENTS:
            raise _NotPlain
    return found


def _elements(target: Any) -> list[Any]:
    return target.elts if type(target) in (gast.Tuple, gast.List) else [target]
