"""More programs that write in place, of many kinds: no iteration copies a whole array, in values and gradients."""

import numpy as np
import pytest

import s2s
from tests.runtime.test_in_place import copies_in_loops, loop_bodies

N, SIDE = 90, 11
_DRAW = np.random.default_rng(1)
V = _DRAW.uniform(0.2, 0.9, size=N)
M = _DRAW.uniform(0.1, 0.9, size=(SIDE, SIDE))
S = M @ M.T + SIDE * np.eye(SIDE)


def soft_histogram(x):
    h = np.zeros(N)
    for v in x:
        for b in range(N):
            h[b] += np.exp(-((v - b * 0.1) ** 2))
    h = h / h.sum()
    return np.sum(h * h)


def histogram_of_values(x):
    h = np.zeros(N)
    for i in range(len(x)):
        b = int(x[i] * 9.0)
        h[b] += x[i] * x[i]
        h[b + 1] += x[i] * 0.5
    return np.sum(h * h)


def ring_buffer(x):
    ring = np.zeros(N)
    total = 0.0
    for i in range(3 * N):
        total = total + ring[i % N] * 0.5
        ring[i % N] = np.sin(x[i % N] + ring[(i + 1) % N])
    return total


def two_arrays_swapped(x):
    a, b = x.copy(), np.zeros(N)
    for _ in range(4):
        for i in range(1, N - 1):
            b[i] = 0.5 * a[i] + 0.25 * (a[i - 1] + a[i + 1])
        a, b = b, a
    return np.sum(a * b)


def insertion_sort(x):
    a = x.copy()
    for i in range(1, N):
        j = i
        while j > 0 and a[j - 1] > a[j]:
            t = a[j]
            a[j] = a[j - 1]
            a[j - 1] = t
            j -= 1
    return np.sum(a * np.arange(float(N)))


def thomas(x):
    c, d = np.zeros(N), np.zeros(N)
    c[0], d[0] = 0.2, x[0]
    for i in range(1, N):
        m = 4.0 - c[i - 1]
        c[i] = 1.0 / m
        d[i] = (x[i] - d[i - 1]) / m
    y = d.copy()
    for i in range(N - 2, -1, -1):
        y[i] = d[i] - c[i] * y[i + 1]
    return np.sum(y * y)


def running_extremes(x):
    low, high = x.copy(), x.copy()
    for i in range(1, N):
        low[i] = min(low[i - 1], x[i])
        high[i] = max(high[i - 1], x[i])
    return np.sum(high - low)


def moving_windows(x):
    a = x.copy()
    for i in range(2, N - 2):
        a[i] = np.mean(a[i - 2 : i + 3]) + x[i]
    return np.sum(a * a)


def windows_added(x):
    y = np.zeros(N)
    for i in range(N - 4):
        y[i : i + 5] += x[i] * x[i : i + 5]
    return np.sum(y * y)


def fill_by_rows(m):
    out = np.zeros((SIDE, SIDE))
    for i in range(SIDE):
        out[i] = np.cumsum(m[i]) * m[i, 0]
    return np.sum(out * out)


def fill_by_columns(m):
    out = m.copy()
    for j in range(1, SIDE):
        out[:, j] = np.tanh(out[:, j - 1]) + m[:, j]
    return np.sum(out * out)


def cholesky(m):
    a = m.copy()
    for j in range(SIDE):
        a[j, j] = np.sqrt(a[j, j])
        for i in range(j + 1, SIDE):
            a[i, j] = a[i, j] / a[j, j]
        for k in range(j + 1, SIDE):
            for i in range(k, SIDE):
                a[i, k] -= a[i, j] * a[k, j]
    return np.sum(np.tril(a))


def floyd_warshall(m):
    d = m.copy()
    for k in range(SIDE):
        for i in range(SIDE):
            for j in range(SIDE):
                d[i, j] = min(d[i, j], d[i, k] + d[k, j])
    return np.sum(d * d)


def heat(m):
    a = m.copy()
    for _ in range(3):
        b = a.copy()
        for i in range(1, SIDE - 1):
            for j in range(1, SIDE - 1):
                b[i, j] = a[i, j] + 0.1 * (a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1] - 4.0 * a[i, j])
        a = b
    return np.sum(a * a)


def transposed_in_place(m):
    a = m.copy()
    for i in range(SIDE):
        for j in range(i + 1, SIDE):
            a[i, j], a[j, i] = a[j, i], a[i, j]
    return np.sum(a * np.arange(float(SIDE)))


# The arrays that an iteration of the outer loop swaps, copies or begins with are as long as its inner loop takes.
IN_INNER_LOOPS = {two_arrays_swapped, heat, floyd_warshall, insertion_sort}
ON_VECTORS = [
    soft_histogram, histogram_of_values, ring_buffer, two_arrays_swapped, insertion_sort, thomas, running_extremes,
    moving_windows, windows_added,
]  # fmt: skip
ON_MATRICES = [fill_by_rows, fill_by_columns, cholesky, floyd_warshall, heat, transposed_in_place]
CASES = [(f, V, N) for f in ON_VECTORS] + [(f, S if f is cholesky else M, SIDE * SIDE) for f in ON_MATRICES]


@pytest.mark.parametrize(("function", "x", "size"), CASES, ids=lambda x: getattr(x, "__name__", ""))
def test_no_iteration_copies_an_array(function, x, size):
    gradient = s2s.value_and_grad(function)
    compiled = s2s.jit(gradient).lower(x).compile()
    for found, wanted in zip(compiled(x), gradient(x), strict=True):
        np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-9, atol=1e-12)
    text = compiled.as_text()
    assert copies_in_loops(text, size, innermost=function in IN_INNER_LOOPS) == []
    assert len(loop_bodies(text)) < 20
