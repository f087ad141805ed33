"""Construction of objects: what `__init__`, written by the user or by @dataclass, does to a new one."""

import dataclasses
import types
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.desugaring import call_arguments
from s2s.codegen.diagnostics import UnsupportedError
from s2s.codegen.functions import inlining
from s2s.codegen.inference.kinds import Kind, ObjectOf, SuperOf, Unknown
from s2s.codegen.inference.operations import Operation
from s2s.codegen.objects import classes
from s2s.codegen.objects.attributes import class_of, replaced, run
from s2s.codegen.reading.source import SourceError


def constructed(inference: Any, statement: gast.AST, node: gast.Call, cls: Any) -> Kind | None:
    """`Affine(w, b)`: a new object, and what its `__init__` does to it."""
    reason, active = classes.why_not(cls), inference.reads_active(node)
    if reason is not None and active:
        inference.refuse(node, f"{reason}, so its objects can't be followed", "use a plain class or a function")
        return Unknown()
    if reason is not None:
        return None
    made = _new(inference, statement, cls)
    try:
        _initialised(inference, statement, node, made)
    except (UnsupportedError, SourceError):
        if active:
            raise
        return None
    return replaced(inference, statement, made)


def _new(inference: Any, statement: gast.AST, cls: Any) -> gast.AST:
    target = core.targets(statement)[0]
    plain = statement.__dict__.get("temporary", False)
    base = cls.__name__.lower() if plain else inference.function.bases.get(target, target)
    name = inference.function.fresh(base)
    creation = core.assign(name, core.constant(None), inference.current)
    creation.creates = inference.heap.new(cls, base)
    inference.splice(creation)
    return core.name(name)


def create(inference: Any, statement: gast.AST) -> Kind:
    """A new object each time that the statement is passed."""
    made = statement.creates
    made.attributes, made.other, made.written = {}, None, None
    statement.operation = Operation("copy")
    return made


def _initialised(inference: Any, statement: gast.AST, node: gast.Call, made: gast.AST) -> None:
    cls = inference.kind(made).cls
    found = classes.lookup(cls, "__init__")[0]
    if classes.is_generated(cls):
        _fill_fields(inference, node, made, cls)
    elif isinstance(found, types.FunctionType):
        run(inference, node, found, [made, *node.args], node.keywords)
    elif node.args or node.keywords:
        inference.refuse(node, f"{cls.__name__}() takes no arguments", "define __init__")


def filled(inference: Any, statement: gast.AST, node: gast.Call, receiver: gast.AST, owner: SuperOf) -> Kind:
    base = classes.lookup(class_of(owner), "__init__", owner.after)[1]
    _fill_fields(inference, node, receiver, base)
    return replaced(inference, statement, core.constant(None))


def _fill_fields(inference: Any, node: gast.Call, made: gast.AST, cls: Any) -> None:
    """What the `__init__` that @dataclass writes does."""
    if call_arguments.has_stars(node):
        node = call_arguments.flattened(inference, node) or node
    given = _given_fields(inference, node, cls)
    only_init = []
    for field in classes.fields(cls):
        value = given.get(field.name) or _default_field(inference, node, cls, field)
        if value is None:
            continue
        if classes.is_for_init_only(field):
            only_init.append(value)
        else:
            _set(inference, made, field.name, value)
    hook = classes.lookup(cls, "__post_init__")[0]
    if isinstance(hook, types.FunctionType):
        run(inference, node, hook, [made, *only_init], [])


def _given_fields(inference: Any, node: gast.Call, cls: Any) -> dict[str, gast.AST]:
    taken = [f for f in classes.fields(cls) if f.init]
    by_position = [f.name for f in taken if not f.kw_only]
    if len(node.args) > len(by_position):
        cause = f"{cls.__name__}() takes {len(by_position)} arguments, {len(node.args)} were given"
        inference.refuse(node, cause, "pass each field once")
    given = dict(zip(by_position, node.args, strict=False))
    for keyword in node.keywords:
        if keyword.arg not in {f.name for f in taken} or keyword.arg in given:
            inference.refuse(node, f"{cls.__name__}() got an unexpected argument {keyword.arg!r}", "pass its fields")
        given[keyword.arg] = keyword.value
    return given


def _default_field(inference: Any, node: gast.AST, cls: Any, field: Any) -> gast.AST | None:
    name = f"{cls.__name__}_{field.name}"
    if field.default is not dataclasses.MISSING:
        return inlining.value_node(inference, field.default, name)
    if field.default_factory is not dataclasses.MISSING:
        factory = field.default_factory
        empty = {list: gast.List([], gast.Load()), dict: gast.Dict([], [])}.get(factory)
        called = core.call(RuleWriter(inference.function, None).alias(factory, getattr(factory, "__name__", name)))
        return inference.computed(field.name, empty if empty is not None else called)
    if field.init:
        inference.refuse(node, f"{cls.__name__}() is missing the argument {field.name!r}", "pass all its fields")
    return None


def _set(inference: Any, made: gast.AST, name: str, value: gast.AST) -> None:
    owner = inference.kind(made)
    assignment = core.assign(inference.function.fresh(f"{owner.name}_{name}"), value, inference.current)
    assignment.stores, assignment.is_initial = (made, name), True
    inference.splice(assignment)


def with_fields_replaced(inference: Any, statement: gast.AST, node: gast.Call, owner: ObjectOf) -> Kind | None:
    """`dataclasses.replace(c, total=v)`: a new object with the other fields of `c`."""
    given: set[Any] = {k.arg for k in node.keywords}
    names = [f.name for f in classes.fields(owner.cls) if f.init and f.name not in given]
    kept = [gast.keyword(n, owner.attributes[n]) for n in names if n in owner.attributes]
    new = gast.copy_location(gast.Call(node.func, [], [*kept, *node.keywords]), node)
    return constructed(inference, statement, new, owner.cls)
