"""`x[mask]` with a mask that is staged: how much it selects is known only when the compiled function runs."""

import numpy as np
import pytest

import s2s
from s2s.runtime.errors import ConcretizationError

RNG = np.random.default_rng(0)
V, W, M = RNG.normal(size=9), RNG.normal(size=9), RNG.normal(size=(6, 3))


def check(function, *args):
    """Value and gradient under jit against those of NumPy."""
    want = function(*[a.copy() for a in args])
    found = s2s.jit(function)(*args)
    for a, b in zip(s2s.tree.leaves(found), s2s.tree.leaves(want), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)

    def pull_back(*point):
        out, back = s2s.vjp(function, *point)
        return back(s2s.tree.map(np.ones_like, out))

    for a, b in zip(s2s.jit(pull_back)(*args), pull_back(*args), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


def reductions(x):
    s = x[x > -0.5]
    z = (s - s.mean()) / s.std()
    total = np.sum(np.exp(s) * s) + s.max() * s.min() + s.var(ddof=1) + np.sum(z**3)
    return total, s.prod(), s[s > 0.2].sum(), np.linalg.norm(s), sum(s) + max(s), np.argmax(s), np.any(s > 1)


def test_reductions_count_what_is_selected():
    check(reductions, V)


def sizes(x):
    s = x[(x > -1) & (x < 1)]
    r = s.sum() / len(s) if s.size > 2 else s.prod()
    t = 0.0
    for v in s:
        t = t * 0.5 + v * v
    return r * s.shape[0], t


def test_sizes_and_loops():
    check(sizes, V)
    check(sizes, V * 3)


def products(x, w, m):
    chosen = m[m.sum(axis=1) > 0]
    y = chosen @ np.array([1.0, 2.0, 3.0])
    return np.dot(x[x > 0], w[x > 0]) + x[w > 0] @ w[w > 0], np.sum(chosen @ m[:3]), np.dot(y, y), chosen.mean(axis=0)


def test_products():
    check(products, V, W, M)


def written(x, w):
    y = x.copy()
    mask = np.abs(x) > 0.5
    y[mask] = np.sign(y[mask]) * np.sqrt(np.abs(y[mask]))
    y[w < 0] *= 3.0
    places = np.nonzero(x > 0)[0]
    y[places] = y[places] ** 2
    m = np.outer(x, w)
    m[m > 0] = m[m > 0] ** 2
    m[x > 0, 1] = x[x > 0]
    return y, m


def test_writes_back_to_where_it_was_selected():
    check(written, V, W)


def seen_later(x):
    y = x.copy()
    mask = y > 0
    s = y[mask]
    y[mask] = 0.0
    mask[0] = not mask[0]
    y[0] = 5.0
    return s.sum(), y.sum(), y[mask].sum()


def test_what_was_selected_does_not_change_with_the_array():
    want = seen_later(V.copy())
    np.testing.assert_allclose(s2s.jit(seen_later)(V), want)


def in_order(x):
    s = np.sort(x[x > -0.3])
    return s[0] * s[-1], np.sum(s[1:] * s[:-1]), np.cumsum(x[x < 0.5])[-1], s[::-2].sum(), np.sum(s[:2] * x[x < 0][:2])


def test_places_among_what_is_selected():
    check(in_order, V)


def by_cluster(points, centers):
    c = centers.copy()
    for _ in range(2):
        label = np.argmin(((points[:, None, :] - c[None, :, :]) ** 2).sum(axis=2), axis=1)
        for k in range(len(c)):
            if np.any(label == k):
                c[k] = points[label == k].mean(axis=0)
    return c


def test_selections_in_branches_of_loops():
    check(by_cluster, M, M[:2] + 0.1)


def assigned(x, w):
    x = x.copy()
    x[x > 0] = w[w > 5.0]
    return np.sum(x)


MISMATCHES = {
    "sum": lambda x, w: np.sum(x[x > 0] + w[w > 5.0]),
    "product": lambda x, w: x[x > 0] @ w[w > 5.0],
    "where": lambda x, w: np.sum(np.where(x[x > 0] > 1, x[x > 0], w[w > 5.0])),
    "positions": lambda x, w: np.sum(x[np.flatnonzero(x > 0)] * w[np.where(w > 5.0)[0]]),
    "assignment": assigned,
    "mask of what is selected": lambda x, w: np.sum(x[x > 0][w[w > np.min(w)] > 0]),
    "extreme of nothing": lambda x, w: np.max(x[x > 5.0]),
    "place of nothing": lambda x, w: x[np.argmax(x[x > 5.0])],
}


@pytest.mark.parametrize("name", MISMATCHES)
def test_lengths_that_do_not_fit_raise_as_in_numpy(name):
    function = MISMATCHES[name]
    for raising in (function, s2s.jit(function), s2s.jit(s2s.value_and_grad(function))):
        with pytest.raises((ValueError, IndexError)):
            raising(V, W)


def test_a_single_value_is_assigned_to_all_that_a_mask_selects():
    def function(x, w):
        x = x.copy()
        x[x > 0] = w[w == np.max(w)]
        return np.sum(x)

    np.testing.assert_allclose(s2s.jit(function)(V, W), function(V, W))


@pytest.mark.parametrize(
    "function, what",
    [
        (lambda x: x[x > 0], "the shape of a result of the staged function was needed"),
        (lambda x: x[x > 0].reshape(2, -1), "the shape of what a mask selects, by reshape"),
        (lambda x: x[x > 0] + x, "for an operation with an array of known length"),
        (lambda x: np.outer(x[x > 0], x), "the shape of what a mask selects, by outer"),
    ],
)
def test_a_length_that_must_be_known_is_refused(function, what):
    with pytest.raises(ConcretizationError, match=what):
        s2s.jit(function)(V)
