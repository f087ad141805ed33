"""`s2s.tree` inside of functions that are transformed: written out where the structure is known."""

from typing import NamedTuple

import numpy as np
import pytest

import s2s

X = np.array([0.3, 0.7, 0.2])


class Pair(NamedTuple):
    first: object
    second: object


def scaled(a, b):
    return a * np.sin(b)


def update(x):
    params = {"w": x, "b": x[0], "deep": ([x * 2, None], Pair(x[1], x))}
    grads = {"deep": ([x * x, None], Pair(x[2], x)), "b": x[1], "w": np.sin(x)}
    new = s2s.tree.map(lambda p, g: p - 0.1 * g, params, grads)
    new = s2s.tree.map(scaled, new, params)
    return np.sum(new["w"]) * new["b"] + np.sum(new["deep"][0][0]) + np.sum(new["deep"][1].second)


def norm(x):
    tree = {"b": (x[0], [x * x]), "a": x}
    total = sum(np.sum(leaf**2) for leaf in s2s.tree.leaves(tree))
    return total + s2s.tree.reduce(lambda a, b: a * np.sum(b), tree, 1.0)


def over_a_list(x):
    rows = []
    for i in range(3):
        rows.append(x * x[i])
    return sum(np.sum(row) for row in s2s.tree.map(lambda row: row * row, rows))


@pytest.mark.parametrize("f", [update, norm, over_a_list])
def test_derivatives(f):
    slopes = [(f(X + step) - f(X - step)) / 2e-6 for step in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(s2s.grad(f)(X), slopes, rtol=1e-6)
    np.testing.assert_allclose(s2s.jvp(f, (X,), (X,))[1], np.dot(slopes, X), rtol=1e-6)
    value, gradient = s2s.jit(s2s.value_and_grad(f))(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-12)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6)
    np.testing.assert_allclose(s2s.vmap(f)(np.stack([X, X + 1])), [f(X), f(X + 1)], rtol=1e-12)


def test_the_text_is_written_out():
    def step(w, b):
        new = s2s.tree.map(lambda p: p - 0.1 * p, {"w": w, "b": b})
        return np.sum(new["w"]) * new["b"]

    text = s2s.grad(step, argnums=(0, 1)).source_for(np.ones(3), 2.0)
    assert "tree" not in text.replace("# new = s2s.tree.map", "") and "p - 0.1 * p" in text


def clipped(v):
    if v[0] > 1:
        v = v / v[0]
    return v


def test_functions_that_are_passed_are_staged():
    tree = {"a": X * 5, "b": X}
    np.testing.assert_allclose(s2s.jit(lambda t: s2s.tree.map(clipped, t))(tree)["a"], X / X[0])


def test_trees_of_other_structure_are_refused():
    def unlike(x):
        return s2s.tree.map(lambda a, b: a * b, {"a": x}, {"b": x})["a"][0]

    with pytest.raises(
        s2s.UnsupportedError,
        match="s2s.tree.map of trees of different structure, a dict and a dict",
    ):
        s2s.grad(unlike)(X)
