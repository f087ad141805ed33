"""Lists and dicts that grow or change: both modes against differences, the text that is read, and what is refused."""

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError
from s2s.runtime.errors import RefusedError
from tests.codegen.derivative_checks import check_forward, check_reverse, check_second, program, programs

CASES = programs("changing_containers")


@pytest.mark.parametrize("case", CASES, ids=lambda c: c[1])
def test_both_modes(case):
    check_forward(*program(*case))
    check_reverse(*program(*case))


@pytest.mark.parametrize("case", CASES[::3], ids=lambda c: c[1])
def test_second_order(case):
    check_second(*program(*case))


def running(x):
    out = []
    total = 0.0
    for v in x:
        total = total + v * v
        out.append(total)
    return np.sum(np.stack(out) ** 2)


def test_appends_and_pops_are_written_in_place():
    text = s2s.grad(running).source_for(np.ones(3))
    assert "out.append(total)" in text
    assert "out_bar.pop()" in text
    assert "append(out" not in text and "import pop" not in text


def held_by_a_tuple(x):
    ys = []
    t = (ys, 1)
    ys.append(x[0])
    return t[0][0]


def appended_before_it_is_filled(x):
    rows = []
    row = []
    for v in x:
        row.append(v)
        rows.append(row)
    return rows[0][2]


def element_of_another(x):
    rows = [[x[0]], [x[1]]]
    for r in rows:
        r.append(x[2])
    return rows[0][1]


def extended_alias(x):
    xs = [x[0]]
    ys = xs
    ys += [x[1]]
    return xs[1]


def changed_while_iterated(x):
    xs = [x[0], x[1]]
    for v in xs:
        if v > 0:
            xs.append(-v)
    return sum(xs)


def helper(xs, v):
    xs.append(v)
    return v * 2.0


def callee_appends(x):
    xs = [x[0]]
    y = helper(xs, x[1])
    return y * xs[1]


def popped_inside_an_expression(x):
    xs = [x[0], x[1]]
    return sum([xs.pop(), len(xs) * x[2], sum(xs)])


def element_written_under_its_name(x):
    xs = []
    for i in range(3):
        t = x[i] * x
        xs.append(t)
        t *= 2.0
    return np.sum(xs[0] + xs[2])


REFUSED = {
    held_by_a_tuple: "'t' .of line .*, which is read later, holds it, too",
    appended_before_it_is_filled: "'rows' .of line .*, which is read later, holds it, too",
    extended_alias: "which is read later, is the same object",
    changed_while_iterated: "which is read later, is the same object",
    popped_inside_an_expression: "also reads it whole",
}


@pytest.mark.parametrize("function", REFUSED, ids=lambda f: f.__name__)
def test_changes_that_another_name_would_show_are_refused(function):
    with pytest.raises(UnsupportedError, match=REFUSED[function]):
        s2s.vjp(function, np.array([0.7, -0.4, 1.3]))


def test_an_array_changed_in_place_after_it_was_appended_is_refused_where_it_runs():
    """With numbers in its place the same text changes nothing but a variable."""
    with pytest.raises(RefusedError, match=r"wherever else it is used; write `c\[i\] = c\[i\] \+ v`[^$]*t \*= 2.0"):
        s2s.vjp(element_written_under_its_name, np.array([0.7, -0.4, 1.3]))


def alias(x):
    ys = []
    xs = ys
    xs.append(x[0] * 2.0)
    ys.append(xs[0] * x[1])
    return sum(xs) * len(ys)


@pytest.mark.parametrize("function", [alias, callee_appends, element_of_another], ids=lambda f: f.__name__)
def test_changes_reach_aliases_and_callers(function):
    check_reverse(function, (np.array([0.7, -0.4, 1.3]),))
    check_forward(function, (np.array([0.7, -0.4, 1.3]),))


def element_added_to(x):
    xs = [x, x * 2.0]
    xs[0] += 1.0
    return x * xs[0]


def test_an_array_that_is_an_element_is_not_changed_behind_its_other_name():
    with pytest.raises(TypeError, match="changes the array itself"):
        s2s.vjp(element_added_to, np.ones(2))
    assert s2s.grad(element_added_to)(2.0) == 5.0
