"""Objects in results of compiled and batched functions."""

import warnings
from collections import deque
from dataclasses import dataclass

import numpy as np
import pytest

import s2s

X = np.array([0.42, 0.7, 0.3])


class Plain:
    def __init__(self, a):
        self.a = a


class Slotted:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a


@s2s.tree.register_dataclass
@dataclass
class Registered:
    a: object
    b: object


@pytest.mark.parametrize("cls", [Plain, Slotted])
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: [v, 1.0], lambda v: {"k": (v,)}, lambda v: Registered(v, 1.0)])
def test_an_object_of_a_class_that_is_not_registered_is_refused(cls, wrap):
    with pytest.raises(s2s.S2SError, match=rf"a {cls.__name__} that holds arrays.*register the class.*tuple or dict"):
        s2s.jit(lambda x: wrap(cls(x * 2)))(X)


@pytest.mark.filterwarnings("ignore:Python iterable type")
@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: deque([x[0]]), "a deque"),
        (lambda x: lambda: x, "a function"),
        (lambda x: x.sum, "a method"),
        (lambda x: {"a": x[0]}.values(), "a dict_values"),
        (lambda x: iter([x[0]]), "a list_iterator"),
        (lambda x: zip([1], [x[0]], strict=True), "a zip"),
    ],
)
def test_what_else_hides_arrays_is_refused(function, name):
    with pytest.raises(s2s.S2SError, match=f"gives back {name}"):
        s2s.jit(function)(X)


def test_registered_classes_and_constants_come_out():
    found, constant, text = s2s.jit(lambda x: (Registered(x * 2, [x[0]]), Plain(3), "n"))(X)
    np.testing.assert_array_equal(found.a, X * 2)
    np.testing.assert_array_equal(found.b[0], X[0])
    assert constant.a == 3 and text == "n"


def objects(x):
    return Plain(x * 2)


def test_objects_of_rows_are_refused():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(TypeError, match="the results of the rows are of Plain.*give back arrays, in a tuple"):
            s2s.vmap(objects)(X)
