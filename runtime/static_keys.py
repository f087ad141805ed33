"""Values that are part of a program, as keys."""

from typing import Any


def static_key(value: Any) -> Any:
    """A hashable key that tells 1 from 1.0 and True, and 0.0 from -0.0."""
    kind = type(value)
    if kind is int or kind is str or value is None:
        return value
    if kind is bool:
        return (bool, value)
    if kind is float or kind is complex:
        return (kind, repr(value))
    if kind is tuple or kind is list:
        return (kind, *[static_key(item) for item in value])
    if kind is dict:
        return (dict, *[(name, static_key(item)) for name, item in sorted(value.items())])
    if kind is slice:
        return (slice, static_key(value.start), static_key(value.stop), static_key(value.step))
    return (kind, value)
