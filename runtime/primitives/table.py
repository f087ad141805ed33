"""The one table of primitives: what each is called, how it is lowered, how it is differentiated.

A primitive stands at the level of a NumPy function, because derivatives are emitted as NumPy source. The mathematical
class of an operation picks its constructor; a field that the class needs and that is missing fails at import:

- `elementwise`: one partial derivative per operand gives reverse and forward mode and batching;
- `linear`: the transpose is given as text, the tangent is the operation itself;
- `general`: both rules are given as text;
- `nondifferentiable`: says why, and is refused only where an active value meets it.

Rules are Python source over the primitive's parameter names, `out`, `out_bar`, `<operand>_dot`, `np` and the functions
of `s2s.runtime.support`; the code generator instantiates them, so what a rule reads is what gets saved.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False)
class Primitive:
    """One operation.

    Attributes:
        name: unique name, NumPy's where NumPy has the function.
        parameters: parameter names in order; a leading `*` marks a variadic one (`*operands`).
        defaults: parameter name to default value.
        operands: the parameters that hold arrays (the others are static Python values).
        lower: builds the operation on staged operands; takes the parameters, returns staged results.
        functions: function objects recognised as this primitive (NumPy's, `math`'s and our own).
        method: the array method of the same meaning, if there is one (`sum`, `reshape`); `T` is a property.
        category: "elementwise", "linear", "general" or "nondifferentiable".
        partials: for elementwise primitives, operand to the text of the partial derivative.
        vjp: text of statements that assign `<operand>_bar`.
        jvp: operand to the text of its contribution to `out_dot`.
        why_not: for nondifferentiable primitives, the reason shown to the user; None if the derivative is zero
            everywhere it exists (comparisons, `sign`, `floor`, `argmax`): then results are simply inactive.
        results: number of results (more than one: `out` is a tuple, and rules say `out[0]`, `out_bar[0]`).
        writes_operand: parameter mutated by the NumPy function (`numpy.add.at`), None for pure ones.
    """

    name: str
    parameters: tuple[str, ...]
    defaults: Mapping[str, Any]
    operands: tuple[str, ...]
    lower: Callable[..., Any] | None
    functions: tuple[Callable[..., Any], ...]
    method: str | None
    category: str
    partials: Mapping[str, str] = field(default_factory=dict)
    vjp: str = ""
    jvp: Mapping[str, str] = field(default_factory=dict)
    why_not: str | None = None
    results: int = 1
    writes_operand: str | None = None

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (named, (self.name,))


PRIMITIVES: dict[str, Primitive] = {}
METHODS: dict[str, Primitive] = {}
_BY_FUNCTION: dict[Any, Primitive] = {}

# Python operator (the gast class's name) to the primitive's name.
OPERATORS = {
    "Add": "add",
    "Sub": "subtract",
    "Mult": "multiply",
    "Div": "divide",
    "FloorDiv": "floor_divide",
    "Mod": "remainder",
    "Pow": "power",
    "MatMult": "matmul",
    "BitAnd": "bitwise_and",
    "BitOr": "bitwise_or",
    "BitXor": "bitwise_xor",
    "LShift": "left_shift",
    "RShift": "right_shift",
    "USub": "negative",
    "UAdd": "positive",
    "Invert": "invert",
    "Eq": "equal",
    "NotEq": "not_equal",
    "Lt": "less",
    "LtE": "less_equal",
    "Gt": "greater",
    "GtE": "greater_equal",
}


def lookup(function: Any) -> Primitive | None:
    """The primitive that `function` (a function object under any alias) stands for, or None."""
    try:
        return _BY_FUNCTION.get(function)
    except TypeError:  # unhashable callables are never in the table
        return None


def named(name: str) -> Primitive:
    """The primitive of that name; KeyError if there is none."""
    return PRIMITIVES[name]


def recognise(function: Callable[..., Any], name: str) -> None:
    """Makes `function` another spelling of the primitive `name` (same parameters)."""
    _BY_FUNCTION[function] = PRIMITIVES[name]


def elementwise(name: str, signature: str, *, partials: Mapping[str, str], **fields: Any) -> Primitive:
    """Declares an operation applied to each element; `partials` maps every operand to its partial derivative."""
    primitive = _declare(name, signature, "elementwise", partials=dict(partials), **fields)
    _require(name, "partials", set(primitive.operands) == set(partials))
    return primitive


def linear(name: str, signature: str, *, vjp: str, **fields: Any) -> Primitive:
    """Declares an operation linear in all of its operands together; `vjp` is its transpose."""
    primitive = _declare(name, signature, "linear", vjp=_dedent(vjp), **fields)
    _require(name, "vjp", all(f"{_bare(p)}_bar" in primitive.vjp for p in primitive.operands))
    return primitive


def general(name: str, signature: str, *, vjp: str, jvp: Mapping[str, str], **fields: Any) -> Primitive:
    """Declares an operation with explicit rules for both modes."""
    primitive = _declare(name, signature, "general", vjp=_dedent(vjp), jvp=dict(jvp), **fields)
    _require(name, "vjp", bool(primitive.vjp.strip()))
    _require(name, "jvp", bool(jvp))
    return primitive


def nondifferentiable(name: str, signature: str, *, why_not: str | None = None, **fields: Any) -> Primitive:
    """Declares an operation without a derivative (`why_not`), or with a zero one everywhere (no `why_not`)."""
    return _declare(name, signature, "nondifferentiable", why_not=why_not, **fields)


def _declare(
    name: str,
    signature: str,
    category: str,
    *,
    operands: Iterable[str] | None = None,
    functions: Iterable[Callable[..., Any]] = (),
    method: str | None = None,
    lower: Callable[..., Any] | None = None,
    **rules: Any,
) -> Primitive:
    if name in PRIMITIVES:
        raise ValueError(f"primitive {name!r} is declared twice")
    parameters, defaults = _parse_signature(signature)
    operands = tuple(p.lstrip("*") for p in parameters if p not in defaults) if operands is None else tuple(operands)
    primitive = Primitive(
        name, parameters, defaults, operands, lower, tuple(functions), method, category, **rules
    )
    PRIMITIVES[name] = primitive
    for function in primitive.functions:
        _BY_FUNCTION[function] = primitive
    if method is not None:
        METHODS[method] = primitive
    return primitive


def _parse_signature(signature: str) -> tuple[tuple[str, ...], dict[str, Any]]:
    """`"x, axis=None, *, keepdims=False"` to names and defaults."""
    probe: dict[str, Any] = {}
    exec(f"def probe({signature}): pass", probe)  # noqa: S102 - a literal of our own declarations
    parameters = inspect.signature(probe["probe"]).parameters.values()
    names = tuple("*" + p.name if p.kind is p.VAR_POSITIONAL else p.name for p in parameters)
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    return names, defaults


def _bare(parameter: str) -> str:
    return parameter.lstrip("*")


def _dedent(text: str) -> str:
    return inspect.cleandoc(text)


def _require(name: str, field_name: str, holds: bool) -> None:
    if not holds:
        raise ValueError(f"primitive {name!r}: {field_name} is missing or does not cover every operand")
