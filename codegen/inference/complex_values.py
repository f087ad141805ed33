"""Complex numbers in differentiated code: their derivatives are refused where a differentiated value meets one.

Rules of operations are those of real numbers (that of `abs`, say), and would silently drop imaginary parts.
"""

import functools
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.inference import kinds

_CAUSE = "derivatives of complex values are not supported yet"
_REWRITE = "keep the real and the imaginary part in arrays of their own"
_DTYPES = ("complex", "complex64", "complex128")
_REAL_PARTS = frozenset({"absolute", "real", "imag", "angle"})


def check(inference: Any, statement: gast.AST) -> None:
    """Follows complex values through assignments; refuses those that depend on what is differentiated."""
    if inference.batches or not _occur(inference) or not isinstance(statement, gast.Assign):
        return
    names: set[str] = inference.__dict__.setdefault("complex_names", set())
    if not _is_complex(inference, statement.value, names) or _gives_real(statement):
        return
    targets = core.targets(statement)
    if any(kinds.is_active(inference.kinds[t]) for t in targets if t in inference.kinds):
        inference.refuse(statement, _CAUSE, _REWRITE)
    names.update(targets)


def _occur(inference: Any) -> bool:
    """Whether there may be anything complex in the function's text."""
    if "is_complex" not in inference.__dict__:
        survey, references = inference.function.source.survey, inference.function.references
        nodes = [*survey.of(gast.Constant), *survey.of(gast.Attribute)]
        found = any(map(_is_complex_object, references.values())) or any(_is_source(inference, n) for n in nodes)
        inference.__dict__["is_complex"] = found
    return bool(inference.__dict__["is_complex"])


def _is_complex(inference: Any, value: gast.AST, names: set[str]) -> bool:
    return any(_is_source(inference, n) or isinstance(n, gast.Name) and n.id in names for n in core.nodes(value))


def _is_source(inference: Any, node: gast.AST) -> bool:
    """Whether a node brings complex numbers in: a literal, a dtype, a constant of the module."""
    if isinstance(node, gast.Constant):
        return isinstance(node.value, complex) or isinstance(node.value, str) and node.value in _DTYPES
    dotted = core.dotted(node) if isinstance(node, gast.Name | gast.Attribute) else None
    return dotted is not None and _is_complex_object(_global(inference, *dotted.split(".")))


def _is_complex_object(found: Any) -> bool:
    if isinstance(found, type):
        return issubclass(found, complex | np.complexfloating)
    return isinstance(found, complex) or getattr(getattr(found, "dtype", None), "kind", "") == "c"


def _global(inference: Any, first: str, *rest: str) -> Any:
    """What a path of global names stands for, None if that is not known; the text does not come to depend on it."""
    found = None if first in inference.kinds else inference.function.references.get(first)
    return functools.reduce(lambda owner, name: getattr(owner, name, None), rest, found)


def _gives_real(statement: gast.AST) -> bool:
    operation = getattr(statement, "operation", None)
    primitive = getattr(operation, "primitive", None)
    return primitive is not None and primitive.name in _REAL_PARTS
