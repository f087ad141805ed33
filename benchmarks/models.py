"""The models that are measured, in plain NumPy. For the peer the same file is loaded with `np` bound to jax.numpy."""

import numpy as np


def mlp_loss(params, x, y):
    """Mean squared error of a tanh network; params: list of (w [m, n], b [n])."""
    for w, b in params:
        x = np.tanh(x @ w + b)
    return np.mean((x - y) ** 2)


def layer_norm(x, gain, bias):
    mean = np.mean(x, axis=-1, keepdims=True)
    centred = x - mean
    variance = np.mean(centred**2, axis=-1, keepdims=True)
    return centred / np.sqrt(variance + 1e-5) * gain + bias


def softmax(x):
    exps = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return exps / np.sum(exps, axis=-1, keepdims=True)


def attention(params, x):
    """Causal self-attention; x: [batch, time, width]; the heads lie side by side in the projections."""
    batch, time, width = np.shape(x)
    heads = params["heads"]
    size = width // np.shape(heads)[0]
    q = np.transpose(np.reshape(x @ params["q"], (batch, time, -1, size)), (0, 2, 1, 3))
    k = np.transpose(np.reshape(x @ params["k"], (batch, time, -1, size)), (0, 2, 3, 1))
    v = np.transpose(np.reshape(x @ params["v"], (batch, time, -1, size)), (0, 2, 1, 3))
    scores = q @ k / size**0.5
    mask = np.triu(np.ones((time, time), dtype=bool), k=1)
    weights = softmax(np.where(mask, -1e9, scores))
    mixed = np.transpose(weights @ v * heads[:, None, None], (0, 2, 1, 3))
    return np.reshape(mixed, (batch, time, width)) @ params["out"]


def block_loss(params, x, y):
    """Mean squared error of one pre-norm transformer block."""
    x = x + attention(params, layer_norm(x, params["gain1"], params["bias1"]))
    hidden = np.tanh(layer_norm(x, params["gain2"], params["bias2"]) @ params["up"] + params["up_bias"])
    x = x + hidden @ params["down"] + params["down_bias"]
    return np.mean((x - y) ** 2)


def scalar(x):
    return x * 2.0 + 1.0
