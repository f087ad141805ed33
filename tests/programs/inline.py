"""Control flow inside expressions: `or` and `and` on values, assignments in tests, comprehensions that are summed."""

import numpy as np

V = np.array([0.4, -0.3, 1.7, 0.9])


def value_or_default(x, y):
    a = x or 2.0 * y
    b = (x and y) or x
    return a * b


def none_or_default(x, scale):
    scale = scale or 3.0
    return x * scale


def long_or(x, y):
    return ((x - x) or (y - y) or x * y) * y


def assigned_in_and(x, y):
    if x > 0 and (t := x * y) > 1.0:
        return t * t
    return x + y


def assigned_in_or(x, y):
    if (s := x + y) < 0 or (d := x - y) < 0:
        return s * s
    return s * d


def assigned_in_choice(x, y):
    z = (w := x * y) * w if x > y else (w := x + y)
    return z * w


def assigned_in_while(x):
    n = 0
    while (y := x * 0.5) > 0.1 and n < 5:
        x = y
        n += 1
    else:
        x = x * y
    return x + y


def assigned_in_while_with_break(x):
    while (y := x * x) > 0.1:
        x = x * 0.7
        if y < 0.5:
            break
    return x + y


def chained_comparisons(x):
    inside = 0.0 < x[0] < 1.0
    return np.sum(x) if inside and not -1.0 < x[1] < -0.5 else x[1]


def truth_as_a_number(x):
    positive = x[0] > 0 and x[2] > 0
    return x[1] * positive + np.sum(x * x)


def sum_of_squares(x):
    return sum(v * v for v in x if v > 0) + sum([v * w for v in x for w in x], 1.5)


def sum_with_counter(x):
    y = sum(v * i for i, v in enumerate(x))
    v = 2.0
    return y * v + sum(v * 2 for v in x)


def sum_of_sums(x):
    return sum(sum(v * w for w in x[i:]) for i, v in enumerate(x))


def any_and_all(x):
    if any(v > 1.5 for v in x) and all(v < 10 for v in x):
        return x.sum()
    return x.sum() * 2


def plain_comprehension(x):
    places = [i // 2 for i in range(len(x))]
    return sum(x[p] * p for p in places) + x[max(i for i in places)]


def assigned_in_comprehension(x, h):
    s = sum((h := h * v) for v in x)
    return s * h


def counted_from(x):
    t = 0.0
    for i, v in enumerate(x, start=2):
        t = t + i * v * v
    for i, v in enumerate(reversed(x), 1):
        t = t + i * v * v * v
    for i in range(5, 0, -2):
        t = t * x[i % 2]
    return t


CASES = {
    "value_or_default": (1.5, 0.8),
    "none_or_default": (1.5, None),
    "long_or": (1.5, 0.8),
    "assigned_in_and": (1.5, 2.0),
    "assigned_in_or": (1.5, 2.0),
    "assigned_in_choice": (1.5, 2.0),
    "assigned_in_while": (3.0,),
    "assigned_in_while_with_break": (3.0,),
    "chained_comparisons": (V,),
    "truth_as_a_number": (V,),
    "sum_of_squares": (V,),
    "sum_with_counter": (V,),
    "sum_of_sums": (V,),
    "any_and_all": (V,),
    "plain_comprehension": (V,),
    "assigned_in_comprehension": (V, 1.2),
    "counted_from": (V,),
}
EXTRA = {
    "none_or_default": (1.5, 2.0),
    "assigned_in_and": (-1.5, 2.0),
    "assigned_in_or": (2.5, 2.0),
    "assigned_in_choice": (2.5, 2.0),
}
