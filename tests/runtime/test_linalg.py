"""Linear algebra: values against NumPy, rules against differences, adjoints against jax."""

import jax
import numpy as np
import pytest

from s2s.runtime import support
from s2s.runtime.array import from_host

rng = np.random.default_rng(1)
A, B, T = rng.normal(size=(4, 4)), rng.normal(size=(3, 4, 4)), rng.normal(size=(2, 6, 4))
WIDE = np.swapaxes(T, -1, -2).copy()
VECTOR, COLUMNS = rng.normal(size=4), rng.normal(size=(4, 2))
SPD = A @ A.T + 4 * np.eye(4)
SPD_BATCH = B @ np.swapaxes(B, -1, -2) + 4 * np.eye(4)
SINGULAR = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]])

DTYPES = [np.float32, np.float64]


def compare(function, *arrays, dtype=np.float64, **kwargs):
    """A function on our arrays against the same function on NumPy's."""
    arrays = [np.asarray(a, dtype) for a in arrays]
    ours, theirs = function(*map(from_host, arrays), **kwargs), function(*arrays, **kwargs)
    tolerance = 2e-4 if dtype == np.float32 else 1e-10
    for mine, expected in zip(results(ours), results(theirs), strict=True):
        assert (mine.shape, mine.dtype) == (np.shape(expected), expected.dtype)
        np.testing.assert_allclose(np.asarray(mine), expected, rtol=tolerance, atol=tolerance)


def results(x):
    return x if isinstance(x, tuple) else (x,)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("a", [SPD, SPD_BATCH, SPD_BATCH[:, None], SPD[:1, :1]], ids=np.shape)
@pytest.mark.parametrize("name", ["cholesky", "inv", "det", "slogdet", "eigvalsh"])
def test_values(name, a, dtype):
    compare(getattr(np.linalg, name), a, dtype=dtype)


def test_upper_cholesky():
    compare(np.linalg.cholesky, SPD_BATCH, upper=True)


def test_cholesky_reads_one_triangle():
    compare(np.linalg.cholesky, np.tril(SPD) + np.triu(A, 1))
    compare(np.linalg.eigvalsh, np.tril(SPD) + np.triu(A, 1))


@pytest.mark.parametrize("name", ["svd", "pinv"])
def test_hermitian_reads_one_triangle(name):
    function, a = getattr(np.linalg, name), np.tril(SPD) + np.triu(A, 1)
    for got, expected in zip(function(from_host(a), hermitian=True), function(a, hermitian=True), strict=True):
        np.testing.assert_allclose(np.abs(np.asarray(got)), np.abs(expected), rtol=1e-9, atol=1e-9)


def test_cholesky_of_an_indefinite_matrix_is_nan():
    batch = from_host(np.stack([SPD, -SPD]))
    factors = np.asarray(np.linalg.cholesky(batch))
    assert np.all(np.isfinite(factors[0])) and np.all(np.isnan(np.tril(factors[1])[np.tril_indices(4)]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("a", "b"),
    [(A, VECTOR), (A, COLUMNS), (B, COLUMNS), (B, VECTOR), (A, rng.normal(size=(3, 4, 2))), (B[:, None], B)],
)
def test_solve(a, b, dtype):
    compare(np.linalg.solve, a, b, dtype=dtype)


def test_solve_pivots():
    permuted = np.eye(5)[[3, 0, 4, 1, 2]] + 1e-3 * rng.normal(size=(5, 5))
    compare(np.linalg.solve, permuted, rng.normal(size=5))
    compare(np.linalg.det, permuted)
    compare(np.linalg.slogdet, permuted)


@pytest.mark.parametrize("trans", [0, 1])
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("unit_diagonal", [False, True])
@pytest.mark.parametrize("b", [VECTOR, COLUMNS, rng.normal(size=(3, 4, 2))], ids=np.shape)
def test_solve_triangular(trans, lower, unit_diagonal, b):
    compare(support.solve_triangular, A + 3 * np.eye(4), b, trans=trans, lower=lower, unit_diagonal=unit_diagonal)


def test_singular():
    compare(np.linalg.det, SINGULAR)
    sign, logdet = np.linalg.slogdet(from_host(np.diag([1.0, 0.0, 2.0])))
    assert (float(sign), float(logdet)) == (0.0, -np.inf)
    compare(support.cofactor, SINGULAR)
    np.testing.assert_allclose(support.cofactor(A), np.linalg.det(A) * np.linalg.inv(A).T)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("a", [A, B, T, WIDE, SINGULAR], ids=np.shape)
def test_factorisations_multiply_back(a, dtype):
    a = a.astype(dtype)
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    q, r = np.linalg.qr(from_host(a))
    np.testing.assert_allclose(np.asarray(q) @ np.asarray(r), a, atol=tolerance)
    np.testing.assert_allclose(np.asarray(r), np.triu(np.asarray(r)))
    u, s, vh = (np.asarray(x) for x in np.linalg.svd(from_host(a), full_matrices=False))
    np.testing.assert_allclose((u * s[..., None, :]) @ vh, a, atol=tolerance)
    np.testing.assert_allclose(s, np.linalg.svd(a, compute_uv=False), atol=tolerance)
    np.testing.assert_allclose(np.linalg.svdvals(from_host(a)), s, atol=tolerance)
    np.testing.assert_allclose(np.linalg.svd(from_host(a), compute_uv=False), s, atol=tolerance)


@pytest.mark.parametrize("a", [A, B, T, WIDE], ids=np.shape)
def test_lu(a):
    factors, pivots, order = (np.asarray(x) for x in support.lu(from_host(a)))
    for mine, expected in zip((factors, pivots, order), support.lu(a), strict=True):
        np.testing.assert_allclose(mine, expected, atol=1e-12)
    k = min(a.shape[-2:])
    lower = np.tril(factors[..., :k], -1) + np.eye(a.shape[-2], k)
    product = lower @ np.triu(factors[..., :k, :])
    np.testing.assert_allclose(product, np.take_along_axis(a, order[..., None], -2), atol=1e-12)


@pytest.mark.parametrize("uplo", ["L", "U"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_eigh(uplo, dtype):
    w, v = np.linalg.eigh(from_host(SPD_BATCH.astype(dtype)), uplo)
    w, v = np.asarray(w), np.asarray(v)
    tolerance = 1e-4 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(w, np.linalg.eigvalsh(SPD_BATCH), rtol=tolerance)
    np.testing.assert_allclose((v * w[..., None, :]) @ np.swapaxes(v, -1, -2), SPD_BATCH, atol=10 * tolerance)


def test_named_results():
    assert np.linalg.svd(from_host(A)).S.shape == (4,)
    assert np.linalg.svd(from_host(T)).U.shape == (2, 6, 6)
    assert np.linalg.qr(from_host(T)).Q.shape == (2, 6, 4)
    assert np.linalg.eigh(from_host(SPD)).eigenvalues.shape == (4,)
    assert np.linalg.slogdet(from_host(SPD)).sign == 1


NORMS = [(VECTOR, o, None) for o in (None, 1, 2, 3, 2.5, 0, np.inf, -np.inf)]
NORMS += [(A, o, None) for o in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)]
NORMS += [(T, o, 1) for o in (None, 1, 2, np.inf)]
NORMS += [(T, o, (0, 2)) for o in (None, "fro", 1, 2, np.inf)] + [(T, None, None)]


@pytest.mark.parametrize(("x", "ord", "axis"), NORMS)
@pytest.mark.parametrize("keepdims", [False, True])
def test_norm(x, ord, axis, keepdims):
    compare(np.linalg.norm, x, ord=ord, axis=axis, keepdims=keepdims)


def test_integers_become_floats():
    ours = np.linalg.inv(from_host(np.array([[2, 0], [0, 4]])))
    np.testing.assert_array_equal(ours, [[0.5, 0], [0, 0.25]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: np.linalg.inv(from_host(T)), ValueError, r"square matrices, got shape \(2, 6, 4\)"),
        (lambda: np.linalg.solve(from_host(A), from_host(np.ones(3))), ValueError, "b needs 4 rows"),
        (lambda: np.linalg.cholesky(from_host(A.astype(np.float16))), NotImplementedError, "float16"),
        (lambda: np.linalg.qr(from_host(A), "complete"), NotImplementedError, "mode='reduced'"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


# Rules.

RULES = [
    *(("cholesky", (a,), {"upper": u}) for a in (SPD, SPD_BATCH) for u in (False, True)),
    *(("cholesky_lower", (a,), {}) for a in (SPD, SPD_BATCH)),
    *(("norm_of_all", (x,), {}) for x in (VECTOR, A, T)),
    *(("solve", (a, b), {}) for a in (A, B) for b in (VECTOR, COLUMNS, rng.normal(size=(3, 4, 2)))),
    *((name, (a,), {}) for name in ("inv", "det", "cofactor", "slogdet", "lu") for a in (A, B)),
    *(("qr", (a,), {}) for a in (A, T[0], T)),
    *((name, (a,), {"UPLO": t}) for name in ("eigh", "eigvalsh") for a in (SPD, SPD_BATCH) for t in "LU"),
    *((name, (B,), {"UPLO": t}) for name in ("copy_triangle", "fold_triangle") for t in "LU"),
    *(("svd", (a,), {"full_matrices": False}) for a in (A, T, WIDE)),
    *((name, (SPD + np.triu(A, 1),), {"hermitian": True}) for name in ("svd", "pinv")),
    *((name, (B,), {"condition": c}) for name in ("copy_lower_if", "fold_lower_if") for c in (True, False)),
    *(("svdvals", (a,), {}) for a in (A, T, WIDE)),
    *(("norm", (x,), {"ord": o, "axis": i}) for o in (None, 1, 2, 3, 2.5) for x, i in ((VECTOR, None), (A, 1), (A, 0))),
    *(("norm", (x,), {"ord": o, "axis": i}) for o in (None, "fro") for x, i in ((A, None), (T, (1, 2)))),
    *((name, (B,), {}) for name in ("symmetrize", "copy_lower", "fold_lower", "lower_half", "unit_lower")),
    ("transpose_if", (A,), {"condition": True}),
    ("triangle", (A,), {"lower": True, "unit_diagonal": True}),
    ("as_columns", (VECTOR,), {"rank": 1}),
    ("from_columns", (COLUMNS[:, :1],), {"rank": 1}),
    ("inverse_gaps", (B[0],), {}),
    ("beyond_span", (T, T + 1, 2 + T[:, 0] ** 2), {}),
    *(("abs_power", (A,), {"p": p}) for p in (2.5, 1, 0)),
    *(("signed_power", (A,), {"p": p}) for p in (2.5, 2, 1, 0)),
    *(
        ("solve_triangular", (A + 3 * np.eye(4), b), {"trans": t, "lower": lower, "unit_diagonal": u})
        for t in (0, 1) for lower in (False, True) for u in (False, True) for b in (VECTOR, COLUMNS)
    ),
    ("solve_triangular", (B + 3 * np.eye(4), VECTOR), {"lower": True}),
    ("solve_triangular", (B + 3 * np.eye(4), COLUMNS), {"trans": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "operands", "static"), RULES, ids=lambda x: x if isinstance(x, str) else "")
def test_rules(check_rules, name, operands, static):
    check_rules(name, *operands, **static)


def test_rules_that_refuse():
    with pytest.raises(NotImplementedError, match="np.max"):
        support.norm_power(np.inf, 1, None)
    with pytest.raises(NotImplementedError, match="of a matrix with ord=2"):
        support.norm_power(2, 2, None)
    with pytest.raises(ValueError, match="at least as many rows"):
        support.solve_triangular(WIDE[0], COLUMNS)


PEERS = [
    ("cholesky", SPD, {}),
    ("eigvalsh", SPD, {}),
    ("inv", A, {}),
    ("det", A, {}),
    ("det", SINGULAR, {}),
    ("norm", A, {}),
    ("svdvals", T, {}),
]


@pytest.mark.parametrize(("name", "a", "static"), PEERS)
def test_adjoints_are_the_peers(run_vjp, name, a, static):
    """Equal as matrices, also where the matrix is singular; of a symmetric matrix we give what one triangle does."""
    out = getattr(np.linalg, name)(a, **static)
    out_bar = rng.normal(size=np.shape(out))
    with jax.enable_x64(True):
        (expected,) = jax.vjp(getattr(jax.numpy.linalg, name), a)[1](jax.numpy.asarray(out_bar))
    if name in ("cholesky", "eigvalsh"):
        expected = support.fold_lower(np.asarray(expected))
    got = run_vjp(name, {"a": a, "x": a}, out, out_bar)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)
