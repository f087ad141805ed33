"""Compiled functions inside of other transformations: right, and neither transformed nor compiled twice."""

import numpy as np
import pytest

import s2s
from s2s.codegen import transform
from s2s.runtime import compiler

X = np.array([0.3, -0.2, 0.5])


@s2s.jit
def energy(x):
    return np.sum(np.sin(x) * x)


def around(x):
    return energy(x * 2.0) + energy(x)


@pytest.fixture
def counted(monkeypatch):
    counts = {"transformed": 0, "compiled": 0}

    def counting(module, name, what):
        function = getattr(module, name)

        def wrapper(*args, **kwargs):
            counts[what] += 1
            return function(*args, **kwargs)

        monkeypatch.setattr(module, name, wrapper)

    for name in ("gradient", "tangent", "pair", "batched", "pushforward"):
        counting(transform, name, "transformed")
    counting(compiler.CompiledProgram, "__init__", "compiled")
    return counts


def test_numbers():
    expected = np.cos(X) * X + np.sin(X)
    np.testing.assert_allclose(s2s.grad(energy)(X), expected)
    np.testing.assert_allclose(s2s.jit(s2s.grad(s2s.jit(energy)))(X), expected)
    np.testing.assert_allclose(s2s.vmap(energy)(np.stack([X, X])), [energy(X)] * 2)
    both = np.stack([np.cos(X) * X + np.sin(X)] * 2)
    np.testing.assert_allclose(s2s.jit(s2s.vmap(s2s.grad(energy)))(np.stack([X, X])), both)
    np.testing.assert_allclose(s2s.grad(around)(X), 2.0 * (np.cos(2 * X) * 2 * X + np.sin(2 * X)) + expected)
    np.testing.assert_allclose(
        s2s.grad(lambda x: s2s.jit(s2s.grad(energy))(x) @ x)(X), s2s.hessian(energy)(X) @ X + expected
    )


def test_nothing_is_transformed_or_compiled_twice(counted):
    gradient = s2s.grad(energy)
    gradient(X)
    assert counted["transformed"] == 1
    gradient(2.0 * X)
    assert counted["transformed"] == 1
    compiled = s2s.jit(gradient)
    compiled(X)
    assert counted == {"transformed": 1, "compiled": 1}
    for _ in range(3):
        compiled(2.0 * X)
    assert counted == {"transformed": 1, "compiled": 1}
    batched = s2s.vmap(compiled)
    for _ in range(2):
        batched(np.stack([X, X]))
    assert counted == {"transformed": 2, "compiled": 1}
    for _ in range(2):
        s2s.jvp(energy, (X,), (X,))
    assert counted == {"transformed": 3, "compiled": 1}
    compiled(np.ones(4))
    assert counted == {"transformed": 3, "compiled": 2}
