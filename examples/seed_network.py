"""A network of relu layers written for a tracing library, its imports renamed: `python examples/seed_network.py`."""

from typing import List, Tuple  # noqa: UP035 - the text is kept as it was found

import s2s
import s2s.numpy as jnp


def get_params(f_in: int, f_out: int, key: jnp.ndarray) -> Tuple[jnp.ndarray, jnp.ndarray]:  # noqa: UP006
    subkeys = s2s.random.split(key, 2)
    weights = s2s.random.normal(subkeys[0], (f_in, f_out))
    bias = s2s.random.normal(subkeys[1], (1, f_out))
    return weights, bias


def layer(params: Tuple[jnp.ndarray, jnp.ndarray], x: jnp.ndarray) -> jnp.ndarray:  # noqa: UP006
    w, b = params
    return s2s.nn.relu(jnp.dot(x, w) + b)


def forward_pass(params: List[Tuple[jnp.ndarray, jnp.ndarray]], x: jnp.ndarray) -> jnp.ndarray:  # noqa: UP006
    for layer_params in params:
        x = layer(layer_params, x)
    return x


def loss_fn(params: List[Tuple[jnp.ndarray, jnp.ndarray]], x: jnp.ndarray, y: jnp.ndarray) -> jnp.ndarray:  # noqa: UP006
    preds = forward_pass(params, x)
    return jnp.mean(jnp.square(preds - y))


def build_model(layer_sizes: List[int], seed: int = 42) -> List[Tuple[jnp.ndarray, jnp.ndarray]]:  # noqa: UP006
    key = s2s.random.PRNGKey(seed)
    keys = s2s.random.split(key, num=len(layer_sizes) - 1)
    params = [get_params(f_in, f_out, key) for f_in, f_out, key in zip(layer_sizes[:-1], layer_sizes[1:], keys)]  # noqa: B905
    return params


def main(epochs: int = 100) -> List[float]:  # noqa: UP006
    layer_sizes = [728, 100, 10]
    model = build_model(layer_sizes)
    x = s2s.random.normal(s2s.random.PRNGKey(0), (32, 728))
    y = s2s.random.normal(s2s.random.PRNGKey(1), (32, 10))
    lr = 1e-3
    losses = []
    for epoch in range(epochs):
        loss, grads = s2s.value_and_grad(loss_fn)(model, x, y)
        model = [(w - lr * dw, b - lr * db) for (w, b), (dw, db) in zip(model, grads)]  # noqa: B905
        print(f"Epoch {epoch + 1}: Loss = {loss}")
        losses.append(float(loss))
    return losses


if __name__ == "__main__":
    main()
