"""`s2s convert`: a module in, the same module with its derivatives written out.

Works on the text. The module is parsed and never imported, and every byte outside of the replaced definitions stays.
"""

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

TRANSFORMS = ("grad", "value_and_grad", "jvp")


class ConversionError(Exception):
    """The input cannot be converted; the message is a whole diagnostic: file, line, caret, cause."""


@dataclass(frozen=True)
class Request:
    """One derivative to write.

    Attributes:
        transform: "grad", "value_and_grad" or "jvp".
        function: the name of the module-level function to differentiate.
        options: keyword arguments of the transform (`argnums`, `has_aux`).
    """

    transform: str
    function: str
    options: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Expansion:
    """Source of a derivative: import statements that it needs, and its definitions in order, `(name, text)` each."""

    imports: tuple[str, ...]
    definitions: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Decorated:
    """A definition under one of our decorators: what is asked for, and the lines that the expansion replaces."""

    request: Request
    node: ast.FunctionDef
    first_line: int


def convert(
    source: bytes, filename: str, requests: Iterable[Request] = (), wrt: tuple[str, ...] | None = None
) -> bytes:
    """The module `source` with decorated definitions expanded and the requested derivatives written below theirs.

    Args:
        source: the bytes of a Python file, in any encoding that Python reads.
        filename: its name, for diagnostics.
        requests: derivatives asked for by name.
        wrt: names of the arguments that `requests` differentiate; None means the first one.

    Raises:
        ConversionError: a syntax error, an unknown function, or a construct that cannot be transformed.
    """
    text, encoding = _decode(source, filename)
    newline = "\r\n" if "\r\n" in text else "\n"
    module = Module(text.replace("\r\n", "\n"), filename)
    while decorated := next(module.decorated(), None):
        module = module.with_replaced(decorated)
    options = () if wrt is None else (("argnums", wrt),)
    for request in requests:
        module = module.with_appended(replace(request, options=options))
    return module.text.replace("\n", newline).encode(encoding)


@dataclass(frozen=True)
class Module:
    """The text of a module between two rewrites."""

    text: str
    filename: str

    def with_replaced(self, decorated: Decorated) -> "Module":
        """The definition, from our decorator down, becomes its expansion; decorators above it stay."""
        expansion = self._expand(decorated.request, decorated.request.function)
        lines = self.text.split("\n")
        assert decorated.node.end_lineno is not None
        lines[decorated.first_line - 1 : decorated.node.end_lineno] = _body(expansion, self._definitions()).split("\n")
        return replace(self, text="\n".join(lines))._with_imports(expansion.imports)

    def with_appended(self, request: Request) -> "Module":
        """The expansion is written below the function that it belongs to."""
        node = self._function(request)
        expansion = self._expand(request, f"{request.function}_{request.transform}")
        lines = self.text.split("\n")
        body = _body(expansion, self._definitions())
        lines[node.end_lineno : node.end_lineno] = ["", "", *body.split("\n")]
        return replace(self, text="\n".join(lines))._with_imports(expansion.imports)

    def decorated(self) -> Iterator[Decorated]:
        """Definitions under `@s2s.grad`, `@s2s.value_and_grad`, `@s2s.jvp` (any alias), in order."""
        tree = self._tree()
        names = dict(_imported_names(tree))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                yield from self._decorated(node, names)
        self._refuse_nested(tree, names)

    def _decorated(self, node: ast.FunctionDef, names: dict[str, str]) -> Iterator[Decorated]:
        innermost = node.decorator_list[-1]
        ours = [d for d in node.decorator_list if _transform_of(d, names)]
        if not ours:
            return
        if innermost not in ours:
            raise self.error(innermost, f"decorator below @{ast.unparse(ours[-1])} hides the function", "put it above")
        request = Request(str(_transform_of(innermost, names)), node.name, self._options(innermost))
        yield Decorated(request, node, innermost.lineno)

    def _refuse_nested(self, tree: ast.Module, names: dict[str, str]) -> None:
        outermost = set(map(id, tree.body))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and id(node) not in outermost:
                for decorator in node.decorator_list:
                    if _transform_of(decorator, names):
                        raise self.error(decorator, "only functions at module level are expanded", "move it there")

    def _options(self, decorator: ast.expr) -> tuple[tuple[str, object], ...]:
        if not isinstance(decorator, ast.Call):
            return ()
        if decorator.args:
            raise self.error(decorator.args[0], "a decorator takes keyword arguments", "write argnums=...")
        options = ((k.arg or "**", self._literal(k.value)) for k in decorator.keywords)
        return tuple((name, value) for name, value in options if name != "show_source")

    def _literal(self, node: ast.expr) -> object:
        try:
            return ast.literal_eval(node)
        except ValueError:
            raise self.error(node, "the value is not known before the module runs", "write a literal") from None

    def _function(self, request: Request) -> ast.FunctionDef:
        for node in reversed(self._tree().body):
            if isinstance(node, ast.FunctionDef) and node.name == request.function:
                return node
        raise ConversionError(f"{self.filename}: error: no function {request.function!r} at module level")

    def _definitions(self) -> dict[str, str]:
        nodes = (node for node in self._tree().body if isinstance(node, ast.FunctionDef))
        return {node.name: ast.get_source_segment(self.text, node) or "" for node in nodes}

    def _tree(self) -> ast.Module:
        return _parse(self.text, self.filename)

    def _expand(self, request: Request, name: str) -> Expansion:
        raise NotImplementedError

    def _with_imports(self, imports: Iterable[str]) -> "Module":
        present = {ast.unparse(node) for node in self._tree().body}
        missing = [line for line in imports if line not in present]
        if not missing:
            return self
        lines = self.text.split("\n")
        line = _end_of_imports(self._tree())
        lines[line:line] = missing
        return replace(self, text="\n".join(lines))

    def error(self, node: ast.expr, cause: str, fix: str) -> ConversionError:
        """A diagnostic at `node`, as a compiler prints it."""
        return _diagnostic(self.filename, self.text, node.lineno, node.col_offset + 1, f"{cause}; {fix}")


def _decode(source: bytes, filename: str) -> tuple[str, str]:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding), encoding
    except (SyntaxError, UnicodeDecodeError) as error:
        raise ConversionError(f"{filename}: error: {error}") from None


def _parse(text: str, filename: str) -> ast.Module:
    try:
        return ast.parse(text, filename)
    except SyntaxError as error:
        raise _diagnostic(filename, text, error.lineno or 1, error.offset or 1, str(error.msg)) from None


def _diagnostic(filename: str, text: str, line: int, column: int, message: str) -> ConversionError:
    lines = text.split("\n")
    source = lines[line - 1] if line <= len(lines) else ""
    return ConversionError(f"{filename}:{line}:{column}: error: {message}\n    {source}\n    {' ' * (column - 1)}^")


def _imported_names(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Local name to the dotted name that it stands for, for imports of s2s at module level."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.split(".")[0]
                yield bound, alias.name if alias.asname else bound
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _transform_of(decorator: ast.expr, names: dict[str, str]) -> str | None:
    """The transform that a decorator asks for, or None if it is none of ours."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    package, _, transform = _dotted(target, names).rpartition(".")
    return transform if package in ("s2s", "s2s.api") and transform in TRANSFORMS else None


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, names)}.{node.attr}"
    return ""


def _body(expansion: Expansion, present: dict[str, str]) -> str:
    """Definitions that the module does not have yet, two blank lines apart."""
    new = (text.strip("\n") for name, text in expansion.definitions if present.get(name) != text.strip("\n"))
    return "\n\n\n".join(new)


def _end_of_imports(tree: ast.Module) -> int:
    """The line below which new imports go: after the leading imports, else after the docstring."""
    last = 0
    for node in tree.body:
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not (is_docstring or isinstance(node, ast.Import | ast.ImportFrom)):
            break
        last = node.end_lineno or last
    return last
