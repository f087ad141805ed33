"""Sample calls of the functions of `s2s.numpy`, for the loops of test_numpy_functions.py."""

from typing import Any, NamedTuple

import numpy as np

_random = np.random.default_rng(7)


class Call(NamedTuple):
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def call(*args: Any, **kwargs: Any) -> Call:
    return Call(args, kwargs)


X, Y = _random.normal(size=(3, 4)), _random.normal(size=(3, 4))
UNIT = _random.uniform(-0.9, 0.9, size=(3, 4))
POSITIVE = _random.uniform(1.1, 3.0, size=(3, 4))
V, W = _random.normal(size=5), _random.normal(size=5)
M = _random.normal(size=(4, 4))
T = _random.normal(size=(2, 3, 4))
S = np.array(0.7)
SPECIAL = np.array([1.5, np.nan, np.inf, -np.inf, 0.0, -2.5])
GAPS = np.where(X > 0.8, np.nan, X)
I, J = _random.integers(-5, 6, size=(3, 4)), _random.integers(1, 6, size=(3, 4))  # noqa: E741
INDICES = np.array([0, 2, 1])
COUNTED = J.ravel()
B, C = X > 0, Y > 0
BORDERS = np.array([-1.0, 0.0, 0.5, 2.0])
Z = X + 1j * Y

_UNARY = """
    absolute abs negative positive square sign floor ceil trunc rint exp exp2 expm1 sin cos tan sinh cosh tanh arctan
    atan arcsinh asinh sinc degrees rad2deg radians deg2rad cbrt isnan isinf isfinite isposinf isneginf signbit
    logical_not conjugate conj real nan_to_num
"""
_UNIT = "arcsin asin arccos acos arctanh atanh"
_POSITIVE = "log log2 log10 log1p sqrt arccosh acosh reciprocal"
_BINARY = """
    add subtract multiply divide true_divide maximum minimum fmax fmin equal not_equal less less_equal greater
    greater_equal logical_and logical_or logical_xor arctan2 atan2 hypot logaddexp logaddexp2 copysign heaviside
    nextafter
"""
_DIVISION = "floor_divide remainder mod fmod divmod"
_BITS = """
    bitwise_and bitwise_or bitwise_xor
"""
_REDUCTIONS = "sum prod mean max min amax amin ptp median"
_NAN = "nansum nanprod nanmean nanmax nanmin nanvar nanstd"

SAMPLES: dict[str, list[Call]] = {}
SAMPLES |= {name: [call(x) for x in (X, S, SPECIAL, np.zeros((0, 3)), I)] for name in _UNARY.split()}
SAMPLES |= {name: [call(UNIT), call(S)] for name in _UNIT.split()}
SAMPLES |= {name: [call(POSITIVE), call(J)] for name in _POSITIVE.split()}
SAMPLES |= {
    name: [call(X, Y), call(X, Y[0]), call(X[:, :1], S), call(X, 2.0), call(2, X), call(SPECIAL, 1.5), call(I, J)]
    for name in _BINARY.split()
}
SAMPLES |= {name: [call(X, POSITIVE), call(X, 0.75), call(I, J), call(-7, J)] for name in _DIVISION.split()}
SAMPLES |= {name: [call(I, J), call(B, C), call(I, 3)] for name in _BITS.split()}
for _name in ("bitwise_not", "bitwise_invert", "invert"):
    SAMPLES[_name] = [call(I), call(B)]
for _name in ("left_shift", "right_shift", "bitwise_left_shift", "bitwise_right_shift"):
    SAMPLES[_name] = [call(J, 2), call(J, J)]
_AXES = ({}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 2)})
SAMPLES |= {name: [call(T, **k) for k in _AXES] + [call(X), call(V)] for name in _REDUCTIONS.split()}
SAMPLES |= {name: [call(GAPS), call(GAPS, axis=0), call(X, axis=1, keepdims=True)] for name in _NAN.split()}
SAMPLES |= {name: [call(GAPS), call(GAPS, axis=0)] for name in ("nancumsum", "nancumprod", "nanargmax", "nanargmin")}
SAMPLES["var"] = SAMPLES["std"] = [call(T, **k) for k in _AXES] + [call(X, ddof=1), call(X, axis=0, where=B | C)]
SAMPLES["sum"] = SAMPLES["sum"] + [call(I), call(B), call(X, where=B), call(X, axis=0, initial=2.0), call(S)]
SAMPLES["prod"] = SAMPLES["prod"] + [call(I), call(X, axis=0, where=B), call(np.array([2.0, 0.0, 0.0]))]
SAMPLES["mean"] = SAMPLES["mean"] + [call(I), call(B), call(X, axis=1, where=B | C)]
SAMPLES["max"] = SAMPLES["max"] + [call(I), call(X, where=B, initial=-1.0), call(SPECIAL)]
SAMPLES["min"] = SAMPLES["min"] + [call(I), call(X, axis=0, where=B, initial=1.0)]
for _name in ("any", "all", "count_nonzero"):
    SAMPLES[_name] = [call(B), call(B, axis=0), call(X, axis=1, keepdims=True), call(I)]
for _name in ("argmax", "argmin"):
    SAMPLES[_name] = [call(X), call(X, axis=0), call(X, axis=1, keepdims=True), call(SPECIAL), call(I)]
SAMPLES |= {
    "power": [call(POSITIVE, Y), call(X, 3), call(X, 2.0), call(I, 2), call(2.0, X)],
    "pow": [call(POSITIVE, Y)],
    "float_power": [call(POSITIVE, Y), call(J, 2)],
    "angle": [call(Z), call(X)],
    "imag": [call(Z), call(X)],
    "isreal": [call(Z), call(X)],
    "iscomplex": [call(Z)],
    "bitwise_count": [call(J)],
    "clip": [call(X, -0.5, 0.5), call(X, min=0.0), call(X, max=Y), call(I, -2, 2)],
    "where": [call(B, X, Y), call(B, X, 0.0), call(B, 1, I), call(B[0], X, S)],
    "round": [call(X), call(10 * X, 1), call(I)],
    "around": [call(X)],
    "select": [call([B, C], [X, Y], 1.5)],
    "astype": [call(X, "int32"), call(I, "float32")],
    # reductions and order
    "average": [call(X), call(X, axis=0), call(X, axis=1, weights=POSITIVE[0]), call(X, weights=POSITIVE)],
    "quantile": [call(X, 0.3), call(X, 0.25, axis=0), call(X, 0.5, axis=1, keepdims=True, method="lower")],
    "percentile": [call(X, 30), call(X, 25.0, axis=0), call(X, 50, method="midpoint")],
    "cov": [call(X), call(X, rowvar=False), call(V, W), call(X, bias=True)],
    "corrcoef": [call(X), call(V, W), call(X, rowvar=False)],
    "cumsum": [call(X), call(T, axis=1), call(I, axis=0), call(np.zeros((0,)))],
    "cumprod": [call(X), call(T, axis=1), call(np.array([2.0, 0.0, 3.0]))],
    "sort": [call(X), call(X, axis=0), call(SPECIAL), call(I), call(X, axis=None)],
    "argsort": [call(X), call(X, axis=0), call(SPECIAL), call(I)],
    "partition": [],
    "argpartition": [],
    "lexsort": [call((I[0], J[0]))],
    "searchsorted": [call(BORDERS, X), call(BORDERS, V, side="right"), call(BORDERS, S)],
    "digitize": [call(V, BORDERS), call(V, BORDERS, right=True)],
    "bincount": [call(COUNTED), call(COUNTED, minlength=9), call(COUNTED, weights=X.ravel()), call(COUNTED, length=7)],
    "histogram": [call(X), call(X, bins=BORDERS), call(X, bins=4, range=(-1.0, 1.0))],
    "histogram_bin_edges": [call(X, 5), call(X, 4, (-1.0, 2.0))],
    "isin": [call(I, np.array([1, 3])), call(I, np.array([1, 3]), invert=True)],
    "unique": [call(I), call(I, return_index=True, return_inverse=True, return_counts=True)],
    "nonzero": [call(B), call(X), call(B, size=4), call(B, size=20, fill_value=-1)],
    "flatnonzero": [call(B)],
    "argwhere": [call(B)],
    "isclose": [call(X, X + 1e-7), call(SPECIAL, SPECIAL), call(SPECIAL, SPECIAL, equal_nan=True)],
    "allclose": [call(X, X + 1e-7), call(X, Y)],
    "array_equal": [call(X, X), call(X, Y), call(X, V)],
    "array_equiv": [call(X, X), call(X, X[0]), call(X, V)],
    # shapes
    "reshape": [call(X, (4, 3)), call(T, -1), call(T, (2, -1))],
    "ravel": [call(T), call(S)],
    "transpose": [call(T), call(T, (1, 0, 2)), call(V)],
    "permute_dims": [call(T, (2, 0, 1))],
    "matrix_transpose": [call(T)],
    "swapaxes": [call(T, 0, -1)],
    "moveaxis": [call(T, 0, -1), call(T, (0, 1), (-1, -2))],
    "rollaxis": [call(T, 2), call(T, 0, 3)],
    "expand_dims": [call(X, 0), call(X, (0, -1))],
    "squeeze": [call(X[None, :, :1]), call(X[None, :, :1], axis=0)],
    "broadcast_to": [call(V, (3, 5)), call(S, (2, 2))],
    "broadcast_arrays": [call(X, X[0], S)],
    "concatenate": [call([X, Y]), call((X, Y), axis=1), call([X, Y], axis=None), call([V, W])],
    "concat": [call([X, Y], axis=-1)],
    "stack": [call([X, Y]), call([X, Y], axis=-1), call([S, S])],
    "unstack": [call(X), call(T, axis=1)],
    "hstack": [call([X, Y]), call([V, W])],
    "vstack": [call([X, Y]), call([V, W])],
    "dstack": [call([X, Y]), call([V, W])],
    "column_stack": [call([V, W]), call([X, Y])],
    "append": [call(X, Y), call(X, Y, axis=0), call(V, 1.0)],
    "split": [call(X, 2, axis=1), call(V, [1, 3])],
    "array_split": [call(V, 3), call(X, [1], axis=1)],
    "hsplit": [call(X, 2)],
    "vsplit": [call(X, 3)],
    "dsplit": [call(T, 2)],
    "tile": [call(V, 2), call(X, (2, 1)), call(X, (2, 1, 3))],
    "repeat": [call(X, 2), call(X, 3, axis=1), call(V, np.array([1, 0, 2, 1, 1]))],
    "resize": [call(V, (2, 4)), call(X, (2, 2))],
    "flip": [call(T), call(T, 1), call(T, (0, 2))],
    "fliplr": [call(X)],
    "flipud": [call(X)],
    "roll": [call(X, 2), call(X, 1, axis=0), call(X, (1, -1), axis=(0, 1))],
    "rot90": [call(X), call(T, 3, (1, 2)), call(X, 2)],
    "pad": [call(X, 1), call(X, ((1, 0), (0, 2))), call(V, (2, 1), constant_values=3.0)],
    "diag": [call(V), call(X), call(X, 1), call(V, -1)],
    "diagflat": [call(X), call(V, 1)],
    "diagonal": [call(X), call(T, 1), call(T, 0, 1, 2)],
    "tril": [call(X), call(X, 1), call(T, -1)],
    "triu": [call(X), call(X, 1), call(T, -1)],
    "take": [call(X, INDICES), call(X, INDICES, axis=0), call(T, INDICES[:2], axis=1), call(X, 3)],
    "take_along_axis": [call(X, np.argsort(X, axis=1), 1), call(X, np.argsort(X, axis=0)[:2], axis=0)],
    "insert": [call(V, 2, 1.5), call(X, 1, Y[0], axis=0)],
    "delete": [call(V, 2), call(X, np.array([0, 1]), axis=1)],
    "unravel_index": [call(np.array([0, 5, 11]), (3, 4))],
    "ravel_multi_index": [call((np.array([0, 1]), np.array([2, 3])), (3, 4))],
    # products
    "dot": [call(V, W), call(X, Y.T), call(T, Y.T), call(V, 2.0), call(X, Y[0])],
    "matmul": [call(X, Y.T), call(T, M), call(X, Y[0]), call(V, W), call(X[0], Y.T)],
    "vdot": [call(V, W), call(X, Y)],
    "vecdot": [call(X, Y), call(X, Y, axis=0)],
    "matvec": [call(T, X[0])],
    "vecmat": [call(X[:, 0], T)],
    "inner": [call(V, W), call(X, Y), call(T, X)],
    "outer": [call(V, W), call(X, V)],
    "tensordot": [call(X, Y.T, 1), call(T, T, axes=((0, 1), (0, 1))), call(V, W, axes=0)],
    "einsum": [call("ij,kj->ik", X, Y), call("i,i", V, W), call("ijk->k", T), call("ii->i", M)],
    "kron": [call(X, Y), call(V, W)],
    "cross": [call(X[:, :3], Y[:, :3])],
    "trace": [call(M), call(T, 0, 1, 2), call(X, 1)],
    "convolve": [call(V, W), call(V, W[:3], mode="same"), call(V, W[:2], mode="valid")],
    "correlate": [call(V, W), call(V, W[:3], mode="same"), call(V, W[:2], mode="full")],
    # calculus
    "diff": [call(X), call(X, axis=0), call(V, n=2), call(V, prepend=0.0, append=1.0), call(I)],
    "ediff1d": [call(V), call(V, to_end=W[:2], to_begin=W[:1])],
    "gradient": [call(V), call(X, axis=0), call(V, 0.5)],
    "trapezoid": [call(V), call(V, np.sort(W)), call(X, dx=0.5, axis=0)],
    "interp": [call(X, BORDERS, V[:4]), call(V, BORDERS, V[:4], left=-1.0, right=1.0)],
    "polyval": [call(V, X), call(V, S)],
    "polyadd": [call(V, W[:3])],
    "polysub": [call(V[:2], W)],
    "polymul": [call(V, W[:3])],
    "polyder": [call(V), call(V, 2)],
    "vander": [call(V), call(V, 3), call(V, 4, increasing=True)],
    "meshgrid": [call(V, W[:3]), call(V, W[:3], indexing="ij"), call(V, W[:3], sparse=True)],
    "ix_": [call(INDICES, np.array([0, 1]))],
    # creation
    "array": [call([1.0, 2.0]), call([[1, 2], [3, 4]]), call(X), call(2.5), call([True]), call([1, 2.5])],
    "asarray": [call(X), call(I), call([1, 2]), call(V, dtype="int32")],
    "copy": [call(X)],
    "zeros": [call(3), call((2, 3)), call((2,), "int32"), call((0, 2))],
    "ones": [call(3), call((2, 3), dtype=bool)],
    "empty": [],
    "full": [call((2, 2), 3.5), call(3, 2), call((2, 5), V), call(2, 1, "float32")],
    "zeros_like": [call(X), call(I), call(X, dtype="int32"), call(X, shape=(2,))],
    "ones_like": [call(X), call(B)],
    "empty_like": [],
    "full_like": [call(X, 2.0), call(I, 3), call(X, 1, shape=(2, 2))],
    "eye": [call(3), call(2, 3, 1), call(3, dtype="int32")],
    "identity": [call(3)],
    "tri": [call(3), call(2, 4, 1)],
    "arange": [call(4), call(1, 7, 2), call(3.0), call(0, 1, 0.25), call(3, dtype="float32")],
    "linspace": [call(0, 1, 5), call(0.0, 2.0, 4, endpoint=False), call(V, W, 3), call(V, W, 3, axis=1)],
    "logspace": [call(0.0, 2.0, 5)],
    "geomspace": [call(1.0, 8.0, 4), call(-1.0, -8.0, 4)],
    "indices": [call((2, 3))],
    "tril_indices": [call(3), call(3, 1, 4)],
    "triu_indices": [call(3), call(3, -1)],
    "diag_indices": [call(3)],
    "tril_indices_from": [call(M)],
    "triu_indices_from": [call(M, 1)],
    "diag_indices_from": [call(M)],
    "frombuffer": [call(b"abcdefgh", "uint8")],
    "fromfunction": [call(lambda i, j: i + 2 * j, (2, 3))],
    # questions with Python answers
    "shape": [call(X)],
    "ndim": [call(X)],
    "size": [call(X), call(X, 1)],
    "isscalar": [call(1.0), call(X)],
    "iscomplexobj": [call(X), call(Z)],
    "isrealobj": [call(X), call(Z)],
    "broadcast_shapes": [call((2, 1), (3,))],
    "result_type": [call(np.float32(1), 2.0), call(np.int32(1), np.int8(1))],
    "promote_types": [call("float32", "int8"), call("float16", "float32")],
    "issubdtype": [call(np.float32, np.floating), call(np.int32, np.inexact)],
    "isdtype": [call(np.dtype("float32"), "real floating"), call(np.dtype("int8"), ("bool", "integral"))],
    "can_cast": [call("int8", "int32"), call("float32", "int32")],
}

LINALG: dict[str, list[Call]] = {
    "cholesky": [call(M @ M.T + 4 * np.eye(4))],
    "cond": [call(M), call(M, 1)],
    "cross": [call(X[:, :3], Y[:, :3])],
    "det": [call(M), call(np.stack([M, M.T + 1]))],
    "diagonal": [call(T)],
    "eigh": [call(M + M.T)],
    "eigvalsh": [call(M + M.T)],
    "inv": [call(M)],
    "lstsq": [call(X.T, M[0]), call(X.T, M)],
    "matmul": [call(X, Y.T)],
    "matrix_norm": [call(T), call(X, ord=1)],
    "matrix_power": [call(M, 3), call(M, 0), call(M, -2)],
    "matrix_rank": [call(M), call(np.outer(V, W))],
    "matrix_transpose": [call(T)],
    "multi_dot": [call([X, M, M])],
    "norm": [call(V), call(X), call(X, axis=0), call(X, ord=1, axis=1, keepdims=True), call(V, ord=np.inf)],
    "outer": [call(V, W)],
    "pinv": [call(X), call(X.T)],
    "qr": [call(M), call(X.T)],
    "slogdet": [call(M)],
    "solve": [call(M, V[:4]), call(M, X.T)],
    "svd": [call(X, full_matrices=False), call(X, compute_uv=False)],
    "svdvals": [call(X)],
    "tensordot": [call(X, Y.T, axes=1)],
    "tensorinv": [call(M.reshape(4, 2, 2), 1)],
    "tensorsolve": [call(M.reshape(2, 2, 4), X[:2, :2])],
    "trace": [call(T)],
    "vecdot": [],
    "vector_norm": [call(X), call(T, axis=(0, 2)), call(V, ord=1)],
}
