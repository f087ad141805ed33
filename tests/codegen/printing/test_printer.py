"""Trees as text."""

import ast
import importlib
import inspect
import warnings
from pathlib import Path

import gast
import pytest

from s2s.codegen.printing import printer
from s2s.codegen.printing.printer import PrintError, comment, is_comment, print_source, same, to_source
from s2s.codegen.printing.wrapping import layout
from s2s.codegen.reading.trees import to_gast

PROGRAMS = Path(__file__).resolve().parents[4] / "shared" / "programs"
LIBRARY = ["ast", "textwrap", "fractions", "statistics", "json.decoder", "heapq", "functools", "argparse"]

EXPRESSIONS = """
x @ w + b
(a + b) * c
a - (b - c)
a - b - c
a / (b * c)
a * b / c
x ** 2
-x ** 2
(-x) ** 2
x ** -y
x ** y ** z
(x ** y) ** z
(await_ ** 2).T
2 * (x - y) / np.size(x)
not a and (b or c)
(not a) == b
not a == b
a < b <= c
(a < b) < c
a if b else c if d else e
(a if b else c) if d else e
(a if b else c) + d
lambda: 0
lambda x, *y, k=1, **z: x + k
lambda x, /, y: (x, y)
(lambda x: x)(1)
f(x for x in y)
f((x for x in y), 1)
f(*a, b, k=c, **d)
[x for x in a if b if c for y in d]
{x: y for x, y in a}
{x for x in a}
{**a, "b": c}
[*a, b]
a,
()
x[i]
x[i, j]
x[i,]
x[:, None, ...]
x[a:b:c, ::-1]
x[(a, b), c]
x[()]
(y := f(x))
f((y := 1), 2)
x.T.sum(axis=0)
(1).real
1.5.real
-1
1e-05
1e+16
3j
"text"
'with "double" quotes'
"it's"
b"bytes"
f"{x} and {y!r:>{width}} {{z}} {x + 1:.3f}"
None
~a | b & c ^ d << 2
a is not b
a not in b
+a
not -a
a and b and (c and d)
(a, b), [c]
"""


@pytest.mark.parametrize("text", EXPRESSIONS.strip().splitlines())
def test_expressions_are_spelled_as_a_person_would(text):
    assert to_source(gast.parse(text, mode="eval").body) == text
    if not text.startswith(("'", '"')):  # alone, a string would be a docstring
        assert to_source(gast.parse(text).body[0]) == text + "\n"


STATEMENTS = '''
from a.b import c, d as e


def f(a, /, b: int = 1, *c, d, e=2, **g) -> int:
    """Docstring."""
    x, (y, *z) = a
    x = y = a, b
    x[i], z.q = b
    x += 1
    x **= 2
    x: float = 1
    del x, y
    assert x, "message"
    if a:
        pass
    elif b:
        return
    else:
        return a, *b
    for i, x in enumerate(y):
        if i:
            continue
        break
    else:
        x = 1
    while not x:
        x = f(x)
    with open(x) as y, z:
        pass
    try:
        raise ValueError("x") from e
    except (A, B) as error:
        raise
    finally:
        x = 1

    def g(x):
        nonlocal y
        global z
        return x

    @decorator(1)
    def h(x):
        yield x
        y = yield from x

    return g


class C(B, metaclass=D):

    def m(self):
        pass


async def k(x):
    async for y in x:
        await y
    async with x:
        return [z async for z in y]


def last():
    import os
'''.lstrip()


def test_statements():
    assert to_source(gast.parse(STATEMENTS)) == STATEMENTS


def test_a_list_and_a_single_statement():
    tree = gast.parse("x = 1\ny = 2")
    assert to_source(tree.body) == "x = 1\ny = 2\n"
    assert to_source(tree.body[0]) == "x = 1\n"


def test_what_astor_does_not_know_goes_to_gast():
    text = "match x:\n    case [1, *y]:\n        z = 1\n    case _:\n        pass\n"
    assert to_source(gast.parse(text)) == text


def test_a_tree_that_is_not_a_program():
    with pytest.raises(PrintError):
        to_source(gast.Assign([gast.Constant(1, None)], gast.Constant(2, None), None))
    with pytest.raises(PrintError):
        to_source(gast.Assign([gast.Name("a b", gast.Store(), None, None)], gast.Constant(2, None), None))


def test_constants_made_by_folding():
    def power(base):
        return gast.BinOp(gast.Constant(base, None), gast.Pow(), gast.Constant(2, None))

    assert to_source(power(-1.5)) == "(-1.5) ** 2"
    assert to_source(gast.Constant(float("inf"), None)) == 'float("inf")'
    assert to_source(gast.Constant(float("nan"), None)) == 'float("nan")'
    assert to_source(gast.Constant(1 - 2j, None)) == "1.0 + -2j"


def test_nodes_without_optional_fields():
    node = gast.FunctionDef("f", gast.arguments([], [], None, [], [], None, []), [gast.Pass()], [], None, None, [])
    assert to_source(node) == "def f():\n    pass\n"


def test_comments():
    tree = gast.parse("def f(x):\n    y = x\n    if y:\n        pass\n    return y\n")
    body = tree.body[0].body
    body.insert(1, comment("# y = np.tanh(x)  'quoted' \"too\" {braces}\\n"))
    body[2].body = [comment("only a comment")]
    tree.body.insert(0, comment("#!first\nsecond"))
    assert to_source(tree) == (
        "#!first\n# second\n\n\ndef f(x):\n    y = x\n    # y = np.tanh(x)  'quoted' \"too\" {braces}\\n\n"
        "    if y:\n        # only a comment\n        pass\n    return y\n"
    )
    assert is_comment(body[1])
    assert not is_comment(body[0])
    assert is_comment(tree.body[0]), "printing leaves the tree alone"


def test_long_comments_go_on_in_the_next_line():
    text = to_source([comment("# " + "word " * 30)])
    first, second = text.splitlines()
    assert len(first) <= 100
    assert second.startswith("#     word")


def test_line_map():
    tree = gast.parse("import numpy\ndef f(x):\n    y = g(x)\n    if y:\n        z = 1\n    w = 2\n    return z\n")
    body = tree.body[1].body
    body[0].value.args = [gast.Name(f"argument_number_{i}", gast.Load(), None, None) for i in range(10)]
    tree.body[1].origin = ("u.py", 1)
    body[0].origin = ("u.py", 2)
    body[1].origin = ("u.py", 3)
    body[1].body[0].origin = ("v.py", 40)
    body[3].origin = ("u.py", 5)
    body.insert(1, comment("# why", ("u.py", 9)))
    printed = print_source(tree)
    lines = [place and f"{place[0]}:{place[1]}" for place in printed.line_map]
    text = printed.text.splitlines()
    assert len(lines) == len(text)
    found = dict(zip((line.strip()[:6] for line in text), lines, strict=True))
    assert found == {
        "import": "u.py:1", "": "u.py:1", "def f(": "u.py:1", "y = g(": "u.py:2", "argume": "u.py:2",
        "# why": "u.py:9", "if y:": "u.py:3", "z = 1": "v.py:40", "w = 2": "v.py:40", "return": "u.py:5",
    }  # fmt: skip


def test_line_map_without_any_origin():
    assert print_source(gast.parse("x = 1\ny = 2")).line_map == [None, None]


LONG = """
query_bar = (weights_bar * attention_weights_scale + query_projection_bar * query_projection_scale
    + something_else_of_this_kind)
(first_value_name, second_value_name, third_value_name, fourth_value_name, fifth_value_name, sixth,
    seventh) = saved
x_bar[index_of_the_first_axis, index_of_the_second_axis] = np.where(condition_value,
    first_branch_value, second_branch)
if (some_long_condition_name > another_long_name and third_long_condition_name < fourth_long_name
        or fifth_long_name == 0):
    pass
from s2s.runtime.support import (add_at, from_items, matmul_lhs_bar, matmul_rhs_bar, set_at, sum_to,
    unreduce)
"""


def test_long_lines_break_at_the_weakest_operator():
    assert to_source(gast.parse(LONG)).strip() == LONG.strip()


def test_layout_leaves_what_can_not_be_broken():
    pieces = ["x", " = ", '"' + "a" * 120 + '"', "\n"]
    assert layout(pieces) == "".join(pieces)


def functions_of(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def check_round_trip(text, monkeypatch):
    by_gast = []
    unparsed = printer._unparsed
    monkeypatch.setattr(printer, "_unparsed", lambda tree: by_gast.append(1) or unparsed(tree))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        functions = functions_of(ast.parse(text))
        for function in functions:
            tree = to_gast(function)
            for number, statement in enumerate(n for n in gast.walk(tree) if isinstance(n, gast.stmt)):
                statement.origin = ("u.py", number)
            assert print_source(tree) == printer._by_astor(tree), (
                "whichever printer knows a statement, it looks the same"
            )
            emitted = to_source(tree)
            assert same(ast.parse(emitted).body[0], function)
            if not by_gast:
                assert all(len(line) <= 100 or '"' in line or "'" in line for line in emitted.splitlines())
    return len(functions), len(by_gast)


@pytest.mark.parametrize("name", LIBRARY)
def test_round_trip_of_the_standard_library(name, monkeypatch):
    module = importlib.import_module(name)
    count, by_gast = check_round_trip(inspect.getsource(module), monkeypatch)
    assert count > 3
    assert by_gast <= 0.05 * count, "nearly all is printed by the pretty printer"


@pytest.mark.parametrize("name", ["straight", "control", "mutation", "functions", "numerics", "refused"])
def test_round_trip_of_the_open_programs(name, monkeypatch):
    path = PROGRAMS / f"{name}.py"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    count, by_gast = check_round_trip(path.read_text(), monkeypatch)
    assert count > 3
    assert not by_gast


def test_same_bytes_twice():
    tree = gast.parse(STATEMENTS)
    assert to_source(tree) == to_source(tree)
