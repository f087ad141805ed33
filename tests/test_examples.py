"""Every example runs as its docstring says, and learns."""

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@pytest.fixture
def example(monkeypatch):
    """Loads an example as a module, its own folder importable as when it is run as a script."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return lambda name: runpy.run_path(str(EXAMPLES / f"{name}.py"))


def test_seed_network_descends(example, capsys):
    losses = example("seed_network")["main"](epochs=3)
    assert losses[0] > losses[1] > losses[2]
    assert capsys.readouterr().out.startswith(f"Epoch 1: Loss = {losses[0]:.1f}"[:18])


def test_seed_network_gives_the_peers_losses(example, capsys):
    peer = (EXAMPLES / "seed_network.py").read_text().replace("import s2s.numpy as jnp", "import jax.numpy as jnp")
    namespace = {"__name__": "peer"}
    exec(compile(peer.replace("s2s", "jax"), "peer", "exec"), namespace)
    np.testing.assert_allclose(example("seed_network")["main"](epochs=5), namespace["main"](epochs=5), rtol=1e-4)


def test_plain_numpy_model_learns_with_no_change(example):
    assert "s2s" not in (EXAMPLES / "two_moons.py").read_text()
    assert example("plain_numpy")["main"]() > 0.96


def test_an_example_runs_as_a_script():
    path = str(EXAMPLES / "plain_numpy.py")
    run = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=300, check=True)
    assert "def loss_grad(params, x, label):" in run.stdout
    assert "accuracy on new points" in run.stdout
