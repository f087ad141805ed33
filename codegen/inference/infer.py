"""Kinds and activity of every variable, and with them the meaning of every statement (forward, to a fixpoint)."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring import call_arguments, refusals
from s2s.codegen.diagnostics import Diagnostics
from s2s.codegen.functions import expansions, function_values, index_tricks, inlining, inner_transformations
from s2s.codegen.inference import (
    aliasing,
    container_changes,
    container_kinds,
    displays,
    effects,
    kinds,
    list_operands,
    loop_targets,
    maps,
    opaque,
    operations,
    plain_lists,
    recursion,
    stale_closures,
    static_tests,
    texts,
    unrolling,
)
from s2s.codegen.inference.activity import Activity
from s2s.codegen.inference.kinds import (
    Bottom,
    DictOf,
    FunctionOf,
    Kind,
    ListOf,
    MapOf,
    Numeric,
    RangeOf,
    Static,
    TupleOf,
    Unknown,
)
from s2s.codegen.inference.operations import Operation
from s2s.codegen.inference.preludes import Preludes, infer_block
from s2s.codegen.inference.result_kinds import RESULT_KINDS, SCALAR_OPERATORS, hashable
from s2s.codegen.objects import attributes, calls, heap, uses
from s2s.codegen.reading.guards import UNRESOLVED, resolve_references
from s2s.codegen.simplifying import ranks
from s2s.runtime import builtin_functions, numpy_protocol, support
from s2s.runtime.primitives import table

# Calls whose arguments may be differentiated values: they look at them only.
EFFECT_ONLY = (print, support.require_scalar, support.require_immutable, support.require_set)
INACTIVE_ATTRIBUTES = ("shape", "ndim", "size", "dtype", "nbytes", "itemsize")
INTEGERS = (len, int, *builtin_functions.INACTIVE[:2])
INACTIVE_FUNCTIONS = (
    len, range, isinstance, type, print, repr, str, id, bool, int, hash, format, any, all, callable, hasattr,
    *builtin_functions.INACTIVE,
)  # fmt: skip


class Inference(Activity, Preludes):
    """One pass over one function; fills `function.kinds` and sets `operation` on every assignment."""

    batches = False  # does active mean batched?

    def __init__(self, function: core.Function, program: Any, diagnostics: Diagnostics):
        self.function = function
        self.program = program
        self.diagnostics = diagnostics
        self.kinds = function.kinds
        self.result: Kind = Static(None)
        self.definitions: dict[str, gast.AST] = {}
        self.made: dict[str, Any] = {}
        self.prelude: list[gast.AST] = []
        self.heap = heap.Heap(self)
        self.inlining: list[Any] = []

    def run(self, argument_kinds: dict[str, Kind]) -> Kind:
        resolve_references(self.function)
        self.kinds.update(argument_kinds)
        self.block(self.function.body)
        static_tests.settle(self.function)
        static_tests.refuse_certain_error(self, self.function.body)
        stale_closures.check(self.function, self.diagnostics)
        texts.check(self.function, self.diagnostics)
        is_callee = len(self.program.building) > 1
        if is_callee and kinds.holds_object(self.result):
            raise heap.ReturnsObject
        heap.finish(self)
        aliasing.check(self.function, self.diagnostics, self.function.parameters if is_callee else ())
        return self.result

    # Statements --------------------------------------------------------------------------------------------------

    def block(self, body: list[gast.AST]) -> None:
        infer_block(self, body)

    def do_Assign(self, statement: gast.AST) -> None:
        target = statement.targets[0]
        if getattr(statement, "change", None) is not None:
            container_changes.infer(self, statement)
        elif getattr(statement, "join", False):
            self._join(statement)
        elif isinstance(target, gast.Name):
            self.definitions[target.id] = statement
            self.kinds[target.id] = self.expression(statement)
            if "stores" in statement.__dict__:
                attributes.store(self, statement)
        else:
            self._unpack(statement, core.target_names(target))

    def _join(self, statement: gast.AST) -> None:
        names = core.targets(statement)
        values = [statement.value] if len(names) == 1 and core.is_name(statement.targets[0]) else statement.value.elts
        statement.operation = Operation("copy")
        heap.join_variables(self, list(zip(names, values, strict=True)))

    def _unpack(self, statement: gast.AST, names: list[str]) -> None:
        kind = self.kind(statement.value)
        if uses.unpacked(self, statement, names):
            return
        statement.operation = Operation("unpack")
        for i, target in enumerate(names):
            self.kinds[target] = self._part(kind, i, len(names), statement)

    def _part(self, kind: Kind, i: int, count: int, statement: gast.AST) -> Kind:
        if isinstance(kind, TupleOf | ListOf) and len(kinds.parts(kind)) not in (count, 1):
            self.refuse(statement, f"{kinds.show(kind)} of {len(kinds.parts(kind))} unpacked into {count} names", "")
        if isinstance(kind, Numeric | Bottom):
            return kinds.iterated(kind)
        part = kinds.getitem(kind, i)
        return part if part is not None else Unknown(kinds.is_active(kind))

    def do_If(self, statement: gast.AST) -> None:
        heap.infer_branch(self, statement)

    def do_For(self, statement: gast.AST) -> None:
        calls.iterate(self, statement)
        if unrolling.is_wanted(self, statement):
            statement.written_out = unrolling.unrolled(self, statement)
            if statement.written_out is not None:
                return
        loop_targets.bind(self, statement.target, statement.iter)
        heap.infer_loop(self, statement)

    def do_While(self, statement: gast.AST) -> None:
        function_values.refuse_inside(self, statement.test)
        heap.infer_loop(self, statement)

    def do_Return(self, statement: gast.AST) -> None:
        self.result = self.kind(statement.value)

    def do_Expr(self, statement: gast.AST) -> None:
        value = statement.value
        if uses.effect(self, statement):
            return
        if isinstance(value, gast.Call):
            target = self.global_object(value.func)
            if target in EFFECT_ONLY or effects.of_statement(self, statement, value) or not self.reads_active(value):
                return
        elif not self.reads_active(value):
            return
        self.refuse(
            statement, "a call for its effect on a differentiated value is not supported yet", "return a value instead"
        )

    def do_Assert(self, statement: gast.AST) -> None:
        uses.resolve_test(self, statement)

    do_Break = do_Raise = do_Assert

    # Expressions -------------------------------------------------------------------------------------------------

    def kind(self, node: gast.AST) -> Kind:
        """The kind of an atom (or of an index over atoms)."""
        if type(node) is gast.Name and node.id in self.kinds:
            return self.kinds[node.id]
        if core.is_literal(node):
            return kinds.of_value(core.literal(node), active=False)
        found = self.global_object(node)
        if found is not None:
            return kinds.of_value(found, active=False) if found is not UNRESOLVED else Unknown()
        return Unknown(self.reads_active(node))

    def expression(self, statement: gast.AST) -> Kind:
        original = statement.__dict__.get("original", statement.value)
        statement.value = statement.__dict__.pop("user_call", original)
        return self.meaning(statement)

    def meaning(self, statement: gast.AST) -> Kind:
        """The kind of what a statement computes, and its operation."""
        node = statement.value
        statement.operation = Operation("inactive")
        names = self.reads(node)
        if recursion.any_is_bottom(self, names):
            return Bottom()
        if (of_object := calls.expression(self, statement, node)) is not None:
            return of_object
        handler = getattr(self, "on_" + type(node).__name__, None)
        if hasattr(statement, "closure"):
            return function_values.built(self, statement, node)
        if core.is_literal(node) or self.global_object(node) is not None:
            return self._copy(statement)
        kind = opaque.infer(self, statement, node) if handler is None else handler(statement, node)
        function_values.refuse_unknown_use(self, statement, kind, names if statement.value is node else None)
        return kind

    def _copy(self, statement: gast.AST) -> Kind:
        statement.operation = Operation("copy")
        return self.kind(statement.value)

    def on_Name(self, statement: gast.AST, node: gast.AST) -> Kind:
        return self._copy(statement)

    def on_BinOp(self, statement: gast.AST, node: gast.AST) -> Kind:
        left, right = self.kind(node.left), self.kind(node.right)
        if isinstance(left, _ARITHMETIC) and isinstance(right, _ARITHMETIC):
            return self.primitive(statement, operations.operator_operation(node))
        joined = container_changes.operator(self, statement, node, left, right)
        if joined is not None:
            return joined
        if kinds.is_active(left) or kinds.is_active(right):
            what = f"{kinds.show(left)} and {kinds.show(right)}"
            self.refuse(node, f"this operator on {what} is not supported yet", "use arrays, or unpack the container")
        return Unknown()

    def on_UnaryOp(self, statement: gast.AST, node: gast.AST) -> Kind:
        if isinstance(node.op, gast.Not) or not isinstance(self.kind(node.operand), Numeric | Unknown):
            return opaque.infer(self, statement, node)
        return self.primitive(statement, operations.operator_operation(node))

    def on_Compare(self, statement: gast.AST, node: gast.AST) -> Kind:
        node = uses.resolve(self, statement, node)
        if core.is_literal(node):
            return self._copy(statement)
        known = len(node.ops) == 1 and type(node.ops[0]).__name__ in table.OPERATORS
        if known and all(isinstance(self.kind(n), Numeric) for n in (node.left, node.comparators[0])):
            return self.primitive(statement, operations.operator_operation(node))
        return Static()

    def on_Attribute(self, statement: gast.AST, node: gast.AST) -> Kind:
        owner = self.kind(node.value)
        if isinstance(owner, TupleOf) and owner.cls is not None and node.attr in owner.cls._fields:
            index = owner.cls._fields.index(node.attr)
            return self._container_item(statement, node.value, index, owner.elements[index])
        if (found := attributes.named_tuple_property(self, statement, node, owner)) is not None:
            return found
        if node.attr in INACTIVE_ATTRIBUTES:
            return Unknown() if node.attr == "shape" else Static() if node.attr == "dtype" else Numeric(scalar=True)
        if node.attr in table.PROPERTIES and isinstance(owner, Numeric | Unknown):
            primitive = table.named(table.PROPERTIES[node.attr])
            return self.primitive(statement, operations.attribute_operation(node, primitive))
        if kinds.is_active(owner):
            self.refuse(node, f"the attribute {node.attr!r} has no derivative rule", "pass the value as an argument")
        return Unknown()

    def _container_item(self, statement: gast.AST, owner: gast.AST, key: Any, kind: Kind) -> Kind:
        statement.operation = Operation("getitem", binding={"container": owner, "key": core.constant(key)})
        return kind

    def on_Subscript(self, statement: gast.AST, node: gast.AST) -> Kind:
        owner = self.kind(node.value)
        if isinstance(owner, Numeric):
            return self.primitive(statement, operations.getitem_operation(node))
        if not kinds.is_active(owner):
            return index_tricks.resolve(self, statement, node) or self._inactive_item(owner, node)
        statement.operation = Operation("getitem", binding={"container": node.value, "key": node.slice})
        return maps.item(owner, self.known_key(node.slice)) or Unknown(True)

    def _inactive_item(self, owner: Kind, node: gast.AST) -> Kind:
        return maps.inactive_item(owner, self.known_key(node.slice)) or Unknown()

    def known_key(self, node: gast.AST) -> Any:
        return maps.known_key(self, node)

    def on_Tuple(self, statement: gast.AST, node: gast.AST) -> Kind:
        return self._build(statement, node, TupleOf)

    def on_List(self, statement: gast.AST, node: gast.AST) -> Kind:
        return self._build(statement, node, kinds.list_of)

    def _build(self, statement: gast.AST, node: gast.AST, make: Any) -> Kind:
        node = displays.expanded(self, statement, node)
        if any(isinstance(e, gast.Starred) for e in node.elts):
            return displays.of_unknown_length(self, statement, node)
        elements = tuple(self.kind(e) for e in node.elts)
        active = tuple(i for i, k in enumerate(elements) if kinds.is_active(k))
        statement.operation = Operation("build", binding=dict(enumerate(node.elts)), active=active)
        return make(elements)

    def on_Dict(self, statement: gast.AST, node: gast.AST) -> Kind:
        if not all(core.is_literal(k) for k in node.keys):
            return opaque.infer(self, statement, node)
        keys = [core.literal(k) for k in node.keys]
        items = tuple((k, self.kind(v)) for k, v in zip(keys, node.values, strict=True))
        active = tuple(k for k, kind in items if kinds.is_active(kind))
        statement.operation = Operation("build", binding=dict(zip(keys, node.values, strict=True)), active=active)
        return DictOf(items)

    # Calls -------------------------------------------------------------------------------------------------------

    def on_Call(self, statement: gast.AST, node: gast.AST) -> Kind:
        if hasattr(statement, "transformed"):
            return self.program.call(self, statement, node, statement.transformed)
        if call_arguments.has_stars(node):
            flat = call_arguments.flattened(self, node)
            node = statement.value = flat if flat is not None else node
        target = self.global_object(node.func)
        if (found := effects.of_call(self, statement, node, target)) is not None:
            return found
        if function_values.makes(target):
            return function_values.make(self, statement, node, target)
        if target is None and core.is_name(node.func):
            target = self.made.get(node.func.id, function_values.called(self, node))
        if (found := calls.call(self, statement, node, target)) is not None:
            return found
        if isinstance(target, FunctionOf):
            return function_values.call(self, statement, node, target)
        if target is not None and core.is_name(node.func) and node.func.id in self.kinds:
            node = statement.value = function_values.by_name(self, node, target)
        if inner_transformations.is_transformation(target, node):
            return inner_transformations.transformation(self, statement, node, target)
        if target is None and isinstance(node.func, gast.Attribute):
            return self._method(statement, node)
        if target is None or target is UNRESOLVED:
            return self.unknown_call(statement, node)
        expanded = expansions.expand(self, statement, node, target) if hashable(target) else None
        if expanded is not None:
            return expanded
        primitive = table.lookup(target, len(node.args) + len(node.keywords))
        if primitive is not None:
            return self._bound_primitive(statement, node, primitive, None)
        if target in INACTIVE_FUNCTIONS if hashable(target) else False:
            return Numeric(scalar=True) if target in INTEGERS else RangeOf() if target is range else Static()
        if target in (list, tuple) and len(node.args) == 1:
            return self._container_cast(statement, node, target)
        if hasattr(target, "_fields") and isinstance(target, type):
            return self._named_tuple(statement, node, target)
        return self._function_call(statement, node, target)

    def _container_cast(self, statement: gast.AST, node: gast.AST, target: Any) -> Kind:
        node.args = [maps.keys(self, n) if isinstance(self.kind(n), MapOf) else n for n in node.args]
        kind = self.kind(node.args[0])
        if isinstance(kind, TupleOf | ListOf) and kinds.getitem(kind, slice(None)) is not None:
            statement.operation = Operation("cast", binding={"container": node.args[0]})
            if isinstance(kind, ListOf) and kind.elements is None:
                return kind if target is list else Unknown(kinds.is_active(kind))
            elements = kinds.parts(kind)
            return kinds.list_of(elements) if target is list else TupleOf(elements)
        if kinds.is_active(kind):
            self.refuse(node, f"{target.__name__}() of {kinds.show(kind)} is not supported yet", "unpack or index it")
        return plain_lists.of_call(self, node, target)

    def _method(self, statement: gast.AST, node: gast.AST) -> Kind:
        owner, method = self.kind(node.func.value), node.func.attr
        primitive = table.METHODS.get(method)
        if primitive is not None and isinstance(owner, Numeric | Unknown):
            return self._bound_primitive(statement, node, primitive, node.func.value)
        if isinstance(owner, TupleOf) and owner.cls is not None and method == "_replace":
            return self._replaced(statement, node, owner)
        if (found := calls.named_tuple_method(self, statement, node, owner)) is not None:
            return found
        read = container_changes.method(self, node, owner)
        if read is not None:
            statement.value = core.located(read, node)
            return self.expression(statement)
        if isinstance(owner, ListOf | TupleOf) and method in ("index", "count"):
            return Numeric(scalar=True)
        if isinstance(owner, DictOf) and method == "get" and (found := call_arguments.got(owner, node)) is not None:
            statement.value = found
            return self.expression(statement)
        if self.reads_active(node):
            self.refuse(node, f"the method .{method}() has no derivative rule", "call a function of NumPy instead")
        return Unknown()

    def _bound_primitive(self, statement: gast.AST, node: gast.AST, primitive: Any, receiver: Any) -> Kind:
        if primitive.name in container_changes.STORES:
            stored = container_changes.store(self, statement, node)
            if stored is not None:
                return stored
        primitive, node = operations.variant(primitive, node)
        node = list_operands.as_arrays(self, statement, node, primitive) if receiver is None else node
        try:
            operation = operations.call_operation(node, primitive, receiver)
        except operations.BindError as error:
            if self.reads_active(node):
                self.refuse(node, str(error), f"use the parameters of {primitive.name} that have a derivative rule")
            return Unknown()
        return self.primitive(statement, operation)

    def unknown_call(self, statement: gast.AST, node: gast.AST) -> Kind:
        if self.reads_active(node):
            name = core.dotted(node.func) or "this function"
            self.refuse(
                node, f"{name} is not known when the function is transformed", "call a function defined at module level"
            )
        return Unknown()

    def _function_call(self, statement: gast.AST, node: gast.AST, target: Any) -> Kind:
        if not self.reads_active(node) and not function_values.must_be_inferred(self, node, target):
            if (found := effects.of_inactive(self, statement, node, target)) is not None:
                return found
            return plain_lists.of_call(self, node, target) if table.lookup(target) is None else Numeric()
        target = numpy_protocol.COMPOSITIONS.get(target, target) if hashable(target) else target
        return self.program.call(self, statement, node, target)

    def _named_tuple(self, statement: gast.AST, node: gast.AST, cls: Any) -> Kind:
        nodes = {f: inlining.value_node(self, v, f) for f, v in cls._field_defaults.items()}
        nodes |= dict(zip(cls._fields, node.args, strict=False)) | {k.arg: k.value for k in node.keywords}
        if set(nodes) != set(cls._fields) or any(isinstance(a, gast.Starred) for a in node.args):
            return opaque.infer(self, statement, node)
        ordered = [nodes[f] for f in cls._fields]
        return self._named_build(statement, ordered, cls)

    def _named_build(self, statement: gast.AST, ordered: list[gast.AST], cls: Any) -> Kind:
        elements = tuple(self.kind(n) for n in ordered)
        active = tuple(i for i, k in enumerate(elements) if kinds.is_active(k))
        statement.operation = Operation("build", binding=dict(enumerate(ordered)), active=active)
        return TupleOf(elements, cls)

    def _replaced(self, statement: gast.AST, node: gast.AST, owner: TupleOf) -> Kind:
        """`p._replace(y=v)`: a build of the other fields, read from `p`, and the new ones."""
        new = {k.arg: k.value for k in node.keywords}
        fields = owner.cls._fields
        binding = {i: new.get(f) for i, f in enumerate(fields)}
        elements = tuple(self.kind(new[f]) if f in new else owner.elements[i] for i, f in enumerate(fields))
        active = tuple(i for i, k in enumerate(elements) if kinds.is_active(k))
        statement.operation = Operation("replaced", binding=binding | {"owner": node.func.value}, active=active)
        return TupleOf(elements, owner.cls)

    def primitive(self, statement: gast.AST, operation: Operation) -> Kind:
        primitive = operation.primitive
        active = tuple([p for p, node in operation.binding.items() if self.is_active_argument(node)])
        statement.operation = operation
        if primitive.writes_operand is not None and active:
            cause = f"{primitive.name} writes its argument in place"
            self.refuse(statement, cause, "use the result of a pure function")
        differentiable = tuple(p for p in active if p in primitive.operands)
        if active and primitive.category == "nondifferentiable" and primitive.why_not is not None:
            self.refuse(statement, f"{primitive.name} has no derivative: {primitive.why_not}", "")
        if primitive.category != "nondifferentiable":
            refusals.refuse_static_operands(self, statement, primitive, active)
            refusals.refuse_integer_result(self, statement, operation, active)
            operation.active = () if refusals.gives_integers(self, operation) else differentiable
        return self._primitive_result(primitive, operation)

    def _primitive_result(self, primitive: Any, operation: Operation) -> Kind:
        if primitive.name in container_kinds.RESULTS:
            return container_kinds.RESULTS[primitive.name](self, operation)
        found = self._result_shape(primitive, operation)
        if self.program.knows_ranks:
            found = ranks.of_result(self, operation, found)
        is_active = bool(operation.active) and primitive.category != "nondifferentiable"
        return kinds.with_activity(found, is_active)

    def _result_shape(self, primitive: Any, operation: Operation) -> Kind:
        if primitive.result_kind in RESULT_KINDS:
            return RESULT_KINDS[primitive.result_kind](self, operation)
        if primitive.results > 1:
            return TupleOf((Numeric(),) * primitive.results)
        if primitive.name not in SCALAR_OPERATORS:
            return Numeric()
        operands = [self.kind(n) for n in operation.binding.values()]
        return Numeric(scalar=all(isinstance(k, Numeric) and k.scalar for k in operands))

    # Names -------------------------------------------------------------------------------------------------------

    def global_object(self, node: gast.AST) -> Any:
        """The object that a path of global names stands for; None for local values, UNRESOLVED if unknown."""
        dotted = core.dotted(node) if type(node) in _PATHS else None
        if dotted is None:
            return None
        first, *rest = dotted.split(".")
        if first in self.kinds or first not in self.function.references:
            return None
        found = self.function.references[first]
        for part in rest:
            if found is UNRESOLVED or not hasattr(found, part):
                return UNRESOLVED
            found = getattr(found, part)
        self.program.guard(self.function, dotted, found)
        return found if found is not None else _NONE

    def refuse(self, node: gast.AST, cause: str, rewrite: str) -> None:
        home = self.current.__dict__.get("home") if self.current is not None else None
        self.diagnostics.report(node, cause, rewrite, home)


_NONE = Static(None)
_PATHS = (gast.Name, gast.Attribute)
_ARITHMETIC = (Numeric, Unknown)  # kinds of operands of arithmetic
