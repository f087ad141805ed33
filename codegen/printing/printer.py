"""Trees as text: our own rules print emitted code and break long lines, astor prints other statements.

What was printed is parsed again and compared with the tree; where they differ, or a construct is unknown,
`gast.unparse` prints instead. Only emitted code of forms whose text is known to parse to them (`PROVEN`) goes without,
unless passes are verified.
"""

import ast
import re
import warnings
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import gast

from s2s.codegen.core.core import nodes
from s2s.codegen.printing.expressions import BINARY, TEST, TUPLE, NotPrintable, write, write_parameters
from s2s.codegen.printing.round_trip import same, says
from s2s.codegen.printing.statements import CommentText, Location, StatementWriter, comment_lines, docstring
from s2s.codegen.printing.wrapping import WIDTH, layout
from s2s.codegen.reading.trees import to_ast, to_gast

with warnings.catch_warnings():
    # astor 0.8.1 reads names that Python 3.12 deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    from astor.code_gen import SourceGenerator

_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")
_MARK = re.compile(r'^(\s*)"#s2s (\d+)"$', re.MULTILINE)


# The forms whose text is known to parse to them.
PROVEN = frozenset(
    (gast.FunctionDef, gast.arguments, gast.Assign, gast.Return, gast.Expr, gast.Pass, gast.If, gast.For, gast.While)
    + (gast.Name, gast.Constant, gast.Attribute, gast.Subscript, gast.Slice, gast.Call, gast.keyword, gast.BinOp)
    + (gast.UnaryOp, gast.Compare, gast.Tuple, gast.List, gast.Dict)
)


class PrintError(Exception):
    """A tree that no printer turns into text that parses to the same tree."""


@dataclass(frozen=True)
class Printed:
    """Emitted text, and for each of its lines the user's `(file, line)` (None only where nothing is known)."""

    text: str
    line_map: list[Location | None]


def comment(text: str, origin: Location | None = None) -> Any:
    """A statement that is printed as the comment `text`, which comes with its `#`."""
    node = gast.Expr(gast.Constant(CommentText(text), None))
    if origin is not None:
        node.origin = origin
    return node


def is_comment(node: Any) -> bool:
    """Whether a statement is a comment."""
    return isinstance(node, gast.Expr | ast.Expr) and isinstance(getattr(node.value, "value", None), CommentText)


def to_source(node: Any) -> str:
    """The text of a gast statement, expression, module or list of statements; the same bytes on every Python."""
    return print_source(node).text


def print_source(node: Any) -> Printed:
    """The text and its line map, from the attribute `origin = (file, line)` of statements.

    Raises:
        PrintError: the tree isn't one that source can spell.
    """
    if isinstance(node, gast.expr):
        return Printed(_expression(node), [getattr(node, "origin", None)])
    return _straight(node) or _by_astor(node)


def print_emitted(functions: list[Any], checked: bool, forms: Set[type] | None = None) -> Printed:
    """Like `print_source` for definitions that passes have put together; `forms` are the classes of their nodes.

    Unless `checked`, the text is not parsed again if it consists of forms that are known to be printed as they parse:
    the tests hold all ways to put three of them into each other against the parser.
    """
    forms = {type(n) for f in functions for n in nodes(f)} if forms is None else forms
    if checked or not forms <= PROVEN:
        return print_source(functions)
    return _straight(functions, checked=False) or print_source(functions)


def _straight(node: Any, checked: bool = True) -> Printed | None:
    """What emitted code is made of, printed without a copy of the tree; None for anything else."""
    body = node.body if type(node) is gast.Module else node if type(node) is list else [node]
    writer = StatementWriter()
    try:
        writer.module(body)
        text = "\n".join(writer.lines) + "\n"
        if checked and not says(body, ast.parse(text).body):
            return None
    except (NotPrintable, SyntaxError):
        return None
    first = next((place for place in writer.places if place is not None), None)
    return Printed(text, [first if place is None else place for place in writer.places])


def _by_astor(node: Any) -> Printed:
    tree = _module(to_ast(node))
    comments: list[str] = []
    _number_comments(tree, comments)
    text, parsed = _printed(tree)
    line_map = _line_map(tree, parsed, text)
    return Printed(_MARK.sub(lambda m: m[1] + comments[int(m[2])], text), line_map)


def _expression(node: Any) -> str:
    tree, out = to_ast(node), []  # type: ignore[var-annotated]
    try:
        write(tree, TUPLE, out)
        text = "".join(out)
        if same(tree, ast.parse(text, mode="eval").body):
            return text
    except (NotPrintable, SyntaxError):
        pass
    return gast.unparse(to_gast(tree)).strip()


def _module(node: Any) -> ast.Module:
    if isinstance(node, ast.Module):
        return node
    return ast.Module(node if isinstance(node, list) else [node], [])


def _number_comments(node: Any, comments: list[str], depth: int = 0) -> None:
    """Puts numbered placeholders for the lines of comments, and `pass` into bodies of comments alone."""
    for name in _BLOCKS if _has_blocks(node) else ():
        block = getattr(node, name, None)
        if not isinstance(block, list) or not block:
            continue
        if all(map(is_comment, block)) and not isinstance(node, ast.Module):
            block.append(ast.Pass())
        if any(map(is_comment, block)):
            block[:] = [line for statement in block for line in _placeholders(statement, comments, depth)]
        for statement in block:
            _number_comments(statement, comments, depth + 1)


def _has_blocks(node: Any) -> bool:
    return "body" in node.__dict__ or "cases" in node.__dict__


def _placeholders(statement: Any, comments: list[str], depth: int) -> list[Any]:
    if not is_comment(statement):
        return [statement]
    made = []
    for line in comment_lines(str(statement.value.value), WIDTH - 4 * depth):
        made.append(ast.copy_location(ast.Expr(ast.Constant(CommentText(f"#s2s {len(comments)}"))), statement))
        made[-1].origin = getattr(statement, "origin", None)  # type: ignore[attr-defined]
        comments.append(line)
    return made


def _printed(tree: ast.Module) -> tuple[str, ast.Module]:
    """The text, and the tree that it parses to."""
    try:
        text = _astor(tree)
        parsed = ast.parse(text)
        if same(tree, parsed):
            return text, parsed
    except (NotPrintable, SyntaxError):
        pass
    return _unparsed(tree)


def _unparsed(tree: ast.Module) -> tuple[str, ast.Module]:
    located = ast.fix_missing_locations(tree)
    text = gast.unparse(to_gast(located)).strip("\n") + "\n"
    text = re.sub(r"^(\s*)'#s2s (\d+)'$", r'\1"#s2s \2"', text, flags=re.MULTILINE)
    try:
        parsed = ast.parse(text)
    except SyntaxError as error:
        raise PrintError(f"printed source doesn't parse: {error}\n{text}") from error
    if not same(tree, parsed):
        raise PrintError(f"printed source parses to another tree:\n{text}")
    return text, parsed


def _astor(tree: ast.Module) -> str:
    generator = _Generator(" " * 4)
    generator.visit(tree)
    return layout(generator.result).strip("\n") + "\n"


class _Generator(SourceGenerator):
    """astor's printer of statements, with our printer of expressions."""

    def visit(self, node: Any, *args: Any) -> Any:
        if isinstance(node, ast.expr):
            return self.expression(node, TEST)
        if not hasattr(SourceGenerator, f"visit_{type(node).__name__}"):
            raise NotPrintable(type(node).__name__)
        return super().visit(node, *args)

    def expression(self, node: Any, level: int) -> None:
        self.write("")
        write(node, level, self.result)

    def visit_Expr(self, node: Any) -> None:
        self.statement(node)
        self.expression(node.value, TUPLE)

    def visit_Assign(self, node: Any) -> None:
        self.newline(node)
        for target in node.targets:
            self.expression(target, TUPLE)
            self.write(" = ")
        self.expression(node.value, TUPLE)

    def visit_AugAssign(self, node: Any) -> None:
        self.newline(node)
        self.expression(node.target, TEST)
        self.write(BINARY[type(node.op)][0].rstrip() + "= ")
        self.expression(node.value, TUPLE)

    def visit_Return(self, node: Any) -> None:
        self.statement(node, "return")
        if node.value is not None:
            self.write(" ")
            self.expression(node.value, TUPLE)

    def visit_For(self, node: Any, is_async: bool = False) -> None:
        self.statement(node, "async for " if is_async else "for ")
        self.expression(node.target, TUPLE)
        self.write(" in ")
        self.expression(node.iter, TUPLE)
        self.write(":")
        self.body_or_else(node)

    def visit_FunctionDef(self, node: Any, is_async: bool = False) -> None:
        if getattr(node, "type_params", None):
            raise NotPrintable("type parameters")
        self.decorators(node, 1 if self.indentation else 2)
        self.statement(node, f"{'async ' if is_async else ''}def {node.name}", "(")
        write_parameters(node.args, self.result)
        self.write(")")
        if node.returns is not None:
            self.write(" -> ", node.returns)
        self.write(":")
        self.body(node.body)
        self.newline(extra=1 if self.indentation else 2)

    def body(self, statements: list[Any]) -> None:
        self.indentation += 1
        first = statements[0] if statements else None
        if isinstance(first, ast.Expr) and _is_docstring(first.value):
            self.docstring(first)
            statements = statements[1:]
        self.write(*statements)
        self.indentation -= 1

    def docstring(self, node: Any) -> None:
        self.newline(node)
        self.write("")
        self.result.append(docstring(node.value.value))


def _is_docstring(node: Any) -> bool:
    value = getattr(node, "value", None)
    return isinstance(value, str) and not isinstance(value, CommentText)


def _line_map(tree: ast.Module, parsed: ast.Module, text: str) -> list[Location | None]:
    """Each line has the origin of the statement on it, or else of the statement before."""
    starts: dict[int, Location] = {}
    _collect_origins(tree, parsed, starts)
    places: list[Location | None] = []
    last = starts[min(starts)] if starts else None
    for number in range(1, text.count("\n") + 1):
        last = starts.get(number, last)
        places.append(last)
    return places


def _collect_origins(a: Any, b: Any, starts: dict[int, Location]) -> None:
    """Walks the statements of two equal trees together."""
    origin = getattr(a, "origin", None)
    if origin is not None and hasattr(b, "lineno"):
        starts.setdefault(b.lineno, origin)
    for name in _BLOCKS if _has_blocks(a) else ():
        block = getattr(a, name, None)
        if isinstance(block, list):
            for mine, theirs in zip(block, getattr(b, name), strict=True):
                _collect_origins(mine, theirs, starts)
