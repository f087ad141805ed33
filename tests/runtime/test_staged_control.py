"""Staged control flow in its functional form gives what Python gives, as one operation each."""

import numpy as np
import pytest

import s2s
from s2s.runtime.staged_control import (
    UNDEFINED,
    and_,
    choice,
    enumerate_,
    for_,
    if_,
    mutate,
    not_,
    or_,
    range_,
    reversed_,
    store_attribute,
    store_item,
    while_,
    zip_,
)

V = np.array([0.5, -1.5, 2.0, 0.25])
M = np.arange(15.0).reshape(5, 3) / 7


def staged(function, *args):
    """The result under jit, and the module's text."""
    jitted = s2s.jit(function)
    return jitted(*args), jitted.stage(args, {})[2].text()


def same(function, *args, loops=None, branches=None):
    """The same as outside of jit, where all of it is Python; as many loops and conditionals as given."""
    expected = function(*args)
    found, text = staged(function, *args)
    for want, got in zip(np.atleast_1d(expected), np.atleast_1d(found), strict=True):
        np.testing.assert_allclose(np.asarray(got), want, rtol=1e-12)
    assert loops is None or text.count("stablehlo.while") == loops
    assert branches is None or text.count('stablehlo.if"') == branches


@pytest.mark.parametrize("x", [3.0, -3.0])
def test_if(x):
    def f(x):
        y, z = if_(x > 0, lambda y, z: (y * 2, 1), lambda y, z: (np.sin(y), z), (x, 0.5), ("y", "z"))
        return y + z

    same(f, x, branches=1)


def test_only_the_taken_side_runs():
    def f(x):
        return if_(x > 0, lambda: (np.log(x),), lambda: (0.0,), (), ("y",))[0]

    assert staged(f, -1.0)[0] == 0.0


def test_a_known_test_is_decided_in_python():
    def f(x):
        return if_(x.ndim == 1, lambda: (x + 1,), lambda: ("never",), (), ("y",))[0]

    same(f, V, branches=0)


def test_equal_python_values_stay_python_values():
    def f(x):
        n, y = if_(x > 0, lambda: (3, x), lambda: (3, -x), (), ("n", "y"))
        return np.zeros(n) + y

    same(f, 2.0, branches=1)


def test_a_variable_that_one_side_leaves_unset():
    def f(x):
        return if_(x > 0, lambda y: (x * 2,), lambda y: (y,), (UNDEFINED,), ("y",))[0]

    assert staged(f, 2.0)[0] == 4.0


def test_branches_of_different_shape_are_refused():
    def f(x):
        return if_(x.sum() > 0, lambda y: (x,), lambda y: (x[:2],), (x,), ("y",))[0]

    with pytest.raises(
        TypeError, match=r"'y' differs in shape between the branches at .*float64\[4\] and float64\[2\]"
    ):
        s2s.jit(f)(V)


def test_branches_of_different_structure_are_refused():
    def f(x):
        return if_(x.sum() > 0, lambda y: (None,), lambda y: (x,), (x,), ("y",))[0]

    with pytest.raises(TypeError, match="'y' differs in (kind|structure) between the branches"):
        s2s.jit(f)(V)


def test_a_scalar_argument_that_decides_structure_becomes_static():
    def f(x, n):
        return if_(n > 2, lambda: (x,), lambda: (x[:2],), (), ("y",))[0]

    same(f, V, 1)
    same(f, V, 3)


def test_a_value_of_a_branch_cannot_be_used_after_it():
    leaked = []

    def then():
        leaked.append(x_of[0] * 2)
        return (x_of[0],)

    x_of = []

    def f(x):
        x_of.append(x)
        if_(x > 0, then, lambda: (x,), (), ("y",))
        return leaked[0] + 1

    with pytest.raises(s2s.runtime.errors.LeakError, match="a value of a staged branch or loop is used after it"):
        s2s.jit(f)(1.0)


@pytest.mark.parametrize(("x", "y"), [(1.0, 6.0), (1.0, 0.0), (-2.0, -1.0), (-2.0, 0.5)])
def test_logic(x, y):
    def f(x, y):
        a = choice(and_(x > 0, lambda: not_(y > 5)), lambda: x, lambda: y)
        return choice(or_(x < -1, lambda: y > 0.1), lambda: a, lambda: x * y)

    same(f, x, y)


def test_for_over_a_range():
    def f(x):
        return for_(range_(1, 8, 2), lambda i, s: (s + x[i % 4] * i,), (0,), ("s",))[0]

    same(f, V, loops=1)


def test_for_over_rows_with_zip_enumerate_and_reversed():
    def f(m, v):
        def body(item, t):
            i, (row, w) = item
            return (t + w * row @ row * (i + 1),)

        return for_(enumerate_(zip_(m, reversed_(v))), body, (0.0,), ("t",))[0]

    same(f, M[:4], V, loops=1)


def test_a_staged_number_of_iterations():
    def f(x, n):
        return for_(range_(n), lambda i, y: (np.sin(y) + 0.1 * i,), (x,), ("y",))[0]

    jitted = s2s.jit(f)
    for n in (0, 1, 6):
        assert jitted(0.4, n) == pytest.approx(f(0.4, n), rel=1e-14)
    assert len(jitted._compiled) == 1


def test_nested_loops_with_a_bound_that_depends_on_the_index():
    def f(m):
        def outer(i, t):
            return for_(range_(i, 3), lambda j, t: (t + m[i, j] * m[i, 0] * (i - j),), (t,), ("t",))

        return for_(range_(5), outer, (0.0,), ("t",))[0]

    same(f, M, loops=2)


def test_a_swap():
    def f(x):
        a, b = for_(range_(7), lambda _, a, b: (b, 0.5 * (np.sin(a) + b)), (x, 2 * x), ("a", "b"))
        return a - b

    same(f, V, loops=1)


def test_the_first_iteration_may_be_different():
    def f(x):
        def body(v, best):
            return if_(best is None, lambda b: (v,), lambda b: (np.maximum(b, v) + 0.01 * v,), (best,), ("best",))

        return for_(x, body, (None,), ("best",))[0]

    same(f, V, loops=1, branches=0)


def test_a_loop_that_stops():
    def f(x):
        def body(v, s, stop):
            stop = v > 1
            return (*if_(not_(stop), lambda s: (s + v * v,), lambda s: (s,), (s,), ("s",)), stop)

        return for_(x, body, (0.0, False), ("s", "stop"), stop="stop")[0]

    same(f, V, loops=1)
    same(f, -V, loops=1)


def test_a_loop_over_a_list_that_stops():
    def f(x):
        def body(v, s, stop):
            return s + v, s > 1

        return for_([x[0], x[2], 1.0, x[3], 2.0], body, (0.0, False), ("s", "stop"), stop="stop")[0]

    same(f, V, loops=0)


def test_a_loop_that_needs_its_index_is_unrolled():
    def f(x):
        weights = [1.0, 2.0, 3.0]
        return for_(range_(3), lambda i, s: (s + weights[i] * x[:i].sum(),), (0.0,), ("s",))[0]

    same(f, V, loops=0)


def test_a_number_of_iterations_that_must_be_known_becomes_static():
    def f(x, n):
        weights = [1.0, 2.0, 3.0]
        return for_(range_(n), lambda i, s: (s + weights[i] * x[0],), (0.0,), ("s",))[0]

    same(f, V, 2)


def test_a_loop_on_python_values_stays_in_python():
    def f(x):
        (n,) = for_(range_(4), lambda i, n: (n + i,), (0,), ("n",))
        return np.zeros(n) + x

    same(f, 1.5, loops=0)


def test_while():
    def f(a):
        return while_(lambda x: abs(x * x - a) > 1e-12, lambda x: (0.5 * (x + a / x),), (a,), ("x",))[0]

    same(f, 7.3, loops=1)


def test_while_on_python_values_is_rolled_after_a_while():
    def f(x):
        return while_(lambda i, y: i < 100, lambda i, y: (i + 1, np.sin(y) + 0.01 * i), (0, x), ("i", "y"))[1]

    same(f, 0.3, loops=1)


def test_python_numbers_become_weak_carries():
    def f(x):
        n, y = while_(lambda n, y: y[0] > 1, lambda n, y: (n + 1, y / 2), (0, x), ("n", "y"))
        return y * n

    jitted = s2s.jit(f)
    x = np.array([11.0], dtype=np.float32)
    assert jitted(x).dtype == np.float32
    assert jitted(x) == f(x)


def test_a_start_that_is_not_exact_in_the_joined_dtype_runs_by_itself():
    def f(x):
        return for_(range_(3), lambda i, s: (x * 2,), (0.1,), ("s",))[0]

    assert s2s.jit(f)(np.float32(3)).dtype == np.float32


def test_a_loop_of_unknown_length_that_changes_shape_is_refused():
    def f(x):
        return while_(lambda y: y.sum() < 10, lambda y: (np.concatenate([y, y]),), (x,), ("y",))[0]

    with pytest.raises(TypeError, match=r"'y' changes its shape in a loop at .*float64\[4\] and float64\[8\]"):
        s2s.jit(f)(V)


def test_changed_objects_are_carried():
    class State:
        pass

    def f(x):
        state, counts = State(), {"n": 0, "s": 1.0}
        state.total = 0.0

        def body(v):
            store_attribute(state, "total", state.total + v)
            store_item(counts, "n", counts["n"] + 1)
            return ()

        for_(x, body, (), ())
        return state.total * counts["n"] + counts["s"]

    same(f, V, loops=1)


def test_changes_in_a_branch():
    def f(x):
        counts = {"n": 0.0}
        if_(x > 0, lambda: store_item(counts, "n", x) or (), lambda: (), (), ())
        return counts["n"]

    same(f, 2.0, branches=1)
    same(f, -2.0, branches=1)


def test_a_list_that_grows():
    def f(x):
        out = []

        def body(v, h):
            h = 0.9 * h + v
            mutate(out, "append")(h * h)
            return (h,)

        for_(x, body, (0.0,), ("h",))
        return np.stack(out)

    same(f, V)


def set_again_in_iterations(x, v):
    t = x * 2.0
    total = x + t
    for e in v:
        if e > 0.0:
            t = e * x
        else:
            t = e - x
        total = total + t
    return total


def set_again_in_branches(x, v):
    t = np.sum(v)
    total = t * x
    if x > 0.0:
        if total > -0.1:
            t = x * 2.0
        else:
            t = x * 3.0
        total = total * t
    return total


@pytest.mark.parametrize("function", [set_again_in_iterations, set_again_in_branches], ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [0.7, -0.7])
def test_variables_that_blocks_only_set_are_their_own(function, x):
    v = np.array([0.3, -0.4])
    np.testing.assert_allclose(s2s.jit(function)(x, v), function(x, v), rtol=1e-12)
    np.testing.assert_allclose(s2s.jit(s2s.grad(function))(x, v), s2s.grad(function)(x, v), rtol=1e-12)
