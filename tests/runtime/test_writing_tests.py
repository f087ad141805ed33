"""Tests of `while` and `if` that change what the program reads afterwards, staged."""

import numpy as np
import pytest

import s2s

X = np.array([0.42, 0.7, 0.3])


def of_a_nonlocal(x):
    t = 0.0

    def step():
        nonlocal t
        t = t + x[0]
        return t < 2.0

    r = 0.0
    while step():
        r += t
    return r + 10 * t


def of_an_element(x):
    s = [0.0]

    def step():
        s[0] = s[0] + x[0]
        return s[0] < 2.0

    while x[1] > 0 and step():
        pass
    return s[0]


class Counter:
    def __init__(self):
        self.total = 0.0

    def step(self, v):
        self.total = self.total + v
        return self.total < 2.0


def of_an_attribute(x):
    counter = Counter()
    while counter.step(x[0]):
        pass
    return counter.total


def by_a_walrus(x):
    t = 0.0
    while (t := t + x[0]) < 2.0:
        pass
    return t


def with_else_and_continue(x):
    t = 0.0

    def step():
        nonlocal t
        t = t + x[0]
        return t

    r = 0.0
    while step() < 2.0:
        r += t
        if r > 3.0:
            continue
        r += 0.5
    else:
        r += 100.0
    return r


def known_and_long(x):
    n = 0
    t = 0.0

    def step():
        nonlocal n
        n += 1
        return n < 100

    while step():
        t = t + n * x[0]
    return t + n


def of_an_iterator(x):
    rest = iter([1, 2, 3, -1, 4])
    s = 0.0
    while next(rest) > 0:
        s = s + x[0]
    return s


@pytest.mark.parametrize(
    "function",
    [
        of_a_nonlocal,
        of_an_element,
        of_an_attribute,
        by_a_walrus,
        with_else_and_continue,
        known_and_long,
        of_an_iterator,
    ],
)
def test_the_writes_of_a_loops_test_are_carried(function):
    np.testing.assert_allclose(s2s.jit(function)(X), function(X), rtol=1e-12)


def ended_by_any(x):
    t = 0.0

    def step(v):
        nonlocal t
        t = t + v
        return t > 0.5

    r = any(step(v) for v in x)
    return t + r


def test_any_of_values_that_write_is_refused():
    with pytest.raises(s2s.S2SError, match="any or all is to end at the first value .*write a loop with break"):
        s2s.jit(ended_by_any)(X)


def asked_in_python(x):
    rest = iter([1, 2, 3])
    found = any(next(rest) > 1 for _ in range(3))
    return next(rest) * x[0] + found


def makes_its_own(x):
    def is_large(v):
        made = np.zeros(2)
        made[0] = v
        return made.sum() > 0.5

    return 1.0 * any(is_large(v) for v in x) + all(is_large(v) for v in [x[0], x[1]])


def test_any_ends_where_python_ends():
    np.testing.assert_allclose(s2s.jit(asked_in_python)(X), asked_in_python(X))
    np.testing.assert_allclose(s2s.jit(makes_its_own)(X), makes_its_own(X))
