"""Arguments of primitives: a user's call in normal form, operands flattened, static values as keys."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from s2s.runtime import dtypes, errors
from s2s.runtime.array import Array
from s2s.runtime.primitives.table import Primitive
from s2s.runtime.staging import Staged

_NO_VALUE = np._NoValue  # type: ignore[attr-defined]
_ARRAYS = (Array, Staged)
_LEAF = "leaf"


class Operands:
    """Operands as a flat list of arrays and scalars, and a hashable template of what stood around them.

    Attributes:
        leaves: arrays, staged arrays and Python scalars.
        template: nested tuples with `_LEAF` where the leaves were.
        plain: whether the operands are the leaves, with nothing around them.
        staged: whether any leaf is staged.
    """

    __slots__ = ("leaves", "template", "plain", "staged")

    def __init__(self, operands: Sequence[Any]) -> None:
        self.leaves: list[Any] = []
        self.template = tuple([self._take(operand) for operand in operands])
        self.plain = len(self.leaves) == len(operands) and all(t is _LEAF for t in self.template)
        self.staged = any(type(leaf) is Staged for leaf in self.leaves)

    def _take(self, operand: Any) -> Any:
        kind = type(operand)
        if kind in _ARRAYS or kind in dtypes.SCALARS or isinstance(operand, (np.ndarray, np.generic)):
            self.leaves.append(operand)
            return _LEAF
        if kind is tuple or kind is list or isinstance(operand, (tuple, list)):
            return (list if isinstance(operand, list) else tuple, *[self._take(item) for item in operand])
        if kind is slice:
            return (slice, *[self._take_bound(b) for b in (operand.start, operand.stop, operand.step)])
        if operand is None or operand is Ellipsis or isinstance(operand, str):
            return operand
        if hasattr(operand, "valid"):
            raise errors.ConcretizationError(
                f"the number of elements that a staged mask selects was needed{errors.at_user_line()}, to put them "
                "together with others; reduce them (sum, mean, max), or write np.where(mask, x, 0)"
            )
        raise TypeError(f"expected an array or a number, got {kind.__name__}{errors.at_user_line()}")

    def _take_bound(self, bound: Any) -> Any:
        """Bounds of slices decide shapes: known ones stay known."""
        if type(bound) is Staged:
            self.leaves.append(bound)
            return _LEAF
        return bound if bound is None else ("known", bound.__index__())

    def rebuild(self, leaves: Sequence[Any]) -> list[Any]:
        """The operands with other leaves."""
        rest = iter(leaves)
        return [_rebuilt(part, rest) for part in self.template]


def _rebuilt(part: Any, leaves: Iterator[Any]) -> Any:
    if part is _LEAF:
        return next(leaves)
    if type(part) is not tuple:
        return part
    kind, *parts = part
    if kind == "known":
        return parts[0]
    rebuilt = [_rebuilt(p, leaves) for p in parts]
    return slice(*rebuilt) if kind is slice else kind(rebuilt)


def normalise(
    primitive: Primitive, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[Sequence[Any], dict[str, Any]]:
    """A user's call as operands in order and static parameters by name, defaults left out.

    Raises TypeError for missing, repeated and unknown arguments.
    """
    if len(args) == len(primitive.operands) and not kwargs and primitive.leading:
        return args, {}
    key = (primitive, len(args), *kwargs)
    plan = _plans.get(key)
    if plan is None:
        plan = _plans[key] = _plan(primitive, len(args), tuple(kwargs))
    if plan:
        return _follow(plan, (*args, *kwargs.values()))
    return _normalise_slowly(primitive, args, kwargs)


# How calls with as many positional arguments, and these names, are taken apart: the places of the operands, and name,
# place and default of the static parameters. Empty where that has to be looked at anew for each call.
_plans: dict[tuple[Any, ...], tuple[Any, ...]] = {}


def _plan(primitive: Primitive, count: int, names: tuple[str, ...]) -> tuple[Any, ...]:
    parameters = primitive.parameters
    given = [*parameters[:count], *names]
    regular = count <= len(parameters) and len(set(given)) == len(given) and set(given) <= set(parameters)
    if not regular or not set(primitive.operands) <= set(given) or any(p.startswith("*") for p in parameters):
        return ()
    static = [name for name in given if name not in primitive.operands]
    defaults = primitive.defaults
    return (
        [given.index(name) for name in primitive.operands],
        [(name, given.index(name), defaults.get(name, _NO_VALUE)) for name in static],
    )


def _follow(plan: tuple[Any, ...], values: tuple[Any, ...]) -> tuple[list[Any], dict[str, Any]]:
    operands, static = plan
    found = {name: values[i] for name, i, default in static if not _is_default(values[i], default)}
    return [values[i] for i in operands], found


def _normalise_slowly(
    primitive: Primitive, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[Sequence[Any], dict[str, Any]]:
    bound, rest = _positional(primitive, args)
    names = {name.lstrip("*") for name in primitive.parameters}
    for name, value in kwargs.items():
        if name in bound:
            raise TypeError(f"{primitive.name}() got two values for {name!r}{errors.at_user_line()}")
        if name in names:
            bound[name] = value
        elif value is not None and value is not _NO_VALUE:
            raise TypeError(f"{primitive.name}(): the argument {name}= is not supported{errors.at_user_line()}")
    operands = rest if rest is not None else [_operand(primitive, bound, name) for name in primitive.operands]
    return operands, _static(primitive, bound)


def _positional(primitive: Primitive, args: Sequence[Any]) -> tuple[dict[str, Any], list[Any] | None]:
    """Positional arguments by name, and those that a variadic parameter takes."""
    bound: dict[str, Any] = {}
    for position, name in enumerate(primitive.parameters):
        if name.startswith("*"):
            return bound, list(args[position:])
        if position < len(args):
            bound[name] = args[position]
    if len(args) > len(primitive.parameters):
        most = len(primitive.parameters)
        raise TypeError(f"{primitive.name}() takes {most} arguments, got {len(args)}{errors.at_user_line()}")
    return bound, None


def _operand(primitive: Primitive, bound: dict[str, Any], name: str) -> Any:
    value = bound.get(name, primitive.defaults.get(name, _NO_VALUE))
    if value is _NO_VALUE and name not in primitive.defaults:
        raise TypeError(f"{primitive.name}() is missing the argument {name!r}{errors.at_user_line()}")
    return value


def _static(primitive: Primitive, bound: dict[str, Any]) -> dict[str, Any]:
    defaults = primitive.defaults
    given = {name: value for name, value in bound.items() if name not in primitive.operands}
    return {name: v for name, v in given.items() if not _is_default(v, defaults.get(name, _NO_VALUE))}


def _is_default(value: Any, default: Any) -> bool:
    if value is default or value is _NO_VALUE:
        return True
    return type(value) is type(default) and type(value) is not Staged and bool(value == default)


def call_lower(primitive: Primitive, operands: Sequence[Any], static: Mapping[str, Any]) -> Any:
    """Calls `primitive.lower` with its parameters in place."""
    if primitive.lower is None:
        raise NotImplementedError(f"{primitive.name} has no lowering{errors.at_user_line()}")
    if primitive.leading:
        return primitive.lower(*operands, **static)
    variadic = next((i for i, p in enumerate(primitive.parameters) if p.startswith("*")), None)
    if variadic is None:
        return primitive.lower(**dict(zip(primitive.operands, operands, strict=True)), **static)
    static = dict(static)
    before = [static.pop(name, primitive.defaults.get(name)) for name in primitive.parameters[:variadic]]
    return primitive.lower(*before, *operands, **static)


def known(primitive: Primitive, name: str, value: Any) -> Any:
    """A static argument as plain Python: arrays become ints or tuples; a staged one has no value, which is an error."""
    kind = type(value)
    if kind is Staged:
        raise value._unknown(f"the argument {name}= of {primitive.name}", f"{name} must be known while staging")
    if kind is Array or kind is np.ndarray:
        return value.tolist() if value.ndim == 0 else tuple(value.tolist())
    if isinstance(value, (tuple, list)):
        items = [known(primitive, name, item) for item in value]
        return tuple(items) if kind in (tuple, list) else value
    return value.item() if isinstance(value, np.generic) and value.dtype.kind in "biuf" else value
