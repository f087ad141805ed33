"""Programs whose numbers depend on what shares memory: items of arrays, numbers under two names, iterated arrays."""

import numpy as np


def number_under_two_names(x, v):
    y = np.max(v) * x
    z = y if x > 0.0 else x
    y *= 0.5
    return y + z * x


def number_in_a_tuple(x, v):
    y = np.tanh(v @ v)
    kept = (y, x)
    y += x
    return y * kept[0] + kept[1]


def array_without_dimensions(x, v):
    s = np.where(x > -5.0, x * v[0], 0.3)
    t = s
    t *= 2.0
    return s * t


def kept_item(x, v):
    b = v * x
    kept = {"a": b[1], "b": x}
    b[1] = x
    b[3] = np.sin(x)
    return kept["a"] * b[1] + kept["b"]


def kept_items_of_a_loop(x, v):
    b = v.copy()
    seen = []
    for i in range(3):
        seen.append(b[i])
        b[i + 1] += b[i] * x
    return sum(seen) * b[3]


def iterated_and_written(x, v):
    b = v * 1.0
    s = 0.0
    for e in b:
        s = s + e * x
        b[1:3] = b[1:3] * 0.5 + s
    return s + np.sum(b)


def iterated_twice_and_written(x, v):
    b = v * x
    s = 0.0
    for one, (i, other) in zip(b, enumerate(b), strict=True):
        b[3 - i] += np.sin(one) * 0.3
        s = s * 0.9 + other * one
    return s * b[1]


def iterated_backwards(x, v):
    b = v * x
    s = 0.0
    for e in reversed(b):
        s = s + np.sin(e)
        b[0] = s
        if s > 0.5:
            b *= 2.0
    return s + b[0]


def enumerated_and_left(x, v):
    b = v * 1.0
    s = x
    for i, e in enumerate(b):
        if e > 2.0:
            break
        b[(i + 1) % 4] *= e + x
        s = s + e
    else:
        s = s * 2.0
    return s + b[0] * b[3]


def iterated_rows(x, v):
    m = np.outer(v, v) * x
    s = 0.0
    for i, row in enumerate(m):
        row *= 0.5
        m[(i + 1) % 4] += row * x
        row[0] = s
        s = s + np.sum(row)
    return s + np.sum(m * m)


def functions_of_a_branch(x, v):
    if x > 0.0:

        def f(t):
            return np.sin(t * x) + s

        s = v[0]
        for e in v:
            x = np.tanh(f(e))
            s = s + x
        result = f(s)
    else:
        g = lambda t: t * x  # noqa: E731
        x = x * 2.0
        result = g(v[1]) + g(v[2])
    return result * x


V = np.array([0.4, -0.7, 1.1, 0.3])
PROGRAMS = (
    number_under_two_names, number_in_a_tuple, array_without_dimensions, kept_item, kept_items_of_a_loop,
    iterated_and_written, iterated_twice_and_written, iterated_backwards, enumerated_and_left,
    iterated_rows, functions_of_a_branch,
)  # fmt: skip
