"""Errors as compilers report them: every violation at once, each with file, line, caret, cause and a rewrite."""

import linecache
import unicodedata
from dataclasses import dataclass
from typing import Any

from s2s.codegen.emission.load import is_emitted, user_location
from s2s.codegen.reading.source import FunctionSource
from s2s.runtime.errors import S2SError


@dataclass(frozen=True)
class Diagnostic:
    """One violation.

    Attributes:
        filename: the user's file.
        line: its line, from 1.
        column: column of the construct in characters, from 0; None if it isn't known.
        end_column: column after the construct if that ends on the same line.
        cause: what is wrong, in one line.
        rewrite: what to write instead; empty if nothing is to be suggested.
        text: the source line.
    """

    filename: str
    line: int
    column: int | None
    end_column: int | None
    cause: str
    rewrite: str = ""
    text: str = ""

    @property
    def location(self) -> str:
        """`file:line:column`, the column from 1."""
        column = "" if self.column is None else f":{self.column + 1}"
        return f"{self.filename}:{self.line}{column}"

    def __str__(self) -> str:
        lines = [f"{self.location}: {self.cause}"]
        if self.text.strip():
            lines += self._excerpt()
        if self.rewrite:
            lines += _suggestion(self.rewrite)
        return "\n".join(lines)

    def _excerpt(self) -> list[str]:
        text = self.text.rstrip()
        margin = len(text) - len(text.lstrip())
        shown = ["    " + text.lstrip()]
        if self.column is not None and self.column >= margin:
            last = len(text) if self.end_column is None else min(self.end_column, len(text))
            # Tabs inside the line are kept in the padding, so that the caret stands under the construct.
            lead = "".join("\t" if c == "\t" else " " * _width(c) for c in text[margin : self.column])
            marked = max(1, sum(_width(c) for c in text[self.column : last]))
            shown.append("    " + lead + "^" * marked)
        return shown


def _width(character: str) -> int:
    """Columns that a character takes on a terminal."""
    kind = unicodedata.east_asian_width(character)
    return 0 if unicodedata.combining(character) else 2 if kind in "WF" else 1


def _suggestion(rewrite: str) -> list[str]:
    first, *rest = rewrite.splitlines()
    if not rest:
        return [f"    write instead: {first}"]
    return ["    write instead:", *(f"        {line}" for line in (first, *rest))]


class UnsupportedError(S2SError):
    """A function holds constructs that can't be transformed; `diagnostics` lists all of them in source order."""

    def __init__(self, diagnostics: "list[Diagnostic] | Diagnostic | str") -> None:
        if isinstance(diagnostics, Diagnostic):
            diagnostics = [diagnostics]
        self.diagnostics: list[Diagnostic] = [] if isinstance(diagnostics, str) else list(diagnostics)
        message = diagnostics if isinstance(diagnostics, str) else "\n".join(map(str, self.diagnostics))
        super().__init__(message)


class Diagnostics:
    """Collects the violations in one function (or several) and raises them together."""

    def __init__(self, source: FunctionSource | None = None) -> None:
        self.source = source
        self.found: list[Diagnostic] = []

    def report(self, node: Any, cause: str, rewrite: str = "", home: FunctionSource | None = None) -> Diagnostic:
        """Adds a violation at a node (of `home`, by default the function); the same one is kept once."""
        diagnostic = diagnose(home if home is not None else self.source, node, cause, rewrite)
        if diagnostic not in self.found:
            self.found.append(diagnostic)
        return diagnostic

    def raise_if_any(self) -> None:
        """Raises UnsupportedError with everything reported so far, in source order."""
        if self.found:
            raise UnsupportedError(sorted(self.found, key=lambda d: (d.filename, d.line, d.column or 0)))

    def __bool__(self) -> bool:
        return bool(self.found)


def diagnose(source: FunctionSource | None, node: Any, cause: str, rewrite: str = "") -> Diagnostic:
    """A violation at a node of `source`; a node without a position of its own is placed by its `origin`."""
    origin = getattr(node, "origin", None)
    line = getattr(node, "lineno", None)
    if line is None or source is None:
        filename, line = origin or _start_of(source)
        text = _line_of(source, filename, line)
        return Diagnostic(filename, line, *_content_columns(text), cause, rewrite, text)
    text = source.line(line)
    if is_emitted(source.filename):
        return _in_emitted(source, line, cause, rewrite)
    column, end = _columns(node, text)
    return Diagnostic(source.filename, line, column, end, cause, rewrite, text)


def _in_emitted(source: FunctionSource, line: int, cause: str, rewrite: str) -> Diagnostic:
    """A violation in emitted source stands at the user's line that it came from."""
    filename, user_line = user_location(source.filename, line)
    text = linecache.getline(filename, user_line).rstrip("\r\n")
    if filename != source.filename:
        cause = f"{cause} (in the emitted {source.name}: `{source.line(line).strip()}`)"
    return Diagnostic(filename, user_line, *_content_columns(text), cause, rewrite, text)


def unsupported(source: FunctionSource | None, node: Any, cause: str, rewrite: str = "") -> UnsupportedError:
    """The error for one violation, to be raised by the caller."""
    return UnsupportedError(diagnose(source, node, cause, rewrite))


def _start_of(source: FunctionSource | None) -> tuple[str, int]:
    return ("<unknown>", 0) if source is None else (source.filename, source.tree.lineno)


def _line_of(source: FunctionSource | None, filename: str, line: int) -> str:
    if source is not None and source.filename == filename:
        return source.line(line)
    return linecache.getline(filename, line).rstrip("\r\n")


def _content_columns(text: str) -> tuple[int | None, int | None]:
    stripped = text.strip()
    return (len(text) - len(text.lstrip()), len(text.rstrip())) if stripped else (None, None)


def _columns(node: Any, text: str) -> tuple[int | None, int | None]:
    """Columns in characters: trees count UTF-8 bytes."""
    start, end = getattr(node, "col_offset", None), getattr(node, "end_col_offset", None)
    if start is None:
        return None, None
    same_line = getattr(node, "end_lineno", None) == node.lineno and end is not None
    data = text.encode()
    return _characters(data, start), _characters(data, end) if same_line and end is not None else None


def _characters(data: bytes, offset: int) -> int:
    return len(data[:offset].decode(errors="replace"))
