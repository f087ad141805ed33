"""Values that exist on the host, once the program runs: staged arrays as NumPy arrays, and texts made of them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s.runtime.errors import ConcretizationError, at_user_line
from s2s.runtime.staging import Staged, read

Values = Sequence[Any]
Recipe = Callable[[Values], Any]

_TEXT_METHODS = frozenset(
    "capitalize casefold center expandtabs format format_map join ljust lower lstrip removeprefix removesuffix replace "
    "rjust rstrip strip swapcase title upper zfill".split()
)


class Text:
    """A text that only a run knows: `make(*parts)`, where values of arrays stand in the parts."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, make: Callable[..., str], *parts: Any) -> None:
        self.make = make
        self.parts = parts

    def __add__(self, other: Any) -> "Text":
        return Text(lambda a, b: a + b, self, other)

    def __radd__(self, other: Any) -> "Text":
        return Text(lambda a, b: a + b, other, self)

    def __mul__(self, times: Any) -> "Text":
        return Text(lambda a, n: a * n, self, times)

    def __getattr__(self, name: str) -> Any:
        if name not in _TEXT_METHODS:
            raise AttributeError(name) if name.startswith("__") else self._unknown()
        return lambda *args, **kwargs: Text(lambda t, a, k: getattr(t, name)(*a, **k), self, args, kwargs)

    def _unknown(self, *_: Any) -> Exception:
        return ConcretizationError(
            f"a text made of the values of arrays was needed{at_user_line()}, which are known only when the compiled "
            "function runs; there it can be printed, or be the message of an exception"
        )

    def _refuse(self, *_: Any) -> Any:
        raise self._unknown()

    __str__ = __format__ = __eq__ = __bool__ = __len__ = __iter__ = __getitem__ = __contains__ = _refuse

    def __repr__(self) -> str:
        return "a text made of the values of arrays"


def is_known(value: Any) -> bool:
    """Whether a value holds no staged arrays, and no texts made of them."""
    found: list[Staged] = []
    recipe(value, found)
    return not found


def text(make: Callable[..., str], *parts: Any) -> Any:
    """`make(*parts)`, as a `Text` if that is known only in a run."""
    return make(*parts) if is_known(parts) else Text(make, *parts)


def recipe(value: Any, arrays: list[Staged]) -> Recipe:
    """How a value is put together in a run, from the values of the arrays in it, which are added to `arrays`.

    Containers, objects and exceptions that hold arrays are made anew; everything else is itself.
    """
    return _Cook(arrays).recipe(value)


class _Cook:
    def __init__(self, arrays: list[Staged]) -> None:
        self.arrays = arrays
        self.open: set[int] = set()  # what is being looked into, which may hold itself

    def recipe(self, value: Any) -> Recipe:
        if type(value) is Staged:
            return self._array(value)
        if type(value) is Text:
            return self._text(value)
        if id(value) in self.open:
            return lambda values: value
        self.open.add(id(value))
        try:
            return self._container(value)
        finally:
            self.open.discard(id(value))

    def _array(self, value: Staged) -> Recipe:
        place, weak, rank = len(self.arrays), value.weak, value.ndim
        self.arrays.append(read(value).snapshot())
        if rank:
            return lambda values: np.array(values[place])
        return lambda values: np.asarray(values[place]).item() if weak else np.asarray(values[place])[()]

    def _text(self, value: Text) -> Recipe:
        parts = [self.recipe(part) for part in value.parts]
        return lambda values: value.make(*[part(values) for part in parts])

    def _container(self, value: Any) -> Recipe:
        before = len(self.arrays)
        if isinstance(value, list | tuple | set | frozenset):
            made = self._sequence(value)
        elif isinstance(value, dict):
            made = self._dict(value)
        elif isinstance(value, BaseException):
            made = self._exception(value)
        elif isinstance(value, np.ndarray):
            copied = value.copy()
            return lambda values: copied
        elif hasattr(value, "__dict__") and not callable(value):
            made = self._object(value)
        else:
            return lambda values: value
        changes = isinstance(value, list | set | dict)
        return made if changes or len(self.arrays) > before else lambda values: value

    def _sequence(self, value: Any) -> Recipe:
        kind = list if isinstance(value, list) else type(value)
        make = kind._make if hasattr(kind, "_make") else kind
        parts = [self.recipe(part) for part in value]
        return lambda values: make([part(values) for part in parts])

    def _dict(self, value: dict) -> Recipe:
        parts = {key: self.recipe(part) for key, part in value.items()}
        return lambda values: {key: part(values) for key, part in parts.items()}

    def _exception(self, value: BaseException) -> Recipe:
        args, attributes, kind = self.recipe(value.args), self.recipe(vars(value)), type(value)

        def make(values: Values) -> BaseException:
            made = kind.__new__(kind, *args(values))
            made.args = args(values)
            made.__dict__.update(attributes(values))
            made.__cause__, made.__suppress_context__ = value.__cause__, value.__suppress_context__
            return made

        return make

    def _object(self, value: Any) -> Recipe:
        attributes, kind = self.recipe(vars(value)), type(value)

        def make(values: Values) -> Any:
            made = object.__new__(kind)
            made.__dict__.update(attributes(values))
            return made

        return make
