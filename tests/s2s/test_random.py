"""Random numbers against jax's: bits, uniform numbers and integers bit for bit, the rest to the last places."""

import jax
import numpy as np
import pytest

from s2s import random
from s2s.runtime import tree

SHAPES = ((), (5,), (3, 4), (2, 3, 5))


@pytest.fixture(scope="module")
def keys():
    return random.PRNGKey(42), jax.random.PRNGKey(42)


def equal(ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    np.testing.assert_array_equal(ours, theirs)


def close(ours, theirs, places=2):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    if ours.dtype.kind == "c":
        ours, theirs = (x.view(x.real.dtype) for x in (ours, theirs))
    np.testing.assert_array_max_ulp(ours, theirs, places)


# Keys.


@pytest.mark.parametrize("seed", [0, 42, 2**31, 2**32 + 5, -1])
def test_seed(seed):
    equal(random.PRNGKey(seed), jax.random.PRNGKey(seed))
    equal(random.key_data(random.key(seed)), jax.random.PRNGKey(seed))


@pytest.mark.parametrize("num", [2, 3, (2, 3), ()])
def test_split(keys, num):
    equal(random.split(keys[0], num), jax.random.split(keys[1], num))


@pytest.mark.parametrize("data", [0, 7, 2**31, 2**32 - 1])
def test_fold_in(keys, data):
    equal(random.fold_in(keys[0], data), jax.random.fold_in(keys[1], np.uint32(data)))


def test_typed_keys():
    key = random.key(42)
    assert repr(key) == repr(jax.random.key(42))
    pair = random.split(key)
    assert (pair.shape, len(pair), pair.size, key.ndim) == ((2,), 2, 2, 0)
    equal(random.key_data(pair), jax.random.key_data(jax.random.split(jax.random.key(42))))
    first, second = pair
    equal(random.normal(pair[1]), random.normal(second))
    equal(random.key_data(random.wrap_key_data(random.key_data(first))), random.key_data(first))
    assert isinstance(random.fold_in(first, 3), random.KeyArray)
    equal(random.key_data(random.split(key, (2, 3))[1, ..., 2]), random.key_data(random.split(key, (2, 3)))[1, 2])


def test_typed_keys_are_pytrees():
    leaves, treedef = tree.flatten({"key": random.key(0)})
    assert len(leaves) == 1
    equal(random.bits(tree.unflatten(treedef, leaves)["key"]), random.bits(random.PRNGKey(0)))


def test_both_kinds_give_the_same_numbers():
    equal(random.normal(random.key(3), (4,)), random.normal(random.PRNGKey(3), (4,)))


def test_iteration_over_raw_keys():
    drawn = [np.asarray(random.bits(key)) for key in random.split(random.PRNGKey(1), num=3)]
    expected = [np.asarray(jax.random.bits(key)) for key in jax.random.split(jax.random.PRNGKey(1), num=3)]
    equal(drawn, expected)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: random.normal(3), TypeError, "expected a key"),
        (lambda: random.normal(np.zeros(2)), TypeError, "expected a key"),
        (lambda: random.normal(random.split(random.key(0))), ValueError, "single key"),
        (lambda: random.normal(random.key(0), 3), TypeError, r"such as \(3,\)"),
        (lambda: random.normal(random.key(0), (3,), "int32"), ValueError, "float or complex"),
        (lambda: random.key(1.5), TypeError, "must be an integer"),
        (lambda: random.key(0, impl="rbg"), ValueError, "threefry2x32"),
        (lambda: np.asarray(random.key(0)), TypeError, "key_data"),
        (lambda: random.choice(random.key(0), 3, (5,), replace=False), ValueError, "5 of 3"),
        (lambda: len(random.key(0)), TypeError, "single key"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


# Bits and numbers.


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
def test_bits(keys, shape, dtype):
    equal(random.bits(keys[0], shape, dtype), jax.random.bits(keys[1], shape, dtype))


def test_64_bits(keys):
    with jax.enable_x64(True):
        equal(random.bits(keys[0], (100,), "uint64"), jax.random.bits(keys[1], (100,), "uint64"))
        equal(random.uniform(keys[0], (100,), "float64"), jax.random.uniform(keys[1], (100,), "float64"))
        close(random.normal(keys[0], (100,), "float64"), jax.random.normal(keys[1], (100,), "float64"))
        ours = random.randint(keys[0], (100,), -5, 2**40, "int64")
        equal(ours, jax.random.randint(keys[1], (100,), -5, 2**40, "int64"))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_uniform(keys, shape, dtype):
    equal(random.uniform(keys[0], shape, dtype), jax.random.uniform(keys[1], shape, dtype))


def test_uniform_between_bounds(keys):
    ours = random.uniform(keys[0], (1000,), minval=-3, maxval=2.5)
    equal(ours, jax.random.uniform(keys[1], (1000,), minval=-3, maxval=2.5))


@pytest.mark.parametrize("dtype", ["float32", "complex64"])
def test_normal(keys, dtype):
    close(random.normal(keys[0], (30, 40), dtype), jax.random.normal(keys[1], (30, 40), dtype))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "uint32"])
@pytest.mark.parametrize(
    ("low", "high"), [(0, 10), (-5, 100), (0, 256), (5, 5), (7, 3), (0, 2**31 - 1), (-(2**31), 2**31 - 1)]
)
def test_randint(keys, dtype, low, high):
    low = max(low, 0) if dtype.startswith("u") else low
    ours = random.randint(keys[0], (1000,), low, high, dtype)
    equal(ours, jax.random.randint(keys[1], (1000,), low, high, dtype))


@pytest.mark.parametrize("name", ["exponential", "gumbel", "laplace", "logistic", "cauchy"])
def test_continuous(keys, name):
    close(getattr(random, name)(keys[0], (1000,)), getattr(jax.random, name)(keys[1], (1000,)), 4)


def test_gumbel_with_a_finer_tail(keys):
    close(random.gumbel(keys[0], (1000,), mode="high"), jax.random.gumbel(keys[1], (1000,), mode="high"), 4)


def test_truncated_normal(keys):
    args = -1.0, 2.0, (1000,)
    close(random.truncated_normal(keys[0], *args), jax.random.truncated_normal(keys[1], *args))


@pytest.mark.parametrize("mode", ["low", "high"])
def test_bernoulli(keys, mode):
    equal(random.bernoulli(keys[0], 0.3, (1000,), mode), jax.random.bernoulli(keys[1], 0.3, (1000,), mode))


def test_rademacher(keys):
    equal(random.rademacher(keys[0], (100,)), jax.random.rademacher(keys[1], (100,)))


def test_lognormal(keys):
    close(random.lognormal(keys[0], 0.5, (100,)), jax.random.lognormal(keys[1], 0.5, (100,)), 4)


@pytest.mark.parametrize("method", ["cholesky", "eigh", "svd"])
def test_multivariate_normal(keys, method):
    mean, cov = np.array([1, 2, 3], np.float32), np.diag(np.array([1, 2, 3], np.float32)) + np.float32(0.1)
    ours = random.multivariate_normal(keys[0], mean, cov, (10,), method=method)
    theirs = jax.random.multivariate_normal(keys[1], mean, cov, (10,), method=method)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


# Orders and choices.

TABLE = np.arange(24, dtype=np.float32).reshape(6, 4)
WEIGHTS = np.array([0.1, 0.2, 0.3, 0.4], np.float32)
LOGITS = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)


def test_permutation_of_a_range(keys):
    equal(random.permutation(keys[0], 1000), jax.random.permutation(keys[1], 1000))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("independent", [False, True])
def test_permutation(keys, axis, independent):
    ours = random.permutation(keys[0], TABLE, axis, independent)
    equal(ours, jax.random.permutation(keys[1], TABLE, axis, independent))


@pytest.mark.parametrize(
    "kwargs",
    [
        {"a": 10, "shape": (50,)},
        {"a": 10, "shape": (5,), "replace": False},
        {"a": 4, "shape": (50,), "p": WEIGHTS},
        {"a": 4, "shape": (2,), "replace": False, "p": WEIGHTS},
        {"a": TABLE, "shape": (3, 2), "axis": 1},
        {"a": TABLE, "shape": (3,), "replace": False},
        {"a": TABLE, "shape": ()},
    ],
)
def test_choice(keys, kwargs):
    equal(random.choice(keys[0], **kwargs), jax.random.choice(keys[1], **kwargs))


@pytest.mark.parametrize("args", [(), (0,), (-1, (3, 5)), (0, (2, 7)), (1, (3, 5), False)])
def test_categorical(keys, args):
    equal(random.categorical(keys[0], LOGITS, *args), jax.random.categorical(keys[1], LOGITS, *args))


def test_numbers_are_distributed_as_named():
    drawn = np.asarray(random.normal(random.key(0), (200_000,)))
    assert abs(drawn.mean()) < 0.01 and abs(drawn.std() - 1) < 0.01
    whole = np.asarray(random.randint(random.key(1), (60_000,), 0, 6))
    assert np.all(np.abs(np.bincount(whole) / 10_000 - 1) < 0.05)
