"""Small programs of a vector of three numbers, which transformations are composed on."""

from dataclasses import dataclass

import numpy as np

import s2s

W = np.array([[0.3, -0.5, 0.8], [0.2, 0.9, -0.4], [-0.7, 0.1, 0.6]])


def polynomial(x):
    return np.sum(x**3 - x * x[0])


def layer(x):
    return np.tanh(x @ W + 0.1)


def normalised(x):
    weights = np.exp(x - np.max(x))
    return weights / np.sum(weights)


def solved(x):
    return np.linalg.solve(3.0 * np.eye(3) + np.outer(x, x), x)


def branch(x):
    if x.sum() > 0.0:
        y = np.sin(x) * x
    else:
        y = np.exp(x)
    return np.sum(y)


def loop(x):
    s = 1.0
    for i in range(3):
        s = s * x[i] + np.sin(s)
    return s


def converged(x):
    a = 1.5 + x[0] * x[1] + x[2] ** 2
    y = 1.0 + 0.2 * a
    while np.abs(y * y - a) > 1e-13:
        y = 0.5 * (y + a / y)
    return y


def left_early(x):
    total = 0.0
    for v in x:
        total = total + np.sin(v) * v
        if total > 0.9:
            break
    return total * x[0]


def written(x):
    a = np.zeros(4)
    a[0] = x[0]
    for i in range(3):
        a[i + 1] = np.tanh(a[i]) * x[i]
    return a[1:]


def viewed(x):
    y = x * 1.0
    tail = y[1:]
    tail *= x[0]
    y[0] += tail[1] ** 2
    return y


def captured(x):
    scale = x[0] * 2.0

    def inner(y):
        return y * scale + x

    return np.sum(inner(inner(x)) ** 2)


def comprehension(x):
    return sum([v * v * x[i] for i, v in enumerate(x)])


def dictionary(x):
    p = {"a": x * 2.0, "b": (x[0], np.sin(x))}
    p["a"] = p["a"] * p["b"][0]
    return p["a"] @ p["b"][1]


def appended(x):
    found = []
    h = x[0]
    for v in x:
        h = np.sin(h * v)
        found.append(h)
    return np.stack(found)


def swapped(x):
    a, b = x[0], x[1]
    for _ in range(3):
        a, b = b, a * b + x[2]
    return a + b * b


@dataclass
class Spring:
    stiffness: float
    rest: float

    def energy(self, x):
        return 0.5 * self.stiffness * (x - self.rest) ** 2


def objects(x):
    spring = Spring(x[0], 0.3)
    spring.rest = x[1] ** 2
    return spring.energy(x[2]) + np.sum(spring.energy(x))


def inner_gradient(x):
    return np.sum(s2s.grad(lambda y: np.sum(x * y**3))(np.sin(x)))


def inner_batch(x):
    return s2s.vmap(lambda v: v**2 * x[0])(x) @ x


@s2s.custom_jvp
def softened(x):
    return np.sqrt(x * x + 0.1)


@softened.defjvp
def softened_jvp(primals, tangents):
    (x,), (x_dot,) = primals, tangents
    out = softened(x)
    return out, x / out * x_dot


def with_rule(x):
    return softened(x * 2.0) * x


def scanned(x):
    def step(carry, v):
        carry = np.sin(carry) + v * carry
        return carry, carry * x[0]

    last, all_of_them = s2s.lax.scan(step, 0.5, x)
    return last * np.sum(all_of_them)


PROGRAMS = (
    polynomial, layer, normalised, solved, branch, loop, converged, left_early, written, viewed, captured,
    comprehension, dictionary, appended, swapped, objects, inner_gradient, inner_batch, with_rule, scanned,
)  # fmt: skip
POINT = np.array([0.7, 0.4, -0.5])
