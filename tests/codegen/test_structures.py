"""Programs whose structure the kinds must follow: starred arguments that are written, containers of unlike elements,
attributes that are elements of arrays."""

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
