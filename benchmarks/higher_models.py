"""Functions whose Jacobians, Hessians and higher gradients are measured; `np` is replaced for the peer."""

import numpy as np


def thirty(x):
    """A function of 30 variables, in which each one meets others."""
    y = np.tanh(x) * x[::-1]
    return np.log(1.0 + np.sum(x**2)) + np.sum(np.cos(x[1:] * x[:-1])) + np.sum(y * y)


def rnn(w, x):
    """The last hidden state."""
    h = np.zeros_like(x[0])
    for t in range(x.shape[0]):
        h = np.tanh(h @ w + x[t])
    return h


def mlp(w, x):
    return np.mean((np.tanh(np.tanh(x @ w) @ w) - 1.0) ** 2)


def polynomial(x):
    return np.sum(3.0 * x**4 - x**2 * x[0])


def normalised(x):
    return np.sum((x / np.sqrt(np.sum(x * x) + 1.0)) ** 3)


def softmax(x):
    e = np.exp(x - np.max(x))
    return np.sum((e / np.sum(e)) ** 2)


def branch(x):
    if np.sum(x) > 0.0:
        return np.sum(np.sin(x) * x)
    return np.sum(np.exp(x))


def scaled(x):
    s = 1.0
    for v in x:
        s = s * np.sin(v) + v
    return s
