"""Loops: values live across them, swaps, several carried variables, nesting, data-dependent trip counts."""

import numpy as np

_rng = np.random.default_rng(11)
V, W = _rng.normal(size=5), _rng.normal(size=5)
M = _rng.normal(size=(4, 5))


def live_across(x):
    k = np.sin(x)
    y = x
    for _ in range(4):
        y = y * k
    return y + k * x


def used_before_inside_after(x):
    a = x * 2.0
    b = a * a
    for i in range(3):
        b = b * a + i
    return b * a


def swap(x, y):
    for _ in range(3):
        x, y = y * 1.5, x + y
    return x - 2.0 * y


def swap_many(x, y, z):
    for i in range(5):
        x, y, z = z, x * y, y + i
    return x * 3 + y * 5 + z * 7


def first_iteration_matters(x):
    y = 0.0
    for i in range(4):
        y = x if i == 0 else y * x
    return y


def overwritten_each_iteration(x):
    t = 0.0
    for i in range(4):
        u = x * (i + 1)
        u = np.sin(u)
        v = u * u
        t = t + v * u
    return t


def last_value_read_after(x):
    u = x
    for i in range(4):
        u = x * (i + 1)
    return u * u


def target_read_after(x):
    s = 0.0
    for v in x:
        s = s + v * v
    return s * v


def target_overwritten(x):
    s = 0.0
    for v in x:
        v = v * 2.0
        v = v + s
        s = s + v * v
    return s


def counter_by_hand(x):
    i = 0
    y = x
    while i < 5:
        y = y * 0.5 + np.cos(y) * i
        i = i + 1
    return y * i


def zero_iterations(x, n):
    y = x * 3.0
    for _ in range(n):
        y = y * y
    return y + x


def unused_result(x):
    y = x
    z = x
    for _ in range(3):
        y = y * 2.0
        z = z * x
    return z


def nested(x):
    total = 0.0
    for i in range(3):
        inner = x
        for j in range(i + 1):
            inner = inner * x + j
            total = total + inner
        total = total * 0.5 + inner
    return total


def nested_three_deep(x):
    s = x
    for i in range(2):
        for j in range(2):
            for k in range(2):
                s = np.sin(s) + 0.1 * (i + j * k) * x
    return s


def loop_after_loop(x):
    y = x
    for _ in range(3):
        y = y * x
    z = y
    for i in range(2):
        z = z + y * i * x
    return z


def loop_inside_while(x):
    n = 0
    while n < 3:
        for v in (1.0, 2.0):
            x = x + v * np.sin(x)
        n += 1
    return x


def while_on_active_value(x):
    y = x
    steps = 0
    while y < 20.0:
        y = y * y + 1.0
        steps += 1
    return y / (steps + 1)


def fixed_point(a):
    x = a
    while np.abs(np.cos(x) * a - x) > 1e-13:
        x = np.cos(x) * a
    return x


def over_rows(m, v):
    h = v
    for row in m:
        h = np.tanh(row * h)
    return h


def over_rows_backwards(m):
    h = np.zeros(5)
    for row in reversed(m):
        h = np.tanh(h + row)
    return h


def over_zip(m, v):
    t = 0.0
    for row, w in zip(m, v, strict=False):
        t = t + w * (row @ row)
    return t


def over_unequal_zip(m, v):
    t = 0.0
    for w, row in zip(v, m):  # noqa: B905
        t = t + w * (row @ row)
    return t


def over_unequal_reversed_zip(m, v):
    t = 0.0
    for w, row in zip(reversed(v), reversed(m)):  # noqa: B905
        t = t * 0.5 + w * (row @ row)
    return t


def over_enumerate_zip(m, v):
    t = 0.0
    for i, (row, w) in enumerate(zip(m, v)):  # noqa: B905
        t = t + (i + 1) * w * row.sum() ** 2
    return t


def over_enumerate_start(v):
    t = 1.0
    for i, w in enumerate(v, 2):
        t = t * w + i
    return t


def by_index(v):
    t = 1.0
    for i in range(1, len(v)):
        t = t * v[i] + v[i - 1]
    return t


def by_shape(m):
    t = 0.0
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            t = t + m[i, j] ** 2 * (i - j)
    return t


def strided(v):
    t = 1.0
    for i in range(4, -1, -2):
        t = t * (v[i] + 2.0)
    return t


def recurrence_of_two(x):
    a, b = x, x * x
    for _ in range(5):
        a, b = b, a * b + x
    return b


def integer_carried(x):
    k = 1
    y = x
    for _ in range(4):
        k = k * 2
        y = np.sin(y) * k
    return y


def alternating_kind(x):
    y = 1
    for _ in range(3):
        y = y * x
    return y


def array_grown_by_broadcast(x):
    y = x[0]
    for _ in range(3):
        y = y * x + 1.0
    return y


CASES = {
    "live_across": (0.7,),
    "used_before_inside_after": (0.6,),
    "swap": (0.4, 1.3),
    "swap_many": (0.5, 1.5, -0.7),
    "first_iteration_matters": (1.3,),
    "overwritten_each_iteration": (0.4,),
    "last_value_read_after": (0.8,),
    "target_read_after": (V,),
    "target_overwritten": (V,),
    "counter_by_hand": (V,),
    "zero_iterations": (0.8, 0),
    "unused_result": (1.2,),
    "nested": (0.9,),
    "nested_three_deep": (V,),
    "loop_after_loop": (1.1,),
    "loop_inside_while": (0.3,),
    "while_on_active_value": (1.2,),
    "fixed_point": (0.9,),
    "over_rows": (M, V),
    "over_rows_backwards": (M,),
    "over_zip": (M, V[:4]),
    "over_enumerate_zip": (M, V[:4]),
    "over_enumerate_start": (V,),
    "by_index": (V,),
    "by_shape": (M,),
    "strided": (V,),
    "recurrence_of_two": (0.6,),
    "integer_carried": (0.5,),
    "alternating_kind": (1.4,),
    "array_grown_by_broadcast": (V,),
}
