"""Functions of NumPy that are others in disguise, write their arguments, or take masks and lists."""

import copy
import itertools

import numpy as np

V, W = np.array([0.4, -1.1, 0.8, 1.7]), np.array([1.2, 0.3, -0.6, 0.5])
M = np.outer(V, W) + np.eye(4)


def methods_of_ufuncs(x, y):
    a = np.add.reduce(x) * np.multiply.reduce(y) + np.maximum.reduce(x) - np.minimum.reduce(y)
    b = np.add.accumulate(x) * np.multiply.accumulate(y) + np.logaddexp.reduce(x)
    return a * b + np.subtract.outer(x, y).sum(axis=0) + np.multiply.outer(x, y)[0]


def grids(x, y):
    xx, yy = np.meshgrid(x, y[:3], indexing="ij")
    ab, cd = np.meshgrid(x, y[:3])
    return np.exp(-(xx**2) - yy).sum(axis=1) + (ab * cd).mean(axis=0)


def slopes(x, dx):
    return np.gradient(x, dx) * np.gradient(x) + np.gradient(x, np.cumsum(np.exp(x)))


def slopes_of_rows(m):
    down, across = np.gradient(m)
    return down * across + np.gradient(m, 0.5, axis=1)


def blocks(x, y):
    return np.block([[np.outer(x, y), x[:, None]], [y, 2.0]]) @ np.block([x, 1.0])


def norms(x, m):
    return np.linalg.norm(x, np.inf) * np.linalg.norm(m, "nuc") + np.linalg.norm(m, np.inf)


def masked(x, y):
    z = np.divide(1.0, x, out=np.zeros_like(x), where=x > 0)
    z = z + np.log(x, where=x > 0.5, out=np.full(4, -1.0))
    return z * np.sum(y, where=x > 0) + np.mean(y, where=x > 0) + np.prod(x, where=y > 0)


def lists_of_levels(x):
    return np.percentile(x, [10, 50]).sum() * x + np.quantile(x, [0.1, 0.9])[1]


def table(x, levels):
    return np.interp(x, np.array([-2.0, -1.0, 0.5, 2.0]), levels) + np.modf(x)[0] * np.float_power(x * x, 1.5)


def written(m, x):
    a = m.copy()
    np.fill_diagonal(a, x * 2.0)
    b = x * 1.0
    np.put(b, [0, 2], np.array([x[1], 5.0]))
    np.copyto(b, x, where=x > 1.0)
    return a @ b


def copies(x):
    d = {"a": x, "b": [x * 2.0]}
    e = copy.deepcopy(d)
    e["a"][0] = 3.0
    return d["a"] * e["a"] * e["b"][0]


def numbered(m):
    t = 0.0
    for (i, j), v in np.ndenumerate(m):
        t += v * v * (i - j)
    return t + sum(itertools.accumulate(m[0], lambda a, b: 0.5 * a + b))


def pieces(x):
    a = np.piecewise(x, [x < -0.5, x > 0.5], [lambda t: t * t, lambda t: np.sqrt(t - 0.5), 0.25])
    return a * np.choose((x > 0).astype(int), [x * 2.0, x**3])


def rows(m):
    lengths = np.apply_along_axis(lambda r: np.sqrt(r @ r), 1, m)
    return np.apply_along_axis(np.cumsum, 0, m) / lengths


class Node:
    def __init__(self, value, left=None):
        self.value, self.left = value, left

    def total(self, depth=1):
        below = self.left.total(depth + 1) if self.left is not None else 0.0
        return self.value * depth + below


def chain_of_objects(x):
    return Node(x[0], Node(x[1], Node(x[2]))).total() ** 2


def by_letters(x):
    for letter in "sc":
        x = {"s": np.sin, "c": np.cos}[letter](x)
    for name in ("tanh", "exp"):
        x = getattr(np, name)(x)
    experts = {"a": np.sin, "b": lambda t: t * t}
    return sum(w * f(x) for w, f in zip(x, experts.values(), strict=False))


CASES = {
    "methods_of_ufuncs": (V, W),
    "grids": (V, W),
    "slopes": (V, 0.3),
    "slopes_of_rows": (M,),
    "blocks": (V, W),
    "norms": (V, M),
    "masked": (V, W),
    "lists_of_levels": (V,),
    "table": (V, W),
    "written": (M, V),
    "copies": (V,),
    "numbered": (M,),
    "pieces": (V,),
    "rows": (M,),
    "chain_of_objects": (V,),
    "by_letters": (V,),
}
