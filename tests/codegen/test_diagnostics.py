"""Errors as text."""

import gast
import pytest

from s2s.codegen.diagnostics import Diagnostic, Diagnostics, UnsupportedError, diagnose, unsupported
from s2s.codegen.emission.load import load
from s2s.codegen.reading.source import function_source, source_from_string
from s2s.runtime.errors import S2SError


def sample(x):
    y = x + eval("1")
    while True:
        del y
    return y


def test_message():
    source = function_source(sample)
    call = source.tree.body[0].value.right
    line = sample.__code__.co_firstlineno + 1
    assert str(diagnose(source, call, "eval hides what runs", "write the expression itself")) == (
        f"{__file__}:{line}:13: eval hides what runs\n"
        '    y = x + eval("1")\n'
        "            ^^^^^^^^^\n"
        "    write instead: write the expression itself"
    )


def test_all_at_once_in_source_order():
    source = function_source(sample)
    found = Diagnostics(source)
    found.raise_if_any()
    assert not found
    delete = source.tree.body[1].body[0]
    found.report(delete, "del of a variable")
    found.report(source.tree.body[0].value.right, "eval")
    found.report(delete, "del of a variable")
    assert len(found.found) == 2
    with pytest.raises(UnsupportedError) as caught:
        found.raise_if_any()
    first = sample.__code__.co_firstlineno
    message = str(caught.value)
    assert message.startswith(f"{__file__}:{first + 1}:13: eval\n")
    assert f"\n{__file__}:{first + 3}:9: del of a variable\n    del y\n    ^^^^^" in message
    assert [d.line - first for d in caught.value.diagnostics] == [1, 3]
    assert isinstance(caught.value, S2SError)


def test_construct_over_several_lines_is_marked_to_the_end_of_the_first():
    source = source_from_string("def f(x):\n    y = g(x,\n          1)\n    return y\n")
    text = str(diagnose(source, source.tree.body[0].value, "no"))
    assert text.splitlines()[1:] == ["    y = g(x,", "        ^^^^"]


def test_caret_counts_characters_and_their_width():
    source = source_from_string("def f(μ):\n    é = '日本' + g(μ)\n")
    call = source.tree.body[0].value.right
    text = diagnose(source, call, "no")
    assert text.column == 15
    assert str(text).splitlines()[1:] == ["    é = '日本' + g(μ)", "    " + " " * 13 + "^^^^"]


def test_tabs():
    source = source_from_string("def f(x):\n\ty =\tg(x)\n\treturn y\n")
    text = str(diagnose(source, source.tree.body[0].value, "no"))
    assert text.splitlines()[1:] == ["    y =\tg(x)", "       \t^^^^"]


def test_node_without_a_position_uses_its_origin():
    source = function_source(sample)
    line = sample.__code__.co_firstlineno + 1
    node = gast.Name("x", gast.Load(), None, None)
    node.origin = (__file__, line)
    assert str(diagnose(source, node, "no")).startswith(f'{__file__}:{line}:5: no\n    y = x + eval("1")\n    ^^^^')
    del node.origin
    assert diagnose(source, node, "no").line == line - 1
    assert str(diagnose(None, node, "no")) == "<unknown>:0: no"


def test_rewrite_over_lines():
    text = str(Diagnostic("f.py", 3, None, None, "cause", "if x:\n    y"))
    assert text == "f.py:3: cause\n    write instead:\n        if x:\n            y"


def test_one_violation():
    error = unsupported(function_source(sample), function_source(sample).tree, "whole function")
    assert str(error).startswith(f"{__file__}:{sample.__code__.co_firstlineno}:1: whole function\n    def sample(x):\n")
    assert str(UnsupportedError("free text")) == "free text"


def test_emitted_source_is_shown_too():
    source = source_from_string("def f(x):\n    return h(x)\n")
    assert source.filename.startswith("<s2s source ")
    assert str(diagnose(source, source.tree.body[0], "no")).startswith(f"{source.filename}:2:5: no\n    return h(x)\n")


def test_a_violation_in_a_derivative_stands_at_the_users_line():
    line = sample.__code__.co_firstlineno + 1
    text = "def f_grad(x):\n    return eval_bar(x)\n"
    function = load(text, "f_grad", {}, {1: (__file__, line - 1), 2: (__file__, line)})["f_grad"]
    source = function_source(function)
    assert str(diagnose(source, source.tree.body[0].value, "no rule")) == (
        f"{__file__}:{line}:5: no rule (in the emitted f_grad: `return eval_bar(x)`)\n"
        '    y = x + eval("1")\n    ^^^^^^^^^^^^^^^^^'
    )
