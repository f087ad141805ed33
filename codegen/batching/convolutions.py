"""The batched forms of convolutions: images, or features, of all rows are joined, and one convolution does them all.

Where the rows share the kernel, their images are more images. Where each has its own, their features are more
features, in groups that do not mix.
"""

import gast

from s2s.codegen.batching.values import BatchValues
from s2s.codegen.core import core
from s2s.codegen.derivatives import rules
from s2s.codegen.inference.operations import Operation
from s2s.runtime.helpers import convolution

# Operation to its operands and its result, as numbers of layouts: image, kernel, image that comes out.
_ROLES = {
    "conv_general_dilated": ({"lhs": 0, "rhs": 1}, 2),
    "conv_lhs_bar": ({"g": 2, "rhs": 1}, 0),
    "conv_rhs_bar": ({"g": 2, "lhs": 0}, 1),
}


def convolution_of_rows(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    layout, groups = operation.binding["dimension_numbers"], operation.binding["feature_group_count"]
    if not core.is_literal(layout) or writer.reads_active(groups):
        return None
    operands, result = _ROLES[operation.primitive.name]
    axes = _axes(core.literal(layout))
    shares_kernel = 1 in operands.values() and "rhs" not in operation.active
    place = 0 if shares_kernel else 1
    at = [axes[0][place], axes[1][0], axes[2][place]]
    new = {p: _joined(writer, operation.binding[p], at[r]) for p, r in operands.items() if r != 1 or not shares_kernel}
    if "shape" in operation.binding:
        nodes = {"shape": operation.binding["shape"], "at": core.constant(at[result]), "size": writer.size()}
        new["shape"] = writer.atom("widened_shape(shape, at, size)", nodes)
    if not shares_kernel:
        new["feature_group_count"] = writer.atom("groups * size", {"groups": groups, "size": writer.size()})
    out = writer.named(_call(statement, operation, new), "convolved")
    nodes = {"out": out, "at": core.constant(at[result]), "size": writer.size()}
    text = "np.reshape(out, cut_shape(np.shape(out), at, size))"
    return writer.writer.text(text if at[result] == 0 else f"np.moveaxis({text}, at, 0)", nodes)


def _axes(layout: object) -> tuple[tuple[int, ...], ...]:
    rank = 4 if layout is None else len(layout[0])  # type: ignore[index]
    return convolution.layouts(layout, rank)


def _joined(writer: BatchValues, node: gast.AST, at: int) -> gast.AST:
    """The operand with its rows as more elements along an axis."""
    x = writer.spread(node)
    if at:
        x = writer.atom("np.moveaxis(x, 0, at)", {"x": x, "at": core.constant(at)})
    return writer.atom("np.reshape(x, joined_shape(np.shape(x), at))", {"x": x, "at": core.constant(at)})


def _call(statement: gast.AST, operation: Operation, new: dict[str, gast.AST]) -> gast.AST:
    value = rules.replace_at(statement.value, operation.places, {p: n for p, n in new.items() if p in operation.places})
    added = [gast.keyword(p, n) for p, n in new.items() if p not in operation.places]
    return core.call_of(value.func, value.args, [*value.keywords, *added])


RULES = dict.fromkeys(_ROLES, convolution_of_rows)
