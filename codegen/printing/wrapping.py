"""Breaks long lines where a reader would: at the outermost bracket, at the operator that binds weakest."""

from collections.abc import Iterable

WIDTH = 100
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_COMMA = ", "
# Weakest first; the break comes before the operator.
_RANKS = (
    (" if ", " else ", " for ", " async for "),
    (" or ",),
    (" and ",),
    (" == ", " != ", " < ", " <= ", " > ", " >= ", " is ", " is not ", " in ", " not in "),
    (" | ", " ^ ", " & "),
    (" << ", " >> "),
    (" + ", " - "),
    (" * ", " / ", " // ", " % ", " @ "),
    (" ** ",),
)
_RANK = {symbol: rank for rank, symbols in enumerate(_RANKS, 1) for symbol in symbols}
_AFTER_BRACKET = len(_RANKS) + 1
_TESTS = ("if ", "elif ", "while ")
Pieces = list[str]


def layout(pieces: Iterable[str], width: int = WIDTH) -> str:
    """The text of a program in pieces, where a piece of newlines ends a line."""
    out: Pieces = []
    line: Pieces = []
    for piece in pieces:
        if piece.startswith("\n"):
            out += fitted(line, width)
            out.append(piece)
            line = []
        elif piece:
            line.append(piece)
    return "".join(out + fitted(line, width))


def fitted(line: Pieces, width: int) -> Pieces:
    """The line, broken if it is too long; one that holds a multi-line string is left as it is."""
    if sum(map(len, line)) <= width or any("\n" in piece for piece in line):
        return line
    indent = line[0] if line[0].isspace() else ""
    return [indent, _broken(_with_parentheses(line[1:] if indent else line, width), indent, width)]


def _with_parentheses(pieces: Pieces, width: int) -> Pieces:
    """Puts what breaks outside of any bracket into parentheses, where Python's grammar allows them."""
    start, end = _region(pieces)
    if start is None:
        return pieces
    if pieces[start - 1].endswith("= ") and sum(map(len, pieces[: start - 1])) > width - 8:
        start, end = 0, start - 1  # the target is what is long
    depths = _depths(pieces)
    if all(depths[i] for i in range(start, end) if _rank(pieces, i) is not None):
        return pieces
    return [*pieces[:start], "(", *pieces[start:end], ")", *pieces[end:]]


def _region(pieces: Pieces) -> tuple[int | None, int]:
    """Where an expression stands that may be put in parentheses."""
    first, size = pieces[0], len(pieces)
    if first == "return":
        return 2, size
    if first in _TESTS:
        return 1, size - 1
    if first == "for ":
        return pieces.index(" in ") + 1, size - 1
    if first == "from " and " import " in pieces:
        return pieces.index(" import ") + 1, size
    depths = _depths(pieces)
    equals = [i for i, piece in enumerate(pieces) if not depths[i] and piece.endswith("= ") and piece not in _RANK]
    return (equals[-1] + 1, size) if equals else (None, size)


def _depths(pieces: Pieces) -> list[int]:
    """The number of brackets around each piece, a bracket counting as outside of itself."""
    depths, depth = [], 0
    for piece in pieces:
        depth -= piece in _CLOSING
        depths.append(depth)
        depth += piece in _OPENING
    return depths


def _rank(pieces: Pieces, i: int) -> int | None:
    """How well the line breaks before piece `i` (0 is best); None if it doesn't."""
    if i and pieces[i - 1] == _COMMA:
        return 0
    if pieces[i] in _RANK:
        return _RANK[pieces[i]]
    return _AFTER_BRACKET if i and pieces[i - 1] in _OPENING and pieces[i] not in _CLOSING else None


def _broken(pieces: Pieces, indent: str, width: int) -> str:
    depths = _depths(pieces)
    # A condition or a parameter list is indented more, so that it stands apart from the body below.
    margin = indent + " " * (8 if pieces[-1].endswith(":") else 4)
    lines: list[str] = []
    start, lead = 0, len(indent)
    while start < len(pieces):
        end = _next_break(pieces, depths, start, width - lead)
        text = "".join(pieces[start:end])
        lines.append((margin + text.lstrip() if lines else text).rstrip())
        start, lead = end, len(margin)
    return "\n".join(lines)


def _next_break(pieces: Pieces, depths: list[int], start: int, room: int) -> int:
    """Where the line that begins at piece `start` ends."""
    candidates: list[tuple[bool, int, int, int]] = []
    column = 0
    for i in range(start, len(pieces)):
        rank = _rank(pieces, i) if i > start and depths[i] else None
        fits = column <= room + (pieces[i - 1] == _COMMA)
        if rank is not None and (fits or not candidates):
            candidates.append((column < 0.4 * room, depths[i], rank, -i))
        if not fits and candidates:
            return -min(candidates)[3]
        column += len(pieces[i])
    return len(pieces) if column <= room or not candidates else -min(candidates)[3]
