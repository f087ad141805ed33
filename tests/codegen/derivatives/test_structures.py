"""Programs whose structure the kinds must follow: starred arguments that are written, containers of unlike elements,
attributes that are elements of arrays."""

import dataclasses

import numpy as np
import pytest

import s2s
from tests.codegen.derivative_checks import check_reverse

V = np.random.default_rng(0).normal(size=6)


def scale(x, k):
    x *= k
    return x.sum()


def passed_on(*args):
    return scale(*args) * args[0].sum()


def test_an_argument_passed_on_with_a_star_may_be_written():
    check_reverse(passed_on, (V, 2.0))
    (bar, _), (dot, _) = s2s.jvp(s2s.grad(passed_on, argnums=(0, 1)), (V, 2.0), (V, 0.0))
    np.testing.assert_allclose(dot, bar)  # it is homogeneous of degree two in V


def shadowed(*args):
    inner = [(lambda *args: args[0] * 2.0)(*args) for _ in range(2)]
    args = (*args, inner[0])
    return sum(args) * args[-1]


def test_a_starred_parameter_that_is_bound_again():
    check_reverse(shadowed, (0.7, 1.3))


def leaves(tree):
    if isinstance(tree, dict):
        return [x for k in sorted(tree) for x in leaves(tree[k])]
    if isinstance(tree, list | tuple):
        return [x for part in tree for x in leaves(part)]
    return [tree]


def sum_of_leaves(x, y):
    return sum(np.sum(leaf**2) for leaf in leaves([x, (x * y, [y]), {"b": x, "a": (y, y * x)}]))


def test_a_loop_over_elements_that_differ_in_structure():
    check_reverse(sum_of_leaves, (0.7, 1.3))


class Total:
    def __init__(self, start):
        self.value = start


def doubled(x):
    total = Total(x[0])
    for v in x:
        total.value = total.value + v * v
    total.value *= 2.0
    return total.value


def weighted(x):
    return doubled(x) * x[1]


def test_an_attribute_that_may_be_an_element_of_an_array_is_asked_when_it_is_written():
    check_reverse(weighted, (V,))
    rows = s2s.grad(lambda m: np.sum(doubled(m)))
    with pytest.raises(TypeError, match="an in-place update of an element that is an array"):
        rows(np.ones((2, 2)))


def of_lists(x):
    roots = np.sqrt([v * v + 1.0 for v in x])
    return np.mean([x[i] for i in (0, 2, 1)]) + np.dot([x[0], x[1]], [x[2], 1.0]) * np.max((x[3], x[4])) + np.sum(roots)


def test_functions_of_arrays_take_lists():
    check_reverse(of_lists, (V,))
    np.testing.assert_allclose(s2s.jit(of_lists)(V), of_lists(V))
    rows = np.stack([V, V + 1.0])
    np.testing.assert_allclose(s2s.vmap(lambda x: np.mean([x[0], x[1]]))(rows), rows[:, :2].mean(axis=1))


def sorted_by_keys(x):
    pairs = [(v, i) for i, v in enumerate(x)]
    pairs.sort(key=lambda p: p[0])
    order = sorted(range(len(x)), key=lambda i: -x[i])
    s, t = sorted(x), sorted(x, reverse=True)
    return (
        sum(v * (k + 1) for k, (v, i) in enumerate(pairs)) * sum(x[i] * 0.5**k for k, i in enumerate(order))
        + s[0] * t[1]
    )


def bubbles(x):
    y = list(x)
    for i in range(len(y)):
        for j in range(len(y) - 1 - i):
            if y[j] > y[j + 1]:
                y[j], y[j + 1] = y[j + 1], y[j]
    return y[0] * 3.0 + y[-1] * y[1]


@pytest.mark.parametrize("function", [sorted_by_keys, bubbles])
def test_sorting(function):
    check_reverse(function, (V,))
    np.testing.assert_allclose(s2s.jit(function)(V), function(V))
    np.testing.assert_allclose(s2s.jit(s2s.grad(function))(V), s2s.grad(function)(V))


def chosen(x, flag, last=False):
    f = np.sin if flag else np.cos
    g = [np.tanh, lambda t: t * t, np.exp][2 if flag else 0]
    return (lambda t: t * x)(f(x)) if last else f(x) * g(x)


def both(x):
    return chosen(x, True) + chosen(x, flag=False, last=True)


def test_flags_decide_which_function_a_name_stands_for():
    for flag in (True, False, True):
        check_reverse(lambda x, flag=flag: chosen(x, flag), (0.7,))
    check_reverse(both, (0.7,))
    source = s2s.grad(chosen).source_for(0.7, True)
    assert "assert flag is True" in source and "np.tanh" not in source


@dataclasses.dataclass
class Line:
    slope: np.ndarray
    offset: float


def on_line(line, x):
    return np.sum(line.slope * x) + line.offset


def test_objects_as_arguments_are_not_differentiated_and_nothing_is_dropped():
    line, x = Line(np.ones(3), 1.0), V[:3]
    np.testing.assert_allclose(s2s.grad(on_line, argnums=1)(line, x), np.ones(3))
    _, dot = s2s.jvp(on_line, (line, x), (Line(np.zeros(3), 0.0), x))
    assert dot == pytest.approx(np.sum(x))
    with pytest.raises(TypeError, match="jvp follows no tangent of an object of Line"):
        s2s.jvp(on_line, (line, x), (line, x))
    assert s2s.vjp(on_line, line, x)[1](1.0)[0] is None
    with pytest.raises(TypeError, match="needs a floating-point value"):
        s2s.grad(on_line)(line, x)


def weighted_sum(tree, weights):
    if isinstance(tree, dict):
        parts = [tree[k] for k in sorted(tree)]
    elif isinstance(tree, (list, tuple)):
        parts = list(tree)
    else:
        return np.sum(tree * weights[0])
    total = 0.0
    for i, part in enumerate(parts):
        total = total + weighted_sum(part, weights[i:])
    return total


def of_tree(x, y):
    return weighted_sum({"total": x + y, "parts": (x * x, [y * x])}, [2.0, 3.0])


def test_lists_that_the_way_back_takes_apart_have_a_second_derivative():
    x, y, v = np.array([0.5, -1.0]), np.array([2.0, 3.0]), np.array([1.0, 0.25])
    tangent = s2s.jvp(s2s.grad(of_tree), (x, y), (v, v))[1]
    np.testing.assert_allclose(tangent, 2 * 2.0 * v + 3.0 * v)
