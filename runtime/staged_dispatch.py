"""Primitives on staged operands: their lowering is run at the user's line, in the current scope."""

from collections.abc import Callable, Sequence
from typing import Any

from s2s.runtime import arguments, dtypes, errors, linear_forms, operators, staging, views
from s2s.runtime.adapter import ir
from s2s.runtime.by_code import ByCode
from s2s.runtime.primitives import table
from s2s.runtime.primitives.table import Primitive
from s2s.runtime.staging import Staged

# The origin of what a loop's index alone decides: no argument, but known if the loop is unrolled.
LOOP_INDEX = frozenset({-1})

# Types of operands that need no flattening.
PLAIN = frozenset({Staged, *dtypes.SCALARS})

_locations: ByCode[dict[tuple[str, int], Any]] = ByCode()  # by name and place in the code
_places: dict[tuple[str, int], Any] = {}  # by file and line


def build_plain(primitive: Primitive, operands: Sequence[Any], static: dict[str, Any]) -> Any:
    """Builds a primitive on staged arrays and Python scalars, with static parameters that are known."""
    leaves = staging.stage_all(operands)
    return build(primitive, leaves, leaves, static)


def build(primitive: Primitive, operands: Sequence[Any], leaves: Sequence[Staged], static: dict[str, Any]) -> Any:
    """Builds a primitive on operands of which the arrays, `leaves`, are staged."""
    with user_location(primitive.name):
        result = views.distinct(arguments.call_lower(primitive, operands, static), leaves)
    if primitive.name in views.NAMES:
        views.attach(primitive.name, result, operands, _again(primitive, operands, static), static)
    if type(result) is Staged and not result.aval.shape:
        linear_forms.note(primitive.name, result, leaves)
        views.without_dimensions(primitive.name, result, operands)
    if staging.scope().parent is not None:
        return _built_in_region(result, leaves)
    if type(result) is Staged and not result.aval.shape and result.origin is None:
        result.origin = _joined_origin(leaves)
    return result


def _again(primitive: Primitive, operands: Sequence[Any], static: dict[str, Any]) -> Callable[[Staged], Staged]:
    """The same operation on what its first operand holds later."""

    def read(base: Staged) -> Staged:
        with user_location(primitive.name):
            return arguments.call_lower(primitive, (base, *operands[1:]), static)

    return read


def _built_in_region(result: Any, leaves: Sequence[Staged]) -> Any:
    origin = _joined_origin(leaves)
    if origin is None and all([leaf.literal is not None for leaf in leaves]):
        origin = LOOP_INDEX
    if origin is None or not origin <= LOOP_INDEX:
        staging.mark_use_of_arrays()
    if type(result) is Staged and not result.aval.shape and result.origin is None:
        result.origin = origin
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
    of_code = _locations.get(frame.f_code)
    if of_code is None:
        of_code = _locations.set(frame.f_code, {})
    key = (name, frame.f_lasti)
    found = of_code.get(key)
    if found is None:
        line = errors.place_of(frame)
        place = _places.get(line)
        if place is None:
            place = _places[line] = ir.Location.file(*line, 0)
        found = of_code[key] = ir.Location.name(name, place)
    return found


def _operator(name: str, reflected: bool, slow: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The operator of staged arrays: straight to the lowering where both operands are plain."""

    def operator(self: Staged, other: Any) -> Any:
        if type(other) not in PLAIN:
            return slow(self, other)
        return build_plain(table.PRIMITIVES[name], (other, self) if reflected else (self, other), {})

    return operator


def _install_operators() -> None:
    for method, name in {**operators.BINARY_METHODS, **operators.COMPARISON_METHODS}.items():
        for spelling in (f"__{method}__", f"__r{method}__"):
            slow = getattr(operators.ArrayMethods, spelling, None)
            if slow is not None and (method != "pow" or spelling == "__rpow__"):
                setattr(Staged, spelling, _operator(name, spelling == f"__r{method}__", slow))


_install_operators()
