"""Small programs, one for each way of writing Python that desugaring takes apart; `CASES` holds arguments."""
# ruff: noqa: B007, B905, F842 (plain `zip`, and names that are not read, are what is tested)

import math
from collections import namedtuple

import numpy as np

V = np.array([0.4, -1.2, 2.5])
W = np.array([1.5, 0.3, -0.7])
M = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
Pair = namedtuple("Pair", ["left", "right"])
SCALE = 1.5


# Expressions


def nested_expression(x, y):
    return (x + y * 2.0) / (1.0 + x * x) - np.tanh(-x) ** 2


def ternary(x):
    return x * 2.0 if x > 1.0 else x - 1.0 if x > 0.0 else -x


def ternary_in_arguments(x, n):
    return np.maximum(x if n > 1 else 2.0 * x, 0.5 * x if n else 1.0)


def ternary_guards(x):
    """Only the side that is taken may run."""
    return math.sqrt(x) if x > 0.0 else 0.0


def walrus(x):
    y = (z := x * 2.0) + 1.0
    return y * z


def walrus_in_test(x):
    if (y := x * 0.5) > 1.0:
        return y * 3.0
    return y


def chained_comparison(x, n):
    if 0 < n <= 2 < 3:
        return x * 2.0
    return x * 3.0


def boolean_operators(x, n):
    if n > 0 and not n == 2 or n < -1:
        x = x * 2.0
    return x + (1.0 if n and x > 0.0 else 2.0)


def short_circuit(x, n):
    if n != 0 and 1 / n > 0.4:
        return x * 2.0
    return x


def slices(m, i):
    return m[i, 1:] * m[0, :2] + m[:, -1].sum() + m[..., None][0, 1:, 0]


def named_index(v, i):
    k = i - 1
    return v[k] * v[k : k + 2] + v[-i]


def methods_and_properties(m):
    return m.T.sum(axis=1) @ m.mean(axis=0)[None, :].T + m.reshape(3, 2).max()


def keyword_arguments(m):
    return np.sum(m, axis=1, keepdims=True) + np.clip(m, a_min=-0.5, a_max=1.0)


def formatted_and_assert(x):
    assert x is not None and np.size(x) > 0, f"no value: {x!r}"
    return x * 2.0


def comprehension_of_constants(x):
    powers = [k + 1 for k in range(3)]
    return x ** powers[0] + x ** powers[2]


def string_key(x):
    table = {"low": x * 0.5, "high": x * 2.0}
    return table["low"] + table["high"]


def globals_and_constants(x):
    return x * SCALE + np.pi - math.e * 0.0 + np.float64(1.0)


# Assignments


def augmented(x):
    y = x * 1.0
    y += 1.0
    y *= x
    y -= 0.5
    y /= 2.0
    y **= 2
    return y


def chained_assignment(x):
    a = b = x * 2.0
    a = a + 1.0
    return a * b


def annotated(x):
    y: float = x * 2.0
    z: float
    return y + 1.0


def swap(x, y):
    x, y = y, x
    x, y = y * 2.0, x + y
    return x - y


def unpacked(t):
    (a, b), c = t
    [d, e] = a, c
    return a * b + c - d * e


def starred(t):
    a, *middle, b = t
    *front, c = middle
    first, *rest = front
    return a * b + c - first * (len(rest) + 1)


def starred_build(x):
    parts = [x, x * 2.0]
    a, b, c = [*parts, 3.0]
    return a + b * c


def rebound_parameter(x):
    x = x * 2.0
    x = x + 1.0
    return x * x


def named_tuple(x):
    p = Pair(x, right=x * 2.0)
    q = p._replace(left=3.0 * x)
    return q.left * p.left + q[1]


def unused_value(x):
    y = x * 3.0
    y = x * 2.0
    return y


# Branches


def if_elif_else(x):
    if x > 2.0:
        y = x * x
    elif x > 1.0:
        y = x * 3.0
    else:
        y = -x
    return y


def one_armed(x):
    y = x * 2.0
    if x > 1.0:
        y = y + 10.0
    return y


def one_sided_definition(x):
    if x > 1.0:
        y = x * 2.0
    if x > 1.0:
        return y
    return x


def nested_branches(x, n):
    y, z = x, 1.0
    if n > 0:
        if x > 1.0:
            y = x * 2.0
        else:
            z = x * 3.0
        y = y + z
    elif n == 0:
        z = y
    return y * z


def early_return(x, n):
    if n < 0:
        return -x
    y = x * 2.0
    if n == 0:
        if x > 1.0:
            return y
        else:
            return y + 1.0
    y = y * y
    if n == 1:
        return y
    return y - x


def early_return_after_else(x, n):
    if n == 0:
        y = x
    elif n == 1:
        return x * 5.0
    else:
        return x * 7.0
    return y + 1.0


def early_return_by_name(x):
    result = x * 2.0
    if x > 1.0:
        return result + 1.0
    result = result * 3.0
    return result


def branch_without_effect(x):
    if x > 1.0:
        pass
    return x * 2.0


def returns_nothing_sometimes(x):
    if x > 100.0:
        return None
    return x


# Loops


def loop_over_range(x, n):
    s = 0.0
    for i in range(1, n, 2):
        s = s + x * i
    return s


def loop_never_entered(x):
    for _ in range(0):
        x = x * 2.0
    return x


def loop_over_array(v):
    s = 0.0
    for item in v:
        s = s * 0.5 + item * item
    return s


def swap_in_loop(x, y):
    for _ in range(3):
        x, y = y, x + y
    return x - y * 2.0


def zipped(v, w):
    s = 0.0
    for a, b in zip(v, w):
        s += a * b
    return s


def zipped_strictly(v, w):
    s = 0.0
    for a, b in zip(v, w, strict=True):
        s += a * b
    return s


def enumerated_from(v):
    s = 0.0
    for i, item in enumerate(v, 1):
        s = s + i * item
    return s


def enumerated_zip(v, w):
    s = 0.0
    for i, (a, b) in enumerate(zip(v, w)):
        s = s + (i + 1) * a * b
    return s


def zipped_enumerate(v, w):
    s = 0.0
    for (i, a), b in zip(enumerate(v), w):
        s = s * b + i * a
    return s


def reversed_loop(v):
    s = 1.0
    for item in reversed(v):
        s = s * 0.5 + item
    for i in reversed(range(3)):
        s = s * 2.0 - i
    return s


def whole_tuple_of_zip(v, w):
    s = 0.0
    for pair in zip(v, w):
        s = s + pair[0] * pair[1]
    return s


def unpacked_elements(pairs):
    s = 0.0
    for (a, b), c in pairs:
        s = s + a * b - c
    return s


def starred_target(triples):
    s = 0.0
    for first, *rest in triples:
        s = s + first * rest[1]
    return s


def nested_loops(m):
    total = 0.0
    for row in m:
        part = 1.0
        for item in row:
            part = part * 0.5 + item
            total = total + part * item
        total = total * 0.5
    return total


def loop_of_computed_iterable(x):
    s = 0.0
    for k in [1.0, 2.0, x]:
        s = s + k * x
    for k in np.arange(3) * 2:
        s = s + k
    return s


def branch_in_loop(v):
    s, last = 0.0, 1.0
    for item in v:
        if item > 0.0:
            s = s + item * last
            last = item
        else:
            s = s - item
    return s * last


def loop_in_branch(x, n):
    y = x
    if n > 1:
        for i in range(n):
            y = y * x + i
    else:
        y = y + 1.0
    return y


def read_after_loop(v):
    for i, item in enumerate(v):
        square = item * item
    return square + item * i


def first_defined_in_loop(v):
    for i, item in enumerate(v):
        if i == 0:
            best = item
        else:
            best = np.maximum(best, item)
    return best


def while_loop(x):
    n = 0
    while x > 1.0 and n < 20:
        x = x * 0.5
        n += 1
    return x + n


def while_in_for(x):
    s = 0.0
    for i in range(3):
        y = x + i
        while y > 1.0:
            y = y * 0.5
        s = s + y
    return s


def loop_changes_counter(x):
    for i in range(3):
        i = i * 2
        x = x + i
    return x


def shadowing_names(x):
    """Names that Core makes up are the user's here."""
    product = x * 2.0
    total = (x + 1.0) * (product + x)
    choice = 1.0 if x > 0.0 else 2.0
    test, value, item, part, result = x * 3.0, x * 4.0, 5.0, 6.0, 7.0
    x_2 = (total - value) if test > choice else item
    return x_2 * part + result + product


CASES = {
    "nested_expression": [(V, W), (0.5, 2.0)],
    "ternary": [(2.0,), (0.5,), (-1.0,)],
    "ternary_in_arguments": [(V, 0), (V, 1), (V, 2)],
    "ternary_guards": [(4.0,), (-4.0,)],
    "walrus": [(V,)],
    "walrus_in_test": [(4.0,), (1.0,)],
    "chained_comparison": [(V, 1), (V, 3)],
    "boolean_operators": [(2.0, 0), (2.0, 2), (-2.0, 1), (2.0, -3)],
    "short_circuit": [(2.0, 0), (2.0, 2), (2.0, 9)],
    "slices": [(M, 1)],
    "named_index": [(V, 2)],
    "methods_and_properties": [(M,)],
    "keyword_arguments": [(M,)],
    "formatted_and_assert": [(V,)],
    "comprehension_of_constants": [(V,)],
    "string_key": [(V,)],
    "globals_and_constants": [(V,)],
    "augmented": [(2.0,)],
    "chained_assignment": [(V,)],
    "annotated": [(V,)],
    "swap": [(2.0, 3.0)],
    "unpacked": [(((2.0, 3.0), 5.0),)],
    "starred": [((2.0, 3.0, 5.0, 7.0, 11.0),)],
    "starred_build": [(2.0,)],
    "rebound_parameter": [(V,)],
    "named_tuple": [(V,)],
    "unused_value": [(V,)],
    "if_elif_else": [(3.0,), (1.5,), (-1.0,)],
    "one_armed": [(3.0,), (0.5,)],
    "one_sided_definition": [(3.0,), (0.5,)],
    "nested_branches": [(3.0, 1), (0.5, 1), (0.5, 0), (0.5, -1)],
    "early_return": [(3.0, -1), (3.0, 0), (0.5, 0), (3.0, 1), (3.0, 2)],
    "early_return_after_else": [(3.0, 0), (3.0, 1), (3.0, 2)],
    "early_return_by_name": [(3.0,), (0.5,)],
    "branch_without_effect": [(3.0,)],
    "returns_nothing_sometimes": [(3.0,)],
    "loop_over_range": [(2.0, 7)],
    "loop_never_entered": [(2.0,)],
    "loop_over_array": [(V,)],
    "swap_in_loop": [(2.0, 3.0)],
    "zipped": [(V, W), ([1.0, 2.0], (3.0, 4.0, 5.0))],
    "zipped_strictly": [(V, W)],
    "enumerated_from": [(V,)],
    "enumerated_zip": [(V, W)],
    "zipped_enumerate": [(V, W)],
    "reversed_loop": [(V,)],
    "whole_tuple_of_zip": [(V, W)],
    "unpacked_elements": [([((1.0, 2.0), 3.0), ((4.0, 5.0), 6.0)],)],
    "starred_target": [([(1.0, 2.0, 3.0), (4.0, 5.0, 6.0)],)],
    "nested_loops": [(M,)],
    "loop_of_computed_iterable": [(2.0,)],
    "branch_in_loop": [(V,)],
    "loop_in_branch": [(2.0, 3), (2.0, 1)],
    "read_after_loop": [(V,)],
    "first_defined_in_loop": [(V,)],
    "while_loop": [(9.0,), (0.5,)],
    "while_in_for": [(3.0,)],
    "loop_changes_counter": [(3.0,)],
    "shadowing_names": [(2.0,), (-2.0,)],
}
# Desugared and run as they are, but not differentiated.
REFUSED: tuple[str, ...] = ()
