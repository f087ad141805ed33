"""What is known of a function, or of its tree, kept as long as that lives."""

from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class Belongings(Generic[Value]):
    """Functions (or other objects with attributes) to values that may refer to them.

    A weak dictionary would keep such a function for ever, as it keeps its values. So a value is an attribute of its
    function, and goes with it. Wrappers and copies that take over a function's attributes do not own them.
    """

    def __init__(self, name: str) -> None:
        self._attribute = f"__s2s_{name}__"

    def get(self, owner: Any) -> Value | None:
        """The value of a function; None if it has none."""
        found, value = owner.__dict__.get(self._attribute, _NOTHING)
        return value if found is owner else None

    def set(self, owner: Any, value: Value) -> None:
        owner.__dict__[self._attribute] = owner, value

    def forget(self, owner: Any) -> None:
        owner.__dict__.pop(self._attribute, None)


_NOTHING: tuple[Any, Any] = (None, None)
