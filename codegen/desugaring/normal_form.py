"""Expressions to A-normal form: one operation per statement over atoms.

Flanagan et al., "The essence of compiling with continuations" (PLDI 1993).
"""

import builtins
import copy
import functools
import keyword
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring import inline_control
from s2s.codegen.desugaring.consumed_generators import as_list
from s2s.codegen.desugaring.lifting import MakeClosure
from s2s.codegen.reading.source import FunctionSource

TEMPORARY_NAMES = {
    "Add": "total", "Sub": "difference", "Mult": "product", "Div": "ratio", "MatMult": "product", "Pow": "power",
    "USub": "negated", "Mod": "remainder", "FloorDiv": "quotient",
}  # fmt: skip
# Names of results of functions whose own names are builtins, or whose names with `_bar` are helpers.
RESULT_NAMES = {
    "sum": "total", "max": "largest", "min": "smallest", "abs": "magnitude", "pow": "power", "len": "length",
    "max_weights": "weights", "min_weights": "weights", "reduced_size": "count", "size": "count",
    "power_partial": "partial", "stack": "stacked", "diag": "diagonal", "diagonal": "diagonal_of", "array": "values",
    "concatenate": "joined", "repeat": "repeated", "tile": "tiled", "take": "taken", "trace": "trace_of",
    "expand_dims": "expanded", "broadcast_to": "spread", "zeros_like": "zeros", "ones_like": "ones",
    "full_like": "filled", "set_at": "written", "einsum": "contracted",
}  # fmt: skip
# Expressions whose parts may be evaluated never or many times.
SOMETIMES = (
    gast.BoolOp, gast.IfExp, gast.Lambda, gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp,
)  # fmt: skip
COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp, gast.Lambda)
OPAQUE = (
    gast.BoolOp, gast.JoinedStr, gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp, gast.Lambda, gast.Set,
    gast.Starred,
)  # fmt: skip


@runtime_checkable
class Context(Protocol):
    """What an expression with control flow inside needs of the walker around it."""

    def conditional(self, expression: gast.AST) -> gast.AST: ...

    def walrus(self, expression: gast.AST) -> gast.AST: ...

    def value_of(self, expression: gast.AST) -> gast.AST: ...

    def without_assignments(self, expression: gast.AST) -> gast.AST: ...

    def comprehension(self, expression: gast.AST) -> gast.AST | None: ...

    def consumed(self, expression: gast.AST) -> gast.AST | None: ...

    def refuse(self, expression: gast.AST) -> gast.AST: ...

    def unset(self, node: gast.AST) -> None: ...

    def called(self, node: gast.AST, call: gast.AST) -> gast.AST: ...


class Flattener:
    """Flattens expressions into `emit`; names are resolved through `environment` (variable to version)."""

    def __init__(
        self,
        function: core.Function,
        environment: dict[str, str],
        local_names: set[str],
        emit: Callable[[gast.AST], Any],
        like: gast.AST | None,
        context: Context,
    ):
        self.function = function
        self.environment = environment
        self.locals = local_names
        self.emit = emit
        self.like = like
        self.context = context

    def atom(self, expression: gast.AST) -> gast.AST:
        """The expression as a name, a literal or a path to a global."""
        return self.named(self.operation(expression))

    def named(self, value: gast.AST) -> gast.AST:
        if self.is_atom(value):
            return value
        version = self.function.fresh(temporary_name(value, self.function.bases))
        statement = core.assign(version, value, self.like)
        statement.temporary = True
        self.emit(statement)
        return core.name(version)

    def is_atom(self, node: gast.AST) -> bool:
        return is_atom(self.function, node)

    def operation(self, expression: gast.AST) -> gast.AST:
        """One operation over atoms (or an atom)."""
        kind = type(expression)
        if kind is gast.Constant or kind in core.LITERALS and core.is_literal(expression):
            return expression
        handler = _HANDLERS.get(kind)
        if handler is not None:
            result = handler(self, expression)
        elif isinstance(expression, OPAQUE):
            result = self.opaque(expression)
        else:
            result = self.context.refuse(expression)
        return core.located(result, expression)

    def do_Name(self, node: gast.AST) -> gast.AST:
        if node.id in self.locals and node.id not in self.environment:
            self.context.unset(node)
        return core.name(self.variable(node.id))

    def variable(self, identifier: str) -> str:
        if identifier in self.environment:
            return self.environment[identifier]
        if identifier not in self.locals and identifier not in self.function.bases:
            self.function.references.setdefault(identifier, None)
        return identifier

    def do_Constant(self, node: gast.AST) -> gast.AST:
        return node

    def do_BinOp(self, node: gast.AST) -> gast.AST:
        return core.binary(self.atom(node.left), node.op, self.atom(node.right))

    def do_UnaryOp(self, node: gast.AST) -> gast.AST:
        if isinstance(node.op, gast.Not):
            return self.opaque(node)
        return gast.UnaryOp(node.op, self.atom(node.operand))

    def do_Compare(self, node: gast.AST) -> gast.AST:
        if len(node.ops) > 1:
            return self.opaque(node)
        return gast.Compare(self.atom(node.left), node.ops, [self.atom(node.comparators[0])])

    def do_IfExp(self, node: gast.AST) -> gast.AST:
        if inline_control.assigns(node):
            return self.atom(self.context.value_of(node))
        return self.context.conditional(node)

    def do_BoolOp(self, node: gast.AST) -> gast.AST:
        if inline_control.is_truth(node) and not inline_control.assigns(node):
            return self.opaque(node)
        return self.atom(self.context.value_of(node))

    def do_ListComp(self, node: gast.AST) -> gast.AST:
        made = self.context.comprehension(node)
        return self.opaque(node) if made is None else self.atom(made)

    do_DictComp = do_ListComp

    def do_NamedExpr(self, node: gast.AST) -> gast.AST:
        return self.context.walrus(node)

    def do_Attribute(self, node: gast.AST) -> gast.AST:
        path = core.dotted(node)
        if path is not None and self._is_global(path.split(".")[0]):
            self.variable(path.split(".")[0])
            return node
        return core.attribute(self.atom(node.value), node.attr)

    def _is_global(self, identifier: str) -> bool:
        return not (identifier in self.environment or identifier in self.locals or identifier in self.function.bases)

    def do_Subscript(self, node: gast.AST) -> gast.AST:
        return core.subscript(self.atom(node.value), self.index(node.slice))

    def index(self, node: gast.AST) -> gast.AST:
        """An index: slices and tuples of slices stay as they are, over atoms."""
        if isinstance(node, gast.Slice):
            parts = [None if p is None else self.atom(p) for p in (node.lower, node.upper, node.step)]
            return gast.Slice(*parts)
        if isinstance(node, gast.Tuple):
            return core.tuple_of(self.index(e) for e in node.elts)
        return self.atom(node)

    def do_Call(self, node: gast.AST) -> gast.AST:
        consumed = self.context.consumed(node)
        if consumed is not None:
            return self.operation(consumed)
        function = node.func
        if isinstance(function, gast.Attribute):
            function = self.do_Attribute(function)
        elif isinstance(function, gast.Name):
            function = self.do_Name(function)
        else:
            function = self.atom(function)
        arguments = [self.argument(a) for a in node.args]
        keywords = [gast.keyword(k.arg, self.atom(k.value)) for k in node.keywords]
        return self.context.called(node, core.call_of(function, arguments, keywords))

    def argument(self, node: gast.AST) -> gast.AST:
        if isinstance(node, gast.Starred):
            return gast.Starred(self.atom(as_list(node.value)), gast.Load())
        return self.atom(node)

    def do_Tuple(self, node: gast.AST) -> gast.AST:
        return core.tuple_of(self.argument(e) for e in node.elts)

    def do_List(self, node: gast.AST) -> gast.AST:
        return core.list_of(self.argument(e) for e in node.elts)

    def do_Dict(self, node: gast.AST) -> gast.AST:
        if any(k is None for k in node.keys):
            return self.atom(self.context.value_of(node))
        return gast.Dict([self.atom(k) for k in node.keys], [self.atom(v) for v in node.values])

    def opaque(self, node: gast.AST) -> gast.AST:
        """An expression kept whole (tests, f-strings, comprehensions), over current versions."""
        if self.is_atom(node) and not isinstance(node, gast.Name):
            self.operation(node)
        node = self._hoist_calls(self._hoist_walrus(node))
        mapping = {n: core.name(self.variable(n)) for n in dict.fromkeys(core.free_reads(node))}
        return core.substitute(node, mapping)

    def _hoist_calls(self, node: gast.AST) -> gast.AST:
        """Calls of functions defined inside, which become statements of their own; what is skipped stays so."""
        if not any(self._is_local_call(n) for n in core.nodes(node)) or isinstance(node, COMPREHENSIONS):
            return node
        if isinstance(node, gast.Call) and self._is_local_call(node):
            return self.atom(node)
        if isinstance(node, gast.BoolOp):
            return self._hoist_from_boolean(node)
        if isinstance(node, gast.IfExp):
            return self.context.conditional(node)
        new = copy.copy(node)
        for field in core.CHILD_FIELDS[type(node)]:
            value = getattr(node, field, None)
            if isinstance(value, list):
                setattr(new, field, [self._hoist_calls(v) if isinstance(v, gast.AST) else v for v in value])
            elif isinstance(value, gast.AST):
                setattr(new, field, self._hoist_calls(value))
        return new

    def _hoist_from_boolean(self, node: gast.AST) -> gast.AST:
        """`a and f(b)` as `f(b) if a else a`."""
        first, *rest = node.values
        rest = rest[0] if len(rest) == 1 else gast.copy_location(gast.BoolOp(node.op, rest), node)
        left = self.named(self.opaque(first))
        arms = (rest, left) if isinstance(node.op, gast.And) else (left, rest)
        return self.context.conditional(gast.copy_location(gast.IfExp(left, *arms), node))

    def _is_local_call(self, node: gast.AST) -> bool:
        if not isinstance(node, gast.Call):
            return False
        if not isinstance(node.func, gast.Name):
            return not isinstance(node.func, gast.Attribute)
        is_lifted = isinstance(self.function.references.get(node.func.id), FunctionSource | MakeClosure)
        return is_lifted or node.func.id in self.environment

    def _hoist_walrus(self, node: gast.AST) -> gast.AST:
        if inline_control.assigns(node):
            node = self.context.without_assignments(node)
        inside = [n for n in gast.walk(node) if isinstance(n, gast.NamedExpr)]
        if inside and any(isinstance(n, SOMETIMES) for n in gast.walk(node)):
            return self.context.refuse(inside[0])
        for walrus in inside:
            self.context.walrus(walrus)
        return _WithoutWalrus().visit(copy.deepcopy(node)) if inside else node


_HANDLERS: dict[Any, Callable[[Flattener, Any], gast.AST]] = {
    getattr(gast, name[len("do_") :]): handler for name, handler in vars(Flattener).items() if name.startswith("do_")
}


class _WithoutWalrus(gast.NodeTransformer):
    def visit_NamedExpr(self, node: gast.AST) -> gast.AST:
        return gast.Name(node.target.id, gast.Load(), None, None)


def is_atom(function: core.Function, node: gast.AST) -> bool:
    """Is this a name, a literal or a path to a global?"""
    if type(node) is gast.Attribute:
        dotted = core.dotted(node)
        return dotted is not None and dotted.split(".")[0] in function.references
    return type(node) is gast.Name or core.is_literal(node)


def temporary_name(value: gast.AST, bases: Mapping[str, str]) -> str:
    """A name for the result of an operation, after the operation."""
    if isinstance(value, (gast.BinOp, gast.UnaryOp)):
        return TEMPORARY_NAMES.get(type(value.op).__name__, "value")
    if isinstance(value, gast.Call):
        path = core.dotted(value.func)
        return result_name(path.split(".")[-1] if path else getattr(value.func, "attr", "value"))
    if isinstance(value, gast.Subscript):
        if isinstance(value.slice, gast.Constant) and _is_variable_name(value.slice.value):
            return str(value.slice.value)
        base = core.dotted(value.value)
        base = bases.get(base, base) if base is not None else None
        return f"{base}_item" if base and "." not in base else "item"
    if isinstance(value, gast.Attribute):
        return value.attr if value.attr != "T" else "transposed"
    if isinstance(value, gast.Compare):
        return "test"
    return "value"


def _is_variable_name(key: object) -> bool:
    return isinstance(key, str) and key.isidentifier() and not keyword.iskeyword(key) and not hasattr(builtins, key)


@functools.cache
def result_name(function: str) -> str:
    """A name for what a function of this name gives."""
    return RESULT_NAMES.get(function, function if not hasattr(builtins, function) else f"{function}_value")
