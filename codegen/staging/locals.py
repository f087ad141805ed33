"""What staging needs to know of a function's local variables: which are plain Python values, which containers are new.

The answers are about names over the whole function, whatever the order of its statements: a name qualifies only if all
of its bindings do.
"""

from collections.abc import Callable, Iterator
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.desugaring import jumps
from s2s.codegen.staging import flow

Resolve = Callable[[Any], Any]  # a node to the object that it stands for, None if that is not known

_STATIC_ATTRIBUTES = frozenset({"shape", "ndim", "size", "dtype", "itemsize", "nbytes"})
STATIC_FUNCTIONS = (len, np.shape, np.ndim, np.size, isinstance, issubclass, hasattr, callable)
_CLOSED_FUNCTIONS: tuple[Any, ...] = (range, enumerate, zip, reversed, sorted, tuple, list, min, max, sum, abs, round)
_CLOSED_FUNCTIONS += (int, float, bool, str)


def bindings(nodes: list[Any]) -> dict[str, list[Any]]:
    """Every name bound by the nodes of a function to what it is bound to; None for no expression (a parameter)."""
    found: dict[str, list[Any]] = {}
    for node in nodes:
        if type(node) is gast.Name and type(node.ctx) is not gast.Param or type(node) in _BIND_NOTHING:
            continue
        for name, value in _bound_by(node):
            found.setdefault(name, []).append(value)
    return found


_BIND_NOTHING = (gast.Constant, gast.Attribute, gast.Call, gast.BinOp, gast.Subscript, gast.Tuple, gast.Expr)


def _bound_by(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, gast.Name) and isinstance(node.ctx, gast.Param):
        yield node.id, None
    elif isinstance(node, gast.Assign | gast.AnnAssign | gast.NamedExpr):
        for target in node.targets if isinstance(node, gast.Assign) else [node.target]:
            yield from _pairs(target, node.value)
    elif isinstance(node, gast.AugAssign) and isinstance(node.target, gast.Name):
        yield node.target.id, gast.BinOp(_loaded(node.target), node.op, node.value)
    elif isinstance(node, gast.For | gast.AsyncFor | gast.comprehension):
        yield from _loop_pairs(node.target, node.iter)
    elif isinstance(node, gast.withitem) and node.optional_vars is not None:
        yield from _pairs(node.optional_vars, None)
    elif isinstance(node, gast.FunctionDef | gast.ClassDef):
        yield node.name, None


def called(call: Any) -> Any:
    """The function of a call as the user wrote it, without the wrapping that staging may have put around it."""
    return getattr(call.func, "wrapped", call.func)


def _loaded(name: Any) -> Any:
    return gast.Name(name.id, gast.Load(), None, None)


def _pairs(target: Any, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(target, gast.Name):
        yield target.id, value
    elif isinstance(target, gast.Starred):
        yield from _pairs(target.value, None)
    elif isinstance(target, gast.Tuple | gast.List):
        parts = value.elts if isinstance(value, gast.Tuple | gast.List) else []
        starred = any(isinstance(part, gast.Starred) for part in [*parts, *target.elts])
        matched = len(parts) == len(target.elts) and not starred
        for i, part in enumerate(target.elts):
            yield from _pairs(part, parts[i] if matched else None)


def _loop_pairs(target: Any, iterated: Any) -> Iterator[tuple[str, Any]]:
    """`for i, x in enumerate(xs)` binds i to a plain int; other loop variables take elements of what is iterated."""
    is_enumerate = isinstance(iterated, gast.Call) and getattr(iterated.func, "id", None) == "enumerate"
    if is_enumerate and isinstance(target, gast.Tuple) and len(target.elts) == 2:
        yield from _pairs(target.elts[0], gast.Constant(0, None))
        yield from _pairs(target.elts[1], None)
    elif isinstance(iterated, gast.Call) and getattr(iterated.func, "id", None) == "range":
        yield from _pairs(target, iterated)
    else:
        yield from _pairs(target, None)


def _may_change(value: Any) -> bool:
    """Whether a name bound to this may come to hold another value without being bound again: lists grow."""
    call = isinstance(value, gast.Call) and getattr(value.func, "id", None) in ("list", "dict", "set", "sorted")
    return value is None or call or isinstance(value, gast.List | gast.Dict | gast.Set | gast.ListComp | gast.DictComp)


def _resized_in(block: Any) -> Iterator[str]:
    """The names of lists that a block appends to, or takes entries from."""
    for node in core.nodes(block):
        method = node.func if isinstance(node, gast.Call) else None
        if isinstance(method, gast.Attribute) and isinstance(method.value, gast.Name) and method.attr in _RESIZING:
            yield method.value.id


# Classes of objects that are no staged values; a class (`dtype=bool`) is none, either.
PLAIN_VALUES = (int, float, complex, str, type, np.dtype)
_RESIZING = ("append", "extend", "insert", "pop", "remove")


class StaticNames:
    """Names whose values are plain Python values in every run: sizes, counters, constants.

    Args:
        wary: whether what comes from other functions may be something of which staged values decide the size.
    """

    def __init__(self, bindings: dict[str, list[Any]], resolve: Resolve, blocks: list[Any], wary: bool = False) -> None:
        self.resolve = resolve
        self.bindings = bindings
        self.wary = wary
        self.conditional = {name for block in blocks if _decides_sizes(block) for name in _resized_in(block)}
        self.irregular: dict[int, bool] = {}
        self.names = {n for n, values in self.bindings.items() if not any(map(_may_change, values))}
        while dropped := {n for n in self.names if not all(map(self.is_static, self.bindings[n]))} | (
            self.names & {n for block in blocks if converts(block, self) for n in joined(block)}
        ):
            self.names -= dropped

    def is_irregular(self, block: Any) -> bool:
        """Whether an `if`, `for` or `while` stays one; that has nothing to do with names, and is found out once."""
        if id(block) not in self.irregular:
            self.irregular[id(block)] = _is_irregular(block)
        return self.irregular[id(block)]

    def is_static(self, node: Any) -> bool:
        """Whether an expression cannot be a staged value."""
        if isinstance(node, gast.Constant | gast.Slice):
            return True
        if isinstance(node, gast.Name):
            return node.id in self.names or isinstance(self.resolve(node), PLAIN_VALUES)
        if isinstance(node, gast.Attribute):
            is_plain = node.attr in _STATIC_ATTRIBUTES and not self.may_be_selected(node.value)
            return is_plain or isinstance(self.resolve(node), PLAIN_VALUES)
        if isinstance(node, gast.Call):
            return self._is_static_call(node)
        if isinstance(node, gast.Compare) and _has_plain_result(node):
            return True
        parts = _operands(node)
        return parts is not None and all(map(self.is_static, parts))

    def may_be_selected(self, node: Any, seen: frozenset[str] = frozenset()) -> bool:
        """Whether it may be `x[mask]`, or a list that grows as conditions say: staged values decide its size."""
        if isinstance(node, gast.Name):
            values = [] if node.id in seen else self.bindings.get(node.id, [])
            return node.id in self.conditional or any(
                self.wary if v is None else self.may_be_selected(v, seen | {node.id}) for v in values
            )
        if isinstance(node, gast.Call | gast.Attribute):
            return self.wary
        if isinstance(node, gast.ListComp):
            return any(generator.ifs for generator in node.generators)
        if isinstance(node, gast.Subscript):
            return self._is_mask(node.slice) or self.may_be_selected(node.value, seen)
        return isinstance(node, gast.BinOp | gast.UnaryOp) and any(
            self.may_be_selected(part, seen) for part in _operands(node) or ()
        )

    def _is_mask(self, node: Any, seen: frozenset[str] = frozenset()) -> bool:
        """Whether an index is a comparison, or what is made of such."""
        if isinstance(node, gast.Name):
            values = [] if node.id in seen else self.bindings.get(node.id, [])
            return any(v is not None and self._is_mask(v, seen | {node.id}) for v in values)
        is_operator = isinstance(node, gast.BinOp) and isinstance(node.op, gast.BitAnd | gast.BitOr | gast.BitXor)
        is_inverted = isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.Invert)
        return isinstance(node, gast.Compare) or is_operator or is_inverted

    def _is_static_call(self, node: Any) -> bool:
        function = self.resolve(called(node))
        if any(function is f for f in STATIC_FUNCTIONS):
            return not any(map(self.may_be_selected, node.args))
        parts = [*node.args, *(k.value for k in node.keywords)]
        return any(function is f for f in _CLOSED_FUNCTIONS) and all(map(self.is_static, parts))


def _decides_sizes(block: Any) -> bool:
    """Whether staged values may decide how often a block runs."""
    if isinstance(block, gast.For):
        return any(isinstance(n, gast.Break) for n in core.nodes(block))
    return isinstance(block, gast.If | gast.While)


def _operands(node: Any) -> list[Any] | None:
    """The parts that alone decide an expression's value; None for other expressions."""
    if isinstance(node, gast.BinOp):
        return [node.left, node.right]
    if isinstance(node, gast.UnaryOp):
        return [node.operand]
    if isinstance(node, gast.Tuple | gast.List):
        return list(node.elts)
    if isinstance(node, gast.Subscript):
        return [node.value, node.slice]
    if isinstance(node, gast.JoinedStr):
        return list(node.values)
    if isinstance(node, gast.FormattedValue):
        return [node.value, *([] if node.format_spec is None else [node.format_spec])]
    if isinstance(node, gast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, gast.BoolOp):
        return list(node.values)
    return [node.test, node.body, node.orelse] if isinstance(node, gast.IfExp) else None


def _has_plain_result(comparison: Any) -> bool:
    """Identity is known while staging, and so is how a text compares with anything."""
    operands = [comparison.left, *comparison.comparators]
    is_identity = all(isinstance(op, gast.Is | gast.IsNot) for op in comparison.ops)
    return is_identity or any(isinstance(o, gast.Constant) and isinstance(o.value, str) for o in operands)


# Which blocks are converted -------------------------------------------------------------------------------------------


def converts(node: Any, static: StaticNames) -> bool:
    """Whether an `if`, `for` or `while` becomes a call of the runtime."""
    return may_be_staged(node, static) and not static.is_irregular(node)


def may_be_staged(node: Any, static: StaticNames) -> bool:
    """Whether the test of an `if` or `while`, or what a `for` iterates, may be a staged value, or is to be one."""
    if isinstance(node, gast.If):
        return not static.is_static(node.test)
    if isinstance(node, gast.While):
        return not any(isinstance(n, gast.NamedExpr) for n in core.nodes(node.test))
    return not _is_plain_container(node.iter) and not any(
        isinstance(n, gast.Subscript | gast.Attribute) for n in core.nodes(node.target)
    )


def joined(node: Any) -> list[str]:
    """The names that an `if` joins or a loop carries, or takes from a loop's elements."""
    targets = flow.bound_in([node.target]) if isinstance(node, gast.For) else []
    return [*targets, *carried(node)]


def carried(node: Any) -> list[str]:
    """The names that an `if`, `for` or `while` binds and that are read after it, or by the next iteration."""
    live = node.flow.live_after if isinstance(node, gast.If) else node.flow.live_after | node.flow.live_inside
    return [name for name in node.flow.bound if name in live]


_SCOPE_CALLS = ("super", "locals", "vars", "dir", "eval", "exec")


def _is_irregular(node: Any) -> bool:
    """Whether a block is left by a jump or an error, or holds what must stay in the user's function."""
    if isinstance(node, gast.If):
        body = [*node.body, *node.orelse]
    else:
        body = node.body[:-1] if jumps.guard_of(node) is not None else node.body
        if node.orelse:
            return True
    if jumps.exits(body):
        return True
    return any(type(n) in _FRAMED and _needs_own_frame(n) for n in flow.own_nodes(body))


_FRAMED = frozenset((gast.Call, gast.Yield, gast.YieldFrom, gast.Await, gast.AsyncFor, gast.AsyncWith))


def _needs_own_frame(node: Any) -> bool:
    if type(node) is gast.Call:
        return type(node.func) is gast.Name and node.func.id in _SCOPE_CALLS
    return True


def _is_plain_container(node: Any) -> bool:
    """Whether a loop is over a container that is written out, or over the items of a dict."""
    if isinstance(node, gast.Tuple | gast.List | gast.Set | gast.Dict | gast.Constant):
        return True
    if not isinstance(node, gast.Call):
        return False
    if isinstance(node.func, gast.Attribute):
        return node.func.attr in ("items", "keys", "values") and not node.args
    named = node.func.id if isinstance(node.func, gast.Name) else ""
    return named in ("zip", "enumerate", "reversed") and bool(node.args) and all(map(_is_plain_container, node.args))


class Created:
    """Where the values of local names are created."""

    def __init__(self, function: Any, bindings: dict[str, list[Any]], resolve: Resolve) -> None:
        self.bindings = bindings
        self.resolve = resolve
        self.places = _places(function)

    def here(self, name: str, place: tuple[Any, ...]) -> bool:
        """Whether a name only holds containers that are created inside of all the blocks of `place`, at every run."""
        inside = {id(block) for block in place}
        made_here = all(inside <= {id(block) for block in at} for at in self.places.get(name, []))
        return made_here and all(map(_is_new_container, self.bindings.get(name, [None])))

    def is_number_or_array(self, name: str, assumed: frozenset[str] = frozenset()) -> bool:
        """Whether a name cannot hold a list or another mutable container of Python."""
        if name in assumed:
            return True
        values = self.bindings.get(name, [None])
        return all(value is not None and self._is_numeric(value, assumed | {name}) for value in values)

    def _is_numeric(self, node: Any, assumed: frozenset[str]) -> bool:
        if isinstance(node, gast.Constant):
            return isinstance(node.value, int | float | complex)
        if isinstance(node, gast.Name):
            return self.is_number_or_array(node.id, assumed)
        if isinstance(node, gast.BinOp):
            is_numeric_operator = not isinstance(node.op, gast.Add | gast.Mult)
            return is_numeric_operator or any(self._is_numeric(side, assumed) for side in (node.left, node.right))
        if isinstance(node, gast.UnaryOp | gast.Compare):
            return True
        function = self.resolve(called(node)) if isinstance(node, gast.Call) else None
        return function is not None and (_is_numpy(function) or any(function is f for f in _NUMBERS))


_NUMBERS = (float, int, bool, complex, abs, len, round, pow)


def _is_new_container(value: Any) -> bool:
    is_call = isinstance(value, gast.Call) and getattr(value.func, "id", None) in ("list", "dict", "set", "sorted")
    return is_call or isinstance(value, gast.List | gast.Dict | gast.Set | gast.ListComp | gast.DictComp)


def _places(function: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Every name to where it is bound: the function and the blocks around each place."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    _collect_places(function.body, (function,), found)
    return found


def _collect_places(body: list[Any], place: tuple[Any, ...], found: dict[str, list[tuple[Any, ...]]]) -> None:
    for statement in body:
        for name in flow.bound_in([statement]) if not jumps.blocks(statement) else []:
            found.setdefault(name, []).append(place)
        target = getattr(statement, "target", None) if isinstance(statement, gast.For | gast.AsyncFor) else None
        for name in flow.bound_in([target]) if target is not None else []:
            found.setdefault(name, []).append((*place, statement))
        for block in jumps.blocks(statement):
            _collect_places(block, (*place, statement), found)
        if isinstance(statement, gast.FunctionDef):
            _collect_places(statement.body, (statement,), found)


def _is_numpy(function: Any) -> bool:
    return (getattr(function, "__module__", "") or "").split(".")[0] == "numpy"
