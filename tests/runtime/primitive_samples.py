"""Sample calls of every primitive: what the checks of `test_primitives` run."""

import math
from typing import Any

import numpy as np

_rng = np.random.default_rng(0)
V = _rng.normal(size=5)
W = _rng.normal(size=5)
P = np.abs(_rng.normal(size=5)) + 0.3
U = _rng.uniform(-0.9, 0.9, size=5)
M = _rng.normal(size=(3, 4))
N = _rng.normal(size=(4, 2))
S = _rng.normal(size=(4, 4))
T = _rng.normal(size=(2, 3, 4))
I5 = np.array([3, -7, 0, 12, 5])
J5 = np.array([2, 3, 4, -5, 3])
B5 = np.array([True, False, True, True, False])
C5 = np.array([False, False, True, False, True])
X4 = _rng.normal(size=(2, 2, 5, 6))
K4 = _rng.normal(size=(3, 2, 2, 3))
ZEROS = np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 5.0], [1.5, 2.5, -1.0]])


def call(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


UNARY = {
    **dict.fromkeys("exp exp2 expm1 sin cos tan arctan sinh cosh tanh arcsinh square sinc erf erfc expit".split(), V),
    **dict.fromkeys("negative positive absolute degrees radians cbrt nan_to_num real conjugate".split(), V),
    **dict.fromkeys("log log2 log10 log1p sqrt gammaln digamma".split(), P),
    **dict.fromkeys("arcsin arccos arctanh erfinv".split(), U),
    **dict.fromkeys("sign signbit floor ceil trunc rint isnan isinf isfinite isposinf isneginf".split(), V * 3),
    **dict.fromkeys("zeros_like ones_like".split(), M),
    **dict.fromkeys("ravel flatten copy ascontiguousarray fliplr flipud matrix_transpose".split(), M),
    **dict.fromkeys("logical_not invert bitwise_count".split(), I5),
    **dict.fromkeys("imag angle stop_gradient".split(), V),
    **dict.fromkeys("shape ndim size".split(), T),
    "gamma": np.concatenate([P, [-0.5, -1.5, -2.5]]),
    "arccosh": P + 1,
    "reciprocal": P,
    "relu": V,
}
BINARY = {
    **dict.fromkeys(
        "add subtract multiply maximum minimum fmax fmin hypot logaddexp logaddexp2 copysign".split(), (V, W)
    ),
    **dict.fromkeys("divide arctan2".split(), (V, P)),
    **dict.fromkeys("floor_divide remainder fmod".split(), (V * 4, W)),
    **dict.fromkeys("equal not_equal less less_equal greater greater_equal heaviside nextafter".split(), (V, W)),
    **dict.fromkeys("logical_and logical_or logical_xor".split(), (B5, C5)),
    **dict.fromkeys("bitwise_and bitwise_or bitwise_xor".split(), (I5, J5)),
    **dict.fromkeys("left_shift right_shift".split(), (I5, np.abs(J5))),
    **dict.fromkeys("isclose allclose array_equal".split(), (V, V + 1e-9)),
}

SAMPLES: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    **{name: [call(x)] for name, x in UNARY.items()},
    **{name: [call(*pair), call(pair[0][:, None], pair[1])] for name, pair in BINARY.items()},
    "array_equal": [call(V, V), call(V, W), call(V, M)],
    "power": [call(P, V), call(V, 3.0), call(V[:, None], np.array([2.0, 3.0])), call(2.5, V), call(V, 2)],
    "log_of_base": [call(P, P + 1.5)],
    "polygamma": [call(1, P), call(2, P)],
    "round": [call(V * 10), call(V, 2), call(I5)],
    "round_builtin": [call(2.7), call(-2.5)],
    "floor_int": [call(-2.5)],
    "ceil_int": [call(-2.5)],
    "trunc_int": [call(-2.5)],
    "float_cast": [call(2.5), call(V[:1].reshape(()))],
    "int_cast": [call(-2.7)],
    "bool_cast": [call(-2.7), call(0.0)],
    "complex_cast": [call(2.5)],
    "item": [call(V[:1])],
    "clip": [call(V, -0.5, 0.4), call(V, None, W), call(V[:, None], W - 1, W + 1)],
    "where": [call(B5, V, W), call(B5, V[:, None], 2.0)],
    # Reductions.
    **{
        name: [call(T), call(T, 1), call(T, (0, -1), keepdims=True), call(T, None, keepdims=True), call(V[0])]
        for name in "sum mean prod max min var std any all count_nonzero".split()
    },
    "ptp": [call(T), call(T, 1), call(T, 0, keepdims=True)],
    "logsumexp": [call(T), call(T, 1), call(T, (0, 2), None, True)],
    "argmax": [call(T), call(T, 1), call(T, 0, keepdims=True)],
    "argmin": [call(T), call(T, 1), call(T, 0, keepdims=True)],
    # Shapes.
    "reshape": [call(T, (6, 4)), call(T, -1), call(T, (2, -1))],
    "squeeze": [call(T[:, :1]), call(T[:1, :, :1], 0)],
    "expand_dims": [call(M, 1), call(M, (0, -1))],
    "transpose": [call(T), call(T, (1, 2, 0))],
    "swapaxes": [call(T, 0, 2)],
    "moveaxis": [call(T, 0, -1), call(T, (0, 1), (2, 0))],
    **{f"atleast_{n}d": [call(V[0]), call(V), call(M)] for n in (1, 2, 3)},
    "broadcast_to": [call(V, (3, 5)), call(V[:, None], (5, 2))],
    "astype": [call(V, np.float32), call(V, np.int64), call(I5, np.float64)],
    "array": [call(V), call([1.5, V[0]]), call([[V[0], 2.0], [V[1], V[2]]]), call([V, W], np.float32)],
    "asarray": [call(V), call([V[0], V[1]])],
    "concatenate": [call([V, W]), call([M, T[0]], 1), call((M, V), None), call(T)],
    "stack": [call([V, W]), call((V, W), -1), call(M, 1)],
    **{name: [call([V, W]), call((M, M * 2))] for name in ("vstack", "hstack", "dstack", "column_stack")},
    "append": [call(V, W), call(V, 2.5), call(M, M, 1)],
    "split": [call(M, 2, 1), call(V, [1, 3]), call(T, 3, 1)],
    "array_split": [call(V, 3), call(M, 2, 1)],
    "repeat": [call(M, 2), call(M, 3, 1), call(V, [0, 1, 2, 1, 0], 0)],
    "tile": [call(V, 3), call(M, (2, 1)), call(V, (2, 2))],
    "flip": [call(M), call(M, 1), call(T, (0, 2))],
    "roll": [call(V, 2), call(M, 1, 0), call(M, (1, -2), (0, 1)), call(M, 3)],
    "rot90": [call(M), call(M, 2), call(T, 3, (0, 2))],
    "pad": [call(M, 1), call(M, ((0, 2), (1, 0))), call(V, (1, 2), constant_values=3.0)],
    "diag": [call(V), call(V, 1), call(M), call(M, -1)],
    "diagonal": [call(M), call(T, 1), call(T, 0, 2, 1)],
    "trace": [call(S), call(M, 1), call(T, 0, 1, 2)],
    "tril": [call(S), call(T, -1)],
    "triu": [call(S), call(T, 1)],
    # Indexing.
    "getitem": [
        call(T, 1),
        call(T, (0, -1)),
        call(T, (slice(None), 1, slice(None, None, 2))),
        call(T, (..., slice(3, 0, -1))),
        call(T, (None, 0, ..., None)),
        call(T, np.array([1, 0, 1])),
        call(T, (slice(None), np.array([2, 0]), slice(1, 3))),
        call(T, (np.array([1, 0]), slice(None), np.array([3, -1]))),
        call(T, (0, slice(None), np.array([[0, 1], [2, 2]]))),
        call(M, M > 0),
        call(M, ([0, 2, 2], [1, 1, 3])),
    ],
    "take": [call(M, np.array([0, 5, 5])), call(M, np.array([[0, 2], [1, 1]]), 1), call(T, 1, -1)],
    "take_along_axis": [
        call(M, np.argsort(M, 1), 1),
        call(M, np.array([[0, 2, 2, 1]]), 0),
        call(M, np.array([0, 5, 5]), None),
    ],
    "select": [call([V > 0, W > 0], [V * 2, W], 1.5), call([M > 0, M > -1], (M, V[:4]), M * 3)],
    "dynamic_slice": [call(M, (1, 2), (2, 2)), call(M, (2, 3), (2, 2))],
    "dynamic_update_slice": [call(M, M[:2, :2] * 3, (1, 1)), call(M, M[:2, :2] * 3, (2, 3))],
    **{
        name: [
            call(M, 1, V[:4]),
            call(M, (1, -1), 2.5),
            call(M, (slice(None), 2), 1.5),
            call(M, (slice(0, 3, 2), slice(None, None, -2)), M[:2, :2]),
            call(M, (..., slice(1, 3)), V[:2]),
            call(M, (np.array([2, 0]), slice(1, 3)), M[:2, :2]),
            call(T, (np.array([1, 0]), slice(None), np.array([3, 1])), M[:2, :3]),
            call(M, (None, 1), V[None, :4]),
            call(M, M > 0, 0.5),
        ]
        for name in ("set_at", "put", "add_at", "put_add")
    },
    # Products.
    "matmul": [
        call(M, N),
        call(M, N[:, 0]),
        call(V[:3], M),
        call(V, W),
        call(T, N),
        call(T, T.transpose(0, 2, 1)),
        call(M, T.transpose(0, 2, 1)),
        call(T, V[:4]),
        call(V[:3], T),
        call(T[:1], T.transpose(0, 2, 1)),
    ],
    "dot": [
        call(M, N),
        call(V, W),
        call(T, N),
        call(V[:4], N),
        call(M, V[:4]),
        call(2.0, V),
        call(V, 2.0),
        call(M, T.transpose(0, 2, 1)),
    ],
    "vdot": [call(V, W), call(M, M * 2)],
    "inner": [call(V, W), call(M, T), call(T, V[:4]), call(2.0, V), call(M, M)],
    "outer": [call(V, W), call(M, V)],
    "tensordot": [
        call(M, N, 1),
        call(T, M, 2),
        call(T, T, ((0, 2), (0, 2))),
        call(V, W, 0),
        call(T, M, ([2, 1], [1, 0])),
    ],
    "kron": [call(M, N), call(V, W), call(M, V)],
    "cross": [call(T[0, :, :3], T[1, :, :3]), call(T[:, :, 0], T[0, :, 1]), call(T[0], T[1], axis=0)],
    "einsum": [
        call("ij,jk->ik", M, N),
        call("bij,jk->bik", T, N),
        call("ij->ji", M),
        call("ij->", M),
        call("ii->i", S),
        call("ii", S),
        call("i,j->ij", V, W),
        call("bij,bkj->bik", T, T * 2),
        call("ij,jk,kl->il", M, N, N.T),
        call("...ij,jk->...ik", T, N),
        call("ij,ij", M, M),
        call("ij,kj->k", M, M),
    ],
    "conv_general_dilated": [
        call(X4, K4, (1, 1), "VALID"),
        call(X4, K4, (2, 1), "SAME"),
        call(X4, K4, (2, 2), ((1, 2), (0, 1)), (1, 2), (2, 1)),
        call(X4, K4[:, :1].repeat(2, 0), (1, 1), "SAME", feature_group_count=2),
        call(X4.transpose(0, 2, 3, 1), K4.transpose(2, 3, 1, 0), (1, 2), "SAME", None, None, ("NHWC", "HWIO", "NHWC")),
        call(X4[:, :, 0], K4[:, :, 0], (1,), [(-1, 2)]),
    ],
    "conv_lhs_bar": [call(_rng.normal(size=(2, 3, 4, 4)), (2, 2, 5, 6), K4, (1, 1), "VALID")],
    "conv_rhs_bar": [call(_rng.normal(size=(2, 3, 4, 4)), X4, (3, 2, 2, 3), (1, 1), "VALID")],
    # Creation.
    **{name: [call((2, 3)), call(3, dtype=np.int32)] for name in ("zeros", "ones")},
    "full": [call((2, 3), 1.5), call(3, 2), call((2, 5), V)],
    "full_like": [call(M, 2.5), call(I5, 2.0)],
    "eye": [call(3), call(3, 4, 1)],
    "identity": [call(3)],
    "tri": [call(3), call(3, 4, -1)],
    "arange": [call(5), call(2, 9, 3), call(0.5, 2.0, 0.25), call(5.0), call(9, 0, -2)],
    "linspace": [call(0.0, 1.0, 5), call(1.0, 3.0, 4, False), call(V[0], W, 3)],
    # Helpers of emitted code.
    "sum_to": [call(T, (3, 1)), call(T, ()), call(T, (2, 3, 4)), call(T, (1, 4))],
    "unreduce": [
        call(2.5, (2, 3)),
        call(V[:3], (3, 4), 1),
        call(M[:, :1], (3, 4), 1, True),
        call(V[:4], (2, 4, 3), (0, 2)),
    ],
    "product_of_others": [call(V), call(ZEROS, 0), call(ZEROS, 1), call(M, None)],
    "leave_one_out": [call(V, None, 1.0), call(M, 1, 1.0)],
    "merge_left_out": [call(_rng.normal(size=(5, 5)), (5,), 0), call(_rng.normal(size=(3, 4, 4)), (3, 4), 1)],
    "where_larger": [call(V, W, P), call(V, 0.0, P), call(V, None, P)],
    "where_below": [call(V, W, W + 0.5, P)],
    "where_above": [call(V, W - 0.5, W, P), call(V, None, W, P)],
    "where_between": [call(V, -0.5, 0.5, P), call(V, None, W, P)],
    "divide_or_zero": [call(V, P), call(V, 2.0)],
    "log_or_zero": [call(P)],
    "power_partial": [call(P, W), call(V, 3.0), call(V, 0.0)],
    "softmax_weight": [call(V, P + 3)],
    "instantiate": [call([V, W * 2], [V, W])],
    "cast_bar": [call(V, np.float32(1.0), np.float64)],
    "cast_dot": [call(V, np.float32), call(V, np.int64)],
    "concatenate_bar": [call(_rng.normal(size=10), [V, W]), call(_rng.normal(size=(3, 8)), (M, M), 1)],
    "stack_bar": [call(_rng.normal(size=(2, 5)), [V, W]), call(_rng.normal(size=(5, 2)), (V, W), 1)],
    "append_bar": [call(_rng.normal(size=10), (V, W)), call(_rng.normal(size=(3, 8)), (M, M), 1)],
    "vstack_bar": [call(_rng.normal(size=(2, 5)), [V, W])],
    "hstack_bar": [call(_rng.normal(size=10), [V, W]), call(_rng.normal(size=(3, 8)), (M, M))],
    "dstack_bar": [call(_rng.normal(size=(1, 5, 2)), [V, W])],
    "column_stack_bar": [call(_rng.normal(size=(5, 2)), [V, W])],
    "array_bar": [call(V, V), call(V[:2], [1.0, 2.0]), call(M[:2, :2], [[1.0, 2.0], (3.0, 4.0)])],
    "array_dot": [call(V, V), call([1.0, 2.0], [1.0, 2.0])],
    "repeat_bar": [call(_rng.normal(size=24), (3, 4), 2), call(V[:4], (5,), [0, 1, 2, 1, 0], 0)],
    "tile_bar": [call(_rng.normal(size=15), (5,), 3), call(_rng.normal(size=(2, 10)), (5,), (2, 2))],
    "unpad": [call(_rng.normal(size=(5, 6)), (3, 4), 1)],
    "diag_bar": [call(_rng.normal(size=(6, 6)), (5,), 1), call(V[:3], (3, 4), 0), call(V[:2], (3, 4), -1)],
    "diagonal_bar": [call(V[:3], (3, 4)), call(_rng.normal(size=(4, 2)), (2, 3, 4), 1)],
    "trace_bar": [call(2.5, (4, 4)), call(V[:2], (2, 3, 4), 0, 1, 2)],
    "getitem_bar": [call(M, 1, V[:4]), call(M, (np.array([0, 0]), 1), V[:2]), call([V, W], 0, V)],
    "set_at_bar": [call(M, 1, V[:4]), call(M, (slice(None), 2), 1.5), call(V, np.array([1, 1, 2]), V[:3])],
    "take_bar": [call(V[:3], M, np.array([0, 5, 5])), call(_rng.normal(size=(3, 2)), M, np.array([1, 1]), 1)],
    "take_along_axis_bar": [call(M, M, np.argsort(M, 1), 1)],
    "select_bar": [call(V, [V > 0, W > 0], [V * 2, W])],
    "matmul_lhs_bar": [
        call(_rng.normal(size=(3, 2)), (3, 4), N),
        call(V[:3], (3, 4), V[:4]),
        call(V[:2], (4,), N),
        call(2.0, (5,), V),
        call(_rng.normal(size=(2, 3, 2)), (2, 3, 4), N),
    ],
    "matmul_rhs_bar": [
        call(_rng.normal(size=(3, 2)), M, (4, 2)),
        call(V[:3], M, (4,)),
        call(V[:2], V[:4], (4, 2)),
        call(2.0, V, (5,)),
        call(_rng.normal(size=(2, 3, 2)), T, (4, 2)),
    ],
    "dot_lhs_bar": [call(_rng.normal(size=(3, 2)), (3, 4), N), call(2.0, (5,), V), call(V, (), W)],
    "dot_rhs_bar": [call(_rng.normal(size=(3, 2)), M, (4, 2)), call(2.0, V, (5,)), call(V, W, ())],
    "inner_lhs_bar": [call(_rng.normal(size=(3, 2, 3)), (3, 4), T), call(2.0, (5,), V)],
    "inner_rhs_bar": [call(_rng.normal(size=(3, 2, 3)), M, (2, 3, 4)), call(2.0, V, (5,))],
    "kron_lhs_bar": [call(_rng.normal(size=(12, 8)), (3, 4), N)],
    "kron_rhs_bar": [call(_rng.normal(size=(12, 8)), M, (4, 2))],
    "tensordot_lhs_bar": [call(_rng.normal(size=(3, 2)), (3, 4), N, 1), call(V[:2], (2, 3, 4), M, ([2, 1], [1, 0]))],
    "tensordot_rhs_bar": [call(_rng.normal(size=(3, 2)), M, (4, 2), 1), call(V[:2], T, (3, 4), ([2, 1], [1, 0]))],
    "einsum_bar": [
        call(_rng.normal(size=(3, 2)), "ij,jk->ik", 0, (3, 4), N),
        call(_rng.normal(size=(3, 2)), "ij,jk->ik", 1, M, (4, 2)),
    ],
    "again": [call(V, W), call([V, W], M), call(2.5, None)],
    "as_cotangent": [call(V, W), call([M, (V, 2.5)], [M + 1, (W, 1.5)]), call(None, V)],
    "unit_vectors": [call(M), call(M, 5, 20), call(V[0]), call(V.astype(np.float32), 2, 8)],
    "max_weights": [call(ZEROS, 1)],
    "min_weights": [call(ZEROS, 1)],
}

# Functions to hold primitives against that no function object stands for.
REFERENCES: dict[str, Any] = {
    "cross": lambda a, b, axis=-1: np.cross(a, b, axis=axis),
    "log_of_base": lambda x, base: np.log(x) / np.log(base),
    "where": np.where,
    "flatten": np.ravel,
    "item": lambda x: np.reshape(x, ()),
    "round_builtin": round,
    "reduced_size": math.prod,
    "unit_vectors": lambda x, start=0, count=None: np.array(
        [np.arange(x.size).reshape(x.shape) == row - start for row in range(x.size if count is None else count)],
        x.dtype,
    ),
}
# Checked elsewhere, or with nothing to check: the shape of the result depends on the values, or they are arbitrary.
NOT_SAMPLED = {
    *("nonzero argwhere flatnonzero empty empty_like".split()),
    *("multiply_at divide_at min_at max_at power_at".split()),
    # Only under a named axis do collectives have a value: tests/s2s/test_collectives.py.
    *("psum pmean pmax pmin ppermute all_gather all_to_all axis_index axis_size".split()),
    # Shapes, axes and rows that are known without running: test_support_collectives.py, test_support_vectorized.py.
    *("inverse_perm sources destinations joined_shape cut_shape require_rows rows_axis parts_shape".split()),
    *("loop_shape loop_size".split()),
    *("reduced_size inverse_permutation negated kept_shape result_type zeros_like_tree".split()),
}
