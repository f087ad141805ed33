"""vmap against loops over the rows, plain, staged, and composed with derivatives."""

import math
from contextlib import nullcontext

import numpy as np
import pytest

import s2s

rng = np.random.default_rng(0)
V, W, M = rng.normal(size=4), rng.normal(size=4), rng.normal(size=(4, 3))
X = rng.normal(size=(5, 4))
T = rng.normal(size=(5, 4, 3))


def polynomial(x):
    return x**2 - 3.0 * x + np.sin(x).sum()


def affine(x, m):
    return np.tanh(x @ m) @ m.T + x


def normalised(x):
    x = x - x.mean()
    return x / np.sqrt(np.var(x) + 1e-3)


def shapes_and_axes(x):
    y = np.outer(x, x).reshape(2, 8).T
    return y.sum(axis=0) + np.max(y, axis=0) + np.concatenate([x[:1], x[2:3]]) * len(x)


def branches(x):
    if x.sum() > 0.0 and x[0] < 1.0:
        y = x * 2.0
    elif not x[1] > 0.3:
        y = np.sin(x)
    else:
        y = -x
    return y


def newton(x):
    a = 1.0 + np.abs(x[0])
    y = a
    while np.abs(y * y - a) > 1e-10:
        y = 0.5 * (y + a / y)
    return y


def first_large(x):
    for i in range(4):
        if x[i] > 0.4:
            return x[i] * (i + 1)
    return x.sum()


def skips(x):
    total = 0.0
    for v in x:
        if v < 0.0:
            continue
        total = total + np.log1p(v)
        if total > 1.0:
            break
    return total


def recurrence(x):
    a = np.zeros(4)
    a[0] = x[0]
    for i in range(1, 4):
        a[i] = np.tanh(a[i - 1]) + x[i]
    a[1:3] *= 2.0
    return a


def containers(x):
    p = {"a": x * 2.0, "b": (x.sum(), 1.5)}
    return p["a"] * p["b"][1] + p["b"][0], {"shared": 2.0, "own": x[::-1]}


def closures(x):
    def scaled(t):
        return t * x.mean()

    return scaled(x) + scaled(1.0)


def linear_algebra(x):
    a = np.outer(x, x) + 4.0 * np.eye(4)
    return np.linalg.solve(a, x) + np.log(np.linalg.det(a)) + np.diag(np.linalg.inv(a))


ONE = [
    polynomial, normalised, shapes_and_axes, branches, newton, first_large, skips, recurrence, closures, linear_algebra,
]  # fmt: skip


def rows(function, *batches):
    return np.stack([function(*row) for row in zip(*batches, strict=True)])


@pytest.mark.parametrize("function", ONE, ids=lambda f: f.__name__)
def test_rows_are_those_of_a_loop(function):
    np.testing.assert_allclose(s2s.vmap(function)(X), rows(function, X), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("function", [polynomial, normalised, shapes_and_axes, closures], ids=lambda f: f.__name__)
def test_staged(function):
    np.testing.assert_allclose(np.asarray(s2s.jit(s2s.vmap(function))(X)), rows(function, X), rtol=1e-9, atol=1e-9)


def test_axes():
    out = s2s.vmap(affine, in_axes=(1, None), out_axes=1)(X.T, M)
    np.testing.assert_allclose(out, rows(lambda x: affine(x, M), X).T, rtol=1e-12)
    out = s2s.vmap(affine, in_axes=(None, 0))(V, T)
    np.testing.assert_allclose(out, rows(lambda m: affine(V, m), T), rtol=1e-12)
    out = s2s.vmap(affine)(X, T)
    np.testing.assert_allclose(out, rows(affine, X, T), rtol=1e-12)


def test_containers_in_and_out():
    first, second = s2s.vmap(containers)(X)
    np.testing.assert_allclose(first, rows(lambda x: containers(x)[0], X))
    np.testing.assert_allclose(second["shared"], np.full(5, 2.0))
    np.testing.assert_allclose(second["own"], X[:, ::-1])
    params = {"w": T, "b": V}
    out = s2s.vmap(lambda p, x: x @ p["w"] + p["b"][0], in_axes=({"w": 0, "b": None}, 0))(params, X)
    np.testing.assert_allclose(out, rows(lambda w, x: x @ w + V[0], T, X))


def loss(w, x):
    return np.sum(np.tanh(x @ w) ** 2)


def test_gradients_of_each_example():
    per_example = s2s.vmap(s2s.grad(loss), in_axes=(None, 0))
    expected = rows(lambda x: s2s.grad(loss)(M, x), X)
    np.testing.assert_allclose(per_example(M, X), expected, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(s2s.jit(per_example)(M, X)), expected, rtol=1e-9)


COMPOSED = [polynomial, branches, newton, first_large, skips, recurrence, closures]


@pytest.mark.filterwarnings(
    "ignore:invalid value", "ignore:divide by zero"
)  # rows also go through branches that they do not take
@pytest.mark.parametrize("function", COMPOSED, ids=lambda f: f.__name__)
def test_derivatives_of_batches_and_batches_of_derivatives(function):
    direction = rng.normal(size=X.shape)
    high, low = (sum(np.sum(function(x)) for x in X + step * direction) for step in (1e-6, -1e-6))
    slope = (high - low) / 2e-6

    def of_one(x):
        return np.sum(function(x))

    def of_batch(x):
        return np.sum(s2s.vmap(function)(x))

    for gradient in (s2s.vmap(s2s.grad(of_one)), s2s.grad(of_batch)):
        np.testing.assert_allclose(np.sum(gradient(X) * direction), slope, rtol=1e-5, atol=1e-7)


def mean_loss(w, x):
    return np.mean(s2s.vmap(loss, in_axes=(None, 0))(w, x))


def test_gradient_of_a_batch():
    expected = rows(lambda x: s2s.grad(loss)(M, x), X).mean(axis=0)
    np.testing.assert_allclose(s2s.grad(mean_loss)(M, X), expected, rtol=1e-12)


def by_columns(w, x):
    return np.sum(s2s.vmap(affine, in_axes=(1, None), out_axes=1)(x, w) ** 3)


def test_gradient_of_a_batch_along_another_axis():
    expected = s2s.grad(lambda x: np.sum(s2s.vmap(affine, in_axes=(0, None))(x, M) ** 3))(X)
    np.testing.assert_allclose(s2s.grad(by_columns, argnums=1)(M, X.T), expected.T, rtol=1e-10)


def test_vmap_of_vmap():
    out = s2s.vmap(s2s.vmap(loss, in_axes=(None, 0)), in_axes=(0, None))(T, X)
    np.testing.assert_allclose(out, [[loss(w, x) for x in X] for w in T], rtol=1e-12)


def test_text_is_plain_numpy_where_shapes_are_known():
    text = s2s.vmap(loss, in_axes=(None, 0)).source_for(M, X)
    assert "return np.sum(np.tanh(x @ w) ** 2, axis=1)" in text
    assert "# batch axis of x: 0; shared: w" in text
    text = s2s.vmap(s2s.grad(loss), in_axes=(None, 0)).source_for(M, X)
    assert "x[..., None] * (2 * tanh * (1 - tanh ** 2))[..., None, :]" in text
    assert "rows take different branches" in s2s.vmap(branches).source
    assert "one row after the other" in s2s.vmap(branches, loop_over_batch=True).source


def item_sum(x):
    return x[0] * 2.0 + x[-1]


def clipped(x, top=1.0):
    if x > top:
        x = top + np.log(x)
    return x * x


def test_source_without_arguments_is_that_for_arrays():
    text = s2s.vmap(item_sum).source
    assert "x[:, 0]" in text and "x[:, -1]" in text
    gradient = s2s.grad(lambda x: np.sum(s2s.vmap(item_sum)(x)))
    np.testing.assert_allclose(gradient(X), [[2.0, 0.0, 0.0, 1.0]] * 5)


def test_builtins_keep_their_names():
    text = s2s.vmap(clipped).source
    assert "max(" in text and "builtins" not in text


def test_wrong_axes():
    for batch, args, error, message in (
        (s2s.vmap(affine), (X, T[:4]), ValueError, r"inconsistent sizes for array axes to be mapped \(x: 5, m: 4\)"),
        (
            s2s.vmap(affine, in_axes=(0, 3)),
            (X, M),
            ValueError,
            "along axis 3.* rank should be at least 4, but is only 2",
        ),
        (s2s.vmap(affine, in_axes=(None, None)), (V, M), ValueError, "at least one non-None value in in_axes"),
        (s2s.vmap(affine, in_axes=(0,)), (X, M), ValueError, r"len\(in_axes\)=1, len\(args\)=2"),
        (s2s.vmap(affine, in_axes=({"w": 0}, 0)), (X, M), ValueError, "must be a tree prefix"),
        (s2s.vmap(affine, (0, None), out_axes=None), (X, M), ValueError, "mapped output but out_axes is None"),
    ):
        with pytest.raises(error, match=message):
            batch(*args)
    with pytest.raises(TypeError, match="must be an int, None, or a container"):
        s2s.vmap(affine, in_axes=("x", 0))


def test_axes_of_parts():
    def parts(p, x):
        return {"a": p["w"] @ x, "b": (p["b"], x)}

    p = {"w": np.moveaxis(T, 0, -1), "b": 2.0}
    axes = ({"w": -1, "b": None}, 1), {"a": 1, "b": (None, 0)}
    expected = np.stack([parts({"w": w, "b": 2.0}, x)["a"] for w, x in zip(T, X[:, :3], strict=True)], axis=1)
    for loop in (False, True):
        out = s2s.vmap(parts, *axes, loop_over_batch=loop)(p, X[:, :3].T)
        np.testing.assert_allclose(out["a"], expected, rtol=1e-12)
        assert out["b"][0] == 2.0
        np.testing.assert_array_equal(out["b"][1], X[:, :3])
    np.testing.assert_array_equal(s2s.vmap(lambda: V, axis_size=3)(), [V] * 3)
    total = s2s.vmap(lambda *xs, scale: sum(xs) * scale, in_axes=(0, None))(X, V, scale=X[:, :1])
    np.testing.assert_allclose(total, (X + V) * X[:, :1])


def grows(x):
    out = []
    for v in x:
        if v > 0.0:
            out.append(v)
    return np.array(out).sum()


def test_what_has_no_batched_form_is_refused_or_looped_over():
    with pytest.raises(s2s.UnsupportedError) as refusal:
        s2s.vmap(grows, loop_over_batch=False)(X)
    for part in ("test_vmap.py", "np.array(out).sum()", "has no batched form", "loop_over_batch=True"):
        assert part in str(refusal.value)
    looped = s2s.vmap(grows, loop_over_batch=True)
    np.testing.assert_allclose(looped(X), rows(grows, X))
    assert "for i in range(len(x))" in looped.source and "grows(x[i])" in looped.source
    with pytest.warns(s2s.RowLoopWarning, match=r"grows\(\) computes one row after the other: .* has no batched form"):
        by_rows = s2s.vmap(grows)
        np.testing.assert_allclose(by_rows(X), rows(grows, X))
        assert "# one row after the other: " in by_rows.source_for(X)
    gradient = s2s.grad(lambda x: np.sum(s2s.vmap(branches, loop_over_batch=True)(x) ** 2))
    np.testing.assert_allclose(gradient(X), s2s.grad(lambda x: np.sum(s2s.vmap(branches)(x) ** 2))(X))


def repeated(x):
    return 1.0 if x <= 0.0 else x * repeated(x - 1.0)


def test_recursion_of_another_depth_in_each_row_is_refused():
    with pytest.raises(s2s.UnsupportedError, match="recursion whose depth may differ between rows"):
        s2s.vmap(repeated, loop_over_batch=False)(V)
    np.testing.assert_allclose(s2s.vmap(repeated, loop_over_batch=True)(V), [repeated(v) for v in V])


def collects(x):
    found = []
    for v in x:
        if v > -0.5:
            found.append(v * v)
    return sum(found) + max(found) - found[-1]


def test_lists_of_another_length_in_each_row():
    np.testing.assert_allclose(s2s.vmap(collects)(X + 1.0), rows(collects, X + 1.0))


def test_warnings_of_real_computation_stay(recwarn):
    def logs(x):
        y = np.log(x) if x > 0.0 else -x
        return y / (x - x)

    out = s2s.vmap(logs)(np.array([-1.0, 2.0]))
    assert np.isinf(out).all()
    assert ["divide by zero" in str(w.message) for w in recwarn] == [True]
    assert "invalid value encountered in log" not in str([str(w.message) for w in recwarn])


def picked(m, i, j):
    return m[i, j] * 2.0


def test_indices_of_several_arrays_of_each_row():
    i, j = rng.integers(0, 4, (5, 2)), rng.integers(0, 3, (5, 2))
    np.testing.assert_allclose(s2s.vmap(picked)(T, i, j), [m[a, b] * 2.0 for m, a, b in zip(T, i, j, strict=True)])


def write_rows(m, i, v):
    m = m.copy()
    m[i] = v
    m[i, 0] += 1.0
    return m


def test_writes_at_indices_of_each_row():
    i, v = np.array([[0, 1], [2, 3], [1, 0], [3, 0], [2, 1]]), rng.normal(size=(5, 2, 3))
    np.testing.assert_allclose(s2s.vmap(write_rows)(T, i, v), rows(write_rows, T, i, v))
    out = s2s.vmap(write_rows, in_axes=(None, 0, None))(T[0], i, v[0])
    np.testing.assert_allclose(out, [write_rows(T[0], row, v[0]) for row in i])
    np.testing.assert_allclose(
        s2s.vmap(lambda m, k: m[:, k], in_axes=(None, 0))(T[0], i[:, 0] % 3), T[0][:, i[:, 0] % 3].T
    )


def test_masks_of_each_row():
    with pytest.raises(IndexError, match="mask that differs between rows"):
        s2s.vmap(lambda x, k: x[k], loop_over_batch=False)(X, X > 0.0)
    summed = s2s.vmap(lambda x, k: x[k].sum())
    for first in (True, False):
        with pytest.warns(s2s.RowLoopWarning, match="a mask that differs between rows") if first else nullcontext():
            np.testing.assert_allclose(summed(X, X > 0.0), np.where(X > 0.0, X, 0.0).sum(axis=1))


def test_a_loop_over_rows_is_chosen_for_each_signature():
    def picked(x, i):
        return np.sum(x[i])

    x, rows = np.arange(6.0).reshape(2, 3), s2s.vmap(picked)
    with pytest.warns(s2s.RowLoopWarning, match="a mask that differs between rows"):
        np.testing.assert_allclose(rows(x, x > 1), [2.0, 12.0])
    np.testing.assert_allclose(rows(x, np.array([0, 1])), [0.0, 4.0])
    np.testing.assert_allclose(rows(x, x > 2), [0.0, 12.0])


def test_a_loop_with_break_is_staged():
    def left(x):
        total = 0.0
        for v in x:
            total = total + v
            if total > 1.0:
                break
        return total

    x = np.array([[0.5, 0.7, 3.0], [2.0, 1.0, 1.0], [0.1, 0.2, 0.3]])
    np.testing.assert_allclose(s2s.jit(s2s.vmap(left))(x), [1.2, 2.0, 0.6])
    assert "running = np.logical_and(running, np.logical_not(total_1 > 1.0))" in s2s.vmap(left).source


def of_numbers(x, y):
    def cdf(z):
        return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))

    return cdf(x) * math.erfc(y) + math.lgamma(y) * math.log(x) + math.gamma(x)


def test_functions_of_numbers_without_a_function_of_numpy():
    x, y = np.array([0.3, 0.7, 1.9]), np.array([1.5, 0.2, 0.6])
    wanted = [of_numbers(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    np.testing.assert_allclose(s2s.vmap(of_numbers)(x, y), wanted, rtol=1e-12)


def drawn_by_some(x):
    rng = np.random.default_rng(3)
    y = rng.normal() if x > 0.5 else 0.0
    return x * y + rng.normal()


def drawn_after_or(x):
    rng = np.random.default_rng(3)
    if x > 0.5 or rng.random() < 0.1:
        x = 2.0 * x
    return x + rng.normal()


def drawn_until(x):
    rng = np.random.default_rng(3)
    while x < 0.8:
        x = x + abs(one_number(rng))
    return x + rng.normal()


def one_number(rng):
    return rng.normal()


@pytest.mark.parametrize("function", [drawn_by_some, drawn_after_or, drawn_until])
def test_a_generator_that_some_rows_draw_from_is_taken_row_by_row(function):
    x = np.array([0.3, 0.7, 0.9])
    with pytest.warns(s2s.RowLoopWarning, match="a random number is drawn in a branch or loop that rows take"):
        found = s2s.vmap(function)(x)
    np.testing.assert_allclose(found, [function(v) for v in x.tolist()], rtol=1e-14)
