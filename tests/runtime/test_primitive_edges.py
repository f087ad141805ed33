"""Derivatives and updates where formulas break down: zeros, ties, infinities, empty arrays, indices out of bounds."""

import math
from typing import Any

import numpy as np
import pytest

from s2s.runtime import array, dispatch, support
from s2s.runtime.errors import ConcretizationError
from s2s.runtime.jit import jit
from s2s.runtime.primitives.table import METHODS, PRIMITIVES, PROPERTIES, VARIADIC_METHODS, lookup
from tests.runtime.primitive_checks import active_operands, bind, run_vjp

INF, NAN = np.inf, np.nan


def cotangents(name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """What the reverse rule gives each active operand, for a cotangent of ones."""
    primitive = PRIMITIVES[name]
    values = bind(primitive, args, kwargs)
    with np.errstate(all="ignore"):
        out = primitive.functions[0](*args, **kwargs)
        bars = run_vjp(primitive, values, out, np.ones_like(out), active_operands(primitive, values))
    return tuple(bars.values())


@pytest.mark.parametrize(
    ("name", "args", "want"),
    [
        ("power", (0.0, 2.0), (0.0, 0.0)),
        ("power", (0.0, 1.0), (1.0, 0.0)),
        ("power", (0.0, 0.0), (0.0, 0.0)),
        ("power", (-2.0, 3.0), (12.0, NAN)),
        ("power", (2.0, 0.0), (0.0, np.log(2.0))),
        ("sqrt", (0.0,), (INF,)),
        ("cbrt", (0.0,), (INF,)),
        ("absolute", (0.0,), (0.0,)),
        ("maximum", (1.0, 1.0), (0.5, 0.5)),
        ("maximum", (2.0, 1.0), (1.0, 0.0)),
        ("minimum", (-INF, INF), (1.0, 0.0)),
        ("fmax", (NAN, 1.0), (0.0, 1.0)),
        ("clip", (0.5, 0.5, 1.0), (0.5, 0.5, 0.0)),
        ("clip", (2.0, 0.5, 1.0), (0.0, 0.0, 1.0)),
        ("hypot", (0.0, 0.0), (0.0, 0.0)),
        ("logaddexp", (-INF, -INF), (0.0, 0.0)),
        ("logaddexp", (INF, 1.0), (1.0, 0.0)),
        ("logaddexp2", (INF, 1.0), (1.0, 0.0)),
        ("sinc", (0.0,), (0.0,)),
        ("expm1", (-700.0,), (np.exp(-700.0),)),
    ],
)
def test_partial_derivatives(name: str, args: tuple[float, ...], want: tuple[float, ...]) -> None:
    got = cotangents(name, *map(np.float64, args))
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_untaken_side_of_where_is_zero() -> None:
    x_bar, y_bar = (
        run_vjp(PRIMITIVES["where"], {"condition": c, "x": 1.0, "y": 1.0}, 1.0, np.float64(INF), ["x", "y"])["x"]
        for c in (True, False)
    )
    assert (x_bar, y_bar) == (INF, 0.0)


@pytest.mark.parametrize(
    ("name", "x", "want"),
    [
        ("prod", [0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
        ("prod", [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]),
        ("max", [3.0, 1.0, 3.0], [0.5, 0.0, 0.5]),
        ("min", [3.0, 1.0, 1.0], [0.0, 0.5, 0.5]),
        ("std", [2.0, 2.0], [0.0, 0.0]),
        ("var", [2.0, 2.0], [0.0, 0.0]),
        ("logsumexp", [-INF, -INF], [0.0, 0.0]),
        ("logsumexp", [INF, 1.0], [1.0, 0.0]),
        ("sum", [], []),
        ("mean", [INF, 1.0], [0.5, 0.5]),
    ],
)
def test_reductions(name: str, x: list[float], want: list[float]) -> None:
    pytest.importorskip("scipy")
    np.testing.assert_allclose(cotangents(name, np.array(x))[0], want)


def test_repeated_index_of_an_assignment() -> None:
    """What was overwritten has no influence."""
    v_bar = support.set_at_bar(np.arange(4.0), np.array([1, 1, 2]), np.zeros(3))
    np.testing.assert_array_equal(v_bar, [0.0, 1.0, 2.0])


def test_repeated_index_of_an_addition() -> None:
    np.testing.assert_array_equal(support.add_at(np.zeros(3), np.array([1, 1]), np.array([2.0, 3.0])), [0, 5, 0])


@pytest.mark.parametrize("update", ["set_at", "add_at"])
def test_updates_leave_the_array_alone(update: str) -> None:
    c = np.zeros(3)
    getattr(support, update)(c, 1, 2.0)
    assert not c.any()


def test_in_place_updates_copy_what_is_read_only() -> None:
    c = np.broadcast_to(1.0, (3,))
    np.testing.assert_array_equal(support.put_add(c, 1, 2.0), [1, 3, 1])
    assert c[1] == 1


@pytest.mark.parametrize(
    ("method", "want"),
    [
        ("set", [1, 7, 3, 7]),
        ("add", [1, 16, 3, 11]),
        ("multiply", [1, 98, 3, 28]),
        ("min", [1, 2, 3, 4]),
        ("max", [1, 7, 3, 7]),
        ("divide", [1, 2 / 49, 3, 4 / 7]),
        ("power", [1, 2.0**49, 3, 4.0**7]),
    ],
)
def test_at(method: str, want: list[float]) -> None:
    x = array.from_host(np.array([1.0, 2.0, 3.0, 4.0]))
    got = np.asarray(getattr(x.at[np.array([1, 1, 3])], method)(7.0))
    np.testing.assert_allclose(got, want)


def test_read_outside_of_an_array() -> None:
    """A staged index cannot raise; the result shows the mistake."""
    x = array.from_host(np.arange(3.0))
    read = jit(lambda x, i: x[i])
    assert float(read(x, np.int64(-1))) == 2.0
    assert np.isnan(float(read(x, np.int64(3))))
    np.testing.assert_array_equal(np.asarray(read(x, np.array([0, 5, -3]))), [0.0, NAN, 0.0])


def test_known_index_outside_of_an_array_is_an_error() -> None:
    with pytest.raises(IndexError, match="out of bounds"):
        jit(lambda x: x[3])(np.arange(3.0))


def test_mask_in_a_staged_function() -> None:
    with pytest.raises(ConcretizationError, match="the shape of a result of the staged function was needed"):
        jit(lambda x: x[x > 0])(np.arange(3.0))
    assert jit(lambda x: x[x > 0].sum())(np.arange(3.0)) == 3.0
    got = jit(lambda x: x.at[x > 1].set(9.0))(np.arange(3.0))
    np.testing.assert_array_equal(np.asarray(got), [0, 1, 9])


def test_empty_reduction_is_an_error() -> None:
    with pytest.raises(ValueError, match="no identity"):
        dispatch.call("max", np.zeros((0, 2)), 0)


def test_names_of_methods_and_properties() -> None:
    assert set(PROPERTIES.values()) <= set(PRIMITIVES)
    assert set(VARIADIC_METHODS) <= set(METHODS)
    assert METHODS["reshape"] is PRIMITIVES["reshape"]


def test_functions_of_two_meanings() -> None:
    assert lookup(math.log, 1).name == "log"
    assert lookup(math.log, 2).name == "log_of_base"
    assert lookup(np.where, 1).name == "nonzero"
    assert lookup(np.where, 3).name == "where"


def test_functions_of_scipy_are_recognised() -> None:
    special = pytest.importorskip("scipy.special")
    assert lookup(special.erf).name == "erf"
    assert lookup(special.logsumexp).name == "logsumexp"
    assert lookup(special.psi).name == "digamma"
