"""A classifier in plain NumPy. Nothing here knows that it will be differentiated or compiled."""

import numpy as np


def make_moons(count, noise=0.1, seed=0):
    """Points (count, 2) on two interleaved half circles, and labels (count,) 0. or 1."""
    generator = np.random.default_rng(seed)
    angle = generator.uniform(0, np.pi, size=count)
    label = np.arange(count) % 2
    points = np.stack([np.cos(angle) + label, np.sin(angle) * (1 - 2 * label) + 0.5 * label], axis=1)
    return points + noise * generator.normal(size=points.shape), label.astype(float)


def make_params(sizes=(2, 16, 16, 1), seed=0):
    generator = np.random.default_rng(seed)
    return [
        {"w": generator.normal(size=(m, n)) / np.sqrt(m), "b": np.zeros(n)}
        for m, n in zip(sizes[:-1], sizes[1:], strict=True)
    ]


def predict(params, x):
    """Log odds (count,) of the second moon."""
    for layer in params[:-1]:
        x = np.tanh(x @ layer["w"] + layer["b"])
    return (x @ params[-1]["w"] + params[-1]["b"])[:, 0]


def loss(params, x, label):
    """Mean cross entropy of the labels under the predicted log odds."""
    odds = predict(params, x)
    return np.mean(np.logaddexp(0.0, odds) - label * odds)
