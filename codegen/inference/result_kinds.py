"""Kinds of the results of primitives that are not plain arrays."""

from typing import Any

from s2s.codegen.inference.kinds import Kind, ListOf, Numeric, Static, Unknown
from s2s.codegen.inference.operations import Operation

# Of Python numbers, these give Python numbers.
SCALAR_OPERATORS = {
    "add",
    "subtract",
    "multiply",
    "divide",
    "power",
    "negative",
    "positive",
    "remainder",
    "floor_divide",
}


def _tree_result(inference: Any, operation: Operation) -> Kind:
    """Results of the same structure as the first argument (`acc`, `zeros_like` of containers)."""
    shaped_like = SHAPED_LIKE.get(operation.primitive.name)
    node = operation.binding[shaped_like] if shaped_like else next(iter(operation.binding.values()))
    kind = inference.kind(node)
    return kind if not isinstance(kind, Static) else Numeric()


# Tree results with the structure of another operand than the first.
SHAPED_LIKE = {"array_bar": "elements", "instantiate": "like"}

# Results that are not plain arrays, by the primitive's `result_kind`.
RESULT_KINDS: dict[str, Any] = {
    "tree": _tree_result,
    "list": lambda inference, operation: ListOf(Numeric()),
    "tuple": lambda inference, operation: Unknown(),
    "static": lambda inference, operation: Unknown(),
}


def hashable(value: Any) -> bool:
    """Can the value be looked up in a table?"""
    try:
        hash(value)
    except TypeError:
        return False
    return True
