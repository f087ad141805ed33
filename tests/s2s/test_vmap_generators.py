"""vmap of functions that draw from NumPy's or Python's generators, whose state goes on from row to row."""

import random

import numpy as np
import pytest

import s2s

RNG = np.random.default_rng(0)
PYTHON = random.Random(5)  # the module's own state is also that of beartype, which checks the tests


def noisy(x):
    return x + RNG.random()


def noise():
    return PYTHON.random() + RNG.normal()


def noisy_by_helper(x):
    return x * noise()


def with_argument(x, rng):
    return x + rng.normal()


def reset():
    PYTHON.seed(5)
    RNG.bit_generator.state = np.random.default_rng(0).bit_generator.state


@pytest.mark.parametrize("function", [noisy, noisy_by_helper])
def test_rows_draw_one_after_the_other(function):
    x = np.array([1.0, 2.0, 3.0])
    reset()
    rows = [function(v) for v in x]
    reset()
    with pytest.warns(s2s.RowLoopWarning, match="a generator that goes on from row to row"):
        np.testing.assert_array_equal(s2s.vmap(function)(x), rows)
    reset()
    with pytest.warns(s2s.RowLoopWarning):
        np.testing.assert_array_equal(s2s.jit(s2s.vmap(function))(x), rows)


def test_rows_draw_from_a_generator_that_is_an_argument():
    rng = np.random.default_rng(3)
    rows = [v + rng.normal() for v in (1.0, 2.0)]
    with pytest.warns(s2s.RowLoopWarning):
        found = s2s.vmap(with_argument, in_axes=(0, None))(np.array([1.0, 2.0]), np.random.default_rng(3))
    np.testing.assert_array_equal(found, rows)


def test_refused_where_all_rows_are_asked_for_at_once():
    with pytest.raises(s2s.UnsupportedError, match="x \\+ RNG.random(.|\n)*use s2s.random with a key for each row"):
        s2s.vmap(noisy, loop_over_batch=False)(np.zeros(2))


@pytest.mark.filterwarnings("error")
def test_a_generator_made_from_a_seed_draws_the_same_in_each_row():
    def seeded(x):
        return x + np.random.default_rng(3).normal() + np.random.default_rng(seed=4).normal(size=2)

    x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    np.testing.assert_array_equal(s2s.vmap(seeded)(x), [seeded(v) for v in x])


@pytest.mark.filterwarnings("error")
def test_draws_with_keys_in_helpers_are_batched():
    def drawn(key):
        return s2s.random.normal(key, (2,))

    key = s2s.random.key(0)
    found = s2s.vmap(lambda x, k: x + drawn(k), in_axes=(0, None))(np.zeros(3), key)
    np.testing.assert_array_equal(found, np.broadcast_to(drawn(key), (3, 2)))


@pytest.mark.filterwarnings("error")
def test_directions_of_a_jacobian_share_what_is_drawn():
    reset()
    wanted = np.diag(RNG.random(3))
    for jacobian in (s2s.jacfwd, s2s.jacrev):
        reset()
        np.testing.assert_array_equal(jacobian(lambda x: x * RNG.random(3))(np.ones(3)), wanted)


def test_compiled_loops_draw_in_each_iteration():
    def total(x):
        s = 0.0
        for i in range(6):
            s = s + x[i] * RNG.random() * PYTHON.gauss(0.0, 1.0)
        return s

    reset()
    wanted = total(np.ones(6))
    reset()
    np.testing.assert_allclose(s2s.jit(total)(np.ones(6)), wanted, rtol=1e-14)


def one_number(rng):
    return rng.normal()


@pytest.mark.filterwarnings("error")
def test_a_generator_of_the_row_is_passed_on():
    def seeded(x):
        return x * one_number(np.random.default_rng(3)) + x

    np.testing.assert_array_equal(s2s.vmap(seeded)(np.arange(3.0)), [seeded(v) for v in np.arange(3.0)])


@pytest.mark.filterwarnings("error")
def test_functions_of_the_library_do_not_draw():
    gradient = s2s.grad(lambda x: np.maximum(x, 0.5) ** 2 * np.abs(x) ** 1.5)
    np.testing.assert_allclose(s2s.vmap(gradient)(np.array([1.0, 2.0])), [gradient(1.0), gradient(2.0)])
