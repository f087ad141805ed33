"""Does what a function returns depend on the values of arguments, or on no more than their shapes?"""

import gast

from s2s.codegen.batching.inference import BatchInference
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Kind
from s2s.codegen.inference.operations import Operation

# What depends on the shape of its operand alone.
LIKE = ("zeros_like", "ones_like", "empty_like", "zeros_like_tree", "unit_vectors")


class Dependence(BatchInference):
    """Inference of kinds, where active means that the value depends on those of active arguments."""

    def primitive(self, statement: gast.AST, operation: Operation) -> Kind:
        kind = super().primitive(statement, operation)
        read = [p for p in operation.active if p not in operation.primitive.shape_only]
        return kind if read and operation.primitive.name not in LIKE else kinds.with_activity(kind, False)
