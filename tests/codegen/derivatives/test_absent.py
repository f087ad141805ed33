"""Rules reduced to the results that have a cotangent."""

import numpy as np
import pytest

from s2s import grad
from s2s.codegen.derivatives.absent import without
from s2s.runtime import support
from s2s.runtime.primitives.table import PRIMITIVES

MANY = [p for p in PRIMITIVES.values() if p.results > 1 and p.vjp]


def reduced(name, *absent):
    return without(PRIMITIVES[name].vjp, frozenset(absent))


def test_singular_values_alone():
    first, last = reduced("svd", 0, 2).splitlines()
    assert first == "product = out[0] * np.expand_dims(out_bar[1], -2) @ out[2]"
    assert last == "a_bar = fold_lower_if(product, hermitian)"


def test_eigenvalues_alone():
    first, last = reduced("eigh", 1).splitlines()
    assert first == "symmetric_bar = out[1] * np.expand_dims(out_bar[0], -2) @ np.matrix_transpose(out[1])"
    assert last == "a_bar = fold_triangle(symmetric_bar, UPLO)"


def test_one_factor():
    assert "np.matrix_transpose(out_bar[0]) @ out[0]" not in reduced("qr", 0)
    assert "out_bar[1]" not in reduced("qr", 1)


def test_nothing_left():
    assert reduced("slogdet", 1) == "" == reduced("top_k", 0)


def test_subtraction_from_zero():
    assert without("a_bar = out_bar[0] - 2 * out_bar[1]", frozenset({0})) == "a_bar = -(2 * out_bar[1])"


def test_mixed_call_is_left_alone():
    text = "a_bar = np.concatenate([out_bar[0], out_bar[1]])"
    assert without(text, frozenset({0})) == text


@pytest.mark.parametrize("primitive", MANY, ids=lambda p: p.name)
def test_same_numbers(primitive):
    rng = np.random.default_rng(0)
    a = rng.normal(size=(4, 4))
    a = a + a.T if primitive.name == "eigh" else a
    extra = {"full_matrices": False} if primitive.name == "svd" else {"k": 2} if primitive.name == "top_k" else {}
    out = primitive.functions[0](a, **extra)
    for i in range(len(out)):
        bars = [rng.normal(size=x.shape) if j == i else np.zeros(x.shape) for j, x in enumerate(out)]
        given = {**vars(support), "np": np, "a": a, "x": a, "out": out, "out_bar": bars, **primitive.defaults, **extra}
        whole, part = dict(given), dict(given)
        exec(primitive.vjp, whole)
        exec(without(primitive.vjp, frozenset(range(len(out))) - {i}), part)
        name = f"{primitive.operands[0]}_bar"
        np.testing.assert_allclose(part.get(name, np.zeros_like(a)), whole[name], atol=1e-12)


def test_equal_singular_values_have_a_derivative():
    def loss(m):
        u, s, vh = np.linalg.svd(m, full_matrices=False)
        return np.sum(s**2)

    np.testing.assert_allclose(grad(loss)(np.eye(3)), 2 * np.eye(3))


def test_results_unpacked_in_a_loop():
    def loss(m):
        result = np.linalg.eigh(m @ m.T)
        total = 0.0
        for i in range(3):
            w, v = result
            total = total + np.sum(w**i)
        w, v = result
        return total + np.sum(v[:, 0] ** 2 * w)

    rng = np.random.default_rng(0)
    m, direction = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    difference = (loss(m + 1e-6 * direction) - loss(m - 1e-6 * direction)) / 2e-6
    np.testing.assert_allclose(np.vdot(grad(loss)(m), direction), difference, rtol=1e-6)
