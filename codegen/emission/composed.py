"""Emitted files put together: what a transformation of a transformed function needs of both, in one file."""

import ast
from collections.abc import Iterable, Iterator
from typing import Any

import gast

from s2s.codegen.core import core, verify
from s2s.codegen.core.names import names_of
from s2s.codegen.emission.defaults import references, signature
from s2s.codegen.emission.header import home_of
from s2s.codegen.printing.printer import print_emitted
from s2s.codegen.reading.source import FunctionSource
from s2s.codegen.transform import Result


def compose(results: list[Result], source: FunctionSource, text: str, names: dict[str, Any]) -> Result:
    """A file with the function that `text` defines, and those functions of the others that it calls.

    Args:
        results: emitted files; each may call the functions of those before it.
        source: the user's function, whose parameters and defaults the new one takes.
        text: the new function; it is written with its parameters' names, and without a list of them.
        names: what its text reads besides emitted functions.
    """
    entry = gast.parse(text).body[0]
    entry.args = signature(source)
    entry.origin = (source.filename, source.tree.lineno)
    own = {n: v for r in results for n, v in r.names.items()} | names
    own |= {n: v for n, v in references(source).items() if n not in results[0].live}
    trees = {n: t for r in results for n, t in r.trees.items()} | {entry.name: entry}
    names_of_kept = _called(entry.name, trees)
    kept = [n for n in trees if n in names_of_kept]
    printed = print_emitted([trees[n] for n in kept], checked=verify.ENABLED)
    read = set().union(*names_of_kept.values())
    imports = list(_imports([line for r in results for line in r.imports] + _lines(names), read))
    header = "\n".join(imports) + "\n\n\n" if imports else ""
    return Result(
        text=header + printed.text,
        functions_text=printed.text,
        imports=imports,
        line_map=[None] * header.count("\n") + list(printed.line_map),
        names={n: v for n, v in own.items() if n in read},
        entry=entry.name,
        live=results[0].live,
        guards=[guard for r in results for guard in r.guards],
        trees={n: trees[n] for n in kept},
        written=results[0].written,
        rules={n: rule for r in results for n, rule in r.rules.items() if n in kept},
    )


def _called(entry: str, trees: dict[str, Any]) -> dict[str, set[str]]:
    """The entry function and what it calls, and the names in each."""
    found: dict[str, set[str]] = {}
    work = [entry]
    while work:
        name = work.pop()
        if name not in found:
            found[name] = {name} | names_of(core.nodes_of_definition(trees[name]))
            work += found[name] & trees.keys()
    return found


def _lines(names: dict[str, Any]) -> list[str]:
    """Import statements for functions under their own names, and for NumPy."""
    return [
        "import numpy as np" if n == "np" else f"from {home_of(v)} import {v.__name__}" + _renaming(n, v)
        for n, v in names.items()
    ]


def _renaming(name: str, function: Any) -> str:
    return "" if function.__name__ == name else f" as {name}"


def _imports(lines: Iterable[str], read: set[str]) -> Iterator[str]:
    """The statements, each module once, with the names that are read; sorted as isort would."""
    plain: dict[str, None] = {}
    members: dict[str, dict[str, str]] = {}
    for node in ast.parse("\n".join(lines)).body:
        assert isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names:
            name = alias.asname or alias.name
            if name.split(".")[0] not in read:
                continue
            spelled = alias.name if alias.asname in (None, alias.name) else f"{alias.name} as {alias.asname}"
            if isinstance(node, ast.Import):
                plain[f"import {spelled}"] = None
            else:
                members.setdefault(str(node.module), {})[name] = spelled
    yield from sorted(plain)
    yield from (
        f"from {module} import {', '.join(sorted(found.values()))}" for module, found in sorted(members.items())
    )
