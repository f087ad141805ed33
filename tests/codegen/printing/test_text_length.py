"""Lengths of expressions without their text."""

import gast
import pytest

from s2s.codegen.printing.expressions import ATOM, TEST, TUPLE, text_of
from s2s.codegen.printing.text_length import text_length
from tests.codegen.printing.test_printer import EXPRESSIONS

MORE = """
x[i, (j, k)]
-(x + y) * (z, )[0]
f(x)(y)[a, b](c=(d, e))
np.sum(x ** -2, axis=(0, 1), keepdims=True)
f(*a, **b)
[(), (a,), [b, (c, d)]]
(a + b) ** (c * d) ** e
not (a and b)
{"a": (1, 2), 'b"': "c"}
(a < b) + (lambda: 0)()
"""


@pytest.mark.parametrize("text", [*EXPRESSIONS.strip().splitlines(), *MORE.strip().splitlines()])
@pytest.mark.parametrize("level", [TUPLE, TEST, ATOM])
def test_is_the_length_of_the_text(text, level):
    tree = gast.parse(text, mode="eval").body
    specifications = {n.format_spec for n in gast.walk(tree) if isinstance(n, gast.FormattedValue)}
    for node in gast.walk(tree):
        if isinstance(node, gast.expr) and not isinstance(node, gast.FormattedValue) and node not in specifications:
            assert text_length(node, level) == len(text_of(node, level))
            assert text_length(node, level) == len(text_of(node, level)), "remembered"
