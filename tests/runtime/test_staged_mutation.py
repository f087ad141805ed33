"""Staged arrays change in place as NumPy's do: aliases and views see it, in loops and branches too."""

import copy

import numpy as np
import pytest

import s2s
from s2s.runtime.staged_control import for_, if_, range_, store_item

V = np.arange(1.0, 9.0)


def same(function, *args, loops=None):
    expected = function(*copy.deepcopy(args))
    jitted = s2s.jit(function)
    np.testing.assert_allclose(np.asarray(jitted(*args)), expected, rtol=1e-14)
    assert loops is None or jitted.stage(args, {})[2].text().count("stablehlo.while") == loops


def test_elements_of_a_copy():
    def f(x):
        y = x.copy()
        y[2] = y[2] * y[3]
        y[3] = 5.0
        return y * x

    same(f, V)


def test_aliases_and_slices():
    def f(x):
        y, v = x, x[1:4]
        y[0] = 7.0
        v[1] = 9.0
        x[3] = 2.0
        return np.concatenate([y + x, v])

    same(f, V)


def test_views_of_views():
    def f(x):
        y = x.reshape(2, 4)
        y[1, 1] = 0.0
        z = y.T
        z[0, 0] = 3.0
        w = x[::-1]
        w[0] = 11.0
        z[2:, 1][1] = 4.0
        np.swapaxes(y, 0, 1)[3, 0] = 6.0
        np.squeeze(x[None])[5] = -1.0
        np.moveaxis(y, 0, 1)[1, 1] = -2.0
        return x * 1

    same(f, V)


def test_copies_do_not_follow():
    def f(x):
        kept = (x.copy(), np.array(x), x.flatten(), x.astype(float), +x, x[np.array([0, 1, 2, 3, 4, 5, 6, 7])])
        x[0] = 100.0
        return np.stack(kept)

    same(f, V)


def test_masks_index_arrays_and_out():
    def f(x):
        before = x.copy()
        x[x > 3] = 0.5
        x[np.array([0, 1])] = [2.0, 3.0]
        np.add.at(x, np.array([1, 1]), 1.0)
        np.subtract.at(x, np.array([2]), 1.0)
        np.multiply(x, 2, out=x)
        x[-1:].fill(x[0])
        return x + before

    same(f, V)


def test_swap_and_overlap():
    def f(x):
        x[0], x[7] = x[7] * 2.0, x[0]
        x[1:] = x[:-1] * 0.5
        return x.reshape(2, 4)

    same(f, V)


def test_sort_in_place():
    def f(x):
        x[::-1].sort()
        return x * 1

    same(f, V)


def test_a_read_only_view_is_not_written():
    def f(x):
        np.broadcast_to(x, (2, 8))[0] = 1.0
        return x

    with pytest.raises(ValueError, match=r"assignment destination is read-only at .*test_staged_mutation.py"):
        s2s.jit(f)(V)


def test_what_depends_on_the_layout_is_refused_only_where_it_matters():
    def reads(x):
        return x.reshape(2, 4).T.reshape(-1) + 1

    def writes(x):
        y = x.reshape(2, 4).T.reshape(-1)
        y[0] = 5.0
        return x

    same(reads, V)
    with pytest.raises(TypeError, match="a view or a copy, depending on the layout in memory, is written here at"):
        s2s.jit(writes)(V)


def test_a_recurrence_in_a_loop():
    def f(x):
        a = x * 0

        def body(i):
            a[i] = np.tanh(a[i - 1]) + x[i]
            return ()

        for_(range_(1, 8), body, (), ())
        return a

    same(f, V, loops=1)


def test_a_write_through_an_alias_in_a_branch_in_a_loop():
    def f(x):
        a = x * 0
        b = a

        def body(i):
            if_(x[i] > 3, lambda: store_item(b, i, x[i]) or (), lambda: (), (), ())
            return ()

        for_(range_(1, 8), body, (), ())
        return a

    same(f, V, loops=1)


def test_rows_of_a_loop_are_views():
    def f(x):
        def body(row):
            row[0] = row[1] * 2
            row[:] = row + 1
            return ()

        for_(x.reshape(2, 4), body, (), ())
        return x * 1

    same(f, V, loops=1)


def test_two_buffers_that_swap():
    def f(x):
        def body(i, a, b):
            b[1:] = a[:-1]
            return b, a

        a, b = for_(range_(5), body, (x * 1, x * 2), ("a", "b"))
        return a * 10 + b

    same(f, V, loops=1)


def test_a_result_that_may_be_another_array():
    def f(x, reads):
        y = x
        (y,) = if_(x.sum() > 0, lambda y: (y * 3,), lambda y: (y,), (y,), ("y",))
        y[0] = 5.0
        return y + x if reads else y

    same(lambda x: f(x, False), V)
    with pytest.raises(TypeError, match="may have been written under another name at .*write .copy()"):
        s2s.jit(lambda x: f(x, True))(V)


def test_an_index_of_a_loop_that_is_inside_needs_no_check():
    def f(x, start):
        a = x * 0

        def body(i):
            a[i + 1] = a[i] + x[i - start]
            return ()

        for_(range_(7), body, (), ())
        return a

    same(lambda x: f(x, 0), V, loops=1)
    assert s2s.jit(lambda x: f(x, 0)).stage((V,), {})[2].text().count("stablehlo.select") == 0
    same(lambda x: f(x, 1), V, loops=1)
    assert s2s.jit(lambda x: f(x, 1)).stage((V,), {})[2].text().count("stablehlo.select") > 0


def test_an_array_that_branches_write_again_and_again_stays_one_array():
    def f(y, w):
        b = np.zeros_like(w)
        n = 0
        while n < 3:
            n = n + 1
            if y > 0.6:
                break
            y = np.tanh(y)
            b[0] = w[1] * y
        return y + np.sum(b)

    w = np.arange(4.0) + 0.1
    for y in (0.3, 2.0):
        np.testing.assert_allclose(s2s.jit(f)(y, w), f(y, w), rtol=1e-12)


def test_a_write_in_a_branch_to_what_may_be_another_array_is_no_wrong_number():
    def f(y, w):
        b = w * 1.0
        c = b if np.sum(w) > y else w * 2.0
        if w[1] > y - 9.0:
            c[0] = 7.0 * y
        return b[0] + c[0]

    with pytest.raises(TypeError, match="another"):
        s2s.jit(f)(0.3, np.arange(4.0))
