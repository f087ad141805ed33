"""Blocks that are built again elsewhere: the iteration of a loop that is computed once more on the way back."""

from collections.abc import Sequence
from typing import Any

from s2s.runtime import staging
from s2s.runtime.adapter import ir
from s2s.runtime.staging import Scope, Staged

# What depends on nothing but constants is built again rather than captured.
_CONSTANT = ("stablehlo.constant", "stablehlo.iota")
_OF_CONSTANTS = ("stablehlo.broadcast_in_dim", "stablehlo.convert", "stablehlo.reshape")


class Template:
    """The operations of a block as a function of MLIR values to MLIR values, without what they write to the outside.

    Equal to others that compute the same.

    Attributes:
        captured: at first, the values from around the block that it uses, which are to be given after its arguments.
    """

    def __init__(self, block: Any, results: Sequence[Any]) -> None:
        """`block` is not finished yet; `results` are values of it, or values that it can use."""
        self._holder = ir.Operation.create("stablehlo.while", results=[], operands=[], regions=1, ip=False)
        self._block = self._holder.regions[0].blocks.append(*[argument.type for argument in block.arguments])
        self._constants: list[Any] = []
        self.captured: list[Any] = []
        self._known = dict(zip(block.arguments, self._block.arguments, strict=True))
        with ir.InsertionPoint(self._block):
            _copy(block, self._known, self._outside)
            ends = [self._known[v] if v in self._known else self._outside(v) for v in results]
            ir.Operation.create("stablehlo.return", [], ends)
        del self._known

    def take_captured(self) -> list[Staged]:
        """The captured values, which the template does not keep: they belong to one place."""
        taken, self.captured = self.captured, []
        return [owned(value) for value in taken]

    def _outside(self, value: Any) -> Any:
        """What stands for a value from around the block."""
        if not isinstance(value.owner, ir.Block) and _is_constant(value.owner.operation):
            made = self._constant(value.owner.operation)
        else:
            self.captured.append(value)
            made = self._block.add_argument(value.type, ir.Location.unknown())
        self._known[value] = made
        return made

    def _constant(self, op: Any) -> Any:
        copy = op.clone(ip=ir.InsertionPoint.at_block_begin(self._block))
        for i, operand in enumerate(op.operands):
            copy.operation.operands[i] = self._constant(operand.owner.operation)  # comes to stand before it
        return copy.operation.results[0]

    def __call__(self, arguments: Sequence[Any]) -> list[Any]:
        """Builds the operations at the insertion point; the values are those of the block, then the captured ones."""
        known = dict(zip(self._block.arguments, arguments, strict=True))
        _copy(self._block, known, None)
        *_, last = self._block.operations
        return [known[value] for value in last.operation.operands]

    # As part of the structure of a list, from one try of a loop around to the next.

    def _text(self) -> str:
        return self._holder.get_asm(print_generic_op_form=True, assume_verified=True)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Template) and self._text() == other._text())

    def __hash__(self) -> int:
        return len(self._block.arguments)


def owned(value: Any) -> Staged:
    """An MLIR value as a staged array of the scope, around the current one, that it belongs to."""
    made = staging.wrap(value)
    block = value.owner if isinstance(value.owner, ir.Block) else value.owner.operation.block
    scope: Scope | None = staging.scope()
    while scope is not None and scope.block != block:
        scope = scope.parent
    if scope is not None:
        made.scope = made.home = scope
    return made


def _is_constant(op: Any) -> bool:
    if op.name in _CONSTANT:
        return True
    if op.name not in _OF_CONSTANTS:
        return False
    makers = [value.owner for value in op.operands]
    return not any(isinstance(maker, ir.Block) or not _is_constant(maker.operation) for maker in makers)


def _copy(block: Any, known: dict[Any, Any], outside: Any) -> None:
    """Builds a block's operations again at the insertion point; `known` maps values, and gets those that are made."""
    for op in block.operations:
        original = op.operation
        if original.name == "stablehlo.return":
            continue
        if _is_effect(original):
            order = original.operands[0]
            known[original.results[0]] = known[order] if order in known else outside(order)
            continue
        copy = original.clone(ip=ir.InsertionPoint.current).operation
        _rebind(copy, known, outside, set())
        known.update(zip(original.results, copy.results, strict=True))


def _rebind(op: Any, known: dict[Any, Any], outside: Any, inner: set[Any]) -> None:
    """Replaces the operands of a copy, and those in its regions, which are not made in the copy itself."""
    for i, operand in enumerate(op.operands):
        if operand not in inner:
            op.operands[i] = known[operand] if operand in known else outside(operand)
    for region in op.regions:
        for block in region.blocks:
            inner.update(block.arguments)
            for nested in list(block.operations):
                _rebind(nested.operation, known, outside, inner)
                if _is_effect(nested.operation):
                    order = nested.operation.operands[0]
                    inner.add(order)  # it is bound already
                    nested.operation.results[0].replace_all_uses_with(order)
                    nested.operation.erase()
                    continue
                inner.update(nested.operation.results)


def _is_effect(op: Any) -> bool:
    """Whether an operation does something on the host, and gives its first operand, the order of such calls, on: it
    has been done when the block ran first."""
    if op.name != "stablehlo.custom_call" or "has_side_effect" not in op.attributes:
        return False
    return bool(ir.BoolAttr(op.attributes["has_side_effect"]).value)
