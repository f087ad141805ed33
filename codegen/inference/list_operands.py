"""`np.mean(items)` of a list: NumPy makes an array of it first, and so does emitted code, which then has its rule.

So is `a[i : i + 3] = x, y, z`, where `a` is an array.
"""

from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import FunctionOf, Kind, ListOf, Numeric, TupleOf
from s2s.runtime.primitives.table import Primitive

_LISTS = (TupleOf, ListOf)
# Parameters that take lists of arrays as they are; primitives whose own rules know them.
_OF_LISTS = frozenset("object arrays tup condlist choicelist operands index start_indices keys".split())
_OF_ARRAYS = frozenset({"arrays", "tup"})
_KNOWS_LISTS = frozenset({"zeros_like_tree", "acc", "getitem"})
_WRITES = frozenset({"set_at", "add_at"})


def is_numpy(function: Any) -> bool:
    """Whether it is a function that makes arrays of lists."""
    return isinstance(function, np.ufunc) or str(getattr(function, "__module__", "")).startswith("numpy")


def _writes_array(inference: Any, node: gast.Call, primitive: Primitive) -> bool:
    return primitive.name in _WRITES and isinstance(inference.kind(node.args[0]), Numeric)


def takes_lists(primitive: Primitive, parameter: str) -> bool:
    """Whether an argument may stay a list: what is no array operand, and what NumPy takes as a list of arrays."""
    return parameter not in primitive.operands or parameter in _OF_LISTS or primitive.name in _KNOWS_LISTS


def as_arrays(inference: Any, statement: gast.AST, node: gast.Call, primitive: Primitive) -> gast.Call:
    """The call with `np.array(items)` for differentiated lists and tuples that it takes as arrays."""
    given = [*node.args, *[k.value for k in node.keywords]]
    if not any([isinstance(inference.kind(a), _LISTS) for a in given if type(a) is gast.Name]):
        return node
    if not (is_numpy(inference.global_object(node.func)) or _writes_array(inference, node, primitive)):
        return node
    parameters = [p.lstrip("*") for p in primitive.parameters]
    args = [_as_array(inference, a, primitive, p) for a, p in zip(node.args, parameters, strict=False)]
    keywords = [gast.keyword(k.arg, _as_array(inference, k.value, primitive, k.arg)) for k in node.keywords]
    given = [*args, *node.args[len(args) :]]
    if all(a is b for a, b in zip(given, node.args, strict=True)) and all(
        a.value is b.value for a, b in zip(keywords, node.keywords, strict=True)
    ):
        return node
    statement.value = gast.copy_location(gast.Call(node.func, given, keywords), node)
    return statement.value


def _as_array(inference: Any, argument: gast.AST, primitive: Primitive, parameter: str) -> gast.AST:
    kind: Any = inference.kind(argument) if core.is_name(argument) else None
    is_list = isinstance(kind, TupleOf | ListOf) and not isinstance(kind, FunctionOf) and kinds.is_active(kind)
    if is_list and parameter in _OF_ARRAYS and any(isinstance(k, TupleOf | ListOf) for k in _known_elements(kind)):
        return _of_arrays(inference, argument, kind)
    if not is_list or takes_lists(primitive, parameter):
        return argument
    array = RuleWriter(inference.function, None).numpy("array")
    made: gast.AST = inference.computed(inference.function.bases.get(argument.id, "array"), core.call(array, argument))
    return made


def _known_elements(kind: Any) -> tuple[Kind, ...]:
    return kinds.parts(kind) if getattr(kind, "elements", None) is not None else ()


def _of_arrays(inference: Any, argument: gast.AST, kind: Kind) -> gast.AST:
    """A list of arrays in which some are lists themselves, with arrays in their place."""
    elements: list[gast.AST] = []
    for k, part in enumerate(_known_elements(kind)):
        item = inference.computed("part", core.subscript(argument, core.constant(k)))
        elements.append(_made_array(inference, item) if isinstance(part, TupleOf | ListOf) else item)
    made: gast.AST = inference.computed("parts", core.list_of(elements))
    return made


def beside_array(inference: Any, node: gast.BinOp, left: Kind, right: Kind) -> gast.BinOp | None:
    """`x + [a, b]` with the list as an array; None where it is no list, or what is beside it may be a number."""
    if _is_list(right) and _is_array(left, node.op):
        return gast.BinOp(node.left, node.op, _made_array(inference, node.right))
    if _is_list(left) and _is_array(right, node.op):
        return gast.BinOp(_made_array(inference, node.left), node.op, node.right)
    return None


def _is_list(kind: Kind) -> bool:
    return isinstance(kind, TupleOf | ListOf) and not isinstance(kind, FunctionOf)


def _is_array(kind: Kind, operator: gast.AST) -> bool:
    """Whether it is surely an array; a number beside a list can only be meant to repeat it."""
    repeats = isinstance(operator, gast.Mult) and not kind.rank if isinstance(kind, Numeric) else True
    return isinstance(kind, Numeric) and not kind.scalar and not repeats


def _made_array(inference: Any, node: gast.AST) -> gast.AST:
    array = RuleWriter(inference.function, None).numpy("array")
    made: gast.AST = inference.computed("array", core.call(array, node))
    return made
