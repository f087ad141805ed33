"""Typical mistakes: what, where and why, and what to write instead, as text; compiled or not."""

import numpy as np
import pytest

import s2s

X = np.array([1.5, 2.0, 3.0])
OUTSIDE = np.zeros(3)
COUNT = 0


def shape_in_a_loop(x):
    h = x
    for _ in range(3):
        h = np.concatenate((h, x)) @ np.ones((3, 3))
    return np.sum(h)


def other_shape_on_one_side(x):
    if x[0] > 0:
        y = x * 2
    else:
        y = x[0]
    return np.sum(y)


def carry_that_grows(x):
    h = x
    while np.sum(h) < 100:
        h = np.concatenate((h, h))
    return np.sum(h)


def misspelled(x):
    total = np.sum(x)
    return totl * total  # noqa: F821


def out_of_range(x):
    return x[7] * 2


def writes_a_global(x):
    global COUNT
    COUNT = COUNT + 1
    return np.sum(x) * COUNT


def writes_outside(x):
    OUTSIDE[0] = x[0]
    return np.sum(OUTSIDE * x)


def ambiguous(x):
    if x > 0:
        x = -x
    return np.sum(x)


def missing_attribute(x):
    return np.sum(x.total)


def vector_to_float(x):
    return float(x) * 2


EAGER, STAGED = s2s.grad, s2s.jit
# The transformation, the function, the line of it that is named, and parts of the message, in order.
MISTAKES = [
    (EAGER, shape_in_a_loop, 3, ["mismatch", "3 is different from 6"]),
    (STAGED, shape_in_a_loop, 3, ["matmul: shapes (6,) and (3, 3) do not fit"]),
    (STAGED, other_shape_on_one_side, 1, ["'y' differs in shape", "float64[3] and float64[]", "give it the same"]),
    (STAGED, carry_that_grows, 2, ["'h' changes its shape in a loop", "float64[3] and float64[6]"]),
    (EAGER, misspelled, 2, ["name 'totl' is not defined"]),
    (STAGED, misspelled, 2, ["name 'totl' is not defined"]),
    (EAGER, out_of_range, 1, ["index 7 is out of bounds for axis 0 with size 3"]),
    (STAGED, out_of_range, 1, ["index 7 is out of bounds for axis 0 with size 3"]),
    (EAGER, writes_a_global, 2, ["writing 'COUNT'", "is a side effect", "return the value and assign it outside"]),
    (EAGER, writes_outside, 1, ["writing into 'OUTSIDE'", "made outside of the function", "own = OUTSIDE.copy()"]),
    (STAGED, writes_outside, 1, ["a staged value is written into a NumPy array", "make it inside"]),
    (EAGER, ambiguous, 1, ["truth value", "a.any() or a.all()"]),
    (STAGED, ambiguous, 1, ["truth value of an array with 3 elements is ambiguous", ".any() or .all()"]),
    (EAGER, missing_attribute, 1, ["the attribute 'total' has no derivative rule"]),
    (STAGED, missing_attribute, 1, ["no attribute 'total'"]),
    (STAGED, vector_to_float, 1, ["only an array of one element has a float", "shape (3,)"]),
]


def name(value):
    return value.__name__ if callable(value) else None


@pytest.mark.parametrize(("transformation", "function", "offset", "parts"), MISTAKES, ids=name)
def test_the_message_names_the_line_and_the_cause(transformation, function, offset, parts):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of many types
        transformation(function)(X)
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    place = f"{__file__}:{function.__code__.co_firstlineno + offset}"
    assert place in text, text
    positions = [text.find(part) for part in parts]
    assert -1 not in positions and positions == sorted(positions), text
    assert text.count(place) == 1, text


def test_a_mistake_is_one_message():
    with pytest.raises(s2s.UnsupportedError) as caught:
        s2s.grad(writes_outside)(X)
    assert "is read here" not in str(caught.value)


def dtype_that_changes(x):
    n = 0
    while n < 5 * x[0]:
        n = n + 0.5
    return n * x[0]


def test_a_carry_whose_dtype_changes_once():
    assert s2s.jit(dtype_that_changes)(X) == dtype_that_changes(X)


def index_of_data(x):
    return x[(x[0] * 100).astype(int)] * 2


def test_an_index_of_data_out_of_range_gives_nan():
    assert np.isnan(s2s.jit(index_of_data)(X))
    with pytest.raises(IndexError):
        index_of_data(X)


def test_arguments_are_not_written():
    def doubled(x):
        x[0] = 2.0 * x[0]
        return np.sum(x * x)

    given = X.copy()
    s2s.jit(doubled)(given)
    s2s.grad(doubled)(given)
    np.testing.assert_array_equal(given, X)


def set_on_one_side(x):
    if x[0] < 2:
        y = x * 2
    for i in range(3):
        if x[i] < 2:
            z = x[i]
    if x[0] < 2:
        print(y[0])
    return np.sum(y) + z


def test_a_variable_that_the_path_taken_does_not_set(capfd):
    compiled = s2s.jit(set_on_one_side)
    assert compiled(X) == set_on_one_side(X)
    assert capfd.readouterr().out == "3.0\n3.0\n"
    for function in (set_on_one_side, compiled):
        with pytest.raises(UnboundLocalError, match="local variable 'y'") as caught:
            function(X + 1)
    assert f"{__file__}:{set_on_one_side.__code__.co_firstlineno + 8}" in caught.value.__notes__[0]
