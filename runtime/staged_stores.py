"""Stores of staged source: into elements and attributes, and through methods that change their object."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime import chosen_entries, effects, unset
from s2s.runtime.errors import at_user_line
from s2s.runtime.ordering import sorted_
from s2s.runtime.shared_containers import before_write
from s2s.runtime.staged_calls import staged
from s2s.runtime.staged_constructors import holds_staged
from s2s.runtime.staging import Staged


def store_item(target: Any, index: Any, value: Any) -> None:
    """`target[index] = value`."""
    if isinstance(target, np.ndarray):
        if holds_staged(value) or holds_staged(list(index) if isinstance(index, tuple) else index):
            raise TypeError(
                f"a staged value is written into a NumPy array{at_user_line()}, which holds numbers only; make it "
                "inside of the staged function, with np.zeros, np.empty or np.array"
            )
    if type(target) is not Staged:
        unset.stored(value)
        before_write(target)
        effects.note(target)
        if isinstance(target, list) and chosen_entries.is_place(index) and chosen_entries.are_entries(target):
            return chosen_entries.store(target, index, value)
    target[index] = value


def store_attribute(target: Any, name: str, value: Any) -> None:
    """`target.name = value`."""
    unset.stored(value)
    effects.note(target)
    setattr(target, name, value)


def _sort(target: list[Any], **options: Any) -> None:
    before_write(target)
    effects.note(target)
    target[:] = sorted_(target, **options)


def mutate(target: Any, method: str) -> Callable[..., Any]:
    """`target.method`, of a method that changes a container: append, pop, update, ..."""
    if method == "sort" and isinstance(target, list):
        return functools.partial(_sort, target)
    bound = getattr(target, method)
    if type(target) is Staged:
        return bound
    if not isinstance(target, list | dict | set | np.ndarray):
        return staged(bound)

    def noted(*args: Any, **kwargs: Any) -> Any:
        unset.stored(args)
        before_write(target)
        effects.note(target)
        return bound(*args, **kwargs)

    return noted
