"""Conversion between the two kinds of trees agrees with gast's own."""

import ast
import bisect
import inspect
import math

import gast
import pytest

from s2s.codegen.reading.trees import to_ast, to_gast

SAMPLES = [ast, bisect, inspect]


@pytest.mark.parametrize("module", SAMPLES, ids=lambda m: m.__name__)
def test_same_as_gast(module):
    tree = ast.parse(inspect.getsource(module))
    mine = to_gast(tree)
    assert gast.dump(mine, include_attributes=True) == gast.dump(gast.ast_to_gast(tree), include_attributes=True)
    assert ast.dump(to_ast(mine)) == ast.dump(tree)


def test_source_tree_is_left_alone():
    tree = ast.parse("def f(x, *, k=1) -> int: return x[k:]")
    before = ast.dump(tree, include_attributes=True)
    made = to_gast(tree)
    made.body[0].body.clear()
    assert ast.dump(tree, include_attributes=True) == before


def test_positions_and_origin_are_kept():
    statement = to_gast(ast.parse("x = 1\ny = x")).body[1]
    statement.origin = ("file.py", 7)
    back = to_ast(statement)
    assert (back.lineno, back.col_offset, back.end_col_offset, back.origin) == (2, 0, 5, ("file.py", 7))


@pytest.mark.parametrize("value", [-1, -0.0, -2.5, 1 - 2j, -3j, 2 + 0j, math.inf, -math.inf, 0, True, None, "a", ...])
def test_constants_are_spelled_as_source(value):
    text = ast.unparse(ast.fix_missing_locations(to_ast(gast.Expression(gast.Constant(value, None)))))
    made = eval(text)
    assert repr(made) == repr(value)


def test_nan():
    assert math.isnan(eval(ast.unparse(ast.fix_missing_locations(to_ast(gast.Constant(math.nan, None))))))
