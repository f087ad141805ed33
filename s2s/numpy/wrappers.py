"""The functions of `s2s.numpy` that are primitives: written out from this one table, with real signatures.

A wrapper makes arrays of its arguments and applies the primitive; the code generator recognises it as that primitive.
"""

import os
import re
from collections.abc import Callable, Container, Mapping
from typing import Any

from s2s.numpy import conversion
from s2s.runtime import errors
from s2s.runtime.array import Array
from s2s.runtime.dispatch import apply, bind
from s2s.runtime.primitives import table

# Elementwise functions under the primitive's own name; on integers they compute in float32, or keep the dtype.
FLOATING = """
    exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh
    arccosh arctanh sinc degrees radians divide hypot logaddexp logaddexp2 heaviside reciprocal copysign nextafter rint
""".split()
ELEMENTWISE = """
    absolute add subtract multiply power negative positive floor_divide remainder fmod square maximum minimum fmax fmin
    equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor logical_not
    bitwise_and bitwise_or bitwise_xor bitwise_count invert left_shift right_shift sign signbit floor ceil trunc
    isnan isinf isfinite isposinf isneginf real imag angle conjugate
""".split()
ALIASES = {
    "abs": "absolute",
    "acos": "arccos",
    "acosh": "arccosh",
    "asin": "arcsin",
    "asinh": "arcsinh",
    "atan": "arctan",
    "atan2": "arctan2",
    "atanh": "arctanh",
    "around": "round",
    "bitwise_invert": "invert",
    "bitwise_left_shift": "left_shift",
    "bitwise_not": "invert",
    "bitwise_right_shift": "right_shift",
    "concat": "concatenate",
    "conj": "conjugate",
    "deg2rad": "radians",
    "mod": "remainder",
    "permute_dims": "transpose",
    "pow": "power",
    "rad2deg": "degrees",
    "true_divide": "divide",
}
# The other functions, with their signatures. A parameter that the primitive does not have takes its default only.
SIGNATURES = {
    "allclose": "a, b, rtol=1e-05, atol=1e-08, equal_nan=False",
    "append": "arr, values, axis=None",
    "argmax": "a, axis=None, out=None, keepdims=False",
    "argmin": "a, axis=None, out=None, keepdims=False",
    "argpartition": "a, kth, axis=-1",
    "argsort": "a, axis=-1, *, kind=None, order=None, stable=True, descending=False",
    "array_equal": "a1, a2, equal_nan=False",
    "array_split": "ary, indices_or_sections, axis=0",
    "broadcast_to": "array, shape",
    "column_stack": "tup",
    "concatenate": "arrays, axis=0, dtype=None",
    "count_nonzero": "a, axis=None, keepdims=False",
    "cross": "a, b, axisa=-1, axisb=-1, axisc=-1, axis=-1",
    "diag": "v, k=0",
    "diagonal": "a, offset=0, axis1=0, axis2=1",
    "dot": "a, b, *, precision=None, preferred_element_type=None",
    "dstack": "tup, dtype=None",
    "expand_dims": "a, axis",
    "flip": "m, axis=None",
    "fliplr": "m",
    "flipud": "m",
    "hstack": "tup, dtype=None",
    "inner": "a, b, *, precision=None, preferred_element_type=None",
    "isclose": "a, b, rtol=1e-05, atol=1e-08, equal_nan=False",
    "kron": "a, b",
    "lexsort": "keys, axis=-1",
    "matmul": "a, b, *, precision=None, preferred_element_type=None",
    "matrix_transpose": "x, /",
    "moveaxis": "a, source, destination",
    "nan_to_num": "x, copy=True, nan=0.0, posinf=None, neginf=None",
    "outer": "a, b, out=None",
    "pad": "array, pad_width, mode='constant', *, constant_values=0",
    "partition": "a, kth, axis=-1",
    "ptp": "a, axis=None, out=None, keepdims=False",
    "ravel": "a, order='C'",
    "repeat": "a, repeats, axis=None, *, total_repeat_length=None",
    "reshape": "a, shape, order='C', *, copy=None",
    "roll": "a, shift, axis=None",
    "rot90": "m, k=1, axes=(0, 1)",
    "round": "a, decimals=0, out=None",
    "searchsorted": "a, v, side='left', sorter=None, *, method='scan'",
    "select": "condlist, choicelist, default=0",
    "sort": "a, axis=-1, *, kind=None, order=None, stable=True, descending=False",
    "split": "ary, indices_or_sections, axis=0",
    "squeeze": "a, axis=None",
    "stack": "arrays, axis=0, out=None, dtype=None",
    "swapaxes": "a, axis1, axis2",
    "take": "a, indices, axis=None, out=None, mode='raise', unique_indices=False, indices_are_sorted=False",
    "take_along_axis": "arr, indices, axis=-1, mode=None, fill_value=None",
    "tensordot": "a, b, axes=2, *, precision=None, preferred_element_type=None",
    "tile": "A, reps",
    "trace": "a, offset=0, axis1=0, axis2=1, dtype=None, out=None",
    "transpose": "a, axes=None",
    "tril": "m, k=0",
    "triu": "m, k=0",
    "vdot": "a, b, *, precision=None, preferred_element_type=None",
    "vstack": "tup, dtype=None",
}
LINALG = {
    "cholesky": "a, *, upper=False, symmetrize_input=True",
    "det": "a",
    "eigh": "a, UPLO='L', symmetrize_input=True",
    "eigvalsh": "a, UPLO='L', *, symmetrize_input=True",
    "inv": "a",
    "norm": "x, ord=None, axis=None, keepdims=False",
    "pinv": "a, rcond=None, hermitian=False, *, rtol=None",
    "qr": "a, mode='reduced'",
    "slogdet": "a, *, method=None",
    "solve": "a, b",
    "svd": "a, full_matrices=True, compute_uv=True, hermitian=False, subset_by_index=None",
    "svdvals": "x, /",
    "matmul": "a, b, /",
    "matrix_transpose": "x, /",
    "outer": "a, b, /",
    "tensordot": "a, b, /, *, axes=2",
}
# Parameters that hold arrays beside those that a derivative is taken by, and those that hold sequences of arrays.
ARRAY_PARAMETERS = frozenset({"indices", "a_min", "a_max"})
INDICES = frozenset("argmax argmin argsort argpartition lexsort searchsorted count_nonzero".split())
SEQUENCES = frozenset({"arrays", "tup", "condlist", "choicelist", "keys"})

_SOURCE = '''
def {name}({signature}):
    """{doc}"""
{body}
'''
# Frames of that file are the library's, so a message names the line that called the wrapper.
_FILE = os.path.join(os.path.dirname(__file__), "wrappers (generated)")


def made(names: Mapping[str, str | None], module: str, floating: Container[str] = ()) -> dict[str, Callable[..., Any]]:
    """The public functions of primitives by name, with their signatures (None: the primitive's, by position only).

    Those in `floating` compute on integers in float32. The code generator recognises each one as its primitive.
    """
    sources = [_source(name, signature, name in floating) for name, signature in names.items()]
    primitives = {f"_{name}": table.named(name) for name in names}
    scope = primitives | _HELPERS | {"__name__": module}
    exec(compile("".join(sources), _FILE, "exec"), scope)  # noqa: S102 - text of this file's table
    for name in names:
        table.recognise(scope[name], name)
    return {name: scope[name] for name in names}


def _source(name: str, signature: str | None, floating: bool) -> str:
    primitive = table.named(name)
    signature = ", ".join(primitive.parameters) + ", /" if signature is None else signature
    parameters = _parameters(signature)
    leading = primitive.parameters[: len(primitive.operands)] == primitive.operands
    first = list(parameters)[: len(primitive.operands)] if leading else []
    rest = {p: default for p, default in parameters.items() if p not in first}
    operands = first + [p for p in rest if p in primitive.operands or p in ARRAY_PARAMETERS]
    lines = _call_lines(primitive, operands, first, rest, floating) if rest else _direct_lines(name, operands, floating)
    return _SOURCE.format(name=name, signature=signature, doc=_doc(primitive), body="\n".join(lines))


def _parameters(signature: str) -> dict[str, str]:
    """Names of parameters, and the text of their defaults."""
    parts = (part.partition("=") for part in re.split(r", (?![^(]*\))", signature))
    return {name: default for name, _, default in parts if name not in ("*", "/")}


def _call_lines(
    primitive: table.Primitive, operands: list[str], first: list[str], rest: dict[str, str], floating: bool
) -> list[str]:
    name, own = primitive.name, primitive.parameters
    lines = [f"_only_default({name!r}, {p!r}, {p}, {d})" for p, d in rest.items() if p not in own]
    lines += _conversions([p for p in operands if rest.get(p) != "None"], floating)
    lines += [f"{p} = _optional({p})" for p in operands if rest.get(p) == "None"]
    static = ", ".join(f"{p!r}: {p}" for p in rest if p in own)
    result = f"_apply(_{name}, ({''.join(p + ', ' for p in first)}), {{{static}}})"
    lines.append(f"return _as_index({result})" if name in INDICES else f"return {result}")
    return ["    " + line for line in lines]


def _direct_lines(name: str, operands: list[str], floating: bool) -> list[str]:
    """Nothing but a type check stands before the primitive where the operands are arrays already."""
    test = " or ".join(f"type({x}) is not _Array" for x in operands)
    if floating:
        test += "".join(f" or {x}._aval.dtype.kind in 'biu'" for x in operands)
    conversions = ["        " + line for line in _conversions(operands, floating)]
    return [f"    if {test}:", *conversions, f"    return _bind(_{name}, {', '.join(operands)})"]


def _conversions(operands: list[str], floating: bool) -> list[str]:
    lines = [f"{x} = _sequence({x})" for x in operands if x in SEQUENCES]
    single = [x for x in operands if x not in SEQUENCES]
    convert, convert_all = ("_inexact", "_inexact_operands") if floating else ("_operand", "_operands")
    if len(single) == 1:
        lines.append(f"{single[0]} = {convert}({single[0]})")
    elif single:
        lines.append(f"{', '.join(single)} = {convert_all}({', '.join(single)})")
    return lines


def only_default(function: str, parameter: str, value: Any, default: Any) -> None:
    """Refuses a value of a parameter that is there for the signature's sake."""
    if value is not default and value != default:
        raise NotImplementedError(f"{function}: {parameter}={value!r} is not supported yet{errors.at_user_line()}")


_HELPERS: dict[str, Any] = {
    "_Array": Array,
    "_apply": apply,
    "_as_index": conversion.as_index,
    "_bind": bind,
    "_inexact": conversion.inexact,
    "_inexact_operands": conversion.inexact_operands,
    "_only_default": only_default,
    "_operand": conversion.operand,
    "_operands": conversion.operands,
    "_optional": conversion.optional,
    "_sequence": conversion.sequence,
}


def _doc(primitive: table.Primitive) -> str:
    """The first sentence of NumPy's documentation, and what holds here."""
    documented = [f.__doc__ for f in primitive.functions if (f.__module__ or "numpy").startswith("numpy") and f.__doc__]
    paragraphs = (documented or [""])[0].split("\n\n")
    summary = next((p for p in paragraphs if p.strip() and "(" not in p.split()[0]), f"The primitive {primitive.name}.")
    return " ".join(summary.split()).replace("\\", "\\\\") + _DTYPES.get(primitive.name, "")


_DTYPES = dict.fromkeys(FLOATING, "\n\n    Elementwise, with broadcasting; integers are computed in float32.\n    ")
_DTYPES |= dict.fromkeys(ELEMENTWISE, "\n\n    Elementwise, with broadcasting; the operands' dtype is kept.\n    ")


def make_all() -> dict[str, Callable[..., Any]]:
    """The functions of `s2s.numpy` that are primitives."""
    names: dict[str, str | None] = dict.fromkeys(FLOATING + ELEMENTWISE) | SIGNATURES  # type: ignore[operator]
    functions = made(names, "s2s.numpy", FLOATING)
    return functions | {alias: functions[name] for alias, name in ALIASES.items()}


def make_linalg() -> dict[str, Callable[..., Any]]:
    """The functions of `s2s.numpy.linalg` that are primitives."""
    return made(LINALG, "s2s.numpy.linalg", LINALG)  # type: ignore[arg-type]
