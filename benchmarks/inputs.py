"""Inputs of the measured models, float32 NumPy arrays, the same at every run."""

from typing import Any

import numpy as np

Arrays = tuple[Any, ...]


def mlp(layers: int, width: int = 128, batch: int = 64) -> Arrays:
    """Parameters of `layers` layers, inputs and targets."""
    generator = np.random.default_rng(layers)
    params = [(_normal(generator, width, width) / width**0.5, _normal(generator, width)) for _ in range(layers)]
    return params, _normal(generator, batch, width), _normal(generator, batch, width)


def block(width: int = 64, heads: int = 4, time: int = 32, batch: int = 8) -> Arrays:
    """Parameters of a transformer block, inputs and targets."""
    generator = np.random.default_rng(0)
    square = {name: _normal(generator, width, width) / width**0.5 for name in ("q", "k", "v", "out")}
    norms = {name: np.ones(width, np.float32) for name in ("gain1", "gain2")}
    biases = {name: np.zeros(width, np.float32) for name in ("bias1", "bias2", "down_bias")}
    up = {"up": _normal(generator, width, 4 * width) / width**0.5, "up_bias": np.zeros(4 * width, np.float32)}
    down = {"down": _normal(generator, 4 * width, width) / width, "heads": np.ones(heads, np.float32)}
    params = {**square, **norms, **biases, **up, **down}
    return params, _normal(generator, batch, time, width), _normal(generator, batch, time, width)


def _normal(generator: np.random.Generator, *shape: int) -> np.ndarray:
    return generator.normal(size=shape).astype(np.float32)
