"""`s2s demo`: what it shows, and that the network learns the digits."""

import io
import sys

import numpy as np
import pytest
from rich.console import Console

from s2s import demo
from s2s.cli import main


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=120)


def test_demo_shows_a_gradient_and_trains_above_96_percent(console):
    pytest.importorskip("sklearn")
    assert demo.run_demo(console=console) == 0
    shown = console.file.getvalue()
    assert "def loss_fn(params, x, y):" in shown and "def loss_fn_grad(params, x, y):" in shown
    predicted, measured = demo.directional_check()
    assert f"{predicted:.9f} by the gradient" in shown
    np.testing.assert_allclose(predicted, measured, rtol=1e-6)
    accuracy = float(shown.rsplit("test accuracy ", 1)[1].split("%")[0])
    assert accuracy > 96


def test_without_scikit_learn_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert main(["demo"]) == 1
    assert "pip install 's2s[examples]'" in capsys.readouterr().err
