"""Lists that loops append to are buffers in staged code, and read like lists."""

import numpy as np
import pytest

import s2s
from s2s.runtime.staged_control import UNDEFINED, for_, list_, mutate, range_, reversed_, zip_

V = np.arange(1.0, 9.0)
M = np.arange(15.0).reshape(5, 3) / 7


def same(function, *args, loops):
    expected = function(*args)
    jitted = s2s.jit(function)
    found = jitted(*args)
    pairs = zip(s2s.tree.leaves(expected), s2s.tree.leaves(found), strict=True)
    for want, got in pairs:
        np.testing.assert_allclose(np.asarray(got), want, rtol=1e-12)
    assert jitted.stage(args, {})[2].text().count("stablehlo.while") == loops


def squares(x, out, times=1):
    def body(v):
        for i in range(times):
            mutate(out, "append")(v * v + i)
        return ()

    for_(x, body, (), ())
    return out


def test_reads():
    def f(x):
        out = squares(x, list_())
        last = out[x[0].astype(int) - 2]
        return np.stack(out), np.array(out), out[0], out[-1], last, len(out), sum(out), out[2:4]

    same(f, V, loops=1)


def test_the_list_itself_as_a_result():
    same(lambda x: squares(x, list_()), V, loops=1)
    assert type(s2s.jit(lambda x: squares(x, list_()))(V)) is list


def test_entries_before_and_after():
    def f(x):
        out = squares(x, list_([x[0], 2.0]), times=2)
        squares(x[:3], out)
        out.append(x[1])
        out[0] = out[0] * 2
        return np.stack(out), out.pop(), len(out)

    same(f, V, loops=3)


def test_what_reverse_mode_does():
    def f(w, x):
        saved = list_()

        def forward(t, h):
            out = np.tanh(h @ w + x[t])
            mutate(saved, "append")((out, h, w, t, 3.5, None))
            return (out,)

        def backward(item, h_bar, w_bar):
            out, h, w, t, factor, _ = item
            bar = h_bar * (1 - out**2) * factor * (t + 1)
            return bar @ w.T, w_bar + np.outer(h, bar)

        for_(range_(5), forward, (np.zeros(3),), ("h",))
        return for_(reversed_(saved), backward, (np.ones(3), np.zeros((3, 3))), ("h_bar", "w_bar"))[1]

    same(f, np.eye(3) / 2, M, loops=2)


def test_lists_in_lists_of_different_length():
    def f(m):
        saved = list_()

        def outer(i, t):
            row = list_()

            def inner(j, t):
                mutate(row, "append")((m[i, j], j))
                return (t + m[i, j] ** 2,)

            mutate(saved, "append")((row, i))
            return for_(range_(i, 3), inner, (t,), ("t",))

        def back(item, r):
            row, i = item
            return for_(reversed_(row), lambda pair, r: (r * 0.9 + pair[0] * (i + 1) + pair[1],), (r,), ("r",))

        (t,) = for_(range_(5), outer, (0.0,), ("t",))
        return for_(reversed_(saved), back, (t,), ("r",))[0]

    same(f, M, loops=4)


def test_a_loop_that_stops():
    def f(x):
        saved = list_()

        def body(v, s, stop):
            mutate(saved, "append")(v * 2)
            return s + v, s + v > 7

        s, _ = for_(x, body, (0.0, False), ("s", "stop"), stop="stop")
        (r,) = for_(reversed_(saved), lambda v, r: (r * 0.5 + v,), (0.0,), ("r",))
        return r + s, saved[-1], saved[0]

    same(f, V, loops=2)


def test_a_list_of_unknown_length_is_no_python_list():
    def f(x, use):
        saved = list_()

        def body(v, stop):
            mutate(saved, "append")(v * 2)
            return (v > 3,)

        for_(x, body, (False,), ("stop",), stop="stop")
        return use(saved)

    assert s2s.jit(lambda x: f(x, len))(V) == 4
    for use in (list, lambda saved: saved):
        with pytest.raises(TypeError, match="the length of a list was needed at .*test_staged_lists"):
            s2s.jit(lambda x, use=use: f(x, use))(V)


def test_entries_before_a_loop_that_stops_are_unlike_its_own():
    def f(x):
        saved = list_([(x[0], [x[0]], UNDEFINED)])

        def body(v, stop):
            mutate(saved, "append")((v * 2, [v, v], v * 3))
            return (v > 3,)

        def back(entry, r):
            v, parts, _ = entry
            return (r * 0.5 + v + parts[-1] * len(parts),)

        for_(x, body, (False,), ("stop",), stop="stop")
        (r,) = for_(reversed_(saved), back, (0.0,), ("r",))
        return r, for_(saved, back, (0.0,), ("r",))[0]

    same(f, V, loops=3)


def test_what_is_not_set_in_the_first_entry_lies_beside_the_others():
    def f(x):
        saved = list_([(x[0], UNDEFINED)])

        def body(v, stop):
            mutate(saved, "append")((v * 2, v))
            return (v > 3,)

        for_(x, body, (False,), ("stop",), stop="stop")
        return for_(reversed_(saved), lambda entry, r: (r * 0.5 + entry[0],), (0.0,), ("r",))[0]

    same(f, V, loops=2)


def test_a_list_that_an_inner_loop_appends_to():
    def f(x):
        out = list_()

        def outer(i):
            def inner(j):
                mutate(out, "append")(x[i] * x[j])
                return ()

            for_(range_(3), inner, (), ())
            return ()

        for_(range_(4), outer, (), ())
        return np.stack(out)

    same(f, V, loops=2)


def test_zipped_with_rows():
    def f(x):
        out = squares(x, list_())
        return for_(zip_(out, x), lambda pair, s: (s + pair[0] * pair[1],), (0.0,), ("s",))[0]

    same(f, V, loops=2)


def test_a_list_that_is_read_while_it_grows_is_written_out():
    def f(x):
        out = list_([x[0]])

        def body(v):
            mutate(out, "append")(out[-1] + v)
            return ()

        for_(x, body, (), ())
        return np.stack(out)

    same(f, V, loops=0)


def test_stored_values_of_several_kinds_of_python_number():
    def f(x):
        out = list_()

        def body(i, s):
            mutate(out, "append")({"s": s, "odd": i % 2 == 1, "i": i})
            return (s + x[i],)

        for_(range_(4), body, (0.0,), ("s",))
        entry = out[-1]
        return entry["s"], entry["odd"], entry["i"]

    same(f, V, loops=1)


def test_an_array_that_changes_after_it_was_appended():
    def f(x):
        out, h = list_(), x * 0

        def body(v):
            h[0] = v
            mutate(out, "append")(h)
            return ()

        for_(x, body, (), ())
        return np.stack(out)

    same(f, V, loops=1)
