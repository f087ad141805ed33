"""What classes say about their objects: where an attribute is found, and which classes can be followed at all."""

import abc
import builtins
import dataclasses
import enum
import functools
import types
import typing
from typing import Any

# Their classes are not taken apart.
LIBRARIES = ("builtins", "numpy", "scipy", "math", "jaxlib", "functools", "itertools", "operator", "collections", "s2s")
MISSING = object()
_PLAIN_BASES = (object, abc.ABC, typing.Generic, typing.Protocol)
_HOOKS = ("__getattr__", "__getattribute__", "__setattr__", "__delattr__")


def is_user_class(value: Any) -> bool:
    """Is this a class of the user's, whose objects are more than tuples?"""
    if not isinstance(value, type) or hasattr(value, "_fields") or issubclass(value, BaseException):
        return False
    return value.__module__.split(".")[0] not in LIBRARIES and type(value) not in _OTHER


_OTHER = (enum.EnumMeta,)


def is_user_object(value: Any) -> bool:
    """Is this an object of a class of the user's?"""
    return is_user_class(type(value)) and not isinstance(value, type)


def why_not(cls: type) -> str | None:
    """Why objects of the class can't be followed; None if they can."""
    if type(cls) not in (type, abc.ABCMeta, type(typing.Protocol)):
        return f"{cls.__name__} has a metaclass"
    for base in cls.__mro__:
        if base in _PLAIN_BASES:
            continue
        if base.__module__.split(".")[0] in LIBRARIES:
            return f"{cls.__name__} is derived from {base.__name__}"
        hooks = [h for h in _HOOKS if h in vars(base) and not _is_frozen_hook(base, h)]
        if hooks:
            return f"{base.__name__} defines {hooks[0]}"
        if "__new__" in vars(base):
            return f"{base.__name__} defines __new__"
    return None


def _is_frozen_hook(base: type, hook: str) -> bool:
    frozen = "__dataclass_params__" in vars(base) and vars(base)["__dataclass_params__"].frozen
    return frozen and hook in ("__setattr__", "__delattr__")


def is_frozen(cls: type) -> bool:
    return any("__dataclass_params__" in vars(b) and vars(b)["__dataclass_params__"].frozen for b in cls.__mro__)


def lookup(cls: type, name: str, after: Any = None) -> tuple[Any, type]:
    """What the class or its bases (those that follow `after`) define under a name, and the class that does."""
    order = list(cls.__mro__)
    for base in order[order.index(after) + 1 :] if after is not None else order:
        if name in vars(base) and base is not object:
            return vars(base)[name], base
    return MISSING, object


def getter(found: Any) -> Any:
    """The function that computes a property; None for what is no property."""
    if isinstance(found, property):
        return found.fget
    return found.func if isinstance(found, functools.cached_property) else None


def is_generated(cls: type) -> bool:
    """Was `__init__` written by @dataclass?"""
    found, owner = lookup(cls, "__init__")
    parameters = vars(owner).get("__dataclass_params__")
    written = isinstance(found, types.FunctionType) and found.__code__.co_filename != "<string>"
    return parameters is not None and parameters.init and not written


def fields(cls: type) -> list[Any]:
    """The fields that a generated `__init__` sets, pseudo-fields for it alone included."""
    owner = lookup(cls, "__init__")[1]
    kept = (dataclasses._FIELD, dataclasses._FIELD_INITVAR)  # type: ignore[attr-defined]
    return [f for f in vars(owner)["__dataclass_fields__"].values() if f._field_type in kept]


def is_for_init_only(field: Any) -> bool:
    return field._field_type is dataclasses._FIELD_INITVAR  # type: ignore[attr-defined]


def is_builtin(target: Any, *names: str) -> bool:
    return any(target is getattr(builtins, n) for n in names)
