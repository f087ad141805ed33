"""Functions of NumPy that are others in disguise: methods of ufuncs, grids, norms that are sums and largest values."""

import functools
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.functions import function_values
from s2s.codegen.functions.expansions import called, elements, from_library, global_function, keyword, rule
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Kind, ListOf, Numeric
from s2s.runtime import builtin_functions as library

REDUCTIONS = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min}
ACCUMULATIONS = {np.add: np.cumsum, np.multiply: np.cumprod}
OUTER = (np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.minimum, np.hypot, np.arctan2)


def _call(inference: Any, function: Any, arguments: list[gast.AST], keywords: list[gast.AST]) -> gast.AST:
    return function_values.by_name(inference, core.call_of(arguments[0], arguments, keywords), function)


def _over_first_axis(inference: Any, node: gast.AST, function: Any) -> gast.AST:
    """The call with the default axis of a ufunc's method, which is the first."""
    given = [*node.args[1:2], *[k.value for k in node.keywords if k.arg == "axis"]]
    others = [k for k in node.keywords if k.arg != "axis"]
    axis = gast.keyword("axis", given[0] if given else core.constant(0))
    return _call(inference, function, node.args[:1], [axis, *others])


@rule(*[ufunc.reduce for ufunc in REDUCTIONS])
def _reduced(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    return _over_first_axis(inference, node, REDUCTIONS[target.__self__]) if len(node.args) <= 2 else None


@rule(*[ufunc.accumulate for ufunc in ACCUMULATIONS])
def _accumulated(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    return _over_first_axis(inference, node, ACCUMULATIONS[target.__self__]) if len(node.args) <= 2 else None


@rule(np.logaddexp.reduce)
def _log_of_sum(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    given = [*node.args[1:2], *[k.value for k in node.keywords if k.arg == "axis"]]
    if len(node.args) > 2 or any(k.arg not in ("axis", "keepdims") for k in node.keywords):
        return None
    kept = keyword(node, "keepdims") or core.constant(False)
    logsumexp = RuleWriter(inference.function, None).support("logsumexp")
    call = core.call(logsumexp, node.args[0])
    call.keywords = [gast.keyword("axis", given[0] if given else core.constant(0)), gast.keyword("keepdims", kept)]
    return call


@rule(*[ufunc.outer for ufunc in OUTER])
def _outer(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    if len(node.args) != 2 or node.keywords:
        return None
    function = global_function(inference, target.__self__)
    return from_library(inference, library.outer, function, *node.args)


@rule(np.meshgrid)
def _grids(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    """Each vector along an axis of its own, broadcast to all of them."""
    options = {k.arg: core.literal(k.value) for k in node.keywords if core.is_literal(k.value)}
    if len(options) < len(node.keywords) or set(options) - {"indexing", "sparse", "copy"} or not node.args:
        return None
    if any(isinstance(a, gast.Starred) for a in node.args):
        return None
    count, is_xy = len(node.args), options.get("indexing", "xy") == "xy"
    places = [1 - i if is_xy and count > 1 and i < 2 else i for i in range(count)]
    shapes = [[core.constant(-1) if k == place else core.constant(1) for k in range(count)] for place in places]
    parts = [
        inference.computed("part", _call(inference, np.reshape, [x, core.tuple_of(shape)], []))
        for x, shape in zip(node.args, shapes, strict=True)
    ]
    if options.get("sparse"):
        return core.tuple_of(parts)
    sizes: list[gast.AST] = [core.constant(1)] * count
    for x, place in zip(node.args, places, strict=True):
        sizes[place] = inference.computed("size", _call(inference, np.size, [x], []))
    shape = core.tuple_of(sizes)
    return core.tuple_of(
        [inference.computed("grid", _call(inference, np.broadcast_to, [p, core.copied(shape)], [])) for p in parts]
    )


@rule(np.block)
def _blocks(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    if len(node.args) != 1 or node.keywords or (depth := _depth(inference.kind(node.args[0]))) not in (1, 2):
        return None
    return _block(inference, node.args[0], -depth, {1: np.atleast_1d, 2: np.atleast_2d}[depth])


def _depth(kind: Kind) -> int | None:
    """How many lists of known length are around the arrays; None where they differ."""
    if not isinstance(kind, ListOf):
        return 0
    depths = {_depth(part) for part in kinds.parts(kind)} if kind.elements is not None else {None}
    inner = depths.pop() if len(depths) == 1 else None
    return None if inner is None else inner + 1


def _block(inference: Any, node: gast.AST, axis: int, raised: Any) -> gast.AST:
    if axis == 0:
        return inference.computed("part", _call(inference, raised, [node], []))
    parts = [_block(inference, e, axis + 1, raised) for e in elements(inference, node) or []]
    rows = inference.computed("parts", core.list_of(parts))
    where = gast.keyword("axis", gast.UnaryOp(gast.USub(), core.constant(-axis)))
    return inference.computed("block", _call(inference, np.concatenate, [rows], [where]))


@rule(np.linalg.norm)
def _norm(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    """The norms that are largest sums and singular values; the others have a rule."""
    order = node.args[1] if len(node.args) == 2 else keyword(node, "ord")
    known = inference.global_object(order) if order is not None else None
    known = core.literal(order) if order is not None and core.is_literal(order) else known
    kind = inference.kind(node.args[0])
    rank = kind.rank if isinstance(kind, Numeric) else None
    if len(node.args) > 2 or [k.arg for k in node.keywords] not in ([], ["ord"]):
        return None
    if isinstance(known, float) and known == np.inf:
        return from_library(inference, library.largest_norm, node.args[0])
    if isinstance(known, str) and known == "nuc" or rank == 2 and isinstance(known, int) and known == 2:
        values = _call(inference, np.linalg.svd, [node.args[0]], [gast.keyword("compute_uv", core.constant(False))])
        total = np.sum if known == "nuc" else np.max
        return _call(inference, total, [inference.computed("values", values)], [])
    if rank == 2 and isinstance(known, int) and known == 1:
        magnitudes = inference.computed("magnitude", _call(inference, np.abs, [node.args[0]], []))
        along = [gast.keyword("axis", core.constant(0))]
        totals = inference.computed("total", _call(inference, np.sum, [magnitudes], along))
        return _call(inference, np.max, [totals], [])
    return None


@rule(np.gradient)
def _slopes(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    """Differences along the axes, where the text or the rank tells which these are."""
    kind, axis = inference.kind(node.args[0]), keyword(node, "axis")
    rank = kind.rank if isinstance(kind, Numeric) else None
    if any(k.arg != "axis" for k in node.keywords) or axis is not None and not core.is_literal(axis):
        return None
    wanted = core.literal(axis) if axis is not None else tuple(range(rank)) if rank else None
    over = [wanted] if isinstance(wanted, int) else wanted
    spacings = node.args[1:] or [core.constant(1.0)]
    if over is None or len(spacings) not in (1, len(over)):
        return None
    steps = spacings if len(spacings) == len(over) else list(spacings) * len(over)
    slopes = [
        inference.computed("slope", from_library(inference, library.slope, node.args[0], h, _integer(k)))
        for h, k in zip(steps, over, strict=True)
    ]
    return slopes[0] if len(slopes) == 1 else core.list_of(slopes)


def _integer(value: int) -> gast.AST:
    return core.constant(value) if value >= 0 else gast.UnaryOp(gast.USub(), core.constant(-value))


@rule(np.float_power)
def _float_power(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    one = inference.computed("base", core.binary(node.args[0], gast.Mult(), core.constant(1.0)))
    return core.binary(one, gast.Pow(), node.args[1]) if len(node.args) == 2 and not node.keywords else None


@rule(np.modf)
def _modf(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    whole = inference.computed("whole", _call(inference, np.trunc, node.args, []))
    return core.tuple_of([inference.computed("rest", core.binary(node.args[0], gast.Sub(), whole)), whole])


@rule(np.sum, np.prod, np.mean)
def _of_selected(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    """`np.sum(x, where=mask)`: what is not selected counts as zero, or as one in a product."""
    mask = keyword(node, "where")
    if mask is None or not node.args:
        return None
    others = [k for k in node.keywords if k.arg != "where"]
    neutral = core.constant(1 if target is np.prod else 0)
    kept = inference.computed("kept", _call(inference, np.where, [mask, node.args[0], neutral], []))
    if target is not np.mean:
        return _call(inference, target, [kept, *node.args[1:]], others)
    total = inference.computed("total", _call(inference, np.sum, [kept, *node.args[1:]], others))
    shape = inference.computed("shape", _call(inference, np.shape, node.args[:1], []))
    selected = inference.computed("selected", _call(inference, np.broadcast_to, [mask, shape], []))
    count = inference.computed("count", _call(inference, np.sum, [selected, *node.args[1:]], core.copied(others)))
    return core.binary(total, gast.Div(), count)


@rule(np.piecewise)
def _pieces(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    """Each function is called with the elements of its piece, and writes what it gives there."""
    if len(node.args) != 3 or node.keywords:
        return None
    x, conditions, functions = node.args[0], *[elements(inference, a) for a in node.args[1:]]
    if conditions is None or functions is None or len(functions) not in (len(conditions), len(conditions) + 1):
        return None
    if len(functions) > len(conditions):
        taken = functools.reduce(lambda a, b: inference.computed("taken", core.binary(a, gast.BitOr(), b)), conditions)
        conditions = [*conditions, inference.computed("rest", gast.UnaryOp(gast.Invert(), taken))]
    made = inference.computed("pieces", _call(inference, np.zeros_like, [x], []))
    set_at = RuleWriter(inference.function, None).support("set_at")
    for condition, function in zip(conditions, functions, strict=True):
        value = function
        if not isinstance(inference.kind(function), Numeric):
            value = called(inference, function, [inference.computed("piece", core.subscript(x, condition))])
        made = inference.computed("pieces", core.call(set_at, made, condition, value))
    return made


@rule(np.apply_along_axis)
def _along_axis(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    """The function of each row of a matrix, whichever way its rows lie."""
    fits = len(node.args) == 3 and not node.keywords
    return from_library(inference, library.along_axis, *node.args) if fits else None


@rule(np.choose)
def _chosen(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    choices = elements(inference, node.args[1]) if len(node.args) == 2 and not node.keywords else None
    if not choices:
        return None
    places = [gast.Compare(node.args[0], [gast.Eq()], [core.constant(k)]) for k in range(len(choices))]
    tests = inference.computed("tests", core.list_of([inference.computed("test", p) for p in places]))
    return _call(inference, np.select, [tests, inference.computed("choices", core.list_of(choices))], [])
