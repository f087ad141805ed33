"""The statements of emitted code as text, straight from gast's trees; expressions come from `expressions.py`.

Only what emitted code is made of: for any other statement `NotPrintable` says that astor must print.
"""

import textwrap
from collections.abc import Callable
from typing import Any

import gast

from s2s.codegen.printing.expressions import BINARY, TEST, TUPLE, NotPrintable, quote, write, write_parameters
from s2s.codegen.printing.wrapping import WIDTH, fitted

Location = tuple[str, int]
INDENT = " " * 4


class CommentText(str):
    """The text of a comment, standing in a tree as a string constant."""


def is_comment(node: Any) -> bool:
    """Whether a statement is a comment."""
    return type(node) is gast.Expr and type(getattr(node.value, "value", None)) is CommentText


def comment_lines(text: str, width: int) -> list[str]:
    """The lines of a comment; what continues a long one is indented more."""
    lines = []
    for line in text.splitlines() or [""]:
        line = line.rstrip() if line.startswith("#") else f"# {line}".rstrip()
        if len(line) <= width:
            lines.append(line or "#")
        else:
            lines += textwrap.wrap(line, width, subsequent_indent="#     ", break_long_words=False) or ["#"]
    return lines


def docstring(value: str) -> str:
    """A string in triple quotes where no character of it needs an escape."""
    plain = value.isprintable() or all(c.isprintable() or c == "\n" for c in value)
    if not plain or "\\" in value or '"""' in value or value.endswith('"') or not value:
        return quote(value)
    return f'"""{value}"""'


class StatementWriter:
    """Collects the lines of a program, and for each of them the user's place that it came from.

    Attributes:
        lines: the text so far, without line ends.
        places: for each line the origin of the statement that starts on it, or of the one before.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.places: list[Location | None] = []
        self.indent = ""
        self.blank = 0  # blank lines due before the next statement

    def module(self, body: list[Any]) -> None:
        for statement in body:
            self.statement(statement)

    def statement(self, statement: Any) -> None:
        handler = _HANDLERS.get(type(statement))
        if handler is None:
            raise NotPrintable(type(statement).__name__)
        handler(self, statement)

    def body(self, statements: list[Any]) -> None:
        outer, self.indent = self.indent, self.indent + INDENT
        for statement in statements:
            self.statement(statement)
        if all(map(is_comment, statements)):
            self.line(gast.Pass(), ["pass"])
        self.indent = outer

    def line(self, statement: Any, pieces: list[str]) -> None:
        """Adds a logical line, broken where it is too long."""
        self.put(statement, "".join(fitted([self.indent, *pieces] if self.indent else pieces, WIDTH)))

    def put(self, statement: Any, text: str) -> None:
        if self.blank:
            self._skip(self.blank)
        origin = statement.__dict__.get("origin")
        lines = text.split("\n")
        self.lines += lines
        if origin is None:
            origin = self.places[-1] if self.places else None
        self.places += [origin] * len(lines)

    def _skip(self, count: int) -> None:
        self.blank = 0
        if self.lines:
            self.lines += [""] * count
            self.places += [self.places[-1]] * count

    # Statements --------------------------------------------------------------------------------------------------

    def expression(self, statement: Any) -> None:
        if is_comment(statement):
            for line in comment_lines(str(statement.value.value), WIDTH - len(self.indent)):
                self.put(statement, self.indent + line)
            return
        pieces: list[str] = []
        write(statement.value, TUPLE, pieces)
        self.line(statement, pieces)

    def assignment(self, statement: Any) -> None:
        pieces: list[str] = []
        for target in statement.targets:
            write(target, TUPLE, pieces)
            pieces.append(" = ")
        write(statement.value, TUPLE, pieces)
        self.line(statement, pieces)

    def augmented(self, statement: Any) -> None:
        pieces: list[str] = []
        write(statement.target, TEST, pieces)
        pieces.append(BINARY[type(statement.op)][0].rstrip() + "= ")
        write(statement.value, TUPLE, pieces)
        self.line(statement, pieces)

    def returned(self, statement: Any) -> None:
        pieces = ["return"]
        if statement.value is not None:
            pieces.append(" ")
            is_single = type(statement.value) is gast.Tuple and len(statement.value.elts) == 1
            write(statement.value, TEST if is_single else TUPLE, pieces)  # a comma alone is overlooked
        self.line(statement, pieces)

    def asserted(self, statement: Any) -> None:
        pieces = ["assert "]
        write(statement.test, TEST, pieces)
        if statement.msg is not None:
            pieces.append(", ")
            write(statement.msg, TEST, pieces)
        self.line(statement, pieces)

    def passed(self, statement: Any) -> None:
        self.line(statement, ["pass"])

    def broken(self, statement: Any) -> None:
        self.line(statement, ["break"])

    def branch(self, statement: Any, opening: str = "if ") -> None:
        pieces = [opening]
        write(statement.test, TEST, pieces)
        self.line(statement, [*pieces, ":"])
        self.body(statement.body)
        otherwise = statement.orelse
        if len(otherwise) == 1 and type(otherwise[0]) is gast.If:
            self.branch(otherwise[0], "elif ")
        else:
            self._otherwise(otherwise)

    def _otherwise(self, statements: list[Any]) -> None:
        if statements:
            self.line(_NOWHERE, ["else:"])
            self.body(statements)

    def loop(self, statement: Any) -> None:
        pieces = ["for "]
        write(statement.target, TUPLE, pieces)
        pieces.append(" in ")
        write(statement.iter, TUPLE, pieces)
        self.line(statement, [*pieces, ":"])
        self.body(statement.body)
        self._otherwise(statement.orelse)

    def condition_loop(self, statement: Any) -> None:
        pieces = ["while "]
        write(statement.test, TEST, pieces)
        self.line(statement, [*pieces, ":"])
        self.body(statement.body)
        self._otherwise(statement.orelse)

    def managed(self, statement: Any) -> None:
        pieces = ["with "]
        for i, item in enumerate(statement.items):
            if item.optional_vars is not None:
                raise NotPrintable("with ... as")
            pieces += [", "] if i else []
            write(item.context_expr, TEST, pieces)
        self.line(statement, [*pieces, ":"])
        self.body(statement.body)

    def definition(self, statement: Any) -> None:
        if statement.decorator_list or statement.returns is not None or getattr(statement, "type_params", None):
            raise NotPrintable("decorators")
        extra = 1 if self.indent else 2
        self.blank = max(self.blank, extra)
        pieces = [f"def {statement.name}", "("]
        write_parameters(statement.args, pieces)
        self.line(statement, [*pieces, ")", ":"])
        self._definition_body(statement.body)
        self.blank = max(self.blank, extra)

    def _definition_body(self, body: list[Any]) -> None:
        value = getattr(getattr(body[0], "value", None), "value", None) if type(body[0]) is gast.Expr else None
        if isinstance(value, str) and type(value) is not CommentText:
            self.put(body[0], self.indent + INDENT + docstring(value))
            body = body[1:]
            if not body:
                return
        self.body(body)


_NOWHERE = gast.Pass()
_HANDLERS: dict[type, Callable[[StatementWriter, Any], None]] = {
    gast.Expr: StatementWriter.expression,
    gast.Assign: StatementWriter.assignment,
    gast.AugAssign: StatementWriter.augmented,
    gast.Return: StatementWriter.returned,
    gast.Assert: StatementWriter.asserted,
    gast.Pass: StatementWriter.passed,
    gast.Break: StatementWriter.broken,
    gast.If: StatementWriter.branch,
    gast.For: StatementWriter.loop,
    gast.While: StatementWriter.condition_loop,
    gast.With: StatementWriter.managed,
    gast.FunctionDef: StatementWriter.definition,
}
