"""Defaults of parameters in emitted signatures: they stand for the values that the user's function has.

Python evaluates a default once, where the function is defined. What its expression would give later, in another
place, may be another value; so the expression is kept only where it cannot differ.
"""

from collections.abc import Iterator
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.core.names import names_in
from s2s.codegen.reading.guards import UNRESOLVED, resolve_name, resolve_path
from s2s.codegen.reading.source import FunctionSource


def signature(source: FunctionSource) -> gast.AST:
    """The user's parameters and defaults, without annotations."""
    arguments = core.copied(source.tree.args)
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        argument.annotation = None
    settled = nodes(source)
    positional = [a.id for a in [*arguments.posonlyargs, *arguments.args]]
    arguments.defaults = [settled[n] for n in positional if n in settled]
    arguments.kw_defaults = [settled.get(a.id) for a in arguments.kwonlyargs]
    return arguments


def nodes(source: FunctionSource) -> dict[str, gast.AST]:
    """Parameter to the node of its default."""
    return {parameter: _settled(source, parameter, written) for parameter, written in _written(source)}


def references(source: FunctionSource) -> dict[str, Any]:
    """Names that those nodes read, to the objects that they stand for."""
    found: dict[str, Any] = {}
    for parameter, node in nodes(source).items():
        for name in core.free_reads(node):
            known = source.defaults.get(parameter) if name == _own_name(source, parameter) else None
            found[name] = known if known is not None else resolve_name(source, name)
    return found


def is_plain(value: Any) -> bool:
    """Can the value be written as a literal?"""
    if type(value) is tuple:
        return all(map(is_plain, value))
    finite = not isinstance(value, float) or value - value == 0
    return type(value) in (int, float, str, bool, bytes, type(None)) and finite


def literal_node(value: Any) -> gast.AST:
    return gast.parse(repr(value), mode="eval").body


def _written(source: FunctionSource) -> Iterator[tuple[str, gast.AST]]:
    """Parameter to the default as the user wrote it."""
    arguments = source.tree.args
    positional = [*arguments.posonlyargs, *arguments.args]
    last = positional[len(positional) - len(arguments.defaults) :]
    yield from ((a.id, d) for a, d in zip(last, arguments.defaults, strict=True))
    yield from ((a.id, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None)


def _settled(source: FunctionSource, parameter: str, written: gast.AST) -> gast.AST:
    if parameter not in source.defaults or core.is_literal(written):  # only source is known
        return written
    value = source.defaults[parameter]
    path = core.dotted(written)
    if path is not None and resolve_path(source, path) is value:
        return written
    return literal_node(value) if is_plain(value) else core.name(_own_name(source, parameter))


def _own_name(source: FunctionSource, parameter: str) -> str:
    """A name for a default that is neither a literal nor found under a name of the user's."""
    taken = names_in(source.tree)
    found = f"{source.name}_{parameter}"
    while found in taken or resolve_name(source, found) is not UNRESOLVED:
        found += "_default"
    return found
