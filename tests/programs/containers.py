"""Containers: tuples, lists, dicts, named tuples, as arguments, as results, in loops."""

from typing import NamedTuple

import numpy as np

_rng = np.random.default_rng(13)
V, W = _rng.normal(size=3), _rng.normal(size=3)
M = _rng.normal(size=(3, 3))
LAYERS = [(_rng.normal(size=(3, 3)), _rng.normal(size=3)) for _ in range(3)]
PARAMS = {"w": M, "b": V, "inner": {"scale": 1.5, "shift": W}, "name": "net", "count": 3, "nothing": None}


class Pair(NamedTuple):
    first: np.ndarray
    second: float


def tuple_argument(pair):
    a, b = pair
    return a * b + pair[0]


def nested_tuple(t):
    (a, b), c = t
    return a * b - c**2


def dict_argument(params, x):
    hidden = params["w"] @ x + params["b"]
    return hidden * params["inner"]["scale"] + params["inner"]["shift"] * len(params["name"])


def dict_result(x):
    return {"square": x * x, "double": 2 * x}


def tuple_result(x, y):
    return x * y, (x + y, [x - y])


def list_argument(xs):
    return xs[0] * xs[1] - xs[-1]


def over_layers(layers, x):
    for w, b in layers:
        x = np.tanh(w @ x + b)
    return x


def over_list(xs):
    total = 0.0
    for x in xs:
        total = total + x * x
    return total


def named_argument(pair):
    return pair.first * pair.second + pair[1]


def named_built(x, y):
    p = Pair(x * 2.0, y)
    q = p._replace(second=p.second * y)
    return q.first * q.second


def named_result(x):
    return Pair(x * x, x.sum())


def builds_and_unpacks(x):
    t = (x, x * 2, [x * 3, x * x])
    a, b, (c, d) = t
    return a * b + c * d + t[2][0]


def starred(xs):
    first, *middle, last = xs
    return first * last + middle[0] * middle[1]


def dict_built(x):
    d = {"a": x, "b": x * x}
    return d["a"] * d["b"]


def container_through_loop(x):
    state = (x, x * 0.5)
    for i in range(4):
        a, b = state
        state = (b * np.sin(a), a + i)
    return state[0] * state[1]


def container_through_branch(x):
    if x > 0:
        p = (x, x * x)
    else:
        p = (1.0, x)
    return p[0] * p[1]


def array_from_list(x):
    return np.array([x, x * x, 3.0]) * np.stack([x, x, x])


def list_element_twice(xs):
    return xs[0] * xs[0] + xs[0]


def shape_unpacked(m):
    rows, columns = m.shape
    return m.sum() / rows + m[0, 0] * columns


CASES = {
    "tuple_argument": ((V, W),),
    "nested_tuple": (((V, W), 1.5),),
    "dict_argument": (PARAMS, W),
    "dict_result": (V,),
    "tuple_result": (V, W),
    "list_argument": ([V, W, V * 2],),
    "over_layers": (LAYERS, V),
    "over_list": ([V, W, V],),
    "named_argument": (Pair(V, 1.5),),
    "named_built": (V, 0.7),
    "named_result": (V,),
    "builds_and_unpacks": (V,),
    "starred": ([V, W, V * 2, W - 1],),
    "dict_built": (V,),
    "container_through_loop": (0.7,),
    "container_through_branch": (0.7,),
    "array_from_list": (0.7,),
    "list_element_twice": ([V, W],),
    "shape_unpacked": (M,),
}
