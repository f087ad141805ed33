"""`s2s.lax` against the peer."""

import types
from typing import Any

import numpy as np
import pytest

import s2s.lax as lax

jax = pytest.importorskip("jax")
_random = np.random.default_rng(5)
X = _random.normal(size=(3, 4)).astype(np.float32)
Y = _random.normal(size=(3, 4)).astype(np.float32)
T = _random.normal(size=(2, 3, 4)).astype(np.float32)
P = _random.uniform(1.1, 3.0, size=(3, 4)).astype(np.float32)
U = _random.uniform(-0.9, 0.9, size=(3, 4)).astype(np.float32)
I = _random.integers(-9, 10, size=(3, 4)).astype(np.int32)  # noqa: E741
J = _random.integers(1, 5, size=(3, 4)).astype(np.int32)
B = X > 0
IMAGES = _random.normal(size=(2, 2, 6, 5)).astype(np.float32)
KERNEL = _random.normal(size=(4, 2, 3, 3)).astype(np.float32)
ZERO = np.float32(0)
Z = (X + 1j * Y).astype(np.complex64)

CALLS: dict[str, list[tuple[Any, ...]]] = {
    name: [(X,)]
    for name in """
    abs asinh atan cbrt ceil cos cosh erf erfc exp exp2 expm1 floor is_finite logistic neg round sign sin sinh
    square tan tanh
    """.split()
}
CALLS |= {name: [(P,)] for name in "acosh digamma lgamma log log1p reciprocal rsqrt sqrt".split()}
CALLS |= {name: [(U,)] for name in "acos asin atanh erf_inv".split()}
CALLS |= {name: [(X, Y), (I, J)] for name in "add sub mul max min eq ne lt le gt ge div rem".split()}
CALLS |= {name: [(I, J)] for name in "bitwise_and bitwise_or bitwise_xor shift_left shift_right_arithmetic".split()}
CALLS |= {name: [(X, (0,)), (T, (0, 2))] for name in "reduce_sum reduce_max reduce_min reduce_prod".split()}
CALLS |= {name: [(B, (0,))] for name in ("reduce_and", "reduce_or")}
CALLS |= {name: [(X,), (X, 1, True)] for name in "cumsum cumprod cummax cummin cumlogsumexp".split()}
CALLS |= {
    "argmax": [(X, 1, np.int32)],
    "argmin": [(X, 0, np.int32)],
    "atan2": [(X, Y)],
    "batch_matmul": [(T, np.swapaxes(T, 1, 2))],
    "bitwise_not": [(I,)],
    "broadcast": [(X, (2, 5))],
    "broadcast_in_dim": [(X, (3, 2, 4), (0, 2)), (X[0], (3, 4), (1,))],
    "broadcast_shapes": [((2, 1), (3,))],
    "broadcast_to_rank": [(X, 4)],
    "broadcasted_iota": [(np.int32, (2, 3), 1)],
    "clamp": [(np.float32(-0.5), X, np.float32(0.5))],
    "collapse": [(T, 1), (T, 0, 2)],
    "complex": [(X, Y)],
    "concatenate": [([X, Y], 1)],
    "conv": [(IMAGES, KERNEL, (1, 1), "SAME"), (IMAGES, KERNEL, (2, 1), "VALID")],
    "conv_general_dilated": [
        (IMAGES, KERNEL, (1, 2), ((1, 0), (2, 1))),
        (IMAGES, KERNEL, (1, 1), ((0, 0), (1, 1)), (2, 1), (1, 2)),
        (np.moveaxis(IMAGES, 1, 3), KERNEL.T, (1, 1), "SAME", None, None, ("NHWC", "HWIO", "NHWC")),
        (IMAGES, KERNEL[:, :1], (1, 1), "SAME", None, None, None, 2),
    ],
    "convert_element_type": [(X, np.int32), (I, np.float32)],
    "dot": [(X, Y.T), (X, Y[0])],
    "dot_general": [(X, Y, (((1,), (1,)), ((), ()))), (T, T, (((2,), (2,)), ((0,), (0,))))],
    "dynamic_index_in_dim": [(X, 1), (X, -1, 1, False)],
    "dynamic_slice": [(X, (1, 2), (2, 2)), (X, (-1, 0), (1, 2))],
    "dynamic_slice_in_dim": [(X, 1, 2), (X, 3, 2, 1)],
    "dynamic_update_index_in_dim": [(X, Y[0], 1, 0)],
    "dynamic_update_slice": [(X, Y[:2, :2], (1, 1)), (X, Y[:2, :2], (2, 3))],
    "dynamic_update_slice_in_dim": [(X, Y[:, :1], 2, 1)],
    "expand_dims": [(X, (0, 3))],
    "full": [((2, 3), 1.5), ((3,), 2, np.float32)],
    "full_like": [(X, 2.0)],
    "imag": [(Z,)],
    "real": [(Z,)],
    "conj": [(Z,)],
    "index_in_dim": [(X, 1), (X, 2, 1, False)],
    "integer_pow": [(X, 3), (P, -2)],
    "iota": [(np.float32, 4)],
    "nextafter": [(X, Y)],
    "pad": [(X, ZERO, ((1, -1, 1), (-2, 3, 0))), (X, ZERO, ((0, 0, 2), (1, 1, 0))), (X, ZERO, ((-3, 0, 0),) * 2)],
    "population_count": [(J,)],
    "pow": [(P, Y)],
    "reshape": [(X, (4, 3)), (T, (4, 6), (2, 0, 1))],
    "rev": [(T, (0, 2))],
    "round": [(X * 2,), (np.array([0.5, -2.5, 1.5], np.float32), 1), (np.array([0.5, -2.5, 1.4], np.float32),)],
    "select": [(B, X, Y)],
    "select_n": [(B, X, Y), (J - 1, X, Y, X * Y, T[0])],
    "slice": [(X, (0, 1), (2, 4)), (X, (0, 0), (3, 4), (2, 3))],
    "slice_in_dim": [(X, 1, 3), (X, 0, 4, 2, 1)],
    "sort": [(X,), (X, 0)],
    "sort_key_val": [(X, Y), (X, Y, 0)],
    "split": [(X, (1, 2)), (X, (3, 1), 1)],
    "squeeze": [(X[None], (0,))],
    "stack": [([X, Y], 1)],
    "stop_gradient": [(X,)],
    "tile": [(X, (2, 1))],
    "top_k": [(X, 2)],
    "transpose": [(T, (2, 0, 1))],
    "unstack": [(X,)],
}
CASES = [(name, args) for name, calls in CALLS.items() for args in calls]


@pytest.mark.parametrize(("name", "args"), CASES)
def test_like_the_peer(name: str, args: Any) -> None:
    theirs = getattr(jax.lax, name)(*args) if name != "round" else _peer_round(*args)
    ours = getattr(lax, name)(*args)
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        assert np.shape(one) == np.shape(other)
        assert not hasattr(other, "dtype") or one.dtype == other.dtype
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=2e-5, atol=1e-6)


def _peer_round(x: Any, method: int = 0) -> Any:
    return jax.lax.round(x, jax.lax.RoundingMethod(method))


# The combinators are tested in test_lax_control.py, the collectives in test_collectives.py.
COMBINATORS = {"associative_scan", "cond", "fori_loop", "map", "scan", "switch", "while_loop"}
COLLECTIVES = {
    "all_gather", "all_to_all", "axis_index", "axis_size", "pmax", "pmean", "pmin", "ppermute", "psum",
}  # fmt: skip


def test_every_function_is_tested() -> None:
    functions = {name for name in lax.__all__ if isinstance(getattr(lax, name), types.FunctionType)}
    assert functions == set(CALLS) | COMBINATORS | COLLECTIVES


def test_what_is_missing_is_named() -> None:
    with pytest.raises(AttributeError, match=r"s2s\.lax\.reduce_window is not supported at .*test_lax\.py:\d+"):
        lax.reduce_window  # noqa: B018
