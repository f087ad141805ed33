"""Views: staged arrays that show the elements of another array, as NumPy's basic indexing and reshapes give them.

A view is read again once its base has been written, and a write into it goes to its base.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s.runtime import effects, staging
from s2s.runtime.errors import RefusedError, at_user_line, internal, user_line
from s2s.runtime.staging import Staged

Read = Callable[[Staged], Staged]
Write = Callable[[Staged, Staged], Staged]


class View:
    """How a staged array is made of another one.

    Attributes:
        base: the other array.
        read: the elements, from what the base holds.
        write: what the base holds once the elements are others; None where NumPy forbids that.
        seen: what the base held when the elements were read.
        certain: whether NumPy gives a view, too; it may depend on how the array lies in memory.
        contiguous: whether the elements lie one after the other in memory.
        unwritten: whether there is such a view only as long as the array has not been written.
    """

    __slots__ = ("base", "read", "write", "seen", "certain", "contiguous")
    unwritten = False

    def __init__(self, base: Staged, read: Read, write: Write | None, certain: bool, contiguous: bool) -> None:
        self.base, self.read, self.write = base, read, write
        self.certain, self.contiguous = certain, contiguous
        self.seen = base._value

    def is_current(self) -> bool:
        """Whether the base still holds what was read."""
        base = self.base
        if base.view is not None and base.view.unwritten:
            return True
        return base._value is self.seen and (base.view is None or base.view.is_current())

    def value(self) -> Any:
        """The MLIR value of the elements as they are now."""
        if not self.certain:
            raise RefusedError(_unclear("is read here, although the array that it may be a view of was written"))
        return self.read(self.base).value


class Alias(View):
    """What came out of a branch or loop and may be another array itself: whichever is written, the other may change."""

    __slots__ = ()

    def __init__(self, base: Staged) -> None:
        super().__init__(base, lambda whole: whole, None, False, False)

    def value(self) -> Any:
        raise RefusedError(_shared("may be another array, which was written since"))


class Changed(View):
    """What an array holds is not known any more: it may have been written under another name."""

    __slots__ = ("line",)

    def __init__(self, base: Staged) -> None:
        super().__init__(base, lambda whole: whole, None, False, False)
        self.line = at_user_line()

    def is_current(self) -> bool:
        return False

    def value(self) -> Any:
        raise RefusedError(_shared(f"may have been written under another name{self.line}"))


class Outside(View):
    """A NumPy array from outside of the staged function: a constant there, which is read and never written."""

    __slots__ = ()

    def __init__(self, base: Staged) -> None:
        super().__init__(base, lambda whole: whole, None, True, True)

    def is_current(self) -> bool:
        return True


def from_outside(array: np.ndarray) -> Staged:
    """The array as a constant of the current scope."""
    made = staging.constant(array)
    made.view = Outside(staging.Staged(made._value, made.aval, made.scope))
    return made


def _shared(what: str) -> str:
    return (
        f"an array is read{at_user_line()} that {what}, in or after a staged branch or loop; "
        "write .copy() where the array gets its second name"
    )


def forget(target: Any) -> None:
    """Refuses further reads of an array that may have been written under a name that is not followed."""
    if type(target) is Staged and (target.aval.shape or target.is_array) and type(target.view) is not Changed:
        if target.view is not None:
            forget(target.view.base)
        effects.note(target)
        target.view = Changed(target)


def may_be(result: Staged, origins: Sequence[Any]) -> Staged:
    """Notes that a result of a branch or loop may be one of these arrays itself."""
    arrays = [x for x in origins if type(x) is Staged and (x.aval.shape or x.is_array)]
    if arrays:
        result.view = Alias(arrays[0])
        result.is_array = True
    return result


def like(result: Any, values: Sequence[Any]) -> Any:
    """A result of a branch or loop that is one of these values: an array without dimensions if one of them is."""
    if type(result) is Staged and not result.aval.shape and not result.is_array:
        result.is_array = any(type(x) is Staged and x.is_array for x in values)
    return result


def alone(state: Any) -> Any:
    """What a branch left in an array that it writes: a state, no other name of that array."""
    if type(state) is Staged and type(state.view) is Alias:
        state.view = None
    return state


def _unclear(what: str) -> str:
    return (
        f"an array that is a view or a copy, depending on the layout in memory, {what}{at_user_line()}; "
        "write .copy() where it is made"
    )


def write(target: Staged, value: Staged) -> None:
    """Makes an array hold other elements, of its own shape and dtype; its base and its own views show them too."""
    view = target.view
    if type(view) is Alias:
        forget(view.base)
        effects.note(target)  # as long as it may be the other one
        view = target.view = None
    if type(view) is Outside:
        raise TypeError(
            f"a staged value is written into a NumPy array that is not created here{at_user_line()}, which holds "
            "numbers only; write to a copy of it"
        )
    if view is None:
        effects.note(target)
        target._value, target.scope = value.value, staging.scope()
        target.literal = target.origin = target.bounds = target.form = None
        target.aval = target.aval.strong()
    elif view.write is None and view.certain:
        raise ValueError(f"assignment destination is read-only{at_user_line()}")
    elif not view.certain:
        raise RefusedError(_unclear("is written here"))
    else:
        write(view.base, view.write(view.base, value))


def own(value: Staged) -> Staged:
    """A copy, which no later write into the array changes."""
    is_lazy = value._value is None and value.view is None
    made = Staged(None if is_lazy else value.value, value.aval, staging.scope(), value.literal, value.origin)
    return made


def distinct(result: Any, operands: Sequence[Any]) -> Any:
    """Results of an operation as arrays of their own, also where one is an operand as it is."""
    if type(result) is Staged:
        return own(result) if any([result is operand for operand in operands]) else result
    if isinstance(result, list | tuple) and not hasattr(result, "_fields"):
        return type(result)([distinct(part, operands) for part in result])
    return result


# Which operations give views -----------------------------------------------------------------------------------------


def attach(name: str, result: Any, operands: Sequence[Any], read: Read, static: dict[str, Any]) -> None:
    """Notes that the result of an operation is a view of its first operand, where that is so in NumPy."""
    base = operands[0] if operands else None
    if name in _SPLITTING and type(base) is Staged:
        for part in result:
            part.view = View(base, read, None, False, False)
        return
    if type(result) is not Staged or type(base) is not Staged or not base.aval.shape:
        return
    result.view = _MAKERS[name](base, result, read, operands, static)
    result.is_array = result.view is not None


def _layout_is_known(base: Staged) -> bool:
    if base.view is not None:
        return base.view.contiguous and _layout_is_known(base.view.base)
    return "transposed" not in base.scope.memory


def _element(base: Staged, result: Staged, read: Read, operands: Sequence[Any], static: dict[str, Any]) -> View | None:
    index = operands[1] if isinstance(operands[1], tuple) else (operands[1],)
    if any(type(i) is np.ndarray or (type(i) is Staged and (i.ndim or i.dtype == np.bool_)) for i in index):
        return None
    if not result.aval.shape and not any(i is Ellipsis for i in index):
        return None
    return View(base, read, lambda whole, part: whole.at[index].set(part), True, _is_block(index))


def _is_block(index: tuple[Any, ...]) -> bool:
    """Whether an index selects neighbouring elements: integers, then one slice of step 1, then whole axes."""
    kinds = [i for i in index if i is not None and type(i) is not int and type(i) is not Staged]
    rest = kinds[1:] if kinds and isinstance(kinds[0], slice) and kinds[0].step in (None, 1) else kinds
    begins = next((n for n, i in enumerate(index) if isinstance(i, slice)), len(index))
    ordered = all(isinstance(i, slice) or i is Ellipsis or i is None for i in index[begins:])
    return ordered and all(i is Ellipsis or i == slice(None) for i in rest)


def _reshaped(base: Staged, result: Staged, read: Read, operands: Sequence[Any], static: dict[str, Any]) -> View:
    return View(base, read, lambda whole, part: part.reshape(whole.shape), _layout_is_known(base), True)


def _same_layout(base: Staged, result: Staged, read: Read, operands: Sequence[Any], static: dict[str, Any]) -> View:
    return View(base, read, lambda whole, part: part.reshape(whole.shape), True, _layout_is_known(base))


def _moved(inverse: Callable[[Staged, dict[str, Any]], Staged]) -> Callable[..., View]:
    def make(base: Staged, result: Staged, read: Read, operands: Sequence[Any], static: dict[str, Any]) -> View:
        base.scope.memory["transposed"] = True
        return View(base, read, lambda whole, part: inverse(part, static), True, False)

    return make


def _untransposed(part: Staged, static: dict[str, Any]) -> Staged:
    axes = static.get("axes")
    if axes is None:
        return np.transpose(part)
    return np.transpose(part, tuple(int(i) for i in np.argsort([a % part.ndim for a in axes])))


def _read_only(base: Staged, result: Staged, read: Read, operands: Sequence[Any], static: dict[str, Any]) -> View:
    return View(base, read, None, True, False)


def _part(base: Staged, result: Staged, read: Read, operands: Sequence[Any], static: dict[str, Any]) -> View:
    if base.dtype.kind != "c":
        return View(base, read, lambda whole, part: part, True, _layout_is_known(base))
    return View(base, read, None, False, False)


_MAKERS: dict[str, Callable[..., View | None]] = {
    "getitem": _element,
    **dict.fromkeys(("reshape", "ravel"), _reshaped),
    **dict.fromkeys(("squeeze", "expand_dims", "atleast_1d", "atleast_2d", "atleast_3d"), _same_layout),
    "transpose": _moved(_untransposed),
    "matrix_transpose": _moved(lambda part, static: np.matrix_transpose(part)),
    "swapaxes": _moved(lambda part, static: np.swapaxes(part, static["axis1"], static["axis2"])),
    "moveaxis": _moved(lambda part, static: np.moveaxis(part, static["destination"], static["source"])),
    "flip": _moved(lambda part, static: np.flip(part, static.get("axis"))),
    "fliplr": _moved(lambda part, static: np.fliplr(part)),
    "flipud": _moved(lambda part, static: np.flipud(part)),
    "rot90": _moved(lambda part, static: np.rot90(part, -static.get("k", 1), static.get("axes", (0, 1)))),
    **dict.fromkeys(("broadcast_to", "diagonal"), _read_only),
    "real": _part,
}
NAMES = frozenset((*_MAKERS, *"split array_split hsplit vsplit dsplit unstack".split()))
# Operations that give an array also where that has no dimensions; that do so with an array; with a Python number.
_ARRAYS = frozenset("where zeros_like ones_like full_like empty_like copy reshape select broadcast_to".split())
_ARRAYS_OF_ARRAYS = frozenset("squeeze transpose astype real".split())
_ARRAYS_OF_NUMBERS = frozenset("squeeze transpose".split())
_SPLITTING = frozenset("split array_split hsplit vsplit dsplit unstack".split())


def without_dimensions(name: str, result: Staged, operands: Sequence[Any]) -> None:
    """Notes whether a result without dimensions is an array. Our own compositions give numbers, as NumPy's do."""
    of = operands[0] if operands else None
    is_array = type(of) is Staged and (of.is_array or (of.weak and name in _ARRAYS_OF_NUMBERS))
    if name in _ARRAYS or (name in _ARRAYS_OF_ARRAYS and is_array):
        line = user_line()
        result.is_array = line is not None and not internal(line.file)
