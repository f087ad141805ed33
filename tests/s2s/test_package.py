"""The package itself: what is loaded when, and what it has."""

import subprocess
import sys

import pytest

import s2s

ARRAYS_ALONE = """
import sys, s2s, s2s.numpy as np
assert float(np.sum(np.ones(3))) == 3.0
loaded = [name for name in sys.modules if name.split(".")[:2] == ["s2s", "codegen"] or name in ("gast", "jax")]
assert not loaded, loaded
assert {*s2s.__all__} <= {*dir(s2s)}
gradient = s2s.grad
assert s2s.grad is gradient and "s2s.codegen.program" in sys.modules
"""


def test_arrays_do_not_load_the_compiler() -> None:
    run = subprocess.run([sys.executable, "-c", ARRAYS_ALONE], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_every_public_name_is_there() -> None:
    assert sorted(s2s.__all__, key=str.lower) == sorted({*s2s.__all__}, key=str.lower)
    for name in s2s.__all__:
        assert getattr(s2s, name) is not None
    assert not {*s2s._MODULE_OF} - {*s2s.__all__}


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match=r"^module 's2s' has no attribute 'gradient'$"):
        _ = s2s.gradient
    with pytest.raises(ImportError, match="cannot import name 'gradient'"):
        exec("from s2s import gradient")
