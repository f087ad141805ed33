"""Shapes of names: exact ones, recorded by running Core on example arguments, and equalities that hold for any.

Recording runs the statements one by one on the values; a branch not taken is tried as well, for its shapes only.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.inference.kinds import Numeric
from s2s.codegen.printing.printer import to_source
from s2s.runtime import support
from s2s.runtime.helpers.checks import is_unset
from s2s.runtime.primitives import table

MAX_ITERATIONS = 3
FULL_REDUCTIONS = {"sum", "mean", "prod", "max", "min", "var", "std"}
UNKNOWN = object()
# Operations that have the shape of all operands together, beside the elementwise ones.
BROADCASTING = ("where", "maximum", "minimum", "fmax", "fmin", "hypot", "arctan2")
# The value that a node is or has the name of.
Definition = Callable[[gast.AST], gast.AST | None]
_NOTHING: set[str] = set()


class Several(tuple[tuple[int, ...], ...]):
    """The shapes that a name had in turn, where they differ: equal histories are shapes that always agree."""


def simplest(history: list[tuple[int, ...]]) -> Any:
    return history[0] if len(set(history)) == 1 else Several(history)


class ShapeTable:
    """Shapes by name: a tuple where recorded, else a token that is equal for names of equal shape."""

    def __init__(self, function: core.Function, recorded: Mapping[str, Any]):
        self.function = function
        self.recorded = {n: simplest(history) for n, history in recorded.items() if UNKNOWN not in history}
        self.certain: dict[str, Any] = {}  # what holds without relying on a check in the text
        self.checked: set[str] = set()  # what the text has checked to be one number

    def learn(self, body: list[gast.AST], plain: Mapping[str, gast.AST], stale: set[str] | None) -> None:
        """Learns from the plain assignments of `body` (name to value, in order), all or those of `stale` names.

        What is known better by now is stale, too.
        """
        self.checked = set()
        for name, value in plain.items():
            if stale is None:
                self._learn(name, value)
            elif not (name not in stale and stale.isdisjoint(core.remembered_reads(value))):
                before = self.certain.get(name)
                self._learn(name, value)
                if self.certain.get(name) != before:
                    stale.add(name)
        self._learn_checked(body, plain)

    def relearn(self, name: str, value: gast.AST, definition: Definition) -> None:
        """Another value is assigned to a name, of the same shape."""
        checked, self.checked = self.checked, _NOTHING
        self._learn(name, value)
        self.checked = checked
        if self.recorded and name not in self.recorded and (found := self._computed(value, definition)) is not None:
            self.recorded[name] = found

    def _computed(self, value: gast.AST, definition: Definition) -> Any:
        """The shape of a value that was not there when shapes were recorded, where those of its operands tell it."""
        if type(value) is gast.UnaryOp:
            found = self.of(value.operand)
            return found if alternatives(found) else None
        if type(value) is not gast.UnaryOp and self.is_elementwise(value):
            shapes = [self.of(operand) for operand in operands(value)]
            return np.broadcast_shapes(*shapes) if all(map(is_exact, shapes)) else None
        if type(value) is gast.Call and len(value.args) == 2 and self._takes_shape(value):
            inner = shape_argument(self.function, definition(value.args[1]))
            return self.of(inner) if inner is not None and alternatives(self.of(inner)) else None
        return None

    def _takes_shape(self, value: gast.Call) -> bool:
        primitive = called_primitive(self.function, value)
        return primitive is not None and primitive.name in ("sum_to", "broadcast_to", "reshape")

    def _learn(self, name: str, value: gast.AST) -> None:
        like = self.function.shaped_like.get(name)
        found = self._token_of_name(like) if like is not None else self._of_operation(value)
        if found is not None and found != ("like", name):
            self.certain[name] = found
        else:
            self.certain.pop(name, None)

    def _learn_checked(self, body: list[gast.AST], plain: Mapping[str, gast.AST]) -> None:
        """What the text has checked to be one number is one, and so is what that was computed from elementwise."""
        work = [n for s in body if type(s) is gast.Expr and (n := checked_scalar(self.function, s)) is not None]
        while work:
            name = work.pop()
            if name in self.checked or self.certain.get(name) == ():
                continue
            self.checked.add(name)
            value = plain.get(name)
            if value is not None and self.is_elementwise(value):
                work += core.reads(value)

    def is_elementwise(self, value: gast.AST) -> bool:
        if isinstance(value, gast.BinOp):
            return not isinstance(value.op, gast.MatMult)
        if isinstance(value, gast.Call) and not value.keywords:
            primitive = called_primitive(self.function, value)
            return primitive is not None and (primitive.category == "elementwise" or primitive.name in BROADCASTING)
        return isinstance(value, gast.UnaryOp)

    def is_certain_scalar(self, node: gast.AST) -> bool:
        """One number whatever the arguments, without relying on a check in the text."""
        if isinstance(node, gast.Name) and node.id not in self.recorded:
            kind = self.function.kinds.get(node.id)
            return getattr(kind, "scalar", False) or self.certain.get(node.id) == ()
        return self.of(node) == ()

    def of(self, node: gast.AST) -> Any:
        """The shape of an atom: a tuple, a token, or None for literals of unknown meaning."""
        if type(node) is gast.Name and node.id in self.recorded:
            return self.recorded[node.id]
        return self.token(node)

    def token(self, node: gast.AST) -> Any:
        """Like `of`, without what was recorded."""
        if type(node) is gast.Name:
            return self._token_of_name(node.id)
        return () if core.is_constant(node) else None

    def _token_of_name(self, name: str) -> Any:
        if getattr(self.function.kinds.get(name), "scalar", False):
            return ()
        if name in self.checked:
            return ()
        found = self.certain.get(name)
        return found if found is not None else ("like", name)

    def rank(self, node: gast.AST) -> int | None:
        ranks = {len(s) for s in alternatives(self.of(node))}
        return ranks.pop() if len(ranks) == 1 else None

    def same(self, a: gast.AST, b: gast.AST) -> bool:
        left, right = self.of(a), self.of(b)
        return left is not None and left == right

    def like_primal(self, node: gast.AST) -> str | None:
        """The earliest primal value of the same shape for any arguments, so that `node` itself need not live on."""
        token = self.certain.get(node.id) if isinstance(node, gast.Name) and node.id not in self.checked else None
        root = token[1] if token is not None and not is_exact(token) else None
        return root if root in self.function.kinds else None

    def _of_operation(self, value: gast.AST) -> Any:
        kind = type(value)
        if kind is gast.Call:
            return self._of_call(value)
        if kind is gast.BinOp and type(value.op) is not gast.MatMult:
            return self._together([value.left, value.right])
        return self.token(value.operand) if kind is gast.UnaryOp else None

    def _of_call(self, value: gast.Call) -> Any:
        primitive = called_primitive(self.function, value)
        name = primitive.name if primitive is not None else None
        if name in ("zeros_like", "ones_like", "full_like") and value.args and not value.keywords:
            return self.token(value.args[0])
        if name in ("sum_to", "broadcast_to", "unreduce") and len(value.args) > 1:
            return self.of_shape(value.args[1])
        if primitive is not None and primitive.category == "elementwise" and not value.keywords:
            return self._together(value.args)
        return () if self._reduces_all(value, primitive) else None

    def _reduces_all(self, value: gast.Call, primitive: Any) -> bool:
        """Is this one number, whatever the array?"""
        arguments = len(value.args)
        if primitive is None and type(value.func) is gast.Attribute and resolved(self.function, value.func) is None:
            primitive, arguments = table.METHODS.get(value.func.attr), arguments + 1
        return primitive is not None and primitive.name in FULL_REDUCTIONS and arguments == 1 and not value.keywords

    def of_shape(self, node: gast.AST) -> Any:
        """The shape that the node `np.shape(x)` stands for."""
        inner = shape_argument(self.function, node)
        return self.token(inner) if inner is not None else None

    def _together(self, nodes: list[gast.AST]) -> Any:
        """The shape of an elementwise result, where broadcasting cannot change it."""
        shapes = [s for s in (self.token(n) for n in nodes) if s != ()]
        if not shapes:
            return ()
        return shapes[0] if all(s == shapes[0] for s in shapes) else None


def operands(value: gast.AST) -> list[gast.AST]:
    """What an elementwise operation is of."""
    if isinstance(value, gast.BinOp):
        return [value.left, value.right]
    return [value.operand] if isinstance(value, gast.UnaryOp) else [*value.args]


def checked_scalar(function: core.Function, statement: gast.AST) -> str | None:
    """`x` of the statement `require_scalar(x)`."""
    call = statement.value if type(statement) is gast.Expr else None
    if type(call) is not gast.Call or resolved(function, call.func) is not support.require_scalar:
        return None
    return call.args[0].id if core.is_name(call.args[0]) else None


def is_exact(shape: Any) -> bool:
    """Is this one recorded shape?"""
    return isinstance(shape, tuple) and not isinstance(shape, Several) and not (shape and shape[0] == "like")


def alternatives(shape: Any) -> tuple[tuple[int, ...], ...]:
    """The shapes recorded; none for a token."""
    return shape if isinstance(shape, Several) else (shape,) if is_exact(shape) else ()


def resolved(function: core.Function, node: gast.AST) -> Any:
    """The object that a path of global names stands for, None for anything else."""
    if type(node) is gast.Attribute:
        return _attribute(function, node)
    if type(node) is not gast.Name or node.id in function.bases:
        return None
    return function.references.get(node.id)


def _attribute(function: core.Function, node: gast.Attribute) -> Any:
    found = node.__dict__.get("stands_for")
    if found is None:
        owner = resolved(function, node.value)
        found = node.stands_for = getattr(owner, node.attr, None) if owner is not None else None
    return found


def called_primitive(function: core.Function, call: gast.Call) -> Any:
    """The primitive that an expression calls by a global path, None if there is none; remembered on the call."""
    found = call.__dict__.get("called_primitive")
    if found is None:
        target = resolved(function, call.func)
        found = call.called_primitive = table.lookup(target) if target is not None else None
    return found


def shape_argument(function: core.Function, node: gast.AST | None) -> gast.AST | None:
    """`x` of the expression `np.shape(x)`."""
    if type(node) is gast.Call and len(node.args) == 1 and resolved(function, node.func) is np.shape:
        return node.args[0]
    return None


class Recorder:
    """Runs Core on values and notes the shape of every name; `callees` gives the raw Core of emitted functions."""

    def __init__(self, callees: Mapping[str, Any]):
        self.callees = callees
        self.shapes: dict[str, dict[str, Any]] = {}

    def run(self, name: str, function: core.Function, body: list[gast.AST], values: dict[str, Any]) -> Any:
        """The value that the body returns, and the names' values after it."""
        frame = Frame(self, function, self.shapes.setdefault(name, {}), dict(values))
        for key, value in values.items():
            frame.note(key, value)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            frame.block(body)
        return frame.returned, frame.values


class Frame:
    """One call."""

    def __init__(self, recorder: Recorder, function: core.Function, shapes: dict[str, Any], values: dict[str, Any]):
        self.recorder = recorder
        self.function = function
        self.shapes = shapes
        self.values = values
        self.returned: Any = None

    def note(self, name: str, value: Any) -> None:
        if self._is_unset(name, value):
            return
        numeric = isinstance(value, int | float | complex | np.generic) or hasattr(value, "__array_function__")
        self.shapes.setdefault(name, []).append(tuple(np.shape(value)) if numeric else UNKNOWN)

    def _is_unset(self, name: str, value: Any) -> bool:
        """Marks are for a path that does not set an array or number: nothing reads it there."""
        return (value is None or is_unset(value)) and isinstance(self.function.kinds.get(name), Numeric)

    def block(self, body: list[gast.AST]) -> None:
        for statement in body:
            self.statement(statement)

    def statement(self, statement: gast.AST) -> None:
        if isinstance(statement, gast.Assign):
            self.bind(statement.targets[0], self.value(statement.value))
        elif isinstance(statement, gast.If):
            self._branch(statement)
        elif isinstance(statement, gast.For):
            for item in list(self.value(statement.iter))[:MAX_ITERATIONS]:
                self.bind(statement.target, item)
                if self._iteration_stops(statement):
                    break
        elif isinstance(statement, gast.While):
            for _ in range(MAX_ITERATIONS):
                if not self.value(statement.test) or self._iteration_stops(statement):
                    break
        elif isinstance(statement, gast.Raise):
            raise self.value(statement.exc)
        elif isinstance(statement, gast.Return):
            self.returned = self.value(statement.value)
        elif isinstance(statement, gast.Expr) and _is_append(statement):
            self.value(statement.value)

    def _iteration_stops(self, statement: gast.AST) -> bool:
        self.block(statement.body)
        return any(self.value(guard.test) for guard in core.split_guard(statement.body)[1])

    def _branch(self, statement: gast.If) -> None:
        taken, other = statement.body, statement.orelse
        if not self.value(statement.test):
            taken, other = other, taken
        tried = self._try(other)
        self.block(taken)
        for name in core.assigned(other):
            if name in tried and self._is_unset(name, self.values.get(name)):
                self.values[name] = tried[name]  # of the right shape, where a way back tries this branch

    def _try(self, body: list[gast.AST]) -> dict[str, Any]:
        """Runs a branch that is not taken, on copies, as far as it goes; the values that it made."""
        before, self.values = self.values, dict(self.values)
        try:
            self.block(body)
        except Exception:  # values of the other branch need not make sense here
            pass
        tried, self.values = self.values, before
        return tried

    def bind(self, target: gast.AST, value: Any) -> None:
        if isinstance(target, gast.Name):
            self.values[target.id] = value
            self.note(target.id, value)
            return
        for element, part in zip(target.elts, value, strict=True):
            self.bind(element, part)

    def value(self, node: gast.AST) -> Any:
        if isinstance(node, gast.Name) and node.id in self.values:
            return self.values[node.id]
        if isinstance(node, gast.Call) and isinstance(node.func, gast.Name) and node.func.id in self.recorder.callees:
            return self._call(node)
        code = compile(to_source(node).strip(), "<shapes>", "eval")
        names = {n: v for n, v in self.function.references.items() if n not in self.values}
        return eval(code, {**names, **self.values})

    def _call(self, node: gast.Call) -> Any:
        positional = [self.value(a) for a in node.args]
        keywords = {k.arg: self.value(k.value) for k in node.keywords}
        return self.recorder.callees[node.func.id](self.recorder, positional, keywords)


def _is_append(statement: gast.Expr) -> bool:
    call = statement.value
    return isinstance(call, gast.Call) and isinstance(call.func, gast.Attribute) and call.func.attr == "append"
