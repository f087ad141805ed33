"""Texts of differentiated values: a number that is read from one depends on them, but has no derivative.

`float(str(x))` and `float(f"{x:.3f}")` are refused; texts that are printed, raised, compared or given back are not.
"""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.diagnostics import Diagnostics
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Numeric

_MAKERS = ("str", "repr", "format", "ascii")
# What these give of a text does not change as the values in it do, but in steps.
_STEPS = ("len", "int", "bool", "hash", "isinstance", "type", "print", "callable", "hasattr", "id", "any", "all")
_BINDING = (gast.Assign, gast.For)
_TESTS = (gast.Compare, gast.BoolOp, gast.UnaryOp, gast.JoinedStr)


def check(function: core.Function, diagnostics: Diagnostics) -> None:
    """Refuses numbers that are read from texts of differentiated values."""
    statements = [s for s in core.walk(function.body) if type(s) in _BINDING]
    if not any(_makes_text(function, s) for s in statements):
        return
    texts: set[str] = set()
    while added := {t for s in statements for t in _text_targets(function, s, texts)} - texts:
        texts |= added
    for statement in statements:
        if _reads_number(function, statement, texts):
            cause = "a number is read from the text of a differentiated value, and its derivative would be lost"
            diagnostics.report(statement, cause, "compute with the value itself, or with s2s.stop_gradient of it")


def _makes_text(function: core.Function, statement: Any) -> bool:
    value = getattr(statement, "value", None)
    if not isinstance(value, gast.JoinedStr) and not (isinstance(value, gast.Call) and _gives_text(value)):
        return False
    return any(_is_active(function, name) for name in core.reads(value))


def _text_targets(function: core.Function, statement: Any, texts: set[str]) -> list[str]:
    """The variables that a statement leaves holding such a text, or what was made of one."""
    if core.is_join(statement):
        return [t for t, value in core.split_join([statement])[1] if core.is_name(value) and value.id in texts]
    if _makes_text(function, statement):
        return core.targets(statement)
    if texts.isdisjoint(core.own_reads(statement)) or _is_step(getattr(statement, "value", None)):
        return []
    return [name for name in core.targets(statement) if not isinstance(function.kinds.get(name), Numeric)]


def _reads_number(function: core.Function, statement: Any, texts: set[str]) -> bool:
    value = getattr(statement, "value", None)
    if value is None or core.is_join(statement) or _is_step(value) or isinstance(value, gast.Name | gast.Subscript):
        return False
    is_number = any(isinstance(function.kinds.get(name), Numeric) for name in core.targets(statement))
    return is_number and not texts.isdisjoint(core.reads(value))


def _is_step(value: Any) -> bool:
    if isinstance(value, gast.Call):
        return _called(value) in _STEPS
    return isinstance(value, _TESTS) and not (isinstance(value, gast.UnaryOp) and not isinstance(value.op, gast.Not))


def _gives_text(call: Any) -> bool:
    """Whether a call makes a text, or maps values to their texts."""
    return any(isinstance(part, gast.Name) and part.id in _MAKERS for part in (call.func, *call.args))


def _called(call: Any) -> str | None:
    return call.func.id if isinstance(call.func, gast.Name) else None


def _is_active(function: core.Function, name: str) -> bool:
    kind = function.kinds.get(name)
    return kind is not None and kinds.is_active(kind)
