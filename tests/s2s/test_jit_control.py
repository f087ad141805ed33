"""jit(f) equals f, and jit(grad(f)) equals grad(f), for control flow on values and changes in place."""

import textwrap

import numpy as np
import pytest

import s2s
from s2s.codegen.reading.source import function_from_string

V = np.array([0.5, -1.2, 2.0, 0.1])
M = np.arange(12.0).reshape(4, 3) / 7.0 - 0.6
TABLE = np.array([1.0, 2.0, 3.0, 4.0])


def close(actual, expected):
    assert type(expected) is not tuple or len(actual) == len(expected)
    if isinstance(expected, list | tuple):
        assert len(actual) == len(expected)
        for a, e in zip(actual, expected, strict=True):
            close(a, e)
    elif isinstance(expected, dict):
        assert list(actual) == list(expected)
        close(list(actual.values()), list(expected.values()))
    else:
        np.testing.assert_allclose(np.asarray(actual), expected, rtol=1e-9, atol=1e-12)
        assert np.shape(actual) == np.shape(expected)


def copies(args):
    return [np.copy(a) if isinstance(a, np.ndarray) else a for a in args]


PROGRAMS = {
    "signs": (
        """
        def f(x):
            out = 0.0
            for v in x:
                if v > 1.0:
                    out += v
                elif v > 0:
                    out -= v * v
                else:
                    continue
                out = out * 2.0
            return out
        """,
        (V,),
    ),
    "logic": (
        """
        def f(x, y):
            both = x > 0 and y > 0
            either = x > 1 or not y > 5
            return (x if both else y) * (2.0 if either else 3.0), 0 < x < y < 3
        """,
        (0.5, 2.0),
    ),
    "first_match": (
        """
        def f(x):
            for i, v in enumerate(x):
                if v < 0:
                    return i, v
            return -1, 0.0
        """,
        (V,),
    ),
    "search": (
        """
        def f(x, target):
            low, high = 0, len(x) - 1
            while low < high:
                middle = (low + high) // 2
                if x[middle] < target:
                    low = middle + 1
                else:
                    high = middle
            return low
        """,
        (np.sort(V), 0.3),
    ),
    "collatz": (
        """
        def f(n):
            steps = 0
            while n != 1:
                n = n // 2 if n % 2 == 0 else 3 * n + 1
                steps += 1
                if steps > 200:
                    break
            else:
                steps = steps + 1000
            return steps
        """,
        (27,),
    ),
    "nested_breaks": (
        """
        def f(m, limit):
            total = 0.0
            for row in m:
                for v in row:
                    if v > limit:
                        break
                    total = total + v
                else:
                    total = total * 0.5
                if total < -3.0:
                    break
            return total
        """,
        (M, 0.7),
    ),
    "bubble_sort": (
        """
        def f(x):
            y = x.copy()
            for i in range(len(y)):
                for j in range(len(y) - 1 - i):
                    if y[j] > y[j + 1]:
                        y[j], y[j + 1] = y[j + 1], y[j]
            return y
        """,
        (V,),
    ),
    "helper_writes": (
        """
        def clamp(a, i, low):
            if a[i] < low:
                a[i] = low
            return a[i]

        def f(x):
            y = x.copy()
            s = 0.0
            for i in range(4):
                s = s + clamp(y, i, 0.2)
            return y, s
        """,
        (V,),
    ),
    "constants_by_index": (
        """
        def f(x):
            weights = np.array([1.0, 0.5, 0.25, 0.125])
            counts = np.zeros(4)
            s = 0.0
            for i in range(4):
                s = s + weights[i] * x[i] * TABLE[3 - i]
                counts[i] = i if x[i] > 0 else -i
            return s, counts
        """,
        (V,),
    ),
    "recurrence": (
        """
        def f(x):
            a = np.zeros(4)
            a[0] = x[0]
            for i in range(1, 4):
                a[i] = np.tanh(a[i - 1]) + x[i]
            return a
        """,
        (V,),
    ),
    "views": (
        """
        def f(m):
            a = m.copy()
            for i in range(3):
                row = a[i]
                row[0] = row.sum()
                a[i + 1] += row
            a.T[0] *= 2.0
            return a
        """,
        (M,),
    ),
    "masks": (
        """
        def f(x):
            y = x * 1.0
            y[y < 0] *= -2.0
            big = y > 1.0
            y[big] = 1.0
            if y.sum() > 2.0:
                y[0] = 5.0
            return y
        """,
        (V,),
    ),
    "collected": (
        """
        def f(x):
            out, h = [], 0.0
            for v in x:
                h = 0.5 * h + v
                out.append(h)
            return np.array(out)
        """,
        (V,),
    ),
    "dict_of_state": (
        """
        def f(x):
            state = {"h": 0.0, "n": 0}
            for v in x:
                state["h"] = state["h"] * 0.9 + v
                if v > 0:
                    state["n"] += 1
            return state
        """,
        (V,),
    ),
    "object_state": (
        """
        class Mean:
            def __init__(self):
                self.total, self.count = 0.0, 0

            def add(self, v):
                if v > 0:
                    self.total += v
                    self.count = self.count + 1

        def f(x):
            mean = Mean()
            for v in x:
                mean.add(v)
            return mean.total / mean.count
        """,
        (V,),
    ),
    "closures": (
        """
        def f(x):
            scale = 1.0
            apply = lambda v: v * scale
            total = 0.0
            for v in x:
                if apply(v) > 0:
                    scale = scale + v
                total = total + apply(v)
            return total, apply(1.0)
        """,
        (V,),
    ),
    "nonlocal_state": (
        """
        def f(x):
            total = 0.0
            def add(v):
                nonlocal total
                total = total + v * v
                return total
            last = 0.0
            for v in x:
                last = last + add(v)
                if total > 1.0:
                    add(-v)
            return total, last
        """,
        (V,),
    ),
    "nonlocal_state_elsewhere": (
        """
        def each(function, xs):
            out = 0.0
            for v in xs:
                out = out + function(v)
            return out

        def f(x):
            total = 0.0
            def add(v):
                nonlocal total
                total = total + v * v
                return total
            return each(add, x), total
        """,
        (V,),
    ),
    "runtime_trip_count": (
        """
        def f(x, n):
            for i in range(n):
                x = np.sin(x) + i
            return x
        """,
        (V, 5),
    ),
    "tuple_carry": (
        """
        def f(x):
            state = (x[0], {"a": x[1]})
            for i in range(5):
                a, d = state
                state = (d["a"] + i, {"a": a * 0.5})
            return state
        """,
        (V,),
    ),
    "bisection": (
        """
        def f(c):
            low, high = 0.0, c + 1.0
            while high - low > 1e-10:
                middle = (low + high) / 2
                if middle * middle > c:
                    high = middle
                else:
                    low = middle
            return low
        """,
        (7.0,),
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_value(name):
    text, args = PROGRAMS[name]
    function = function_from_string(textwrap.dedent(text), {"np": np, "TABLE": TABLE}, "f")
    close(s2s.jit(function)(*copies(args)), function(*copies(args)))


GRADIENTS = ["signs", "nested_breaks", "runtime_trip_count", "closures", "recurrence", "tuple_carry", "bisection"]


@pytest.mark.parametrize("name", GRADIENTS)
def test_the_same_gradient(name):
    text, args = PROGRAMS[name]
    function = function_from_string(textwrap.dedent(text), {"np": np, "TABLE": TABLE}, "f")

    def loss(*values):
        result = function(*values)
        if isinstance(result, tuple):
            return np.sum(result[0])
        return np.sum(result)

    gradient = s2s.grad(loss)
    close(s2s.jit(gradient)(*copies(args)), gradient(*copies(args)))
