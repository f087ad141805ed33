"""Puts emitted functions together into one file: which names it reads, and the imports that give them."""

import builtins
import types
from collections.abc import Mapping
from typing import Any

import gast

from s2s.codegen import core, saving
from s2s.codegen.infer import UNRESOLVED
from s2s.codegen.names import Namer
from s2s.codegen.printer import print_source

SUPPORT = "s2s.runtime.support"


def combine(emitted: list[Any], source: Any, live: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a `Result`: text, imports, names and guards."""
    own, guards = _names(emitted, live)
    imports = _imports(own, guards)
    printed = print_source(gast.Module([e.tree for e in emitted], []))
    header = "\n".join(imports) + "\n\n\n" if imports else ""
    shift = header.count("\n")
    return {
        "text": header + printed.text,
        "functions_text": printed.text,
        "imports": imports,
        "line_map": [None] * shift + list(printed.line_map),
        "names": own,
        "guards": guards,
    }


def _names(emitted: list[Any], live: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Names that the file brings itself, and names of the user's that it relies on."""
    own: dict[str, Any] = {}
    guards: dict[str, Any] = {}
    namer = Namer({n for e in emitted for n in e.references} | {e.name for e in emitted})
    for function in emitted:
        read = set(core.free_reads(function.tree))
        for name, target in list(function.references.items()):
            if name in read:
                _place(function, name, target, own, guards, live, namer)
    return own, guards


def _place(function: Any, name: str, target: Any, own: dict, guards: dict, live: Any, namer: Namer) -> None:
    if target is UNRESOLVED:
        return
    if _same(live.get(name, getattr(builtins, name, UNRESOLVED)), target):
        if callable(target) or isinstance(target, types.ModuleType):
            guards[name] = target
        return
    taken = own.get(name, live.get(name, UNRESOLVED))
    if taken is not UNRESOLVED and taken is not target:
        fresh = next((n for n, v in own.items() if v is target), None) or namer.fresh(name)
        saving.rename([function.tree], {name: core.name(fresh)})
        _rename_deep(function.tree, name, fresh)
        name = fresh
    own[name] = target


def _same(a: Any, b: Any) -> bool:
    return a is b


def _rename_deep(tree: gast.AST, old: str, new: str) -> None:
    for node in gast.walk(tree):
        if isinstance(node, gast.Name) and node.id == old:
            node.id = new


def _imports(own: Mapping[str, Any], guards: Mapping[str, Any]) -> list[str]:
    """Import lines for modules and functions, sorted as isort would: plain imports first."""
    plain, support, others = [], [], []
    modules = {n: v for n, v in {**guards, **own}.items() if isinstance(v, types.ModuleType)}
    for name, module in modules.items():
        plain.append(f"import {module.__name__}" + ("" if module.__name__ == name else f" as {name}"))
    for name, target in {**guards, **own}.items():
        home = getattr(target, "__module__", None)
        if name in modules or home is None or hasattr(builtins, name):
            continue
        if home.startswith(SUPPORT):
            support.append(_imported(target, name))
        elif name in own or home.split(".")[0] in ("numpy", "math", "s2s"):
            others.append(f"from {home} import {_imported(target, name)}")
    if support:
        others.append(f"from {SUPPORT} import {', '.join(sorted(support))}")
    return [*sorted(plain), *sorted(others)]


def _imported(target: Any, name: str) -> str:
    real = getattr(target, "__name__", name)
    return real if real == name else f"{real} as {name}"
