"""Globals, closures and defaults: what a name stands for when the emitted code runs, also after it was rebound."""

import math

import numpy as np
import pytest

import s2s
from s2s.codegen.reading.source import function_from_string
from tests.programs import calls, other_module


def namespace(text, name="f", **names):
    """A function of a little module, and the module's globals, which the test rebinds."""
    function = function_from_string(text, {"np": np, "math": math, **names}, name=name)
    return function, function.__globals__


class TestGlobals:
    def test_constant(self):
        f, names = namespace("K = 2.0\ndef f(x):\n    return K * x")
        gradient, tangent = s2s.grad(f), s2s.jvp(f)
        assert gradient(1.0) == 2.0
        names["K"] = 7.0
        assert gradient(1.0) == 7.0
        assert tangent((1.0,), (1.0,)) == (7.0, 7.0)

    def test_constant_of_another_kind(self):
        """Text written for a number adds nothing up; for an array, it has to."""
        f, names = namespace("K = 2.0\ndef f(x):\n    return np.sum(K * x)")
        gradient = s2s.grad(f)
        assert gradient(1.0) == 2.0
        names["K"] = np.array([1.0, 2.0, 3.0])
        assert gradient(1.0) == 6.0
        names["K"] = 3.0
        assert gradient(1.0) == 3.0

    def test_callee(self):
        f, names = namespace("def h(x):\n    return x * x\ndef f(x):\n    return h(x) * 2.0")
        gradient = s2s.grad(f)
        assert gradient(3.0) == 12.0
        names["h"] = np.sin
        assert gradient(0.0) == 2.0
        names["h"] = namespace("def h(x):\n    return x * 5.0", "h")[0]
        assert gradient(3.0) == 10.0

    def test_callee_of_callee(self):
        f, names = namespace("def g(x):\n    return x\ndef h(x):\n    return g(x)\ndef f(x):\n    return h(x)")
        gradient = s2s.grad(f)
        assert gradient(3.0) == 1.0
        names["g"] = np.exp
        assert gradient(0.0) == 1.0
        names["g"] = np.cos
        assert gradient(0.0) == 0.0

    def test_library_function(self):
        f, names = namespace("s = math.sin\ndef f(x):\n    return s(x)")
        gradient = s2s.grad(f)
        assert gradient(0.0) == 1.0
        names["s"] = math.cos
        assert gradient(0.0) == 0.0

    def test_rebinding_is_seen_through_second_order(self):
        f, names = namespace("K = 2.0\ndef h(x):\n    return x**3\ndef f(x):\n    return K * h(x)")
        second = s2s.grad(s2s.grad(f))
        assert second(1.0) == 12.0
        names["K"] = 1.0
        assert second(1.0) == 6.0
        names["h"] = np.exp
        assert second(0.0) == 1.0

    def test_transformed_callee(self):
        f, names = namespace("def f(x):\n    return slope(x) * x", slope=s2s.grad(np_square))
        gradient = s2s.grad(f)
        assert gradient(3.0) == 12.0
        names["slope"] = s2s.grad(np_cube)
        assert gradient(1.0) == 9.0


def np_square(x):
    return x**2


def np_cube(x):
    return x**3


class TestClosures:
    def test_value(self):
        factor = 2.0

        def f(x):
            return factor * x

        gradient = s2s.grad(f)
        assert gradient(1.0) == 2.0
        factor = np.float64(3.0)
        assert gradient(1.0) == 3.0

    def test_function(self):
        inner = np.sin

        def f(x):
            return inner(x)

        gradient = s2s.grad(f)
        assert gradient(0.0) == 1.0
        inner = np.cos
        assert gradient(0.0) == 0.0

    def test_variable_that_shadows_a_global_of_the_callee(self):
        SCALE = 100.0

        def f(x):
            return calls.helper(x) * SCALE

        expected = 100.0 * calls.SCALE
        np.testing.assert_allclose(s2s.grad(f)(0.0), expected)
        np.testing.assert_allclose(s2s.jvp(f, (0.0,), (1.0,))[1], expected)


class TestDefaults:
    """A default was evaluated when the function was defined."""

    @pytest.mark.parametrize("default", ["K", "K + 0.0", "make()", "(K, 1)[0]"])
    def test_value_at_definition(self, default):
        text = f"""
        K = 2.0
        def make():
            return K
        def f(x, k={default}):
            return k * x
        def g(x):
            return f(x)
        """
        _, names = namespace(text)
        f = names["f"]
        g = names["g"]
        names["K"] = 5.0
        assert s2s.grad(f)(1.0) == s2s.grad(g)(1.0) == 2.0
        assert s2s.jvp(f, (1.0,), (1.0,))[1] == s2s.jvp(g, (1.0,), (1.0,))[1] == 2.0
        assert s2s.vjp(g, 1.0)[1](1.0) == (2.0,)

    def test_rebound_after_the_transformation(self):
        f, names = namespace("K = 2.0\ndef f(x, k=K):\n    return k * x")
        gradient = s2s.grad(f)
        assert gradient(1.0) == 2.0
        names["K"] = 5.0
        assert gradient(1.0) == 2.0
        assert "K" not in gradient.source

    def test_array(self):
        f, names = namespace("W = np.array([1.0, 2.0])\ndef f(x, w=W * 2):\n    return np.sum(x * w)")
        np.testing.assert_array_equal(s2s.grad(f)(np.ones(2)), [2.0, 4.0])
        g, _ = namespace("def g(x):\n    return f(x)", "g", f=f)
        np.testing.assert_array_equal(s2s.grad(g)(np.ones(2)), [2.0, 4.0])
        np.testing.assert_array_equal(s2s.jvp(g, (np.ones(2),), (np.ones(2),))[1], 6.0)


class TestOtherModules:
    def test_globals_of_one_name_in_two_modules(self):
        function, args = calls.globals_of_both, (0.6,)
        expected = (function(args[0] + 1e-6) - function(args[0] - 1e-6)) / 2e-6
        np.testing.assert_allclose(s2s.grad(function)(*args), expected, rtol=1e-8)
        np.testing.assert_allclose(s2s.jvp(function, args, (1.0,))[1], expected, rtol=1e-8)

    def test_text_reads_them_there(self):
        source = s2s.grad(calls.globals_of_both).source
        assert "other_module.SCALE" in source
        assert "import math" in source

    def test_rebinding_there_is_seen(self, monkeypatch):
        gradient = s2s.grad(calls.same_names)
        before = gradient(0.3)
        monkeypatch.setattr(other_module, "SCALE", 0.0)
        expected = calls.SCALE * (1 - np.tanh(0.3) ** 2)
        np.testing.assert_allclose(gradient(0.3), expected, rtol=1e-12)
        monkeypatch.undo()
        assert gradient(0.3) == before

    def test_callee_rebound_there(self, monkeypatch):
        gradient = s2s.grad(calls.globals_of_both)
        before = gradient(0.3)
        monkeypatch.setattr(other_module, "helper", np.cos)
        np.testing.assert_allclose(gradient(0.3), -np.sin(0.3) * calls.SCALE + 300.0, rtol=1e-12)
        monkeypatch.undo()
        assert gradient(0.3) == before
