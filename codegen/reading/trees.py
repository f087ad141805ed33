"""Conversion between the standard library's syntax trees and gast's, several times faster than gast's own.

Only the fields, the position and `origin` are carried over; contexts and operators, which hold nothing, are shared.
"""

import ast
import math
from collections.abc import Callable
from typing import Any

import gast

_POSITION = ("lineno", "col_offset", "end_lineno", "end_col_offset")
_EMPTY = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
_Place = dict[str, Any]  # attributes of which those of a position count
_Handler = Callable[[Any, _Place | None], Any]


def to_gast(node: Any) -> Any:
    """The gast tree of a standard library tree (or list of trees)."""
    return _to_gast(node)


def to_ast(node: Any, place: _Place | None = None) -> Any:
    """The standard library's tree of a gast tree (or list), with constants such as -1 and inf spelled as source can.

    What has no position gets that of what is around it if `place` is given, the position around everything.
    """
    return _to_ast(node, place)


def _to_gast(value: Any, place: _Place | None = None) -> Any:
    if type(value) is list:
        return [_to_gast(item) for item in value]
    handler = _GAST_HANDLERS.get(type(value))
    return value if handler is None else handler(value, place)


def _to_ast(value: Any, place: _Place | None = None) -> Any:
    if type(value) is list:
        return [_to_ast(item, place) for item in value]
    handler = _AST_HANDLERS.get(type(value))
    return value if handler is None else handler(value, place)


def _gast_copier(target: Any) -> _Handler:
    """A function that makes a `target` node of gast's of a parsed node, which holds nothing but fields and position."""
    new, held = target.__new__, [f for f in target._fields if f not in _NO_NODES]
    optional = [f for f in target._fields if f in _OPTIONAL]

    def copy(node: Any, place: _Place | None) -> Any:
        made = new(target)
        slots = made.__dict__
        slots.update(node.__dict__)
        for name in held:
            value = slots.get(name)
            kind = value.__class__
            if kind is list:
                slots[name] = [_to_gast(item) for item in value] if value else []
            elif kind in _SHARED:
                slots[name] = _SHARED[kind]
            elif kind in _GAST_HANDLERS:
                slots[name] = _GAST_HANDLERS[kind](value, None)
        for name in optional:
            if name not in slots:
                slots[name] = [] if name == "type_params" else None
        return made

    return copy


# Fields that hold no nodes, and no lists of nodes.
_NO_NODES = frozenset("id attr arg asname kind type_comment level module conversion is_async simple rest".split())


def _ast_copier(target: Any) -> _Handler:
    """A function that makes a `target` node of the standard library's of a node with the same fields."""
    new, fields, has_position = target.__new__, target._fields, bool(target._attributes)

    def copy(node: Any, place: _Place | None) -> Any:
        made, attributes = new(target), node.__dict__
        slots = made.__dict__
        if place is not None:
            place = _position(attributes, place)
            if has_position:
                _copy_position(place, slots)
        elif "lineno" in attributes or "origin" in attributes:
            _copy_position(attributes, slots)
        for name in fields:
            value = attributes.get(name, _MISSING)
            if value is _MISSING:
                if name in _OPTIONAL:
                    slots[name] = [] if name == "type_params" else None
                continue
            handler = _AST_HANDLERS.get(value.__class__)
            if handler is not None:
                slots[name] = handler(value, place)
            else:
                slots[name] = [_to_ast(item, place) for item in value] if value.__class__ is list else value
        return made

    return copy


_MISSING = object()
_OPTIONAL = frozenset(("type_params", "type_comment", "default_value", "kind"))


def _copy_position(source: dict[str, Any], target: dict[str, Any]) -> None:
    if "lineno" in source:
        target["lineno"], target["col_offset"] = source["lineno"], source.get("col_offset")
        target["end_lineno"], target["end_col_offset"] = source.get("end_lineno"), source.get("end_col_offset")
    if "origin" in source:
        target["origin"] = source["origin"]


def _constant_maker(shared: Any) -> _Handler:
    return lambda node, place: shared


def _name_to_gast(node: Any, place: _Place | None) -> Any:
    made = gast.Name.__new__(gast.Name)
    slots = made.__dict__
    slots.update(node.__dict__)
    slots["ctx"], slots["annotation"], slots["type_comment"] = _SHARED[type(node.ctx)], None, None
    return made


def _arg_to_gast(node: Any, place: _Place | None) -> Any:
    made = gast.Name(node.arg, gast.Param(), _to_gast(node.annotation), node.type_comment)
    _copy_position(node.__dict__, made.__dict__)
    return made


def _handler_to_gast(node: Any, place: _Place | None) -> Any:
    name = None if node.name is None else gast.Name(node.name, gast.Store(), None, None)
    made = gast.ExceptHandler(_to_gast(node.type), name, _to_gast(node.body))
    _copy_position(node.__dict__, made.__dict__)
    return made


def _name_to_ast(node: Any, place: _Place | None) -> Any:
    made = ast.Name.__new__(ast.Name)
    made.id, made.ctx = node.id, _to_ast(node.ctx)
    _place(made, node, place)
    return made


def _place(made: Any, node: Any, place: _Place | None) -> _Place | None:
    """Gives the position of `node`, or the one around it; what the parts of `made` have around them."""
    if place is not None:
        place = _position(node.__dict__, place)
    _copy_position(node.__dict__ if place is None else place, made.__dict__)
    return place


def _position(attributes: dict[str, Any], around: _Place) -> _Place:
    """The position in these attributes; what it lacks is that of what is around."""
    if "lineno" not in attributes:
        return around
    if attributes.get("end_lineno") is not None:
        return attributes
    return {name: around.get(name) if attributes.get(name) is None else attributes[name] for name in _POSITION}


def _arg_to_ast(node: Any, place: _Place | None) -> Any:
    if node is None:
        return None
    made = ast.arg(node.id, _to_ast(getattr(node, "annotation", None), place), None)
    _place(made, node, place)
    return made


def _arguments_to_ast(node: Any, place: _Place | None) -> Any:
    return ast.arguments(
        posonlyargs=[_arg_to_ast(a, place) for a in node.posonlyargs],
        args=[_arg_to_ast(a, place) for a in node.args],
        vararg=_arg_to_ast(node.vararg, place),
        kwonlyargs=[_arg_to_ast(a, place) for a in node.kwonlyargs],
        kw_defaults=_to_ast(node.kw_defaults, place),
        kwarg=_arg_to_ast(node.kwarg, place),
        defaults=_to_ast(node.defaults, place),
    )


def _handler_to_ast(node: Any, place: _Place | None) -> Any:
    name = None if node.name is None else node.name.id
    made = ast.ExceptHandler(None, name, [])
    inside = _place(made, node, place)
    made.type, made.body = _to_ast(node.type, inside), _to_ast(node.body, inside)
    return made


def _constant_to_ast(node: Any, place: _Place | None) -> Any:
    made = literal(node.value)
    if type(made) is ast.Constant:
        _place(made, node, place)
    else:
        inside = _place(made, node, place)
        if inside is not None:
            for part in ast.walk(made):
                if part._attributes:
                    _copy_position(inside, part.__dict__)
    return made


def literal(value: Any) -> ast.expr:
    """A literal that parses to itself: `-1` is an operator on `1`, infinity and NaN are calls."""
    if isinstance(value, complex) and (value.real != 0 or math.copysign(1, value.real) < 0):
        return ast.BinOp(literal(value.real), ast.Add(), literal(complex(0.0, value.imag)))
    if isinstance(value, complex):
        return _imaginary(value.imag)
    if isinstance(value, float) and not math.isfinite(value):
        return ast.Call(ast.Name("float", ast.Load()), [ast.Constant(repr(value))], [])
    if isinstance(value, int | float) and math.copysign(1, value) < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def _imaginary(value: float) -> ast.expr:
    literal = ast.Constant(complex(0.0, abs(value)))
    return ast.UnaryOp(ast.USub(), literal) if math.copysign(1, value) < 0 else literal


def _handlers(
    source: Any, target: Any, copier: Callable[[Any], _Handler], special: dict[str, _Handler]
) -> dict[type, _Handler]:
    handlers: dict[type, _Handler] = {}
    for name in dir(source):
        kind, made = getattr(source, name), getattr(target, name, None)
        if not (isinstance(kind, type) and issubclass(kind, ast.AST)) or kind in handlers:
            continue
        if name in special:
            handlers[kind] = special[name]
        elif isinstance(made, type) and issubclass(made, _EMPTY) and not getattr(made, "_fields", ()):
            handlers[kind] = _constant_maker(made())
        elif isinstance(made, type) and issubclass(made, ast.AST):
            handlers[kind] = copier(made)
    return handlers


_GAST_SPECIAL: dict[str, _Handler] = {"Name": _name_to_gast, "arg": _arg_to_gast, "ExceptHandler": _handler_to_gast}
_AST_SPECIAL: dict[str, _Handler] = {
    "Name": _name_to_ast,
    "arguments": _arguments_to_ast,
    "ExceptHandler": _handler_to_ast,
    "Constant": _constant_to_ast,
}
_GAST_HANDLERS = _handlers(ast, gast, _gast_copier, _GAST_SPECIAL)
_AST_HANDLERS = _handlers(gast, ast, _ast_copier, _AST_SPECIAL)
# Contexts and operators to the one node of gast's that stands for them.
_SHARED = {kind: handler(None, None) for kind, handler in _GAST_HANDLERS.items() if issubclass(kind, _EMPTY)}
