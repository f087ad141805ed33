"""Fresh names."""

import gast
import pytest

from s2s.codegen.core.names import Namer, identifier, names_in


def test_counts_up():
    namer = Namer({"x_bar"})
    assert [namer.fresh("x_bar"), namer.fresh("x_bar"), namer.fresh("y_bar")] == ["x_bar_2", "x_bar_3", "y_bar"]


def test_skips_numbers_that_are_taken():
    assert Namer({"t", "t_2"}).fresh("t") == "t_3"


@pytest.mark.parametrize("name", ["sum", "lambda", "print", "None", "match", "type"])
def test_never_a_keyword_or_builtin(name):
    assert Namer().fresh(name) == f"{name}_2"


def test_reserve_and_copy():
    namer = Namer()
    namer.reserve("a", "b")
    other = namer.copy()
    assert namer.fresh("a") == "a_2"
    assert other.fresh("a") == "a_2"


@pytest.mark.parametrize(
    ("text", "expected"), [("x.y", "x_y"), ("2d", "_2d"), ("", "value"), ("μ", "μ"), ("a b[0]", "a_b_0"), ("_", "_")]
)
def test_identifier(text, expected):
    assert identifier(text) == expected


def test_names_in():
    text = """
import os.path as p, sys
def f(a, *b, c=d, **e):
    global g
    for h in i:
        with j() as k: k.l(m=n)
    try: pass
    except E as err: pass
    lambda q: r
    match s:
        case {"t": u, **v}: pass
        case [*w]: pass
"""
    expected = set("p sys f a b c d e g h i j k m n E err q r s u v w".split())
    assert names_in(gast.parse(text)) == names_in([gast.parse(text)]) == expected
