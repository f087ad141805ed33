"""Functions of one example, with the array library under the name `np`."""

import jax
import numpy as np


def mlp_loss(w1, b1, w2, b2, x, y):  # type: ignore[no-untyped-def]
    hidden = np.tanh(x @ w1 + b1)
    out = hidden @ w2 + b2
    return np.mean((out - y) ** 2)


def newton(a):  # type: ignore[no-untyped-def]
    x = a
    while abs(x * x - a) > 1e-4 * a:
        x = 0.5 * (x + a / x)
    return x


def newton_while(a):  # type: ignore[no-untyped-def]
    return jax.lax.while_loop(lambda x: abs(x * x - a) > 1e-4 * a, lambda x: 0.5 * (x + a / x), a)


def costly(x):  # type: ignore[no-untyped-def]
    for _ in range(200):
        x = np.tanh(x + np.sum(x * x))
    return x


def rarely(x):  # type: ignore[no-untyped-def]
    if np.sum(x) > 1e6:
        x = costly(x)
    else:
        x = 2.0 * x
    return x


def costly_loop(x):  # type: ignore[no-untyped-def]
    return jax.lax.fori_loop(0, 200, lambda _, y: np.tanh(y + np.sum(y * y)), x)


def rarely_cond(x):  # type: ignore[no-untyped-def]
    return jax.lax.cond(np.sum(x) > 1e6, costly_loop, lambda y: 2.0 * y, x)
