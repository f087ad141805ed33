"""The lattice of kinds: what a value is (array or scalar, tuple, list, dict, other) and which of its leaves are active.

Kinds decide what `+` means, what an adjoint looks like, and which statements need derivative code at all. Activity
is kept per leaf: a tuple of an active array and a string has one active leaf.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Union

import numpy as np

# The kinds without parts that were made: equal ones are one object, because very many are asked for and compared.
_MADE: dict[tuple[Any, ...], Any] = {}


def _interned(cls: type, *values: Any) -> Any:
    made: Any = object.__new__(cls)
    made.__dict__.update(zip(cls.__match_args__, values, strict=True))  # type: ignore[attr-defined]
    return _MADE.setdefault((cls, *values), made)


@dataclass(frozen=True, eq=False, init=False)
class Numeric:
    """An array or scalar; `scalar` ones are immutable numbers. The rank is known where it is asked for (`ranks.py`)."""

    active: bool = False
    scalar: bool = False
    rank: int | None = None

    def __new__(cls, active: bool = False, scalar: bool = False, rank: int | None = None) -> "Numeric":
        return _MADE.get((cls, active, scalar, rank)) or _interned(cls, active, scalar, rank)

    def __reduce__(self) -> Any:
        return Numeric, (self.active, self.scalar, self.rank)


@dataclass(frozen=True)
class TupleOf:
    """A tuple of known structure; `cls` is the named tuple's class."""

    elements: tuple["Kind", ...]
    cls: Any = None


@dataclass(frozen=True)
class FunctionOf(TupleOf):
    """A function that captures values: at run time it is these, a tuple; `definition` says which function it is."""

    definition: Any = None


@dataclass(frozen=True)
class ListOf:
    """A list: of known elements, or (elements None) any number of one kind."""

    element: "Kind"
    elements: tuple["Kind", ...] | None = None


@dataclass(frozen=True)
class RaggedOf(ListOf):
    """In batched code, a list of another length in each row: at run time pairs of the rows that have it, and it."""


@dataclass(frozen=True)
class DictOf:
    """A dict of known keys."""

    items: tuple[tuple[Any, "Kind"], ...]

    def get(self, key: Any) -> Union["Kind", None]:
        return dict(self.items).get(key)


@dataclass(frozen=True)
class MapOf:
    """A dict of keys that are known at run time only: any number of them, and values of one kind."""

    key: "Kind"
    element: "Kind"


UNKNOWN_VALUE = object()


@dataclass(frozen=True)
class Static:
    """An inactive Python object: a string, None, a shape, a function; its value where it is known."""

    value: Any = UNKNOWN_VALUE

    def __hash__(self) -> int:
        return hash((Static, type(self.value)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Static) and (self.value is other.value or _equal(self.value, other.value))


class RangeOf(Static):
    """A range: iterating it gives integers."""


@dataclass(frozen=True, eq=False, init=False)
class Unknown:
    """Anything else."""

    active: bool = False

    def __new__(cls, active: bool = False) -> "Unknown":
        return _MADE.get((cls, active)) or _interned(cls, active)

    def __reduce__(self) -> Any:
        return Unknown, (self.active,)


@dataclass(frozen=True)
class Bottom:
    """No value at all: what a recursive call gives before anything is known of the function's result."""


@dataclass(eq=False)
class ObjectOf:
    """One object that the function makes, and what its attributes are at the place that inference has come to.

    Attributes:
        cls: its class.
        name: what variables for its attributes are named after.
        kind_of: gives the kind of an atom.
        attributes: attribute to the atom that holds its value.
        other: where it got a second name, through which it may be written as well; None if it has one name only.
        written: where it was written through that other name.
        sources: the objects that this one may be.
    """

    cls: Any
    name: str
    kind_of: Callable[[Any], "Kind"]
    attributes: dict[str, Any] = field(default_factory=dict)
    other: Any = None
    written: Any = None
    sources: tuple["ObjectOf", ...] = ()


@dataclass(eq=False)
class SuperOf:
    """`super()`: the object, seen as one of the classes that follow `after` in the order of resolution."""

    owner: Any
    owner_kind: Any
    after: Any


Kind = Numeric | TupleOf | ListOf | DictOf | MapOf | Static | Unknown | ObjectOf | SuperOf | Bottom


def _equal(a: Any, b: Any) -> bool:
    plain = (str, int, float, bool, tuple, type(None), slice)
    return type(a) is type(b) and isinstance(a, plain) and repr(a) == repr(b)


def is_active(kind: Kind) -> bool:
    """Is any leaf active?"""
    if type(kind) is Numeric or type(kind) is Unknown:
        return kind.active
    return isinstance(kind, RaggedOf) or any(map(is_active, parts(kind)))


WITHOUT_PARTS = (Numeric, Static, Unknown, Bottom)


def parts(kind: Kind) -> tuple[Kind, ...]:
    """Kinds of the elements of a container."""
    if type(kind) in WITHOUT_PARTS:
        return ()
    if isinstance(kind, TupleOf):
        return kind.elements
    if isinstance(kind, ListOf):
        return kind.elements if kind.elements is not None else (kind.element,)
    if isinstance(kind, DictOf):
        return tuple(k for _, k in kind.items)
    if isinstance(kind, MapOf):
        return (kind.element,)
    return tuple(_data_of(kind, {kind})) if isinstance(kind, ObjectOf) else ()


def _data_of(kind: ObjectOf, seen: set[ObjectOf]) -> list[Kind]:
    """Kinds of what an object and the objects in its attributes hold; objects may refer to each other in circles."""
    found: list[Kind] = []
    for part in [kind.kind_of(node) for node in kind.attributes.values()]:
        if not isinstance(part, ObjectOf):
            found.append(part)
        elif part not in seen:
            seen.add(part)
            found += _data_of(part, seen)
    return found


def holds_object(kind: Kind) -> bool:
    """Is the kind that of an object that the function made, or of a container of such?"""
    return isinstance(kind, ObjectOf) or any(map(holds_object, parts(kind)))


def holds_callable(kind: Kind) -> bool:
    """Is the value a function or an object, or a container of such?"""
    is_function = isinstance(kind, FunctionOf) or isinstance(kind, Static) and callable(kind.value)
    return is_function or isinstance(kind, ObjectOf) or any(map(holds_callable, parts(kind)))


def with_activity(kind: Kind, active: bool) -> Kind:
    """The kind with every numeric leaf active, or none."""
    if type(kind) is Numeric:
        return kind if kind.active is active else Numeric(active, kind.scalar, kind.rank)
    if isinstance(kind, Numeric | Unknown):
        return kind if kind.active is active else replace(kind, active=active)
    if isinstance(kind, TupleOf):
        return replace(kind, elements=tuple(with_activity(k, active) for k in kind.elements))
    if isinstance(kind, RaggedOf):
        return RaggedOf(with_activity(kind.element, active))
    if isinstance(kind, ListOf):
        elements = None if kind.elements is None else tuple(with_activity(k, active) for k in kind.elements)
        return ListOf(with_activity(kind.element, active), elements)
    if isinstance(kind, DictOf):
        return DictOf(tuple((key, with_activity(k, active)) for key, k in kind.items))
    if isinstance(kind, MapOf):
        return MapOf(kind.key, with_activity(kind.element, active))
    return kind


def join(a: Kind, b: Kind) -> Kind:
    """The least kind that holds both: what a variable is after a branch, or over all iterations of a loop."""
    if a == b or isinstance(b, Bottom):
        return a
    if isinstance(a, Bottom):
        return b
    if isinstance(a, Numeric) and isinstance(b, Numeric):
        return _join_numeric(a, b)
    if isinstance(a, FunctionOf) or isinstance(b, FunctionOf):
        return _join_functions(a, b)
    if (flag := _join_flag(a, b) or _join_flag(b, a)) is not None:
        return flag
    if isinstance(a, TupleOf) and isinstance(b, TupleOf) and len(a.elements) == len(b.elements) and a.cls is b.cls:
        return TupleOf(tuple(join(x, y) for x, y in zip(a.elements, b.elements, strict=True)), a.cls)
    if (of_any_length := _join_lengths(a, b)) is not None:
        return of_any_length
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        return _join_lists(a, b)
    if isinstance(a, DictOf | MapOf) and isinstance(b, DictOf | MapOf):
        return _join_dicts(a, b)
    if isinstance(a, Static) and isinstance(b, Static):
        return Static()
    return Unknown(is_active(a) or is_active(b))


def _join_lengths(a: Kind, b: Kind) -> "ListOf | None":
    """Tuples of numbers whose length changes are what lists of these are, without methods that change them."""
    kinds = [k for k in (a, b) if isinstance(k, ListOf) or type(k) is TupleOf and k.cls is None]
    if len(kinds) < 2 or not any(isinstance(k, TupleOf) for k in kinds):
        return None
    known = [k.element if isinstance(k, ListOf) else element_of(k.elements) for k in kinds if parts(k)]
    element = element_of(tuple(known)) if known else Unknown()
    return ListOf(element) if isinstance(element, Numeric) else None


def _join_flag(a: Kind, b: Kind) -> "Kind | None":
    """True or False, and what is a number in each row of a batch."""
    is_flag = isinstance(a, Static) and isinstance(a.value, bool)
    return b if is_flag and isinstance(b, Numeric) and b.active and b.scalar else None


def _join_functions(a: Kind, b: Kind) -> Kind:
    """One function over values of kinds that hold both; different functions have no kind in common."""
    if isinstance(a, FunctionOf) and isinstance(b, FunctionOf) and a.definition is b.definition:
        elements = tuple(join(x, y) for x, y in zip(a.elements, b.elements, strict=True))
        return FunctionOf(elements, None, a.definition)
    return Unknown(is_active(a) or is_active(b))


def _join_numeric(a: Numeric, b: Numeric) -> Numeric:
    scalar = a.scalar and b.scalar
    return Numeric(a.active or b.active, scalar, None if scalar or rank_of(a) != rank_of(b) else rank_of(a))


def rank_of(kind: Kind) -> int | None:
    """The number of dimensions; None if it is not known."""
    return (0 if kind.scalar else kind.rank) if isinstance(kind, Numeric) else None


def _join_lists(a: ListOf, b: ListOf) -> ListOf:
    if isinstance(a, RaggedOf) or isinstance(b, RaggedOf):
        known = [k.element for k in (a, b) if k.elements != ()]
        return RaggedOf(element_of(tuple(known)))
    if a.elements == ():
        return ListOf(b.element)
    if b.elements == ():
        return ListOf(a.element)
    element = join(a.element, b.element)
    if a.elements is None or b.elements is None or len(a.elements) != len(b.elements):
        return ListOf(element)
    return ListOf(element, tuple(join(x, y) for x, y in zip(a.elements, b.elements, strict=True)))


def _join_dicts(a: DictOf | MapOf, b: DictOf | MapOf) -> Kind:
    if isinstance(a, DictOf) and isinstance(b, DictOf) and [k for k, _ in a.items] == [k for k, _ in b.items]:
        return DictOf(tuple((k, join(x, y)) for (k, x), (_, y) in zip(a.items, b.items, strict=True)))
    return map_of(a, b) or Unknown(is_active(a) or is_active(b))


def map_of(*dicts: DictOf | MapOf) -> MapOf | None:
    """The kind that holds all of these dicts, whatever their keys; None if their values have none in common."""
    keys = [k for d in dicts for k in ([d.key] if isinstance(d, MapOf) else [key_kind(key) for key, _ in d.items])]
    element = element_of(tuple(k for d in dicts for k in parts(d)))
    return None if not keys or isinstance(element, Unknown) else MapOf(element_of(tuple(keys)), element)


def key_kind(key: Any) -> Kind:
    """The kind of a key, but for its value."""
    return Numeric(scalar=True) if type(key) in (int, float) else Static()


def list_of(elements: tuple[Kind, ...]) -> ListOf:
    """A list of exactly these elements."""
    return ListOf(element_of(elements), elements)


def element_of(elements: tuple[Kind, ...]) -> Kind:
    joined: Kind = elements[0] if elements else Unknown()
    for kind in elements[1:]:
        joined = join(joined, kind)
    return joined


def of_value(value: Any, active: bool) -> Kind:
    """The kind of a run-time value; `active` floats are differentiated, integers and other objects never are."""
    if isinstance(value, tuple):
        elements = tuple(of_value(v, active) for v in value)
        return TupleOf(elements, type(value) if hasattr(value, "_fields") else None)
    if type(value) is list:
        return list_of(tuple(of_value(v, active) for v in value))
    if type(value) is dict:
        return DictOf(tuple((k, of_value(v, active)) for k, v in value.items()))
    return _of_leaf(value, active)


_STATIC = (bool, np.bool_, str, bytes, type(None), slice, type)


def _of_leaf(value: Any, active: bool) -> Kind:
    if isinstance(value, _STATIC):
        return Static(value)
    if isinstance(value, int):
        return Numeric(False, scalar=True)
    if isinstance(value, float | complex) and not isinstance(value, np.generic):
        return Numeric(active, scalar=True)
    dtype = getattr(value, "dtype", None)
    if dtype is not None and hasattr(value, "shape"):
        return Numeric(active and is_inexact(dtype), scalar=isinstance(value, np.generic))
    return Static(value)


def is_inexact(dtype: Any) -> bool:
    """Floating or complex, bfloat16 and the float8 types included (NumPy calls those void-like)."""
    kind = getattr(dtype, "kind", None)
    return kind in "fc" or "float" in str(dtype) if kind is not None else False


def getitem(kind: Kind, key: Any) -> Kind | None:
    """The kind at a known index or key of a container; None if that cannot be told."""
    try:
        if isinstance(kind, TupleOf):
            found = kind.elements[key]
            return TupleOf(found) if isinstance(key, slice) else found
        if isinstance(kind, ListOf):
            if kind.elements is None:
                return replace(kind) if isinstance(key, slice) else kind.element
            found = kind.elements[key]
            return list_of(found) if isinstance(key, slice) else found
        if isinstance(kind, DictOf):
            return kind.get(key)
        if isinstance(kind, MapOf):
            return kind.element
    except (IndexError, TypeError):
        return None
    return None


def iterated(kind: Kind) -> Kind:
    """The kind of the items when iterating."""
    if isinstance(kind, TupleOf):
        return element_of(kind.elements)
    if isinstance(kind, ListOf):
        return kind.element
    if isinstance(kind, DictOf | MapOf):
        return kind.key if isinstance(kind, MapOf) else Static()
    if isinstance(kind, Numeric):
        return Numeric(kind.active, kind.rank == 1, kind.rank - 1 if kind.rank and kind.rank > 1 else None)
    return kind if isinstance(kind, Bottom) else Unknown(is_active(kind))


def show(kind: Kind) -> str:
    """A short description for messages."""
    if isinstance(kind, FunctionOf):
        return "a function"
    names: Mapping[type, str] = {
        Numeric: "an array or number",
        TupleOf: "a tuple",
        ListOf: "a list",
        DictOf: "a dict",
        MapOf: "a dict",
    }
    if isinstance(kind, ObjectOf):
        return f"an object of {kind.cls.__name__}"
    return names.get(type(kind), "a Python object")
