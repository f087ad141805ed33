"""Expressions of rules, compiled once into functions that write an instance as Core.

The same statements come out as from filling in the operands and flattening the result (`normal_form.Flattener`), which
is still done for forms that rules hold rarely, and for operands that are not atoms.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring.normal_form import TEMPORARY_NAMES, is_atom, result_name, temporary_name

Operands = Mapping[str, gast.AST]
# Writes what must come before, and gives one operation (or an atom).
Instance = Callable[[Any, Operands], gast.AST]


class Template(NamedTuple):
    """A rule's expression: the names that it reads, in order, and what writes an instance."""

    names: tuple[str, ...]
    operation: Instance


class _Rare(Exception):
    """A form without a template."""


def template(expression: gast.AST, names: Sequence[str] | None = None) -> Template:
    """The template of an expression; `names` says in which order its global names are looked for."""
    read = tuple(dict.fromkeys(core.reads(expression) if names is None else names))
    try:
        return Template(read, _operation(expression))
    except _Rare:
        return Template(read, lambda writer, operands: writer.operation(core.substitute(expression, operands)))


def _operation(node: gast.AST) -> Instance:
    maker = _MAKERS.get(type(node))
    if maker is None:
        raise _Rare
    return maker(node)


def _atom(node: gast.AST) -> Instance:
    """The operation, under a name of its own if it is not an atom."""
    operation, kind = _operation(node), type(node)
    if kind is gast.Constant:
        return operation
    if kind is gast.BinOp:
        return _named(operation, TEMPORARY_NAMES.get(type(node.op).__name__, "value"))
    if kind is gast.Call and type(node.func) is gast.Attribute:
        return _named(operation, result_name(node.func.attr))

    def atom(writer: Any, operands: Operands) -> gast.AST:
        value = operation(writer, operands)
        if type(value) is gast.Name or type(value) is gast.Constant or is_atom(writer.function, value):
            return value
        return name_temporary(writer, value, temporary_name(value, writer.function.bases))

    return atom


def _named(operation: Instance, base: str) -> Instance:
    return lambda writer, operands: name_temporary(writer, operation(writer, operands), base)


def name_temporary(writer: Any, value: gast.AST, base: str) -> gast.AST:
    """A new name for an operation."""
    version = writer.function.fresh(base)
    statement = core.assign(version, value, writer.like)
    statement.temporary = True
    writer.emit(statement)
    return core.name(version)


def _of_name(node: gast.AST) -> Instance:
    identifier = node.id

    def leaf(writer: Any, operands: Operands) -> gast.AST:
        found = operands.get(identifier, node)
        if type(found) is gast.Name and found.id in writer.function.bases or type(found) is gast.Constant:
            return found
        return writer.operation(found)

    return leaf


def _of_constant(node: gast.AST) -> Instance:
    return lambda writer, operands: node


def _of_binary(node: gast.AST) -> Instance:
    left, operator, right = _atom(node.left), node.op, _atom(node.right)
    return lambda writer, operands: core.binary(left(writer, operands), operator, right(writer, operands))


def _of_unary(node: gast.AST) -> Instance:
    if type(node.op) is gast.Not:
        raise _Rare
    operator, operand = node.op, _atom(node.operand)
    return lambda writer, operands: core.made(gast.UnaryOp, op=operator, operand=operand(writer, operands))


def _of_call(node: gast.AST) -> Instance:
    function, arguments = _called(node.func), [_atom(a) for a in node.args]
    keywords = [(k.arg, _atom(k.value)) for k in node.keywords]

    def call(writer: Any, operands: Operands) -> gast.AST:
        target = function(writer, operands)
        args = [argument(writer, operands) for argument in arguments]
        named = [core.made(gast.keyword, arg=n, value=value(writer, operands)) for n, value in keywords]
        return core.call_of(target, args, named)

    return call


def _called(node: gast.AST) -> Instance:
    """The function of a call: a global name, or a path that begins with one."""
    if type(node) is gast.Name:
        identifier = node.id
        return lambda writer, operands: operands.get(identifier, node)
    path = core.dotted(node)
    if path is None:
        raise _Rare
    return _path(path)


def _path(path: str) -> Instance:
    first, *rest = path.split(".")

    def attribute(writer: Any, operands: Operands) -> gast.AST:
        found = operands.get(first)
        if type(found) is not gast.Name or found.id in writer.function.bases:
            return writer.operation(core.substitute(core.path(path), operands))
        for part in rest:
            found = core.attribute(found, part)
        return found

    return attribute


def _of_attribute(node: gast.AST) -> Instance:
    path = core.dotted(node)
    if path is None:
        raise _Rare
    return _path(path)


def _of_subscript(node: gast.AST) -> Instance:
    if type(node.slice) not in (gast.Constant, gast.UnaryOp, gast.BinOp, gast.Call):
        raise _Rare
    value, index = _atom(node.value), _atom(node.slice)
    return lambda writer, operands: core.subscript(value(writer, operands), index(writer, operands))


def _of_tuple(node: gast.AST) -> Instance:
    elements, make = [_atom(e) for e in node.elts], core.tuple_of if type(node) is gast.Tuple else core.list_of
    return lambda writer, operands: make([element(writer, operands) for element in elements])


def _of_comparison(node: gast.AST) -> Instance:
    if len(node.ops) > 1:
        raise _Rare
    left, operators, right = _atom(node.left), node.ops, _atom(node.comparators[0])

    def compare(writer: Any, operands: Operands) -> gast.AST:
        first = left(writer, operands)
        return core.made(gast.Compare, left=first, ops=operators, comparators=[right(writer, operands)])

    return compare


_MAKERS: dict[type, Callable[[gast.AST], Instance]] = {
    gast.Name: _of_name,
    gast.Constant: _of_constant,
    gast.BinOp: _of_binary,
    gast.UnaryOp: _of_unary,
    gast.Call: _of_call,
    gast.Attribute: _of_attribute,
    gast.Subscript: _of_subscript,
    gast.Tuple: _of_tuple,
    gast.List: _of_tuple,
    gast.Compare: _of_comparison,
}
