"""`s2s convert`: a module in, the same module with its derivatives and batched forms written out.

Works on the text. The module is parsed and never imported, and every byte outside of the replaced definitions stays.
"""

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from s2s.codegen.diagnostics import Diagnostic
from s2s.expansion import TRANSFORMS, ConversionError, Expansion, Request, bound_by, expand, module_definitions


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
        requests: derivatives and batched forms asked for by name.
        wrt: names of the arguments that `requests` without options differentiate (several give a tuple); None means
            the first one.

    Raises:
        ConversionError: a syntax error, an unknown function, or a construct that cannot be transformed.
    """
    text, encoding = _decode(source, filename)
    newline = "\r\n" if "\r\n" in text else "\n"
    module = Module(text.replace("\r\n", "\n"), filename)
    while decorated := next(module.decorated(), None):
        module = module.with_replaced(decorated)
    options = () if wrt is None else (("argnums", wrt[0] if len(wrt) == 1 else wrt),)
    for request in reversed(tuple(requests)):  # each goes directly below its function
        module = module.with_appended(replace(request, options=request.options or options))
    return module.with_imports().text.replace("\n", newline).encode(encoding)


@dataclass(frozen=True)
class Module:
    """The text of a module between two rewrites, and the import statements that it needs so far."""

    text: str
    filename: str
    imports: tuple[str, ...] = ()

    def with_replaced(self, decorated: Decorated) -> "Module":
        """The definition, from our decorator down, becomes its expansion; decorators above it stay."""
        expansion = expand(self.text, self.filename, decorated.request, decorated.request.function)
        lines = self.text.split("\n")
        assert decorated.node.end_lineno is not None
        body = _body(expansion, module_definitions(self.text))
        lines[decorated.first_line - 1 : decorated.node.end_lineno] = body.split("\n")
        return replace(self, text="\n".join(lines), imports=self.imports + expansion.imports)

    def with_appended(self, request: Request) -> "Module":
        """The expansion is written below the function that it belongs to."""
        node, name = self._function(request), f"{request.function}_{request.transform}"
        expansion = expand(self.text, self.filename, request, name)
        present, new = module_definitions(self.text).get(name), dict(expansion.definitions)[name]
        if present not in (None, new):
            raise ConversionError(f"{self.filename}: {name!r} is defined already, with another text; remove it first")
        lines = self.text.split("\n")
        body = _body(expansion, module_definitions(self.text))
        lines[node.end_lineno : node.end_lineno] = ["", "", *body.split("\n")] if body else []
        return replace(self, text="\n".join(lines), imports=self.imports + expansion.imports)

    def decorated(self) -> Iterator[Decorated]:
        """Definitions under `@s2s.grad`, `@s2s.value_and_grad`, `@s2s.jvp`, `@s2s.vmap` (any alias), in order."""
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
        raise ConversionError(f"{self.filename}: there is no function {request.function!r} at module level")

    def _tree(self) -> ast.Module:
        return _parse(self.text, self.filename)

    def with_imports(self) -> "Module":
        """Imports that the module does not have yet are written below its own."""
        tree = self._tree()
        present = dict(pair for node in tree.body for pair in bound_by(node))
        needed = dict(pair for line in self.imports for pair in bound_by(ast.parse(line).body[0]))
        missing = {name: what for name, what in needed.items() if present.get(name) != what}
        self._refuse_clash(missing, present)
        lines = self.text.split("\n")
        place = _end_of_imports(tree)
        lines[place:place] = _import_lines(missing, self.imports)
        return replace(self, text="\n".join(lines))

    def _refuse_clash(self, wanted: dict[str, str], present: dict[str, str]) -> None:
        for name, what in wanted.items():
            if name in present:
                cause = f"the emitted code needs {what} as {name!r}, which is something else in this module"
                raise ConversionError(f"{self.filename}: {cause}; rename {name!r}")

    def error(self, node: ast.expr, cause: str, fix: str) -> ConversionError:
        """A diagnostic at `node`, as a compiler prints it."""
        line = self.text.split("\n")[node.lineno - 1]
        end = node.end_col_offset if node.end_lineno == node.lineno else None
        return ConversionError(str(Diagnostic(self.filename, node.lineno, node.col_offset, end, cause, fix, line)))


def _decode(source: bytes, filename: str) -> tuple[str, str]:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding), encoding
    except (SyntaxError, UnicodeDecodeError) as error:
        raise ConversionError(f"{filename}: {error}") from None


def _parse(text: str, filename: str) -> ast.Module:
    try:
        return ast.parse(text, filename)
    except SyntaxError as error:
        line, column = error.lineno or 1, (error.offset or 1) - 1
        source = (text.split("\n") + [""])[line - 1]
        raise ConversionError(str(Diagnostic(filename, line, column, column + 1, error.msg, "", source))) from None


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


def _import_lines(missing: dict[str, str], imports: Iterable[str]) -> list[str]:
    """Import statements for the names in `missing`, those from one module together."""
    modules = {line for line in imports if isinstance(ast.parse(line).body[0], ast.Import)}
    lines = sorted(line for line in modules if dict(bound_by(ast.parse(line).body[0])).items() <= missing.items())
    members = {name: what.rpartition(".")[::2] for name, what in sorted(missing.items())}
    froms = sorted({ast.parse(line).body[0].module for line in imports if line not in modules})  # type: ignore[attr-defined]
    for module in froms:
        names = [n if n == original else f"{original} as {n}" for n, (m, original) in members.items() if m == module]
        lines += _wrapped(module, names) if names else []
    return lines


def _wrapped(module: str, names: list[str]) -> list[str]:
    """One import statement, in parentheses where it would be too long for a line."""
    line = f"from {module} import {', '.join(names)}"
    return [line] if len(line) <= 100 else [f"from {module} import (", *(f"    {name}," for name in names), ")"]


def _end_of_imports(tree: ast.Module) -> int:
    """The line below which new imports go: after the leading imports, else after the docstring."""
    last = 0
    for node in tree.body:
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not (is_docstring or isinstance(node, ast.Import | ast.ImportFrom)):
            break
        last = node.end_lineno or last
    return last
