"""Calls that staged arrays cannot pass through give the same values and dtypes under jit as in Python and NumPy."""

import copy
import functools
import math

import numpy as np
import pytest

import s2s
from s2s.runtime.staged_calls import staged
from s2s.runtime.staged_math import MATH

TABLE = np.array([1.0, 2.0, 3.0])
V = np.array([0.5, 2.0, -1.0])
UNARY = "sin cos tan sinh cosh tanh exp expm1 exp2 log2 log10 log1p sqrt fabs cbrt degrees radians asinh atan erf erfc"


def same(function, *args, rtol=1e-12):
    expected, found = function(*copy.deepcopy(args)), s2s.jit(function)(*args)
    expected, found = (x if isinstance(x, tuple) else (x,) for x in (expected, found))
    assert len(expected) == len(found)
    for want, got in zip(expected, found, strict=True):
        np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=rtol)
        assert np.asarray(got).dtype == np.asarray(want).dtype
        assert np.shape(got) == np.shape(want)


@pytest.mark.parametrize("name", [*UNARY.split(), "asin", "acos", "atanh", "gamma", "lgamma", "floor", "ceil", "trunc"])
def test_math(name):
    function = getattr(math, name)
    same(lambda x: function(x), 0.7, rtol=1e-11)


def test_math_of_several_arguments():
    same(lambda x, y: (math.atan2(y, x), math.hypot(x, y, 1.0), math.log(x, 2), math.log(x), math.pow(x, y)), 0.7, 1.1)
    same(lambda x, y: (math.fmod(x, y), math.copysign(x, -y), math.prod([x, y, 2]), math.fsum([x, y])), 0.7, 1.1)
    same(lambda x, y: (math.isnan(x), math.isinf(y), math.isfinite(x)), 0.7, float("inf"))


def test_acosh():
    same(lambda x: math.acosh(x), 1.7)


def test_math_computes_in_float64():
    out = s2s.jit(lambda x: math.sin(x))(np.float32(0.7))
    assert np.asarray(out) == math.sin(np.float32(0.7))


def test_math_of_an_array_is_refused():
    with pytest.raises(TypeError, match=r"only an array of one element has a float, .*\(3,\) at .*test_staged"):
        s2s.jit(lambda x: math.sin(x))(V)


def test_every_math_counterpart_is_itself_on_python_numbers():
    for original, counterpart in MATH.items():
        if original in (math.fsum, math.prod):
            assert counterpart([0.5, 0.25]) == original([0.5, 0.25])
        else:
            count = 2 if original in (math.atan2, math.pow, math.fmod, math.copysign) else 1
            arguments = (2.0, 3) if original is math.ldexp else (1.0 if original is math.acosh else 0.5,) * count
            assert repr(counterpart(*arguments)) == repr(original(*arguments))


def test_casts():
    same(lambda x: (float(x), int(x), bool(x), complex(x)), 1.7)
    same(lambda x: (float(x), int(x), bool(x)), np.int32(-3))
    same(lambda x: (int(x), round(x)), -2.5)
    same(lambda v: (np.float32(v[0]), np.int64(v), np.float64(v[1])), V)


def test_rounding():
    same(lambda v: (round(v[0]), round(v[1] * 1.25), round(v[0] * 1.23456, 2)), V)
    with pytest.raises(NotImplementedError, match="np.round"):
        s2s.jit(lambda x: round(x, 2))(2.675)


@pytest.mark.parametrize("function", [max, min])
def test_extrema(function):
    same(lambda x, y: (function(x, y), function(x, 1.0), function([x, y, 0.5])), 0.7, 1.1)
    same(lambda v: (function(v), function(v[0], v[1], v[2])), V)
    same(lambda v: function(v), np.array([3, 1, 2]))


@pytest.mark.parametrize("values", [[np.nan, 1.0, 2.0], [1.0, np.nan, 2.0], [2.0, np.nan, 1.0], [np.nan] * 3])
@pytest.mark.parametrize("function", [max, min])
def test_extrema_with_nan_are_pythons(function, values):
    same(lambda v: (function(v), function(v[0], v[1], v[2])), np.array(values))


def test_sums_and_truth():
    same(lambda v: (sum(v), sum([v[0], 2, v[1]]), sum(v, 1.0), sum(x * x for x in v)), V)
    same(lambda v: (any(v > 0.5), all(v > -3), any([v[0] > 9, v[1] > 9]), all([v[0] > 0, True])), V)
    same(lambda v: divmod(v[0], 0.3), V)


def test_constructors():
    same(lambda v: (np.array([v[0], 1, v[1]]), np.asarray([[v[0], 2.0], [3, v[1]]]), np.full((2, 2), v[0])), V)
    same(lambda v: (np.array([v, v * 2.0]), np.array(v, np.float32), np.array([v[0]], ndmin=2)), V)
    same(lambda v: np.full_like(TABLE, v[0], np.float32), V)
    same(lambda x: np.array([x, np.float32(2)]), np.float32(1))
    same(lambda x: np.array([x, 2]), 1.5)
    same(lambda x: np.array([x, 2]), 1)


def test_constructor_options_that_mean_something_are_refused():
    with pytest.raises(NotImplementedError, match="order='F'"):
        s2s.jit(lambda x: np.array([x, x], order="F"))(1.0)


def test_a_numpy_constant_is_indexed_by_a_staged_value():
    same(lambda i, x: TABLE[i] * x, np.int64(1), 2.0)
    same(lambda i: TABLE[i], np.array([2, 0]))


def test_isinstance_and_type():
    same(lambda v: (isinstance(v, np.ndarray), isinstance(v, float), isinstance(v, (list, float))), V)
    same(lambda v: type(v) is np.ndarray, V)
    same(lambda x: (isinstance(x, float), isinstance(x, np.ndarray), isinstance(x, int), type(x) is float), 1.5)
    same(lambda n: (isinstance(n, int), isinstance(n, (bool, float))), 3)


def test_isinstance_that_cannot_be_known_is_refused():
    with pytest.raises(TypeError, match="np.ndim"):
        s2s.jit(lambda x: isinstance(x, np.ndarray))(np.float64(1.0))


def test_functions_as_values():
    def inner(z):
        return math.sin(z)

    same(lambda v: functools.reduce(max, [v[0], v[1], inner(v[2])]), V)
    same(lambda v: sum(map(inner, [v[0], v[1]])), V)
    same(lambda x: functools.partial(inner, x)(), 0.3)


def test_construction_methods_and_calls_of_objects():
    class Base:
        def __init__(self, weight):
            self.weight = math.exp(weight)

    class Layer(Base):
        def __init__(self, weight, bias):
            super().__init__(weight)
            self.kind = "array" if isinstance(bias, np.ndarray) else "number"
            self.bias = bias

        def __call__(self, x):
            return math.tanh(x) * self.weight

        def apply(self, x):
            return self(x) + (self.bias if self.kind == "number" else self.bias[0])

    same(lambda x, v: (Layer(x, 2.0).apply(x), Layer(x, v).apply(x)), 0.3, V)


def test_updates_are_seen_under_all_names_of_an_array():
    def shared(x):
        y = x * 2.0
        z = y
        part = y[1:]
        z += 1.0
        part *= 3.0
        xs = [y]
        xs[0] -= 5.0
        return y, z, part, xs

    same(shared, V)


def test_updates_of_numbers_and_own_arrays():
    def own(x):
        total, table = 0.0, {"n": 1.0}
        for i in range(3):
            total += x[i]
            table["n"] *= x[i]
        y = x * 2.0
        y /= total
        x += 1.0
        return y, total, table["n"], x

    same(own, V)


def test_an_update_keeps_the_dtype():
    def narrow(x):
        y = x * 2
        y += TABLE
        return y

    same(narrow, V.astype(np.float32), rtol=1e-6)


def test_an_update_that_the_dtype_cannot_hold_is_refused():
    def integers(x):
        y = x * 2
        y += 0.5
        return y

    with pytest.raises(TypeError, match="which int64.3. cannot hold"):
        s2s.jit(integers)(np.arange(3))


def test_a_staged_value_is_written_into_an_array_created_here():
    def writes(x):
        y = np.zeros(3)
        y[0] = x[0]
        return y

    same(writes, V)


def test_writing_a_staged_value_into_an_array_from_outside_is_refused():
    def writes(x):
        TABLE[0] = x[0]
        return TABLE

    with pytest.raises(TypeError, match=r"written into a NumPy array at .*test_staged_calls\.py:\d+"):
        s2s.jit(writes)(V)


def test_staged_of_plain_values_is_themselves():
    assert staged(3) == 3 and staged(np.sum) is np.sum
    assert staged(TABLE) is TABLE
    assert staged([1]) == [1]
