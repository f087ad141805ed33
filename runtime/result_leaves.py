"""What a compiled function may give back beside arrays: values that hold nothing of the program."""

from collections import deque
from collections.abc import Iterable, Iterator, KeysView, Mapping, Set, ValuesView
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from s2s.runtime.errors import RefusedError
from s2s.runtime.staging import Staged

_ATOMS = (str, bytes, int, float, complex, bool, type(None), type)


def refuse_hidden(leaf: Any) -> None:
    """Refuses a leaf of a function's result in which staged values are hidden: they have no values afterwards.

    Raises:
        RefusedError: names its class, and says what to give back instead.
    """
    if _is_plain(leaf):
        return
    if isinstance(leaf, Iterator):
        raise RefusedError(
            f"a compiled function gives back {_named(leaf)}, which is used up as it is read; give back a list"
        )
    if _holds_staged(leaf):
        raise RefusedError(
            f"a compiled function gives back {_named(leaf)} that holds arrays, and how they are taken out of it and "
            f"put back is not known; {_rewrite(leaf)}"
        )


def _is_plain(value: Any) -> bool:
    """Whether it is a plain value, or an array of whatever library, with nothing of ours in it."""
    return isinstance(value, _ATOMS) or (type(value) is not Staged and hasattr(type(value), "__array__"))


def _named(leaf: Any) -> str:
    name = type(leaf).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _rewrite(leaf: Any) -> str:
    if isinstance(leaf, FunctionType | MethodType | partial) or type(leaf).__module__ == "builtins":
        return "give back the arrays in a tuple or dict"
    name = type(leaf).__name__
    return (
        f"register the class (s2s.tree.register_pytree_node({name}, ...), or @s2s.tree.register_dataclass), or give "
        "back the arrays in a tuple or dict"
    )


def _holds_staged(leaf: Any) -> bool:
    seen: set[int] = set()
    stack = [leaf]
    while stack:
        value = stack.pop()
        if type(value) is Staged:
            return True
        if id(value) not in seen and not _is_plain(value):
            seen.add(id(value))
            stack.extend(_parts(value))
    return False


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or () if _is_set(cell)]
        return [*cells, *(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
    if isinstance(value, MethodType):
        return (value.__self__, value.__func__)
    if isinstance(value, partial):
        return [value.func, *value.args, *value.keywords.values()]
    held = _attributes(value)
    if isinstance(value, Mapping):
        return [*held, *value.keys(), *value.values()]
    return [*held, *value] if isinstance(value, list | tuple | Set | deque | KeysView | ValuesView) else held


def _attributes(value: Any) -> list[Any]:
    slots = [name for cls in type(value).__mro__ for name in _slots(cls)]
    return [*getattr(value, "__dict__", {}).values(), *(getattr(value, name) for name in slots if hasattr(value, name))]


def _slots(cls: type) -> Iterable[str]:
    slots = cls.__dict__.get("__slots__", ())
    return [name for name in ((slots,) if isinstance(slots, str) else slots) if not name.startswith("__")]


def _is_set(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True
