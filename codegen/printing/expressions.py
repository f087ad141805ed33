"""Expressions as text, with no parentheses but the necessary ones, in the pieces that lines are broken between.

Works on trees of the standard library and, without copies of them, on gast's. `NotPrintable` says that `gast.unparse`
must print instead.
"""

import ast
from collections.abc import Callable
from typing import Any

import gast

from s2s.codegen.reading.trees import literal

# Binding strengths, weakest first, as in Python's grammar.
NAMED, TUPLE, YIELD, TEST, OR, AND, NOT, COMPARE = range(8)
BIT_OR, BIT_XOR, BIT_AND, SHIFT, ARITHMETIC, TERM, FACTOR, POWER, AWAIT, ATOM = range(8, 18)


def _with_gast(table: dict[type, Any]) -> dict[type, Any]:
    """The table, for gast's classes of the same names, too."""
    named = {kind.__name__: entry for kind, entry in table.items()}
    return table | {getattr(gast, name): entry for name, entry in named.items() if hasattr(gast, name)}


BINARY = _with_gast(
    {
        ast.Add: (" + ", ARITHMETIC),
        ast.Sub: (" - ", ARITHMETIC),
        ast.Mult: (" * ", TERM),
        ast.Div: (" / ", TERM),
        ast.FloorDiv: (" // ", TERM),
        ast.Mod: (" % ", TERM),
        ast.MatMult: (" @ ", TERM),
        ast.BitOr: (" | ", BIT_OR),
        ast.BitXor: (" ^ ", BIT_XOR),
        ast.BitAnd: (" & ", BIT_AND),
        ast.LShift: (" << ", SHIFT),
        ast.RShift: (" >> ", SHIFT),
        ast.Pow: (" ** ", POWER),
    }
)
_UNARY = _with_gast({ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not "})
_COMPARE = _with_gast(
    {
        ast.Eq: " == ",
        ast.NotEq: " != ",
        ast.Lt: " < ",
        ast.LtE: " <= ",
        ast.Gt: " > ",
        ast.GtE: " >= ",
        ast.Is: " is ",
        ast.IsNot: " is not ",
        ast.In: " in ",
        ast.NotIn: " not in ",
    }
)
Out = list[str]


class NotPrintable(Exception):
    """The tree holds a construct that this printer doesn't know."""


def write(node: Any, level: int, out: Out) -> None:
    """Appends the text of `node` to `out`, in parentheses if it binds weaker than `level`."""
    handler = _HANDLERS.get(type(node))
    if handler is None:
        raise NotPrintable(type(node).__name__)
    handler(node, level, out)


def text_of(node: Any, level: int = TUPLE) -> str:
    """The text of an expression on one line."""
    out: Out = []
    write(node, level, out)
    return "".join(out)


def _in_parentheses(strength: int) -> Callable[[Callable[[Any, Out], None]], Callable[[Any, int, Out], None]]:
    def decorate(handler: Callable[[Any, Out], None]) -> Callable[[Any, int, Out], None]:
        def wrapped(node: Any, level: int, out: Out) -> None:
            if level <= strength:
                return handler(node, out)
            out.append("(")
            handler(node, out)
            out.append(")")

        return wrapped

    return decorate


def _name(node: Any, level: int, out: Out) -> None:
    out.append(node.id)


def _constant(node: Any, level: int, out: Out) -> None:
    value = node.value
    if isinstance(value, str | bytes):
        out.append(quote(value))
    elif value is Ellipsis:
        out.append("...")
    else:
        out.append(repr(value))


def _gast_constant(node: Any, level: int, out: Out) -> None:
    """A constant that may be negative, infinite or complex is an expression in source."""
    write(literal(node.value), level, out)


def quote(value: str | bytes) -> str:
    """A string or bytes literal, in double quotes where that needs no escape."""
    literal = repr(value)
    return literal if '"' in literal else literal.replace("'", '"')


def _f_string(node: Any, level: int, out: Out) -> None:
    text = _f_string_parts(node.values)
    if "\n" in text or "\\" in text:
        raise NotPrintable("f-string that needs escapes")
    mark = '"' if '"' not in text else "'"
    if mark in text:
        raise NotPrintable("f-string with both quotes")
    out.append(f"f{mark}{text}{mark}")


def _f_string_parts(values: list[Any]) -> str:
    parts = []
    for value in values:
        if isinstance(value, (ast.FormattedValue, gast.FormattedValue)):
            parts.append(_replacement_field(value))
        else:
            parts.append(repr(value.value)[1:-1].replace("{", "{{").replace("}", "}}"))
    return "".join(parts)


def _replacement_field(node: Any) -> str:
    value = text_of(node.value, TEST + 1)
    value = f" {value}" if value.startswith("{") else value
    conversion = "" if node.conversion == -1 else f"!{chr(node.conversion)}"
    specification = "" if node.format_spec is None else ":" + _f_string_parts(node.format_spec.values)
    return f"{{{value}{conversion}{specification}}}"


def _attribute(node: Any, level: int, out: Out) -> None:
    if isinstance(node.value, (ast.Constant, gast.Constant)) and isinstance(node.value.value, int):
        out += ["(", repr(node.value.value), ")"]
    else:
        write(node.value, ATOM, out)
    out.append("." + node.attr)


def _subscript(node: Any, level: int, out: Out) -> None:
    write(node.value, ATOM, out)
    out.append("[")
    if isinstance(node.slice, (ast.Tuple, gast.Tuple)) and node.slice.elts:
        _elements(node.slice.elts, out)
        if len(node.slice.elts) == 1:
            out.append(",")
    else:
        write(node.slice, TUPLE, out)
    out.append("]")


def _slice(node: Any, level: int, out: Out) -> None:
    if node.lower is not None:
        write(node.lower, TEST, out)
    out.append(":")
    if node.upper is not None:
        write(node.upper, TEST, out)
    if node.step is not None:
        out.append(":")
        write(node.step, TEST, out)


def _elements(nodes: list[Any], out: Out) -> None:
    separator = ""
    for node in nodes:
        if separator:
            out.append(separator)
        separator = ", "
        if type(node) is gast.Name:  # most of them
            out.append(node.id)
        else:
            write(node, TEST, out)


def _call(node: Any, level: int, out: Out) -> None:
    write(node.func, ATOM, out)
    out.append("(")
    alone = len(node.args) == 1 and not node.keywords
    if alone and isinstance(node.args[0], (ast.GeneratorExp, gast.GeneratorExp)):
        _comprehension(node.args[0].elt, node.args[0].generators, out)
    else:
        _elements([*node.args, *node.keywords], out)
    out.append(")")


def _keyword(node: Any, level: int, out: Out) -> None:
    out.append(f"{node.arg}=" if node.arg is not None else "**")
    write(node.value, TEST if node.arg is not None else BIT_OR, out)


def _starred(node: Any, level: int, out: Out) -> None:
    out.append("*")
    write(node.value, BIT_OR, out)


def _tuple(node: Any, level: int, out: Out) -> None:
    bare = level <= TUPLE and node.elts
    if not bare:
        out.append("(")
    _elements(node.elts, out)
    if len(node.elts) == 1:
        out.append(",")
    if not bare:
        out.append(")")


def _list(node: Any, level: int, out: Out) -> None:
    out.append("[")
    _elements(node.elts, out)
    out.append("]")


def _set(node: Any, level: int, out: Out) -> None:
    if not node.elts:
        raise NotPrintable("empty set")
    out.append("{")
    _elements(node.elts, out)
    out.append("}")


def _dict(node: Any, level: int, out: Out) -> None:
    out.append("{")
    for index, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
        if index:
            out.append(", ")
        if key is None:
            out.append("**")
        else:
            write(key, TEST, out)
            out.append(": ")
        write(value, BIT_OR if key is None else TEST, out)
    out.append("}")


def _binary(node: Any, level: int, out: Out) -> None:
    symbol, strength = BINARY[type(node.op)]
    wrapped = level > strength
    if wrapped:
        out.append("(")
    power = strength == POWER
    write(node.left, AWAIT if power else strength, out)
    out.append(symbol)
    write(node.right, FACTOR if power else strength + 1, out)
    if wrapped:
        out.append(")")


def _unary(node: Any, level: int, out: Out) -> None:
    strength = NOT if isinstance(node.op, (ast.Not, gast.Not)) else FACTOR
    wrapped = level > strength
    if wrapped:
        out.append("(")
    out.append(_UNARY[type(node.op)])
    write(node.operand, strength, out)
    if wrapped:
        out.append(")")


def _boolean(node: Any, level: int, out: Out) -> None:
    symbol, strength = (" and ", AND) if isinstance(node.op, (ast.And, gast.And)) else (" or ", OR)
    wrapped = level > strength
    if wrapped:
        out.append("(")
    for index, value in enumerate(node.values):
        if index:
            out.append(symbol)
        write(value, strength + 1, out)
    if wrapped:
        out.append(")")


@_in_parentheses(COMPARE)
def _compare(node: Any, out: Out) -> None:
    write(node.left, COMPARE + 1, out)
    for op, right in zip(node.ops, node.comparators, strict=True):
        out.append(_COMPARE[type(op)])
        write(right, COMPARE + 1, out)


@_in_parentheses(TEST)
def _conditional(node: Any, out: Out) -> None:
    write(node.body, OR, out)
    out.append(" if ")
    write(node.test, OR, out)
    out.append(" else ")
    write(node.orelse, TEST, out)


@_in_parentheses(TEST)
def _lambda(node: Any, out: Out) -> None:
    parameters: Out = []
    write_parameters(node.args, parameters)
    out += ["lambda ", *parameters] if parameters else ["lambda"]
    out.append(": ")
    write(node.body, TEST, out)


@_in_parentheses(NAMED - 1)
def _named(node: Any, out: Out) -> None:
    write(node.target, ATOM, out)
    out.append(" := ")
    write(node.value, TEST, out)


@_in_parentheses(YIELD)
def _yield(node: Any, out: Out) -> None:
    out.append("yield" if node.value is None else "yield ")
    if node.value is not None:
        write(node.value, TEST, out)


@_in_parentheses(YIELD)
def _yield_from(node: Any, out: Out) -> None:
    out.append("yield from ")
    write(node.value, TEST, out)


@_in_parentheses(AWAIT)
def _await(node: Any, out: Out) -> None:
    out.append("await ")
    write(node.value, ATOM, out)


def _comprehension(element: Any, generators: list[Any], out: Out) -> None:
    write(element, TEST, out)
    for generator in generators:
        out.append(" async for " if generator.is_async else " for ")
        write(generator.target, TUPLE, out)
        out.append(" in ")
        write(generator.iter, OR, out)
        for condition in generator.ifs:
            out.append(" if ")
            write(condition, OR, out)


def _delimited(opening: str, closing: str) -> Callable[[Any, int, Out], None]:
    def handler(node: Any, level: int, out: Out) -> None:
        out.append(opening)
        _comprehension(node.elt, node.generators, out)
        out.append(closing)

    return handler


def _dict_comprehension(node: Any, level: int, out: Out) -> None:
    out.append("{")
    write(node.key, TEST, out)
    out.append(": ")
    _comprehension(node.value, node.generators, out)
    out.append("}")


def write_parameters(node: Any, out: Out) -> None:
    """Appends a parameter list, without its parentheses."""
    positional = [*node.posonlyargs, *node.args]
    defaults = [*[None] * (len(positional) - len(node.defaults)), *node.defaults]
    items: list[tuple[str, Any, Any]] = [("", a, d) for a, d in zip(positional, defaults, strict=True)]
    if node.posonlyargs:
        items.insert(len(node.posonlyargs), ("/", None, None))
    if node.vararg is not None:
        items.append(("*", node.vararg, None))
    elif node.kwonlyargs:
        items.append(("*", None, None))
    items += [("", a, d) for a, d in zip(node.kwonlyargs, node.kw_defaults, strict=True)]
    if node.kwarg is not None:
        items.append(("**", node.kwarg, None))
    for index, (mark, parameter, default) in enumerate(items):
        if index:
            out.append(", ")
        _parameter(mark, parameter, default, out)


def _parameter(mark: str, parameter: Any, default: Any, out: Out) -> None:
    if parameter is None:
        out.append(mark)
        return
    out.append(mark + (parameter.id if type(parameter) is gast.Name else parameter.arg))
    if parameter.annotation is not None:
        out.append(": ")
        write(parameter.annotation, TEST, out)
    if default is not None:
        out.append("=" if parameter.annotation is None else " = ")
        write(default, TEST, out)


_HANDLERS: dict[type, Callable[[Any, int, Out], None]] = _with_gast(
    {
        ast.Name: _name,
        ast.Constant: _constant,
        ast.JoinedStr: _f_string,
        ast.Attribute: _attribute,
        ast.Subscript: _subscript,
        ast.Slice: _slice,
        ast.Call: _call,
        ast.keyword: _keyword,
        ast.Starred: _starred,
        ast.Tuple: _tuple,
        ast.List: _list,
        ast.Set: _set,
        ast.Dict: _dict,
        ast.BinOp: _binary,
        ast.UnaryOp: _unary,
        ast.BoolOp: _boolean,
        ast.Compare: _compare,
        ast.IfExp: _conditional,
        ast.Lambda: _lambda,
        ast.NamedExpr: _named,
        ast.Yield: _yield,
        ast.YieldFrom: _yield_from,
        ast.Await: _await,
        ast.ListComp: _delimited("[", "]"),
        ast.SetComp: _delimited("{", "}"),
        ast.GeneratorExp: _delimited("(", ")"),
        ast.DictComp: _dict_comprehension,
    }
) | {gast.Constant: _gast_constant}
