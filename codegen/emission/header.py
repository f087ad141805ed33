"""Puts emitted functions together into one file: which names it reads, and the imports that give them."""

import builtins
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any

import gast

from s2s.codegen.core import core, verify
from s2s.codegen.core.names import Namer, names_by_use
from s2s.codegen.emission.embedding import embed, rename_global
from s2s.codegen.printing.printer import print_emitted
from s2s.codegen.reading.guards import UNRESOLVED, Guard, resolve_name

SUPPORT = "s2s.runtime.support"
_HELPERS = "s2s.runtime.helpers."


def combine(program: Any, source: Any, live: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a `Result`: text, imports and names."""
    embed(program)
    names = Names(program, source, live)
    for function in program.emitted:
        names.place_all(function)
    imports = _imports(names.own, names.users)
    printed = print_emitted([e.tree for e in program.emitted], verify.ENABLED, names.forms)
    header = "\n".join(imports) + "\n\n\n" if imports else ""
    shift = header.count("\n")
    return {
        "text": header + printed.text,
        "functions_text": printed.text,
        "imports": imports,
        "line_map": [None] * shift + list(printed.line_map),
        "names": names.own,
        "trees": {e.name: e.tree for e in program.emitted},
    }


class Names:
    """The global names of one file.

    Attributes:
        own: names that the file brings itself, to their objects.
        users: names of the user's module that it reads there.
        forms: the classes of nodes that it consists of.
    """

    def __init__(self, program: Any, source: Any, live: Mapping[str, Any]):
        self.program = program
        self.source = source
        self.live = live
        self.own: dict[str, Any] = {}
        self.users: dict[str, Any] = {}
        emitted = program.emitted
        self.all_names: dict[int, set[str]] = {}
        self.reads: dict[int, set[str]] = {}
        self.own_locals: dict[int, set[str]] = {}  # parameters and variables; renaming globals does not change them
        self.forms: set[type] = {gast.Name, gast.Attribute}  # those that renaming makes among them
        for e in emitted:
            nodes = [e.tree, *core.nodes_of_definition(e.tree)]
            forms = set(map(type, nodes))
            self.forms |= forms
            read, bound, others = names_by_use(nodes)
            self.all_names[id(e)] = read | bound | others
            self.reads[id(e)] = read if core.BINDING.isdisjoint(forms) else set(core.free_reads(e.tree))
            self.own_locals[id(e)] = bound
        self.namer = Namer({n for e in emitted for n in e.references} | {e.name for e in emitted})
        self.namer.reserve(*set().union(*self.all_names.values()))

    def place_all(self, function: Any) -> None:
        read = self.reads[id(function)]
        for name, target in list(function.references.items()):
            if name in read and target is not UNRESOLVED:
                self.place(function, name, target)

    def place(self, function: Any, name: str, target: Any) -> None:
        """Decides how the file gets at `target`, which the function calls `name`."""
        if hasattr(builtins, name) and getattr(builtins, name) is target and self._live(name) in (target, UNRESOLVED):
            return
        is_users = resolve_name(function.source, name) is target
        if is_users and self._at_home(function, name):
            self.users[name] = target
        elif is_users and not isinstance(target, types.ModuleType):
            self._from_other_module(function, name, target)
        else:
            self._bring(function, name, target)

    def _live(self, name: str) -> Any:
        try:
            return self.live[name]
        except KeyError:
            return UNRESOLVED

    def _at_home(self, function: Any, name: str) -> bool:
        """Does the name stand for the same variable in the function that the file is for?"""
        if function.source is self.source:
            return True
        same_module = function.source.globals is self.source.globals
        return same_module and name not in self.source.closure and name not in function.source.closure

    def _from_other_module(self, function: Any, name: str, target: Any) -> None:
        """Another module's global is read there, so that a later rebinding is seen."""
        home = function.source.globals if name not in function.source.closure else {}
        module = sys.modules.get(home.get("__name__", ""))
        if module is None or vars(module) is not home:
            self._freeze(function, name, target)
            return
        alias = self._alias(function, module, module.__name__.rpartition(".")[2])
        rename_global(function.tree, name, gast.Attribute(core.name(alias), name, gast.Load()))

    def _freeze(self, function: Any, name: str, target: Any) -> None:
        guard = Guard(function.source, name, target, exact=True)
        self.program.guards[(id(function.source), name, "exact")] = guard
        self._bring(function, name, target)

    def _bring(self, function: Any, name: str, target: Any) -> None:
        alias = self._alias(function, target, name)
        if alias != name:
            rename_global(function.tree, name, core.name(alias))
            self.all_names[id(function)].add(alias)

    def _alias(self, function: Any, target: Any, preferred: str) -> str:
        """The file's name for an object that it brings."""
        preferred = self._plain(target, preferred)
        local = self.all_names[id(function)] - {preferred}
        for name in self._known(target, preferred):
            if name not in local:
                return name
        used_otherwise = preferred in function.references and function.references[preferred] is not target
        taken = self._live(preferred) is not UNRESOLVED or preferred in self.own or used_otherwise
        name = self.namer.fresh(preferred) if taken or preferred in self.own_locals[id(function)] else preferred
        self.own[name] = target
        return name

    def _plain(self, target: Any, preferred: str) -> str:
        """The object's own name, where what had it is no longer there."""
        plain = getattr(target, "__name__", preferred)
        is_version = preferred.startswith(f"{plain}_") and preferred[len(plain) + 1 :].isdigit()
        is_free = is_version and plain not in self.own and all(plain not in names for names in self.all_names.values())
        return plain if is_free and self._live(plain) is UNRESOLVED else preferred

    def _known(self, target: Any, preferred: str) -> Iterator[str]:
        """Names under which the file has the object already."""
        plain = preferred.rstrip("0123456789").rstrip("_")
        if self._live(plain) is target:
            self.users[plain] = target
            yield plain
        yield from (n for n, v in self.own.items() if v is target)
        if isinstance(target, types.ModuleType):
            yield from (n for n, v in self.users.items() if v is target)


def _imports(own: Mapping[str, Any], users: Mapping[str, Any]) -> list[str]:
    """Import lines for modules and functions, sorted as isort would: plain imports first."""
    plain, support, others = [], [], []
    modules = {n: v for n, v in {**users, **own}.items() if isinstance(v, types.ModuleType)}
    for name, module in modules.items():
        plain.append(f"import {module.__name__}" + ("" if module.__name__ == name else f" as {name}"))
    for name, target in {**users, **own}.items():
        if name in modules or not isinstance(getattr(target, "__module__", None), str) or hasattr(builtins, name):
            continue
        home = home_of(target)
        if home == SUPPORT:
            support.append(_imported(target, name))
        elif _can_import(target) and (name in own or home.split(".")[0] in ("numpy", "math", "s2s")):
            others.append(f"from {home} import {_imported(target, name)}")
    if support:
        others.append(f"from {SUPPORT} import {', '.join(sorted(support))}")
    return [*sorted(plain), *sorted(others)]


def home_of(function: Any) -> str:
    """The module that emitted code imports a function from: one for all helpers, wherever they are defined."""
    return SUPPORT if function.__module__.startswith(_HELPERS) else function.__module__


def _can_import(target: Any) -> bool:
    home = sys.modules.get(target.__module__)
    return callable(target) and getattr(home, getattr(target, "__name__", ""), None) is target


def _imported(target: Any, name: str) -> str:
    real = getattr(target, "__name__", name)
    return real if real == name else f"{real} as {name}"
