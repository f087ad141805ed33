"""Collectives over a named batch axis, against the peer: plain, staged, nested and composed with derivatives."""

import types

import numpy as np
import pytest

import s2s
from s2s import lax as lax_

jax = pytest.importorskip("jax")
rng = np.random.default_rng(0)
X = rng.normal(size=(4, 3))
PARTS = rng.normal(size=(4, 4, 3))


@pytest.fixture(autouse=True)
def double_precision():
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def peer(function):
    """The function with the peer's collectives."""
    names = dict.fromkeys(function.__code__.co_names)
    known = {n: jax.numpy if n == "np" else jax.lax for n in names if n in ("np", "lax_")}
    return types.FunctionType(function.__code__, {**function.__globals__, **known})


def normalised(x):
    return (x - lax_.pmean(x, "i")) * lax_.psum(x * x, "i") / lax_.psum(1, "i")


def extremes(x):
    return x * lax_.pmax(x, "i") - lax_.pmin(x, axis_name="i") + lax_.axis_index("i") * lax_.axis_size("i")


def turned(x):
    return lax_.ppermute(x, "i", [(0, 1), (1, 2), (2, 3), (3, 0)]) * 2.0 + x


def gathered(x):
    rows = lax_.all_gather(x, "i")
    return rows.sum(axis=0) * lax_.all_gather(x, "i", axis=1)[:, 0] + lax_.all_gather(x, "i", tiled=True)[2:5]


def tree(x):
    total, parts = lax_.psum((x, {"b": x[0], "c": 2.0}), "i")
    return total * parts["b"] + parts["c"]


def helper(shared):
    return lax_.axis_index("i") * shared


def in_callees(x):
    return x + helper(lax_.pmean(x, "i"))


ALL = [normalised, extremes, turned, gathered, tree, in_callees]


@pytest.mark.parametrize("function", ALL, ids=lambda f: f.__name__)
def test_values(function):
    own = s2s.vmap(function, axis_name="i")
    if function is in_callees:
        expected = X + np.arange(4)[:, None] * X.mean(axis=0)
    else:
        expected = jax.vmap(peer(function), axis_name="i")(X)
    np.testing.assert_allclose(own(X), expected, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(s2s.jit(own)(X)), expected, rtol=1e-9)


@pytest.mark.parametrize("function", [normalised, turned, gathered, tree], ids=lambda f: f.__name__)
def test_derivatives(function):
    def loss(x):
        return np.sum(s2s.vmap(function, axis_name="i")(x) ** 2)

    def of_row(x):
        return np.sum(function(x) ** 2)

    other = peer(function)
    expected = jax.grad(lambda x: jax.numpy.sum(jax.vmap(other, axis_name="i")(x) ** 2))(X)
    np.testing.assert_allclose(s2s.grad(loss)(X), expected, rtol=1e-9)
    expected = jax.vmap(jax.grad(lambda x: jax.numpy.sum(other(x) ** 2)), axis_name="i")(X)
    np.testing.assert_allclose(s2s.vmap(s2s.grad(of_row), axis_name="i")(X), expected, rtol=1e-9)


def exchanged(parts):
    return lax_.all_to_all(parts, "i", 0, 1) * 2.0, lax_.all_to_all(parts, "i", 0, 1, tiled=True)


def test_all_to_all():
    for found, expected in zip(
        s2s.vmap(exchanged, axis_name="i")(PARTS), jax.vmap(peer(exchanged), axis_name="i")(PARTS), strict=True
    ):
        np.testing.assert_allclose(found, expected)
    with pytest.raises(
        ValueError, match="the size of the mapped axis to equal that of split_axis, but they are 3 and 4"
    ):
        s2s.vmap(exchanged, axis_name="i")(PARTS[:3])


AXIS, TILED, NAMES = -1, True, ("i", "j")
BLOCKS = 0.3 * rng.normal(size=(4, 4, 3, 2))


def joined(parts):
    rows = lax_.all_gather(parts[0], "i", axis=AXIS, tiled=TILED)
    return rows * rows[0] + lax_.all_gather(parts[0, :, None], "i", axis=1, tiled=True).sum() * parts[0, 0, 0]


def mixed(parts):
    cut = lax_.all_to_all(parts * parts, "i", 0, 1)
    return cut.sum(axis=0) * lax_.all_to_all(parts, "i", 0, 1, tiled=True)[0, :4] * parts[:, 0]


@pytest.mark.parametrize("function", [joined, mixed], ids=lambda f: f.__name__)
def test_derivatives_of_every_order_before_the_axis_is_batched(function):
    """A row's cotangent goes to all rows that its value came from: the gradient is that of the sum over the rows."""

    def of_row(x):
        return np.sum(function(x) ** 2)

    def slope(x):
        return np.sum(np.sin(s2s.grad(of_row)(x)))

    def along(x, t):
        return s2s.jvp(function, (x,), (t,))[1]

    def over_rows(f):
        return s2s.vmap(f, axis_name="i")

    def difference(f):
        batched, step = over_rows(f), 1e-6
        return (batched(BLOCKS + step * direction) - batched(BLOCKS - step * direction)) / (2 * step)

    direction = rng.normal(size=BLOCKS.shape)
    expected = jax.vmap(peer(function), axis_name="i")(BLOCKS)
    np.testing.assert_allclose(over_rows(function)(BLOCKS), expected, rtol=1e-12)
    np.testing.assert_allclose(over_rows(along)(BLOCKS, direction), difference(function), rtol=1e-6, atol=1e-6)
    for f in (of_row, slope):
        change = np.sum(over_rows(s2s.grad(f))(BLOCKS) * direction)
        np.testing.assert_allclose(change, np.sum(difference(f)), rtol=1e-5)


def over_captured_names(x):
    return lax_.psum(x * lax_.axis_index("j"), NAMES)


def test_what_is_captured_counts_as_if_it_were_written_there():
    nested_twice = s2s.vmap(s2s.vmap(over_captured_names, axis_name="j"), axis_name="i")
    np.testing.assert_allclose(nested_twice(X), np.full((4, 3), np.sum(X * np.arange(3))))

    def gather(x, tiled):
        return lax_.all_gather(x, "i", tiled=tiled)

    np.testing.assert_array_equal(
        s2s.vmap(gather, in_axes=(0, None), axis_name="i")(X, True), np.tile(X.ravel(), (4, 1))
    )

    with pytest.raises(s2s.UnsupportedError, match="whether all_gather is tiled must be known"):
        s2s.vmap(gather, in_axes=(0, None), axis_name="i")(X, np.array(1))


@pytest.mark.parametrize(("split", "concat"), [(1, 0), (0, 1), (-1, 0), (0, -1), (-2, -1)])
def test_all_to_all_along_any_axis(split, concat):
    rows = rng.normal(size=(4, 4, 8))
    cuts = np.stack(np.split(rows, 4, axis=split if split < 0 else split + 1))
    expected = np.concatenate(np.moveaxis(cuts, 1, 0), axis=concat if concat < 0 else concat + 1)
    found = s2s.vmap(lambda x: lax_.all_to_all(x, "i", split, concat, tiled=True), axis_name="i")(rows)
    np.testing.assert_array_equal(found, expected)


def nested(x):
    return lax_.psum(x * lax_.axis_index("j"), ("i", "j")) + lax_.psum(x, "j") * lax_.pmean(x, "i")


def test_nested_names():
    expected = jax.vmap(jax.vmap(peer(nested), axis_name="j"), axis_name="i")(X)
    np.testing.assert_allclose(s2s.vmap(s2s.vmap(nested, axis_name="j"), axis_name="i")(X), expected)


def test_text_is_plain():
    text = s2s.vmap(normalised, axis_name="i").source_for(X)
    assert "np.mean(x, axis=0)" in text and "np.sum(x * x, axis=0)" in text and "psum" not in text


def test_unbound_names():
    for call in (nested, s2s.jit(nested), s2s.vmap(nested, axis_name="k"), s2s.vmap(nested)):
        with pytest.raises(NameError, match="unbound axis name: 'j'"):
            call(X)
    with pytest.raises(ValueError, match="leave loop_over_batch out"):
        s2s.vmap(nested, axis_name="i", loop_over_batch=True)
    with pytest.raises(s2s.UnsupportedError, match=r"test_collectives\.py.*\n.*pmax") as refusal:
        s2s.vmap(s2s.grad(lambda x: np.sum(extremes(x))), axis_name="i")(X)
    assert "differentiate the batched function" in str(refusal.value)
