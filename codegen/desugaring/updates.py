"""Functions of NumPy that write an argument, as pure updates: `np.add.at(y, i, v)` is `y = add_at(y, i, v)`.

Each has a text for the written array's new value, over its parameters; the new value's variable is `y` again.
"""

from dataclasses import dataclass
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.desugaring import stores
from s2s.codegen.desugaring.facts import note_at_call
from s2s.codegen.inference.kinds import Numeric, Unknown
from s2s.runtime.primitives import table


@dataclass(frozen=True)
class Update:
    """What a call writes.

    Attributes:
        parameters: of the function, the written one first; for methods the first is what they are called on.
        defaults: their values where not given; a parameter without one has to be.
        text: the new value of the first parameter; None for `out=`, whose new value is that of the call without it.
        is_method: is it the method of an array?
    """

    parameters: tuple[str, ...]
    text: str | None
    defaults: tuple[tuple[str, Any], ...] = ()
    is_method: bool = False


def _update(signature: str, text: str, is_method: bool = False, **defaults: Any) -> Update:
    return Update(tuple(signature.split(", ")), text, tuple(defaults.items()), is_method)


_FLAT = "np.reshape(set_at(np.ravel(a), {index}, {values}), np.shape(a))"
FUNCTIONS: dict[Any, Update] = {
    np.add.at: _update("a, indices, b", "add_at(a, indices, b)"),
    np.subtract.at: _update("a, indices, b", "add_at(a, indices, np.negative(b))"),
    np.multiply.at: _update("a, indices, b", "multiply_at(a, indices, b)"),
    np.divide.at: _update("a, indices, b", "multiply_at(a, indices, np.reciprocal(b * 1.0))"),
    np.copyto: _update("dst, src, casting, where", "write_where(dst, src, where)", casting="same_kind", where=True),
    np.put: _update("a, ind, v, mode", _FLAT.format(index="ind", values="cycled(v, ind)"), mode="raise"),
    np.place: _update("a, mask, vals", "set_at(a, mask, cycled_mask(vals, mask))"),
    np.putmask: _update("a, mask, values", "write_where(a, np.resize(values, np.shape(a)), mask)"),
    np.fill_diagonal: _update("a, val, wrap", "set_at(a, diagonal_index(a, wrap), val)", wrap=False),
    np.put_along_axis: _update(
        "arr, indices, values, axis", "set_at(arr, along_axis_index(np.shape(arr), indices, axis), values)"
    ),
}
METHODS: dict[str, Update] = {
    "fill": _update("a, value", "set_at(a, ..., value)", is_method=True),
    "sort": _update("a, axis", "np.sort(a, axis)", is_method=True, axis=-1),
    "put": _update("a, ind, v, mode", FUNCTIONS[np.put].text or "", is_method=True, mode="raise"),
    "itemset": _update("a, index, value", "set_at(a, index, value)", is_method=True),
}
OUT = Update(("out",), None)


# In inference ----------------------------------------------------------------------------------------------------


def note(inference: Any, node: gast.Call, target: Any) -> bool:
    """Notes at the call that it writes an array; False if it is not known to."""
    found = _found(inference, node, target)
    return found is not None and note_at_call(inference, node, found)


def _found(inference: Any, node: gast.Call, target: Any) -> Update | None:
    if target is None and isinstance(node.func, gast.Attribute):
        is_array = isinstance(inference.kind(node.func.value), Numeric)
        return METHODS.get(node.func.attr) if is_array else None
    try:
        return FUNCTIONS.get(target)
    except TypeError:  # unhashable
        return None


def note_out(inference: Any, node: gast.Call, target: Any) -> bool:
    """Notes that a function of NumPy writes its result into an argument `out=`."""
    keyword = next((k for k in node.keywords if k.arg == "out"), None)
    if target is None or (keyword is None and not isinstance(target, np.ufunc)):
        return False
    known = isinstance(target, np.ufunc) or table.lookup(target) is not None
    if not known or not _is_variable(inference, keyword):
        positional = isinstance(target, np.ufunc) and len(node.args) > target.nin
        if not positional or not core.is_name(node.args[target.nin]):
            return False
    return note_at_call(inference, node, OUT)


def _is_variable(inference: Any, keyword: Any) -> bool:
    return keyword is not None and isinstance(inference.kind(keyword.value), Numeric | Unknown)


# In the desugarer ------------------------------------------------------------------------------------------------


def apply(desugarer: Any, call: gast.Call, update: Update) -> gast.AST:
    """The written array's new version, and what the call returns."""
    if update.text is None:
        return _write_out(desugarer, call)
    bound = _bind(desugarer, call, update)
    owner = bound.get(update.parameters[0]) if bound is not None else None
    if bound is None or owner is None or not core.is_name(owner):
        desugarer.diagnostics.report(call, "this call writes what is no variable", "write elements: `x[i] = v`")
        return core.constant(None)
    writer = RuleWriter(desugarer.function, desugarer.append)
    writer.like = desugarer.origin
    pure = writer.operation(writer.text(update.text, bound))
    stores.write_with(desugarer, owner.id, gast.copy_location(pure, call))
    return core.constant(None)


def _bind(desugarer: Any, call: gast.Call, update: Update) -> dict[str, gast.AST] | None:
    given = [call.func.value, *call.args] if update.is_method else list(call.args)
    bound = dict(zip(update.parameters, given, strict=False)) | {k.arg: k.value for k in call.keywords}
    bound = {p: core.constant(v) for p, v in update.defaults} | bound
    return bound if set(bound) == set(update.parameters) and len(given) <= len(update.parameters) else None


def _write_out(desugarer: Any, call: gast.Call) -> gast.AST:
    """`np.f(…, out=a)`: a has the elements of the result, cast to its dtype, and is what the call returns."""
    keywords = {k.arg: k.value for k in call.keywords}
    out = keywords.pop("out", None)
    arguments = call.args if out is not None else call.args[:-1]
    out = call.args[-1] if out is None else out
    where = keywords.pop("where", None)
    if not core.is_name(out):
        desugarer.diagnostics.report(call, "out= is no variable", "pass one array, by its name")
        return core.constant(None)
    if where is not None:  # a slope that is infinite where nothing is written must not count
        masked = RuleWriter(desugarer.function, desugarer.append)
        arguments = [masked.atom(masked.text("np.where(m, x, 0.5)", {"m": where, "x": a})) for a in arguments]
    plain = core.call_of(call.func, arguments, [gast.keyword(k, v) for k, v in keywords.items()])
    value = desugarer.as_atom(gast.copy_location(plain, call))
    writer = RuleWriter(desugarer.function, None)
    if where is None:
        pure = core.call(writer.support("set_at"), out, core.constant(...), value)
    else:
        pure = core.call(writer.support("write_where"), out, value, where)
    return core.name(stores.write_with(desugarer, out.id, gast.copy_location(pure, call)))
