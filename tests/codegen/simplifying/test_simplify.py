"""Simplification goes on where a pass has rewritten what came out of it, and comes to what it would from scratch."""

import gast

from s2s.codegen.core import core
from s2s.codegen.core.names import Namer
from s2s.codegen.printing.printer import to_source
from s2s.codegen.reading.source import source_from_string
from s2s.codegen.simplifying.simplify import Simplification

TEXT = """
def f(x):
    a = x * 1
    b = a + 0.5
    c = b * 1
    return c
"""


def _function():
    statements = source_from_string(TEXT).tree.body
    for statement in statements[:-1]:
        statement.derived = True
    function = core.Function("f", ["x"], statements, {}, {}, Namer(), None)
    function.bases.update({n: n for n in "xabc"})
    return function


def _text(body):
    return "".join(to_source(s) for s in body)


def test_what_is_new_is_simplified_and_the_rest_left_alone():
    function = _function()
    simplification = Simplification(function)
    body = simplification.run(function.body)
    assert _text(body) == "b = x + 0.5\nreturn b\n"
    kept = body[0].value
    new = core.assign("d", core.binary(core.name("b"), gast.Mult(), core.constant(1)))
    new.derived = True
    function.bases["d"] = "d"
    body = simplification.run([body[0], new, gast.Return(core.name("d"))])
    assert _text(body) == "b = x + 0.5\nreturn b\n"
    assert body[0].value is kept


def test_a_statement_that_reads_another_name_is_looked_at_again():
    function = _function()
    simplification = Simplification(function)
    body = simplification.run(function.body)
    body[0].value = core.binary(core.name("x"), gast.Div(), core.constant(1))
    assert _text(simplification.run(body)) == "return x\n"
