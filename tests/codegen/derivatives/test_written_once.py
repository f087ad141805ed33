"""The adjoint of an element that a loop writes once is not zeroed; where it could be asked for again, it is."""

import re

import numpy as np
import pytest

import s2s

X = np.array([0.4, -0.8, 1.1, 0.3, -0.5])
STEP = 1e-6


def each(x):
    out = np.zeros(len(x))
    for i in range(len(x)):
        out[i] = np.sin(x[i]) * x[0]
    return np.sum(out**2)


def from_one(x):
    out = np.zeros(len(x))
    for i in range(1, len(x)):
        out[i] = x[i] * x[i - 1]
    return np.sum(out**2)


def downwards(x):
    out = np.zeros(len(x))
    for i in range(len(x) - 1, -1, -1):
        out[i] = x[i] ** 3
    return np.sum(np.cos(out))


def next_one(x):
    out = np.zeros(len(x) + 1)
    for i in range(len(x)):
        out[i + 1] = x[i] ** 2
    return np.sum(out**2)


def table(x):
    out = np.zeros((len(x), len(x)))
    for i in range(len(x)):
        for j in range(len(x)):
            out[i, j] = np.tanh(x[i] - 2 * x[j])
    return np.sum(out**2 * out[1])


def inside(x):
    total = 0.0
    for k in range(2):
        out = np.zeros(len(x))
        for i in range(len(x)):
            out[i] = x[i] * (k + 1.0)
        total += np.sum(out**3)
    return total


def of_argument(x):
    out = x * 2.0
    for i in range(2):
        out[i] = x[i] ** 2
    return np.sum(out**2)


def named_again(x):
    out = np.zeros(3)
    for i in range(-2, 2):
        out[i] = x[i + 2] * 2.0
    return np.sum(out**2)


def by_given_steps(x, step=-1):
    out = np.zeros(3)
    for i in range(2, -3, step):
        out[i] = x[i + 2] * 2.0
    return np.sum(out**2)


def before_it(x):
    out = np.zeros(len(x))
    for i in range(len(x)):
        out[i - 1] = x[i] ** 2
    return np.sum(out**2)


def in_every_round(x):
    out = np.zeros(len(x))
    for k in range(3):
        for i in range(len(x)):
            out[i] = x[i] * k
    return np.sum(out**2)


def by_columns(x):
    out = np.zeros((2, len(x)))
    for k in range(4):
        for i in range(len(x)):
            out[k % 2, i] = x[i] * (k + 1)
    return np.sum(out**2)


def recurrence(x):
    out = np.zeros(len(x))
    out[0] = x[0]
    for i in range(1, len(x)):
        out[i] = np.tanh(out[i - 1]) + x[i]
    return np.sum(out**2)


def substitution(x):
    out = np.zeros(len(x))
    for i in range(len(x)):
        out[i] = (x[i] - np.sum(out[:i] * x[:i])) / (2.0 + x[i] ** 2)
    return np.sum(out**2)


def copied_within(x):
    out = np.zeros(len(x))
    for i in range(1, len(x)):
        out[i] = x[i] ** 2
        out[i - 1] = out[i] * 2.0
    return np.sum(out**2)


def chosen(x):
    out = np.zeros(len(x))
    for i in range(len(x)):
        if x[i] > 0:
            out[i] = x[i] ** 2
        else:
            out[0] = out[0] + x[i]
    return np.sum(out**2)


def given_twice(x):
    out = np.zeros(len(x))
    for i in range(len(x)):
        out[i] = x[i] * 3.0
        if x[i] > 0:
            out[i] = x[i] ** 2
    return np.sum(out**2)


def read_in_between(x):
    out, total = np.zeros(len(x)), 0.0
    for i in range(len(x)):
        out[i] = x[i] ** 2
        total += np.sum(out)
    return total * out[0]


LEFT_OUT = [each, from_one, downwards, next_one, table, inside, substitution]
KEPT = [of_argument, named_again, by_given_steps, before_it, in_every_round, by_columns]
OTHERS = [recurrence, given_twice, read_in_between, copied_within, chosen]


def slopes(f):
    return np.array([(f(X + STEP * unit) - f(X - STEP * unit)) / (2 * STEP) for unit in np.eye(len(X))])


@pytest.mark.parametrize("f", [*LEFT_OUT, *KEPT, *OTHERS], ids=lambda f: f.__name__)
def test_gradients(f):
    expected = slopes(f)
    np.testing.assert_allclose(s2s.grad(f)(X), expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(s2s.jit(s2s.grad(f))(X), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("f", [each, table, named_again], ids=lambda f: f.__name__)
def test_second_order(f):
    def slope(x):
        return np.sum(s2s.grad(f)(x) * np.arange(1.0, 6.0))

    np.testing.assert_allclose(s2s.grad(slope)(X), slopes(slope), rtol=1e-5, atol=1e-6)


def zeroed(f):
    return re.search(r"(put|set_at)\(out_bar\w*, .*, 0\)", s2s.grad(f).source_for(X)) is not None


@pytest.mark.parametrize("f", LEFT_OUT, ids=lambda f: f.__name__)
def test_is_left_out(f):
    assert not zeroed(f)


@pytest.mark.parametrize("f", KEPT, ids=lambda f: f.__name__)
def test_is_kept(f):
    assert zeroed(f)
