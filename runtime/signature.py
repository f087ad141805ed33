"""Arguments of `jit`: which are static, which are donated, and what each leaf is in the program's signature."""

import enum
import functools
import inspect
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from s2s.runtime import array, dtypes, errors, tree
from s2s.runtime.array import Array, scalar
from s2s.runtime.aval import Aval, ShapeDtypeStruct
from s2s.runtime.compiler import Known
from s2s.runtime.dtypes import SCALARS
from s2s.runtime.staging import Staged


class Marked:
    """An argument marked as static, kept from being flattened."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Signature:
    """Which parameters of a function are static or donated, by position and by name.

    Raises:
        ValueError: a name or number that the function does not have, or a parameter both static and donated.
    """

    def __init__(
        self, function: Callable[..., Any], static: Iterable[int | str] = (), donated: Iterable[int | str] = ()
    ) -> None:
        self.function_name = getattr(function, "__name__", type(function).__name__)
        self.parameters, self._kinds = _parameters(function)
        self.static = self._resolve(static, "static")
        self.donated = self._resolve(donated, "donated")
        both = self.static & self.donated
        if both:
            raise ValueError(f"parameters {sorted(map(str, both))} of {self.function_name} are both static and donated")

    def _resolve(self, given: Iterable[int | str], kind: str) -> frozenset[int | str]:
        """Names and non-negative positions; a parameter that has both stands under both."""
        names = self.parameters
        found: set[int | str] = set()
        for item in given:
            if isinstance(item, str):
                self._check(names is None or item in names or inspect.Parameter.VAR_KEYWORD in self._kinds, item, kind)
                found |= {item} | ({names.index(item)} if names and item in names else set())
                continue
            position = item + len(names) if item < 0 and names else item
            variadic = inspect.Parameter.VAR_POSITIONAL in self._kinds
            self._check(position >= 0 and (names is None or position < len(names) or variadic), item, kind)
            found |= {position} | ({names[position]} if names and position < len(names) else set())
        return frozenset(found)

    def _check(self, known: bool, item: int | str, kind: str) -> None:
        if not known:
            have = ", ".join(self.parameters or ())
            raise ValueError(f"{kind} argument {item!r} is no parameter of {self.function_name}({have})")

    def mark(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with the static ones wrapped."""
        static = self.static
        marked = tuple([Marked(value) if i in static else value for i, value in enumerate(args)])
        return marked, {name: Marked(value) if name in static else value for name, value in kwargs.items()}

    def names(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[dict[int, str], frozenset[int]]:
        """The flattened arguments as the user would write them, and which of them are donated."""
        names: dict[int, str] = {}
        donated = set()
        pairs, _ = tree.flatten_with_path((tuple(args), dict(kwargs)))
        for index, (path, _) in enumerate(pairs):
            which = path[1].key if path[0].idx else path[1].idx
            names[index] = self._name(which) + tree.path_string(path[2:])
            if which in self.donated:
                donated.add(index)
        return names, frozenset(donated)

    def _name(self, which: int | str) -> str:
        if isinstance(which, str):
            return which
        names = self.parameters
        return names[which] if names and which < len(names) else f"argument {which}"


def _parameters(function: Callable[..., Any]) -> tuple[tuple[str, ...] | None, frozenset[Any]]:
    """The names of the named parameters, None where that is not known, and the kinds of parameters that there are."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None, frozenset()
    names = tuple(p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))
    return names, frozenset(p.kind for p in parameters)


_NONE: frozenset[int] = frozenset()
# Values of these types decide the program and nothing can change them.
_FIXED = (str, bytes, enum.Enum, np.dtype, type, range, slice, types.ModuleType, type(Ellipsis), type(NotImplemented))
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, np.ufunc, functools.partial)


def classify(
    leaves: Sequence[Any], known: frozenset[int] = _NONE
) -> tuple[tuple[Aval | Known, ...], list[Any], frozenset[int]]:
    """What each leaf is in the signature, the buffers of those that are arrays, and which are Python scalars.

    `known` leaves are Python scalars whose value the program needs.
    """
    sharding = _sharding(leaves)
    entries: list[Aval | Known] = []
    buffers: list[Any] = []
    scalars: list[int] = []
    for index, leaf in enumerate(leaves):
        kind = type(leaf)
        if kind is Array:
            entries.append(leaf._aval)
            buffers.append(leaf._buffer)
        elif kind in SCALARS and index not in known:
            aval, buffer = scalar(leaf, sharding)
            entries.append(aval)
            buffers.append(buffer)
            scalars.append(index)
        else:
            _classify_other(leaf, sharding, entries, buffers)
    return tuple(entries), buffers, frozenset(scalars) if scalars else _NONE


def positional(args: Sequence[Any]) -> tuple[tuple[Aval, ...], list[Any]] | None:
    """Avals and buffers of arguments that are all arrays or Python numbers on the default device; None otherwise."""
    avals, buffers = [], []
    for x in args:
        kind = type(x)
        if kind is Array:
            aval, buffer = x._aval, x._buffer
            if aval.sharding is not None:
                return None
        elif kind in SCALARS:
            aval, buffer = scalar(x)
        else:
            return None
        avals.append(aval)
        buffers.append(buffer)
    return tuple(avals), buffers


def _classify_other(leaf: Any, sharding: Any, entries: list[Aval | Known], buffers: list[Any]) -> None:
    if isinstance(leaf, ShapeDtypeStruct):
        entries.append(Aval(leaf.shape, dtypes.canonical(leaf.dtype), leaf.weak, sharding))
        buffers.append(None)
    elif _is_foreign_array(leaf):
        made = array.from_host(leaf, sharding)
        entries.append(made._aval)
        buffers.append(made._buffer)
    else:
        entries.append(_known(leaf))


def _is_foreign_array(leaf: Any) -> bool:
    """NumPy arrays and scalars, and arrays of other libraries."""
    return hasattr(leaf, "__array__") and not isinstance(leaf, type) and type(leaf) is not Staged


def _known(leaf: Any) -> Known:
    """A leaf that is no array as part of the program. TypeError if it can change or can't be compared."""
    value = leaf.value if type(leaf) is Marked else leaf
    if type(leaf) is not Marked and not _is_fixed(value):
        name = type(value).__name__
        raise TypeError(
            f"an argument of type {name}{errors.at_user_line()} is neither an array nor a pytree of arrays; register "
            f"the class with s2s.tree.register_node or register_dataclass, or mark the argument with static_argnums"
        )
    try:
        return Known(value)
    except TypeError as error:
        name = type(value).__name__
        raise TypeError(f"a static argument of type {name} is not hashable{errors.at_user_line()}") from error


def _is_fixed(value: Any) -> bool:
    if type(value) in SCALARS or value is None or isinstance(value, (*_FIXED, *_FUNCTIONS)):
        return True
    # A class with a hash of its own says that its values are compared by content.
    return type(value).__hash__ not in (None, object.__hash__)


def _sharding(leaves: Sequence[Any]) -> Any:
    """Where the arrays lie; staging refuses a mixture."""
    for leaf in leaves:
        if type(leaf) is Array:
            return leaf._aval.sharding
    return None
