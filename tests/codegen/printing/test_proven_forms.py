"""The forms of which `printer.PROVEN` says that their text parses to them, put into each other in all ways."""

import ast
import itertools
import math
from typing import Any

import gast
import pytest

from s2s.codegen.printing.printer import PROVEN, print_emitted, print_source
from s2s.codegen.printing.round_trip import says
from tests.codegen.printing.test_printer import EXPRESSIONS, STATEMENTS

LOAD, STORE = gast.Load(), gast.Store()


def x() -> Any:
    return gast.Name("x", LOAD, None, None)


BINARY = [
    getattr(gast, n)() for n in "BitOr BitXor BitAnd LShift RShift Add Sub Mult Div FloorDiv Mod MatMult Pow".split()
]
# One operator of each strength is enough three levels deep.
STRENGTHS = [op for op in BINARY if type(op).__name__ in "BitOr BitXor BitAnd LShift Add Sub Mult Pow".split()]
UNARY = [gast.USub(), gast.Not(), gast.Invert(), gast.UAdd()]


def forms(binary: Any) -> list[Any]:
    """Functions of one expression that put it into each place of each form."""
    places: list[Any] = []
    for op in binary:
        places += [lambda e, op=op: gast.BinOp(e, op, x()), lambda e, op=op: gast.BinOp(x(), op, e)]
    places += [lambda e, op=op: gast.UnaryOp(op, e) for op in UNARY]
    return places + [
        lambda e: gast.Compare(e, [gast.Lt()], [x()]),
        lambda e: gast.Compare(x(), [gast.Eq(), gast.NotIn()], [e, x()]),
        lambda e: gast.Compare(x(), [gast.Is(), gast.GtE()], [x(), e]),
        lambda e: gast.Attribute(e, "real", LOAD),
        lambda e: gast.Subscript(e, x(), LOAD),
        lambda e: gast.Subscript(x(), e, LOAD),
        lambda e: gast.Subscript(x(), gast.Tuple([e, x()], LOAD), LOAD),
        lambda e: gast.Subscript(x(), gast.Tuple([e], LOAD), LOAD),
        lambda e: gast.Subscript(x(), gast.Slice(e, None, e), LOAD),
        lambda e: gast.Subscript(x(), gast.Tuple([gast.Slice(None, e, None), x()], LOAD), LOAD),
        lambda e: gast.Call(e, [x()], []),
        lambda e: gast.Call(x(), [e], [gast.keyword("k", e)]),
        lambda e: gast.Tuple([e], LOAD),
        lambda e: gast.Tuple([e, e], LOAD),
        lambda e: gast.List([e, x()], LOAD),
        lambda e: gast.Dict([e, x()], [x(), e]),
    ]


def statements(e: Any) -> list[Any]:
    target = gast.Tuple([gast.Name("y", STORE, None, None), gast.Name("z", STORE, None, None)], STORE)
    return [
        gast.Assign([gast.Name("y", STORE, None, None)], e, None),
        gast.Assign([target], e, None),
        gast.Expr(e),
        gast.If(e, [gast.Pass()], [gast.If(e, [gast.Pass()], [gast.Return(e)])]),
        gast.For(gast.Name("y", STORE, None, None), e, [gast.Pass()], [], None),
        gast.While(e, [gast.Return(e)], []),
    ]


def is_printed_as_it_parses(body: list[Any]) -> bool:
    parameters = gast.arguments([gast.Name("x", gast.Param(), None, None)], [], None, [], [], None, [])
    function = gast.FunctionDef("f", parameters, body, [], None, None, [])
    return says([function], ast.parse(print_emitted([function], checked=False).text).body)


LEAVES = [None, True, ..., 0, 1, 10**30, 1.5, 1e-300, -0.0, -1, -2.5, math.inf, -math.inf, 3j, 1 - 2j]
LEAVES += ["a", "", "it's", '"', "'\"", "\\", "\n", "é", "\ud800", b"a'"]


@pytest.mark.parametrize("value", LEAVES)
def test_constants_in_each_form(value):
    leaf = gast.Constant(value, None)
    held = [outer(leaf) for outer in forms(BINARY)] + [
        outer(inner(leaf)) for outer in forms(BINARY) for inner in forms(STRENGTHS)
    ]
    assert is_printed_as_it_parses(
        [s for e in [leaf, *held[: len(forms(BINARY))]] for s in statements(e) if type(s) is not gast.Expr]
    )
    assert is_printed_as_it_parses([gast.Return(e) for e in held])


def test_two_forms_in_each_statement():
    for outer in forms(BINARY):
        assert is_printed_as_it_parses([s for inner in forms(BINARY) for s in statements(outer(inner(x())))])


def test_three_forms():
    places = forms(STRENGTHS)
    for outer, middle in itertools.product(places, places):
        assert is_printed_as_it_parses([gast.Expr(outer(middle(inner(x())))) for inner in places])


def test_what_is_not_known_is_checked():
    tree = gast.parse(STATEMENTS).body
    assert print_emitted(tree, checked=False) == print_source(tree)
    for text in EXPRESSIONS.strip().splitlines():
        body = gast.parse(f"def f(x):\n    return {text}\n").body
        assert print_emitted(body, checked=False) == print_source(body)
    assert not PROVEN & {
        gast.Lambda,
        gast.IfExp,
        gast.BoolOp,
        gast.ListComp,
        gast.Starred,
        gast.JoinedStr,
        gast.NamedExpr,
    }
