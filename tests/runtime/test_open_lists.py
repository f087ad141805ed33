"""Lists that staged conditions append to or take from: how long they are is known only when compiled code runs."""

import numpy as np
import pytest

import s2s
from s2s.runtime.errors import ConcretizationError

V = np.random.default_rng(0).normal(size=9)


def check(function, x=V):
    """Value and gradient under jit against those of NumPy."""
    want, out_bar = function(x.copy()), 1.0
    np.testing.assert_allclose(s2s.jit(function)(x), want, rtol=1e-12)

    def pull_back(x):
        _, back = s2s.vjp(function, x)
        return back(out_bar)[0]

    np.testing.assert_allclose(s2s.jit(pull_back)(x), pull_back(x), rtol=1e-11, atol=1e-12)


def filtered(x):
    a = [v * v for v in x if v > -0.4]
    c = np.array([[v * w for w in x] for v in a])
    later = sum(v * w for v, w in zip(a, a[1:], strict=False))
    return sum(a) * c.sum() + max(a) - min(v for v in a) + later + np.mean(a) / (len(a) + 1) + a[0] * a[-1]


def test_filtered_comprehensions():
    check(filtered)


def appended(x):
    out, rest = [x[0]], []
    for v in x:
        if v > 0:
            out.append(v)
        elif v < -0.3:
            out.append(v * 2)
            out.append(v * v)
        else:
            rest.append(v)
    total = 0.0
    for v in out:
        total = total * 0.5 + v * v
    return total * np.stack(out).max() + sum(rest)


def test_appends_that_a_condition_decides():
    check(appended)
    check(appended, np.abs(V))


def stack_machine(x):
    stack = [1.0]
    for v in x[:5]:
        if v > 0:
            stack.append(v)
        elif len(stack) > 1:
            top = stack.pop()
            stack.append(top * v)
    return sum(stack)


def test_stacks():
    check(stack_machine)


def rebound(x):
    xs, d = [x[0], x[1]], {"a": x[0]}
    if x[0] > 0:
        xs[0] = x[1] * 5
        d["a"] = x[2]
    else:
        xs = [x[1], x[2]]
        d = {"a": x[1]}
    return xs[0] + xs[1] * d["a"]


def test_what_one_side_changes_and_the_other_binds_anew():
    for x in (V[:3], -V[:3]):
        np.testing.assert_allclose(s2s.jit(rebound)(x), rebound(x))


def test_comprehensions_over_many_elements_are_one_loop():
    def f(x):
        return np.sum(np.array([np.sin(v) * v for v in x]))

    jitted = s2s.jit(f)
    assert jitted.stage((np.ones(100),), {})[2].text().count("stablehlo.sine") == 1
    np.testing.assert_allclose(jitted(np.arange(100.0)), f(np.arange(100.0)))


def test_a_list_of_unknown_length_as_a_result_is_refused():
    with pytest.raises(ConcretizationError, match="the length of a list"):
        s2s.jit(lambda x: [v for v in x if v > 0])(V)


def replaces_a_shared_number(x):
    kept = []
    for v in x:
        if v > 0:
            kept.append((1, v))  # every entry has this 1: it is in no buffer
    kept[0] = (5, 2.0)
    return sum([a * b for a, b in kept])


def replaces_a_counter(x):
    kept = []
    for v in x:
        if v > 0:
            kept.append(1)
    kept[0] = 5
    total = 0
    for count in kept:
        total = total + count
    return total


@pytest.mark.parametrize("function", [replaces_a_shared_number, replaces_a_counter])
def test_an_entry_that_differs_from_what_the_others_share(function):
    x = np.array([1.0, -1.0, 2.0, 3.0, -2.0, 5.0] * 3)
    assert float(s2s.jit(function)(x)) == function(x)


def left_early(x):
    total = 0.0
    for v in x:
        if v < -0.5:
            break
        total = total + v * v
    return total * total


def halved(x):
    count = 0
    while x > 1.0:
        x = x / 2.0
        count += 1
    return x * x * (count + 1)


def test_second_derivatives_of_loops_that_end_when_the_values_say():
    x, v = np.array([0.5, 1.0, 2.0, -1.0, 3.0]), np.linspace(1.0, 2.0, 5)

    def twice_back(x):
        return s2s.vjp(s2s.grad(left_early), x)[1](v)[0]

    def forward_over_back(f, x, v):
        return s2s.jvp(s2s.grad(f), (x,), (v,))[1]

    expected = 8 * x * (x @ v - (x * v)[3:].sum()) + 4 * np.sum(x[:3] ** 2) * v
    expected[3:] = 0.0
    np.testing.assert_allclose(s2s.jit(twice_back)(x), expected)
    np.testing.assert_allclose(s2s.jit(lambda x, v: forward_over_back(left_early, x, v))(x, v), expected)
    assert s2s.jit(lambda x, v: forward_over_back(halved, x, v))(7.0, 1.0) == 2.0 * 4 / 64
