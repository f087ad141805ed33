"""How many dimensions the arrays of a function have, where those of its arguments are known.

Nothing depends on ranks but what may share memory: an element of a one-dimensional array is a number, one of a matrix
a view of its row. A text that needs them to be told apart is written for the ranks of a call, and says so.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, Numeric, TupleOf
from s2s.codegen.inference.operations import Operation

# A number is immutable; an array without dimensions can be written in place.
NUMBER = Numeric(scalar=True)
# Truth values are no numbers where they stand as an index.
TRUTHS = re.compile("equal|not_equal|less.*|greater.*|logical.*|bitwise.*|invert|is.*|signbit")


def of_value(kind: Kind, value: Any) -> Kind:
    """The kind, with the ranks of the arrays in a value of that kind."""
    if isinstance(kind, Numeric):
        is_number = kind.scalar or (np.ndim(value) == 0 and not isinstance(value, np.ndarray))
        return replace(kind, scalar=True) if is_number else replace(kind, rank=np.ndim(value))
    if type(kind) is TupleOf:
        elements = tuple(of_value(k, v) for k, v in zip(kind.elements, value, strict=True))
        return replace(kind, elements=elements)
    if isinstance(kind, ListOf) and kind.elements is not None:
        return kinds.list_of(tuple(of_value(k, v) for k, v in zip(kind.elements, value, strict=True)))
    if isinstance(kind, DictOf):
        return DictOf(tuple((key, of_value(k, value[key])) for key, k in kind.items))
    return kind


def any_known(arguments: Mapping[str, Kind]) -> bool:
    """Are ranks of arrays known?"""
    return any(map(_is_known, arguments.values()))


def _is_known(kind: Kind) -> bool:
    return kind.rank is not None if isinstance(kind, Numeric) else any(map(_is_known, kinds.parts(kind)))


def of_leaves(kind: Kind) -> Any:
    """The rank of an array, and those in a container in a container of that kind; None if they are not all known."""
    if isinstance(kind, DictOf):
        found = {key: of_leaves(k) for key, k in kind.items}
        return None if None in found.values() else found
    if type(kind) is TupleOf or isinstance(kind, ListOf) and kind.elements is not None:
        parts = tuple(of_leaves(k) for k in kinds.parts(kind))
        return None if None in parts else parts
    return kinds.rank_of(kind)


def of_result(inference: Any, operation: Operation, kind: Kind) -> Kind:
    """The kind of what a primitive gives, with its rank where those of its operands tell it."""
    if not isinstance(kind, Numeric) or kind.scalar:
        return kind
    primitive = operation.primitive
    rule = _RULES.get(primitive.name)
    if rule is None and any(isinstance(f, np.ufunc) for f in primitive.functions):
        rule = _elementwise
    found = rule(inference, operation) if rule is not None else None
    return kind if found is None else replace(kind, rank=found.rank, scalar=found.scalar)


def _array(rank: int | None, is_number: bool = False) -> Numeric:
    return NUMBER if is_number and rank == 0 else Numeric(rank=rank)


# Rules: the rank of a result, None where it cannot be told -----------------------------------------------------------

Rule = Callable[[Any, Operation], Numeric | None]


def _rank(inference: Any, node: Any) -> int | None:
    if node is None:
        return None
    return kinds.rank_of(inference.kind(node))


def _elementwise(inference: Any, operation: Operation) -> Numeric | None:
    """NumPy's functions of numbers give numbers."""
    found = _broadcast(inference, operation)
    if found is None or found.rank != 0 or TRUTHS.fullmatch(operation.primitive.name):
        return found
    operands = [inference.kind(n) for n in operation.binding.values()]
    return NUMBER if any(isinstance(k, Numeric) and k.scalar for k in operands) else found


def _broadcast(inference: Any, operation: Operation) -> Numeric | None:
    ranks = [_rank(inference, n) for p, n in operation.binding.items() if n is not None]
    return None if not ranks or None in ranks else _array(max(r for r in ranks if r is not None))


def _same(parameter: str) -> Rule:
    def rule(inference: Any, operation: Operation) -> Numeric | None:
        kind = inference.kind(operation.binding[parameter])
        return kind if isinstance(kind, Numeric) else None

    return rule


def _same_array(parameter: str) -> Rule:
    return lambda inference, operation: _array(_rank(inference, operation.binding[parameter]))


def _of(rank: int) -> Rule:
    return lambda inference, operation: _array(rank)


def _reduced(inference: Any, operation: Operation) -> Numeric | None:
    """A reduction over all axes gives a number, one over one axis an array of one dimension less."""
    binding = operation.binding
    first = binding[operation.primitive.parameters[0]]
    given = [binding.get(p) for p in ("keepdims", "axis")]
    if not isinstance(inference.kind(first), Numeric) or not all(n is None or core.is_literal(n) for n in given):
        return None
    keeps, axis = (None if n is None else core.literal(n) for n in given)
    rank = _rank(inference, first)
    if keeps:
        return _array(rank)
    if axis is None:
        return _array(0, is_number=True)
    return _array(rank - 1, is_number=True) if rank and type(axis) is int else None


def _product(inference: Any, operation: Operation) -> Numeric | None:
    left, right = (_rank(inference, n) for n in list(operation.binding.values())[:2])
    if left is None or right is None or not (1 <= left <= 2 and 1 <= right <= 2):
        return None
    return _array(left + right - 2, is_number=True)


def _shaped(inference: Any, operation: Operation) -> Numeric | None:
    """The rank that a shape as an argument says: a number, or a tuple that is written out."""
    shape: Any = operation.binding.get("shape")
    if shape is None:
        return None
    kind = inference.kind(shape)
    if isinstance(shape, gast.Tuple):
        return _array(len(shape.elts))
    if isinstance(kind, TupleOf):
        return _array(len(kind.elements))
    return _array(1) if isinstance(kind, Numeric) and kind.scalar else None


def _like(inference: Any, operation: Operation) -> Numeric | None:
    shape = operation.binding.get("shape")
    is_own = shape is None or (core.is_literal(shape) and core.literal(shape) is None)
    return _array(_rank(inference, operation.binding["a"])) if is_own else None


def _along_axis(inference: Any, operation: Operation) -> Numeric | None:
    """Without an axis, some flatten their operand."""
    return _array(1) if _rank(inference, operation.binding["a"]) == 1 else None


def _between(inference: Any, operation: Operation) -> Numeric | None:
    ends = [_rank(inference, operation.binding[p]) for p in ("start", "stop")]
    return _array(1) if ends == [0, 0] else None


def _stacked(inference: Any, operation: Operation) -> Numeric | None:
    kind = inference.kind(next(iter(operation.binding.values())))
    if not isinstance(kind, ListOf | TupleOf) or kinds.parts(kind) == ():
        return None
    rank = kinds.rank_of(kinds.element_of(kinds.parts(kind)))
    return None if rank is None else _array(1 + rank)


def _array_of(inference: Any, operation: Operation) -> Numeric | None:
    """`np.array(x)`: of an array its rank, of a list of numbers or arrays one more."""
    node = next(iter(operation.binding.values()))
    if isinstance(inference.kind(node), Numeric):
        return _array(_rank(inference, node))
    return _stacked(inference, operation)


def _joined(inference: Any, operation: Operation) -> Numeric | None:
    kind = inference.kind(next(iter(operation.binding.values())))
    if not isinstance(kind, ListOf | TupleOf) or kinds.parts(kind) == ():
        return None
    return _array(kinds.rank_of(kinds.element_of(kinds.parts(kind))))


def _item(inference: Any, operation: Operation) -> Numeric | None:
    """`c[index]`: plain numbers take an axis away each, slices leave them; nothing else but one index array is told."""
    rank, index = _rank(inference, operation.binding["c"]), operation.binding["index"]
    parts = index.elts if isinstance(index, gast.Tuple) else [index]
    if rank is None or len(parts) > rank:
        return None
    steps = [_taken(inference, p) for p in parts]
    if None not in steps:
        return _array(rank - sum(s for s in steps if s is not None), is_number=True)
    is_vector = len(parts) == 1 and rank == 1 and _rank(inference, index) == 1  # positions, or a mask
    return _array(rank) if is_vector else None


def _taken(inference: Any, part: gast.AST) -> int | None:
    if isinstance(part, gast.Slice):
        return 0
    if core.is_literal(part):
        return 1 if type(core.literal(part)) is int else None
    kind = inference.kind(part)
    return 1 if isinstance(kind, Numeric) and kind.scalar else None


def _either(one: str, other: str) -> Rule:
    def rule(inference: Any, operation: Operation) -> Numeric | None:
        kind = kinds.join(inference.kind(operation.binding[one]), inference.kind(operation.binding[other]))
        return kind if isinstance(kind, Numeric) else None

    return rule


_RULES: dict[str, Rule] = {
    "getitem": _item,
    "reread": _same("old"),
    "choose": _either("a", "b"),
    "as_written": _either("old", "new"),
    "matmul": _product,
    "dot": _product,
    "inner": _product,
    "where": _broadcast,
    "array": _array_of,
    "asarray": _array_of,
    "stack": _stacked,
    "concatenate": _joined,
    "zeros": _shaped,
    "ones": _shaped,
    "empty": _shaped,
    "full": _shaped,
    "arange": _of(1),
    "linspace": _between,
    "eye": _of(2),
    "ravel": _of(1),
    "flatten": _of(1),
    "outer": _of(2),
    "clip": _elementwise,
    "float_cast": lambda inference, operation: NUMBER,
    "item": lambda inference, operation: NUMBER,
    **{name: _reduced for name in ("sum", "mean", "prod", "max", "min", "ptp", "var", "std", "logsumexp")},
    **{name: _reduced for name in ("argmax", "argmin", "count_nonzero")},
    **{name: _same_array("c") for name in ("set_at", "put", "add_at", "put_add", "put_view", "min_at", "max_at")},
    **{name: _same_array("c") for name in ("multiply_at", "write_where")},
    **{name: _like for name in ("zeros_like", "ones_like", "empty_like", "full_like")},
    **{name: _same_array("a") for name in ("copy", "transpose", "roll")},
    **{name: _along_axis for name in ("cumsum", "cumprod", "sort")},
    "flip": _same_array("m"),
}
