"""Above each group of adjoint statements, the primal line that it comes from."""

import linecache

import gast

from s2s.codegen.core import core
from s2s.codegen.printing.printer import comment, is_comment

LONGEST = 90
HEADERS = ("for ", "while ", "def ", "if ", "elif ", "else:")


def insert(function: core.Function, body: list[gast.AST]) -> list[gast.AST]:
    """The body with comments; statements of the forward sweep need none, they are the primal lines."""
    return _block(function, body, None)[0]


def _block(function: core.Function, body: list[gast.AST], current: int | None) -> tuple[list[gast.AST], int | None]:
    done: list[gast.AST] = []
    for statement in body:
        line = _line(function, statement)
        if getattr(statement, "backward", False) and line is not None and line != current:
            text = _text(function, line)
            if text and not text.startswith(HEADERS) and not isinstance(statement, gast.For | gast.While | gast.If):
                done.append(comment(f"# {text}", statement.origin))
                current = line
        for attribute in ("body", "orelse") if hasattr(statement, "body") else ():
            block = getattr(statement, attribute, None)
            if block:
                new, _ = _block(function, block, None)
                setattr(statement, attribute, new)
        done.append(statement)
    return done, current


def _line(function: core.Function, statement: gast.AST) -> int | None:
    origin = getattr(statement, "origin", None)
    return origin[1] if origin is not None and origin[1] else None


def _text(function: core.Function, line: int) -> str:
    """The user's line, without what a reader does not need: indentation and trailing comments."""
    text = function.source.line(line) if hasattr(function.source, "line") else linecache.getline("", line)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


__all__ = ["insert", "is_comment"]
