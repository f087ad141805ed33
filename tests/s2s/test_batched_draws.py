"""Random numbers in batches: every row draws with a key of its own, as in a loop over the keys, all at once."""

import warnings

import jax
import numpy as np
import pytest

import s2s
from s2s import random

KEYS = random.split(random.PRNGKey(3), 4)
P = np.array([[0.1, 0.5, 0.9]] * 2 + [[0.3, 0.6, 0.2]] * 2, np.float32)


@pytest.fixture(autouse=True)
def all_rows_at_once():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def drawing(key, p):
    a, b = random.split(key)
    return (
        random.normal(a, (2, 3)),
        random.uniform(b, p.shape, minval=-p),
        random.bernoulli(a, p),
        random.categorical(b, p, shape=(5,)),
        random.permutation(a, p),
        random.randint(random.fold_in(a, 3), (4,), 0, 10),
    )


def test_draws_are_those_of_each_key():
    found = s2s.vmap(drawing)(KEYS, P)
    rows = [drawing(KEYS[k], P[k]) for k in range(2)]
    for ours, theirs in zip(found, zip(*rows, strict=True), strict=True):
        np.testing.assert_allclose(np.asarray(ours)[:2], list(map(np.asarray, theirs)), rtol=1e-6)


def test_keys_of_seeds_and_numbers():
    seeds = np.arange(4, dtype=np.int32)
    found = s2s.vmap(lambda i: random.bits(random.fold_in(random.PRNGKey(i), i), (2,)))(seeds)
    wanted = jax.vmap(lambda i: jax.random.bits(jax.random.fold_in(jax.random.PRNGKey(i), i), (2,)))(seeds)
    np.testing.assert_array_equal(np.asarray(found), np.asarray(wanted))


def test_typed_keys_and_batches_of_batches():
    def drawn(key):
        first, second = random.split(key)
        return random.normal(first, (3,)) + random.normal(second)

    keys = random.split(random.key(0), 6).reshape(2, 3)
    found = np.asarray(s2s.jit(s2s.vmap(s2s.vmap(drawn)))(keys))
    rows = [[np.asarray(drawn(keys[i, j])) for j in range(3)] for i in range(2)]
    np.testing.assert_allclose(found, rows, rtol=1e-6)


def test_derivatives_of_what_is_drawn():
    def sample(m, key):
        return np.sum(random.uniform(key, (3,), minval=m, maxval=2.0) ** 2)

    m = np.float32(0.5)
    rows = [np.asarray(s2s.grad(sample)(m, key)) for key in KEYS]
    np.testing.assert_allclose(np.asarray(s2s.vmap(s2s.grad(sample), in_axes=(None, 0))(m, KEYS)), rows, rtol=1e-5)


def test_the_text_calls_the_function_of_the_user():
    text = s2s.vmap(lambda key: random.normal(key, (3,))).source_for(KEYS)
    assert "random.normal(key, (np.shape(key)[0], 3))" in text
