"""The command `s2s demo`: an emitted gradient, its check, and a network trained with it on handwritten digits."""

import importlib
import inspect
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.syntax import Syntax

import s2s
import s2s.numpy as snp
from s2s import random

LAYER_SIZES = [64, 100, 10]
LEARNING_RATE = 0.5
BATCHES = 42

Params = list[tuple[Any, Any]]


def layer(params, x):
    w, b = params
    return np.maximum(np.dot(x, w) + b, 0.0)


def forward_pass(params, x):
    for layer_params in params[:-1]:
        x = layer(layer_params, x)
    w, b = params[-1]
    return np.dot(x, w) + b


def loss_fn(params, x, y):
    preds = forward_pass(params, x)
    return np.mean(np.square(preds - y))


def run_demo(epochs: int = 80, seed: int = 42, console: Console | None = None) -> int:
    """Shows a gradient and its check, then trains on scikit-learn's digits; returns the process's exit code."""
    console = console or Console()
    show_gradient(console)
    data = load_digits()
    if data is None:
        print("s2s demo trains on scikit-learn's digits: pip install 's2s[examples]'", file=sys.stderr)
        return 1
    train(console, data, epochs, seed)
    return 0


def show_gradient(console: Console) -> None:
    """Prints functions, the gradient that is emitted for them, and its check by a finite difference."""
    functions = "\n\n".join(inspect.getsource(f).rstrip() for f in (layer, forward_pass, loss_fn))
    console.rule("three functions in plain NumPy")
    console.print(_listing(functions))
    console.rule("the gradient of loss_fn, as s2s writes it for arguments of these shapes")
    console.print(_listing(s2s.grad(loss_fn).source_for(*example()[0])))
    console.rule("its check")
    predicted, measured = directional_check()
    console.print(f"slope along a random direction: {predicted:.9f} by the gradient, {measured:.9f} by a difference")


def _listing(source: str) -> Syntax:
    return Syntax(source.rstrip(), "python", background_color="default", word_wrap=True)


def directional_check(step: float = 1e-6) -> tuple[float, float]:
    """The slope of the loss along a random direction: by the emitted gradient, and by a central difference."""
    (params, x, y), direction = example()
    gradient = s2s.grad(loss_fn)(params, x, y)
    predicted = sum(np.sum(a * b) for a, b in zip(leaves(gradient), leaves(direction), strict=True))
    ahead, behind = (loss_fn(moved(params, direction, h), x, y) for h in (step, -step))
    return float(predicted), float((ahead - behind) / (2 * step))


def example() -> tuple[tuple[Params, np.ndarray, np.ndarray], Params]:
    """Arguments of `loss_fn` for a 5-4-3 network and six inputs, and a direction to move the parameters in."""
    generator = np.random.default_rng(0)
    shapes = [((5, 4), (1, 4)), ((4, 3), (1, 3))]
    params, direction = ([tuple(generator.normal(size=s) for s in pair) for pair in shapes] for _ in range(2))
    return (params, generator.normal(size=(6, 5)), generator.normal(size=(6, 3))), direction


def leaves(params: Params) -> Iterator[np.ndarray]:
    """The arrays of `params` in order, on the host."""
    return (np.asarray(array) for pair in params for array in pair)


def moved(params: Params, direction: Params, step: float) -> Params:
    """`params + step * direction`, array by array."""
    return [tuple(p + step * d for p, d in zip(*pairs, strict=True)) for pairs in zip(params, direction, strict=True)]


def load_digits() -> tuple[np.ndarray, np.ndarray] | None:
    """1,797 images of 8 x 8 pixels in [0, 1] and their digits, one-hot; None where scikit-learn is missing."""
    try:
        datasets = importlib.import_module("sklearn.datasets")
    except ImportError:
        return None
    digits = datasets.load_digits()
    return (digits.data / 16).astype(np.float32), np.eye(10, dtype=np.float32)[digits.target]


def build_model(layer_sizes: list[int], seed: int) -> Params:
    """Normal weights scaled by He's rule (so that relu keeps the variance), small normal biases."""
    keys = random.split(random.PRNGKey(seed), num=len(layer_sizes) - 1)
    sizes = zip(layer_sizes[:-1], layer_sizes[1:], keys, strict=True)
    return [get_params(f_in, f_out, key) for f_in, f_out, key in sizes]


def get_params(f_in: int, f_out: int, key: Any) -> tuple[Any, Any]:
    """Weights of shape (f_in, f_out) and a bias of shape (1, f_out), both float32."""
    subkeys = random.split(key, 2)
    weights = random.normal(subkeys[0], (f_in, f_out)) * (2 / f_in) ** 0.5
    return weights, random.normal(subkeys[1], (1, f_out)) * 0.1


def update(params, x, y):
    """One step of gradient descent: the loss before it, and the new parameters."""
    loss, grads = s2s.value_and_grad(loss_fn)(params, x, y)
    steps = zip(params, grads, strict=True)
    return loss, [(w - LEARNING_RATE * dw, b - LEARNING_RATE * db) for (w, b), (dw, db) in steps]


def train(console: Console, data: tuple[np.ndarray, np.ndarray], epochs: int, seed: int) -> float:
    """Trains on three quarters of the images, prints loss and accuracy on the others, and returns that accuracy."""
    generator = np.random.default_rng(0)
    order = generator.permutation(len(data[0]))
    training, test = ([array[part] for array in data] for part in np.split(order, [1347]))
    model, step = build_model(LAYER_SIZES, seed), s2s.jit(update)
    console.rule(f"training a {'-'.join(map(str, LAYER_SIZES))} network on {len(training[0])} handwritten digits")
    with _progress(console) as progress:
        task = progress.add_task("training", total=epochs, loss=float("nan"), accuracy=0.0)
        for _ in range(epochs):
            for batch in np.array_split(generator.permutation(len(training[0])), BATCHES):
                loss, model = step(model, training[0][batch], training[1][batch])
            progress.update(task, advance=1, loss=float(loss), accuracy=accuracy(model, *test))
    final = accuracy(model, *test)
    console.print(f"loss {float(loss):.4f}, test accuracy {final:.1%} on {len(test[0])} images not seen in training")
    return final


def accuracy(params: Params, x: np.ndarray, y: np.ndarray) -> float:
    """The part of images `x` whose largest output is the digit in `y`."""
    predicted = np.asarray(snp.argmax(forward_pass(params, x), axis=1))
    return float(np.mean(predicted == y.argmax(axis=1)))


def _progress(console: Console) -> Progress:
    figures = TextColumn("loss {task.fields[loss]:.4f}  test accuracy {task.fields[accuracy]:.1%}")
    return Progress("{task.description}", BarColumn(), figures, TimeElapsedColumn(), console=console)
