"""The public functions: which arguments are differentiated, what comes back, in which structure and dtype."""

from typing import NamedTuple

import numpy as np
import pytest

import s2s

X = np.array([1.0, -2.0, 3.0])


def product(x, y, z=2.0):
    return np.sum(x * y) * z


def keyword_only(x, *, power=2, scale=1.0):
    return np.sum(x**power) * scale


def position_only(x, /, y):
    return np.sum(x * x * y)


def with_aux(x, y):
    loss = np.sum(x * y)
    return loss, {"twice": 2 * x, "name": "aux"}


class TestArgnums:
    def test_first_by_default(self):
        np.testing.assert_array_equal(s2s.grad(product)(X, 2 * X), 4 * X)

    @pytest.mark.parametrize("argnums", [1, "y", -2])
    def test_by_position_name_and_from_the_end(self, argnums):
        np.testing.assert_array_equal(s2s.grad(product, argnums=argnums)(X, 2 * X), 2 * X)

    @pytest.mark.parametrize("argnums", [(1, 0), ("y", "x"), [1, -3]])
    def test_several_in_the_order_asked_for(self, argnums):
        y_bar, x_bar = s2s.grad(product, argnums=argnums)(X, 3 * X)
        np.testing.assert_array_equal(y_bar, 2 * X)
        np.testing.assert_array_equal(x_bar, 6 * X)

    def test_one_in_a_tuple_comes_in_a_tuple(self):
        gradient = s2s.grad(product, argnums=(1,))(X, X)
        assert isinstance(gradient, tuple)
        assert len(gradient) == 1
        np.testing.assert_array_equal(gradient[0], 2 * X)

    def test_parameter_with_default(self):
        assert s2s.grad(product, argnums="z")(X, X, 5.0) == 14.0
        assert s2s.grad(product, argnums=2)(X, X, z=5.0) == 14.0

    def test_missing_differentiated_argument(self):
        with pytest.raises(TypeError, match="needs the argument 'z', which it differentiates"):
            s2s.grad(product, argnums="z")(X, X)

    @pytest.mark.parametrize(
        ("argnums", "message"), [(3, "out of range"), (-4, "out of range"), ("w", "no parameter 'w'")]
    )
    def test_wrong_ones(self, argnums, message):
        with pytest.raises(ValueError, match=message):
            s2s.grad(product, argnums=argnums)(X, X)


class TestCalls:
    def test_keywords_and_defaults(self):
        np.testing.assert_array_equal(s2s.grad(product)(y=X, x=2 * X), 2 * X)
        np.testing.assert_array_equal(s2s.grad(product)(X, X, z=3.0), 3 * X)
        np.testing.assert_array_equal(s2s.grad(keyword_only)(X, power=3), 3 * X**2)
        np.testing.assert_array_equal(s2s.grad(position_only)(X, y=2.0), 4 * X)
        assert s2s.grad(keyword_only, argnums="scale")(X, scale=2.0) == 14.0

    @pytest.mark.parametrize(
        ("args", "kwargs", "message"),
        [
            ((X,), {}, r"product\(\) is missing the argument 'y'"),
            ((X, X, 1.0, 2.0), {}, r"product\(\) takes 3 arguments but 4 were given"),
            ((X, X), {"w": 1}, r"product\(\) got an unexpected or repeated argument 'w'"),
            ((X, X), {"y": 1}, r"product\(\) got an unexpected or repeated argument 'y'"),
        ],
    )
    def test_wrong_arguments(self, args, kwargs, message):
        with pytest.raises(TypeError, match=message):
            s2s.grad(product)(*args, **kwargs)

    def test_integer_becomes_float_where_the_number_allows(self):
        with pytest.raises(TypeError, match="needs a floating-point value, but it has type int"):
            s2s.grad(product)(3, X)

    def test_same_transformed_function_for_other_kinds_of_arguments(self):
        gradient = s2s.grad(product)
        assert gradient(3.0, 4.0) == 8.0
        np.testing.assert_array_equal(gradient(X, X), 2 * X)
        assert gradient(np.float32(3.0), 4.0) == 8.0


class TestAux:
    def test_grad(self):
        gradient, aux = s2s.grad(with_aux, has_aux=True)(X, 2 * X)
        np.testing.assert_array_equal(gradient, 2 * X)
        np.testing.assert_array_equal(aux["twice"], 2 * X)
        assert aux["name"] == "aux"

    def test_value_and_grad(self):
        (loss, aux), gradient = s2s.value_and_grad(with_aux, argnums=(0, 1), has_aux=True)(X, 2 * X)
        assert loss == 28.0
        assert list(aux) == ["twice", "name"]
        np.testing.assert_array_equal(gradient[1], X)

    def test_vjp(self):
        loss, back, aux = s2s.vjp(with_aux, X, 2 * X, has_aux=True)
        assert loss == 28.0
        assert aux["name"] == "aux"
        np.testing.assert_array_equal(back(2.0)[0], 4 * X)


class TestDecorators:
    def test_plain(self):
        @s2s.grad
        def f(x):
            """The doc."""
            return np.sum(x**3)

        np.testing.assert_array_equal(f(X), 3 * X**2)
        assert f.__name__ == "f"
        assert f.__doc__ == "The doc."
        assert repr(f).startswith("<s2s.grad of ")

    def test_with_options(self, capsys):
        @s2s.value_and_grad(argnums="y", show_source=True)
        def f(x, y):
            return x * y

        assert "def f_value_and_grad(x, y):" in capsys.readouterr().out
        assert f(3.0, 2.0) == (6.0, 3.0)

    def test_method(self):
        class Model:
            weight = 3.0

            def loss(self, x):
                return self.weight * x**2

        assert s2s.grad(Model().loss)(2.0) == 12.0
        assert s2s.value_and_grad(Model().loss, argnums="x")(2.0) == (12.0, 12.0)
        assert s2s.jvp(Model().loss, (2.0,), (1.0,)) == (12.0, 12.0)
        out, back = s2s.vjp(Model().loss, 2.0)
        assert (out, back(1.0)) == (12.0, (12.0,))

    def test_closure_reads_its_variables_when_it_is_called(self):
        factor = 2.0

        def scaled(x):
            return factor * x

        gradient = s2s.grad(scaled)
        assert gradient(1.0) == 2.0
        factor = 5.0
        assert gradient(1.0) == 5.0

    def test_lambda(self):
        assert s2s.grad(lambda x: x * x * x)(2.0) == 12.0


class Point(NamedTuple):
    x: np.ndarray
    label: str


def of_tree(tree):
    return np.sum(tree["a"] ** 2) + tree["b"][0] * tree["b"][1] * tree["n"] + np.sum(tree["p"].x)


TREE = {"a": X, "b": [2.0, 3.0], "n": 4, "p": Point(X, "name"), "none": None, "text": "t", "flag": True, "unused": X}


class TestTrees:
    def test_gradient_has_the_structure_of_the_argument(self):
        gradient = s2s.grad(of_tree)(TREE)
        assert list(gradient) == list(TREE)
        np.testing.assert_array_equal(gradient["a"], 2 * X)
        assert gradient["b"] == [12.0, 8.0]
        assert isinstance(gradient["p"], Point)
        np.testing.assert_array_equal(gradient["p"].x, np.ones(3))

    def test_leaves_without_derivative(self):
        gradient = s2s.grad(of_tree)(TREE)
        np.testing.assert_array_equal(gradient["unused"], np.zeros(3))
        assert gradient["n"] == 0
        assert gradient["none"] is None

    def test_vjp_has_a_structured_cotangent(self):
        def both(x, y):
            return {"sum": x + y, "parts": (x * y, [x])}

        out, back = s2s.vjp(both, X, 2 * X)
        x_bar, y_bar = back({"sum": np.ones(3), "parts": (np.zeros(3), [np.ones(3)])})
        np.testing.assert_array_equal(x_bar, 2 * np.ones(3))
        np.testing.assert_array_equal(y_bar, np.ones(3))
        with pytest.raises(TypeError, match="needs the keys"):
            back({"sum": np.ones(3)})
        with pytest.raises(TypeError, match="to be a tuple of 2 entries"):
            back({"sum": np.ones(3), "parts": (np.zeros(3),)})
        with pytest.raises(TypeError, match=r"the cotangent has shape \(2,\), but the result has shape \(3,\)"):
            back({"sum": np.ones(2), "parts": (np.zeros(3), [np.ones(3)])})

    def test_empty_containers(self):
        def f(x, rest):
            return np.sum(x)

        assert s2s.grad(f, argnums=(0, 1))(X, [])[1] == []
        assert s2s.grad(f, argnums=(0, 1))(X, {})[1] == {}


def chain(x, w):
    return np.sum(np.tanh(x * 2) @ w + 1) / 3


class TestDtypes:
    @pytest.mark.parametrize("shape", [(4, 3), (3,)])
    def test_float32_stays(self, shape):
        x, w = np.ones(shape, np.float32), np.ones(3, np.float32)
        value, (x_bar, w_bar) = s2s.value_and_grad(chain, argnums=(0, 1))(x, w)
        assert value.dtype == x_bar.dtype == w_bar.dtype == np.float32
        assert s2s.jvp(chain, (x, w), (x, w))[1].dtype == np.float32

    @pytest.mark.parametrize("one", [np.float32(1.5), np.array(1.5, np.float32)])
    def test_float32_scalars_stay(self, one):
        functions = (lambda x: np.sin(x) * 2.0 + x**2, lambda x: x / 3 - 1, lambda x: np.sqrt(x) * np.maximum(x, 0.5))
        for function in functions:
            assert np.asarray(s2s.grad(function)(one)).dtype == np.float32
            assert np.asarray(s2s.jvp(function, (one,), (one,))[1]).dtype == np.float32

    def test_float32_through_a_loop(self):
        def f(x):
            h = x
            for i in range(3):
                h = np.tanh(h * 0.5 + i)
            return np.mean(h)

        assert s2s.grad(f)(X.astype(np.float32)).dtype == np.float32

    def test_python_floats_stay_python_floats_or_become_float64(self):
        assert isinstance(s2s.grad(lambda x: x * x)(3.0), float)
        assert np.asarray(s2s.grad(lambda x: np.sin(x))(3.0)).dtype == np.float64

    def test_mixed_dtypes_each_keep_their_own(self):
        x, y = np.ones(3, np.float32), np.ones(3)
        x_bar, y_bar = s2s.grad(lambda x, y: np.sum(x * y), argnums=(0, 1))(x, y)
        assert (x_bar.dtype, y_bar.dtype) == (np.float32, np.float64)


class TestUnused:
    def test_arguments_get_zeros(self):
        def f(x, y):
            return np.sum(x)

        y_bar = s2s.grad(f, argnums=1)(X, np.ones((2, 2), np.float32))
        np.testing.assert_array_equal(y_bar, np.zeros((2, 2)))
        assert y_bar.dtype == np.float32
        assert s2s.grad(f, argnums=1)(X, 3.0) == 0.0

    def test_vjp_gives_one_cotangent_an_argument(self):
        _, back = s2s.vjp(lambda x, n, s, y: x * n, 2.0, 3, "text", X)
        x_bar, n_bar, s_bar, y_bar = back(1.0)
        assert (x_bar, n_bar, s_bar) == (3.0, 0, None) or (x_bar, n_bar, s_bar) == (3.0, 0, "text")
        np.testing.assert_array_equal(y_bar, np.zeros(3))
