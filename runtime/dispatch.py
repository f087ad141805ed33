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
    mutable,
    numpy_protocol,
    operators,
    selections,
    staged_dispatch,
    staging,
    tracing,
    tree,
)
from s2s.runtime.adapter import ir
from s2s.runtime.arguments import Operands
from s2s.runtime.array import Array
from s2s.runtime.aval import Aval
from s2s.runtime.primitives import table
from s2s.runtime.primitives.table import Primitive
from s2s.runtime.staging import Staged
from s2s.runtime.static_keys import static_key


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
# Entries of operations on device arrays with static parameters, found without looking at those one by one.
_by_static: dict[Any, Any] = {}


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
    if method == "__call__" and not kwargs:
        return apply(numpy_protocol.find(ufunc), inputs, kwargs)
    return numpy_protocol.call_ufunc(apply, ufunc, method, inputs, kwargs)


def _apply_function(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    return numpy_protocol.call_function(apply, function, args, kwargs)


def bind(primitive: Primitive, *operands: Any, **static: Any) -> Any:
    """Applies a primitive to its operands, with its static parameters by name.

    Operands are staged arrays, device arrays, NumPy arrays, Python scalars, or sequences of those. If any is staged,
    the result is staged; else the operation runs on the device.
    """
    kinds = set(map(type, operands))
    if kinds == _ARRAY:
        return _bind_arrays(primitive, operands, static)
    if Staged in kinds and kinds <= staged_dispatch.PLAIN and not primitive.indexed:
        return staged_dispatch.build_plain(primitive, operands, _known(primitive, static))
    return _bind_any(primitive, operands, static)


_ARRAY = {Array}
_NONE: dict[Any, Any] = {}
_SIMPLE = frozenset({int, bool, str, type(None)})
_INT = frozenset({int})


def _bind_arrays(primitive: Primitive, operands: Sequence[Array], static: dict[str, Any]) -> Any:
    """`bind` of device arrays: straight to the compiled entry where there is one."""
    avals = tuple([x._aval for x in operands])
    if not static:
        entry = _entries.get(primitive, _NONE).get(avals)
        return _bind_any(primitive, operands, static) if entry is None else entry([x._buffer for x in operands])
    key = _simple_key(primitive, avals, static)
    if key is None or primitive.indexed:
        return _bind_any(primitive, operands, static)
    entry = _by_static.get(key)
    if entry is None:
        entry, _ = _entry(primitive, Operands(operands), _known(primitive, static))
        _by_static[key] = entry
    return entry([x._buffer for x in operands])


def _simple_key(primitive: Primitive, avals: tuple[Aval, ...], static: dict[str, Any]) -> Any:
    """A key that holds the static values as they are, beside their types (1 and True are equal); None if it can't."""
    values = tuple(static.values())
    kinds = tuple(map(type, values))
    for kind, value in zip(kinds, values, strict=True):
        if kind not in _SIMPLE and not (kind is tuple and _INT.issuperset(map(type, value))):
            return None
    return (primitive, avals, *static, *kinds, *values)


def _known(primitive: Primitive, static: dict[str, Any]) -> dict[str, Any]:
    return {name: arguments.known(primitive, name, value) for name, value in static.items()} if static else static


def _bind_any(primitive: Primitive, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    if staging.current_scope() is not None:
        found = selections.bind(primitive, operands, static)
        if found is not NotImplemented:
            return found
    if primitive.indexed:
        operands = indexing.normalise(primitive, operands)
    flat = Operands(operands)
    static = _known(primitive, static)
    if flat.staged or (not flat.leaves and staging.current_scope() is not None):
        leaves = staging.stage_all(flat.leaves)
        return staged_dispatch.build(primitive, flat.rebuild(leaves), leaves, static)
    entry, buffers = _entry(primitive, flat, static)
    return entry(buffers)


def _entry(primitive: Primitive, flat: Operands, static: dict[str, Any]) -> tuple[Any, list[Any]]:
    """The compiled operation for these operands, and their buffers."""
    avals, buffers = place(flat.leaves, primitive)
    key = (avals, flat.template, static_key(static)) if static or not flat.plain else avals
    entries = _entries.setdefault(primitive, {})
    entry = entries.get(key)
    if entry is None:
        entry = entries[key] = _compile(primitive, flat, avals, static)
    return entry, buffers


def place(leaves: Sequence[Any], primitive: Primitive | None = None) -> tuple[tuple[Aval, ...], list[Any]]:
    """Avals and buffers of operands, put on the device where they are not yet."""
    sharding = _common_sharding(leaves)
    check = primitive is not None and (primitive.category == "elementwise" or primitive.name in _OF_ONE_DTYPE)
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


# Operations, other than elementwise ones with a derivative, whose operands are brought to one dtype.
_OF_ONE_DTYPE = frozenset(
    "maximum minimum fmax fmin floor_divide remainder fmod bitwise_and bitwise_or bitwise_xor left_shift right_shift "
    "clip".split()
)
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
    with tracing.suspended(), adapter.context(), unknown:
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


def _fast_operator(name: str, slow: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The operator of device arrays: straight to the compiled entry where there is one."""
    entries: dict[Any, Entry] | None = None

    def operator(self: Array, other: Any) -> Any:
        nonlocal entries
        kind = type(other)
        if kind is Array:
            aval, buffer = other._aval, other._buffer
        elif kind is float or (kind is int and _fits_any(other, self._aval)):
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


def _fits_any(value: int, aval: Aval) -> bool:
    """Whether an int needs no check against the dtype of the array that it meets."""
    return 0 <= value < 128 or (aval.dtype.kind == "f" and abs(value) < 2**63)


def _fast_reflected(name: str, slow: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The operator of a Python number and a device array, likewise."""

    def operator(self: Array, other: Any) -> Any:
        if type(other) is float or (type(other) is int and _fits_any(other, self._aval)):
            aval, buffer = array.scalar(other, self._aval.sharding)
            entry = _entries.get(table.PRIMITIVES[name], _NONE).get((aval, self._aval))
            if entry is not None:
                return entry((buffer, self._buffer))
        return slow(self, other)

    return operator


def _lower_power(x: Staged, exponent: int | float) -> Any:
    return table.PRIMITIVES["power"].lower(x, staging.literal(exponent))  # type: ignore[misc]


# A power whose exponent is part of the program: small ones are products, many times faster than the general one.
_SMALL_POWER = Primitive("power", ("x", "exponent"), {}, ("x",), _lower_power, (), None, "nondifferentiable")
_SMALL_EXPONENTS = frozenset({1, 2, 3, 4, 0.5})


def _power(self: Array, other: Any, modulus: None = None) -> Any:
    if type(other) in (int, float) and modulus is None and other in _SMALL_EXPONENTS:
        return bind(_SMALL_POWER, self, exponent=other)
    return operators.ArrayMethods.__pow__(self, other, modulus)


def _install_operators() -> None:
    Array.__pow__ = _power  # type: ignore[assignment]
    for method, name in {**operators.BINARY_METHODS, **operators.COMPARISON_METHODS}.items():
        if method == "pow":
            continue
        setattr(Array, f"__{method}__", _fast_operator(name, getattr(operators.ArrayMethods, f"__{method}__")))
        reflected = getattr(operators.ArrayMethods, f"__r{method}__", None)
        if reflected is not None:
            setattr(Array, f"__r{method}__", _fast_reflected(name, reflected))


operators.connect(apply, _apply_ufunc, _apply_function)
selections.connect(bind)
_install_operators()
mutable.install()
