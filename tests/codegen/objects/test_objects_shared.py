"""Objects that were there before, objects in containers, and arrays that objects share with other names."""

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError


class Layer:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def __call__(self, x):
        return np.tanh(self.w * x + self.b)


class Model:
    def __init__(self, w):
        self.w = np.asarray(w)
        self.layers = [Layer(0.5, 0.1), Layer(0.2, 0.3)]

    def loss(self, x):
        y = self.w @ x
        for layer in self.layers:
            y = y + layer(x[0])
        return y * self.scale(x)

    def scale(self, x):
        return np.sum(x**2)

    @property
    def size(self):
        return np.sum(self.w)

    def sized(self, x):
        return np.sum(x) * self.size * self.w[0]


class Buffer:
    def __init__(self, n):
        self.items, self.total = np.zeros(n), 0.0

    def set(self, i, v):
        self.items[i] = v * v
        self.total += v

    def add(self, v):
        self.items += v

    def all(self):
        return self.items

    def rest(self):
        return self.items[1:]


class Pair:
    def __init__(self, a):
        self.a = self.b = a

    def write(self, v):
        self.a[0] = v


class Sum:
    def __init__(self, start):
        self.total = start

    def add(self, v):
        self.total = self.total + v * v


MODEL = Model([1.0, 2.0, 3.0])
X, U = np.array([0.3, 0.7, 0.2]), np.array([0.4, -1.1, 0.8])


def global_object(x):
    return MODEL.loss(x) + MODEL.sized(x)


def gradient_of_a_method(x):
    return s2s.grad(MODEL.loss)(x) @ x


def list_of_objects(x):
    layers = [Layer(x[0], x[1]), Layer(x[2], x[0])]
    y = x[1]
    for layer in layers:
        y = layer(y)
    return y + layers[0].w


def dict_of_objects(x):
    sums = {"a": Sum(x[0]), "b": Sum(x[1])}
    sums["a"].add(x[2])
    return sums["a"].total * sums["b"].total


def written_in_a_list(x):
    sums = [Sum(x[0]), Sum(x[1])]
    for s in sums:
        s.add(x[2])
    return sums[0].total * sums[1].total


def arrays_of_objects(x):
    buffer = Buffer(3)
    for i in range(3):
        buffer.set(i, x[i])
    buffer.items[0] += x[1]
    buffer.add(x * x)
    return np.sum(buffer.items**2) * buffer.total


def swapped(x):
    a, b = Sum(x[0]), Sum(x[1])
    a, b = b, a
    a.add(x[2])
    return a.total - 3 * b.total


def captured_by_reference(x):
    s = Sum(x[0])
    f = lambda: s.total**2  # noqa: E731
    s.add(x[1])
    return f()


def differences(f, h=1e-6):
    return (f(X + h * U) - f(X - h * U)) / (2 * h)


PROGRAMS = [
    MODEL.loss, global_object, gradient_of_a_method, list_of_objects, dict_of_objects, written_in_a_list,
    arrays_of_objects, swapped, captured_by_reference,
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_both_modes(program):
    assert s2s.grad(program)(X) @ U == pytest.approx(differences(program), rel=1e-6)
    assert s2s.jvp(program, (X,), (U,))[1] == pytest.approx(differences(program), rel=1e-6)


def test_what_an_object_holds_is_looked_at_again():
    model = Model([1.0, 2.0, 3.0])
    gradient = s2s.grad(model.loss)
    before = gradient(X)
    model.layers.append(Layer(0.7, 0.0))
    model.w = 2 * model.w
    assert gradient(X) @ U == pytest.approx(differences(model.loss), rel=1e-6)
    assert np.max(np.abs(gradient(X) - before)) > 0.1


def one_array_as_two_attributes(x):
    pair = Pair(x * 1.0)
    pair.write(x[1])
    return np.sum(pair.b * x)


def given_out(x):
    buffer = Buffer(3)
    before = buffer.all()
    buffer.add(x)
    return np.sum(before * buffer.items)


def seen_through_a_view(x):
    buffer = Buffer(3)
    rest = buffer.rest()
    buffer.add(x * x)
    return np.sum(rest * rest)


def shared_by_two_objects(x):
    first, second = Buffer(3), Buffer(3)
    second.items = first.items
    second.add(x)
    return np.sum(first.items**2)


@pytest.mark.parametrize(
    "program", [one_array_as_two_attributes, given_out, seen_through_a_view, shared_by_two_objects]
)
def test_arrays_known_under_two_names_are_not_written(program):
    with pytest.raises(UnsupportedError, match="may be an alias or a view"):
        s2s.grad(program)(X)


def test_one_object_or_another_is_not_written_behind_its_back():
    def f(x):
        first = Sum(x[0])
        second = first if x[0] > 0 else Sum(x[1])
        first.total = x[2]
        return second.total

    with pytest.raises(UnsupportedError, match="got another name in line"):
        s2s.grad(f)(X)
