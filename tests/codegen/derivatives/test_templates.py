"""Templates of rules write what filling in the operands and flattening the result writes."""

import gast
import numpy as np
import pytest

from s2s.codegen.core import core
from s2s.codegen.core.names import Namer
from s2s.codegen.derivatives.rules import RuleWriter, parsed_expression
from s2s.codegen.derivatives.templates import template
from s2s.codegen.printing.printer import to_source
from s2s.runtime.primitives import table

EXPRESSIONS = [
    "g * np.cos(x)",
    "sum_to(g * (y / (x + 1)), np.shape(x))",
    "np.where(x > y, g, 0)",
    "-(g * y) ** 2",
    "np.full(np.shape(x), np.pi * -1)",
    "np.sum(g, axis=(0, -1), keepdims=True)",
    "(g, np.stack([x, y, 1]))",
    "np.shape(x)[0]",
    "np.shape(x)[1:]",
    "np.swapaxes(g, -1, -2) @ x.T",
]
PARTIALS = sorted({text for p in table.PRIMITIVES.values() for text in (p.partials or {}).values()})
OPERANDS = {
    "names": {},
    "literals": {"x": core.constant(2), "y": gast.UnaryOp(gast.USub(), core.constant(3.0))},
    "a tuple": {"x": core.tuple_of([core.constant(0), core.constant(1)])},
    "an index": {"y": core.subscript(core.path("np.s_"), core.tuple_of([gast.Slice(None, None, None)]))},
}


def writer_of(statements: list) -> RuleWriter:
    names = [*"xyg", "out", "a", "b", "base", "exponent", "x1", "x2"]
    function = core.Function("f", names, [], {"np": np}, {n: n for n in names}, Namer(names), None)
    return RuleWriter(function, statements.append)


def written(statements: list, value: gast.AST) -> str:
    return to_source([*statements, gast.Return(value)])


@pytest.mark.parametrize("operands", OPERANDS.values(), ids=list(OPERANDS))
def test_templates_write_what_flattening_writes(operands):
    for text in [*EXPRESSIONS, *PARTIALS]:
        by_template, by_flattening = [], []
        writer, other = writer_of(by_template), writer_of(by_flattening)
        mapping = {n: core.name(n) for n in writer.function.parameters} | operands
        value = writer.instance(template(parsed_expression(text)), mapping)
        expected = other.operation(other.text(text, mapping))
        assert written(by_template, value) == written(by_flattening, expected), text
        assert writer.function.references == other.function.references
