"""Rewrites calls of rank-polymorphic helpers to plain NumPy, where literals or shapes say which case it is."""

from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.simplifying import item_rules, rank_rules
from s2s.codegen.simplifying.shapes import alternatives, is_exact, operands, resolved
from s2s.codegen.simplifying.uniform_values import is_full_like, number, numpy_path, shape_of_argument, uniform
from s2s.runtime import support
from s2s.runtime.helpers.checks import is_unset
from s2s.runtime.primitives import table

Rule = Callable[[Any, gast.Call], gast.AST | None]


def simpler_call(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """A simpler form of a call, None if there is none."""
    target = resolved(rewriting.function, node.func)
    try:
        rule = RULES.get(target)
    except TypeError:
        return None
    fits = not node.keywords and len(node.args) in ARGUMENTS.get(target, (len(node.args),))
    found = rule(rewriting, node) if rule is not None and fits else None
    return found if found is not None or target not in SIGN_PASSES else _negative_inside(rewriting, node)


def _negative_inside(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`np.sum(-t)` is `-np.sum(t)`."""
    inner = rewriting.negated(node.args[0]) if node.args else None
    if inner is None or not rewriting.is_derived(node.args[0]):
        return None
    return gast.UnaryOp(gast.USub(), core.call_of(node.func, [inner, *node.args[1:]], node.keywords))


SIGN_PASSES = (np.sum, support.sum_to, np.expand_dims, np.broadcast_to, np.reshape)


# What gives its first operand as it is, where that has the shape of the result already.
KEEP_SHAPE = (np.broadcast_to, np.reshape, support.sum_to, support.inner_sum_to, support.align, support.align_stack)


def of_same_shape(rewriting: Any, target: str, node: gast.AST) -> gast.AST | None:
    """The operand of `target = np.broadcast_to(x, shape)` where both had the same shape, as recorded."""
    operand = node.args[0] if isinstance(node, gast.Call) and node.args else None
    if operand is None or not core.is_name(operand) or target not in rewriting.shapes.recorded:
        return None
    is_same = rewriting.shapes.recorded.get(operand.id) == rewriting.shapes.recorded[target]
    return operand if is_same and resolved(rewriting.function, node.func) in KEEP_SHAPE else None


# Helpers -------------------------------------------------------------------------------------------------------------


def _unreduce(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`unreduce(g, np.shape(a), axis, keepdims)`."""
    g, shape, axis, keepdims = node.args
    like = shape_of_argument(rewriting, shape)
    if like is None:
        return None
    if core.is_constant(g):
        return core.call(numpy_path(rewriting, "full_like"), like, g)
    found = uniform(rewriting, g)
    if found is not None and is_full_like(rewriting, g):
        return core.call(numpy_path(rewriting, "full_like"), like, found[0])
    if not (core.is_literal(axis) and core.is_literal(keepdims)):
        return None
    if core.literal(axis) is None or core.literal(keepdims):
        return core.call(numpy_path(rewriting, "broadcast_to"), g, shape)
    if core.literal(axis) == 0:
        return core.call(numpy_path(rewriting, "broadcast_to"), g, shape)
    expanded = core.call(numpy_path(rewriting, "expand_dims"), g, axis)
    return core.call(numpy_path(rewriting, "broadcast_to"), expanded, shape)


def _reduced_size(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`reduced_size(np.shape(a), axis)`."""
    shape, axis = node.args
    like = shape_of_argument(rewriting, shape)
    if like is None or not core.is_literal(axis):
        return None
    if core.literal(axis) is None:
        return core.call(numpy_path(rewriting, "size"), like)
    if isinstance(core.literal(axis), int):
        return core.subscript(core.call(numpy_path(rewriting, "shape"), like), axis)
    return None


def _sum_to(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`sum_to(t, np.shape(x))`."""
    t, shape = node.args
    like = shape_of_argument(rewriting, shape)
    if like is None:
        return None
    if rewriting.shapes.same(t, like):
        return t
    if core.is_name(like) and rewriting.shapes.certain.get(like.id) == () and core.is_name(t):
        return core.call(numpy_path(rewriting, "sum"), t)
    have, want = alternatives(rewriting.shapes.of(t)), alternatives(rewriting.shapes.of(like))
    if not have or not want or core.is_constant(t):
        return None
    longest = max(len(have), len(want))
    pairs = zip(have * (longest if len(have) == 1 else 1), want * (longest if len(want) == 1 else 1), strict=False)
    forms = [_summed(rewriting, t, h, w) for h, w in pairs]
    agree = len(forms) == longest and all(f is not None and core.same(f, forms[0]) for f in forms)
    return forms[0] if agree else None


def _summed(rewriting: Any, t: gast.AST, have: tuple[int, ...], want: tuple[int, ...]) -> gast.AST | None:
    np_sum = numpy_path(rewriting, "sum")
    if want == ():
        return core.call(np_sum, t)
    lead = len(have) - len(want)
    if have[lead:] == want and lead > 0:
        axis = core.constant(0) if lead == 1 else core.tuple_of(core.constant(i) for i in range(lead))
        return core.call(np_sum, t, axis=axis)
    axes = [i for i, (h, w) in enumerate(zip(have, want, strict=False)) if h != w]
    if lead == 0 and all(want[i] == 1 for i in axes):
        axis = core.constant(axes[0]) if len(axes) == 1 else core.tuple_of(core.constant(i) for i in axes)
        return core.call(np_sum, t, axis=axis, keepdims=core.constant(True))
    return None


def _broadcast_to(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`np.broadcast_to(t, np.shape(x))` of what has that shape already."""
    if len(node.args) != 2 or node.keywords:
        return None
    t, shape = node.args
    like = shape_of_argument(rewriting, shape)
    if like is None:
        return None
    if core.is_constant(t):
        return core.call(numpy_path(rewriting, "full_like"), like, t)
    return t if rewriting.shapes.same(t, like) else None


def _reshape(rewriting: Any, node: gast.Call) -> gast.AST | None:
    return _broadcast_to(rewriting, node)


def _power_partial(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`power_partial(x, n)` for a literal n."""
    x, exponent = node.args
    if not core.is_constant(exponent):
        return None
    n = core.literal(exponent)
    if n in (0, 1):
        return core.constant(n)
    lowered = x if n == 2 else core.binary(x, gast.Pow(), number(n - 1))
    return core.binary(exponent, gast.Mult(), lowered)


def _ranks(rewriting: Any, shape: gast.AST, other: gast.AST) -> tuple[int | None, int | None]:
    like = shape_of_argument(rewriting, shape)
    return (rewriting.shapes.rank(like) if like is not None else None), rewriting.shapes.rank(other)


def _matmul_lhs_bar(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`matmul_lhs_bar(g, np.shape(lhs), rhs)`."""
    g, shape, rhs = node.args
    ranks = _ranks(rewriting, shape, rhs)
    if ranks == (2, 2):
        return core.binary(g, gast.MatMult(), _transposed(rhs))
    if ranks == (1, 2):
        return core.binary(rhs, gast.MatMult(), g)
    if ranks == (2, 1):
        return core.call(numpy_path(rewriting, "outer"), g, rhs)
    return core.binary(g, gast.Mult(), rhs) if ranks == (1, 1) else None


def _matmul_rhs_bar(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`matmul_rhs_bar(g, lhs, np.shape(rhs))`."""
    g, lhs, shape = node.args
    rhs_rank, lhs_rank = _ranks(rewriting, shape, lhs)
    if lhs_rank == 2 and rhs_rank in (1, 2):
        return core.binary(_transposed(lhs), gast.MatMult(), g)
    if (lhs_rank, rhs_rank) == (1, 2):
        return core.call(numpy_path(rewriting, "outer"), lhs, g)
    return core.binary(g, gast.Mult(), lhs) if (lhs_rank, rhs_rank) == (1, 1) else None


def _transposed(node: gast.AST) -> gast.AST:
    return core.attribute(node, "T")


def _matrix_transpose(rewriting: Any, node: gast.Call) -> gast.AST | None:
    return _transposed(node.args[0]) if rewriting.shapes.rank(node.args[0]) == 2 else None


def _transpose(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`np.transpose(g, inverse_permutation(None))` reverses the axes again."""
    if len(node.args) != 2 or node.keywords:
        return None
    found = rewriting.definition(node.args[1])
    is_inverse = isinstance(found, gast.Call) and (
        resolved(rewriting.function, found.func) is support.inverse_permutation
    )
    axes = found.args[0] if is_inverse else node.args[1]
    if not (isinstance(axes, gast.Constant) and axes.value is None):
        return None
    if rewriting.shapes.rank(node.args[0]) is not None:
        return _transposed(node.args[0])
    return core.call(node.func, node.args[0])


def _shape(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """The shape of a temporary is asked of a name that lives anyway."""
    return _of_root(rewriting, node)


def _where(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`np.where(c, g, 0)`: a broadcast g need not be, next to a condition of the full shape."""
    if len(node.args) != 3:
        return None
    for place in (1, 2):
        found = uniform(rewriting, node.args[place])
        if found is not None and rewriting.shapes.same(node.args[0], found[1]):
            return core.call(node.func, *node.args[:place], found[0], *node.args[place + 1 :])
    return None


def _where_larger(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`where_larger(x, y, g)`: likewise, next to an x or y of the full shape."""
    found = uniform(rewriting, node.args[2])
    if found is None or not any(rewriting.shapes.same(x, found[1]) for x in node.args[:2]):
        return None
    return core.call(node.func, *node.args[:2], found[0])


def _instantiate(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`instantiate(t, like)` of a container in which nothing is None."""
    found = rewriting.definition(node.args[0])
    if isinstance(found, gast.List | gast.Tuple) and not any(
        isinstance(e, gast.Constant) and e.value is None for e in found.elts
    ):
        return node.args[0]
    return None


def _full_like(rewriting: Any, node: gast.Call) -> gast.AST | None:
    if len(node.args) == 2 and core.is_constant(node.args[1], 1) and not node.keywords:
        return core.call(numpy_path(rewriting, "ones_like"), node.args[0])
    return None


def _size(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """The size of a matrix reduced along one axis is a length of the matrix; that of a shape is a rank."""
    found = rewriting.definition(node.args[0])
    measured = shape_of_argument(rewriting, node.args[0])
    if measured is not None:
        rank = rewriting.shapes.rank(measured)
        return core.constant(rank) if rank is not None else None
    if not isinstance(found, gast.Call) or len(node.args) != 1:
        return _of_root(rewriting, node)
    reduced = _reduced(rewriting, found)
    if reduced is None or rewriting.shapes.rank(reduced[0]) != 2:
        return _of_root(rewriting, node)
    operand, axis = reduced
    root = rewriting.shapes.like_primal(operand)
    shape = core.call(numpy_path(rewriting, "shape"), core.name(root) if root is not None else operand)
    return core.subscript(shape, core.constant(0 if axis % 2 else 1))


def sizes_of_rows(rewriting: Any, left: gast.AST, right: gast.AST) -> gast.AST | None:
    """`np.size(x) // np.shape(x)[0]` is 1 for vectors."""
    size, rows = rewriting.definition(left), rewriting.definition(right)
    if not isinstance(size, gast.Call) or resolved(rewriting.function, size.func) is not np.size or len(size.args) != 1:
        return None
    if not isinstance(rows, gast.Subscript) or not core.is_constant(rows.slice, 0):
        return None
    like = shape_of_argument(rewriting, rows.value)
    is_same = like is not None and core.same(like, size.args[0]) and rewriting.shapes.rank(like) == 1
    return core.constant(1) if is_same else None


def _of_root(rewriting: Any, node: gast.Call) -> gast.AST | None:
    root, own = rewriting.shapes.like_primal(node.args[0]), getattr(node.args[0], "id", None)
    if root is None or root == own or root in rewriting.assigned.temporaries:
        root = broadcast_from(rewriting, node.args[0]) or root
    if root is None or root == own:
        return None
    return core.call(node.func, core.name(root))


def broadcast_from(rewriting: Any, node: gast.AST) -> str | None:
    """A parameter, or else a variable, to which the other operands of elementwise operations were broadcast."""
    found = _operands_of_shape(rewriting, node, rewriting.shapes.of(node)) if rewriting.shapes.recorded else []
    parameters = [n for n in found if n in rewriting.function.parameters]
    own = [n for n in found if n not in rewriting.assigned.temporaries and n in rewriting.function.kinds]
    return next(iter([*parameters, *own]), None)


def _operands_of_shape(rewriting: Any, node: gast.AST, shape: Any) -> list[str]:
    """The names that a name is computed from elementwise, of the same shape as recorded, nearest first."""
    found: dict[str, None] = {}
    nodes = [node] if is_exact(shape) and shape != () else []
    for each in nodes:
        sources = _shaping(rewriting, rewriting.definition(each)) if len(nodes) <= FARTHEST else []
        parts = [p for p in sources if core.is_name(p) and rewriting.shapes.of(p) == shape]
        nodes += [p for p in parts if p.id not in found]
        found.update(dict.fromkeys(p.id for p in parts))
    return list(found)


def _shaping(rewriting: Any, value: gast.AST | None) -> list[gast.AST]:
    """What gives a value its shape: operands, or the positions that items are taken from."""
    if isinstance(value, gast.Subscript):
        key = rewriting.definition(value.slice) or value.slice
        return [*key.elts] if isinstance(key, gast.Tuple) else [value.slice]
    return operands(value) if value is not None and rewriting.shapes.is_elementwise(value) else []


# How many operations a shape is followed through.
FARTHEST = 20


def _reduced(rewriting: Any, call: gast.Call) -> tuple[gast.AST, int] | None:
    """`(a, axis)` of `np.sum(a, axis=k)` and the like, without keepdims."""
    target = resolved(rewriting.function, call.func)
    primitive = table.lookup(target) if target is not None else None
    arguments = list(call.args)
    if primitive is None and isinstance(call.func, gast.Attribute) and target is None:
        primitive, arguments = table.METHODS.get(call.func.attr), [call.func.value, *call.args]
    keywords = {k.arg: k.value for k in call.keywords}
    axis = keywords.pop("axis", None) or (arguments[1] if len(arguments) > 1 else None)
    is_reduction = primitive is not None and primitive.name in _SCALAR_REDUCTIONS
    if not is_reduction or keywords or axis is None or not core.is_literal(axis):
        return None
    return (arguments[0], core.literal(axis)) if isinstance(core.literal(axis), int) else None


def _einsum_bar(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`einsum_bar(g, "ij,jk->ik", k, *operands)`, with the shape of operand k at its place."""
    g, subscripts, place, *operands = node.args
    if not (core.is_literal(subscripts) and core.is_literal(place)):
        return None
    shapes = [rewriting.shapes.of(o) for i, o in enumerate(operands) if i != core.literal(place)]
    if not all(is_exact(s) and 1 not in s for s in shapes):
        return None
    new = support.einsum_bar_subscripts(core.literal(subscripts), core.literal(place))
    if new is None:
        return None
    others = [o for i, o in enumerate(operands) if i != core.literal(place)]
    return core.call(numpy_path(rewriting, "einsum"), core.constant(new), g, *others)


def _literal_condition(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`copy_lower_if(x, False)`."""
    return node.args[0] if core.is_literal(node.args[1]) and core.literal(node.args[1]) is False else None


def _of_no_value(rewriting: Any, node: gast.Call) -> gast.AST | None:
    """`zeros_like(UNSAVED)`, `spread(None, size)`: what this path does not set has no tangent and no rows."""
    value = node.args[0]
    is_none = core.is_literal(value) and core.literal(value) is None
    return value if is_none or is_unset(resolved(rewriting.function, value)) else None


RULES: dict[Any, Rule] = {
    **rank_rules.RULES,
    support.getitem_bar: item_rules.getitem_bar,
    support.add_at: item_rules.add_at,
    support.set_at_bar: item_rules.set_at_bar,
    support.unreduce: _unreduce,
    support.reduced_size: _reduced_size,
    support.sum_to: _sum_to,
    support.power_partial: _power_partial,
    support.matmul_lhs_bar: _matmul_lhs_bar,
    support.matmul_rhs_bar: _matmul_rhs_bar,
    support.dot_lhs_bar: _matmul_lhs_bar,
    support.dot_rhs_bar: _matmul_rhs_bar,
    support.instantiate: _instantiate,
    support.einsum_bar: _einsum_bar,
    support.copy_lower_if: _literal_condition,
    support.fold_lower_if: _literal_condition,
    support.zeros_like: _of_no_value,
    support.spread: _of_no_value,
    np.broadcast_to: _broadcast_to,
    np.full_like: _full_like,
    np.size: _size,
    np.transpose: _transpose,
    np.reshape: _reshape,
    np.matrix_transpose: _matrix_transpose,
    np.shape: _shape,
    np.where: _where,
    support.where_larger: _where_larger,
}

# How many arguments a call has where its rule takes it apart; calls that leave defaults out stay as they are.
ARGUMENTS: dict[Any, tuple[int, ...]] = {
    support.getitem_bar: (3,),
    support.add_at: (3,),
    support.set_at_bar: (3,),
    support.where_larger: (3,),
    support.unreduce: (4,),
    support.reduced_size: (2,),
    support.sum_to: (2,),
    support.power_partial: (2,),
    support.matmul_lhs_bar: (3,),
    support.matmul_rhs_bar: (3,),
    support.dot_lhs_bar: (3,),
    support.dot_rhs_bar: (3,),
    support.instantiate: (2,),
    support.copy_lower_if: (2,),
    support.fold_lower_if: (2,),
    np.shape: (1,),
    np.size: (1,),
}

_SCALAR_REDUCTIONS = {"sum", "mean", "prod", "max", "min", "var", "std", "vdot", "trace", "det"}


def is_checked_scalar(rewriting: Any, statement: gast.AST) -> bool:
    """Is this `require_scalar(x)` of an x that is known to be a number?"""
    if type(statement) is not gast.Expr or type(statement.value) is not gast.Call:
        return False
    call = statement.value
    if resolved(rewriting.function, call.func) is not support.require_scalar:
        return False
    node = call.args[0]
    if core.is_literal(node) and not isnumber(core.literal(node)):
        return False
    if rewriting.shapes.is_certain_scalar(node):
        return True
    found = rewriting.definition(node)
    return isinstance(found, gast.Call) and _reduces_all(rewriting, found)


def isnumber(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _reduces_all(rewriting: Any, call: gast.Call) -> bool:
    target = resolved(rewriting.function, call.func)
    primitive = table.lookup(target) if target is not None else None
    if primitive is None and isinstance(call.func, gast.Attribute):
        primitive, arguments = table.METHODS.get(call.func.attr), call.args
    else:
        arguments = call.args[1:]
    return primitive is not None and primitive.name in _SCALAR_REDUCTIONS and not arguments and not call.keywords
