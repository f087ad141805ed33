"""Collectives over a named batch axis, against the peer: plain, staged, nested and composed with derivatives."""

import types

import numpy as np
import pytest

import s2s
from s2s import lax as lax_

jax = pytest.importorskip("jax")
rng = np.random.default_rng(0)
X = rng.normal(size=(4, 3))
PARTS = rng.normal(size=(4, 4, 3))


@pytest.fixture(autouse=True)
def double_precision():
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def peer(function):
    """The function with the peer's collectives."""
    names = dict.fromkeys(function.__code__.co_names)
    known = {n: jax.numpy if n == "np" else jax.lax for n in names if n in ("np", "lax_")}
    return types.FunctionType(function.__code__, {**function.__globals__, **known})


def normalised(x):
    return (x - lax_.pmean(x, "i")) * lax_.psum(x * x, "i") / lax_.psum(1, "i")


def extremes(x):
    return x * lax_.pmax(x, "i") - lax_.pmin(x, axis_name="i") + lax_.axis_index("i") * lax_.axis_size("i")


def turned(x):
    return lax_.ppermute(x, "i", [(0, 1), (1, 2), (2, 3), (3, 0)]) * 2.0 + x


def gathered(x):
    rows = lax_.all_gather(x, "i")
    return rows.sum(axis=0) * lax_.all_gather(x, "i", axis=1)[:, 0] + lax_.all_gather(x, "i", tiled=True)[2:5]


def tree(x):
    total, parts = lax_.psum((x, {"b": x[0], "c": 2.0}), "i")
    return total * parts["b"] + parts["c"]


def helper(shared):
    return lax_.axis_index("i") * shared


def in_callees(x):
    return x + helper(lax_.pmean(x, "i"))


ALL = [normalised, extremes, turned, gathered, tree, in_callees]


@pytest.mark.parametrize("function", ALL, ids=lambda f: f.__name__)
def test_values(function):
    own = s2s.vmap(function, axis_name="i")
    if function is in_callees:
        expected = X + np.arange(4)[:, None] * X.mean(axis=0)
    else:
        expected = jax.vmap(peer(function), axis_name="i")(X)
    np.testing.assert_allclose(own(X), expected, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(s2s.jit(own)(X)), expected, rtol=1e-9)


@pytest.mark.parametrize("function", [normalised, turned, gathered, tree], ids=lambda f: f.__name__)
def test_derivatives(function):
    def loss(x):
        return np.sum(s2s.vmap(function, axis_name="i")(x) ** 2)

    def of_row(x):
        return np.sum(function(x) ** 2)

    other = peer(function)
    expected = jax.grad(lambda x: jax.numpy.sum(jax.vmap(other, axis_name="i")(x) ** 2))(X)
    np.testing.assert_allclose(s2s.grad(loss)(X), expected, rtol=1e-9)
    expected = jax.vmap(jax.grad(lambda x: jax.numpy.sum(other(x) ** 2)), axis_name="i")(X)
    np.testing.assert_allclose(s2s.vmap(s2s.grad(of_row), axis_name="i")(X), expected, rtol=1e-9)


def exchanged(parts):
    return lax_.all_to_all(parts, "i", 0, 1) * 2.0, lax_.all_to_all(parts, "i", 0, 1, tiled=True)


def test_all_to_all():
    for found, expected in zip(
        s2s.vmap(exchanged, axis_name="i")(PARTS), jax.vmap(peer(exchanged), axis_name="i")(PARTS), strict=True
    ):
        np.testing.assert_allclose(found, expected)
    with pytest.raises(ValueError, match="cannot cut an axis of 4 elements into 3"):
        s2s.vmap(exchanged, axis_name="i")(PARTS[:3])


def nested(x):
    return lax_.psum(x * lax_.axis_index("j"), ("i", "j")) + lax_.psum(x, "j") * lax_.pmean(x, "i")


def test_nested_names():
    expected = jax.vmap(jax.vmap(peer(nested), axis_name="j"), axis_name="i")(X)
    np.testing.assert_allclose(s2s.vmap(s2s.vmap(nested, axis_name="j"), axis_name="i")(X), expected)


def test_text_is_plain():
    text = s2s.vmap(normalised, axis_name="i").source_for(X)
    assert "np.mean(x, axis=0)" in text and "np.sum(x * x, axis=0)" in text and "psum" not in text


def test_unbound_names():
    for call in (nested, s2s.jit(nested), s2s.vmap(nested, axis_name="k"), s2s.vmap(nested)):
        with pytest.raises(NameError, match="unbound axis name: 'j'"):
            call(X)
    with pytest.raises(ValueError, match="leave loop_over_batch out"):
        s2s.vmap(nested, axis_name="i", loop_over_batch=True)
    with pytest.raises(s2s.UnsupportedError, match=r"test_collectives\.py.*\n.*pmax") as refusal:
        s2s.vmap(s2s.grad(lambda x: np.sum(extremes(x))), axis_name="i")(X)
    assert "differentiate the batched function" in str(refusal.value)
