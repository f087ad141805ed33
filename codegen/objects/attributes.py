"""Attributes of objects that a function makes: reads, properties, writes; and methods run in place of their calls."""

import types
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring import call_arguments
from s2s.codegen.functions import inlining
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Kind, Numeric, ObjectOf, Static, SuperOf, TupleOf, Unknown
from s2s.codegen.inference.operations import Operation
from s2s.codegen.objects import classes
from s2s.codegen.objects.classes import MISSING
from s2s.codegen.reading.guards import AttributeGuard
from s2s.codegen.reading.source import FunctionSource, SourceError, function_source


def is_object(kind: Any) -> bool:
    return isinstance(kind, ObjectOf | SuperOf)


def replaced(inference: Any, statement: gast.AST, node: gast.AST | None) -> Kind:
    """The statement becomes a copy of an atom."""
    statement.value = node if node is not None else core.constant(None)
    statement.operation = Operation("copy")
    return inference.kind(node) if node is not None else Unknown()


def run(inference: Any, node: gast.AST, function: Any, args: list, keywords: list) -> gast.AST | None:
    """The atom that a call of a Python function comes to, its body put in front."""
    try:
        source = function if isinstance(function, FunctionSource) else function_source(function)
    except SourceError as error:
        inference.refuse(node, str(error), "define the class in a file")
        return None
    call_node = gast.copy_location(gast.Call(core.name(source.name), list(args), list(keywords)), node)
    if call_arguments.has_stars(call_node):
        flat = call_arguments.flattened(inference, call_node)
        call_node = flat if flat is not None else call_node
    bound = inference.program.bound(source, call_node)
    if isinstance(bound, str):
        inference.refuse(node, bound, "pass each argument by position or by name")
        return None
    source, arguments = bound
    return inlining.inlined(inference, node, source, arguments)


def read(inference: Any, statement: gast.AST, node: gast.Attribute, owner: Kind) -> Kind | None:
    """`c.total`; None where `c` is no object that the function made."""
    if not is_object(owner):
        return None
    statement.original = node
    atom = attribute(inference, node, node.value, owner, node.attr)
    if atom is not None and atom.__dict__.pop("computed", False):
        del statement.original  # the statements that compute it stand in front now
    return replaced(inference, statement, atom)


def attribute(inference: Any, node: gast.AST, owner_node: gast.AST, owner: Any, name: str) -> gast.AST | None:
    """The atom for an attribute; what a property computes is put in front. None where it was refused."""
    if isinstance(owner, ObjectOf):
        refuse_stale(inference, node, owner)
        if name in owner.attributes and not isinstance(classes.lookup(owner.cls, name)[0], property):
            return owner.attributes[name]
    found = in_class(owner, name)
    getter = classes.getter(found)
    if getter is not None:
        atom = run(inference, node, getter, [receiver_of(owner_node, owner)], [])
        if atom is not None:
            atom = core.copied(atom)
            atom.computed = True
        return atom
    if found is MISSING or isinstance(found, types.FunctionType | staticmethod | classmethod):
        what = "has no attribute" if found is MISSING else "is used as a value for its method"
        inference.refuse(node, f"{kinds.show(owner)} {what} {name!r} here", "set it in __init__, or call the method")
        return None
    return inlining.value_node(inference, found, f"{class_of(owner).__name__}_{name}")


def of_named_tuple(owner: Kind, name: str) -> Any:
    """What the user's class of a named tuple defines under a name, MISSING for any other value."""
    cls = owner.cls if isinstance(owner, TupleOf) else None
    bases = cls.__mro__ if cls is not None else ()
    return next((vars(b)[name] for b in bases if name in vars(b) and b is not tuple), MISSING)


def named_tuple_property(inference: Any, statement: gast.AST, node: gast.Attribute, owner: Kind) -> Kind | None:
    getter = classes.getter(of_named_tuple(owner, node.attr))
    return None if getter is None else replaced(inference, statement, run(inference, node, getter, [node.value], []))


def refuse_stale(inference: Any, node: gast.AST, owner: ObjectOf) -> None:
    if owner.written is None:
        return
    line = getattr(owner.written, "origin", ("", 0))[1]
    cause = f"{owner.name!r} may have been written under its other name in line {line}"
    inference.refuse(node, cause, "use one name for the object")


def known_attribute(inference: Any, node: gast.Attribute, owner: Kind) -> Kind | None:
    """An attribute of an object that was there before: what it is now, which is looked at again at every call."""
    if not isinstance(owner, Static) or not classes.is_user_object(owner.value):
        return None
    if isinstance(getattr(type(owner.value), node.attr, None), property) or not hasattr(owner.value, node.attr):
        return None
    kind = kinds.of_value(getattr(owner.value, node.attr), active=False)
    guard = AttributeGuard(owner.value, node.attr, kind)
    inference.program.guards[(id(owner.value), node.attr, "attribute")] = guard
    return kind


def in_class(owner: Any, name: str) -> Any:
    after = owner.after if isinstance(owner, SuperOf) else None
    return classes.lookup(class_of(owner), name, after)[0]


def class_of(owner: Any) -> Any:
    return class_of(owner.owner_kind) if isinstance(owner, SuperOf) else owner.cls


def receiver_of(node: gast.AST, owner: Any) -> gast.AST:
    return owner.owner if isinstance(owner, SuperOf) else node


def store(inference: Any, statement: gast.AST) -> None:
    """`c.total = v`: the variable that was assigned is the attribute from here on."""
    node, name = statement.stores
    target = core.name(core.targets(statement)[0])
    if "stores_back" in statement.__dict__ and _is_back(inference, statement, node, name):
        return
    write(inference, statement, node, name, target, is_plain="is_initial" not in statement.__dict__)


def _is_back(inference: Any, statement: gast.AST, node: gast.AST, name: str) -> bool:
    """Is there no attribute that would have to hold what was read from it and written? Notes what is there else."""
    owner = inference.kind(node)
    if isinstance(owner, ObjectOf):
        statement.stored_over = owner.attributes.get(name)
    return isinstance(owner, Numeric | TupleOf)


def write(inference: Any, place: gast.AST, node: gast.AST, name: str, value: gast.AST, is_plain: bool) -> None:
    owner = inference.kind(node)
    if not isinstance(owner, ObjectOf):
        inference.refuse(
            place,
            f"writing the attribute {name!r} of an object that was not made here is a side effect",
            "return the value, or make a new object",
        )
        return
    found = classes.lookup(owner.cls, name)[0]
    if isinstance(found, property) and found.fset is not None:
        _set_property(inference, place, found.fset, node)
        return
    if isinstance(found, property) or (is_plain and classes.is_frozen(owner.cls)):
        inference.refuse(place, f"{kinds.show(owner)} can't be written", "make a new one (dataclasses.replace)")
    if owner.other is not None:
        line = getattr(owner.other, "origin", ("", 0))[1]
        cause = f"{owner.name!r} got another name in line {line}, and a write here may have to be seen there"
        inference.refuse(place, cause, "write it before, or make a new object")
    inference.heap.write(owner, name, value)


def _set_property(inference: Any, statement: gast.AST, setter: Any, node: gast.AST) -> None:
    """The body of the setter stands in front of the statement, which assigns nothing that is read."""
    if "is_set" in statement.__dict__:
        return
    statement.is_set = True
    if not (core.is_name(statement.value) or core.is_literal(statement.value)):
        statement.value = inference.computed("value", statement.value)
        statement.operation = Operation("copy")
        inference.prelude[-1].in_place = statement.__dict__.pop("in_place", False)
    run(inference, statement, setter, [node, statement.value], [])
