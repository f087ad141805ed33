"""Sources of what has none, but is called in a way that can be written down: NumPy's functions, partial functions."""

import dataclasses
import functools
import inspect
from typing import Any

import numpy as np

from s2s.codegen.core.names import Namer
from s2s.codegen.reading.source import FunctionSource, SourceError, function_source, source_from_string
from s2s.runtime.primitives import table


def source_of_callable(function: Any) -> FunctionSource:
    """The source of a function, or of one that does nothing but call it.

    Raises:
        SourceError: the function is compiled code that no rule is known for.
    """
    if isinstance(function, functools.partial):
        return _source_of_partial(function)
    primitive = None if isinstance(function, type) or inspect.isfunction(function) else table.lookup(function)
    return function_source(function) if primitive is None else _source_of_primitive(function, primitive)


def _source_of_primitive(function: Any, primitive: Any) -> FunctionSource:
    """`def solve(a, b, *args, **options): return np.linalg.solve(a, b, *args, **options)`."""
    required = [p for p in primitive.parameters if p not in primitive.defaults and not p.startswith("*")]
    names = Namer([*required, "np"])
    name = names.fresh(function.__name__)
    called, namespace = _spelled(function, names)
    given = ", ".join([*required, f"*{names.fresh('args')}", f"**{names.fresh('options')}"])
    return source_from_string(f"def {name}({given}):\n    return {called}({given})", namespace)


def _spelled(function: Any, names: Namer) -> tuple[str, dict[str, Any]]:
    """What the function is called in text, and what that reads."""
    name = function.__name__
    for path in (name, f"linalg.{name}"):
        owner = functools.reduce(lambda o, part: getattr(o, part, None), path.split("."), np)
        if owner is function:
            return f"np.{path}", {"np": np}
    called = names.fresh(name)
    return called, {called: function}


def _source_of_partial(function: functools.partial) -> FunctionSource:
    """`def f(x): return f(given, x, k=option)`: the arguments that are given already are free variables."""
    left = _parameters_left(function)
    names = Namer([p.name for p in left])
    base = getattr(function.func, "__name__", "")
    base = base if base.isidentifier() else "function"
    name, called = names.fresh(f"{base}_partial"), names.fresh(base)
    given = {names.fresh(f"given_{i}"): value for i, value in enumerate(function.args)}
    options = {k: names.fresh(f"given_{k}") for k in function.keywords}
    declared = [f"*{p.name}" if p.kind is p.VAR_POSITIONAL else _declared(p) for p in left]
    passed = [*given, *map(_passed, left), *[f"{k}={v}" for k, v in options.items()]]
    text = f"def {name}({', '.join(declared)}):\n    return {called}({', '.join(passed)})"
    values = {v: function.keywords[k] for k, v in options.items()}
    source = source_from_string(text, {called: function.func, **given, **values})
    return dataclasses.replace(source, defaults={p.name: p.default for p in left if p.default is not p.empty})


def _declared(parameter: inspect.Parameter) -> str:
    return parameter.name if parameter.default is parameter.empty else f"{parameter.name}={parameter.default!r}"


def _passed(parameter: inspect.Parameter) -> str:
    if parameter.kind is parameter.VAR_POSITIONAL:
        return f"*{parameter.name}"
    return parameter.name if parameter.kind is parameter.POSITIONAL_ONLY else f"{parameter.name}={parameter.name}"


_ANY = [inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)]


def _parameters_left(function: functools.partial) -> list[inspect.Parameter]:
    """The parameters without a value; starred ones where nothing more is known of the function."""
    try:
        parameters = list(inspect.signature(function.func).parameters.values())
    except (TypeError, ValueError):
        return _ANY
    if table.lookup(function.func) is not None:
        return _ANY  # what the function itself does not take here (`out`) may be in its signature
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
        return _ANY
    left = [p for p in parameters[len(function.args) :] if p.name not in function.keywords]
    if any(p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in left):
        raise SourceError(f"{function!r} leaves out an argument that is given by keyword only; write a lambda instead")
    return [p for p in left if p.kind is not p.KEYWORD_ONLY and _is_spelled(p.default)]


def _is_spelled(default: Any) -> bool:
    """Can the default be written down? What cannot is left to the function itself."""
    return default is inspect.Parameter.empty or isinstance(default, int | float | str | type(None))
