"""What a survey tells of a tree is what looking at all of its nodes tells."""

import gast

from s2s.codegen.core import core
from s2s.codegen.core.names import names_in, names_of
from s2s.codegen.core.survey import Survey

TEXT = """
def f(x, *rest, key=None):
    import numpy.linalg as la
    total, y[0] = x.size, g(key=x)
    with h(x) as z:
        total += [i for i in rest]
    return lambda q: la.inv(q) + total
"""


def test_a_survey_finds_what_all_nodes_hold():
    tree = gast.parse(TEXT).body[0]
    survey = Survey(tree)
    assert survey.names == names_of(core.nodes(tree)) == names_in(tree)
    assert {"f", "x", "rest", "key", "la", "y", "z", "i", "q"} <= survey.names
    for kind in (gast.Name, gast.Call, gast.Subscript, gast.keyword):
        assert survey.of(kind) == [n for n in core.nodes(tree) if type(n) is kind] != []
    assert survey.holds(gast.While, gast.With) and not survey.holds(gast.While, gast.For)


def test_the_tree_itself_is_not_inside():
    survey = Survey(gast.parse("def f(x):\n    return x").body[0])
    assert not survey.holds(gast.FunctionDef) and survey.of(gast.FunctionDef) == []
    assert survey.names == {"f", "x"}
