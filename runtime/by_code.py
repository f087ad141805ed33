"""Tables by code object, whose entries go with the code."""

import functools
import types
import weakref
from typing import Generic, TypeVar

Value = TypeVar("Value")


class ByCode(Generic[Value]):
    """Code objects to values, which must not refer to their code object.

    By identity: code of another file may be equal, and to hash code is to hash all of its constants.
    """

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: dict[int, tuple[Value, weakref.ref[types.CodeType]]] = {}

    def get(self, code: types.CodeType) -> Value | None:
        found = self._entries.get(id(code))
        return None if found is None else found[0]

    def set(self, code: types.CodeType, value: Value) -> Value:
        forget = functools.partial(self._entries.pop, id(code), None)
        self._entries[id(code)] = value, weakref.ref(code, lambda _: forget())
        return value

    def clear(self) -> None:
        self._entries.clear()

    def __contains__(self, code: types.CodeType) -> bool:
        return id(code) in self._entries

    def __len__(self) -> int:
        return len(self._entries)
