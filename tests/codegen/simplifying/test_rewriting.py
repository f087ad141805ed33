"""One walk makes every statement as simple as it gets, with the uses of names kept up to date."""

from collections import Counter

import gast
import numpy as np
import pytest

from s2s.codegen.core import core
from s2s.codegen.simplifying import simplify
from s2s.codegen.simplifying.uses import Uses
from tests.codegen import core_text


def simplified(before):
    """The statements of `before`, simplified, as text; they compute what they computed."""
    function = core_text.parse(before)
    arguments = [np.array([0.5, -1.5]) for _ in function.parameters]
    expected = core_text.run(function, function.body, *arguments)
    body = simplify.run(function, function.body)
    np.testing.assert_allclose(core_text.run(function, body, *arguments), expected)
    return core_text.written(body, function.name, function.parameters)


CASES = {
    "a sign goes all the way up to the sum that takes it": (
        """
        def f(x, y):
            a = -x  # backward
            b = a * y  # backward
            c = b / 3.0  # backward
            d = y + c  # backward
            return d
        """,
        """
        def f(x, y):
            product = x * y
            ratio = product / 3.0
            d = y - ratio
            return d
        """,
    ),
    "what becomes a number is that number where it was to be shared": (
        """
        def f(x, y):
            a = np.ndim(2.0)  # backward
            b = x * 2.0  # backward
            c = np.ndim(2.0)  # backward
            d = np.sum(b, axis=c)  # backward
            e = y + d  # backward
            g = e * a  # backward
            return g
        """,
        None,
    ),
    "what was computed before is shared once it shows": (
        """
        def f(x, y):
            one = 1 * x  # backward
            a = np.exp(one)  # backward
            b = np.exp(x)  # backward
            c = a * y  # backward
            d = c + b  # backward
            return d
        """,
        """
        def f(x, y):
            a = np.exp(x)
            c = a * y
            d = c + a
            return d
        """,
    ),
    "a value is part of another one once nothing else reads it": (
        """
        def f(x, y):
            a = x / y  # backward
            unread = a + 1.0  # backward
            b = y * a  # backward
            c = b + x  # backward
            return c
        """,
        """
        def f(x, y):
            product = y * x
            b = product / y
            c = b + x
            return c
        """,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_walk_is_enough(case):
    before, after = CASES[case]
    text = simplified(before)
    if after is None:
        assert "np.ndim" not in text
        assert "sum(b, axis=0)" in text
    else:
        assert text == core_text.same(after)


def _uses(*lines):
    body = gast.parse("\n".join(lines)).body
    definitions = {s.targets[0].id: s.value for s in body}
    return Uses(body, definitions)


def test_what_is_read_no_more_releases_what_it_reads():
    uses = _uses("a = x + y", "b = a * x", "c = b + a")
    uses.release(["b", "a"])
    assert uses.dead == {"a", "b"}
    assert uses.count == Counter({"x": 0, "y": 0, "a": 0, "b": 0})


def test_what_is_read_again_is_alive_with_all_that_it_reads():
    uses = _uses("a = x + y", "b = a * x", "c = b + x")
    before = Counter(uses.count)
    uses.release(["b", "x"])
    uses.gain(["b", "x"])
    assert uses.dead == set()
    assert uses.count == before


def test_a_name_that_stands_for_another_is_counted_as_that():
    uses = _uses("a = x + y", "b = a", "c = b * b")
    uses.pass_on("b", "a")
    uses.release(["a"])  # by `b = a`, which goes
    assert uses.count["a"] == 2
    uses.release(core.reads(uses.definitions["c"]))
    assert uses.dead == {"a"}
