"""s2s.checkpoint: the same derivatives, from the arguments of calls alone."""

import numpy as np
import pytest

import s2s

_DRAW = np.random.default_rng(0)
W, X = _DRAW.normal(size=(3, 3)) * 0.5, _DRAW.normal(size=(5, 3))


def layer(w, x, scale=1.0):
    h = np.tanh(x @ w)
    return np.sin(h) * h * scale


checkpointed = s2s.checkpoint(layer)


@s2s.checkpoint
def three_layers(w, x):
    for _ in range(3):
        x = np.tanh(x @ w) * x
    return x


def without(w, x):
    for _ in range(2):
        x = layer(w, x, scale=2.0)
    for _ in range(3):
        x = np.tanh(x @ w) * x
    return np.sum(x)


def with_calls(w, x):
    for _ in range(2):
        x = checkpointed(w, x, scale=2.0)
    return np.sum(three_layers(w, x))


def made_inside(w, x):
    double = 2.0

    @s2s.checkpoint
    def step(x):
        return layer(w, x, double)

    for _ in range(2):
        x = step(x)
    return np.sum(s2s.checkpoint(three_layers)(w, x))


@pytest.mark.parametrize("function", [with_calls, made_inside])
def test_the_same_derivatives(function):
    expected = s2s.grad(without, argnums=(0, 1))(W, X)
    for gradient in (s2s.grad(function, argnums=(0, 1)), s2s.jit(s2s.grad(function, argnums=(0, 1)))):
        for found, wanted in zip(gradient(W, X), expected, strict=True):
            np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-10)
    found, wanted = (s2s.jvp(f, (W, X), (X[:3] * 0.1, X)) for f in (function, without))
    np.testing.assert_allclose(found, wanted, rtol=1e-10)
    batched = s2s.vmap(function, in_axes=(None, 0))(W, np.stack([X, X + 0.1]))
    np.testing.assert_allclose(batched, [without(W, X), without(W, X + 0.1)], rtol=1e-10)


def slope_with(w):
    return np.sum(s2s.grad(with_calls)(w, X) ** 2)


def slope_without(w):
    return np.sum(s2s.grad(without)(w, X) ** 2)


def test_second_order():
    np.testing.assert_allclose(s2s.grad(slope_with)(W), s2s.grad(slope_without)(W), rtol=1e-9)


def test_the_source_runs_the_forward_half_on_the_way_back():
    text = s2s.grad(with_calls).source
    assert "x = checkpointed(w, x, scale=2.0)" in text
    assert "saved = layer_fwd(again(w, x_bar), again(x, x_bar), scale=2.0)[1]" in text


def deep_layer(w, x):
    return np.tanh(np.sin(np.tanh(np.sin(np.tanh(x @ w) * 2) * x)))


deep_checkpointed = s2s.checkpoint(deep_layer)


def four(w, x):
    return np.sum(deep_layer(w, deep_layer(w, deep_layer(w, deep_layer(w, x)))))


def four_checkpointed(w, x):
    return np.sum(deep_checkpointed(w, deep_checkpointed(w, deep_checkpointed(w, deep_checkpointed(w, x)))))


def test_compiled_code_keeps_the_arguments_alone():
    """By XLA's own figures."""
    w, x = np.eye(16), np.ones((1000, 16))
    plain, kept = (
        s2s.jit(s2s.grad(f)).lower(w, x).compile().memory_analysis().temp_size_in_bytes / x.nbytes
        for f in (four, four_checkpointed)
    )
    assert kept < 0.65 * plain, (plain, kept)


def test_what_would_be_written_twice_is_refused():
    @s2s.checkpoint
    def fill(y, x):
        y[0] = x[0] * x[1]
        return y

    def f(x):
        y = np.zeros(3)
        return np.sum(fill(y, x) * x)

    with pytest.raises(s2s.UnsupportedError, match=r"a checkpointed function writes into its argument 'y'"):
        s2s.grad(f)(X[0])
