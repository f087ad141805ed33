"""The way back through a maximum that cancels out is not written; through one that matters, it is."""

import numpy as np
import pytest

import s2s

X = np.array([[0.4, -0.8, 1.1], [0.3, -0.5, 0.9], [1.2, 0.1, -0.7]])
W = np.array([[0.2, 1.0, -0.3], [0.7, 0.5, 0.4], [-0.6, 0.8, 0.1]])
STEP = 1e-6


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def called(x):
    return np.sum(W * softmax(np.sin(x)))


def in_place(x):
    weights = np.exp(x - x.max(axis=1, keepdims=True))
    weights = weights / weights.sum(axis=1, keepdims=True)
    return np.sum(W * weights**2)


def columns(x):
    e = np.exp(x - np.max(x, axis=0, keepdims=True))
    return np.sum(W * e / np.sum(e, axis=0, keepdims=True))


def cross_entropy(x):
    shifted = x - x.max(axis=1, keepdims=True)
    return -np.mean(np.sum(W * (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))), axis=1))


def log_sum(x):
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


def log_sums(x):
    m = np.max(x, axis=1)
    return np.mean(m + np.log(np.sum(np.exp(x - m[:, None]), axis=1)))


def scaled(x):
    e = np.exp((x - np.max(x, axis=1, keepdims=True)) / 3.0)
    return np.sum(W * (2.0 * e / np.sum(e, axis=1, keepdims=True)))


def square(x):
    return np.sum((x - np.max(x, axis=1, keepdims=True)) ** 2)


def other_axis(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return np.sum(W * e / np.sum(e, axis=0, keepdims=True))


def against_columns(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return np.sum(W * e / np.sum(e, axis=1))


def without_the_axis(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return np.sum(W * e / np.sum(e, axis=1, keepdims=0))


def one_less(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return np.sum(W * e / (1.0 + np.sum(e, axis=1, keepdims=True)))


def twice(x):
    m = np.max(x)
    return 2.0 * m + np.log(np.sum(np.exp(x - m)))


CANCEL = [called, in_place, columns, cross_entropy, log_sum, log_sums, scaled]
MATTER = [square, other_axis, against_columns, without_the_axis, one_less, twice]


def slopes(f):
    units = np.eye(X.size).reshape(-1, *X.shape)
    return np.array([(f(X + STEP * u) - f(X - STEP * u)) / (2 * STEP) for u in units]).reshape(X.shape)


@pytest.mark.parametrize("f", [*CANCEL, *MATTER], ids=lambda f: f.__name__)
def test_gradients(f):
    expected = slopes(f)
    source, names = s2s.grad(f).source_for(X), {"W": W}
    exec(compile(source, "<emitted>", "exec"), names)
    for gradient in (s2s.grad(f), names[f"{f.__name__}_grad"]):
        np.testing.assert_allclose(gradient(X), expected, rtol=1e-6, atol=1e-8)
    assert ("max_weights" in source) == (f in MATTER)


@pytest.mark.parametrize("f", [called, log_sums], ids=lambda f: f.__name__)
def test_second_order(f):
    def slope(x):
        return np.sum(W * s2s.grad(f)(x))

    np.testing.assert_allclose(s2s.jit(s2s.grad(slope))(X), slopes(slope), rtol=1e-5, atol=1e-7)
