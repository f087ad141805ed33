"""Loops as NumPy users write them, and the same ones as the peer wants them."""

import jax
import jax.numpy as jnp
import numpy as np

import s2s


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


def swaps(x):
    y = x.copy()
    for i in range(len(x) // 2):
        y[i], y[len(x) - 1 - i] = y[len(x) - 1 - i] * 2.0, y[i]
    return np.sum(y * np.sin(x))


def jacobi(m):
    a = m.copy()
    for _ in range(3):
        b = a.copy()
        b[1:-1, 1:-1] = 0.25 * (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:])
        a = b
    return np.sum(a * a)


def jacobi_at(m):
    def sweep(_, a):
        return a.at[1:-1, 1:-1].set(0.25 * (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:]))

    return jnp.sum(jax.lax.fori_loop(0, 3, sweep, m) ** 2)


def gauss_seidel(m):
    a = m.copy()
    for _ in range(2):
        for i in range(1, m.shape[0] - 1):
            for j in range(1, m.shape[1] - 1):
                a[i, j] = 0.25 * (a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1])
    return np.sum(a * a)


def gauss_seidel_at(m):
    """One loop over all points, which is the faster way to write it."""
    rows, width = m.shape[0] - 2, m.shape[1] - 2

    def point(k, a):
        i, j = k // width + 1, k % width + 1
        return a.at[i, j].set(0.25 * (a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1]))

    for _ in range(2):
        m = jax.lax.fori_loop(0, rows * width, point, m)
    return jnp.sum(m * m)


def rotation(x, angle, n):
    """A `while` loop that forgets nothing of what it began with."""
    a, b, k = x, 0.0 * x, 0
    while k < n:
        a, b = a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)
        k += 1
    return a


def steps(w, h):
    for _ in range(1024):
        h = np.tanh(h @ w)
    return np.sum(h)


def steps_checkpointed(w, h):
    for _ in s2s.loop(range(1024), checkpoint=32):
        h = np.tanh(h @ w)
    return np.sum(h)
