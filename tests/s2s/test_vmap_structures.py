"""The text of `vmap(f)` where no arguments are given: what it says of parameters that are containers."""

import numpy as np
import pytest

import s2s


def affine(params, x):
    return params["w"] * x + params["b"]


def nested(params, x):
    return params["first"]["w"] * x + params["b"] + params["first"]["w"]


def summed(params, x):
    return sum(v * x for v in params.values())


def handed_on(params, x):
    return affine(params, x) * 2.0


def unpacked(params, x):
    w, b = params
    return w * x + b


def run(text, name):
    names = {}
    exec(text, names)
    return names[name]


X = np.array([1.0, 2.0])
W, B = np.array([0.5, 2.0]), np.array([3.0, 4.0])


def test_keys_that_are_strings_tell_a_dict():
    text = s2s.vmap(affine).source
    assert 'w = params["w"]' in text
    np.testing.assert_array_equal(run(text, "affine_vmap")({"w": W, "b": B}, X), W * X + B)
    text = s2s.vmap(nested).source
    np.testing.assert_array_equal(run(text, "nested_vmap")({"first": {"w": W}, "b": B}, X), W * X + B + W)


def test_a_structure_in_in_axes_is_that_of_the_argument():
    text = s2s.vmap(handed_on, in_axes=({"w": 0, "b": None}, None)).source
    assert "# batch axis of params: {'w': 0, 'b': None}; shared: x" in text.split("def handed_on_vmap")[0]
    text = s2s.vmap(summed, in_axes=({"w": 0, "b": None}, 0)).source
    np.testing.assert_array_equal(run(text, "summed_vmap")({"w": W, "b": 3.0}, X), W * X + 3.0 * X)


@pytest.mark.parametrize("function", [summed, handed_on])
def test_dicts_of_unknown_keys_are_asked_for(function):
    with pytest.raises(s2s.UnsupportedError, match="the structure of params is not known(.|\n)*source_for"):
        _ = s2s.vmap(function).source
    assert "def " in s2s.vmap(function).source_for({"w": W, "b": B}, X)


def test_what_is_unpacked_counts_as_an_array():
    text = s2s.vmap(unpacked).source
    assert "# params counts as an array, not as a tuple" in text
    pairs = np.stack([W, B], axis=1)
    np.testing.assert_array_equal(run(text, "unpacked_vmap")(pairs, X), W * X + B)
    assert "counts as" not in s2s.vmap(unpacked).source_for((W, B), X)


def test_jacobians_of_dicts():
    assert 'params["w"]' in s2s.jacfwd(affine).source
