"""Staging as a source transformation: a function in, the same function for staged arrays out.

The result shares the user's globals and closure cells, and its instructions carry the positions of the user's file, so
tracebacks, pdb and the locations of compiled operations show the user's lines. A function that needs no rewriting is
its own staged form.
"""

import dis
import inspect
import sysconfig
import threading
import types
from collections.abc import Callable, Collection, Iterator
from typing import Any

import gast

from s2s.codegen.core.names import Namer, names_in, names_of
from s2s.codegen.diagnostics import unsupported
from s2s.codegen.emission.load import emitted_tree
from s2s.codegen.printing.printer import to_source
from s2s.codegen.reading.source import FunctionSource, SourceError, function_source, is_transparent
from s2s.codegen.staging import scans
from s2s.codegen.staging.build import all_codes, compile_definition, instantiate
from s2s.codegen.staging.plain import passes_through
from s2s.codegen.staging.rewrite import Rewriter
from s2s.codegen.staging.scans import Form, Scan, is_staged, known_scan, lookup, lookup_name
from s2s.runtime import host_calls, restaging, staged_calls, staged_control, staged_text, staged_updates, support
from s2s.runtime.checkpointing import Checkpointed

_IF_AND_LOOPS = ("collected", "if_", "while_", "for_", "range_", "zip_", "enumerate_", "reversed_")
_CONDITIONS = ("choice", "and_", "or_", "not_")
_CHANGES = ("list_", "mutate", "store_item", "store_attribute")
# What staged text may call, by the modules that it is imported from.
_RUNTIME: dict[types.ModuleType, tuple[str, ...]] = {
    staged_calls: ("as_array", "selectable", "staged"),
    staged_control: (*_IF_AND_LOOPS, *_CONDITIONS, *_CHANGES),
    staged_text: ("text_",),
    host_calls: ("handled",),
    staged_updates: ("assert_", "augment", "augment_item", "store_nonlocal"),
    support: ("UNDEFINED",),
}
_RUNTIME_NAMES = {name: getattr(module, name) for module, names in _RUNTIME.items() for name in names}
_LIBRARIES = ("numpy", "scipy", "s2s", "jaxlib", "ml_dtypes", "beartype")
# Modules of ours that are ordinary Python: what they do with the functions that they are given depends on values.
_ORDINARY = ("s2s.lax_control",)
_STANDARD_LIBRARY = sysconfig.get_path("stdlib")
_LAZY = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_lock = threading.RLock()


def stage_function(
    function: Callable[..., Any], entry: bool = False, containers: Collection[str] = ()
) -> Callable[..., Any]:
    """The function to run on staged arrays instead of `function`, with the same results.

    Args:
        function: a Python function; other callables are given back as they are.
        entry: whether this is the function that is staged as a whole, whose arguments are copies of the user's.
        containers: parameters that are known to get lists or tuples of Python's own: loops over them run in Python.

    Raises:
        SourceError: the function cannot be read and may need rewriting.
        UnsupportedError: it is a generator or async function, or updates what cannot be followed.
    """
    if isinstance(function, Checkpointed):
        function = function.__wrapped__
    if isinstance(function, types.FunctionType) and is_transparent(function):
        function = function.__wrapped__  # type: ignore[attr-defined]
    if not isinstance(function, types.FunctionType) or is_library(function) or is_staged(function):
        return function
    if entry and function.__code__.co_flags & _LAZY:
        raise _refused(function)
    with _lock:
        return _staged_form(function, entry, containers)


def _refused(function: types.FunctionType) -> Exception:
    """A function whose body runs after its call cannot be staged as a whole."""
    source = function_source(function)
    lazy = (node for node in gast.walk(source.tree) if isinstance(node, gast.Yield | gast.YieldFrom))
    cause = "a generator or async function runs after its call, so it cannot be staged"
    return unsupported(source, next(lazy, source.tree), cause, "return a list or an array")


def staged_source(function: Callable[..., Any]) -> str:
    """The text of the staged function, and before it of the user functions below it that are rewritten too."""
    with _lock:
        graph = _reachable(function) if isinstance(function, types.FunctionType) else []
        needed = _needing_staging(graph)
        shown = [scan for scan in reversed(graph) if scan is graph[0] or scan in needed]
        definitions = [_rewritten(scan, needed, scan is graph[0]) for scan in shown]
    lines = [_import_line(module, definitions) for module in _RUNTIME]
    header = "".join(f"{line}\n" for line in lines if line)
    return (f"{header}\n\n" if header else "") + "\n\n".join(to_source(tree) for _, tree in definitions)


def staged_definition(source: FunctionSource) -> tuple[list[str], str]:
    """The staged text of one function, which may be known by its source alone, and the imports that it needs."""
    rewriter = _rewriter(source, lambda callee: True, entry=True)
    definition = rewriter, rewriter.rewrite()
    imports = [
        f"from {m.__name__} import {line}" for m in _RUNTIME for line in _imports(m, definition[1], rewriter.names)
    ]
    return imports, to_source(definition[1])


def is_library(function: types.FunctionType) -> bool:
    """Whether a function belongs to NumPy, SciPy, s2s or Python itself, and is called as it is."""
    module = str(function.__globals__.get("__name__", ""))
    root = "" if module in _ORDINARY else module.split(".")[0]
    file = function.__code__.co_filename
    in_standard_library = file.startswith(_STANDARD_LIBRARY) and "site-packages" not in file
    return root in _LIBRARIES or in_standard_library or file.startswith("<frozen ")


def _staged_form(function: types.FunctionType, entry: bool, containers: Collection[str]) -> Callable[..., Any]:
    graph = _reachable(function, containers)
    needed = _needing_staging(graph)
    form = _form(graph[0], needed, entry) if graph[0] in needed else None
    if form is None or form.code is None:
        return function
    made = scans.instance(function, form.code)
    if made is None:
        made = instantiate(function, form.code, form.extra)
        scans.remember_instance(function, made, graph[0])
    return made


def _form(scan: Scan, needed: set[Scan], entry: bool) -> Form:
    """The compiled rewritten form, made once for each set of callees that need staging."""
    key = (entry, *(_scan(callee) in needed for callee in scan.callees))
    if key not in scan.forms:
        rewriter, tree = scan.first if scan.first and not any(key) else _rewritten(scan, needed, entry)
        scan.first = None  # compiling changes it
        extra = {local: _RUNTIME_NAMES[name] for name, local in rewriter.names.items()}
        code = compile_definition(rewriter.source, tree, extra) if rewriter.changed else None
        scan.forms[key] = Form(code, extra)
        if code is not None:
            scans.remember_staged(all_codes(code), scan)
    return scan.forms[key]


def _rewritten(scan: Scan, needed: set[Scan], entry: bool) -> tuple[Rewriter, Any]:
    """The rewritten tree, and what rewrote it."""
    rewriter = _rewriter(function_source(scan.function), lambda callee: _scan_or_none(callee) in needed, entry)
    rewriter.wary = scan.wary
    return rewriter, rewriter.rewrite()


def be_wary(code: types.CodeType) -> bool:
    """Has a function, given by its code or that of its staged form, staged warily; False if it is so already."""
    with _lock:
        return any([_make_wary(scan) for scan in scans.scans_of(code)])


def _make_wary(scan: Scan) -> bool:
    """Whether that is new, and can be done."""
    function = scan.function
    if scan.wary or is_library(function) or is_staged(function):
        return False
    try:
        function_source(function)
    except SourceError:
        return False
    scan.wary = scan.changed = True
    scan.first = None
    scan.forms.clear()
    return True


def _rewriter(source: FunctionSource, needs: Callable[[types.FunctionType], bool], entry: bool) -> Rewriter:
    namer = Namer(names_of(source.nodes))
    names = {name: namer.fresh(name) for name in _RUNTIME_NAMES}
    return Rewriter(source, names, needs, _written_by, entry)


def _import_line(module: types.ModuleType, definitions: list[tuple[Rewriter, Any]]) -> str:
    """The statement that imports what these definitions use of a module of the runtime; empty if they use nothing."""
    used = sorted({spelled for rewriter, tree in definitions for spelled in _imports(module, tree, rewriter.names)})
    return f"from {module.__name__} import {', '.join(used)}" if used else ""


def _imports(module: types.ModuleType, tree: Any, names: dict[str, str]) -> Iterator[str]:
    used = names_in(tree)
    for name in _RUNTIME[module]:
        if names[name] in used:
            yield name if name == names[name] else f"{name} as {names[name]}"


def _reachable(function: types.FunctionType, containers: Collection[str] = ()) -> list[Scan]:
    """The scans of a function and of all user functions that it calls by name, itself first."""
    graph: dict[Scan, None] = {}
    found = [_scan(function, containers)]
    while found:
        scan = found.pop()
        if scan not in graph:
            graph[scan] = None
            found += [_scan(callee) for callee in reversed(scan.callees) if not is_library(callee)]
    return list(graph)


def _needing_staging(graph: list[Scan]) -> set[Scan]:
    """Those that are rewritten on their own account, and those that call them."""
    needed = {scan for scan in graph if scan.changed}
    if not needed:
        return needed
    while more := {scan for scan in graph if scan not in needed and any(_scan(c) in needed for c in scan.callees)}:
        needed |= more
    return needed


def _scan_or_none(function: types.FunctionType) -> Scan | None:
    return None if is_library(function) else _scan(function)


def _scan(function: types.FunctionType, containers: Collection[str] = ()) -> Scan:
    scan = known_scan(function, containers)
    if scan is None:
        scan = _read(function, containers)
        if restaging.everywhere():
            _make_wary(scan)
        scans.remember(function, scan)
    return scan


def _read(function: types.FunctionType, containers: Collection[str]) -> Scan:
    if is_library(function) or is_staged(function):
        return Scan(function, {}, False, [])
    plain = _read_emitted(function, containers)
    if plain is not None:
        return plain
    try:
        source = function_source(function)
    except SourceError:
        return _opaque(function)
    rewriter = _rewriter(source, lambda callee: False, entry=False)
    first = rewriter, rewriter.rewrite()
    callees = list(dict.fromkeys(c for c in rewriter.callees if not is_library(c)))
    return Scan(function, rewriter.resolved, rewriter.changed, callees, first=first if rewriter.changed else None)


def _read_emitted(function: types.FunctionType, containers: Collection[str]) -> Scan | None:
    """What the tree of an emitted function tells, if that is enough."""
    tree = emitted_tree(function)
    if tree is None:
        return None
    passed = passes_through(tree, lambda name: _object_named(function, name), containers)
    if passed is None:
        return None
    callees = [c for c in passed.callees if not is_library(c)]
    return Scan(function, passed.resolved, False, callees, containers=passed.containers)


def _object_named(function: types.FunctionType, name: str) -> Any:
    found = lookup_name(function, name)
    return None if found is scans.MISSING else found


_being_asked: set[int] = set()


def _written_by(function: types.FunctionType) -> set[int | str]:
    """The parameters of a function into which it, or what it calls, may write: by position and by name."""
    code = function.__code__
    if is_library(function) or id(code) in _being_asked or is_staged(function):
        return set()
    _being_asked.add(id(code))
    try:
        return Rewriter(function_source(function), {}, lambda _: False, _written_by, False).written_parameters()
    except SourceError:
        return set()
    finally:
        _being_asked.discard(id(code))


def _opaque(function: types.FunctionType) -> Scan:
    """A function without source runs as it is if nothing that it names would be rewritten, and is refused if so."""
    codes = list(all_codes(function.__code__))
    resolved = {name: lookup(function, name) for code in codes for name in _globals_read(code)}
    attributes = {name for code in codes for name in code.co_names}
    values = [v for value in resolved.values() for v in _with_members(value, attributes)]
    changed = any(staged_calls.counterpart(value) is not None for value in values)
    functions = [value for value in values if isinstance(value, types.FunctionType)]
    return Scan(function, resolved, changed, [f for f in functions if not is_library(f)])


def _globals_read(code: types.CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF"):
            yield instruction.argval


def _with_members(value: Any, names: set[str]) -> Iterator[Any]:
    """The object, and of a module also those of its members that may be meant by `names`."""
    yield value
    if isinstance(value, types.ModuleType):
        yield from (getattr(value, name) for name in names if hasattr(value, name))


staged_calls.register(stage_function)
restaging.register(be_wary)
