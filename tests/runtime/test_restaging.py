"""Functions that are staged warily: NumPy arrays that staged indices select from, lengths that values decide."""

import numpy as np
import pytest

import s2s

TABLE = np.arange(10.0)
GRID = np.arange(12.0).reshape(3, 4)
TABLES = {"a": TABLE, "b": [TABLE, TABLE**2]}


def element(table, i):
    return table[i]


def from_parameters(x, places):
    total = 0.0
    for i in places:
        total = total + element(TABLE, i) * x[i]
    return total


def from_containers(x, places):
    total = 0.0
    for i in places:
        total = total + TABLES["a"][i] * TABLES["b"][1][i] * x[i] + GRID[i % 3, 1]
    return total


X, PLACES = np.linspace(0.5, 1.5, 10), np.array([1, 2, 3] * 3)


@pytest.mark.parametrize("function", [from_parameters, from_containers])
def test_a_staged_index_selects(function):
    expected = function(X, PLACES)
    np.testing.assert_allclose(s2s.jit(function)(X, PLACES), expected)
    bar = s2s.grad(function)(X, PLACES)
    np.testing.assert_allclose(s2s.jit(s2s.grad(function))(X, PLACES), bar)
    # the gradient's text is written anew each time that this is staged
    np.testing.assert_allclose(s2s.jit(lambda x, places: s2s.grad(function)(x, places))(X, PLACES), bar)


def test_the_loop_stays_rolled():
    def f(x):
        total = 0.0
        for i in range(len(x)):
            total = total + element(TABLE, i % 10) * x[i]
        return total

    def operations(n):
        return s2s.jit(f).lower(np.ones(n)).as_text().count("stablehlo.")

    assert operations(20) == operations(200)


def test_a_constant_cotangent():
    def recurrence(x):
        a = np.zeros(8)
        for i in range(1, 8):
            a[i] = np.tanh(a[i - 1]) + x[i]
        return a

    def second(x):
        bar, back = s2s.vjp(s2s.grad(lambda x: np.sum(recurrence(x))), x)
        return back(np.ones(8))[0]

    x = np.linspace(-1.0, 1.0, 8)
    np.testing.assert_allclose(s2s.jit(second)(x), second(x), rtol=1e-12)


def writes_a_row(x, i):
    GRID[i][1] = x
    return x


def writes_a_row_by_name(x, i):
    row = GRID[i]
    row[0] = x
    return x + GRID[0, 0]


@pytest.mark.parametrize("function", [writes_a_row, writes_a_row_by_name])
def test_a_write_into_it_is_refused(function):
    before = GRID.copy()
    with pytest.raises(TypeError, match="written into a NumPy array that is not created here at .*test_restaging.py"):
        s2s.jit(function)(np.asarray(1.0), np.asarray(0))
    np.testing.assert_array_equal(GRID, before)


def average(values):
    total = 0.0
    for k in range(len(values)):
        total = total + values[k]
    return total / len(values)


def average_of_positive(x):
    return average([v * v for v in x if v > 0]) + average(x[x < 0])


def test_a_callee_asks_for_a_length_that_values_decide():
    x = np.array([0.5, -1.0, 2.0, -0.25, 3.0])
    np.testing.assert_allclose(s2s.jit(average_of_positive)(x), average_of_positive(x))
    assert "staged(len)(values)" in s2s.jit(average_of_positive).source
