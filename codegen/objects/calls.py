"""Operations on objects of user classes: calls, methods, operators.

Each becomes the statements that Python would run, put in place of the operation; see `heap` for the objects.
"""

import dataclasses
import types
from collections.abc import Iterable
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.functions import custom_rules, inlining
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Kind, ListOf, ObjectOf, Static, SuperOf, TupleOf, Unknown
from s2s.codegen.inference.operations import Operation
from s2s.codegen.objects import attributes, classes
from s2s.codegen.objects.attributes import (
    attribute,
    class_of,
    in_class,
    is_object,
    known_attribute,
    read,
    receiver_of,
    replaced,
    run,
)
from s2s.codegen.objects.classes import MISSING
from s2s.codegen.objects.construction import constructed, create, filled, with_fields_replaced
from s2s.codegen.reading.guards import AttributeGuard
from s2s.runtime.checkpointing import Checkpointed
from s2s.runtime.jit import Jit

BINARY = {
    "Add": "add", "Sub": "sub", "Mult": "mul", "Div": "truediv", "MatMult": "matmul", "Pow": "pow", "Mod": "mod",
    "FloorDiv": "floordiv", "BitAnd": "and", "BitOr": "or", "BitXor": "xor", "LShift": "lshift", "RShift": "rshift",
}  # fmt: skip
# Calls of these are of no object.
_PLAIN = (np.ufunc, types.BuiltinFunctionType, type(np.mean))
OPERATIONS = (gast.BinOp, gast.UnaryOp, gast.Compare, gast.Subscript)
UNARY = {"USub": "neg", "UAdd": "pos", "Invert": "invert"}
COMPARE = {
    "Eq": ("eq", "eq"), "NotEq": ("ne", "ne"), "Lt": ("lt", "gt"), "LtE": ("le", "ge"), "Gt": ("gt", "lt"),
    "GtE": ("ge", "le"),
}  # fmt: skip
BUILTINS = {len: "__len__", abs: "__abs__", float: "__float__", int: "__int__", bool: "__bool__"}


def expression(inference: Any, statement: gast.AST, node: gast.AST) -> Kind | None:
    """Any operation but a call that has to do with objects; None for all others."""
    if "creates" in statement.__dict__:
        return create(inference, statement)
    if isinstance(node, gast.Attribute):
        owner = inference.kind(node.value)
        return read(inference, statement, node, owner) or known_attribute(inference, node, owner)
    if not inference.heap.objects or not isinstance(node, OPERATIONS):
        return None
    return operator(inference, statement, node)


def call(inference: Any, statement: gast.AST, node: gast.Call, target: Any) -> Kind | None:
    """A call that has to do with objects; None for all others."""
    found = _object_call(inference, statement, node) if inference.heap.objects else None
    if found is not None:
        return found
    if (
        type(target) not in _PLAIN
        and (inference.reads_active(node) or _is_of_class(inference, node))
        and (known := _known_target(inference, node, target)) is not None
    ):
        function, receiver = known
        args = [*receiver, *node.args]
        if custom_rules.rule_of(function) is not None:
            return _call_with_rule(inference, statement, node, function, args)
        return replaced(inference, statement, run(inference, node, function, args, node.keywords))
    if classes.is_user_class(target):
        return constructed(inference, statement, node, target)
    has_objects = bool(inference.heap.objects) and any(
        kinds.holds_object(inference.kind(a)) for a in arguments_of(node)
    )
    if has_objects or target is super:
        return _call_with_objects(inference, statement, node, target)
    return None


def _is_of_class(inference: Any, node: gast.Call) -> bool:
    """`Vec.zero()`: what a class of the user's makes may be one of its objects."""
    owner = inference.global_object(node.func.value) if isinstance(node.func, gast.Attribute) else None
    return isinstance(owner, type) and classes.is_user_class(owner)


def _call_with_rule(inference: Any, statement: gast.AST, node: gast.Call, function: Any, args: list[gast.AST]) -> Kind:
    """A method that has rules of its own is called like a function of its object."""
    name = core.name(RuleWriter(inference.function, None).alias(function, function.__name__))
    statement.user_call = node
    statement.value = gast.copy_location(gast.Call(name, args, node.keywords), node)
    kind: Kind = inference.program.call(inference, statement, statement.value, function)
    return kind


def _known_target(inference: Any, node: gast.Call, target: Any) -> tuple[Any, list[gast.AST]] | None:
    """The Python function that a call of a method of a known object runs, and what it is bound to."""
    if target is None and isinstance(node.func, gast.Attribute):
        owner = inference.kind(node.func.value)
        if isinstance(owner, Static) and classes.is_user_object(owner.value):
            target = getattr(owner.value, node.func.attr, None)
            if not isinstance(target, types.MethodType) and custom_rules.rule_of(target) is not None:
                return target, []
            guard = AttributeGuard(owner.value, node.func.attr, kinds.of_value(target, active=False))
            if not isinstance(target, types.MethodType):
                inference.program.guards[(id(owner.value), node.func.attr, "attribute")] = guard
    if isinstance(target, types.MethodType) and isinstance(node.func, gast.Attribute) and not _of_library(target):
        return target.__func__, [node.func.value]
    is_own = core.dotted(node.func) is None or _is_of_class(inference, node)
    if isinstance(target, types.FunctionType) and is_own and not _of_library(target):
        return target, []
    if classes.is_user_object(target) and isinstance(vars(type(target)).get("__call__"), types.FunctionType):
        return vars(type(target))["__call__"], [node.func]
    return None


def _of_library(target: Any) -> bool:
    module = getattr(target, "__module__", None) or ""
    return module.split(".")[0] in classes.LIBRARIES


def named_tuple_method(inference: Any, statement: gast.AST, node: gast.Call, owner: Kind) -> Kind | None:
    """A call of a method that the user's class of named tuples defines; None for all others."""
    found = attributes.of_named_tuple(owner, node.func.attr)
    if isinstance(found, types.FunctionType):
        return replaced(inference, statement, run(inference, node, found, [node.func.value, *node.args], node.keywords))
    if isinstance(found, staticmethod):
        return replaced(inference, statement, run(inference, node, found.__func__, node.args, node.keywords))
    return None


def arguments_of(node: gast.Call) -> Iterable[gast.AST]:
    return [*node.args, *[k.value for k in node.keywords]]


def _object_call(inference: Any, statement: gast.AST, node: gast.Call) -> Kind | None:
    """`c(x)` and `c.method(x)`."""
    if isinstance(node.func, gast.Name) and isinstance(inference.kind(node.func), ObjectOf):
        return dunder(inference, statement, node, node.func, "__call__", node.args, node.keywords)
    if not isinstance(node.func, gast.Attribute):
        return None
    owner = inference.kind(node.func.value)
    if not is_object(owner):
        return None
    return _method(inference, statement, node, owner)


def _method(inference: Any, statement: gast.AST, node: gast.Call, owner: Any) -> Kind:
    name, receiver = node.func.attr, receiver_of(node.func.value, owner)
    if isinstance(owner, SuperOf) and name == "__init__" and in_class(owner, name) is MISSING:
        return replaced(inference, statement, core.constant(None))
    if isinstance(owner, SuperOf) and name == "__init__" and _is_generated(owner):
        return filled(inference, statement, node, receiver, owner)
    if isinstance(owner, ObjectOf) and name in owner.attributes:
        return _called(inference, statement, node, owner.attributes[name])
    found = in_class(owner, name)
    if isinstance(found, staticmethod):
        return _called_value(inference, statement, node, found.__func__, name)
    if isinstance(found, classmethod):
        cls = core.name(RuleWriter(inference.function, None).alias(class_of(owner), class_of(owner).__name__))
        return replaced(inference, statement, run(inference, node, found.__func__, [cls, *node.args], node.keywords))
    if isinstance(found, types.FunctionType):
        return replaced(inference, statement, run(inference, node, found, [receiver, *node.args], node.keywords))
    atom = attribute(inference, node, node.func.value, owner, name)
    return _called(inference, statement, node, atom) if atom is not None else Unknown()


def _is_generated(owner: SuperOf) -> bool:
    return classes.lookup(class_of(owner), "__init__", owner.after)[0].__code__.co_filename == "<string>"


def _called_value(inference: Any, statement: gast.AST, node: gast.Call, function: Any, name: str) -> Kind:
    if isinstance(function, types.FunctionType) and not _of_library(function):
        return replaced(inference, statement, run(inference, node, function, node.args, node.keywords))
    return _called(inference, statement, node, inlining.value_node(inference, function, name))


def _called(inference: Any, statement: gast.AST, node: gast.Call, function: gast.AST) -> Kind:
    """The same call of a function that an attribute holds."""
    statement.value = gast.copy_location(gast.Call(function, node.args, node.keywords), node)
    return inference.on_Call(statement, statement.value)


def _call_with_objects(inference: Any, statement: gast.AST, node: gast.Call, target: Any) -> Kind | None:
    first = inference.kind(node.args[0]) if node.args else None
    if target is super:
        return _super(inference, statement, node)
    if classes.is_builtin(target, "len") and isinstance(first, TupleOf | ListOf) and (parts := kinds.parts(first)):
        is_known = isinstance(first, TupleOf) or first.elements is not None
        return replaced(inference, statement, core.constant(len(parts))) if is_known else None
    if classes.is_builtin(target, "isinstance") and isinstance(first, ObjectOf):
        wanted = inference.global_object(node.args[1])
        known = isinstance(wanted, type)
        return replaced(inference, statement, core.constant(issubclass(first.cls, wanted))) if known else None
    if isinstance(first, ObjectOf) and isinstance(target, type | types.BuiltinFunctionType) and target in BUILTINS:
        return dunder(inference, statement, node, node.args[0], BUILTINS[target], [], [])
    if classes.is_builtin(target, "getattr", "hasattr") and isinstance(first, ObjectOf):
        return _getattr(inference, statement, node, target, first)
    if target is dataclasses.replace and isinstance(first, ObjectOf):
        return with_fields_replaced(inference, statement, node, first)
    if isinstance(target, types.FunctionType | Jit | Checkpointed) and not _of_library(target):
        target = target.__wrapped__ if isinstance(target, Jit | Checkpointed) else target
        return replaced(inference, statement, run(inference, node, target, node.args, node.keywords))
    return None


def _getattr(inference: Any, statement: gast.AST, node: gast.Call, target: Any, owner: ObjectOf) -> Kind | None:
    name = core.literal(node.args[1]) if core.is_literal(node.args[1]) else None
    if name is None:
        inference.refuse(node, "the name of the attribute depends on data", "write the attribute's name")
        return Unknown()
    exists = name in owner.attributes or in_class(owner, name) is not MISSING
    if classes.is_builtin(target, "hasattr"):
        return replaced(inference, statement, core.constant(exists))
    if not exists and len(node.args) == 3:
        return replaced(inference, statement, node.args[2])
    read_node = gast.copy_location(gast.Attribute(node.args[0], name, gast.Load()), node)
    return read(inference, statement, read_node, owner)


def _super(inference: Any, statement: gast.AST, node: gast.Call) -> Kind | None:
    """`super()`: the class is that around the method, the object is its first argument."""
    place = inference.current.__dict__
    home = place.get("home", inference.function.source)
    owner = place.get("first_argument")
    after = home.closure.get("__class__")
    if node.args and isinstance(inference.global_object(node.args[0]), type):
        after, owner = inference.global_object(node.args[0]), node.args[1]
    owner = owner if owner is not None else core.name(inference.function.parameters[0])
    kind = inference.kind(owner)
    if after is None or not isinstance(kind, ObjectOf):
        return None
    statement.operation = Operation("copy")
    return SuperOf(owner, kind, after)


def with_bound(inference: Any, node: gast.Call, source: Any) -> gast.Call:
    """The call of a method with the object that it is bound to as its first argument."""
    owner = inlining.value_node(inference, source.bound, type(source.bound).__name__.lower())
    return gast.copy_location(gast.Call(node.func, [owner, *node.args], node.keywords), node)


def in_place_of_call(inference: Any, statement: gast.AST, node: gast.AST, source: Any, arguments: dict) -> Kind:
    """A call of a function that takes or returns objects is replaced by the body of the function."""
    statement.__dict__.pop("user_call", None)
    return replaced(inference, statement, inlining.inlined(inference, node, source, arguments))


def dunder(
    inference: Any, statement: gast.AST, node: gast.AST, receiver: gast.AST, name: str, args: list, keywords: list
) -> Kind:
    """A special method, which Python looks up in the class alone."""
    owner = inference.kind(receiver)
    found = classes.lookup(owner.cls, name)[0]
    if not isinstance(found, types.FunctionType):
        inference.refuse(node, f"{kinds.show(owner)} has no method {name}", "define it, or call another method")
        return Unknown()
    return replaced(inference, statement, run(inference, node, found, [receiver, *args], keywords))


def iterate(inference: Any, statement: gast.For) -> None:
    """`for v in c`: over what the object's `__iter__` gives."""
    if not inference.heap.objects or not isinstance(inference.kind(statement.iter), ObjectOf):
        return
    node = core.located(gast.Call(statement.iter, [], []), statement)
    items = core.assign(inference.function.fresh("items"), node, statement)
    inference.kinds[items.targets[0].id] = dunder(inference, items, node, statement.iter, "__iter__", [], [])
    if core.is_name(items.value):
        statement.iter = items.value


def set_item(inference: Any, statement: gast.AST, node: gast.Call, adds: bool) -> Kind:
    """`c[key] = v` and `c[key] += v`: the object's `__setitem__`; what is assigned is the object still."""
    owner, key, value = node.args
    if not (core.is_name(key) or core.is_literal(key)):
        key = inference.computed("key", key)
    if adds:
        item = inference.computed("item", core.subscript(owner, key))
        value = inference.computed("total", core.binary(item, gast.Add(), value))
    dunder(inference, statement, node, owner, "__setitem__", [key, value], [])
    statement.in_place = False
    return replaced(inference, statement, owner)


def operator(inference: Any, statement: gast.AST, node: gast.AST) -> Kind | None:
    """`a + b`, `-a`, `a < b`, `a[i]` with an object; None where there is none."""
    if isinstance(node, gast.BinOp):
        name = BINARY[type(node.op).__name__]
        return _binary(inference, statement, node, (node.left, f"__{name}__"), (node.right, f"__r{name}__"))
    if isinstance(node, gast.Compare) and len(node.ops) == 1 and type(node.ops[0]).__name__ in COMPARE:
        name, mirrored = COMPARE[type(node.ops[0]).__name__]
        return _binary(inference, statement, node, (node.left, f"__{name}__"), (node.comparators[0], f"__{mirrored}__"))
    if isinstance(node, gast.UnaryOp) and isinstance(inference.kind(node.operand), ObjectOf):
        found = UNARY.get(type(node.op).__name__)
        return dunder(inference, statement, node, node.operand, f"__{found}__", [], []) if found else None
    if isinstance(node, gast.Subscript) and isinstance(inference.kind(node.value), ObjectOf):
        return dunder(inference, statement, node, node.value, "__getitem__", [node.slice], [])
    return None


def _binary(inference: Any, statement: gast.AST, node: gast.AST, *sides: tuple[gast.AST, str]) -> Kind | None:
    operands = [s[0] for s in sides]
    for (operand, name), other in zip(sides, reversed(operands), strict=True):
        owner = inference.kind(operand)
        if isinstance(owner, ObjectOf) and isinstance(classes.lookup(owner.cls, name)[0], types.FunctionType):
            return dunder(inference, statement, node, operand, name, [other], [])
    return None
