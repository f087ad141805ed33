"""Shapes recorded on example arguments: what text is simplified by."""

import numpy as np

import s2s


def huber(x, delta=1.0):
    total = 0.0
    for v in x:
        if abs(v) <= delta:
            total += 0.5 * v * v
        else:
            total += delta * (abs(v) - 0.5 * delta)
    return total / len(x)


def test_values_that_only_one_branch_makes_have_shapes_in_the_loop_back():
    large = np.array([3.0, -2.0, 4.0, 0.5])  # the first iterations, which shapes are recorded in, take one branch alone
    text = s2s.grad(huber).source_for(large)
    assert "sum_to" not in text and "np.shape" not in text
    expected = np.where(np.abs(large) <= 1.0, large, np.sign(large)) / 4
    np.testing.assert_allclose(s2s.grad(huber)(large), expected)


def test_shapes_of_both_branches_may_differ():
    def f(x, w):
        total = 0.0
        for v in x:
            if v > 1.0:
                h = w * v
            else:
                h = v * 2.0
            total = total + np.sum(h * h)
        return total

    x, w = np.array([0.5, 2.0, 3.0]), np.array([1.0, 2.0])
    x_bar, w_bar = s2s.grad(f, argnums=(0, 1))(x, w)
    np.testing.assert_allclose(x_bar, [4.0, 20.0, 30.0])
    np.testing.assert_allclose(w_bar, 2 * w * 13.0)
    namespace = {}
    exec(s2s.grad(f, argnums=(0, 1)).source_for(x, w), namespace)
    found = namespace["f_grad"](x, w)
    np.testing.assert_allclose(found[0], x_bar)
    np.testing.assert_allclose(found[1], w_bar)
