"""Straight-line programs: operators, broadcasting, reductions, products, indexing."""

import math

import numpy
import numpy as np
from numpy import exp as e_to_the
from numpy.linalg import norm as length

_rng = np.random.default_rng(10)
V, W = _rng.normal(size=4), _rng.normal(size=4)
P = np.abs(V) + 0.5
M, N = _rng.normal(size=(3, 4)), _rng.normal(size=(4, 2))
S = _rng.normal(size=(4, 4)) + 4 * np.eye(4)
T = _rng.normal(size=(2, 3, 4))
SCALE = 1.7


def rational(x):
    return (x**3 - 2 * x + 1) / (x * x + 3) - x**-1


def powers(x, y):
    return x**y + 2.0**x + y**0.5 - (x - 1) ** 2 + x**1 + x**0


def chain_of_math(x):
    return math.exp(math.sin(x)) * math.log(x * x + 1.0) + math.hypot(x, 2.0) - math.pow(x, 2.0) + math.fabs(-x)


def softplus_stable(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def outer_sum(x, y):
    return (x[:, None] * y[None, :] + x[:, np.newaxis] - y).sum(axis=0)


def reductions(m):
    return m.mean(axis=0) * m.max(axis=0) - m.sum(0) / (1 + m.min(axis=0, keepdims=True)[0] ** 2) + np.prod(m[:, :1])


def variance_by_hand(x):
    mu = np.mean(x, axis=-1, keepdims=True)
    return (np.mean((x - mu) ** 2, axis=-1) + 1e-3) ** 0.5


def quadratic_form(x, a):
    return x @ a @ x + np.dot(x, a).sum() + x.dot(a.T).mean()


def batched_products(t, n):
    return np.einsum("bij,jk->bik", t, n) + t @ n + np.matmul(t, n) * np.tensordot(t, n, axes=1)


def shapes(m):
    r = m.reshape(-1)[::-1].reshape(4, 3)
    a, b, c = m.T[:, 0], m.T[:, 1], m.T[:, 2]
    return np.concatenate([r, m.T * 2.0], axis=1) + np.stack([a, b, a * 2, c, a, a], axis=1)


def slices(x):
    y = x[1:] - x[:-1]
    z = x[::2] * x[-1] + x[...][0]
    return np.sum(y**2) * z[0] + z[1]


def fancy(m):
    rows = np.array([0, 2, 2])
    return m[rows, rows + 1] * m[rows][:, 0] + m[[0, 1, 1], 1]


def masked(x):
    return np.where(x > 0, x * x, np.sin(x)).sum() + x[x > -10].sum()


def linear_solve(a, b):
    x = np.linalg.solve(a, b)
    return x * length(b) + np.linalg.det(a) + np.trace(np.linalg.inv(a))


def same_operand_twice(x):
    y = x * x
    z = y @ y
    return z + y + np.multiply(y, y)


def many_imports(x):
    return numpy.sin(x) * e_to_the(-x) + np.cos(x)


def module_constant(x):
    return SCALE * x**2 + x / SCALE


def unused_argument(x, y):
    return np.sum(x * 2.0)


def constant_result(x):
    return np.ones(3)


def identity(x):
    return x


def chained_targets(x):
    a = b = x * 2.0
    a = a * b
    return a + b


def augmented(x):
    total = x * 1.0
    total += x**2
    total *= 0.5
    total -= 1.0
    total /= 3.0
    return total


def redefined(x):
    x = x * 2
    x = np.sin(x)
    x = x * x
    return x


def unary_minus_and_plus(x):
    return -x + +x * -2.0 - (-x) ** 3


def integer_and_float(x, n):
    return n * x + x**n + n / 2 + x // 1


def comparisons_as_numbers(x):
    return np.sum((x > 0) * x) + float(3 > 2) * x[0]


def attributes(m):
    return m.T.sum(axis=1) / m.size + m.shape[0] * m.ndim


def long_expression(x, y):
    ratio = (x + y) * (x - y) / (1 + x * x + y * y)
    return (ratio + np.sqrt(x * x + y * y + 1)) * np.exp(-x * y) + np.arctan2(y, x + 3)


CASES = {
    "rational": (1.3,),
    "powers": (1.5, 0.7),
    "chain_of_math": (0.8,),
    "softplus_stable": (V * 3,),
    "outer_sum": (V, W[:3]),
    "reductions": (M,),
    "variance_by_hand": (T,),
    "quadratic_form": (V, S),
    "batched_products": (T, N),
    "shapes": (M,),
    "slices": (V,),
    "fancy": (M,),
    "masked": (V,),
    "linear_solve": (S, V),
    "same_operand_twice": (V,),
    "many_imports": (V,),
    "module_constant": (V,),
    "unused_argument": (V, W),
    "constant_result": (V,),
    "identity": (V,),
    "chained_targets": (V,),
    "augmented": (V,),
    "redefined": (V,),
    "unary_minus_and_plus": (0.4,),
    "integer_and_float": (1.3, 3),
    "comparisons_as_numbers": (V,),
    "attributes": (M,),
    "long_expression": (0.4, 1.9),
}
