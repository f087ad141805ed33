"""`np.r_[a, b]` and `np.c_[a, b]`, which look like reads of an item and make new arrays."""

from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.functions import function_values
from s2s.codegen.inference.kinds import Kind, Numeric, Unknown


def resolve(inference: Any, statement: gast.AST, node: gast.Subscript) -> Kind | None:
    """The kind of what is put together of differentiated values; None for any other item."""
    trick = inference.global_object(node.value)
    if trick is not np.r_ and trick is not np.c_ or not inference.reads_active(node.slice):
        return None
    parts = node.slice.elts if isinstance(node.slice, gast.Tuple) else [node.slice]
    if any(_is_directive(p) for p in parts):
        inference.refuse(node, "np.r_ and np.c_ with an axis in a string have no derivative rule", "np.concatenate")
        return Unknown()
    rows = core.list_of([_array(inference, p, node) for p in parts])
    join = np.concatenate if trick is np.r_ else np.column_stack
    statement.original = node
    statement.value = core.located(_call(inference, join, inference.computed("rows", rows)), node)
    kind: Kind = inference.meaning(statement)
    return kind


def _is_directive(node: gast.AST) -> bool:
    return isinstance(node, gast.Constant) and isinstance(node.value, str)


def _array(inference: Any, part: gast.AST, node: gast.Subscript) -> gast.AST:
    """An array of at least one axis; a slice stands for a range."""
    if isinstance(part, gast.Slice):
        return inference.computed("range", core.subscript(node.value, part))
    kind = inference.kind(part)
    if isinstance(kind, Numeric) and kind.rank:
        return part
    return inference.computed("row", _call(inference, np.atleast_1d, part))


def _call(inference: Any, function: Any, argument: gast.AST) -> gast.AST:
    return function_values.by_name(inference, core.call_of(argument, [argument], []), function)
