"""Reverse mode through staged loops: what emitted gradients save are staged lists, and no loop is written out."""

import numpy as np
import pytest

import s2s

X = np.random.default_rng(0).normal(size=(7, 3))
V = np.array([0.5, 1.5, 2.5, 3.5, 0.1])


def same(function, *args, loops):
    jitted = s2s.jit(s2s.grad(function))
    np.testing.assert_allclose(np.asarray(jitted(*args)), s2s.grad(function)(*args), rtol=1e-10, atol=1e-14)
    text = jitted.stage(args, {})[2].text()
    assert text.count("stablehlo.while") == loops
    return text


def rnn(w, x):
    h = np.zeros(3)
    for t in range(len(x)):
        h = np.tanh(h @ w + x[t])
    return np.sum(h)


def test_the_operations_do_not_depend_on_the_number_of_steps():
    short = same(rnn, np.eye(3) / 2, X, loops=2)
    long = s2s.jit(s2s.grad(rnn)).stage((np.eye(3), np.zeros((500, 3))), {})[2].text()
    assert long.count("\n") == short.count("\n")


def test_rows_of_an_array():
    def f(x):
        s = 0.0
        for row in x:
            s = np.sin(s) + row @ row
        return s

    same(f, X, loops=2)


def test_branches_and_breaks():
    def f(x):
        s = 0.0
        for v in x:
            if v > 3:
                break
            if v > 1:
                s = s + np.sin(v) * v
            else:
                s = s * v
        return s

    same(f, V, loops=2)
    same(f, -V, loops=2)


def test_a_user_list():
    def f(x):
        out = []
        h = 0.0
        for v in x:
            h = 0.9 * h + v
            out.append(h * h)
        return np.sum(np.stack(out) ** 2)

    same(f, V, loops=2)


def test_a_while_loop():
    def f(a):
        x = a
        while np.sum(abs(x * x - a)) > 1e-12:
            x = 0.5 * (x + a / x)
        return np.sum(x)

    same(f, V, loops=7)  # there, from one checkpoint to the next, and back, computing what was saved again


def test_a_staged_number_of_iterations():
    def f(x, n):
        y = x
        for i in range(n):
            y = np.sin(y) + 0.1 * i
        return np.sum(y)

    jitted = s2s.jit(s2s.grad(f))
    for n in (0, 3, 6):
        np.testing.assert_allclose(np.asarray(jitted(V, n)), s2s.grad(f)(V, n), rtol=1e-12)
    assert len(jitted._compiled) == 1


def test_nested_loops_of_different_length():
    def f(m):
        t = 0.0
        for i in range(5):
            for j in range(i, 3):
                t = t + m[i, j] * m[i, 0] * (i - j)
        return t

    same(f, X, loops=4)


@pytest.mark.parametrize("x", [V, -V])
def test_a_value_that_one_branch_alone_computes(x):
    def f(x):
        if x.sum() > 0:
            y = np.sin(x) * x
        else:
            y = x
        return np.sum(y * x)

    same(f, x, loops=0)


def test_a_while_loop_whose_first_iterations_run_in_python():
    def f(x):
        i, s = 0, 0.0
        while True:
            i += 1
            s = s + np.sum(x) / i
            if s > 9.0 or i > 20:
                break
        return s * s

    same(f, V, loops=7)


def test_what_all_iterations_of_an_inner_loop_save_belongs_to_one_of_the_outer():
    def step(t, k):
        return np.tanh(t * k)

    def f(x):
        y = x[0]
        for e in x:
            e = np.tanh(y * e)
            for _ in range(2):
                y = step(e, y) + y
        return y

    same(f, V, loops=4)
