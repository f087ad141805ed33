"""Staged arrays, the one abstract value of the runtime, and the scope in which they are built.

A scope is one function body under construction. Every thread has its own stack of scopes; the innermost is current.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from s2s.runtime import adapter, build, devices, dtypes, errors, restaging
from s2s.runtime.adapter import func, ir, stablehlo
from s2s.runtime.aval import Aval
from s2s.runtime.errors import ConcretizationError, LeakError
from s2s.runtime.operators import ArrayMethods

# Captured arrays up to this many elements become constants of the module, larger ones hidden arguments.
_CONSTANT_SIZE = 16


class Scope:
    """One function, or one region of a conditional or a loop in it, under construction.

    Attributes:
        module: the MLIR module; private functions may be added to its body.
        block: the entry block of the function or region.
        parent: the scope around a region, None for a function. A region may use the values of scopes around it.
        uses_arrays: of a region, whether an operation in it depends on more than Python values and loop indices.
        platform: "cpu", "cuda" or "tpu"; what lowerings may ask.
        captured: device arrays that became hidden trailing arguments of `block`, None where that is not allowed.
        names: the flattened Python scalar arguments by index, as the user would write them.
        arguments: the staged array arguments, by id, likewise.
        open: False once building has ended; its values may not be used any more.
    """

    __slots__ = (
        *("module", "block", "platform", "captured", "open", "names", "arguments", "_captures"),
        *("parent", "uses_arrays", "memory", "host", "flags", "filled"),
    )

    def __init__(self, module: Any, block: Any, capture: bool = False, parent: "Scope | None" = None) -> None:
        self.module = module
        self.block = block
        self.parent = parent
        self.uses_arrays = False
        self.filled = 0  # of buffers for lists that are alike, how many there are
        self.platform: str = devices.default_platform() if parent is None else parent.platform
        self.captured: list[Any] | None = [] if capture else None
        self.open = True
        self.names: dict[int, str] = {} if parent is None else parent.names
        self.arguments: dict[int, tuple[Staged, str]] = {} if parent is None else parent.arguments
        # What was found out about a function's loops, so that the next try begins with it.
        self.memory: dict[Any, Any] = {} if parent is None else parent.memory
        # XLA's options for the program.
        self.flags: dict[str, Any] = {} if parent is None else parent.flags
        # What the program does on the host; of a function, once there is any.
        self.host: Any = None
        self._captures: dict[int, Staged] = {}

    def root(self) -> "Scope":
        """The function that this is a region of."""
        found = self
        while found.parent is not None:
            found = found.parent
        return found

    def is_inside(self, other: "Scope") -> bool:
        """Whether this is the other scope, or a region in it."""
        inner: Scope | None = self
        while inner is not None and inner is not other:
            inner = inner.parent
        return inner is not None

    def capture(self, array: Any) -> "Staged":
        """A device array from outside as a staged value of this scope."""
        if self.parent is not None:
            return self.parent.capture(array)
        aval = array.aval.unplaced()
        if self.captured is None or array.size <= _CONSTANT_SIZE:
            return constant(np.asarray(array), aval.weak)
        found = self._captures.get(id(array))
        if found is None:
            value = self.block.add_argument(dtypes.tensor_type(aval.shape, aval.dtype), ir.Location.unknown())
            self.captured.append(array)  # keeps the array, and so its id, alive
            found = self._captures[id(array)] = Staged(value, aval, self)
        return found


class _Stack(threading.local):
    def __init__(self) -> None:
        self.scopes: list[Scope] = []


_stack = _Stack()


def current_scope() -> Scope | None:
    """The innermost scope of this thread, None outside staging."""
    scopes = _stack.scopes
    return scopes[-1] if scopes else None


def scope() -> Scope:
    """The innermost scope of this thread; RuntimeError outside staging."""
    scopes = _stack.scopes
    if not scopes:
        raise RuntimeError("no function is being staged in this thread")
    return scopes[-1]


def mark_use_of_arrays() -> None:
    """Notes in all open regions that an operation on arrays was built in them."""
    for region in reversed(_stack.scopes):
        if region.uses_arrays or region.parent is None:
            break
        region.uses_arrays = True


def new_module(avals: Sequence[Aval]) -> tuple[Any, Any]:
    """A module with a public function `main` of these arguments, and that function's block. Context and location must
    be entered."""
    module = ir.Module.create()
    types = [dtypes.tensor_type(aval.shape, aval.dtype) for aval in avals]
    with ir.InsertionPoint(module.body):
        main = func.FuncOp("main", ir.FunctionType.get(types, []), visibility="public")  # type: ignore[call-arg]
    return module, main.add_entry_block()  # type: ignore[attr-defined]


def finish(module: Any, block: Any, results: Sequence[Any]) -> None:
    """Ends `main` with these results; arguments may have been added to its block since."""
    func.ReturnOp(results)
    kind = ir.FunctionType.get([a.type for a in block.arguments], [r.type for r in results])
    block.owner.attributes["function_type"] = ir.TypeAttr.get(kind)


@contextmanager
def building(opened: Scope, location: Any) -> Iterator[Scope]:
    """Makes `opened` current and enters its context, location and insertion point (the end of its block)."""
    with adapter.context(), location, ir.InsertionPoint(opened.block):
        _stack.scopes.append(opened)
        try:
            yield opened
        finally:
            opened.open = False
            _stack.scopes.pop()


@contextmanager
def entered(region: Scope) -> Iterator[Scope]:
    """Makes a region of the current function current: operations are built at the end of its block."""
    with ir.InsertionPoint(region.block):
        _stack.scopes.append(region)
        try:
            yield region
        finally:
            _stack.scopes.pop()


class Staged(ArrayMethods):
    """An array known only by shape and dtype while a function is being staged.

    Attributes:
        value: the MLIR value.
        aval: its `Aval`.
        scope: the scope that its value belongs to.
        home: the scope that it was made in; a later write may have been in another.
        bounds: the smallest and the largest value that it can have, where a loop's index decides it.
        form: of an integer, the sum that it is, where that is known (`linear_forms`); limits: integers that it is not
            larger than.
        view: where it shows elements of another array, how it is read from there.
        literal: the Python scalar that it stands for, where that is known; its `value` is built when it is read.
        origin: the flattened Python scalar arguments that alone decide its value, None if an array does.
        is_array: without dimensions, whether NumPy gives an array, which `+=` changes, and no number.
        unset: of a variable that some path leaves unset, its `unset.Mark`.
    """

    __slots__ = (
        "_value",
        "aval",
        "scope",
        "literal",
        "origin",
        "home",
        "view",
        "bounds",
        "form",
        "limits",
        "unset",
        "is_array",
    )

    def __init__(
        self, value: Any, aval: Aval, scope: Scope, literal: Any = None, origin: frozenset[int] | None = None
    ) -> None:
        self._value = value
        self.aval = aval
        self.scope = self.home = scope
        self.literal = literal
        self.origin = origin
        self.view: Any = None
        self.bounds: tuple[int, int] | None = None
        self.unset: Any = None
        self.is_array = False
        self.form: dict[Any, int] | None = None
        self.limits: tuple[Any, ...] = ()

    @property
    def value(self) -> Any:
        if not self.scope.open:
            raise _leaked(self.scope)
        if self.view is not None and not self.view.is_current():
            return self.view.value()
        if self._value is None:
            # Not kept: the constant would be built in the block that happens to be current.
            return build.fill(self.aval, 0 if self.literal is None else self.literal)
        return self._value

    def snapshot(self) -> "Staged":
        """Another array with what this one holds now."""
        taken = Staged(self._value, self.aval, self.scope, self.literal, self.origin)
        taken.view, taken.is_array = self.view, self.is_array
        return taken

    def restore(self, state: "Staged") -> None:
        """Makes this array hold what another one holds, of the same aval."""
        self._value, self.scope, self.view = state._value, state.scope, state.view
        self.literal, self.origin = state.literal, state.origin

    @property
    def is_zeros(self) -> bool:
        """Whether it is known to be zeros, and no operation is built for it yet."""
        return self._value is None and self.literal is None

    def zeros_like(self) -> "Staged":
        """`np.zeros_like` of it."""
        return zeros(self.aval)

    @property
    def weak(self) -> bool:
        return self.aval.weak

    # What needs the value of the array.

    def __bool__(self) -> bool:
        raise self._unknown("its truth value", "use np.where, or s2s.lax.cond")

    def __int__(self) -> int:
        raise self._unknown("its value as an int", "keep it as an array, with .astype(int)")

    def __index__(self) -> int:
        if self.origin is None:
            restaging.request()  # where it is the place of an entry
        raise self._unknown(
            "its value as an int (a shape, an axis, a trip count, or an index into a list)",
            "take sizes from .shape, and make an array of a list that is indexed",
        )

    def __float__(self) -> float:
        raise self._unknown("its value as a float", "keep it as an array, with .astype(float)")

    def __complex__(self) -> complex:
        raise self._unknown("its value as a complex", "keep it as an array, with .astype(complex)")

    def item(self, *args: int) -> Any:
        raise self._unknown("its value (.item())", "keep it as an array")

    def tolist(self) -> Any:
        raise self._unknown("its values (.tolist())", "keep it as an array")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        restaging.request()
        raise self._unknown("its values as a NumPy array", "call the function of numpy or s2s.numpy on it directly")

    def __hash__(self) -> int:
        raise self._unknown("its hash", "use a value that is not an array as the key")

    def _unknown(self, what: str, rewrite: str) -> ConcretizationError:
        if self.literal is not None:
            raise AssertionError("a literal's value was asked for")
        message = (
            f"{what} was needed{errors.at_user_line()}, but this {self.aval!r} is being staged and has no value yet"
        )
        return ConcretizationError(f"{message}; {rewrite}{_which_argument(self)}", self.origin)

    def __repr__(self) -> str:
        shape = ", ".join(map(str, self.shape))
        return f"Staged({self.dtype.name}[{shape}])"


def _which_argument(staged: Staged) -> str:
    names = staged.scope.names
    marked = [names[i] for i in sorted(staged.origin or ()) if i in names]
    if marked:
        return f", or mark {' and '.join(marked)} with static_argnums (static_argnames) of jit"
    found = staged.scope.arguments.get(id(staged))
    return (
        f"; it is the argument {found[1]}, an array" if found is not None else "; it was computed from array arguments"
    )


def wrap(value: Any, weak: bool = False) -> Staged:
    """An MLIR value of ranked tensor type as a staged array of the current scope."""
    kind = ir.RankedTensorType(value.type)
    aval = Aval(tuple(kind.shape), dtypes.from_element_type(kind.element_type), weak)
    return Staged(value, aval, scope())


def like(value: Any, aval: Aval) -> Staged:
    """An MLIR value whose shape and dtype are known, which spares reading them from its type."""
    scopes = _stack.scopes
    return Staged(value, aval, scopes[-1] if scopes else scope())


def literal(value: bool | int | float | complex) -> Staged:
    """A Python scalar as a weak staged value, built as a constant of whatever dtype it is converted to."""
    return Staged(None, Aval((), dtypes.scalar_dtype(value), True), scope(), literal=value)


def zeros(aval: Aval) -> Staged:
    """Zeros, built where they are used: a sum of cotangents has many that are not."""
    return Staged(None, aval, scope())


def constant(array: Any, weak: bool = False) -> Staged:
    """A NumPy array (or scalar) as a constant of the current scope."""
    array = np.asarray(array)
    aval = Aval(array.shape, dtypes.canonical(array.dtype), weak)
    return Staged(constant_value(array.astype(aval.dtype, copy=False)), aval, scope())


def constant_value(array: np.ndarray) -> Any:
    """The MLIR value of a NumPy array."""
    element = dtypes.element_type(array.dtype)
    elements = ir.DenseElementsAttr.get(np.ascontiguousarray(array), type=element, shape=array.shape)  # type: ignore[call-overload]
    return stablehlo.ConstantOp(elements).result


def stage(operand: Any) -> Staged:
    """Any operand as a staged value of the current scope: staged, device array, NumPy array or Python scalar."""
    if type(operand) is Staged:
        _check_scope(operand)
        return operand
    if type(operand) in dtypes.SCALARS:
        return literal(operand)
    if hasattr(operand, "_buffer"):
        return scope().capture(operand)
    if isinstance(operand, (np.ndarray, np.generic)):
        return constant(operand)
    raise TypeError(f"expected an array or a number, got {type(operand).__name__}{errors.at_user_line()}")


def _leaked(scope: Scope) -> LeakError:
    if scope.parent is None:
        return LeakError(f"a staged array was used after its function had been staged{errors.at_user_line()}")
    return LeakError(
        f"a value of a staged branch or loop is used after it{errors.at_user_line()}, where it is not known "
        "whether it was computed; assign it to a local variable, also before the branch or loop"
    )


def _check_scope(operand: Staged) -> None:
    """A value of another module, or of one that is finished, would crash the process."""
    if not operand.scope.open:
        raise _leaked(operand.scope)
    if operand.scope.module is not scope().module:
        raise LeakError(f"a staged array of one function was used while another is being staged{errors.at_user_line()}")


def read(operand: Any) -> Staged:
    """`stage` of what is computed with: a variable that may be unset is checked in the program."""
    staged = stage(operand)
    mark = staged.unset
    if mark is not None:
        if current_scope() is staged.home:
            staged.unset = None  # once is enough for all that follows
        mark.check()
    return staged


def stage_all(operands: Sequence[Any]) -> list[Staged]:
    """All operands as staged values of the current scope."""
    current = current_scope()
    return [x if type(x) is Staged and x.scope is current and x.unset is None else read(x) for x in operands]
