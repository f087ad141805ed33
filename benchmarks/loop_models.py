"""Loops as NumPy users write them, and the same ones as the peer wants them."""

import jax
import jax.numpy as jnp
import numpy as np


def rnn(w, x):
    h = np.zeros(8, x.dtype)
    for t in range(len(x)):
        h = np.tanh(h @ w + x[t])
    return np.sum(h)


def rnn_unrolled(w, x):
    h = jnp.zeros(8, x.dtype)
    for t in range(len(x)):
        h = jnp.tanh(h @ w + x[t])
    return jnp.sum(h)


def rnn_scan(w, x):
    h, _ = jax.lax.scan(lambda h, row: (jnp.tanh(h @ w + row), None), jnp.zeros(8, x.dtype), x)
    return jnp.sum(h)


def recurrence(x):
    a = np.zeros(len(x), x.dtype)
    a[0] = x[0]
    for i in range(1, len(x)):
        a[i] = np.tanh(a[i - 1]) + x[i]
    return np.sum(a)


def recurrence_at(x):
    def body(i, a):
        return a.at[i].set(jnp.tanh(a[i - 1]) + x[i])

    return jnp.sum(jax.lax.fori_loop(1, len(x), body, jnp.zeros_like(x).at[0].set(x[0])))


def newton(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


def repeated(x, n):
    for _ in range(n):
        x = np.sin(x) + 0.1
    return x
