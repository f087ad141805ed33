"""An index that may be a truth value is read by the helper that knows what it takes."""

import numpy as np
import pytest

import s2s

X = np.array([1.0, 2.0, 3.0])


def placed(x, v, place):
    y = x * 2.0
    y[place] = v
    return np.sum(y**2)


@pytest.mark.parametrize("place", [True, False, 1])
def test_text_of_a_place_that_is_given(place):
    gradient = s2s.grad(placed, argnums=(0, 1))
    names: dict = {}
    exec(compile(gradient.source_for(X, 0.5, 1), "<emitted>", "exec"), names)
    for bar, expected in zip(names["placed_grad"](X, 0.5, place), gradient(X, 0.5, place), strict=True):
        np.testing.assert_array_equal(bar, expected)
