"""The shapes and rows that collectives are written with."""

import numpy as np
import pytest

from s2s.runtime import support


def test_permutations():
    perm = [(0, 2), (3, 1)]
    assert support.inverse_perm(perm) == [(2, 0), (1, 3)]
    np.testing.assert_array_equal(support.sources(perm), [0, 3])
    np.testing.assert_array_equal(support.destinations(perm), [2, 1])
    assert support.sources([]).dtype == support.destinations([]).dtype == int
    for twice in ([(0, 1), (0, 2)], [(0, 1), (2, 1)]):
        with pytest.raises(ValueError, match="must be unique"):
            support.sources(twice)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_shapes_are_those_of_numpy(axis):
    """`concatenate` and `split` of rows, as a reshape of stacked ones."""
    rows = np.random.default_rng(0).normal(size=(5, 2, 3, 4))
    whole = np.concatenate(rows, axis=axis)
    stacked = np.moveaxis(rows, 0, support.rows_axis(axis, True))
    np.testing.assert_array_equal(np.reshape(stacked, support.joined_shape(stacked.shape, axis)), whole)
    parts = support.parts_shape(whole.shape, rows[0].shape, axis, True)
    assert parts == support.cut_shape(whole.shape, axis, 5) == stacked.shape
    apart = np.stack(rows, axis=axis)
    assert support.parts_shape(apart.shape, rows[0].shape, axis, False) == apart.shape
    assert support.rows_axis(axis, False) == axis


def test_what_does_not_fit_is_refused():
    assert support.require_rows((2, 4, 3), -2, 4) == support.require_rows((2, 4, 3), 1, 4) == 1
    with pytest.raises(ValueError, match="they are 4 and 3"):
        support.require_rows((2, 4, 3), 2, 4)
    with pytest.raises(ValueError, match="cannot cut an axis of 4 elements into 3 equal parts"):
        support.cut_shape((2, 4), -1, 3)
