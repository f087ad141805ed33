"""`np.mean(items)` of a list: NumPy makes an array of it first, and so does emitted code, which then has its rule."""

from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import FunctionOf, ListOf, TupleOf
from s2s.runtime.primitives.table import Primitive

# Parameters that take lists of arrays as they are; primitives whose own rules know them.
_OF_LISTS = frozenset("object arrays tup condlist choicelist operands index start_indices keys".split())
_KNOWS_LISTS = frozenset({"zeros_like_tree", "acc", "getitem"})


def is_numpy(function: Any) -> bool:
    """Whether it is a function that makes arrays of lists."""
    return isinstance(function, np.ufunc) or str(getattr(function, "__module__", "")).startswith("numpy")


def takes_lists(primitive: Primitive, parameter: str) -> bool:
    """Whether an argument may stay a list: what is no array operand, and what NumPy takes as a list of arrays."""
    return parameter not in primitive.operands or parameter in _OF_LISTS or primitive.name in _KNOWS_LISTS


def as_arrays(inference: Any, statement: gast.AST, node: gast.Call, primitive: Primitive) -> gast.Call:
    """The call with `np.array(items)` for differentiated lists and tuples that it takes as arrays."""
    given = [*node.args, *[k.value for k in node.keywords]]
    if not any(isinstance(inference.kind(a), TupleOf | ListOf) for a in given if type(a) is gast.Name):
        return node
    if not is_numpy(inference.global_object(node.func)):
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
    kind = inference.kind(argument) if core.is_name(argument) else None
    is_list = isinstance(kind, TupleOf | ListOf) and not isinstance(kind, FunctionOf) and kinds.is_active(kind)
    if not is_list or takes_lists(primitive, parameter):
        return argument
    array = RuleWriter(inference.function, None).numpy("array")
    made: gast.AST = inference.computed(inference.function.bases.get(argument.id, "array"), core.call(array, argument))
    return made
