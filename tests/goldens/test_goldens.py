"""The emitted text is what it was: the same bytes at every run, under every hash seed and Python version."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import s2s
from tests.codegen.derivative_checks import check_forward, check_reverse
from tests.goldens.programs import EXAMPLES
from tests.goldens.regenerate import FOLDER, golden, path_of

ROOT = Path(__file__).parents[2]
PRINT_ALL = """
from tests.goldens.programs import EXAMPLES
from tests.goldens.regenerate import golden
for function, args in EXAMPLES.items():
    print(golden(function, args))
"""


@pytest.mark.parametrize("function", EXAMPLES, ids=lambda f: f.__name__)
def test_text(function):
    kept = path_of(function).read_text()
    assert golden(function, EXAMPLES[function]) == kept, "run `python -m tests.goldens.regenerate` and look at the diff"


@pytest.mark.parametrize("function", EXAMPLES, ids=lambda f: f.__name__)
def test_numbers(function):
    check_reverse(function, EXAMPLES[function])
    check_forward(function, EXAMPLES[function])


@pytest.mark.parametrize("function", EXAMPLES, ids=lambda f: f.__name__)
def test_text_for_shapes_gives_the_same_numbers(function):
    args = EXAMPLES[function]
    gradient = s2s.grad(function)
    text = gradient.source_for(*args)
    namespace = dict(vars(sys.modules[function.__module__]))
    exec(compile(text, "<simplified>", "exec"), namespace)
    found, expected = namespace[f"{function.__name__}_grad"](*args), gradient(*args)
    for a, b in zip(_leaves(found), _leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def _leaves(tree):
    if isinstance(tree, dict):
        tree = list(tree.values())
    return [leaf for part in tree for leaf in _leaves(part)] if isinstance(tree, list | tuple) else [tree]


def test_every_file_belongs_to_a_program():
    assert {p.name for p in FOLDER.glob("*.py.txt")} == {path_of(f).name for f in EXAMPLES}


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_bytes_do_not_depend_on_hash_seeds(seed):
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", PRINT_ALL], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(path_of(f).read_text() + "\n" for f in EXAMPLES)
