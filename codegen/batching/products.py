"""The batched forms of products and of their derivatives: batched vectors become matrices of one row or column."""

import gast

from s2s.codegen.batching.values import BatchValues
from s2s.codegen.core import core
from s2s.codegen.inference.operations import Operation
from s2s.codegen.simplifying.shapes import shape_argument
from s2s.runtime import support


def matmul(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    """Batched vectors become matrices of one row or column: NumPy would take the batch axis for one of the matrix."""
    left, right = operation.primitive.parameters[:2]
    mapping = {"x": operation.binding[left], "y": operation.binding[right]}
    rank = "dot_rank(np.ndim({}) - 1)" if operation.primitive.name == "dot" else "np.ndim({}) - 1"
    x, y = rank.format("x"), rank.format("y")
    if operation.primitive.name == "dot" and any(map(writer.is_inner_scalar, mapping.values())):
        return _scaled(writer, mapping)
    if right not in operation.active:
        of_y = rank.format("y").replace(" - 1", "")
        row = f"row_rank({x}, {of_y})"
        text = f"from_rows(align_stack(as_rows(x, {row}), {of_y} + 1) @ y, {row})"
    elif left not in operation.active:
        text = f"from_columns(x @ align_stack(as_columns(y, {y}), np.ndim(x) + 1), {y})"
    else:
        product = f"align_stack(as_rows(x, {x}), np.ndim(y)) @ align_stack(as_columns(y, {y}), np.ndim(x))"
        text = f"from_columns(from_rows({product}, {x}), {y})"
    return writer.writer.text(text, mapping)


def _scaled(writer: BatchValues, mapping: dict[str, gast.AST]) -> gast.AST:
    """`np.dot` of a number and an array."""
    nodes = dict(mapping)
    for name, other in (("x", "y"), ("y", "x")):
        if writer.is_active(mapping[name]) and not writer.is_inner_scalar(mapping[other]):
            nodes[name] = writer.aligned(mapping[name], [mapping[other]])
    return writer.writer.text("x * y", nodes)


def einsum(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """One more letter, first, for the batched operands and the result."""
    subscripts = operation.binding["subscripts"]
    if not core.is_literal(subscripts) or not isinstance(core.literal(subscripts), str):
        return None
    text = core.literal(subscripts).replace(" ", "")
    return None if "." in text else batched_einsum(writer, text, operation.binding["operands"].elts)


def batched_einsum(writer: BatchValues, text: str, nodes: list[gast.AST]) -> gast.AST:
    terms, result = text.split("->") if "->" in text else (text, _implied_result(text))
    letter = next(c for c in "bnrzyxwvutsqponmlkjihgfedcaZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in text)
    pairs = zip(terms.split(","), nodes, strict=True)
    new = ",".join(letter + term if writer.is_active(node) else term for term, node in pairs)
    return core.call(writer.writer.numpy("einsum"), core.constant(f"{new}->{letter}{result}"), *nodes)


def _implied_result(text: str) -> str:
    letters = text.replace(",", "")
    return "".join(sorted(c for c in set(letters) if letters.count(c) == 1))


def matmul_bar(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST:
    """The cotangent of one factor, with vectors as matrices of one row or column as in `matmul`."""
    is_left = "rhs" in operation.binding
    other = operation.binding["rhs" if is_left else "lhs"]
    mapping = {"g": operation.binding["g"], "other": other, "shape": operation.binding["shape"]}
    own_rank, other_rank = (
        _rank_of(writer, operation.binding["shape"], mapping),
        "np.ndim(other)" + (" - 1" if writer.is_active(other) else ""),
    )
    if operation.primitive.name.startswith("dot"):
        own_rank, other_rank = f"dot_rank({own_rank})", f"dot_rank({other_rank})"
    rows, columns = (own_rank, other_rank) if is_left else (other_rank, own_rank)
    g = f"as_rows(as_columns(g, {columns}), {rows})"
    as_matrix = f"as_columns(other, {columns})" if is_left else f"as_rows(other, {rows})"
    turned = f"np.swapaxes({as_matrix}, -1, -2)"
    left, right = (g, turned) if is_left else (turned, g)
    product = writer.atom(_stacks(writer, left, right, operation, is_left), mapping)
    back = f"from_rows(product, {rows})" if is_left else f"from_columns(product, {columns})"
    return writer.writer.text(f"inner_sum_to({back}, shape)", mapping | {"product": product})


def _rank_of(writer: BatchValues, shape: gast.AST, mapping: dict[str, gast.AST]) -> str:
    """The length of a shape, as the rank of what it is the shape of where that is known."""
    made = writer.definition(shape.id) if core.is_name(shape) else shape
    like = shape_argument(writer.function, made) if made is not None else None
    if like is None:
        return "np.size(shape)"
    mapping["own"] = like
    return "np.ndim(own)" + (" - 1" if writer.is_active(like) else "")


def _stacks(writer: BatchValues, left: str, right: str, operation: Operation, is_left: bool) -> str:
    """The product of two stacks of matrices, ranks aligned where a stack has axes of its own before the matrix."""
    g, other = (
        writer.is_active(operation.binding["g"]),
        writer.is_active(operation.binding["rhs" if is_left else "lhs"]),
    )
    both = g and other
    ranks = ("np.ndim(other)", "np.ndim(g)") if is_left else ("np.ndim(g)", "np.ndim(other)")
    first, second = (g, other) if is_left else (other, g)
    more = "" if both else " + 1"
    left = f"align_stack({left}, {ranks[0]}{more})" if first else left
    right = f"align_stack({right}, {ranks[1]}{more})" if second else right
    return f"{left} @ {right}"


def einsum_bar(writer: BatchValues, statement: gast.AST, operation: Operation) -> gast.AST | None:
    """The einsum in which the cotangent stands for the operand, with one more letter."""
    subscripts, place = operation.binding["subscripts"], operation.binding["i"]
    if not core.is_literal(subscripts) or not core.is_literal(place):
        return None
    text = support.einsum_bar_subscripts(core.literal(subscripts), core.literal(place))
    if text is None:
        return None
    nodes = list(operation.binding["operands"].elts)
    shape = nodes.pop(core.literal(place))
    product = batched_einsum(writer, text, [operation.binding["g"], *nodes])
    return writer.writer.text("inner_sum_to(x, shape)", {"x": writer.named(product, "product"), "shape": shape})
