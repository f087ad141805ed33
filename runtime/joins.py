"""Joins: what a variable is after a branch, or round a loop, from what it is on the ways that meet there."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2s.runtime import dtypes, errors, hlo, staging, tree
from s2s.runtime.aval import Aval
from s2s.runtime.errors import RefusedError
from s2s.runtime.helpers.checks import is_unset
from s2s.runtime.staging import Staged
from s2s.runtime.static_keys import static_key

_PLAIN = (bool, int, float, complex, str, bytes, type(None), np.dtype)


class JoinError(RefusedError):
    """Values of different structure, shape or kind meet in one variable of a staged branch or loop."""


def is_numeric(value: Any) -> bool:
    """Whether a value can be held by a staged array."""
    if type(value) is Staged or type(value) in dtypes.SCALARS or hasattr(value, "_buffer"):
        return True
    return isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufcV"


def aval_of(value: Any) -> Aval:
    """What is known of a numeric value; a Python scalar is weak."""
    if type(value) is Staged:
        return value.aval
    if type(value) in dtypes.SCALARS:
        return Aval((), dtypes.scalar_dtype(value), True)
    return Aval(value.shape, dtypes.canonical(value.dtype), getattr(value, "weak_type", False))


def same(a: Any, b: Any) -> bool:
    """Whether two values are one object, or equal plain Python values of one type."""
    if a is b:
        return True
    return type(a) is type(b) and isinstance(a, _PLAIN) and static_key(a) == static_key(b)


def joined(a: Aval, b: Aval) -> Aval | None:
    """The aval that holds both; None where the shapes differ."""
    if a is b:
        return a
    if a.shape != b.shape:
        return None
    dtype, weak = dtypes.result_type(a, b)
    return Aval(a.shape, dtype, weak)


def as_aval(value: Any, aval: Aval) -> Any:
    """The MLIR value of a numeric value, brought to an aval of its shape; zeros where it is not set."""
    if is_unset(value):
        return staging.zeros(aval).value
    return hlo.convert(staging.stage(value), aval.dtype, aval.weak).value


def is_exact(value: Any, aval: Aval) -> bool:
    """Whether a start value is the same number in the dtype of an aval, computed with as it would be in Python."""
    if type(value) not in dtypes.SCALARS:
        return is_unset(value) or aval_of(value).dtype == aval.dtype or aval_of(value).weak
    cast = np.asarray(value).astype(aval.dtype)
    return bool(cast == value) or value != value


def flatten(value: Any) -> tuple[list[Any], Any]:
    """The leaves of a variable's value, and its structure."""
    return tree.flatten(value)


def describe(value: Any) -> str:
    """The type of a value, for messages."""
    if is_unset(value):
        return "not set"
    if is_numeric(value):
        aval = aval_of(value)
        return f"a Python {type(value).__name__}" if type(value) in dtypes.SCALARS else repr(aval.strong())
    if value is None or isinstance(value, str | bool):
        return repr(value)
    if isinstance(value, list | tuple):
        known = list(list.__iter__(value)) if isinstance(value, list) else value  # what is in buffers is not read here
        inner = ", ".join(map(describe, known[:4])) + (", ..." if len(known) > 4 else "")
        return f"{type(value).__name__} of {len(known)}: ({inner})"
    return f"a {type(value).__name__}"


def mismatch(name: str, what: str, a: Any, b: Any) -> JoinError:
    """The error for a variable whose two values cannot be joined."""
    return JoinError(
        f"{name!r} {what}{errors.at_user_line()}: {describe(a)} and {describe(b)}; "
        "give it the same structure, shape and kind of value on both ways"
    )


class Spec:
    """How a value goes into a region: leaves that are constants of it, and leaves that it carries.

    Attributes:
        treedef: structure of the value; None where it is one constant as a whole.
        leaves: per leaf an `Aval` that is carried, or `Constant`.
    """

    __slots__ = ("treedef", "leaves")

    def __init__(self, treedef: Any, leaves: Sequence[Any]) -> None:
        self.treedef = treedef
        self.leaves = list(leaves)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Spec) or (self.treedef is None) != (other.treedef is None):
            return False
        return self.treedef is None or (self.treedef == other.treedef and self.leaves == other.leaves)

    __hash__ = None  # type: ignore[assignment]

    def fits(self, value: Any) -> bool:
        """Whether a value has this structure, and its constants."""
        if self.treedef is None:
            return True
        leaves = leaves_of(value, self.treedef)
        return leaves is not None and all(
            type(spec) is Aval or same(spec.value, leaf) for spec, leaf in zip(self.leaves, leaves, strict=True)
        )

    def avals(self) -> list[Aval]:
        return [leaf for leaf in self.leaves if type(leaf) is Aval]

    def build(self, value: Any, arguments: Any) -> Any:
        """The value with the carried leaves taken from an iterator of staged arrays."""
        if self.treedef is None:
            return value
        filled = [next(arguments) if type(leaf) is Aval else leaf.value for leaf in self.leaves]
        return self.treedef.unflatten(filled)


class Constant:
    """A leaf that is the same in all iterations."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(other) is Constant and same(self.value, other.value)

    __hash__ = None  # type: ignore[assignment]


UNCHANGED = Spec(None, ())


def leaves_of(value: Any, treedef: Any) -> list[Any] | None:
    """The leaves of a value of that structure, unset ones of what is not set; None if the structure differs."""
    if is_unset(value):
        return [value] * treedef.num_leaves
    leaves, structure = flatten(value)
    return leaves if structure == treedef else None


def widened(spec: Spec, entry: Any, out: Any, name: str) -> Spec:
    """The spec that holds the value before a loop, what `spec` carries already, and what one iteration gave."""
    if spec.treedef is None:
        if same(entry, out):
            return spec
        treedef = flatten(out if is_unset(entry) else entry)[1]
        before = leaves_of(entry, treedef)
        spec = Spec(treedef, [Constant(leaf) for leaf in before or ()])
    after = leaves_of(out, spec.treedef)
    if after is None:
        raise mismatch(name, "changes its structure in a loop", entry, out)
    return Spec(spec.treedef, [_widened(s, leaf, name) for s, leaf in zip(spec.leaves, after, strict=True)])


def _widened(leaf: Any, out: Any, name: str) -> Any:
    if type(leaf) is Constant:
        if same(leaf.value, out):
            return leaf
        if is_unset(leaf.value) and is_numeric(out):
            return aval_of(out)
        before: Any = leaf.value
    else:
        before = leaf
        if is_unset(out):
            return leaf
    if not is_numeric(out) or not (type(before) is Aval or is_numeric(before)):
        raise mismatch(name, "changes its kind in a loop", _shown(before), out)
    aval = joined(before if type(before) is Aval else aval_of(before), aval_of(out))
    if aval is None:
        raise mismatch(name, "changes its shape in a loop", _shown(before), out)
    return aval


def _shown(value: Any) -> Any:
    return staging.zeros(value) if type(value) is Aval else value
