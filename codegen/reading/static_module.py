"""A module known by its source alone: what its names stand for, without importing or running it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from s2s.codegen.reading.resolve import SCOPES, Resolver, Unknown, binds, imported_objects, own_nodes
from s2s.codegen.reading.source import FunctionSource
from s2s.codegen.reading.trees import to_gast
from s2s.runtime.errors import S2SError


class ModuleError(S2SError):
    """A module's source can't be read."""


@dataclass(eq=False, repr=False)
class StaticModule:
    """A module known by its source alone; nothing in it is run or imported.

    Attributes:
        filename: its file.
        text: its source.
        tree: its tree, of the standard library.
        names: what its top level binds, by name: an object of a known library, the FunctionSource of a definition, or
            Unknown for everything whose value only a run can tell.
        complete: False if a star import or `exec` may bind more names than those.
    """

    filename: str
    text: str
    tree: ast.Module
    names: dict[str, Any] = field(default_factory=dict)
    complete: bool = True

    def __repr__(self) -> str:
        return f"<static module {self.filename}>"

    def function(self, name: str) -> FunctionSource:
        """The definition of the top-level function `name`; KeyError if there is none or it isn't the only binding."""
        found = self.names[name]
        if not isinstance(found, FunctionSource):
            raise KeyError(name)
        return found

    def resolver(self, name: str) -> Resolver:
        """The resolver for names read in the top-level function `name`."""
        return Resolver(self.function(name))


def static_module(text: str, filename: str) -> StaticModule:
    """Reads a module from its source without running it.

    Raises:
        ModuleError: `file:line` and the reason, where the text doesn't parse.
    """
    try:
        tree = ast.parse(text, filename)
    except SyntaxError as error:
        raise ModuleError(f"{filename}:{error.lineno}:{error.offset}: {error.msg}\n{_caret(error)}".rstrip()) from error
    except ValueError as error:  # null bytes
        raise ModuleError(f"{filename}:1: {error}") from error
    module = StaticModule(filename, text, tree)
    _fill(module)
    return module


def _caret(error: SyntaxError) -> str:
    if not error.text:
        return ""
    text = error.text.rstrip("\n")
    margin = len(text) - len(text.lstrip())
    return f"    {text.strip()}\n    {' ' * max(0, (error.offset or 1) - 1 - margin)}^"


def _fill(module: StaticModule) -> None:
    """Binds the names of the top level; one bound twice, or under a condition, is unknown unless all agree."""
    assigned = _assigned_globals(module.tree)
    for node, certain in _top_level(module.tree.body, True):
        kind = type(node).__name__
        if kind in ("Import", "ImportFrom"):
            _bind_imports(module, node, certain)
        elif kind == "FunctionDef" and certain:
            _bind(module, node.name, _static_function(module, node))
        else:
            for name in binds(node, kind):
                _bind(module, name, Unknown(name))
    for name in assigned & module.names.keys():
        module.names[name] = Unknown(name)


def _bind_imports(module: StaticModule, node: Any, certain: bool) -> None:
    known = imported_objects(node) if certain else {}
    star = node.names[0].name == "*"
    if star and not known:  # it may bind anything, and rebind whatever was bound before
        module.complete = False
        module.names = {name: Unknown(name) for name in module.names}
    names = known if star else [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    for name in names:
        _bind(module, name, known.get(name, Unknown(name)))


def _bind(module: StaticModule, name: str, value: Any) -> None:
    known = module.names.get(name, value)
    module.names[name] = value if known is value else Unknown(name)


def _top_level(body: list[ast.stmt], certain: bool) -> Iterator[tuple[Any, bool]]:
    """The binding nodes of a module's own scope, and whether each runs for sure."""
    for statement in body:
        kind = type(statement).__name__
        if kind in ("Import", "ImportFrom", *SCOPES):
            yield statement, certain
        else:
            for node in own_nodes([statement]):
                if type(node).__name__ != "alias":
                    yield node, False


def _assigned_globals(tree: ast.Module) -> set[str]:
    """Names that some function of the module rebinds through a `global` statement."""
    return {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}


def _static_function(module: StaticModule, node: ast.FunctionDef) -> FunctionSource:
    tree = to_gast(node)
    decorators, tree.decorator_list = tree.decorator_list, []
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return FunctionSource(
        tree,
        module.filename,
        first,
        module.text,
        node.name,
        node.name,
        module.names,
        decorators=decorators,
        module=module,
    )
