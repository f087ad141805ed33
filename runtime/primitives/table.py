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
import re
import sys
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
        batch: text of the batched operation, whose operands have the batch axis first; "aligned" for operations on
            each element, "" for those that are done row by row.
        shape_only: parameters of which only shape and structure matter, so that they have no derivative.
        writes_operand: parameter mutated by the NumPy function (`numpy.add.at`), None for pure ones.
        result_kind: what the result is: "array", "list", "tuple", "tree" (the kind of the first operand), or
            "static" (a Python value that is known without running: a shape, a rank).
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
    result_kind: str = "array"
    shape_only: tuple[str, ...] = ()
    batch: str = field(init=False, default="")
    # What every call of the primitive asks: are the operands its first parameters; is one of them an index.
    leading: bool = field(init=False)
    indexed: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "leading", self.parameters[: len(self.operands)] == self.operands)
        object.__setattr__(self, "indexed", "index" in self.operands)

        object.__setattr__(self, "batch", "aligned" if self.category == "elementwise" else "")

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (named, (self.name,))


PRIMITIVES: dict[str, Primitive] = {}
METHODS: dict[str, Primitive] = {}
_BY_FUNCTION: dict[Any, Primitive] = {}
_BY_FUNCTION_AND_COUNT: dict[tuple[Any, int | None], Primitive] = {}

# Array property (`x.T`) to the primitive's name.
PROPERTIES = {"T": "transpose", "mT": "matrix_transpose", "real": "real", "imag": "imag"}

# Array methods that also take their one static parameter as separate arguments: `x.reshape(2, 3)`.
VARIADIC_METHODS = {"reshape": "shape", "transpose": "axes"}

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


def lookup(function: Any, count: int | None = None) -> Primitive | None:
    """The primitive that `function` (a function object under any alias) stands for, or None.

    `count`, the number of arguments of the call, tells apart functions that are two operations in one
    (`math.log(x)` and `math.log(x, base)`, `np.where(c)` and `np.where(c, x, y)`).
    """
    try:
        found = None if count is None else _BY_FUNCTION_AND_COUNT.get((function, count))
        found = found or _BY_FUNCTION.get(function)
    except TypeError:  # unhashable callables are never in the table
        return None
    return found if found is not None else _lookup_late(function)


# Packages that are dear to import: their functions are recognised once the user has imported them.
LATE_FUNCTIONS: dict[str, dict[str, str]] = {}


def _lookup_late(function: Any) -> Primitive | None:
    for module_name, names in LATE_FUNCTIONS.items():
        name = names.get(getattr(function, "__name__", ""))
        module = sys.modules.get(module_name)
        if name is not None and getattr(module, function.__name__, None) is function:
            return PRIMITIVES[name]
    return None


def named(name: str) -> Primitive:
    """The primitive of that name; KeyError if there is none."""
    return PRIMITIVES[name]


def recognise(function: Callable[..., Any], name: str, count: int | None = None) -> None:
    """Makes `function` (called with `count` arguments, if given) another spelling of the primitive `name`."""
    if count is None:
        _BY_FUNCTION[function] = PRIMITIVES[name]
    else:
        _BY_FUNCTION_AND_COUNT[function, count] = PRIMITIVES[name]


def recognise_method(method: str, name: str) -> None:
    """Makes `x.method(...)` another spelling of the primitive `name`."""
    METHODS[method] = PRIMITIVES[name]


def batched(text: str, names: str) -> None:
    """Gives the named primitives (separated by blanks) their batched operation, as text; see `Primitive.batch`.

    The text may read `size`, the number of rows, and the parameters.
    """
    for name in names.split():
        _require(name, "batch", not PRIMITIVES[name].batch)
        object.__setattr__(PRIMITIVES[name], "batch", text)


def elementwise(name: str, signature: str, *, partials: Mapping[str, str], **fields: Any) -> Primitive:
    """Declares an operation applied to each element; `partials` maps every operand to its partial derivative."""
    primitive = _declare(name, signature, "elementwise", partials=dict(partials), **fields)
    _require(name, "partials", set(primitive.operands) == set(partials))
    return primitive


def linear(name: str, signature: str, *, vjp: str, **fields: Any) -> Primitive:
    """Declares an operation linear in all of its operands together; `vjp` is its transpose."""
    primitive = _declare(name, signature, "linear", vjp=_dedent(vjp), **fields)
    _require(name, "vjp", bool(primitive.operands) and all(f"{p}_bar" in primitive.vjp for p in primitive.operands))
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
    primitive = Primitive(name, parameters, defaults, operands, lower, tuple(functions), method, category, **rules)
    PRIMITIVES[name] = primitive
    for function in primitive.functions:
        _BY_FUNCTION[function] = primitive
    if method is not None:
        METHODS[method] = primitive
    return primitive


# One parameter of a signature: a name, perhaps starred, and perhaps a default.
_PARAMETER = re.compile(r"(\*?\w+)(?:=(\([^)]*\)|[^,]+))?")
_COMMON_DEFAULTS = {"None": None, "True": True, "False": False, "0": 0, "1": 1, "-1": -1}


def _parse_signature(signature: str) -> tuple[tuple[str, ...], dict[str, Any]]:
    """`"x, axis=None, *, keepdims=False"` to names and defaults; by hand, because `inspect` is slow at import."""
    found = _PARAMETER.findall(signature)
    defaults = {name: _default(text) for name, text in found if text}
    return tuple(name for name, _ in found), defaults


def _default(text: str) -> Any:
    if text in _COMMON_DEFAULTS:
        return _COMMON_DEFAULTS[text]
    return eval(text, {"float": float})  # noqa: S307 - a literal of our own declarations


def _dedent(text: str) -> str:
    return inspect.cleandoc(text)


def _require(name: str, field_name: str, holds: bool) -> None:
    if not holds:
        raise ValueError(f"primitive {name!r}: {field_name} is missing or does not cover every operand")
