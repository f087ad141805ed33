"""Loops that take entries from lists are one operation, and so are derivatives of derivatives of loops."""

import re

import numpy as np
import pytest

import s2s

X = np.linspace(0.2, 0.9, 8)


def operations(function, *arguments):
    return len(re.findall(r"stablehlo\.\w+", s2s.jit(function).lower(*arguments).as_text()))


def filled(x):
    out = []
    for i in range(len(x)):
        out.append(x[i] * (i + 1.0))
    return out


def taken(x):
    out, total = filled(x), 0.0
    for _ in range(5):
        total = total * 0.5 + out.pop()
    return total + out[-1] * len(out) + sum(out) + np.sum(np.stack(out) ** 2)


def taken_in_pairs(x):
    out, total = filled(x), 0.0
    for _ in range(len(x) // 2):
        a = out.pop()
        total = np.sin(total) + a * out.pop()
    out.append(total)
    return out[0] * len(out)


def taken_until(x):
    out, total = filled(x), 0.0
    while len(out) > 2 and total < 9.0:
        total = total + out.pop()
    return total + out[0]


def appended_again(x):
    out, total = filled(x), 0.0
    for i in range(4):
        a = out.pop()
        out.append(a * 0.5)
        total = total + out[-1] * i
    return total


@pytest.mark.parametrize("function", [taken, taken_in_pairs, taken_until, appended_again])
def test_values_and_gradients(function):
    np.testing.assert_allclose(np.asarray(s2s.jit(function)(X)), function(X), rtol=1e-12)
    if function is not taken_until:
        np.testing.assert_allclose(np.asarray(s2s.jit(s2s.grad(function))(X)), s2s.grad(function)(X), rtol=1e-10)


def test_more_than_there_are():
    def f(x):
        out, total = filled(x), 0.0
        for _ in range(len(x) + 1):
            total = total + out.pop()
        return total

    with pytest.raises(IndexError, match="pop from empty list"):
        np.asarray(s2s.jit(f)(X))


def of_length(count):
    def scalar(x):
        for _ in range(count):
            x = np.sin(x) * x + 0.1
        return x

    def in_place(x):
        y = np.zeros(count) + x
        for i in range(1, count):
            y[i] = np.tanh(y[i - 1]) * x
        return np.sum(y * y)

    def with_a_branch(x):
        s = x * 0.0
        for _ in range(count):
            if s < 1.0:
                s = s + x * x * 0.1
            else:
                s = s * 0.5 * x
        return s

    return scalar, in_place, with_a_branch


@pytest.mark.parametrize("which", range(3))
def test_second_derivatives_have_the_same_operations_whatever_the_length(which):
    def twice(function):
        return s2s.grad(lambda x: s2s.grad(function)(x))

    def forward_over_reverse(function):
        return lambda x: s2s.jvp(s2s.grad(function), (x,), (1.0,))[1]

    short, long = of_length(10)[which], of_length(40)[which]
    for derivative in (twice, forward_over_reverse):
        assert operations(derivative(short), 0.7) == operations(derivative(long), 0.7)
    found = [np.asarray(s2s.jit(derivative(short))(0.7)) for derivative in (twice, forward_over_reverse)]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9)


def test_the_gradient_of_entries_that_are_stacked():
    def of(count):
        def f(x):
            out = []
            for i in range(count):
                x = np.sin(x) + i * 0.01
                out.append(x * x)
            return np.sum(np.stack(out))

        return s2s.grad(f)

    assert operations(of(10), 0.5) == operations(of(40), 0.5)
    np.testing.assert_allclose(np.asarray(s2s.jit(of(10))(0.5)), of(10)(0.5), rtol=1e-12)
