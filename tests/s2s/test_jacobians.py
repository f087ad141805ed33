"""Jacobians and Hessians against jax, in both modes and nested, plain, staged and batched."""

import ast
import types
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import s2s
import s2s.nn
from s2s.codegen.diagnostics import UnsupportedError

X = np.array([0.3, -0.2, 0.5])
P = {"w": np.arange(6.0).reshape(2, 3), "b": 2.0 * np.ones(2)}
Y = np.array([1.0, 2.0, 3.0])


@pytest.fixture(autouse=True)
def in_double_precision():
    with jax.enable_x64(True):
        yield


def vector(x):
    return np.tanh(x * x[0]) + np.sum(x)


def containers(p, y):
    return {"a": p["w"] @ y, "b": (np.sum(p["w"]) * p["b"], p["b"] ** 2)}


def scalar(x):
    return np.sum(np.sin(x) * x[::-1]) + np.prod(x)


def of_dict(p):
    return np.sum(p["a"] * p["b"] ** 2) + p["a"] @ p["b"]


def compare(found, expected):
    left, right = jax.tree.flatten(found), jax.tree.flatten(expected)
    assert left[1] == right[1]
    for a, b in zip(left[0], right[0], strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-9, atol=1e-9)


def peer(f):
    """The function with jax's arrays."""
    return types.FunctionType(f.__code__, {**globals(), "np": jnp})


@pytest.mark.parametrize("argnums", [0, 1, (0, 1), (1,)])
def test_containers_are_nested_as_in_jax(argnums):
    expected = jax.jacrev(peer(containers), argnums)(P, Y)
    for jacobian in (s2s.jacfwd, s2s.jacrev):
        transformed = jacobian(containers, argnums)
        compare(transformed(P, Y), expected)


def test_of_a_vector_is_readable_and_stages():
    expected = jax.jacfwd(peer(vector))(X)
    for jacobian in (s2s.jacfwd, s2s.jacrev, s2s.jacobian):
        transformed = jacobian(vector)
        compare(transformed(X), expected)
        compare(s2s.jit(transformed)(X), expected)


@pytest.mark.parametrize("inner", [s2s.jacfwd, s2s.jacrev])
@pytest.mark.parametrize("outer", [s2s.jacfwd, s2s.jacrev])
def test_second_order_in_every_order_of_modes(inner, outer):
    compare(outer(inner(scalar))(X), jax.hessian(peer(scalar))(X))
    compare(outer(inner(vector))(X), jax.hessian(peer(vector))(X))


def test_hessian():
    expected = jax.hessian(peer(scalar))(X)
    hessian = s2s.hessian(scalar)
    compare(hessian(X), expected)
    compare(s2s.jit(hessian)(X), expected)
    compare(s2s.vmap(hessian)(np.stack([X, 2.0 * X])), jax.vmap(jax.hessian(peer(scalar)))(np.stack([X, 2.0 * X])))
    compare(s2s.hvp(scalar, (X,), (Y,)), expected @ Y)
    q = {"a": X, "b": Y}
    compare(s2s.hessian(of_dict)(q), jax.hessian(peer(of_dict))(q))


def test_the_hessian_of_a_number_is_that_of_the_gradient():
    hessian = s2s.hessian(scalar)
    bound = hessian.bind((X,), {})
    assert "def scalar_grad_jacfwd(x):" in hessian.result_for(hessian.kinds_of(bound), bound).text
    assert s2s.hessian(vector)(X).shape == (3, 3, 3)


def test_auxiliary_results_pass_through():
    def f(x):
        return np.sin(x), {"twice": 2.0 * x, "name": "aux"}

    for jacobian in (s2s.jacfwd, s2s.jacrev):
        found, aux = jacobian(f, has_aux=True)(X)
        compare(found, np.diag(np.cos(X)))
        compare(aux["twice"], 2.0 * X)
        assert aux["name"] == "aux"


class Pair(NamedTuple):
    a: np.ndarray
    b: float


def test_named_tuples_and_numbers():
    found = s2s.jacrev(lambda p: Pair(p.a * p.b, p.b**2))(Pair(X, 3.0))
    assert isinstance(found, Pair)
    compare(found.a.a, 3.0 * np.eye(3))
    compare(found.b, Pair(np.zeros(3), 6.0))
    assert s2s.hessian(lambda t: t**3)(2.0) == 12.0


def test_inside_of_a_function_that_is_differentiated():
    def newton(x):
        for _ in range(2):
            x = x - np.linalg.solve(s2s.hessian(bowl)(x), s2s.grad(bowl)(x))
        return x.sum()

    step = 1e-6
    slope = (newton(X + step * Y) - newton(X - step * Y)) / (2 * step)
    np.testing.assert_allclose(s2s.grad(newton)(X) @ Y, slope, rtol=1e-6, atol=1e-8)


def bowl(x):
    return np.sum(np.exp(x) - x * 1.5) + (x @ x) ** 2


def test_what_has_no_known_structure_is_refused():
    def history(x):
        found = []
        for v in x:
            found.append(v * v)
        return found

    with pytest.raises(UnsupportedError, match="a list whose length is known at run time only"):
        s2s.jacfwd(history)(X)
    with pytest.raises(TypeError, match="floating-point"):
        s2s.jacrev(vector)(np.arange(3))


def test_a_loop_whose_branches_keep_different_values():
    def huber(x):
        total = 0.0
        for v in x:
            if abs(v) <= 1.0:
                total += 0.5 * v * v
            else:
                total += 2.0 * (v * v - 0.5)
        return total

    x = np.array([0.5, -2.0, 3.0])
    for hessian in (s2s.hessian(huber), s2s.jit(s2s.hessian(huber))):
        np.testing.assert_allclose(hessian(x), np.diag([1.0, 4.0, 4.0]))


def test_flags_that_a_call_leaves_out_decide_branches():
    def loss(x, label):
        return s2s.nn.logsumexp(x) - x[label]

    x = np.array([[0.1, 0.5, -0.3], [1.0, 0.2, 0.4]])
    p = np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)
    wanted = [np.diag(row) - np.outer(row, row) for row in p]
    np.testing.assert_allclose(s2s.vmap(s2s.hessian(loss))(x, np.array([0, 2])), wanted, atol=1e-12)


def test_shared_parts_of_what_is_returned_beside_the_value():
    def loss(w, x):
        return np.sum(np.sin(w * x)), {"mean": np.mean(x), "w": w}

    w, xs = np.array([0.5, 1.0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    grads, aux = s2s.vmap(s2s.grad(loss, has_aux=True), in_axes=(None, 0))(w, xs)
    np.testing.assert_allclose(grads, np.cos(w * xs) * xs)
    np.testing.assert_allclose(aux["w"], [w] * 3)


# Text for shapes -----------------------------------------------------------------------------------------------------


def banana(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def layer(w, x):
    return np.tanh(w @ x)


def two_results(x, y):
    return {"product": np.outer(x, y), "sum": np.sum(x * x)}


def run_text(source, name, *args):
    names = {}
    exec(compile(source, name, "exec"), names)
    return names[name](*args)


@pytest.mark.parametrize(
    ("transformed", "name", "args"),
    [
        (s2s.hessian(banana), "banana_grad_jacfwd", (np.linspace(0.1, 1, 5),)),
        (s2s.jacrev(layer), "layer_jacrev", (np.full((3, 2), 0.1), np.array([0.3, 0.7]))),
        (s2s.jacfwd(layer, argnums=(0, 1)), "layer_jacfwd", (np.full((3, 2), 0.1), np.array([0.3, 0.7]))),
        (s2s.jacrev(two_results, argnums=1), "two_results_jacrev", (np.array([0.3, 0.7]), np.array([1.0, 2.0]))),
        (s2s.jacfwd(two_results), "two_results_jacfwd", (np.array([0.3, 0.7]), np.array([1.0, 2.0]))),
    ],
)
def test_text_for_shapes_gives_the_same(transformed, name, args):
    source = transformed.source_for(*args)
    assert not any(helper in source for helper in ("align", "inner_shape", "inner_sum_to", "as_columns"))
    assert source.count("assert shapes") == 1
    got, expected = run_text(source, name, *args), transformed(*args)
    for a, b in zip(s2s.tree.leaves(got), s2s.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_the_hessian_for_shapes_is_plain():
    source = s2s.hessian(banana).source_for(np.linspace(0.1, 1, 5))
    assert sum(isinstance(n, ast.stmt) for n in ast.walk(ast.parse(source))) <= 15, source


def test_a_tangent_of_a_gradient_for_shapes_is_plain():
    source = s2s.jvp(s2s.grad(banana)).source_for(np.linspace(0.1, 1, 5))
    assert "sum_to" not in source and "broadcast_to" not in source
