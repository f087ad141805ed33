"""`s2s convert` as a function: text to text, and the emitted module runs."""

import linecache
import re

import numpy as np
import pytest

from s2s.convert import convert
from s2s.expansion import ConversionError, Request

MODULE = '''\
"""A model."""
from __future__ import annotations

import numpy as np  # the user's comment

SCALE = 2.0


def layer(p, x):
    w, b = p
    return np.tanh(x @ w + b)   # odd   spacing stays


def loss(params, x):
    for p in params:
        x = layer(p, x)
    return np.sum(x ** 2) * SCALE
'''
DECORATED = """\
import numpy as np
import s2s as S
from s2s import value_and_grad as vag


@S.grad
def slope(x):
    return np.sum(np.sin(x) * x)


@vag(argnums=(0, "y"))
def both(x, y=2.0):
    return x * y * y


@S.jvp
def along(x, y): return x * y  # gone
after = 3  # stays
"""
PARAMS = [(np.full((3, 3), 0.1), np.arange(3.0)), (np.eye(3), np.zeros(3))]
X = np.linspace(-1.0, 1.0, 6).reshape(2, 3)


def converted(text, *requests, wrt=None):
    made = [Request(*request) for request in requests]
    return convert(text.encode(), "model.py", made, wrt).decode()


def run(text):
    namespace = {"__name__": "model"}
    exec(compile(text, "model.py", "exec"), namespace)
    return namespace


def refusal(text, *requests, **options):
    with pytest.raises(ConversionError) as caught:
        converted(text, *requests, **options)
    return str(caught.value)


def slope_along(function, x, u, step=1e-6):
    return (function(x + step * u) - function(x - step * u)) / (2 * step)


def test_appended_gradient_is_right():
    module = run(converted(MODULE, ("grad", "loss")))
    gradient = module["loss_grad"](PARAMS, X)
    u = np.ones((3, 3))
    measured = slope_along(lambda w: module["loss"]([(w, PARAMS[0][1]), PARAMS[1]], X), PARAMS[0][0], u)
    np.testing.assert_allclose(np.sum(gradient[0][0] * u), measured, rtol=1e-6)


def test_every_other_byte_stays():
    text = converted(MODULE, ("grad", "loss"))
    lines = text.split("\n")
    for line in MODULE.rstrip("\n").split("\n"):
        assert line in lines
    header = next(line for line in lines if line.startswith("from s2s.runtime.support import "))
    assert text.replace(header + "\n", "").startswith(MODULE.rstrip("\n") + "\n\n\ndef ")
    assert lines.index(header) == lines.index("import numpy as np  # the user's comment") + 1


def test_nothing_asked_for_is_the_file_itself():
    assert converted(MODULE) == MODULE


def test_wrt_by_name():
    module = run(converted(MODULE, ("value_and_grad", "loss"), wrt=("x",)))
    value, x_bar = module["loss_value_and_grad"](PARAMS, X)
    assert value == module["loss"](PARAMS, X)
    u = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(np.sum(x_bar * u), slope_along(lambda x: module["loss"](PARAMS, x), X, u), rtol=1e-6)


def test_several_requests_share_what_they_call():
    text = converted(MODULE, ("grad", "loss"), ("value_and_grad", "loss"), ("jvp", "layer"))
    assert text.count("def layer_fwd(") == text.count("def layer_bwd(") == 1
    assert text.index("def loss_grad(") < text.index("def loss_value_and_grad(")
    module = run(text)
    value, gradient = module["loss_value_and_grad"](PARAMS, X)
    np.testing.assert_array_equal(gradient[0][0], module["loss_grad"](PARAMS, X)[0][0])
    out, out_dot = module["layer_jvp"](PARAMS[0], X, (PARAMS[0][0] * 0, PARAMS[0][1] * 0), np.ones((2, 3)))
    measured = slope_along(lambda x: module["layer"](PARAMS[0], x), X, np.ones((2, 3)))
    np.testing.assert_allclose(out_dot, measured, rtol=1e-6)


def test_the_same_bytes_every_time_and_a_second_run_adds_nothing():
    once = converted(MODULE, ("grad", "loss"), ("jvp", "layer"))
    assert converted(MODULE, ("grad", "loss"), ("jvp", "layer")) == once
    assert converted(once, ("grad", "loss"), ("jvp", "layer")) == once


def test_the_output_is_a_legal_input():
    first = converted("import numpy as np\n\n\ndef f(x):\n    return np.sum(x * np.sin(x))\n", ("grad", "f"))
    module = run(converted(first, ("jvp", "f_grad")))
    x = np.array([0.3, 0.7])
    _, second = module["f_grad_jvp"](x, np.ones(2))
    np.testing.assert_allclose(second, 2 * np.cos(x) - x * np.sin(x), rtol=1e-9)


def test_decorated_definitions_are_replaced():
    text = converted(DECORATED)
    assert "@" not in text and "# gone" not in text
    assert text.endswith("after = 3  # stays\n")
    module = run(text)
    np.testing.assert_allclose(module["slope"](np.array([0.5])), np.sin(0.5) + 0.5 * np.cos(0.5))
    value, (x_bar, y_bar) = module["both"](3.0)
    assert (value, x_bar, y_bar) == (12.0, 4.0, 12.0)
    assert module["along"]((2.0, 3.0), (1.0, 0.5)) == (6.0, 4.0)


def test_a_sequence_of_one_argument_gives_a_tuple():
    module = run(converted("import s2s\n\n\n@s2s.grad(argnums=(1,))\ndef f(x, y):\n    return x * y\n"))
    assert module["f"](2.0, 3.0) == (2.0,)


def test_decorators_above_ours_stay():
    text = "import s2s\nfrom other import register\n\n\n@register\n@s2s.grad\ndef f(x):\n    return x * x\n"
    assert "@register\ndef f(x):\n" in converted(text)
    assert "@s2s" not in converted(text)


def test_the_module_is_never_run():
    assert "def f_grad" in converted("raise SystemExit\n\n\ndef f(x):\n    return x * x\n", ("grad", "f"))


def test_line_ends_and_encodings_stay():
    text = "# -*- coding: latin-1 -*-\r\nNAME = 'caf\xe9'\r\n\r\n\r\ndef f(x):\r\n    return x * x\r\n"
    out = convert(text.encode("latin-1"), "m.py", [Request("grad", "f")])
    assert b"caf\xe9" in out and b"def f_grad(x):\r\n" in out
    assert out.count(b"\n") == out.count(b"\r\n")


def test_a_name_that_means_something_else_is_avoided():
    text = "def sum_to(x):\n    return 7.0\n\n\ndef f(x):\n    return x[0] * sum_to(1)\n"
    module = run(converted(text, ("grad", "f")))
    np.testing.assert_array_equal(module["f_grad"](np.array([1.0, 2.0])), [7.0, 0.0])
    assert module["sum_to"](0) == 7.0


def test_an_edited_derivative_is_not_overwritten():
    text = MODULE + "\n\ndef loss_grad(params, x):\n    return 0\n"
    message = refusal(text, ("grad", "loss"))
    assert message == "model.py: 'loss_grad' is defined already, with another text; remove it first"


def test_an_edited_pair_stays_and_another_is_written():
    edited = MODULE + "\n\ndef layer_fwd(p, x):\n    return 'edited'\n"
    module = run(converted(edited, ("grad", "loss")))
    assert module["layer_fwd"](0, 0) == "edited"
    np.testing.assert_array_equal(
        module["loss_grad"](PARAMS, X)[1][1], run(converted(MODULE, ("grad", "loss")))["loss_grad"](PARAMS, X)[1][1]
    )


def test_unknown_function():
    assert refusal(MODULE, ("grad", "nothing")) == "model.py: there is no function 'nothing' at module level"


def test_unknown_argument():
    assert "has no argument 'z'; it has params, x" in refusal(MODULE, ("grad", "loss"), wrt=("z",))


def test_syntax_error():
    message = refusal("def f(x:\n    pass\n", ("grad", "f"))
    assert message.startswith("model.py:1:6: '(' was never closed\n    def f(x:\n")


def test_unsupported_constructs_are_all_listed():
    message = refusal("def f(x):\n    global n\n    n = x\n    yield x\n", ("grad", "f"))
    assert "model.py:3:5: writing 'n', a global or nonlocal variable" in message
    assert "model.py:4:5: yield" in message and "    yield x\n    ^^^^^^^\n" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "import s2s\ndef outer():\n    @s2s.grad\n    def f(x): return x\n",
            "model.py:3:6: only functions at module level are expanded\n    @s2s.grad\n",
        ),
        ("import s2s\n@s2s.grad(argnums=n)\ndef f(x): return x\n", "model.py:2:19: the value is not known"),
        ("import s2s\n@s2s.grad\n@other\ndef f(x): return x\n", "model.py:3:2: decorator below @s2s.grad"),
        ("import s2s\n@s2s.grad(0)\ndef f(x): return x\n", "model.py:2:11: a decorator takes keyword arguments"),
    ],
)
def test_decorations_that_cannot_be_expanded(text, message):
    assert refusal(text).startswith(message)


STAGED_MODULE = """\
import math

LIMIT = 3.0


def grow(x):
    return math.exp(x)


def f(x, n):
    for i in range(n):
        if x > LIMIT:
            return x, i
        x = grow(x) if x < 1.0 and x > -9.0 else x + i
    return x, -1
"""


def test_staged_text_is_written_below_its_function(monkeypatch):
    text = converted(STAGED_MODULE, ("staged", "f"))
    assert text.startswith(
        "import math\n"
        "from s2s.runtime.staged_calls import staged\n"
        "from s2s.runtime.staged_control import and_, choice, for_, if_, not_, range_\n"
    )
    monkeypatch.setitem(linecache.cache, "model.py", (len(text), None, text.splitlines(keepends=True), "model.py"))
    module = run(text)
    for args in ((0.2, 5), (-20.0, 3), (7.0, 2), (0.5, 0)):
        assert module["f_staged"](*args) == module["f"](*args)
    assert converted(text, ("staged", "f")) == text


BATCHED_MODULE = """\
import numpy as np
import s2s


def clipped(x, top=1.0):
    if x > top:
        x = top + np.log(x)
    return x * x


@s2s.vmap(in_axes=(None, 0))
def mixed(w, x):
    return x[0] * w + x[-1]
"""


def test_batched_functions_are_written_out():
    text = converted(BATCHED_MODULE, ("vmap", "clipped", (("in_axes", (0,)),)))
    assert "@" not in text and "builtins" not in text
    module = run(text)
    x = np.array([[0.5, 3.0], [2.0, -1.0], [4.0, 0.1]])
    np.testing.assert_allclose(module["mixed"](2.0, x), x[:, 0] * 2.0 + x[:, 1])
    np.testing.assert_allclose(module["clipped_vmap"](x[:, 0]), [module["clipped"](v) for v in x[:, 0]])
    assert converted(text, ("vmap", "clipped", (("in_axes", (0,)),))) == text


def test_arguments_without_an_axis_are_batched_unless_they_have_a_default():
    assert converted(BATCHED_MODULE, ("vmap", "clipped")) == converted(
        BATCHED_MODULE, ("vmap", "clipped", (("in_axes", (0, None)),))
    )


def test_other_axes_and_trees_of_axes_are_written_out():
    text = "import numpy as np\n\n\ndef scaled(p, x):\n    return p['w'] * x + p['b'][0]\n"
    options = (("in_axes", ({"w": 1, "b": (None,)}, -1)), ("out_axes", 1))
    batched = converted(text, ("vmap", "scaled", options))
    scaled, w, x = run(batched)["scaled_vmap"], np.arange(6.0).reshape(3, 2), np.ones((3, 2))
    np.testing.assert_allclose(scaled({"w": w, "b": (2.0,)}, x), w + 2.0)
    assert "batch axis of p: {'w': 1, 'b': (None,)}, x: -1; of the result: 1" in batched


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((("in_axes", (0, 0, 0)),), r"clipped\(\) takes 2 arguments, but in_axes has 3 entries"),
        ((("axis_name", "i"),), "vmap with the option 'axis_name' is not written out"),
    ],
)
def test_batch_axes_that_are_not_written_out(options, message):
    assert re.search(message, refusal(BATCHED_MODULE, ("vmap", "clipped", options)))


WITH_RULE = """
import functools
import numpy as np
import s2s


@{decorator}
def f(k, x):
    return k * x


def f_fwd(k, x):
    return k * x, x


def f_bwd(k, x, g):
    return (5.0 * k * g,)


f.defvjp(f_fwd, f_bwd)


def loss(x):
    return np.sum(f(3.0, x))
"""


def test_rules_of_functions_are_found_in_the_text():
    text = WITH_RULE.format(decorator="functools.partial(s2s.custom_vjp, nondiff_argnums=(0,))")
    converted = convert(text.encode(), "rules.py", [Request("grad", "loss")], ("x",)).decode()
    assert "x_bar, = f_bwd(3.0, saved, " in converted
    with pytest.raises(ConversionError, match=r"the batched form of f\(\) has rules of its own"):
        convert(text.encode(), "rules.py", [Request("vmap", "loss")])
    missing = text.replace("f.defvjp(f_fwd, f_bwd)", "")
    with pytest.raises(ConversionError, match=r"the rule of f\(\) is not found in the text of its module"):
        convert(missing.encode(), "rules.py", [Request("grad", "loss")])
