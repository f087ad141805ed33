"""Lengths of expressions without their text."""

import gast
import pytest

from s2s.codegen.core import core
from s2s.codegen.printing.expressions import ATOM, TEST, TUPLE, text_of
from s2s.codegen.printing.text_length import level_of, text_length
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


AROUND = (
    "t; t + a; a + t; a - t; t / a; a @ t; t ** a; a ** t; -t; not t; t < a; a < t; t[a]; a[t]; a[t, b]; a[t:b]; t.T; "
    "t.sum(a); f(t); f(a, k=t); (t, a); [t, a]; {a: t}"
)
INSIDE = "x; -x; x + y; x * y; x ** 2; x < y; f(x); x[0]; x.T; (x, y)"


@pytest.mark.parametrize("around", AROUND.split("; "))
def test_what_stands_in_place_of_a_name_takes_parentheses_where_it_has_to(around):
    for inside in INSIDE.split("; "):
        node, value = (gast.parse(text, mode="eval").body for text in (around, inside))
        both = core.substitute(node, {"t": value})
        assert text_length(node) + text_length(value, level_of(node, "t")) - len("t") == len(text_of(both)), inside
