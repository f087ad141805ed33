"""`s2s.nn` against the peer, and the rules of its primitives against finite differences and each other."""

import types
from typing import Any

import numpy as np
import pytest

import s2s.nn as nn
import s2s.numpy as snp
from s2s.runtime.helpers import neural
from s2s.runtime.primitives import table

jax = pytest.importorskip("jax")

X = np.random.default_rng(3).normal(size=(3, 4)).astype(np.float32) * 4
WIDE = np.array([-200.0, -30.0, -1.0, 0.0, 1e-4, 1.0, 30.0, 200.0], np.float32)
TAKEN = X > -2
ELEMENTWISE = """
    celu elu gelu hard_sigmoid hard_silu hard_swish hard_tanh identity leaky_relu log_sigmoid mish relu relu6 selu
    sigmoid silu soft_sign softplus sparse_plus sparse_sigmoid squareplus swish tanh
""".split()
CALLS: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "celu": [((X, 2.0), {})],
    "elu": [((X,), {"alpha": 0.5})],
    "gelu": [((X,), {"approximate": False})],
    "glu": [((X,), {}), ((X[:2],), {"axis": 0})],
    "leaky_relu": [((X, 0.2), {})],
    "log1mexp": [((np.abs(X) + np.float32(0.01),), {})],
    "logsumexp": [
        ((X,), {}),
        ((X,), {"axis": 0, "keepdims": True}),
        ((X,), {"axis": 1, "b": np.abs(X)}),
        ((X,), {"b": X, "return_sign": True}),
        ((X,), {"where": TAKEN, "axis": 0}),
        ((np.full(3, -np.inf, np.float32),), {}),
    ],
    "logmeanexp": [((X,), {}), ((X,), {"axis": 0, "where": TAKEN})],
    "softmax": [((X,), {}), ((X,), {"axis": 0}), ((X,), {"where": TAKEN}), ((X,), {"axis": (0, 1)})],
    "log_softmax": [((X,), {}), ((X,), {"axis": 0}), ((X,), {"where": TAKEN})],
    "standardize": [((X,), {}), ((X,), {"axis": 0, "epsilon": 0.1}), ((X,), {"mean": 0.5}), ((X,), {"where": TAKEN})],
    "one_hot": [
        ((np.array([0, 2, 5, -1]), 3), {}),
        ((np.array([[0, 1]]), 3), {"axis": 0}),
        ((np.int32(1), 3), {"dtype": np.int32}),
    ],
    "squareplus": [((X, 2.0), {})],
}
CASES = [(name, args, kwargs) for name, calls in CALLS.items() for args, kwargs in calls]
CASES += [(name, (x,), {}) for name in ELEMENTWISE for x in (X, WIDE, np.float32(0.5))]


@pytest.mark.parametrize(("name", "args", "kwargs"), CASES)
def test_like_the_peer(name: str, args: Any, kwargs: Any) -> None:
    theirs = getattr(jax.nn, name)(*args, **kwargs)
    ours = getattr(nn, name)(*args, **kwargs)
    for one, other in zip(_parts(ours), _parts(theirs), strict=True):
        assert isinstance(one, snp.ndarray) and one.shape == other.shape and one.dtype == other.dtype
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=2e-5, atol=1e-6)


def _parts(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def test_every_function_is_tested() -> None:
    public = {name for name in nn.__all__ if isinstance(getattr(nn, name), types.FunctionType)}
    assert public == {name for name, _, _ in CASES}


@pytest.mark.parametrize("name", ["relu", "softplus", "softmax", "log_softmax"])
def test_helpers_agree_on_numpy_and_device_arrays(name: str) -> None:
    helper = getattr(neural, name)
    on_numpy = helper(X.astype(np.float64))
    assert isinstance(on_numpy, np.ndarray)
    np.testing.assert_allclose(np.asarray(helper(snp.array(X.astype(np.float64)))), on_numpy, rtol=1e-12)


@pytest.mark.parametrize("name", ["relu", "softplus", "expit"])
def test_partial_derivatives(name: str) -> None:
    primitive = table.named(name)
    x = np.array([-3.0, -0.5, 0.25, 2.0])
    function = primitive.functions[0]
    partial = eval(primitive.partials["x"], {"np": np, "x": x, "out": function(x)})
    numeric = (function(x + 1e-6) - function(x - 1e-6)) / 2e-6
    np.testing.assert_allclose(partial, numeric, atol=1e-8)


def test_the_gradient_of_softplus_neither_overflows_nor_loses_digits() -> None:
    out = neural.softplus(np.array([-40.0, 800.0]))
    slope = eval(table.named("softplus").partials["x"], {"np": np, "out": out})
    np.testing.assert_allclose(slope, [np.exp(-40.0), 1.0], rtol=1e-12)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_modes_agree(name: str) -> None:
    primitive, x = table.named(name), X.astype(np.float64)
    u, g = np.cos(x), np.sin(3 * x)
    out = primitive.functions[0](x, axis=1)
    names = {"np": np, "out": out, "axis": 1, "x_dot": u, "out_bar": g}
    forward = eval(primitive.jvp["x"], names)
    exec(primitive.vjp, names)
    np.testing.assert_allclose(np.sum(g * forward), np.sum(names["x_bar"] * u), rtol=1e-12)
    numeric = (primitive.functions[0](x + 1e-6 * u, axis=1) - primitive.functions[0](x - 1e-6 * u, axis=1)) / 2e-6
    np.testing.assert_allclose(forward, numeric, atol=1e-8)
