"""Applying primitives: staged where an operand is staged, else compiled once per signature and dispatched."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s.runtime import (
    adapter,
    arguments,
    array,
    dtypes,
    errors,
    executable,
    indexing,
    numpy_protocol,
    operators,
    staging,
    tree,
)
from s2s.runtime.adapter import ir
from s2s.runtime.arguments import Operands
from s2s.runtime.array import Array
from s2s.runtime.aval import Aval
from s2s.runtime.primitives import table
from s2s.runtime.primitives.table import Primitive
from s2s.runtime.staging import Staged


class Entry:
    """One compiled signature of a primitive."""

    __slots__ = ("run", "handlers", "avals", "aval", "treedef")

    def __init__(self, compiled: executable.Executable, treedef: Any) -> None:
        self.run = compiled.run
        self.handlers = compiled.handlers
        self.avals = compiled.avals
        self.aval = compiled.avals[0] if len(compiled.avals) == 1 else None
        self.treedef = None if treedef.num_nodes == 1 else treedef

    def __call__(self, buffers: Sequence[Any]) -> Any:
        results = self.run(buffers).consume_with_handlers(self.handlers)
        if self.treedef is None:
            return Array(results[0], self.avals[0])
        return self.treedef.unflatten([Array(b, a) for b, a in zip(results, self.avals, strict=True)])


class Known:
    """A signature of a primitive whose result is plain Python (`shape`, `size`), and needs no device."""

    __slots__ = ("result",)

    def __init__(self, result: Any) -> None:
        self.result = result

    def __call__(self, buffers: Sequence[Any]) -> Any:
        return self.result


_entries: dict[Primitive, dict[Any, Any]] = {}
_locations: dict[tuple[Any, int], Any] = {}


def apply(function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Calls a primitive as a user would (static arguments by position too), or a function of ours as it is.

    `function` may also be the name of a primitive or array method.
    """
    if type(function) is str:
        function = table.PRIMITIVES.get(function) or numpy_protocol.find_method(function)
    if type(function) is not Primitive:
        return function(*args, **kwargs)
    operands, static = arguments.normalise(function, args, kwargs)
    return bind(function, *operands, **static)


def call(name: str, *args: Any, **kwargs: Any) -> Any:
    """`apply` of the primitive of that name."""
    return apply(name, args, kwargs)


def _apply_ufunc(ufunc: np.ufunc, method: str, inputs: Any, kwargs: dict[str, Any]) -> Any:
    return numpy_protocol.call_ufunc(apply, ufunc, method, inputs, kwargs)


def _apply_function(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    return numpy_protocol.call_function(apply, function, args, kwargs)


def bind(primitive: Primitive, *operands: Any, **static: Any) -> Any:
    """Applies a primitive to its operands, with its static parameters by name.

    Operands are staged arrays, device arrays, NumPy arrays, Python scalars, or sequences of those. If any is staged,
    the result is staged; else the operation runs on the device.
    """
    if not static:
        try:
            return _entries[primitive][tuple([x._aval for x in operands])]([x._buffer for x in operands])
        except (AttributeError, KeyError):
            pass
    if "index" in primitive.operands:
        operands = indexing.normalise(primitive, operands)
    flat = Operands(operands)
    static = {name: arguments.known(primitive, name, value) for name, value in static.items()}
    if flat.staged or (not flat.leaves and staging.current_scope() is not None):
        return _bind_staged(primitive, flat, static)
    return _bind_eager(primitive, flat, static)


def _bind_eager(primitive: Primitive, flat: Operands, static: dict[str, Any]) -> Any:
    avals, buffers = place(flat.leaves, primitive)
    key = (avals, flat.template, arguments.static_key(static)) if static or not flat.plain else avals
    entries = _entries.setdefault(primitive, {})
    entry = entries.get(key)
    if entry is None:
        entry = entries[key] = _compile(primitive, flat, avals, static)
    return entry(buffers)


def place(leaves: Sequence[Any], primitive: Primitive | None = None) -> tuple[tuple[Aval, ...], list[Any]]:
    """Avals and buffers of operands, put on the device where they are not yet."""
    sharding = _common_sharding(leaves)
    check = primitive is not None and primitive.category == "elementwise"
    placed = [_placed(leaf, sharding) for leaf in leaves]
    if check or (primitive is not None and primitive.name in _COMPARISONS):
        placed = [_fitting(pair, leaf, placed, check) for pair, leaf in zip(placed, leaves, strict=True)]
    return tuple([aval for aval, _ in placed]), [buffer for _, buffer in placed]


def _placed(leaf: Any, sharding: Any) -> tuple[Aval, Any]:
    if type(leaf) is Array:
        return leaf._aval, leaf._buffer
    if type(leaf) in dtypes.SCALARS:
        return array.scalar(leaf, sharding)
    made = array.from_host(leaf, sharding)
    return made._aval, made._buffer


def _common_sharding(leaves: Sequence[Any]) -> Any:
    found = {leaf._aval.sharding for leaf in leaves if type(leaf) is Array}
    if len(found) > 1:
        names = ", ".join(sorted(str(leaf.device) for leaf in leaves if type(leaf) is Array))
        raise ValueError(
            f"arrays on different devices ({names}) meet in one operation{errors.at_user_line()}; "
            "move them together with s2s.device_put(x, device)"
        )
    return next(iter(found), None)


_COMPARISONS = frozenset(operators.COMPARISON_METHODS.values())


def _fitting(pair: tuple[Aval, Any], leaf: Any, placed: Sequence[tuple[Aval, Any]], check: bool) -> tuple[Aval, Any]:
    """A Python int must fit the integer dtype that it takes on (NEP 50); in a comparison it is compared as int64."""
    if type(leaf) is not int or 0 <= leaf < 128:
        return pair
    strong = [aval.dtype for aval, _ in placed if not aval.weak]
    if not strong or not all(dtypes.is_integer(dtype) for dtype in strong):
        return pair
    dtype = dtypes.result_type(*[aval for aval, _ in placed if not aval.weak])[0]
    if dtypes.fits(leaf, dtype):
        return pair
    if check:
        raise OverflowError(f"Python int {leaf} does not fit into {dtype}{errors.at_user_line()}")
    made = array.from_host(np.asarray(leaf), pair[0].sharding)
    return made._aval, made._buffer


def _compile(primitive: Primitive, flat: Operands, avals: Sequence[Aval], static: dict[str, Any]) -> Entry | Known:
    unknown = ir.Location.unknown(adapter.context())
    with adapter.context(), unknown:
        module, block = staging.new_module(avals)
        with staging.building(staging.Scope(module, block), unknown):
            leaves = [staging.like(v, a.unplaced()) for v, a in zip(block.arguments, avals, strict=True)]
            result = arguments.call_lower(primitive, flat.rebuild(leaves), static)
            results, treedef = tree.flatten(result)
            if not any(type(r) is Staged for r in results):
                return Known(result)
            result_avals = [r.aval for r in results]
            staging.finish(module, block, [r.value for r in results])
        sharding = avals[0].sharding if avals else None
        return Entry(executable.compile_module(module, result_avals, sharding, persistent=True), treedef)


def _bind_staged(primitive: Primitive, flat: Operands, static: dict[str, Any]) -> Any:
    leaves = staging.stage_all(flat.leaves)
    with user_location(primitive.name):
        result = arguments.call_lower(primitive, flat.rebuild(leaves), static)
    if type(result) is Staged and not result.aval.shape and result.origin is None:
        result.origin = _joined_origin(leaves)
    return result


def _joined_origin(leaves: Sequence[Staged]) -> frozenset[int] | None:
    """The Python scalar arguments that a result depends on, if it depends on nothing else."""
    joined: frozenset[int] = frozenset()
    for leaf in leaves:
        if leaf.literal is None:
            if leaf.origin is None:
                return None
            joined |= leaf.origin
    return joined or None


def user_location(name: str) -> Any:
    """The MLIR location of an operation: its name, at the user's line. The context must be entered."""
    frame = errors.user_frame()
    if frame is None:
        return ir.Location.name(name)
    key = (frame.f_code, frame.f_lasti)
    found = _locations.get(key)
    if found is None:
        line = errors.line_of(frame)
        found = _locations[key] = ir.Location.file(line.file, line.line, 0)
    return ir.Location.name(name, found)


def _fast_operator(name: str, slow: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The operator of device arrays: straight to the compiled entry where there is one."""
    entries: dict[Any, Entry] | None = None

    def operator(self: Array, other: Any) -> Any:
        nonlocal entries
        kind = type(other)
        if kind is Array:
            aval, buffer = other._aval, other._buffer
        elif kind is float or (kind is int and 0 <= other < 128):
            aval, buffer = array.scalar(other, self._aval.sharding)
        else:
            return slow(self, other)
        if entries is None:
            entries = _entries.setdefault(table.PRIMITIVES[name], {})
        entry = entries.get((self._aval, aval))
        if entry is None:
            return slow(self, other)
        results = entry.run((self._buffer, buffer)).consume_with_handlers(entry.handlers)
        return Array(results[0], entry.aval)  # type: ignore[arg-type]

    return operator


def _install_operators() -> None:
    methods = {**operators.BINARY_METHODS, **operators.COMPARISON_METHODS}
    for method, name in methods.items():
        if method != "pow":
            setattr(Array, f"__{method}__", _fast_operator(name, getattr(operators.ArrayMethods, f"__{method}__")))


operators.connect(apply, _apply_ufunc, _apply_function)
_install_operators()
