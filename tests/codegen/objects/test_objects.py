"""Objects of user classes under derivatives: their attributes are variables of the emitted functions."""

import dataclasses
from dataclasses import dataclass, field

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError


class Counter:
    scale = 2.0

    def __init__(self, start):
        self.total = start
        self.n = 0

    def add(self, v):
        self.total = self.total + v * v
        self.n += 1
        return self

    @property
    def mean(self):
        return self.total / self.n

    @property
    def level(self):
        return self.total

    @level.setter
    def level(self, v):
        self.total = v * self.scale

    @staticmethod
    def square(v):
        return v * v

    @classmethod
    def of_sine(cls, v):
        return cls(np.sin(v))

    def norm(self):
        return np.abs(self.total)


class Scaled(Counter):
    def __init__(self, start, k=3.0):
        super().__init__(start * k)
        self.k = k

    def add(self, v):
        super().add(v)
        self.total = self.total * self.k
        return self


@dataclass
class Vector:
    x: float
    y: float = 1.0
    tags: list = field(default_factory=list)

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor)

    def __rmul__(self, factor):
        return self * factor

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __getitem__(self, i):
        return self.x if i == 0 else self.y

    def __len__(self):
        return 2

    def __abs__(self):
        return np.sqrt(self.x**2 + self.y**2)

    def __call__(self, t):
        return self.x * t + self.y

    def __lt__(self, other):
        return abs(self) < abs(other)


@dataclass(frozen=True)
class Point:
    a: float
    b: float = 2.0
    c: float = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "c", self.a * self.b)


class Layer:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def __call__(self, x):
        return np.tanh(self.w * x + self.b)


class Network:
    def __init__(self, p):
        self.first = Layer(p[0], p[1])
        self.second = Layer(p[2], p[0])

    def forward(self, x):
        return self.second(self.first(x))


def weighted(counter, v):
    return counter.total * v


def made(x):
    return Counter(x[0]), x[1]


STORED = Counter(2.0)


def chained(x):
    return Counter(x[0]).add(x[1]).add(x[2]).total


def in_a_loop(x):
    c = Counter(x[0])
    for v in x:
        c.add(v)
    return c.mean


def two_names(x):
    c = Counter(x[0])
    d = c
    d.total = x[1] * x[2]
    return c.total * x[0]


def in_branches(x):
    c = Counter(x[0])
    if x[0] > 0:
        c.add(x[1])
    else:
        c.total = x[2]
    return c.total * x[1]


def inherited(x):
    c = Scaled(x[0])
    for v in x:
        c.add(v)
    return c.total


def operators(x):
    v, w = Vector(x[0], x[1]), Vector(x[2])
    u = 2.0 * (v + w) * x[0]
    return abs(u) + u[0] * u[1] + len(u) + (-u)(x[1])


def replaced_in_a_loop(x):
    total = Vector(0.0, 0.0)
    for v in x:
        total = total + Vector(v, v * v)
    return total.x * total.y


def frozen(x):
    p = Point(x[0], x[1])
    q = dataclasses.replace(p, a=x[2])
    return p.c * q.c


def nested(x):
    return Network(x).forward(x[1])


def properties(x):
    c = Counter(x[0])
    c.level = x[1]
    c.level = c.level + x[2]
    return c.level * Counter.square(x[0]) + c.square(x[1])


def class_method(x):
    return Counter.of_sine(x[0]).add(x[1]).total


def as_argument(x):
    return weighted(Counter(x[0]), x[1])


def as_result(x):
    c, y = made(x)
    return c.add(y).total


def either(x):
    if x[0] > 0:
        c = Counter(x[0] * 2)
    else:
        c = Counter(x[1])
    c.add(x[2])
    return c.total


def until_large(x):
    c = Counter(x[0])
    while c.total < 5.0:
        c.add(x[1])
    return c.total


def method_in_a_test(x):
    c = Counter(0.0)
    for v in x:
        if c.norm() > 0.35:
            c.add(v)
        else:
            c.total -= v
    return c.total


def loops_in_loops(x):
    c = Counter(x[0])
    for _ in range(2):
        d = Counter(c.total)
        for v in x:
            d.add(v * c.total)
            if v > 0:
                c.total = c.total * 0.9
        c.total = c.total + d.total * 0.1
    return c.total


def by_name(x):
    c = Counter(x[0])
    setattr(c, "total", x[1] * getattr(c, "total"))  # noqa: B009, B010
    return c.total


def compared(x):
    a, b = Vector(x[0], x[1]), Vector(x[1], x[2])
    return a.x if a < b else b.y


def captured(x):
    c = Counter(x[0])
    return (lambda v: c.total * v)(x[1])


def the_best(x):
    best = Counter(x[0])
    for v in x:
        candidate = Counter(v * x[1])
        if v > 0.5:
            best = candidate
    return best.total * x[2]


def new_attribute(x):
    c = Counter(x[0])
    c.extra = x[1]
    d = c
    for v in x:
        d.extra = c.extra * v
    return c.extra + d.total


def left_early(x):
    c = Counter(0.0)
    for v in x:
        if c.total > 0.4:
            break
        c.add(v)
    return c.total


def from_outside(x):
    return STORED.total * x[0] + weighted(STORED, x[1])


PROGRAMS = [
    chained, in_a_loop, two_names, in_branches, inherited, operators, replaced_in_a_loop, frozen, nested, properties,
    class_method, as_argument, as_result, either, until_large, method_in_a_test, loops_in_loops, by_name, compared,
    captured, the_best, new_attribute, left_early, from_outside,
]  # fmt: skip
POINTS = (np.array([0.3, 0.7, -0.2]), np.array([-0.3, 0.6, 0.9]))


def differences(f, x, u, h=1e-6):
    return (f(x + h * u) - f(x - h * u)) / (2 * h)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_both_modes(program):
    u = np.array([0.4, -1.1, 0.8])
    for x in POINTS:
        slope = differences(program, x, u)
        assert s2s.grad(program)(x) @ u == pytest.approx(slope, rel=1e-5, abs=1e-7)
        value, dot = s2s.jvp(program, (x,), (u,))
        assert value == pytest.approx(program(x))
        assert dot == pytest.approx(slope, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize(
    "program", [chained, operators, frozen, nested, properties, as_result], ids=lambda f: f.__name__
)
def test_second_order(program):
    u, gradient = np.array([0.4, -1.1, 0.8]), s2s.grad(program)
    for x in POINTS:
        assert s2s.jvp(gradient, (x,), (u,))[1] == pytest.approx(differences(gradient, x, u), rel=1e-4, abs=1e-5)


def test_attributes_are_variables():
    """The emitted text holds no object: it reads as one would write it by hand."""
    text = s2s.grad(in_a_loop).source
    assert "c_total = c_total + product" in text
    assert "Counter" not in text


def test_an_object_may_not_change_under_two_names():
    def f(x):
        first = Counter(x[0])
        chosen = first
        if x[0] > 0:
            chosen = Counter(x[1])
        chosen.total = x[2]
        return first.total

    with pytest.raises(UnsupportedError, match="may have been written under its other name in line"):
        s2s.grad(f)(POINTS[0])


def test_objects_that_cannot_be_followed_are_refused():
    class Dynamic:
        def __init__(self, v):
            self.v = v

        def __getattr__(self, name):
            return self.v

    def f(x):
        return Dynamic(x[0]).anything

    with pytest.raises(UnsupportedError, match="Dynamic defines __getattr__"):
        s2s.grad(f)(POINTS[0])


def test_writing_objects_from_outside_is_refused():
    def f(x):
        STORED.total = x[0]
        return STORED.total

    with pytest.raises(UnsupportedError, match="was not made here is a side effect"):
        s2s.grad(f)(POINTS[0])


def test_frozen_objects_stay_as_they_are():
    def f(x):
        p = Point(x[0])
        p.a = x[1]
        return p.a

    with pytest.raises(UnsupportedError, match="can't be written"):
        s2s.grad(f)(POINTS[0])


def test_two_classes_in_one_variable():
    def f(x):
        c = Counter(x[0]) if x[0] > 0 else Scaled(x[1])
        return c.total

    with pytest.raises(UnsupportedError, match="an object of Counter or an object of Scaled"):
        s2s.grad(f)(POINTS[0])
