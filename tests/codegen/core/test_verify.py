"""The Core table and the checker between passes: what each row accepts, and what each violation says."""

import ast
import subprocess
import sys

import gast
import pytest

from s2s.codegen.core import core, table, verify
from s2s.codegen.core.table import TABLE, form_of
from s2s.codegen.core.verify import VerifyError
from tests.codegen import core_text

ACCEPTED = {
    "copy": ["v = x", "v = 1.5", "v = -1", "v = None", "v = np.pi", "v = (1, 2)", "v = [0, 1]", "v = 'text'"],
    "operation": [
        "v = np.tanh(x)",
        "v = np.linalg.solve(x, y)",
        "v = f(x, axis=0)",
        "v = f(*x)",
        "v = x.sum(axis=0)",
        "v = x.T",
        "v = x + y",
        "v = 2 * x",
        "v = x @ y",
        "v = -x",
        "v = x < y",
        "v = x is None",
        "v = np.reshape(x, (2, 3))",
        "v = np.reshape(x, (y, 3))",
        "v = getitem_bar(x, np.s_[1:, y], x)",
        "v = from_items(x, reversed(y))",
    ],
    "item": ["v = x[0]", "v = x[y]", "v = x[1:y]", "v = x[:, ::2]", "v = x[y, ..., None]", "v = x['key']"],
    "build": ["v = (x, 1)", "v = [x, *y]", "v = {'a': x, 'b': y}", "v = (x,)"],
    "opaque": [
        "v = x and y > 1",
        "v = not x",
        "v = 0 < x < y",
        "v = f'{x}'",
        "v = [i * 2 for i in x]",
        "v = {x, y}",
        "v = lambda a: a + x",
        "v = {i: 1 for i in x}",
        "v = (i for i in x)",
    ],
    "test": ["v = x.sum() > 0  # is_test", "v = np.ndim(x) == 0  # is_test"],
    "unpack": ["v, w = x", "v, w = f(x)", "v, w = x[0]"],
    "join": ["v = x  # join", "v, w = x, 1  # join", "v, w = y, x  # join"],
    "append": ["xs.append(x)", "xs.append((x, y))", "xs.append(None)"],
    "effect": ["print(x + 1)", "xs.append(x + 1)", "require_scalar(x)"],
    "raise": ["raise ValueError", "raise ValueError(f'bad {x}')"],
    "assert": ["assert x > 0 and y, f'bad {x}'"],
    "branch": ["if x:\n    v = y\nelse:\n    v = x"],
    "stop guard": ["if x:\n    break"],
    "for": [
        "for v in x:\n    pass",
        "for v in range(3, y):\n    pass",
        "for v, w in zip(x, y):\n    pass",
        "for v, (w, u) in enumerate(zip(x, y), 1):\n    pass",
        "for v, w in zip(x, y, strict=True):\n    pass",
        "for v in reversed(range(y)):\n    pass",
        "for v, w in reversed(x):\n    pass",
        "for _ in reversed(x):\n    pass",
        "for v, w in zip(reversed(x), range(2)):\n    pass",
    ],
    "while": ["while x.sum() > 1 and y:\n    pass"],
    "return": ["return x", "return None", "return x, (y, 1.0)", "return (x,)", "return np.pi"],
}
REJECTED = [
    "v = x + y * 2",
    "v = np.tanh(x.T)",
    "v = np.sum(x)[0]",
    "v = x[y + 1]",
    "v = x[1:y + 1]",
    "v = (x + 1, y)",
    "v = {'a': x + 1}",
    "v = -(-x)",
    "v = x if y else 1",
    "v = (w := x)",
    "v = w = x",
    "v[0] = x",
    "v.real = x",
    "v, *w = x",
    "v, (w, u) = x",
    "v, w = x, y",
    "v, w = x, y + 1  # join",
    "v = x + 1  # join",
    "v += x",
    "v: int = x",
    "xs.append(x + 1)  # backward",
    "if x > 1:\n    v = y",
    "if not x:\n    v = y",
    "if x:\n    v = y\n    break",
    "if not x:\n    break",
    "if x:\n    break\nelse:\n    v = y",
    "for v in np.arange(3):\n    pass",
    "for v in x[1:]:\n    pass",
    "for v in zip(x, y):\n    pass",
    "for v, w in zip(x, y, key=3):\n    pass",
    "for v, w in enumerate(x, start=3):\n    pass",
    "for v, w in range(3):\n    pass",
    "for v, *w in x:\n    pass",
    "for v, w in enumerate(x, y + 1):\n    pass",
    "for v in x:\n    pass\nelse:\n    v = 1",
    "while x:\n    pass\nelse:\n    v = 1",
    "return",
    "return x + 1",
    "return [x, y + 1]",
    "break",
    "continue",
    "pass",
    "del x",
    "global x",
    "raise",
    "raise x from y",
    "with x:\n    v = y",
    "try:\n    v = y\nfinally:\n    v = x",
    "def g(a):\n    return a",
    "import math",
]
GLOBALS = {"np", "f", "getitem_bar", "from_items", "require_scalar", "print"}


def statement(text):
    body = gast.parse(text).body
    core_text.mark(body, text.splitlines())
    return body[0]


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in ACCEPTED.items() for t in texts])
def test_table_recognises(name, text):
    assert form_of(statement(text), GLOBALS).name == name


@pytest.mark.parametrize("text", REJECTED)
def test_table_rejects(text):
    assert form_of(statement(text), GLOBALS) is None


def test_every_row_is_exercised():
    assert [form.name for form in TABLE] == list(ACCEPTED)


def test_path_to_a_local_is_an_operation_not_an_atom():
    assert form_of(statement("v = x.T"), {"x"}).name == "copy"
    assert form_of(statement("v = np.dot(x.T, x)"), {"np"}) is None
    assert form_of(statement("v = np.dot(x.T, x)"), {"np", "x"}).name == "operation"


def test_listing_shows_each_form_with_both_modes():
    shown = subprocess.run([sys.executable, "-m", "s2s.codegen.core.table"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == table.listing()
    assert shown.stdout.count("    adjoint: ") == shown.stdout.count("    tangent: ") == len(TABLE)


VALID = """
def f(x, n):
    total_1 = 0.0
    test = n > 1 and x is not None  # is_test
    if test:
        y_1 = x * 2
        y_3 = y_1  # join
    else:
        y_2 = np.sin(x)
        y_3 = y_2  # join
    total_2 = total_1  # join
    saved = []
    for i in range(n):
        total_3 = total_2 + y_3
        saved.append((total_3, i))
        total_2 = total_3  # join
    y_bar, items = 0.0, []  # join
    for total_4, i_1 in reversed(saved):
        y_bar_1 = y_bar + total_4
        items.append(i_1)
        y_bar = y_bar_1  # join
    while y_bar > 100.0:
        pair = (y_bar, items)
        y_bar_3, items_1 = pair
    return total_2, (y_bar, items)
"""


def test_valid_core_is_accepted():
    function = core_text.parse(VALID)
    verify.verify(function, "testing")
    assert core_text.run(function, function.body, 1.0, 3) == (6.0, (12.0, [2, 1, 0]))


def test_branch_again_under_the_same_test_reads_what_the_first_assigned():
    """As the backward sweep does in a joint function."""
    verify.verify(
        core_text.parse(
            """
            def f(x, test):
                if test:
                    y_1 = np.sin(x)
                    if x:
                        w = np.cos(x)
                        z = w  # join
                    else:
                        z = y_1  # join
                    y = z  # join
                else:
                    y = x  # join
                if test:
                    if x:
                        v_1 = w * y_1
                        v = v_1  # join
                    else:
                        v = 0.0  # join
                    u = v  # join
                else:
                    u = 1.0  # join
                return y, u
            """
        ),
        "testing",
    )


VIOLATIONS = {
    "read before it is assigned": (
        "def f(x):\n    y = z + x\n    z = y * 2\n    return z",
        ["`y = z + x`: 'z' is read before it is assigned"],
    ),
    "read after the branch that alone assigns it": (
        "def f(x):\n    if x:\n        y = x * 2\n    return y",
        ["`return y`: 'y' is read before it is assigned"],
    ),
    "read under the other side of the test": (
        "def f(x):\n    if x:\n        y = x * 2\n"
        "    if x:\n        z = 1\n    else:\n        z_1 = y + 1\n    return x",
        ["`z_1 = y + 1`: 'y' is read before it is assigned"],
    ),
    "read after the loop that assigns it": (
        "def f(x):\n    for v in x:\n        y = v * 2\n    return y",
        ["`return y`: 'y' is read before it is assigned"],
    ),
    "target read after its loop": (
        "def f(x):\n    for v in x:\n        y = v * 2\n    return v",
        ["`return v`: 'v' is read before it is assigned"],
    ),
    "carry read by the loop's test before it is entered": (
        "def f(x):\n    while y > 1:\n        z = x * 2\n        y = z  # join\n    return x",
        ["`while y > 1:`: 'y' is read before it is assigned"],
    ),
    "stop guard before the end of a loop": (
        "def f(x):\n    for v in x:\n        t = v > 1\n        if t:\n            break\n"
        "        y = v * 2\n    return x",
        ["`if t:`: a stop guard that is not last in a loop's body"],
    ),
    "stop guard on a name that the carries do not hold": (
        "def f(x):\n    for v in x:\n        t = v > 1\n        y_1 = x + v\n        y = y_1  # join\n"
        "        if t:\n            break\n    return x",
        ["`if t:`: the test of a stop guard is none of the carries"],
    ),
    "assigned twice": (
        "def f(x):\n    y = x * 2\n    y = x * 3\n    return y",
        ["`y = x * 3`: 'y' is assigned twice"],
    ),
    "parameter assigned": (
        "def f(x):\n    x = np.sin(x)\n    return x",
        ["`x = np.sin(x)`: 'x' is assigned twice"],
    ),
    "assigned twice by one unpacking": (
        "def f(x):\n    y, y = x\n    return y",
        ["`y, y = x`: 'y' is assigned twice"],
    ),
    "assigned in both blocks without a join": (
        "def f(x):\n    if x:\n        y = x * 2\n    else:\n        y = x * 3\n    return x",
        ["`y = x * 3`: 'y' is assigned twice"],
    ),
    "joined by two branches": (
        "def f(x):\n    if x:\n        y = 1  # join\n    else:\n        y = 2  # join\n"
        "    if x:\n        y = 3  # join\n    else:\n        y = 4  # join\n    return y",
        ["`y = 4`: 'y' is assigned twice"],
    ),
    "return inside a branch": (
        "def f(x):\n    if x:\n        return x\n    y = x * 2\n    return y",
        ["`return x`: return before the end"],
    ),
    "no return": ("def f(x):\n    y = x * 2", ["the last statement is no return"]),
    "join in the middle of a block": (
        "def f(x):\n    if x:\n        y = x  # join\n        z = y * 2\n    return x",
        ["`y = x`: a join that is neither last in its block nor the entry of a loop"],
    ),
    "join outside of blocks": (
        "def f(x):\n    y = x  # join\n    return y",
        ["`y = x`: a join that is neither last in its block nor the entry of a loop"],
    ),
    "joins of different names, the value known on both sides": (
        "def f(x):\n    y_1 = x * 2\n"
        "    if x:\n        y_2 = y_1  # join\n    else:\n        z = x * 3\n    return y_2",
        ["`if x:`: 'y_2' is joined in one block only, and the other has a value for it"],
    ),
    "joins of different names, each side with a version": (
        "def f(x):\n    if x:\n        y_1 = x * 2\n        y_3 = y_1  # join\n"
        "    else:\n        y_2 = x * 3\n    return y_3",
        ["`if x:`: 'y_3' is joined in one block only, and the other has a value for it"],
    ),
    "unknown global": (
        "def f(x):\n    y = whatever(x)\n    return y",
        ["`y = whatever(x)`: 'whatever' is neither a local name nor a known global"],
    ),
    "comprehension variable leaks": (
        "def f(x):\n    y = [v for v in x]\n    z = v * 2\n    return z",
        ["`z = v * 2`: 'v' is neither a local name nor a known global"],
    ),
    "two operations": (
        "def f(x):\n    if x + 1:\n        y = x * 2\n    return x",
        ["`if x + 1:`: no statement of Core, which has `if a: … else: …`; or `if stop: break`"],
    ),
    "statement without a row": (
        "def f(x):\n    del x\n    return 1",
        ["`del x`: no statement of Core"],
    ),
}


@pytest.mark.parametrize("case", VIOLATIONS)
def test_violation_is_reported(case):
    text, expected = VIOLATIONS[case]
    with pytest.raises(VerifyError) as caught:
        verify.verify(core_text.parse(text), "testing")
    assert caught.value.violations == expected


def test_one_sided_join_of_a_variable_that_the_other_side_lacks():
    text = "def f(x):\n    if x:\n        y_1 = x * 2\n        y_2 = y_1  # join\n    else:\n        z = x * 3\n"
    verify.verify(core_text.parse(text + "    return y_2"), "testing")


def test_unread_targets_share_a_name():
    text = "def f(x):\n    for _ in x:\n        print(x)\n    for _ in reversed(x):\n        print(x)\n    return x"
    verify.verify(core_text.parse(text), "testing")


def test_all_violations_are_raised_together():
    function = core_text.parse("def f(x):\n    y = z + x * 2\n    y = w\n    return y + 1")
    function.body[0].origin = ("model.py", 7)
    with pytest.raises(VerifyError) as caught:
        verify.verify(function, "desugaring")
    expected = """
        internal error of s2s: after desugaring, f() is no valid Core (please report this)
            `y = w`: 'y' is assigned twice
            model.py:7: `y = z + x * 2`: no statement of Core, which has {}
            model.py:7: `y = z + x * 2`: 'z' is neither a local name nor a known global
            `y = w`: 'w' is neither a local name nor a known global
            `return y + 1`: no statement of Core, which has `return a; return (a, …)`
        """
    rows = "; or ".join(f"`{form.text.split('    ')[0]}`" for form in TABLE if form.node is gast.Assign)
    assert str(caught.value) + "\n" == core_text.same(expected.format(rows))


def test_nodes_of_the_standard_library_are_foreign():
    """`gast.Assign` derives from `ast.stmt`, so isinstance can't tell them apart."""
    function = core_text.parse("def f(x):\n    y = x * 2\n    return y")
    function.body[0].value = ast.parse("x * 2", mode="eval").body
    function.body[0].origin = ("model.py", 2)
    with pytest.raises(VerifyError) as caught:
        verify.verify(function, "testing")
    assert caught.value.violations == [
        "model.py:2: Assign: the node BinOp is not gast's",
        "model.py:2: Assign: the node Constant is not gast's",
        "model.py:2: Assign: the node Load is not gast's",
        "model.py:2: Assign: the node Mult is not gast's",
        "model.py:2: Assign: the node Name is not gast's",
    ]


def test_foreign_statement_inside_a_block():
    function = core_text.parse("def f(x):\n    if x:\n        y = x * 2\n    return x")
    function.body[0].body[0] = ast.Pass()
    with pytest.raises(VerifyError, match="If: the node Pass is not gast's"):
        verify.verify(function, "testing")


def test_names_available_before_the_body():
    text = "def f(x):\n    y = x_dot * helper(x)\n    return y"
    function = core_text.parse(text.replace("x_dot * helper(x)", "helper(x, x_dot)"))
    with pytest.raises(VerifyError):
        verify.verify(function, "testing")
    verify.verify(function, "testing", available=["x_dot"], known=["helper"])


def test_check_is_on_in_tests_and_off_without_the_flag():
    assert verify.ENABLED
    program = "from s2s.codegen.core import verify; print(verify.ENABLED)"
    for value, shown in (("", "False"), ("1", "True")):
        run = subprocess.run(
            [sys.executable, "-c", program], env={"S2S_VERIFY": value}, capture_output=True, text=True, check=True
        )
        assert run.stdout.strip() == shown


def test_check_does_nothing_where_it_is_off(monkeypatch):
    monkeypatch.setattr(verify, "ENABLED", False)
    function = core_text.parse("def f(x):\n    return y")
    verify.check(function, "testing")
    monkeypatch.setattr(verify, "ENABLED", True)
    with pytest.raises(VerifyError):
        verify.check(function, "testing")


def test_targets_of_core_cover_what_rows_assign():
    """The question that other passes ask of a statement knows every row that assigns."""
    for form, texts in ACCEPTED.items():
        targets = {frozenset(core.targets(statement(t))) for t in texts}
        assert all(targets) == (
            form not in ("append", "effect", "raise", "assert", "branch", "stop guard", "while", "return")
        )
