"""Control flow of `s2s.lax`, against the peer's: values, and derivatives in both modes through its source."""

import jax
import numpy as np
import pytest

import s2s

X, U = np.array([0.3, 0.7, 0.2]), np.array([0.4, -1.1, 0.8])


@pytest.fixture(autouse=True)
def wide():
    with jax.enable_x64(True):
        yield


def programs(lax, np):
    """The same programs over either package."""

    def cond(x):
        return np.sum(lax.cond(x[0] > 0, lambda a: np.sin(a), lambda a: a * 2, x))

    def switch(x):
        return np.sum(lax.switch(1, [lambda a: np.sin(a), lambda a: a * a * x[1], lambda a: a], x))

    def fori_loop(x):
        return np.sum(lax.fori_loop(0, 3, lambda i, s: s * x + i, x))

    def scan(x):
        c, ys = lax.scan(lambda c, v: (np.sin(c + v), c * v), x[0], x)
        return c + np.sum(ys**2)

    def scan_from_the_end(x):
        c, ys = lax.scan(lambda c, v: (np.sin(c + v), c * v), x[0], x, reverse=True)
        return c + np.sum(ys**2 * x)

    def scan_without_elements(x):
        c, ys = lax.scan(lambda c, v: (np.sin(c + x[1]), c), x[0], None, length=4)
        return c + np.sum(ys**2)

    def scan_without_results(x):
        c, _ = lax.scan(lambda c, v: (np.sin(c + v), None), x[0], x)
        return c

    def scan_of_trees(x):
        def step(c, v):
            return (np.sin(c[0] + v[0]), c[1] * v[1]), (c[0], v[1] * c[1])

        c, (a, b) = lax.scan(step, (x[0], x[1]), (x, x * x))
        return c[0] * c[1] + np.sum(a * b)

    def map(x):
        return np.sum(lax.map(lambda v: np.sin(v) * x[0], x) ** 2)

    def cond_of_trees(x):
        def one(a):
            return a * 2, {"k": a[0]}

        a, d = lax.cond(x[0] > 1, one, lambda a: (np.cos(a), {"k": a[1] * a[2]}), x)
        return np.sum(a) * d["k"]

    def switch_on_data(x):
        return np.sum(lax.switch((x[1] * 3).astype(int), [lambda a: np.sin(a), lambda a: a * a, lambda a: a * x[1]], x))

    def select(x):
        return np.sum(lax.select(x > 0.4, x * x, np.sin(x)) * lax.select_n((x * 3).astype(int), x, x * x, np.cos(x)))

    def associative_scan(x):
        def compose(p, q):
            return p[0] * q[0], p[1] * q[0] + q[1]

        a, b = lax.associative_scan(compose, (x, np.sin(x)))
        return np.sum(a * b)

    def associative_scan_from_the_end(x):
        rows = np.stack((x, x * x, x + 1.0))
        return np.sum(lax.associative_scan(lambda a, b: a + b + a * b, rows, reverse=True, axis=1) * rows)

    found = (
        cond, switch, fori_loop, scan, scan_from_the_end, scan_without_elements, scan_without_results, scan_of_trees,
        map, cond_of_trees, switch_on_data, select, associative_scan, associative_scan_from_the_end,
    )  # fmt: skip
    return {f.__name__: f for f in found}


OURS, PEERS = programs(s2s.lax, np), programs(jax.lax, jax.numpy)


@pytest.mark.parametrize("name", list(OURS))
def test_value_and_derivatives(name):
    f, peer = OURS[name], PEERS[name]
    assert f(X) == pytest.approx(float(peer(X)), rel=1e-12)
    np.testing.assert_allclose(s2s.grad(f)(X), jax.grad(peer)(X), rtol=1e-9)
    assert s2s.jvp(f, (X,), (U,))[1] == pytest.approx(float(jax.jvp(peer, (X,), (U,))[1]), rel=1e-9)


def in_all_modes(f):
    """The value, the gradient and the tangent of a function of one array."""
    return s2s.jit(lambda x, u: (f(x), s2s.grad(f)(x), s2s.jvp(f, (x,), (u,))[1]))


@pytest.mark.parametrize("name", ["cond_of_trees", "switch_on_data", "scan_of_trees", "map", "associative_scan"])
def test_compiled(name):
    value, gradient, tangent = in_all_modes(OURS[name])(X, U)
    np.testing.assert_allclose(value, OURS[name](X), rtol=1e-12)
    np.testing.assert_allclose(gradient, s2s.grad(OURS[name])(X), rtol=1e-9)
    np.testing.assert_allclose(tangent, np.dot(gradient, U), rtol=1e-9)


def loops_of_data():
    def while_loop(x):
        return np.sum(s2s.lax.while_loop(lambda s: np.sum(s) < 50, lambda s: s * (1 + x), x))

    def while_loop_of_trees(x):
        def step(c):
            return {"s": c["s"] * 1.5 + x, "n": c["n"] + 1.0}

        c = s2s.lax.while_loop(lambda c: c["s"][0] < 10, step, {"s": x, "n": 0.0})
        return np.sum(c["s"]) * c["n"]

    def fori_loop_of_data(x):
        return np.sum(s2s.lax.fori_loop(0, (x[1] * 5).astype(int), lambda i, s: s * x + i, x))

    return while_loop, while_loop_of_trees, fori_loop_of_data


@pytest.mark.parametrize("f", loops_of_data(), ids=lambda f: f.__name__)
def test_loops_whose_length_depends_on_data(f):
    steps = 1e-6 * np.eye(3)
    slopes = [(f(X + step) - f(X - step)) / 2e-6 for step in steps]
    for value, gradient, tangent in (
        (f(X), s2s.grad(f)(X), s2s.jvp(f, (X,), (U,))[1]),
        in_all_modes(f)(X, U),
    ):
        np.testing.assert_allclose(value, f(X), rtol=1e-12)
        np.testing.assert_allclose(gradient, slopes, rtol=1e-6)
        np.testing.assert_allclose(tangent, np.dot(slopes, U), rtol=1e-6)
    np.testing.assert_allclose(s2s.vmap(f)(np.stack([X, X * 1.1])), [f(X), f(X * 1.1)], rtol=1e-12)


@pytest.mark.parametrize("index", [-1, 0, 1, 2, 5])
def test_an_index_out_of_range_is_the_nearest(index):
    branches = [lambda x: x, lambda x: 2 * x, lambda x: 3 * x]
    assert s2s.lax.switch(index, branches, 2.0) == float(jax.lax.switch(index, branches, 2.0))


def test_while_loop():
    halve = (lambda s: s[0] > 1.0), (lambda s: (s[0] / 2, s[1] + 1))
    assert s2s.lax.while_loop(*halve, (10.0, 0)) == tuple(map(float, jax.lax.while_loop(*halve, (10.0, 0))))


def test_dicts():
    def step(c, v):
        return {"a": c["a"] + v["x"]}, {"y": c["a"] * v["x"]}

    ours, peers = (lax.scan(step, {"a": 1.0}, {"x": X}) for lax in (s2s.lax, jax.lax))
    np.testing.assert_allclose(ours[0]["a"], peers[0]["a"])
    np.testing.assert_allclose(ours[1]["y"], peers[1]["y"])


def test_nothing_to_scan():
    with pytest.raises(IndexError):
        s2s.lax.scan(lambda c, x: (c, x), 0.0, np.zeros(0))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 7, 8])
def test_partial_results_of_any_number(n):
    x = np.arange(1.0, n + 1)
    np.testing.assert_allclose(s2s.lax.associative_scan(np.multiply, x, axis=-1), np.cumprod(x))
