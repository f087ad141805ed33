"""What staging needs to know of a function's local variables: which are plain Python values, which arrays are owned.

Both answers are about names over the whole function, whatever the order of its statements: a name qualifies only if
all of its bindings and, for ownership, all of its reads do.
"""

from collections.abc import Callable, Iterator
from typing import Any

import gast
import numpy as np

Resolve = Callable[[Any], Any]  # a node to the object that it stands for, None if that is not known

_STATIC_ATTRIBUTES = frozenset({"shape", "ndim", "size", "dtype", "itemsize", "nbytes"})
_STATIC_FUNCTIONS = (len, np.shape, np.ndim, np.size)
_CLOSED_FUNCTIONS: tuple[Any, ...] = (range, enumerate, zip, reversed, sorted, tuple, list, min, max, sum, abs, round)
_CLOSED_FUNCTIONS += (int, float, bool, str)

_FRESH_METHODS = frozenset(
    "sum mean max min prod var std dot copy argmax argmin cumsum cumprod any all item tolist round clip astype".split()
)
_FRESH_FUNCTIONS = frozenset(
    "sum mean max min prod var std dot matmul inner outer tensordot where concatenate stack cumsum cumprod sort "
    "argsort argmax argmin any all copy zeros ones zeros_like ones_like full full_like eye arange linspace array norm "
    "solve inv cholesky det slogdet trace".split()
)
_FRESH_BUILTINS = (float, int, bool, complex, abs, len, round, divmod, pow, range)
_SCOPES = (gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef, gast.Lambda)
_PASSING_ON: tuple[type, ...] = (gast.Assign, gast.AnnAssign, gast.NamedExpr, gast.For, gast.AsyncFor, gast.withitem)
_PASSING_ON += (gast.comprehension, gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)
_PASSING_ON += (gast.Yield, gast.YieldFrom, gast.Await)
_CONTAINERS = (gast.Tuple, gast.List, gast.Dict, gast.Set, gast.Starred, gast.IfExp, gast.BoolOp)
_COMPUTED = (gast.BinOp, gast.UnaryOp, gast.Compare, gast.Constant, gast.JoinedStr)


def bindings(function: Any) -> dict[str, list[Any]]:
    """Every local name to the nodes that it is bound to; None stands for what is not an expression (a parameter)."""
    found: dict[str, list[Any]] = {}
    for node in gast.walk(function):
        for name, value in _bound_by(node):
            found.setdefault(name, []).append(value)
    return found


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


class StaticNames:
    """Names whose values are plain Python values in every run: sizes, counters, constants."""

    def __init__(self, bindings: dict[str, list[Any]], resolve: Resolve) -> None:
        self.resolve = resolve
        self.bindings = bindings
        self.names = {n for n, values in self.bindings.items() if not any(map(_may_change, values))}
        while dropped := {n for n in self.names if not all(map(self.is_static, self.bindings[n]))}:
            self.names -= dropped

    def is_static(self, node: Any) -> bool:
        """Whether an expression cannot be a staged value."""
        if isinstance(node, gast.Constant | gast.Slice | gast.JoinedStr):
            return True
        if isinstance(node, gast.Name):
            return node.id in self.names or isinstance(self.resolve(node), int | float | complex | str)
        if isinstance(node, gast.Attribute):
            return node.attr in _STATIC_ATTRIBUTES or isinstance(self.resolve(node), int | float | str)
        if isinstance(node, gast.Call):
            return self._is_static_call(node)
        parts = _operands(node)
        return parts is not None and all(map(self.is_static, parts))

    def _is_static_call(self, node: Any) -> bool:
        function = self.resolve(called(node))
        if any(function is f for f in _STATIC_FUNCTIONS):
            return True
        parts = [*node.args, *(k.value for k in node.keywords)]
        return any(function is f for f in _CLOSED_FUNCTIONS) and all(map(self.is_static, parts))


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
    if isinstance(node, gast.Compare):
        return [node.left, *node.comparators]
    return [node.test, node.body, node.orelse] if isinstance(node, gast.IfExp) else None


class OwnedNames:
    """Names of arrays that were created in this function and that nothing else refers to, not even as a view.

    Only for these does `y += v` mean the same on immutable arrays, where it rebinds the name, as in NumPy, where it
    writes the array. The arguments of an `entry`, the function that is staged as a whole, are copies.
    """

    def __init__(self, function: Any, bindings: dict[str, list[Any]], resolve: Resolve, entry: bool = False) -> None:
        self.resolve = resolve
        self.bindings = bindings
        self.shared: set[str] = set()
        arguments = {n.id for n in gast.walk(function.args) if isinstance(n, gast.Name)}
        self.copies = arguments if entry else set()
        for statement in function.body:
            self._follow(statement, consumed=True)

    def __contains__(self, name: str) -> bool:
        values = [v for v in self.bindings.get(name, [None]) if not (v is None and name in self.copies)]
        return name not in self.shared and all(v is not None and self._is_fresh(v) for v in values)

    def _is_fresh(self, node: Any) -> bool:
        if isinstance(node, gast.IfExp):
            return self._is_fresh(node.body) and self._is_fresh(node.orelse)
        return isinstance(node, _COMPUTED) or (isinstance(node, gast.Call) and self._makes_fresh(node))

    def _makes_fresh(self, call: Any) -> bool:
        if any(k.arg in ("copy", "out") for k in call.keywords):
            return False
        function = self.resolve(called(call))
        if function is None:
            return isinstance(call.func, gast.Attribute) and call.func.attr in _FRESH_METHODS
        named_fresh = getattr(function, "__name__", "") in _FRESH_FUNCTIONS and _is_numpy(function)
        return isinstance(function, np.ufunc) or named_fresh or any(function is f for f in _FRESH_BUILTINS)

    def _follow(self, node: Any, consumed: bool) -> None:
        """Marks names read where the value itself, or a view of it, goes on to somewhere else."""
        if isinstance(node, gast.Name):
            if isinstance(node.ctx, gast.Load) and not consumed:
                self.shared.add(node.id)
            return
        if isinstance(node, _SCOPES):
            self.shared |= {n.id for n in gast.walk(node) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Load)}
            return
        for child, child_consumed in self._uses(node, consumed):
            self._follow(child, child_consumed)

    def _uses(self, node: Any, consumed: bool) -> Iterator[tuple[Any, bool]]:
        if isinstance(node, gast.Call):
            fresh = self._makes_fresh(node)
            receiver = node.func.value if isinstance(node.func, gast.Attribute) else node.func
            yield receiver, fresh or (consumed and _is_view_call(node))
            for argument in [*node.args, *(k.value for k in node.keywords)]:
                yield argument, fresh
            return
        if isinstance(node, gast.Subscript):
            yield node.value, consumed or not isinstance(node.ctx, gast.Load)
            yield node.slice, True
            return
        if isinstance(node, gast.Attribute):
            yield node.value, consumed or node.attr in _STATIC_ATTRIBUTES
            return
        for child in gast.iter_child_nodes(node):
            yield child, consumed if isinstance(node, _CONTAINERS) else not isinstance(node, _PASSING_ON)


def _is_view_call(call: Any) -> bool:
    """Array methods whose result is at most a view, so that it matters where that result goes."""
    views = ("reshape", "transpose", "ravel", "squeeze", "swapaxes")
    return isinstance(call.func, gast.Attribute) and call.func.attr in views


def _is_numpy(function: Any) -> bool:
    return (getattr(function, "__module__", "") or "").split(".")[0] == "numpy"
