"""Objects of the user's classes among the arguments: they are not differentiated, and whoever asks for it is told."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from s2s.codegen.objects import classes
from s2s.runtime import tree
from s2s.transformed import has_float

_REWRITE = "pass what it holds as a dict, a named tuple or arguments of their own, and make the object inside"


def refuse_objects(arguments: Mapping[str, Any]) -> None:
    """TypeError for registered objects that hold floats: their cotangents would be zeros."""
    for name, value in arguments.items():
        for part in _objects(value):
            leaves = tree.leaves(part)
            if not any(leaf is part for leaf in leaves) and has_float(leaves):
                cause = f"{name!r} holds an object of {type(part).__name__}, of which vjp gives no cotangent"
                raise TypeError(f"{cause}; {_REWRITE}")


def refuse_tangents(primals: Sequence[Any], tangents: Sequence[Any]) -> None:
    """TypeError for tangents of objects other than zeros, which would be dropped."""
    for primal, tangent in zip(primals, tangents, strict=True):
        if (part := _moved(primal, tangent)) is not None:
            raise TypeError(f"jvp follows no tangent of an object of {type(part).__name__}; {_REWRITE}")


def _objects(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list | tuple):
        for part in _parts(value):
            yield from _objects(part)
    elif classes.is_user_object(value):
        yield value


def _parts(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)


def _moved(primal: Any, tangent: Any) -> Any:
    """An object in `primal` that the tangent would change, or None."""
    if isinstance(primal, dict | list | tuple):
        if not isinstance(tangent, dict | list | tuple) or len(tangent) != len(primal):
            return None
        pairs = zip(_parts(primal), _parts(tangent), strict=True)
        return next((part for pair in pairs if (part := _moved(*pair)) is not None), None)
    return primal if classes.is_user_object(primal) and _is_nonzero(tangent) else None


def _is_nonzero(tangent: Any) -> bool:
    if isinstance(tangent, dict | list | tuple):
        return any(map(_is_nonzero, _parts(tangent)))
    if classes.is_user_object(tangent):
        return any(map(_is_nonzero, vars(tangent).values()))
    if isinstance(tangent, bool | int | float | complex | np.ndarray | np.generic):
        return bool(np.any(np.asarray(tangent) != 0))
    return hasattr(tangent, "aval")
