"""One function of a module transformed, as source, for `s2s convert`; the module is read and never run."""

import ast
import functools
import io
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from s2s import batch_axes
from s2s.codegen import transform
from s2s.codegen.batching.row_axes import RowAxes
from s2s.codegen.core.names import Namer
from s2s.codegen.desugaring.call_arguments import parameters
from s2s.codegen.functions import custom_rules
from s2s.codegen.inference import kinds
from s2s.codegen.inference.assumptions import as_batch, kinds_of_batches, kinds_of_parameters
from s2s.codegen.inference.infer import UNRESOLVED
from s2s.codegen.inference.kinds import Kind
from s2s.codegen.reading.resolve import Unknown
from s2s.codegen.reading.source import FunctionSource
from s2s.codegen.reading.static_module import StaticModule, static_module
from s2s.codegen.reading.trees import to_ast
from s2s.codegen.staging.stage import staged_definition
from s2s.runtime.errors import S2SError

TRANSFORMS = ("grad", "value_and_grad", "jvp", "vmap")
STAGED = "staged"


class ConversionError(Exception):
    """The input cannot be converted; the message is a whole diagnostic: file, line, caret, cause."""


@dataclass(frozen=True)
class Request:
    """One derivative, or batched form, to write.

    Attributes:
        transform: "grad", "value_and_grad", "jvp", "vmap", or "staged" for the text that jit runs.
        function: the name of the module-level function to transform.
        options: keyword arguments of the transform (`argnums`, `has_aux`; `in_axes`, `out_axes` of vmap).
    """

    transform: str
    function: str
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Expansion:
    """Source of a transformed function: imports that it needs, its definitions in order, `(name, text)` each."""

    imports: tuple[str, ...]
    definitions: tuple[tuple[str, str], ...]


def expand(text: str, filename: str, request: Request, name: str) -> Expansion:
    """What `request` asks for of a function in the module `text`, its entry function called `name`.

    Raises:
        ConversionError: the function holds what cannot be transformed; every place is listed.
    """
    try:
        if request.transform == STAGED:
            return _staged(static_module(text, filename).function(request.function), name)
        result = _result(_read(text, filename), request)
        _refuse_rules(result, request, filename)
    except S2SError as error:
        raise ConversionError(str(error)) from error
    if request.transform == "jvp" and name == request.function:
        return _as_decorated(expand(text, filename, request, f"{name}_jvp"), name)
    present = module_definitions(text)
    emitted = dict(_definitions(result.functions_text))
    names = {result.entry: name} | _fresh_names(emitted, result.entry, present)
    definitions = tuple((names.get(n, n), renamed(body, names)) for n, body in emitted.items())
    return Expansion(tuple(result.imports), definitions)


def _refuse_rules(result: transform.Result, request: Request, filename: str) -> None:
    """Batched text does not carry the rules on: what it says would be differentiated as it is."""
    if result.rules:
        what = f"the batched form of {next(iter(result.rules)).removesuffix('_vmap')}() has rules of its own"
        cause = f"{filename}: {request.function}(): {what}, which text alone does not carry"
        raise ConversionError(f"{cause}; use s2s.vmap while the program runs")


def _staged(source: FunctionSource, name: str) -> Expansion:
    source.tree.name = name
    imports, text = staged_definition(source)
    return Expansion(tuple(imports), ((name, text.strip("\n")),))


def _as_decorated(expansion: Expansion, name: str) -> Expansion:
    """What `@s2s.jvp` leaves behind is called with a tuple of arguments and one of tangents."""
    body = f"def {name}(primals, tangents):\n    return {name}_jvp(*primals, *tangents)"
    return Expansion(expansion.imports, (*expansion.definitions, (name, body)))


def module_definitions(text: str) -> dict[str, str]:
    """The functions that a module defines at its top level: name to text."""
    nodes = (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return {node.name: ast.get_source_segment(text, node) or "" for node in nodes}


def _fresh_names(emitted: dict[str, str], entry: str, present: dict[str, str]) -> dict[str, str]:
    """New names for functions that the module has already with another text."""
    namer = Namer({*emitted, *present})
    return {n: namer.fresh(n) for n, text in emitted.items() if n != entry and present.get(n, text) != text}


def renamed(text: str, names: dict[str, str]) -> str:
    """Source in which the variables in `names` are called differently; comments and strings stay."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    places = [token for token in tokens if token.type == tokenize.NAME and token.string in names]
    lines = text.split("\n")
    for token in reversed(places):
        row, column = token.start
        line = lines[row - 1]
        lines[row - 1] = line[:column] + names[token.string] + line[token.end[1] :]
    return "\n".join(lines)


def bound_by(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """What a statement binds at module level: name to a description of what it then stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            yield name, alias.name if alias.asname else name
    elif isinstance(node, ast.ImportFrom):
        yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name, f"line {node.lineno}"
    else:
        stored = (n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        yield from ((n.id, f"line {n.lineno}") for n in stored)


def _read(text: str, filename: str) -> StaticModule:
    """The module, with literals as constants and everything else that only a run can tell as unresolved."""
    module = static_module(text, filename)
    constants = dict(_constants(module.tree))
    for name, value in module.names.items():
        if isinstance(value, Unknown):
            module.names[name] = constants.get(name, UNRESOLVED)
    return module


def _constants(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    """Names that the module binds once, to a number or string."""
    bound = [name for node in tree.body for name, _ in bound_by(node)]
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if bound.count(name) == 1 and _is_literal(node.value):
                yield name, ast.literal_eval(node.value)


def _is_literal(node: ast.expr) -> bool:
    operand = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node
    return isinstance(operand, ast.Constant) and isinstance(operand.value, int | float | str)


def _result(module: StaticModule, request: Request) -> transform.Result:
    source = module.function(request.function)
    if (rule := custom_rules.rule_of(source)) is not None:
        source = custom_rules.calling_source(source, rule)
    options = dict(request.options)
    names = parameters(source)
    if request.transform == "jvp":
        return transform.tangent(source, _kinds(source, names, names))
    if request.transform == "vmap":
        return _batched(source, names, request)
    argnums = options.pop("argnums", 0)
    wrt = _wrt(argnums, names, request)
    has_aux = bool(options.pop("has_aux", False))
    if options:
        raise ConversionError(f"{module.filename}: {request.transform} has no option {next(iter(options))!r}")
    as_tuple, with_value = not isinstance(argnums, int | str), request.transform == "value_and_grad"
    return transform.gradient(source, _kinds(source, names, wrt), wrt, with_value, has_aux, as_tuple=as_tuple)


def _batched(source: FunctionSource, names: list[str], request: Request) -> transform.Result:
    options = dict(request.options)
    axes, out_axes = _axes(source, names, request, options.pop("in_axes", ())), options.pop("out_axes", 0)
    if options:
        raise ConversionError(f"{request.function}: vmap with the option {next(iter(options))!r} is not written out")
    batched = [name for name in names if not batch_axes.is_shared(axes[name])]
    structured = [name for name in names if batch_axes.is_container(axes[name])]
    known = _kinds(source, names, batched, functools.partial(kinds_of_batches, structured=structured))
    arguments = {n: batch_axes.kind_of_batch(k, axes[n], as_batch) if n in batched else k for n, k in known.items()}
    return transform.batched(source, arguments, None, RowAxes(axes, out_axes))


def _axes(source: FunctionSource, names: list[str], request: Request, in_axes: Any) -> dict[str, Any]:
    """Parameter to its axes; of those without an entry in `in_axes`, the ones with a default are shared."""
    given = [in_axes] * len(names) if in_axes is None or isinstance(in_axes, int) else list(in_axes)
    if len(given) > len(names):
        raise ConversionError(
            f"{request.function}() takes {len(names)} arguments, but in_axes has {len(given)} entries"
        )
    optional = set(dict(_literal_defaults(source.tree.args)))
    given += [None if name in optional else 0 for name in names[len(given) :]]
    return dict(zip(names, given, strict=True))


def _wrt(argnums: Any, names: list[str], request: Request) -> list[str]:
    asked = [argnums] if isinstance(argnums, int | str) else list(argnums)
    for each in asked:
        if each not in names if isinstance(each, str) else not -len(names) <= each < len(names):
            raise ConversionError(f"{request.function}() has no argument {each!r}; it has {', '.join(names)}")
    return [each if isinstance(each, str) else names[each] for each in asked]


def _kinds(
    source: FunctionSource,
    names: list[str],
    active: list[str],
    assumed: Callable[..., dict[str, Kind]] = kinds_of_parameters,
) -> dict[str, Kind]:
    """Arguments count as arrays or numbers, unless the code or a literal default says otherwise."""
    defaults = dict(_literal_defaults(source.tree.args))
    given = {name: kinds.of_value(value, active=False) for name, value in defaults.items()}
    return assumed(source, names, active, given)


def _literal_defaults(arguments: Any) -> Iterator[tuple[str, Any]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True)]
    pairs += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    for parameter, default in pairs:
        try:
            yield parameter.id, ast.literal_eval(to_ast(default))
        except (ValueError, TypeError):
            continue


def _definitions(text: str) -> Iterator[tuple[str, str]]:
    """The functions of an emitted file, each with the comments above it."""
    lines = text.split("\n")
    start = 0
    for node in ast.parse(text).body:
        assert isinstance(node, ast.FunctionDef) and node.end_lineno is not None
        yield node.name, "\n".join(lines[start : node.end_lineno]).strip("\n")
        start = node.end_lineno
