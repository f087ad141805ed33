"""Augmented assignment writes in place in NumPy; rebinding gives the same numbers only if nobody else can see it."""

import gast

from s2s.codegen import core
from s2s.codegen.diagnostics import Diagnostics
from s2s.codegen.kinds import Numeric

# Primitives whose result may share memory with an operand.
VIEWS = {
    "getitem", "reshape", "ravel", "transpose", "swapaxes", "moveaxis", "squeeze", "expand_dims", "broadcast_to",
    "diagonal", "diag", "asarray", "atleast_1d", "atleast_2d", "atleast_3d", "real", "flip", "flipud", "fliplr", "rot90",
    "astype", "matrix_transpose",
}  # fmt: skip


def check(function: core.Function, diagnostics: Diagnostics) -> None:
    """Refuses `x += …` where x may be seen under another name."""
    writes = [s for s in core.walk(function.body) if getattr(s, "in_place", False)]
    if not writes:
        return
    shared = _shared(function)
    for statement in writes:
        target = statement.value.left
        kind = function.kinds.get(target.id) if core.is_name(target) else None
        if isinstance(kind, Numeric) and not kind.scalar and target.id in shared:
            diagnostics.report(
                statement,
                f"{function.bases.get(target.id, target.id)!r} may be an alias or a view of another value here, "
                "which this in-place operator would write, too",
                "write `x = x + y` to make a new array, or copy the array first",
            )


def _shared(function: core.Function) -> set[str]:
    """Names whose array may be reachable under another name."""
    shared: set[str] = set()
    joins: list[tuple[str, gast.AST]] = []
    for statement in core.walk(function.body):
        if getattr(statement, "join", False):
            joins += core.split_join([statement])[1]
        elif isinstance(statement, gast.Assign):
            _share_by_assignment(statement, shared)
        elif isinstance(statement, gast.For):
            shared.update(core.targets(statement))
    _close_over_joins(joins, shared)
    return shared


def _share_by_assignment(statement: gast.Assign, shared: set[str]) -> None:
    operation = getattr(statement, "operation", None)
    primitive = operation.primitive if operation is not None else None
    if primitive is not None and primitive.name not in VIEWS:
        return
    literal = core.is_literal(statement.value)
    shared.update(core.own_reads(statement))
    if not literal and not _is_new_array(operation):
        shared.update(core.targets(statement))


def _is_new_array(operation: object) -> bool:
    return getattr(operation, "form", None) == "inactive"


def _close_over_joins(joins: list[tuple[str, gast.AST]], shared: set[str]) -> None:
    while True:
        grown = {t for t, v in joins if core.is_name(v) and v.id in shared and t not in shared}
        if not grown:
            return
        shared |= grown
