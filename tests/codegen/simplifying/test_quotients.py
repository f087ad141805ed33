"""Quotients and selections in derivatives read as people write them, and are as right at the ends of the range."""

import numpy as np
import pytest

import s2s

X = np.array([0.4, -0.8, 1.1, 0.3])


def logistic(x):
    p = 1 / (1 + np.exp(-x))
    return np.sum(p)


def in_loop(x):
    h = np.zeros(4)
    for _ in range(3):
        z = 1 / (1 + np.exp(-(x + h)))
        h = z * h + (1 - z) * x
    return np.sum(h)


def sigmoid(x):
    return 1.0 / (np.exp(-x) + 1.0)


def called(x):
    return np.sum(sigmoid(x) * x)


def standardised(x):
    scale = np.exp(x[0])
    z = (x - 1.0) / scale
    return np.sum(z**2)


def huber(x):
    return np.sum(np.where(np.abs(x) <= 0.7, 0.5 * x**2, 0.7 * np.abs(x)))


def root(x):
    return np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 3.0 * x))


def two_sums(x):
    return np.sum(np.outer(x, x), axis=0)[0] - np.sum(np.outer(x, x**2), axis=0)[1]


@pytest.mark.parametrize(
    "f", [logistic, in_loop, called, standardised, huber, root, two_sums], ids=lambda f: f.__name__
)
def test_both_modes(f):
    s2s.check_grads(f, (X,), 2)
    source, names = s2s.grad(f).source_for(X), {}
    exec(compile(source, "<emitted>", "exec"), names)
    np.testing.assert_allclose(names[f"{f.__name__}_grad"](X), s2s.grad(f)(X), rtol=1e-12)


def test_logistic_does_not_overflow():
    with np.errstate(over="ignore"):
        found = s2s.grad(logistic)(np.array([-800.0, 800.0, 0.0]))
    np.testing.assert_array_equal(found, [0.0, 0.0, 0.25])


@pytest.mark.parametrize(
    ("f", "line"),
    [
        (logistic, "return p * (1 - p)"),
        (huber, "return np.where(np.abs(x) <= 0.7, x, 0.7 * np.sign(x))"),
    ],
    ids=["logistic", "huber"],
)
def test_text(f, line):
    assert line in s2s.grad(f).source_for(X), s2s.grad(f).source_for(X)


def test_pair_saves_the_quotient():
    assert "ratio_bar * ratio * (1 - ratio)" in s2s.grad(called).source_for(X)
