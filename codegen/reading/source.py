"""The source of a function as a gast tree, with the positions of the user's own file.

A function's block is cut out of its file by the positions in its code object and parsed alone, which costs a fraction
of parsing the file; where that fails (a lambda inside a larger statement, odd layout) the whole file is parsed, once.
"""

import ast
import functools
import itertools
import linecache
import textwrap
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import gast

from s2s.codegen.core.survey import Survey
from s2s.codegen.reading.locate import Located, locate
from s2s.codegen.reading.trees import to_gast
from s2s.runtime.by_code import ByCode
from s2s.runtime.checkpointing import Checkpointed
from s2s.runtime.errors import S2SError
from s2s.runtime.jit import Jit


class SourceError(S2SError):
    """A function's source can't be had, or isn't that of the running function."""


class Closure(Mapping[str, Any]):
    """The free variables of a function by name, read from their cells when asked for."""

    def __init__(self, function: types.FunctionType | None) -> None:
        names = () if function is None else function.__code__.co_freevars
        cells = () if function is None else function.__closure__ or ()
        self.cells = dict(zip(names, cells, strict=True))

    def __getitem__(self, name: str) -> Any:
        try:
            return self.cells[name].cell_contents
        except ValueError:  # declared but not bound yet
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.cells)

    def __len__(self) -> int:
        return len(self.cells)


@dataclass(eq=False, repr=False)
class FunctionSource:
    """A function as source.

    Attributes:
        tree: the definition as a `gast.FunctionDef` (or AsyncFunctionDef) without decorators; a lambda comes as one
            with a single `return`. Lines and UTF-8 column offsets are those of the user's file.
        filename: the file as tracebacks name it.
        first_line: line of the definition (of its first decorator).
        text: source lines that contain the definition, from `text_line` on.
        name: the function's name; a lambda's is that of the variable it is assigned to, or `lambda_`.
        qualname: the qualified name.
        globals: the module's namespace, live.
        closure: free variables by name, read when asked for.
        defaults: values of parameters that have a default, by name.
        function: the function object; None if only source is known.
        decorators: the decorators that were dropped from the tree.
        bound: for a method bound to an object, that object.
        module: the static module that the definition stands in, when the module was read and not imported.
        variants: the same function for given numbers of starred arguments.
        known: for a function defined inside of another one, the functions of that one that it may call.
        lifted: its tree without definitions inside, once that has been made.
        rebinds: for a function defined inside of another one, the variables of that one that it assigns (`nonlocal`).
    """

    tree: Any
    filename: str
    first_line: int
    text: str
    name: str
    qualname: str
    globals: Mapping[str, Any]
    closure: Mapping[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    function: Callable[..., Any] | None = None
    decorators: list[Any] = field(default_factory=list)
    bound: Any = None
    text_line: int = 1
    module: Any = None
    variants: dict[Any, "FunctionSource"] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    lifted: Any = None
    rebinds: tuple[str, ...] = ()
    _survey: Survey | None = field(default=None, init=False)

    @property
    def survey(self) -> Survey:
        """What the tree holds, for those that leave it as it is."""
        if self._survey is None or self._survey.nodes[0] is not self.tree:
            self._survey = Survey(self.tree)
        return self._survey

    @property
    def nodes(self) -> list[Any]:
        """All nodes of the tree."""
        return self.survey.nodes

    def __repr__(self) -> str:
        return f"<source of {self.qualname} at {self.filename}:{self.first_line}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """A source stands for its function wherever that is transformed, but only text is known of it."""
        raise TypeError(f"{self!r} is text, which is transformed and not called")

    def line(self, number: int) -> str:
        """The text of a line of the user's file, without its line end; empty if it isn't known."""
        lines = self.text.split("\n")  # not `splitlines`, which also ends lines at form feeds
        index = number - self.text_line
        known = 0 <= index < len(lines)
        return (lines[index] if known else linecache.getline(self.filename, number)).rstrip("\r\n")


def function_source(function: Any) -> FunctionSource:
    """The source of a function: module-level, nested, lambda, method, decorated, from a notebook or emitted.

    The tree is fresh at every call. What a decorator returned is read as such: if that is a Python function, its own
    source is what runs; of other wrappers only those that don't change the result (`functools.lru_cache`, `jit`) are
    seen through.

    Raises:
        SourceError: the function is compiled code, has no source, or its file has changed.
    """
    plain, bound = python_function(function)
    located = _located(plain)
    tree, name = _definition(located)
    return FunctionSource(
        tree,
        plain.__code__.co_filename,
        located.first_line,
        located.text,
        name,
        plain.__qualname__,
        plain.__globals__,
        Closure(plain),
        _defaults(plain),
        plain,
        to_gast(getattr(located.node, "decorator_list", [])),
        bound,
        located.text_line,
    )


def source_from_string(text: str, globals: Mapping[str, Any] | None = None, name: str | None = None) -> FunctionSource:
    """The source of the function `name` (by default the last one) that `text` defines, without running it.

    Raises:
        SourceError: `text` doesn't parse or doesn't define such a function.
    """
    filename, text = _register(text)
    node = _last_definition(_parse(text, filename), name)
    if node is None:
        raise SourceError(f"the source text defines no function{f' named {name!r}' if name else ''}")
    located = Located(node, _assigned_name(node), text, 1)
    tree, found = _definition(located)
    return FunctionSource(tree, filename, located.first_line, text, found, found, dict(globals or {}))


def function_from_string(text: str, globals: dict[str, Any] | None = None, name: str | None = None) -> Any:
    """Runs `text`, source that defines a function, in a copy of `globals`, and returns the function object."""
    filename, text = _register(text)
    module = _parse(text, filename)
    node = _last_definition(module, name)
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        raise SourceError(f"the source text defines no function{f' named {name!r}' if name else ''}")
    namespace = {"__name__": "__main__", **(globals or {})}
    exec(compile(text, filename, "exec", dont_inherit=True), namespace)  # noqa: S102
    return namespace[node.name]


def python_function(function: Any) -> tuple[types.FunctionType, Any]:
    """The Python function that a callable runs, and the object that it is bound to (None if it isn't)."""
    bound, seen = None, 0
    while not isinstance(function, types.FunctionType) or is_transparent(function):
        seen += 1
        if isinstance(function, types.MethodType):
            function, bound = function.__func__, function.__self__
        elif isinstance(function, types.FunctionType | staticmethod | classmethod | Jit | Checkpointed | _CACHED):
            function = function.__wrapped__
        elif type(function).__module__.startswith("s2s."):
            raise SourceError(f"{function!r} is a transformed function, whose source depends on its arguments")
        elif isinstance(call := vars(type(function)).get("__call__"), types.FunctionType):
            function, bound = call, function
        else:
            seen = 99
        if seen > 50:
            raise SourceError(_without_source(function))
    return function, bound


_CACHED = type(functools.cache(len))


def is_transparent(function: types.FunctionType) -> bool:
    """Whether a wrapper only checks the types of arguments (beartype's), so that the wrapped function is what runs."""
    return function.__code__.co_filename.startswith("<@beartype(") and hasattr(function, "__wrapped__")


def _without_source(function: Any) -> str:
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    module = getattr(function, "__module__", None)
    full = f"{module}.{name}" if module and module != "builtins" else name
    kind = "a class" if isinstance(function, type) else "compiled code"
    if not callable(function):
        return f"{function!r} is not a function"
    return (
        f"{full} is {kind}: it has no Python source to transform; "
        "write instead: a Python function, or give the function's source as a string"
    )


_LOCATED: ByCode[Located] = ByCode()


def _located(function: types.FunctionType) -> Located:
    """Where the function's definition stands, cached as long as its code object lives."""
    code = function.__code__
    found = _LOCATED.get(code)
    if found is not None:
        return found
    located = locate(code, function.__globals__)
    if isinstance(located, str):
        raise SourceError(f"{code.co_filename}:{code.co_firstlineno}: {function.__qualname__}: {located}")
    return _LOCATED.set(code, located)


def _definition(located: Located) -> tuple[Any, str]:
    """A fresh gast definition, and its name."""
    if isinstance(located.node, ast.Lambda):
        return _named_lambda(located)
    tree = to_gast(located.node)
    tree.decorator_list = []
    return tree, tree.name


def _named_lambda(located: Located) -> tuple[Any, str]:
    """`name = lambda x: e` as `def name(x): return e`."""
    node = to_gast(located.node)
    name = located.variable or "lambda_"
    result = gast.Return(node.body)
    tree = gast.FunctionDef(name, node.args, [result], [], None, None, [])
    gast.copy_location(result, node.body)
    gast.copy_location(tree, node)
    return tree, name


def _defaults(function: types.FunctionType) -> dict[str, Any]:
    code, values = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(values) : code.co_argcount]
    return {**dict(zip(names, values, strict=True)), **(function.__kwdefaults__ or {})}


_STRINGS = itertools.count(1)


def _register(text: str) -> tuple[str, str]:
    """Makes source given as a string visible to tracebacks and pdb; its file name and its dedented text."""
    text = textwrap.dedent(text)
    text = text if text.endswith("\n") else text + "\n"
    filename = f"<s2s source {next(_STRINGS)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    return filename, text


def _parse(text: str, filename: str) -> ast.Module:
    try:
        return ast.parse(text, filename)
    except SyntaxError as error:
        raise SourceError(f"{filename}:{error.lineno}: the source text doesn't parse: {error.msg}") from error


def _last_definition(module: ast.Module, name: str | None) -> Any:
    for node in reversed(module.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and name in (None, node.name):
            return node
        value = getattr(node, "value", None)
        if isinstance(value, ast.Lambda) and name in (None, _target_name(node)):
            value.variable = _target_name(node)  # type: ignore[attr-defined]
            return value
    return None


def _target_name(statement: Any) -> str | None:
    targets = getattr(statement, "targets", [])
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else None


def _assigned_name(node: Any) -> str | None:
    return getattr(node, "variable", None)
