"""The loop axes of vectorized functions."""

import pytest

from s2s.runtime import support


def test_loop_axes_are_those_in_front_broadcast():
    shape = support.loop_shape((2, 1, 0), (5, 2, 3), (4, 1, 3), ())
    assert shape == (4, 5)
    assert support.loop_size(shape) == 20
    assert support.loop_shape((1,), (3,)) == ()
    assert support.loop_size(()) == 1
    with pytest.raises(ValueError, match=r"shape \(3,\) has fewer axes than the 2"):
        support.loop_shape((2,), (3,))
    with pytest.raises(ValueError, match="broadcast"):
        support.loop_shape((1, 1), (2, 3), (4, 3))
