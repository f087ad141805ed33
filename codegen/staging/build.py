"""Compiles a rewritten definition so that it stands in for the user's function: same globals, cells and positions."""

import ast
import types
from collections.abc import Iterator, Mapping
from typing import Any

import gast

from s2s.codegen.reading.source import FunctionSource
from s2s.codegen.reading.trees import to_ast

_FUTURE_FLAGS = 0x1FE0000  # compile() flags of `from __future__` imports, as they stand in co_flags


def compile_definition(source: FunctionSource, tree: Any, extra: Mapping[str, Any]) -> types.CodeType:
    """The code object of `tree`, a rewritten form of the definition of `source`.

    The definition is compiled inside of a function whose parameters are the user's free variables and the names in
    `extra`, so that both become free variables of the result; nothing is run.
    """
    original = _function(source).__code__
    tree.decorator_list = source.decorators  # never run; they make the first line of the code that of the user's
    definition = _as_written(tree, original)
    # Inside of a class, so that the function's own name is not a variable of `factory`. Private names are mangled with
    # the class's name, which is that of the user's class, if any; by underscores alone nothing is.
    owner = source.qualname.split(".")[-2:][0]
    owner = owner if "." in source.qualname and owner != "<locals>" else "_"
    path = ["factory", owner, original.co_name]
    module = _module(gast.ClassDef(owner, [], [], [definition], [], []), [*original.co_freevars, *extra])
    flags = original.co_flags & _FUTURE_FLAGS
    code = compile(module, source.filename, "exec", flags=flags, dont_inherit=True)
    for name in path:
        code = next(inner for inner in _inside(code) if inner.co_name == name)
    return code


def instantiate(function: types.FunctionType, code: types.CodeType, extra: Mapping[str, Any]) -> types.FunctionType:
    """A function that runs `code` in place of `function`'s, with its globals, defaults and (shared) closure cells."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    cells |= {name: types.CellType(value) for name, value in extra.items()}
    closure = tuple(cells[name] for name in code.co_freevars)
    made = types.FunctionType(code, function.__globals__, function.__name__, function.__defaults__, closure)
    made.__kwdefaults__ = function.__kwdefaults__
    made.__qualname__ = function.__qualname__
    made.__module__ = function.__module__
    made.__doc__ = function.__doc__
    made.__annotations__ = function.__annotations__
    return made


def _function(source: FunctionSource) -> types.FunctionType:
    assert isinstance(source.function, types.FunctionType)
    return source.function


def _as_written(tree: Any, original: types.CodeType) -> Any:
    """A lambda comes as a definition with one `return`, and goes back to a lambda."""
    if original.co_name != "<lambda>":
        tree.name = original.co_name
        return tree
    return gast.copy_location(gast.Expr(gast.copy_location(gast.Lambda(tree.args, tree.body[0].value), tree)), tree)


def _module(definition: Any, free: list[str]) -> ast.Module:
    factory = ast.parse(f"def factory({', '.join(dict.fromkeys(free))}): pass")
    outer = factory.body[0]
    assert isinstance(outer, ast.FunctionDef)
    place = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}
    outer.body = [to_ast(definition, place)]
    return factory


def _inside(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code objects of definitions directly inside of `code`."""
    return (constant for constant in code.co_consts if isinstance(constant, types.CodeType))


def all_codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code object and those nested in it."""
    yield code
    for inner in _inside(code):
        yield from all_codes(inner)
