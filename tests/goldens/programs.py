"""What users write: the functions whose emitted text is kept in this folder, with example arguments."""

import math
from typing import NamedTuple

import numpy as np

_rng = np.random.default_rng(0)


def _normal(*shape):
    return _rng.normal(size=shape)


def polynomial(x):
    return 3.0 * x**3 - 2 * x**2 + x / 7 - 1


def planet(angle, eccentricity):
    return angle - eccentricity * math.sin(angle)


def least_squares(w, b, x, y):
    residual = x @ w + b - y
    return np.mean(residual**2)


def logistic(w, x, labels):
    logits = x @ w
    return np.mean(np.log1p(np.exp(-labels * logits))) + 0.01 * np.sum(w**2)


def mlp(params, x, y):
    w1, b1, w2, b2 = params
    hidden = np.tanh(x @ w1 + b1)
    out = hidden @ w2 + b2
    return np.mean((out - y) ** 2)


def layer(params, x):
    w, b = params
    return np.tanh(x @ w + b)


def deep_mlp(params, x, y):
    for p in params:
        x = layer(p, x)
    return np.mean((x - y) ** 2)


def softmax_cross_entropy(logits, labels):
    shifted = logits - np.max(logits, axis=-1, keepdims=True)
    log_probabilities = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    return -np.mean(np.sum(labels * log_probabilities, axis=-1))


def layer_norm(x, gain, bias):
    mean = np.mean(x, axis=-1, keepdims=True)
    variance = np.mean((x - mean) ** 2, axis=-1, keepdims=True)
    return np.sum(((x - mean) / np.sqrt(variance + 1e-5) * gain + bias) ** 3)


def attention(q, k, v):
    scores = q @ k.T / np.sqrt(q.shape[-1])
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return np.sum((weights @ v) ** 2)


def rnn(w_hidden, w_input, xs, target):
    h = np.zeros(3)
    for x in xs:
        h = np.tanh(w_hidden @ h + w_input @ x)
    return np.sum((h - target) ** 2)


def newton_sqrt(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


def branches(x, y):
    if x > y:
        z = x * y
    elif y > 2.0:
        z = np.sin(x)
    else:
        z = x - y
    return z * x


def early_return(x):
    if x < 0:
        return 0.0 * x
    return np.sqrt(x) * x


def branch_in_loop(x):
    y = x
    for _ in range(8):
        if y > 1.0:
            y = y * 0.3
        else:
            y = y + np.cos(y)
    return y


def kalman(measurements, process_noise, measurement_noise):
    mean, variance, log_likelihood = 0.0, 1.0, 0.0
    for z in measurements:
        variance = variance + process_noise
        innovation = z - mean
        total = variance + measurement_noise
        log_likelihood = log_likelihood - 0.5 * (np.log(total) + innovation**2 / total)
        gain = variance / total
        mean = mean + gain * innovation
        variance = (1.0 - gain) * variance
    return log_likelihood


class State(NamedTuple):
    position: np.ndarray
    velocity: np.ndarray


def leapfrog(state, step):
    velocity = state.velocity - step * np.sin(state.position)
    moved = State(state.position + step * velocity, velocity)
    return np.sum(moved.position**2) + np.sum(moved.velocity**2)


def dict_params(params, x):
    hidden = np.maximum(params["w"] @ x + params["b"], 0.0)
    return np.sum(hidden * params["out"])


def scaled(x, factor=2.0, *, offset=0.5):
    return x * factor + offset


def calls_with_defaults(x, y):
    return np.sum(scaled(x) * scaled(y, 3.0) + scaled(x, factor=y, offset=1.0))


def gaussian_process(lengths, x, y):
    squared = (x[:, None] - x[None, :]) ** 2
    covariance = np.exp(-0.5 * squared / lengths**2) + 0.1 * np.eye(len(x))
    alpha = np.linalg.solve(covariance, y)
    return 0.5 * y @ alpha + 0.5 * np.linalg.slogdet(covariance)[1]


def convolution(x, kernel):
    windows = np.stack([x[0:4], x[1:5], x[2:6]], axis=1)
    return np.sum(np.tanh(windows @ kernel))


def euler(x, rate, steps):
    for i in range(steps):
        x = x + 0.1 * (rate * x * (1.0 - x) + 0.01 * i)
    return x


def swapping(x, y):
    for _ in range(5):
        x, y = y, np.sin(x) + y
    return x * y


def einsum_bilinear(x, w, y):
    return np.sum(np.einsum("bi,ijk,bk->bj", x, w, y) ** 2)


def indexing(table, scale):
    rows = np.array([0, 2, 2, 1])
    picked = table[rows] * scale
    return np.sum(picked[:, 0] * picked[:, -1]) + table[1, 1]


def masked_loss(prediction, target):
    error = np.abs(prediction - target)
    return np.mean(np.where(error < 1.0, 0.5 * error**2, error - 0.5))


_W = _normal(3, 3)
EXAMPLES = {
    polynomial: (1.5,),
    planet: (0.7, 0.3),
    least_squares: (_normal(3), 0.5, _normal(5, 3), _normal(5)),
    logistic: (_normal(3), _normal(5, 3), np.sign(_normal(5))),
    mlp: ((_normal(3, 4), _normal(4), _normal(4, 2), _normal(2)), _normal(5, 3), _normal(5, 2)),
    deep_mlp: ([(_normal(3, 3), _normal(3)), (_normal(3, 3), _normal(3))], _normal(5, 3), _normal(5, 3)),
    softmax_cross_entropy: (_normal(5, 4), np.eye(4)[[0, 1, 3, 2, 0]]),
    layer_norm: (_normal(5, 4), _normal(4), _normal(4)),
    attention: (_normal(5, 4), _normal(6, 4), _normal(6, 3)),
    rnn: (_W, _normal(3, 2), _normal(7, 2), _normal(3)),
    newton_sqrt: (7.3,),
    branches: (1.2, 0.7),
    early_return: (1.7,),
    branch_in_loop: (0.4,),
    kalman: (_normal(6), 0.1, 0.3),
    leapfrog: (State(_normal(3), _normal(3)), 0.1),
    dict_params: ({"w": _W, "b": _normal(3), "out": _normal(3)}, _normal(3)),
    calls_with_defaults: (_normal(4), _normal(4)),
    gaussian_process: (0.8, _normal(5), _normal(5)),
    convolution: (_normal(6), _normal(3)),
    euler: (0.3, 1.1, 5),
    swapping: (0.5, 1.5),
    einsum_bilinear: (_normal(4, 2), _normal(2, 3, 5), _normal(4, 5)),
    indexing: (_normal(3, 4), 1.5),
    masked_loss: (_normal(6), _normal(6)),
}
# Without arguments, nobody can tell which named tuple it is.
NEED_ARGUMENTS = (leapfrog,)
