"""Gradients of loops whose number of iterations is not known: what they saved is computed again, in windows."""

import numpy as np
import pytest

import s2s
from s2s.runtime import recomputation

X = np.array([0.3, 1.7, -0.4])


@pytest.fixture
def small(monkeypatch):
    """Windows of 4 iterations and 3 checkpoints, so that a few iterations come to all cases."""
    monkeypatch.setattr(recomputation, "WINDOW", 4)
    monkeypatch.setattr(recomputation, "SLOTS", 3)
    monkeypatch.setattr(recomputation, "_LEAST", 1)


def rotation(x, angle, n):
    """Of length one all the way: nothing of it may be forgotten."""
    a, b = x, 0.0 * x
    k = 0
    while k < n:
        a, b = a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)
        k += 1
    return a * a * a


def rotation_grad(x, angle, n):
    a = x * np.cos(n * angle)
    return 3 * a * a * np.cos(n * angle), -3 * a * a * x * n * np.sin(n * angle)


def test_long_loops_that_do_not_contract():
    gradient = s2s.jit(s2s.grad(rotation, argnums=(0, 1)))
    for n in (0, 1, 1023, 1024, 1025, 20_000, 300_000):
        found = gradient(0.7, s2s.device_put(0.3), s2s.device_put(n))
        np.testing.assert_allclose([np.asarray(v) for v in found], rotation_grad(0.7, 0.3, n), rtol=1e-7)
    assert len(gradient._compiled) == 1


def test_windows_and_checkpoints(small):
    """More iterations than all windows have only move the checkpoints apart."""
    gradient = s2s.jit(s2s.grad(rotation, argnums=(0, 1)))
    for n in (0, 1, 3, 4, 5, 11, 12, 13, 24, 37):
        found = gradient(0.7, 0.3, s2s.device_put(n))
        np.testing.assert_allclose([np.asarray(v) for v in found], rotation_grad(0.7, 0.3, n), rtol=1e-12, atol=1e-15)


def logistic_map(x, r):
    y, k = x, 0
    while k < 40 and y < 0.97:
        y = r * y * (1.0 - y)
        k += 1
    return y + 0.01 * k


def hailstones(x):
    """Which branch an iteration takes depends on the one before."""
    y, steps, total = x, 0, 0.0
    while y > 1.5 and steps < 60:
        if np.floor(y) % 2.0 < 1.0:
            y = y / 2.0
        else:
            y = 3.0 * y + 1.0
            total = total + np.sin(y)
        steps = steps + 1
    return total * y


def whiles_in_a_while(x):
    total, y = 0.0, x
    while y < 40.0:
        z = y
        while z > 0.5:
            z = z * np.cos(y * 0.01) * 0.8
            total = total + z * x
        y = y * 1.5 + z
    return total


def a_while_in_a_for(x):
    total = 0.0
    for v in x:
        scale = np.exp(-v)
        y = v * v
        while y < 9.0:
            y = y * (1.1 + 0.1 * scale) + 0.3
            total = total + y * scale
    return total


def a_while_in_a_branch(x):
    y = x
    if x > 0:
        while y < 30.0:
            y = y * 1.2 + 0.1 * x
    else:
        y = x * x
    return y * x


def left_early(x):
    y, k = x, 0
    while True:
        k += 1
        if k % 3 == 0:
            continue
        y = y + np.sin(y) * 0.3
        if y > 3.0 or k > 50:
            break
    return y * k


def an_array_that_is_written(x):
    y, i, s = np.zeros(60), 1, x
    while s < 9.0:
        s = s * 1.05 + 0.2
        y[i] = s * y[i - 1] + x
        i += 1
    return np.sum(y)


PROGRAMS = {
    logistic_map: (0.4, 3.7),
    hailstones: (27.3,),
    whiles_in_a_while: (0.9,),
    a_while_in_a_for: (np.array([0.3, -0.7, 1.1]),),
    a_while_in_a_branch: (0.6,),
    left_early: (0.2,),
    an_array_that_is_written: (0.4,),
}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_the_same_as_in_python(small, program):
    arguments = tuple(map(s2s.device_put, PROGRAMS[program]))
    gradient = s2s.grad(program)
    np.testing.assert_allclose(
        np.asarray(s2s.jit(gradient)(*arguments)), gradient(*PROGRAMS[program]), rtol=1e-9, atol=1e-12
    )


def test_forward_over_reverse(small):
    def f(x, v):
        return s2s.jvp(s2s.grad(a_while_in_a_branch), (x,), (v,))[1]

    np.testing.assert_allclose(np.asarray(s2s.jit(f)(0.6, 1.0)), f(0.6, 1.0), rtol=1e-8)


def test_what_is_printed_is_printed_once(small, capfd):
    def f(x):
        y = x
        while y < 9.0:
            if y > 2.0:
                print(f"{y:.2f}")
            y = y * 1.5
        return y * y

    s2s.jit(s2s.grad(f))(1.0)
    assert capfd.readouterr().out.split() == ["2.25", "3.38", "5.06", "7.59"]


def test_wide_carries_have_fewer_checkpoints():
    wide, scalar = s2s.runtime.aval.Aval((2**20,), np.dtype(float)), s2s.runtime.aval.Aval((), np.dtype(float))
    assert recomputation._rows_of([wide], 1024) == recomputation._LEAST
    assert recomputation._rows_of([scalar], 1024) == recomputation._rows_of([], 1024) == 1024
