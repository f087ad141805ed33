"""s2s.loop: what is unrolled, kept and computed again; the numbers are those of loops without hints."""

import numpy as np
import pytest

import s2s

_DRAW = np.random.default_rng(0)
W, X = _DRAW.normal(size=(3, 3)) * 0.5, _DRAW.normal(size=(10, 3))


def plain(w, x):
    h = np.zeros(3)
    for t in range(len(x)):
        h = np.tanh(h @ w + x[t])
    return np.sum(h)


def in_segments(w, x):
    h = np.zeros(3)
    for t in s2s.loop(range(len(x)), checkpoint=4):
        h = np.tanh(h @ w + x[t])
    return np.sum(h)


def rows_in_segments(w, x):
    h = np.zeros(3)
    for row in s2s.loop(x, checkpoint=3):
        h = np.tanh(h @ w + row)
    return np.sum(h)


def run_again(w, x):
    h = np.zeros(3)
    for row in s2s.loop(x, checkpoint="none"):
        h = np.tanh(h @ w + row)
    return np.sum(h)


def unrolled(w, x):
    h = np.zeros(3)
    for t in s2s.loop(range(len(x)), unroll=3):
        h = np.tanh(h @ w + x[t])
    return np.sum(h)


@pytest.mark.parametrize("function", [in_segments, rows_in_segments, run_again, unrolled])
def test_the_same_gradients(function):
    expected = s2s.grad(plain, argnums=(0, 1))(W, X)
    gradient = s2s.grad(function, argnums=(0, 1))
    for found in (gradient(W, X), s2s.jit(gradient)(W, X)):
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(np.asarray(a), b, rtol=1e-10)
    np.testing.assert_allclose(np.asarray(s2s.jit(function)(W, X)), plain(W, X), rtol=1e-12)


def test_the_source_shows_what_is_done():
    text = s2s.grad(in_segments).source
    assert "size = count // 4 + 1" in text
    assert "for first in range(0, count, size):" in text
    assert "for t in range(first, min(first + size, count)):" in text
    assert "saved = segment_fwd(first, again(h, h_bar), count, size, again(w, h_bar), x_1)[1]" in text
    assert "saved.append((first, h))" in text  # what the loop does not change is not saved with each segment
    assert "for _ in range(first, first + 20):" in s2s.grad(long_in_segments).source
    assert "unroll=3" in s2s.jit(s2s.grad(unrolled)).source


def long(w, h):
    for _ in range(400):
        h = np.tanh(h @ w)
    return np.sum(h)


def long_in_segments(w, h):
    for _ in s2s.loop(range(400), checkpoint=20):
        h = np.tanh(h @ w)
    return np.sum(h)


def test_memory_is_that_of_twice_the_root_of_the_iterations():
    """By XLA's own figures, in states."""
    w, h = np.eye(8) * 0.9, np.ones((256, 8))
    states = [
        s2s.jit(s2s.grad(f)).lower(w, h).compile().memory_analysis().temp_size_in_bytes / h.nbytes
        for f in (long, long_in_segments)
    ]
    assert 400 < states[0] < 410 and states[1] < 46, states


def with_an_unchanged_matrix(w, h):
    for _ in range(60):
        both = w, 2.0
        h = np.tanh(h @ both[0])
    return np.sum(h)


def two_steps_back(w, h):
    g = h * 0.5
    for _ in range(60):
        g, h = h, np.tanh(h @ w) * np.sin(g) + 0.2 * h * g
    return np.sum(h * g)


def halved_by_a_branch(w, h):
    for _ in range(60):
        if h[0, 0] > 0.5:
            h = h * 0.5
        h = np.tanh(h @ w) * h
    return np.sum(h)


@pytest.mark.parametrize(
    ("function", "most"), [(with_an_unchanged_matrix, 65), (two_steps_back, 190), (halved_by_a_branch, 125)]
)
def test_what_the_next_iteration_begins_with_is_kept_once(function, most):
    w, h = np.eye(8) * 0.9, np.linspace(0.1, 0.9, 256 * 8).reshape(256, 8)
    gradient = s2s.grad(function, argnums=(0, 1))
    compiled = s2s.jit(gradient).lower(w, h).compile()
    for found, wanted in zip(compiled(w, h), gradient(w, h), strict=True):
        np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-9, atol=1e-14)
    assert compiled.memory_analysis().temp_size_in_bytes < most * h.nbytes


def newton(a):
    x = a
    while s2s.loop(abs(x * x - a) > 1e-12, max_iters=20):
        x = 0.5 * (x + a / x)
    return x


def newton_again(a):
    x = a
    while s2s.loop(abs(x * x - a) > 1e-12, checkpoint="none"):
        x = 0.5 * (x + a / x)
    return x


def newton_in_segments(a):
    x = a
    while s2s.loop(abs(x * x - a) > 1e-12, max_iters=20, checkpoint=4):
        x = 0.5 * (x + a / x)
    return x


@pytest.mark.parametrize("function", [newton, newton_again, newton_in_segments])
def test_while_loops(function):
    for gradient in (s2s.grad(function), s2s.jit(s2s.grad(function))):
        np.testing.assert_allclose(np.asarray(gradient(7.3)), 0.5 / 7.3**0.5, rtol=1e-9)


def test_more_iterations_than_there_can_be():
    gradient = s2s.jit(s2s.grad(newton))
    np.testing.assert_allclose(np.asarray(gradient(7.3)), 0.5 / 7.3**0.5, rtol=1e-9)
    assert gradient.lower(7.3).as_text().count("stablehlo.while") == 2
    with pytest.raises(RuntimeError, match="more than max_iters=20 iterations"):
        np.asarray(gradient(1e12))
    np.testing.assert_allclose(np.asarray(s2s.jit(newton)(1e12)), 1e6)


def left_by_break(x):
    for i in s2s.loop(range(9), checkpoint=3):
        x = x * 1.1 + i
        if x > 9.0:
            break
    return x


def test_errors():
    with pytest.raises(s2s.UnsupportedError, match="left by break or return"):
        s2s.grad(left_by_break)(1.0)
    with pytest.raises(ValueError, match="'all', 'none' or a number"):
        s2s.loop(range(3), checkpoint="some")
    with pytest.raises(ValueError, match="max_iters must be positive"):
        s2s.loop(range(3), max_iters=0)
