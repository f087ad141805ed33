"""Ways of writing that people have: generators taken apart, layers of layers, dual numbers, methods of named tuples."""

import itertools
import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

V, W = np.array([0.4, -1.1, 0.8, 1.7]), np.array([1.2, 0.3, -0.6, 0.5])
M = np.outer(V, W) + np.eye(4)


def unpacked_generator(x, y):
    a, b, c = (np.tanh(v) * y for v in (x, y, x * y))
    return a * b + math.prod(t + 1.0 for t in (a, c)) + sum([*(v * v for v in (a, b))])


def extremes_of_generators(x, y):
    largest = max((v * w for v, w in zip(x, y, strict=True)), key=lambda v: -abs(v))
    names = dict((k, v) for k, v in enumerate(x))
    return largest * names[2] + min(v for v in y)


def truth_as_value(x):
    inside = np.any(x > 1.0) or all(v > -5 for v in x)
    return x * inside


def merged_dicts(x, y):
    d = {"a": x, "b": y}
    e = {**d, "b": x * y, **{"c": 2.0}}
    del d["a"]
    return e["a"] * e["b"] + e["c"] * sum(d.values())


def deleted_entries(x):
    xs = [x[0], x[1] * 2.0, x[2]]
    del xs[0]
    return xs[0] * xs[-1]


def inner_function_writes(x):
    def bump(a, i, by=1.0):
        a[i] += by
        return a

    y = x.copy()
    bump(y, 0)
    bump(y, slice(1, 3), x[3])
    return y * x


def named_functions(x, act="tanh"):
    trapezoid = getattr(np, "trapezoid", None) or getattr(np, "trapz", None)
    return getattr(np, act)(x) * trapezoid(x, dx=0.5)


def chains(x, y):
    total = 0.0
    for v in itertools.chain(x[:2], y[1:]):
        total += v * v
    for a, b in itertools.pairwise(x):
        total += a * b
    return total


class Layer(ABC):
    @abstractmethod
    def forward(self, x): ...

    def __call__(self, x):
        return self.forward(x)


class Dense(Layer):
    def __init__(self, w, b=None):
        self.w = w
        self.b = np.zeros(len(w)) if b is None else b

    def forward(self, x):
        return self.w @ x + self.b


class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = np.tanh(layer(x))
        return x

    def __len__(self):
        return len(self.layers)

    def __iter__(self):
        return iter(self.layers)


def layers_of_layers(m, b, x):
    net = Sequential(Dense(m, b), Sequential(Dense(m.T)))
    y = net(x) * len(net)
    for layer in net:
        x = layer(x)
    return x * y


class Dual:
    def __init__(self, v, d=0.0):
        self.v, self.d = v, d

    @staticmethod
    def zero():
        return Dual(0.0)

    def __add__(self, o):
        o = o if isinstance(o, Dual) else Dual(o)
        return Dual(self.v + o.v, self.d + o.d)

    def __mul__(self, o):
        o = o if isinstance(o, Dual) else Dual(o)
        return Dual(self.v * o.v, self.v * o.d + self.d * o.v)

    __radd__, __rmul__ = __add__, __mul__


def dual_numbers(x, y):
    t = Dual(x, 1.0)
    total = sum([t * t, 2 * t * y, 1 + t], Dual.zero())
    return total.v * total.d


class Adam(NamedTuple):
    m: np.ndarray
    v: np.ndarray
    t: int = 0

    @property
    def scale(self):
        return 1 - 0.9**self.t

    def step(self, g):
        new = Adam(0.9 * self.m + 0.1 * g, 0.99 * self.v + 0.01 * g * g, self.t + 1)
        return new, new.m / new.scale / (np.sqrt(new.v) + 0.1)


def named_tuple_methods(x, rate):
    state = Adam(np.zeros_like(x), np.zeros_like(x))
    for _ in range(3):
        state, d = state.step(2 * x + 1.0)
        x = x - rate * d
    return x


class Grid:
    def __init__(self, n):
        self.data = np.zeros((n, n))

    def __setitem__(self, key, v):
        self.data[key] = v * 2.0

    def __getitem__(self, key):
        return self.data[key]


def items_of_objects(m):
    g = Grid(4)
    g[:, :] = m
    g[2, 2] = 1.0
    g[0] += m[1]
    return g.data * g[1, 1]


def index_tricks(m):
    return np.r_[m[0, :2], 1.0, 0:2, m[1, 3]] + np.c_[m[0], m[1]].sum()


def sizes_from_numbers(x, n):
    out = np.empty(n + 1)
    out[0] = x
    for i in range(n):
        out[i + 1] = math.sin(out[i]) + 0.1 * i
    grown = []
    for i in range(n):
        grown.append(x * i)
    out[:n] += np.array(grown) * np.ones(n)
    return out


def parts_of_arrays(x):
    w, a, b, c = x / np.sqrt(x @ x)
    rows = [p * q for p, q in np.reshape(x, (2, 2))]
    return np.array([w * a, b - c, rows[0], rows[1] * w])


def pivoted(m):
    a = m.copy()
    p = 1 + np.argmax(np.abs(a[1:, 0]))
    a[[0, p]] = a[[p, 0]]
    a[[0, p], 1] += a[[p, 0], 2]
    return a


def early_flags(x):
    if x[0] < 0.5:
        return x[0], x[1], False
    return x[0] * x[1], x[0] + x[1], x[0] > x[1]


def growing_sums(x):
    a = [1.0]
    for k in range(3):
        a = a + [0.0]
        a = [a[i] + x[k] * a[k + 1 - i] for i in range(k + 2)]
    return np.array(a)


CASES = {
    "early_flags": (V,),
    "growing_sums": (V,),
    "parts_of_arrays": (V,),
    "pivoted": (M,),
    "unpacked_generator": (0.4, 1.2),
    "extremes_of_generators": (V, W),
    "truth_as_value": (V,),
    "merged_dicts": (0.4, 1.2),
    "deleted_entries": (V,),
    "inner_function_writes": (V,),
    "named_functions": (V,),
    "chains": (V, W),
    "layers_of_layers": (M, V, W),
    "dual_numbers": (0.4, 1.2),
    "named_tuple_methods": (V, 0.1),
    "items_of_objects": (M,),
    "index_tricks": (M,),
    "sizes_from_numbers": (0.4, 3),
}
