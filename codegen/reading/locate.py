"""Finds the definition of a code object in the file that it was compiled from."""

import ast
import linecache
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_Span = tuple[tuple[int, int], tuple[int, int]]
_NO_SOURCE = "no source is to be had (made by exec, or typed at a prompt); give the function's source as a string"
_CHANGED = "the file has changed since the function was made; import it again"


@dataclass(eq=False)
class Located:
    """A definition in a file: its node, the variable that a lambda is assigned to, and the text around it."""

    node: Any
    variable: str | None
    text: str
    text_line: int

    @property
    def first_line(self) -> int:
        """Line of the definition, its first decorator included."""
        return min([self.node.lineno, *(d.lineno for d in getattr(self.node, "decorator_list", []))])


def locate(code: types.CodeType, module_globals: dict[str, Any] | None = None) -> Located | str:
    """The definition of `code`, or why it can't be found."""
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, module_globals)
    if not lines:
        return _NO_SOURCE
    if not 0 < code.co_firstlineno <= len(lines):
        return _CHANGED
    found = _from_block(code, lines) or _from_file(code, lines)
    if found is None:
        return _CHANGED if code.co_name != "<lambda>" else _ambiguous(code)
    return found if _matches(found, code) else _CHANGED


def _ambiguous(code: types.CodeType) -> str:
    if any(True for _ in _spans(code)):
        return _CHANGED
    return "several lambdas stand on this line and Python kept no columns; name the function with `def`"


def _from_block(code: types.CodeType, lines: list[str]) -> Located | None:
    """Parses just the lines of the definition, under an `if` where they are indented, so that columns stay right."""
    first = code.co_firstlineno
    last = _block_end(lines, first, _last_line(code))
    text = "".join(lines[first - 1 : last])
    indented = text[:1] in " \t"
    if indented and first == 1:
        return None
    lead = "\n" * (first - 2) + "if 1:\n" if indented else "\n" * (first - 1)
    try:
        tree = ast.parse(lead + text, code.co_filename)
    except SyntaxError:
        return None
    return _find(tree, code, text, first)


def _last_line(code: types.CodeType) -> int:
    """The last line where an instruction of the code, or of code nested in it, starts."""
    last = max([line for _, _, line in code.co_lines() if line is not None], default=code.co_firstlineno)
    return max([last, *(_last_line(c) for c in code.co_consts if isinstance(c, types.CodeType))])


def _block_end(lines: list[str], first: int, last: int) -> int:
    """The line where the block that opens at `first` ends: from `last` on, the lines indented more than its head."""
    head = _indentation(lines[first - 1])
    while last < len(lines):
        line = lines[last]
        if line.strip() and not line.lstrip().startswith("#") and _indentation(line) <= head:
            break
        last += 1
    return last


def _indentation(line: str) -> int:
    expanded = line.expandtabs()
    return len(expanded) - len(expanded.lstrip())


_FILES: dict[str, tuple[list[str], str, ast.Module]] = {}


def _from_file(code: types.CodeType, lines: list[str]) -> Located | None:
    """Looks in the whole file, parsed once as long as its lines are the same."""
    entry = _FILES.get(code.co_filename)
    if entry is None or entry[0] is not lines:
        text = "".join(lines)
        try:
            entry = lines, text, ast.parse(text, code.co_filename)
        except SyntaxError:
            return None
        _FILES[code.co_filename] = entry
    return _find(entry[2], code, entry[1], 1)


def _find(tree: ast.Module, code: types.CodeType, text: str, text_line: int) -> Located | None:
    if code.co_name == "<lambda>":
        return _find_lambda(tree, code, text, text_line)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _demangled(node.name, code):
            found = Located(node, None, text, text_line)
            if found.first_line == code.co_firstlineno:
                return found
    return None


def _demangled(name: str, code: types.CodeType) -> bool:
    return name == code.co_name or (name.startswith("__") and code.co_name.endswith(name))


def _find_lambda(tree: ast.Module, code: types.CodeType, text: str, text_line: int) -> Located | None:
    """The smallest lambda whose body holds every position of the code; without positions, the only one there.

    A lambda that returns a constant has no positions on Python 3.12: it is known by its code.
    """
    candidates = [n for n in ast.walk(tree) if isinstance(n, ast.Lambda) and _has_parameters(n, code)]
    spans = list(_spans(code))
    if spans:
        start, end = min(s for s, _ in spans), max(e for _, e in spans)
        held = [n for n in candidates if _start(n.body) <= start and end <= _end(n.body)]
        node = min(held, key=_size, default=None)
    else:
        held = [n for n in candidates if n.lineno == code.co_firstlineno]
        held = held if len(held) == 1 else [n for n in held if _compiles_to(n, code)]
        node = held[0] if len({ast.dump(n) for n in held}) == 1 else None
    return None if node is None else Located(node, _variable(tree, node), text, text_line)


def _compiles_to(node: ast.Lambda, code: types.CodeType) -> bool:
    """Whether a lambda, compiled alone, is the same code; it can't be if it has free variables."""
    compiled = compile(ast.Expression(node), code.co_filename, "eval", dont_inherit=True)
    own = [c for c in compiled.co_consts if isinstance(c, types.CodeType)]
    return len(own) == 1 and _content(own[0]) == _content(code)


def _content(code: types.CodeType) -> tuple[Any, ...]:
    constants = tuple(_content(c) if isinstance(c, types.CodeType) else repr(c) for c in code.co_consts)
    return code.co_code, constants, code.co_names, code.co_varnames


def _spans(code: types.CodeType) -> Iterator[_Span]:
    """The source spans of the instructions, without the empty ones at the start of a function."""
    for line, end_line, column, end_column in code.co_positions():
        if line is None or end_line is None or column is None or end_column is None:
            continue
        if (line, column) != (end_line, end_column):
            yield (line, column), (end_line, end_column)


def _start(node: Any) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: Any) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset


def _size(node: Any) -> tuple[int, int]:
    return node.end_lineno - node.lineno, node.end_col_offset - node.col_offset


def _variable(tree: ast.Module, node: ast.Lambda) -> str | None:
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Assign) and statement.value is node and len(statement.targets) == 1:
            target = statement.targets[0]
            return target.id if isinstance(target, ast.Name) else None
    return None


def _has_parameters(node: Any, code: types.CodeType) -> bool:
    """Whether the parameters of a definition are those of the code object (whose private names are mangled)."""
    a = node.args
    stars = [p for p in (a.vararg, a.kwarg) if p is not None]
    names = [p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs, *stars)]
    count = code.co_argcount + code.co_kwonlyargcount
    flags = bool(code.co_flags & 4) + bool(code.co_flags & 8)
    own = code.co_varnames[: count + flags]
    return len(own) == len(names) and all(mine.endswith(name) for mine, name in zip(own, names, strict=True))


def _matches(found: Located, code: types.CodeType) -> bool:
    """Whether the text can be that of the code: same parameters, and every name that the code reads is in it."""
    if not _has_parameters(found.node, code):
        return False
    return all(name in found.text or _unmangled(name) in found.text for name in code.co_names)


def _unmangled(name: str) -> str:
    return name[name.index("__", 1) :] if name.startswith("_") and "__" in name[1:] else name
