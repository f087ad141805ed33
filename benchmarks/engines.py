"""s2s and the peer behind one interface, so that both run the very same measurement."""

import importlib.util
import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import jax.numpy
import numpy as np

import s2s

MODELS = Path(__file__).with_name("models.py")
_serial = itertools.count()


class Engine:
    """One of the two: its name, its library, and the line by which the models import `np`."""

    def __init__(self, name: str, library: Any, numpy_import: str) -> None:
        self.name = name
        self.library = library
        self.numpy_import = numpy_import

    def models(self, path: Path = MODELS) -> ModuleType:
        """The models, loaded anew: functions that neither engine has seen, so that no cache answers for them."""
        text = path.read_text().replace("import numpy as np", self.numpy_import)
        copy = Path(tempfile.mkdtemp(prefix="s2s-benchmark-")) / f"models_{self.name}_{next(_serial)}.py"
        copy.write_text(text)
        spec = importlib.util.spec_from_file_location(copy.stem, copy)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def put(self, tree: Any) -> Any:
        """The arrays of a tree on the device, ready."""
        return self.ready(self.library.tree.map(self.library.device_put, tree))

    def ready(self, tree: Any) -> Any:
        """Waits until all arrays of a result are computed, and returns it."""
        for leaf in self.leaves(tree):
            if hasattr(leaf, "block_until_ready"):
                leaf.block_until_ready()
        return tree

    def leaves(self, tree: Any) -> list[Any]:
        return self.library.tree.leaves(tree)

    def gradient(self, loss: Callable[..., Any]) -> Callable[..., Any]:
        return self.library.value_and_grad(loss)

    def step(self, loss: Callable[..., Any]) -> Callable[..., Any]:
        """One jitted step of gradient descent."""
        value_and_grad, tree = self.library.value_and_grad(loss), self.library.tree

        def step(params: Any, x: Any, y: Any) -> Any:
            value, grads = value_and_grad(params, x, y)
            return value, tree.map(lambda p, g: p - 0.01 * g, params, grads)

        return self.library.jit(step)


os.environ["S2S_CACHE"] = "0"  # what is kept on disk would answer for the compiler
S2S = Engine("s2s", s2s, "import numpy as np")
JAX = Engine("jax", jax, "import jax.numpy as np")
BOTH = (S2S, JAX)


def check_equal(results: dict[str, Any], tolerance: float = 2e-4) -> None:
    """Raises AssertionError unless both engines gave the same numbers."""
    ours, theirs = (engine.leaves(results[engine.name]) for engine in BOTH)
    assert len(ours) == len(theirs), "results differ in structure"
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=tolerance, atol=tolerance)


def engines() -> Iterator[Engine]:
    return iter(BOTH)
