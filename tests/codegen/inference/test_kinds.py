"""The lattice of kinds: kinds of values, joins, activity per leaf."""

import copy
import pickle
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, ListOf, Numeric, Static, TupleOf, Unknown, join, of_value


class Pair(NamedTuple):
    a: float
    b: str


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, Numeric(True, scalar=True)),
        (3, Numeric(False, scalar=True)),
        (True, Static(True)),
        ("text", Static("text")),
        (None, Static(None)),
        (np.float32(1.0), Numeric(True, scalar=True)),
        (np.ones(3), Numeric(True)),
        (np.array(1.0), Numeric(True)),
        (np.arange(3), Numeric(False)),
        (np.ones(2, complex), Numeric(True)),
        ((1.0, "a"), TupleOf((Numeric(True, True), Static("a")))),
        (Pair(1.0, "a"), TupleOf((Numeric(True, True), Static("a")), Pair)),
        ({"a": 1}, DictOf((("a", Numeric(False, True)),))),
    ],
)
def test_of_value(value, expected):
    assert of_value(value, active=True) == expected


def test_activity_is_kept_per_leaf():
    kind = of_value({"w": np.ones(3), "n": 3, "rest": [np.arange(2), 1.0]}, active=True)
    assert kinds.is_active(kind)
    assert kinds.is_active(kind.get("w"))
    assert not kinds.is_active(kind.get("n"))
    first, second = kind.get("rest").elements
    assert (kinds.is_active(first), kinds.is_active(second)) == (False, True)
    assert not kinds.is_active(kinds.with_activity(kind, False))


def test_static_values_are_told_apart():
    assert Static(1) != Static(1.0)
    assert Static(True) != Static(1)
    assert Static(0.0) != Static(-0.0)
    assert Static([1]) != Static([1])


# The type checks of the test run draw samples with `random`, also inside of strategies.
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
LEAVES = st.sampled_from(
    [Numeric(), Numeric(True), Numeric(False, True), Static("a"), Static(), Unknown(), Unknown(True)],
)
KINDS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda ks: TupleOf(tuple(ks))),
        st.lists(inner, max_size=3).map(lambda ks: kinds.list_of(tuple(ks))),
        inner.map(ListOf),
        st.lists(inner, max_size=2).map(lambda ks: DictOf(tuple(zip("ab", ks, strict=False)))),
    ),
    max_leaves=5,
)


@given(KINDS, KINDS)
def test_join_is_commutative_and_keeps_activity(a, b):
    joined = join(a, b)
    assert kinds.is_active(joined) == (kinds.is_active(a) or kinds.is_active(b))
    assert kinds.is_active(join(b, a)) == kinds.is_active(joined)
    assert join(a, a) == a


@given(KINDS, KINDS)
def test_join_reaches_a_fixpoint(a, b):
    joined = join(a, b)
    for _ in range(8):
        again = join(join(joined, a), b)
        if again == joined:
            return
        joined = again
    pytest.fail("joining the same kinds again keeps changing the result")


def test_equal_kinds_without_parts_are_one_object():
    number = Numeric(True, rank=2)
    assert number is Numeric(True, False, 2) and number is not Numeric(True)
    assert copy.deepcopy(number) is number and pickle.loads(pickle.dumps(number)) is number  # noqa: S301
    assert replace(number, active=False) is Numeric(rank=2) and number.active is True
    assert replace(Unknown(), active=True) is Unknown(True) is copy.copy(Unknown(True))
