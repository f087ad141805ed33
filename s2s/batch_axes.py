"""Batch axes of arguments and results: `in_axes` and `out_axes`, as `jax.vmap` takes them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, Numeric, Static, TupleOf

# An axis, None for what all rows share, or a container of these.
Axes = Any


def require_axes(axes: Axes, what: str) -> Axes:
    """The axes, lists at the top as tuples. TypeError if a leaf is neither an int nor None."""
    axes = tuple(axes) if isinstance(axes, list) and what == "in_axes" else axes
    if what == "in_axes" and not isinstance(axes, int | tuple | type(None)):
        raise TypeError(
            "vmap in_axes must be an int, None, or a tuple of entries corresponding to the positional arguments "
            f"passed to the function, but got {axes!r}"
        )
    if not all(type(leaf) is int or leaf is None for leaf in _leaves(axes)):
        raise TypeError(f"vmap {what} must be an int, None, or a container with those as leaves, but got {axes!r}")
    return axes


def _leaves(axes: Axes) -> list[Any]:
    if not is_container(axes):
        return [axes]
    return [leaf for part in (axes.values() if isinstance(axes, dict) else axes) for leaf in _leaves(part)]


def is_container(value: Any) -> bool:
    return isinstance(value, dict | list | tuple)


def of_parameters(in_axes: Axes, names: Sequence[str], optional: Iterable[str] = ()) -> dict[str, Axes]:
    """Parameter to axes; those that `in_axes` does not reach have axis 0, or share their default."""
    if not isinstance(in_axes, tuple):
        return {n: None if n in optional else in_axes for n in names}
    rest = {n: None if n in optional else 0 for n in names[len(in_axes) :]}
    return dict(zip(names, in_axes, strict=False)) | rest


def of_arguments(in_axes: Axes, names: Sequence[str], count: int) -> dict[str, Axes]:
    """Argument to axes in a call with `count` positional arguments; those given by keyword have axis 0.

    Raises:
        ValueError: `in_axes` has another number of entries.
    """
    if isinstance(in_axes, tuple) and len(in_axes) != count:
        raise ValueError(
            "vmap in_axes must be an int, None, or a tuple of entries corresponding to the positional arguments passed "
            f"to the function, but got len(in_axes)={len(in_axes)}, len(args)={count}"
        )
    axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * count
    return {n: axes[i] if i < count else 0 for i, n in enumerate(names)}


def children(value: Any, axes: Axes) -> list[tuple[Any, Any, Axes]]:
    """(key, part, axes of the part) of a container; one axis may stand for all of its leaves.

    Raises:
        ValueError: the axes are a container of another structure.
    """
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not is_container(axes):
        return [(k, value[k], axes) for k in keys]
    same = isinstance(axes, dict) == isinstance(value, dict) and len(axes) == len(keys)
    if not same or (isinstance(axes, dict) and set(axes) != set(keys)):
        raise _no_prefix(axes, value)
    return [(k, value[k], axes[k]) for k in keys]


def _no_prefix(axes: Axes, value: Any) -> ValueError:
    kind = f"{type(value).__name__} of {len(value)}" if is_container(value) else type(value).__name__
    return ValueError(
        f"vmap in_axes specification must be a tree prefix of the corresponding value, got specification {axes!r} for "
        f"a {kind}"
    )


def batched_leaves(value: Any, axes: Axes) -> list[tuple[Any, int]]:
    """The batched leaves of an argument, with their axes. None is a container of nothing."""
    if axes is None or value is None:
        return []
    if is_container(value):
        return [leaf for _, part, inner in children(value, axes) for leaf in batched_leaves(part, inner)]
    if is_container(axes):
        raise _no_prefix(axes, value)
    rank = np.ndim(value)
    if not -rank <= axes < rank:
        raise ValueError(
            f"vmap was requested to map its argument along axis {axes}, which implies that its rank should be at least "
            f"{axes + 1 if axes >= 0 else -axes}, but is only {rank} (its shape is {np.shape(value)})"
        )
    return [(value, axes)]


def batched_kind(value: Any, axes: Axes) -> Kind:
    """The kind of one row of the argument, batched leaves being active."""
    if axes is None or value is None:
        return kinds.of_value(value, active=False)
    if isinstance(value, dict):
        return DictOf(tuple((k, batched_kind(v, a)) for k, v, a in children(value, axes)))
    if isinstance(value, list | tuple):
        parts = tuple(batched_kind(v, a) for _, v, a in children(value, axes))
        return kinds.list_of(parts) if isinstance(value, list) else TupleOf(parts, _class_of(value))
    return Numeric(True, scalar=np.ndim(value) == 1)


def _class_of(value: tuple) -> Any:
    return type(value) if hasattr(value, "_fields") else None


def kind_of_batch(kind: Kind, axes: Axes, as_batch: Callable[[Kind], Kind]) -> Kind:
    """The kind of an argument of which no value is known, batched along these axes."""
    if axes is None or (isinstance(kind, Static) and kind.value is None):
        return kinds.with_activity(kind, False)
    if not is_container(axes):
        return as_batch(kind)
    if isinstance(kind, DictOf):
        return DictOf(tuple((k, kind_of_batch(kind.get(k) or Numeric(), a, as_batch)) for k, a in axes.items()))
    if isinstance(axes, dict):
        return DictOf(tuple((k, kind_of_batch(Numeric(), a, as_batch)) for k, a in axes.items()))
    known = kinds.parts(kind) if isinstance(kind, TupleOf | ListOf) else ()
    known = known if len(known) == len(axes) else (Numeric(),) * len(axes)
    parts = tuple(kind_of_batch(k, a, as_batch) for k, a in zip(known, axes, strict=True))
    is_list = isinstance(kind, ListOf) or (not isinstance(kind, TupleOf) and isinstance(axes, list))
    return kinds.list_of(parts) if is_list else TupleOf(parts, getattr(kind, "cls", None))


def size_of(bound: Mapping[str, Any], axes: Mapping[str, Axes], axis_size: int | None) -> int:
    """How many rows there are.

    Raises:
        ValueError: nothing is batched, or the batched arguments do not all have as many.
    """
    found = {n: [np.shape(leaf)[axis] for leaf, axis in batched_leaves(v, axes.get(n))] for n, v in bound.items()}
    sizes = {size for each in found.values() for size in each} | ({axis_size} if axis_size is not None else set())
    if not sizes:
        raise ValueError("vmap must have at least one non-None value in in_axes, or an axis_size")
    if len(sizes) > 1:
        given = ", ".join(f"{n}: {', '.join(map(str, each))}" for n, each in found.items() if each)
        given += f", axis_size: {axis_size}" if axis_size is not None else ""
        raise ValueError(f"vmap got inconsistent sizes for array axes to be mapped ({given})")
    return sizes.pop()


def signature(value: Any) -> Any:
    """Structure, shapes and dtypes of arguments."""
    if isinstance(value, Mapping):
        return tuple((k, signature(v)) for k, v in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(signature, value))
    return np.shape(value), str(getattr(value, "dtype", type(value)))


def is_shared(axes: Axes) -> bool:
    """Is nothing of the argument batched?"""
    return all(leaf is None for leaf in _leaves(axes))


def children_of_kind(kind: Kind, axes: Axes) -> list[tuple[Any, Kind, Axes]]:
    """(key, kind of the part, axes of the part) of a container."""
    parts = dict(kind.items) if isinstance(kind, DictOf) else dict(enumerate(kinds.parts(kind)))
    return [(k, part, axes[k] if is_container(axes) else axes) for k, part in parts.items()]
