"""`x[mask]` with a staged mask: an array of which only the compiled function knows how long its first axis is.

It keeps all rows beside a mask that says which of them there are. What is done with each element is done with all rows;
reductions and writes look at the mask. Where two of them meet that have different masks, the rows of both are moved to
the front; where their numbers then differ, the program raises an exception.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s.runtime import dtypes, errors, restaging, staging, tree
from s2s.runtime.aval import Aval
from s2s.runtime.errors import ConcretizationError
from s2s.runtime.host_calls import fail_unless
from s2s.runtime.operators import ArrayMethods
from s2s.runtime.staging import Staged


def unknown(what: str) -> ConcretizationError:
    return ConcretizationError(
        f"{what} was needed{errors.at_user_line()}, but it depends on data that are being staged; reduce what was "
        "selected (sum, mean, max), use .size as a number of the computation, or write np.where(mask, x, 0)"
    )


class Length(ArrayMethods):
    """How many rows are selected, as an entry of a shape: a number of the computation, and no Python int.

    Attributes:
        valid: the mask.
    """

    __slots__ = ("valid",)

    def __init__(self, valid: Any) -> None:
        self.valid = valid

    @property
    def count(self) -> Staged:
        """The number, a weak integer."""
        counted = np.sum(self.valid.astype(np.int64))
        made = Staged(counted.value, Aval((), dtypes.int64, True), staging.scope())
        made.bounds = (0, self.valid.shape[0])
        return made

    @property
    def aval(self) -> Aval:
        return Aval((), dtypes.int64, True)

    @property
    def weak(self) -> bool:
        return True

    def __index__(self) -> int:
        restaging.request()
        raise unknown("the number of elements that a mask selects, as a Python int,")

    __int__ = __bool__ = __float__ = __hash__ = __index__  # type: ignore[assignment]


class Selected(ArrayMethods):
    """Rows of an array, of which only those count where a mask holds.

    Attributes:
        array: all rows; those that do not count hold anything.
        valid: the mask, one entry a row.
        packed: whether the rows that count stand in front.
    """

    __slots__ = ("array", "valid", "packed")

    def __init__(self, array: Staged, valid: Staged, packed: bool = False) -> None:
        self.array, self.valid, self.packed = array, valid, packed

    @property
    def aval(self) -> Aval:
        return self.array.aval

    @property
    def weak(self) -> bool:
        return False

    @property
    def shape(self) -> tuple[Any, ...]:
        return (Length(self.valid), *self.array.shape[1:])

    @property
    def size(self) -> Any:
        return Length(self.valid).count * int(np.prod(self.array.shape[1:]))

    def rows(self) -> "Selected":
        """The same, packed."""
        if self.packed:
            return self
        count = self.array.shape[0]
        places = np.arange(count)
        order = np.argsort(np.where(self.valid, places, places + count))
        return Selected(self.array[order], np.less(places, Length(self.valid).count), True)

    def filled(self, value: Any) -> Staged:
        """All rows, with `value` in those that do not count."""
        return np.where(self.mask(), self.array, np.asarray(value, self.array.dtype))

    def mask(self, ndim: int | None = None) -> Staged:
        """The mask, of as many axes as the array has."""
        added = (self.array.ndim if ndim is None else ndim) - 1
        return np.reshape(self.valid, (self.valid.shape[0], *[1] * added))

    def copy(self, *args: Any) -> "Selected":
        return self

    def __len__(self) -> int:
        restaging.request()
        raise unknown("the number of elements that a mask selects, as a Python int,")

    def __iter__(self) -> Any:
        raise unknown("each element that a mask selects")

    def __setitem__(self, index: Any, value: Any) -> None:
        raise unknown("the place of an element among those that a mask selects")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raise unknown("what a mask selects, as a NumPy array,")

    def __repr__(self) -> str:
        return f"Selected({self.array!r})"


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):  # what was selected is an array of its own

    def _in_place(self: Selected, other: Any, _method: str = f"__{_name}__") -> Any:
        return getattr(self, _method)(other)

    setattr(Selected, f"__i{_name}__", _in_place)


def _selected(packed: Any, parts: Any) -> Selected:
    array, valid = parts
    return Selected(array, valid, packed)


tree.register_node(Length, lambda x: ((x.valid,), None), lambda _, parts: Length(next(iter(parts))))
tree.register_node(Selected, lambda x: ((x.array, x.valid), x.packed), _selected)

KINDS = frozenset({Selected, Length})


def refuse_result(value: Any) -> None:
    """The shapes of what a staged function returns must be known."""
    if any(type(leaf) in KINDS for leaf in tree.leaves(value, lambda part: type(part) in KINDS)):
        raise unknown("the shape of a result of the staged function")


# Primitives --------------------------------------------------------------------------------------------------------

Rule = Callable[[Any, Sequence[Any], dict[str, Any]], Any]
RULES: dict[str, Rule] = {}
# Rules for reads and updates by masks, where nothing is selected yet; they may give NotImplemented.
BY_MASK: dict[str, Rule] = {}
_bind: Callable[..., Any]


def connect(bind: Callable[..., Any]) -> None:
    """Sets how a primitive is applied: `bind(primitive, *operands, **static)`; done once, by dispatch."""
    global _bind
    _bind = bind


def apply(primitive: Any, *operands: Any, **static: Any) -> Any:
    """A primitive on the rows."""
    return _bind(primitive, *operands, **static)


def bind(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    """A primitive where something is selected by a staged mask; NotImplemented for all others."""
    if primitive.indexed:
        operands = [x[0] if type(x) is tuple and len(x) == 1 else x for x in operands]
    kinds = set(map(type, operands))
    if Length in kinds:
        return apply(primitive, *[x.count if type(x) is Length else x for x in operands], **static)
    if Selected not in kinds:
        by_mask = BY_MASK.get(primitive.name)
        return NotImplemented if by_mask is None else by_mask(primitive, operands, static)
    found = RULES.get(primitive.name, _each_element if primitive.batch == "aligned" else None)
    if found is None:
        raise unknown(f"the shape of what a mask selects, by {primitive.name},")
    return found(primitive, operands, static)


def rule(*names: str) -> Callable[[Rule], Rule]:
    def declare(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, rule))
        return rule

    return declare


def aligned(operands: Sequence[Any]) -> tuple[list[Any], Selected]:
    """The operands with their rows at the same places, and one of those that give the places."""
    first = next(x for x in operands if type(x) is Selected)
    if all(type(x) is not Selected or same(x.valid, first.valid) for x in operands):
        return list(operands), first
    packed = [x.rows() if type(x) is Selected else x for x in operands]
    lengths = [x.valid.shape[0] for x in packed if type(x) is Selected]
    packed = [_cut(x, min(lengths)) if type(x) is Selected else x for x in packed]
    counts = [Length(x.valid).count for x in operands if type(x) is Selected]
    agree = functools.reduce(np.logical_and, [np.equal(c, counts[0]) for c in counts[1:]])
    message = "operands could not be broadcast together: the masks that select them hold for different numbers of rows"
    fail_unless(agree, ValueError(message))
    first = next(x for x in packed if type(x) is Selected)
    return [Selected(x.array, first.valid, True) if type(x) is Selected else x for x in packed], first


def same(a: Staged, b: Staged) -> bool:
    """Whether two masks are one value."""
    return a is b or a.value == b.value


def _cut(x: Selected, count: int) -> Selected:
    return x if x.valid.shape[0] == count else Selected(x.array[:count], x.valid[:count], True)


def _each_element(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    operands, first = aligned(operands)
    rank = first.array.ndim
    if any(_reaches_rows(x, rank) for x in operands):
        raise unknown("the number of elements that a mask selects, for an operation with an array of known length,")
    parts = [x.array if type(x) is Selected else x for x in operands]
    result = apply(primitive, *parts, **static)
    return Selected(result, first.valid, first.packed) if type(result) is Staged else result


def axes_of(x: Selected, static: dict[str, Any]) -> tuple[int, ...]:
    """The axes that a call means, counted from the front."""
    axis = static.get("axis", None)
    if axis is None:
        return tuple(range(x.array.ndim))
    return tuple(a + x.array.ndim if a < 0 else a for a in (axis if isinstance(axis, tuple | list) else (axis,)))


def _reaches_rows(x: Any, rank: int) -> bool:
    """Whether an operand has rows of its own."""
    if type(x) is Selected:
        return x.array.ndim != rank
    return np.ndim(x) > rank or (np.ndim(x) == rank and np.shape(x)[0] != 1)


# Shapes --------------------------------------------------------------------------------------------------------------


@rule("reshape", "ravel", "flatten")
def _flat(primitive: Any, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    (x,) = operands
    shape = static.get("shape", -1)
    if x.array.ndim == 1 and (is_shape(shape) and len(shape) == 1 or type(shape) is int or shape == (-1,)):
        return x
    if not is_shape(shape):
        raise unknown(f"the shape of what a mask selects, by {primitive.name},")
    return Selected(np.reshape(x.array, (x.array.shape[0], *shape[1:])), x.valid, x.packed)


def sum_to(t: Any, shape: Sequence[Any]) -> Any:
    """See `support.sum_to`, where the rows of `t` are selected."""
    added = t.array.ndim - len(shape)
    stretched = [i + added for i, n in enumerate(shape) if type(n) is int and n == 1 and _is_wide(t, i + added)]
    axes = (*range(added), *stretched)
    summed = np.sum(t, axis=axes, keepdims=not added) if axes else t
    return np.reshape(summed, tuple(shape)) if added and stretched else summed


def _is_wide(t: Selected, axis: int) -> bool:
    return axis == 0 or t.array.shape[axis] != 1


def from_rows(like: Selected, rows: Callable[[int], Staged | None]) -> Selected | None:
    """The array whose rows, in order, are what `rows` gives for their greatest number."""
    packed = like.rows()
    array = rows(packed.array.shape[0])
    return None if array is None else Selected(array, packed.valid, True)


def is_shape(value: Any) -> bool:
    """Whether it is the shape of something that was selected."""
    return type(value) is tuple and bool(value) and type(value[0]) is Length


def unreduce(t: Any, shape: Sequence[Any], axes: Sequence[int]) -> Any:
    """See `support.unreduce`, where the first entry of the shape is a `Length`."""
    if type(t) is Selected:
        kept = [1 if i in axes else n for i, n in enumerate(shape)][1:]
        t = Selected(np.reshape(t.array, (t.array.shape[0], *kept)), t.valid, t.packed)
    else:
        t = np.reshape(t, tuple(1 if i in axes else n for i, n in enumerate(shape)))
    return spread(t, shape)


def spread(t: Any, shape: Sequence[Any]) -> Any:
    """`np.broadcast_to(t, shape)`, where the first entry of the shape is a `Length`."""
    if type(t) is Selected:
        return Selected(np.broadcast_to(t.array, (t.array.shape[0], *shape[1:])), t.valid, t.packed)
    valid = shape[0].valid
    return Selected(np.broadcast_to(t, (valid.shape[0], *shape[1:])), valid)


def meets(*values: Any) -> bool:
    """Whether one of these was selected, or is the shape of something that was."""
    return any(type(v) is Selected or is_shape(v) for v in values)


def is_mask(item: Any) -> bool:
    """Whether a part of an index is a staged mask, or one of what was selected."""
    return type(item) in (Staged, Selected) and item.dtype == np.bool_
