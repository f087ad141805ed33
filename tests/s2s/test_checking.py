"""check_grads accepts right derivatives of any order, and names wrong ones."""

import numpy as np
import pytest

import s2s

X = np.array([0.3, -0.2, 0.5])


def mixed(p, n, y):
    out = p["w"] * y[0] ** n
    for _ in range(n):
        out = np.sin(out) * p["b"]
    return {"sum": out.sum(), "parts": (out, y[0] * 2.0)}


def test_right_derivatives():
    s2s.check_grads(mixed, ({"w": X, "b": 1.5}, 2, (X + 1.0, 3)), 2)
    s2s.check_grads(lambda x: np.tanh(x) * x, (X,), 3, modes=("rev",))
    s2s.check_grads(lambda x: x * x, (X.astype(np.float32),), 1)


def test_wrong_rules_are_named():
    @s2s.custom_jvp
    def squared(x):
        return x * x

    squared.defjvp(lambda primals, tangents: (squared(primals[0]), 3.0 * primals[0] * tangents[0]))
    with pytest.raises(AssertionError, match="f in mode 'fwd': the derivative along a random direction is"):
        s2s.check_grads(squared, (X,), 1)

    squared.defjvp(lambda primals, tangents: (squared(primals[0]), 2.0 * primals[0] * tangents[0]))
    s2s.check_grads(squared, (X,), 2)
    with pytest.raises(ValueError, match="modes are 'fwd' and 'rev'"):
        s2s.check_grads(squared, (X,), 1, modes=("forward",))


def test_second_order_is_checked():
    @s2s.custom_jvp
    def once(x):
        return np.sin(x)

    once.defjvp(lambda primals, tangents: (np.sin(primals[0]), s2s.stop_gradient(np.cos(primals[0])) * tangents[0]))
    s2s.check_grads(once, (X,), 1)
    with pytest.raises(AssertionError, match="the 'fwd' derivative of f in mode 'fwd'"):
        s2s.check_grads(once, (X,), 2)
