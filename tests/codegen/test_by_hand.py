"""Emitted gradients beside hand-written ones: the same numbers, and about as much to read."""

import ast
import inspect

import numpy as np
import pytest

import s2s
from tests.programs import by_hand

NAMES = list(by_hand.CASES)
# What is beyond the rest, most of it the check of shapes in gradients of three or four statements.
LONGEST = {"picked": 1.75, "logsumexp": 1.7, "triplet": 1.6, "rbf": 1.6, "forward_substitution": 1.65}


def statements(source):
    found = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.stmt)]
    return sum(not isinstance(n, ast.Import | ast.ImportFrom) for n in found)


def gradient(name):
    arguments = by_hand.CASES[name]
    return s2s.grad(getattr(by_hand, name), argnums=tuple(range(len(arguments)))), arguments


def ratio(name):
    derivative, arguments = gradient(name)
    hand = getattr(by_hand, f"{name}_by_hand")
    return statements(derivative.source_for(*arguments)) / statements(inspect.getsource(hand))


@pytest.mark.parametrize("name", NAMES)
def test_numbers(name):
    derivative, arguments = gradient(name)
    wanted = getattr(by_hand, f"{name}_by_hand")(*arguments)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    names: dict = {}
    exec(compile(derivative.source_for(*arguments), "<emitted>", "exec"), names)
    for found in (derivative, s2s.jit(derivative), names[f"{name}_grad"]):
        results = found(*arguments)
        for bar, expected in zip(results if isinstance(results, tuple) else (results,), wanted, strict=True):
            np.testing.assert_allclose(np.asarray(bar, float), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_statements(name):
    assert ratio(name) <= LONGEST.get(name, 1.42)


def test_statements_of_all():
    assert np.exp(np.mean(np.log([ratio(name) for name in NAMES]))) <= 1.25
