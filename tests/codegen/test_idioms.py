"""Programs as people write them, compiled and in both modes."""

import copy

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError
from tests.codegen.derivative_checks import check_reverse, leaves, program, programs


@pytest.mark.parametrize(("file", "name", "table"), programs("idioms", "numpy_tail"))
def test_compiled_and_in_reverse(file, name, table):
    function, args = program(file, name, table)
    expected = leaves(function(*copy.deepcopy(args)))
    for value, wanted in zip(leaves(s2s.jit(function)(*copy.deepcopy(args))), expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-12)
    check_reverse(function, args)


@pytest.mark.parametrize(
    "name", ["parts_of_arrays", "pivoted", "chains", "index_tricks", "early_flags", "growing_sums"]
)
def test_as_many_rows_as_elements(name):
    """No axis of a row is taken for the batch axis, which is as long here."""
    function, args = program("idioms", name)
    many = [np.stack([x * (1 + 0.1 * k) for k in range(len(x))]) for x in args]
    wanted = [function(*row) for row in zip(*many, strict=True)]
    columns = zip(*wanted, strict=True) if isinstance(wanted[0], tuple) else [wanted]
    for value, column in zip(leaves(s2s.vmap(function)(*many)), columns, strict=True):
        np.testing.assert_allclose(value, np.stack(column), rtol=1e-12)


def writes_first(a, b):
    a[0] = 3.0
    return a * b


def given_twice(x):
    y = x.copy()
    return writes_first(y, y)


def given_by_alias(x):
    y = x.copy()
    z = y
    return writes_first(y, z)


def given_overlapping_views(x):
    y = x.copy()
    return writes_first(y[:3], y[1:4])


def captured_too(x):
    y = x.copy()

    def writes(a):
        a[0] = 3.0
        return a * y

    return writes(y)


@pytest.mark.parametrize("function", [given_twice, given_by_alias, given_overlapping_views, captured_too])
def test_what_is_written_and_given_twice_is_refused(function):
    with pytest.raises(UnsupportedError, match="may be an alias or a view of it"):
        s2s.vjp(function, np.ones(4))


def given_apart(x):
    y = x.copy()
    return writes_first(y[:2], y[2:]) * writes_first(y[0:2], x[:2])


def test_parts_that_are_apart_may_be_given():
    check_reverse(given_apart, (np.array([0.4, -1.1, 0.8, 1.7]),))


def evaluated(x):
    return eval("x * 2.0")


def of_locals(x):
    return locals()["x"] * 2.0


@pytest.mark.parametrize("function", [evaluated, of_locals])
def test_reads_that_the_text_does_not_show_are_refused(function):
    with pytest.raises(UnsupportedError, match="reads variables by names that are known at run time only"):
        s2s.vjp(function, np.ones(4))
