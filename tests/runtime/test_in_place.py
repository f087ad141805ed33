"""Staged loops write their arrays in place: no iteration copies a whole array, and the numbers are those of NumPy."""

import re

import numpy as np
import pytest

import s2s

N, SIDE = 400, 12
_DRAW = np.random.default_rng(0)
V, M = _DRAW.normal(size=N) * 0.5, _DRAW.normal(size=(SIDE, SIDE)) * 0.1


def _computations(text):
    """The lines of the computations of a compiled module, and the names that they call."""
    lines, name = {}, None
    for line in text.splitlines():
        header = re.match(r"(?:ENTRY )?%?([\w.\-]+) .*\{$", line)
        name = header.group(1) if header else name
        lines.setdefault(name, []).append(line)
    called = {
        name: set(re.findall(r"(?:body|calls|to_apply|_computation)=%?([\w.\-]+)", "\n".join(x)))
        for name, x in lines.items()
    }
    return lines, called


def _reached(names, called):
    found, stack = set(), list(names)
    while stack:
        name = stack.pop()
        stack += called[name] - found
        found.add(name)
    return found


def loop_bodies(text):
    return re.findall(r"body=%?([\w.\-]+)", text)


def copies_in_loops(text, size, innermost=False):
    """The copies of arrays of at least that many elements in the bodies of the loops of a compiled module."""
    lines, called = _computations(text)
    bodies = loop_bodies(text)
    assert bodies
    if innermost:
        bodies = [b for b in bodies if not _reached(called[b], called) & set(bodies)]
    reached = "\n".join(line for name in _reached(bodies, called) for line in lines[name])
    made = re.findall(r"= \w+\[([\d,]+)\]\S* copy\(", reached)
    return [shape for shape in made if np.prod([int(n) for n in shape.split(",")]) >= size]


def recurrence(x):
    a = np.zeros(len(x))
    a[0] = x[0]
    for i in range(1, len(x)):
        a[i] = np.tanh(a[i - 1]) + x[i]
    return np.sum(a)


def prefix_sum(x):
    y = x.copy()
    for i in range(1, len(y)):
        y[i] += y[i - 1] * 0.9
    return np.sum(y * y)


def neighbouring_products(x):
    a = x.copy()
    for i in range(2, len(a)):
        a[i] = a[i] * a[i - 1] * np.sin(a[i - 2])
    return np.sum(a)


def swaps(x):
    y = x.copy()
    for i in range(len(x) // 2):
        y[i], y[len(x) - 1 - i] = y[len(x) - 1 - i] * 2.0, y[i]
    return np.sum(y * np.sin(x))


def a_scalar_used_twice(x):
    a, s = x.copy(), 0.0
    for i in range(1, len(a)):
        r = a[i - 1]
        a[i] = np.tanh(r) * r
        a[i - 1] = r * s
        s = s * 0.5 + r * r
    return s + np.sum(a)


def two_writes_read_between(x):
    y = x.copy()
    for i in range(1, len(x) - 4):
        y[3] = y[i] * y[2]
        y[i] = y[i - 1] * 0.5 + y[3]
    return np.sum(y)


def filled_by_while(x):
    y = np.zeros(len(x))
    i, s = 1, 0.0
    while i < len(x) and s < 1e9:
        s = s + abs(x[i])
        y[i] = s * x[i] + y[i - 1] * 0.5
        i += 1
    return np.sum(y)


def gauss_seidel(m):
    a = m.copy()
    for _ in range(2):
        for i in range(1, SIDE - 1):
            for j in range(1, SIDE - 1):
                a[i, j] = 0.25 * (a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1])
    return np.sum(a * a)


def shortest_path(m):
    c = np.zeros(m.shape)
    for i in range(1, SIDE):
        for j in range(1, SIDE):
            c[i, j] = m[i, j] ** 2 + np.minimum(c[i - 1, j], np.minimum(c[i, j - 1], c[i - 1, j - 1]))
    return c[-1, -1]


def rows(m):
    a, s = m.copy(), 0.0
    for i in range(1, len(a)):
        r = a[i - 1]
        a[i] = np.tanh(r) + a[i] * np.sum(r)
        s = s + np.sum(r * r)
    return s + np.sum(a)


def a_write_in_either_branch(x):
    a = x.copy()
    for i in range(1, len(a)):
        if a[i - 1] > 0.2:
            a[i] = a[i] * a[i - 1]
        else:
            a[i] += 1.0
    return np.sum(a)


def a_write_in_one_branch(x):
    a, s = x.copy(), 0.0
    for i in range(1, len(a)):
        if a[i] > a[i - 1]:
            a[i] = np.sin(a[i - 1]) * a[i]
            s = s + a[i] * a[i - 1]
    return np.sum(a * a) + s


def bubble(x):
    a = x[:50] * 1.0
    for _ in range(20):
        for j in range(49):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
    return np.sum(a * np.arange(50.0))


def writes_of_different_number(x):
    a = x.copy()
    for i in range(2, len(a)):
        if x[i] > 0.5:
            a[i] = a[i - 1] * 2.0
            a[i - 1] = a[i] + a[i - 2]
            a[0] = a[i - 1] * 0.1
        elif x[i] > 0.0:
            a[i - 2] = np.cos(a[i])
    return np.sum(a * np.sin(x))


def rows_in_branches(m):
    a = m.copy()
    for i in range(1, SIDE):
        if a[i, 0] > 0.0:
            a[i] = a[i] * a[i - 1]
            a[i - 1] = a[i] + 1.0
    return np.sum(a * np.cos(m))


def scale_rows(a, factor):
    for i in range(a.shape[0]):
        a[i] = a[i] * factor + i


def written_by_a_callee(m):
    a = m.copy()
    scale_rows(a, 0.7)
    scale_rows(a, a[0, 0])
    return np.sum(a * m)


CASES = {
    written_by_a_callee: (M, SIDE * SIDE),
    recurrence: (V, N),
    prefix_sum: (V, N),
    neighbouring_products: (V, N),
    swaps: (V, N),
    a_scalar_used_twice: (V, N),
    two_writes_read_between: (V, N),
    filled_by_while: (V, N),
    a_write_in_either_branch: (V, N),
    a_write_in_one_branch: (V, N),
    bubble: (V, 50),
    writes_of_different_number: (V, N),
    rows_in_branches: (M, SIDE * SIDE),
    gauss_seidel: (M, SIDE * SIDE),
    shortest_path: (M, SIDE * SIDE),
    rows: (M, SIDE * SIDE),
}


@pytest.mark.parametrize("function", CASES, ids=lambda f: f.__name__)
def test_values(function):
    x, size = CASES[function]
    compiled = s2s.jit(function).lower(x).compile()
    np.testing.assert_allclose(np.asarray(compiled(x)), function(x), rtol=1e-12)
    assert copies_in_loops(compiled.as_text(), size) == []


# The emitted gradient of a swap in a branch adds whole arrays.
@pytest.mark.parametrize("function", [f for f in CASES if f is not bubble], ids=lambda f: f.__name__)
def test_gradients(function):
    x, size = CASES[function]
    gradient = s2s.grad(function)
    compiled = s2s.jit(gradient).lower(x).compile()
    np.testing.assert_allclose(np.asarray(compiled(x)), gradient(x), rtol=1e-9, atol=1e-12)
    assert copies_in_loops(compiled.as_text(), size) == []


@pytest.mark.parametrize(
    "dtype", [np.float64, np.float32, np.float16, np.complex128, np.int32, np.int64, np.uint8, np.bool_]
)
def test_numbers_stay_as_they_are(dtype):
    """What is read before a write is the same bit by bit: infinities, NaN, the sign of zero, extreme integers."""

    def f(x, seen):
        y = x.copy()
        for i in range(1, len(x)):
            r = y[i - 1]
            y[i - 1] = y[i]
            y[i] = r
            seen[i] = r
        return y, seen

    x = _special(np.dtype(dtype))
    expected = f(x.copy(), x.copy())
    jitted = s2s.jit(f)
    assert "stablehlo.divide" in jitted.lower(x, x).as_text()
    found = jitted(x, x.copy())
    for a, b in zip(map(np.asarray, found), expected, strict=True):
        assert a.dtype == dtype
        for part, wanted in ((a.real, b.real), (a.imag, b.imag)):
            np.testing.assert_array_equal(part, wanted)
            if part.dtype.kind == "f":
                np.testing.assert_array_equal(np.signbit(part)[wanted == wanted], np.signbit(wanted)[wanted == wanted])


def _special(dtype):
    if dtype.kind == "b":
        return np.array([True, False, False, True, True, False, True])
    if dtype.kind in "iu":
        ends = np.iinfo(dtype)
        return np.array([ends.min, ends.max, 0, 1, 7, ends.max - 1, ends.min + 1], dtype)
    real = np.array(
        [np.inf, -np.inf, np.nan, -0.0, 0.0, np.finfo(dtype).tiny, np.finfo(dtype).max], np.finfo(dtype).dtype
    )
    if dtype.kind != "c":
        return real
    made = np.empty(len(real), dtype)
    made.real, made.imag = real, real[::-1]
    return made


def test_reads_of_little_less_than_the_whole_array_are_left():
    def f(x):
        y = x.copy()
        for i in range(5):
            y[1:] = y[:-1] * 0.5 + y[i]
        return y

    jitted = s2s.jit(f)
    np.testing.assert_allclose(np.asarray(jitted(V)), f(V), rtol=1e-14)
    assert "stablehlo.divide" not in jitted.lower(V).as_text()


def test_a_lone_write_is_left():
    assert "stablehlo.divide" not in s2s.jit(recurrence).lower(V).as_text()


def test_what_a_branch_read_or_wrote_is_also_given_by_it():
    """Elements, as arrays of one element, that are themselves results of the branch."""

    def f(x):
        a, last, old = x.copy(), x[:1] * 1.0, x[:1] * 1.0
        for i in range(1, len(x)):
            if x[i] > 0.0:
                old = s2s.lax.dynamic_slice(a, (i - 1,), (1,))
                a[i - 1] = x[i] * old[0]
                last = s2s.lax.dynamic_slice(a, (i - 1,), (1,))
        return np.concatenate([a, last, old])

    np.testing.assert_allclose(np.asarray(s2s.jit(f)(V)), f(V), rtol=1e-14)


def test_a_place_outside_of_the_array():
    """A branch writes at its edge, where a run-time place is outside."""

    def f(x, n):
        a, s = x.copy(), 0.0
        for i in range(4):
            if x[i] > -9.0:
                place = n + i
                a = s2s.lax.dynamic_update_slice(a, x[i : i + 1] * 3.0, (place,))
                s = s + s2s.lax.dynamic_slice(a, (place + 1,), (1,))[0]
        return a, s

    a, s = s2s.jit(f)(V[:6], s2s.device_put(4))
    np.testing.assert_allclose(np.asarray(a), [*V[:4], V[0] * 3.0, V[3] * 3.0])
    np.testing.assert_allclose(np.asarray(s), V[5] + (V[1] + V[2] + V[3]) * 3.0)


def test_a_view_is_read_again_after_writes_in_an_inner_loop():
    def f(x):
        a = x.copy()
        v = a[1:5]
        for i in range(3):
            for j in range(6):
                a[j] = a[j] * 0.5 + x[i]
            v = v if x[0] > 1e9 else a[2:6]
            a[0] = v[0]
        return np.concatenate([a, v])

    def g(x):
        a = x.copy()
        v = a[1:5]
        for i in range(3):
            for j in range(6):
                a[j] = a[j] * 0.5 + x[i]
        return np.concatenate([a, v])

    def h(x):
        a = x.copy()
        v = a[1:5]
        for i in range(3):
            for j in range(4):
                v[j] = v[j] * 0.5 + x[i]
        return np.concatenate([a, v])

    for function in (g, h):
        np.testing.assert_allclose(np.asarray(s2s.jit(function)(V[:8])), function(V[:8]), rtol=1e-14)
    same_or_refused(f, V[:8])


def test_a_second_name_is_not_stale_after_writes_in_an_inner_loop():
    def f(x):
        a, b = x.copy(), x * 2.0
        c = b
        for _ in range(3):
            for j in range(6):
                b[j] = b[j] * 0.5 + a[j]
                b = c if x[0] > 1e9 else b
        return np.concatenate([a, b, c])

    def g(x):
        a, b = x.copy(), x * 2.0
        v = a[1:5]
        for _ in range(3):
            for j in range(6):
                t = a if x[j] > 0 else b
                t[j] = t[j] * 0.5 + x[j]
        return np.concatenate([a, b, v])

    def h(x):
        a = x.copy()
        v = a[1:5]
        for _ in range(3):
            c = a
            for j in range(6):
                c[j] = c[j] + 1.0
                c = a
        return np.concatenate([a, v])

    for function in (f, g, h):
        same_or_refused(function, V[:8])


@pytest.mark.parametrize("n", [4, s2s.device_put(4)], ids=["known", "staged"])
def test_an_array_that_a_branch_names_is_not_stale_after_a_loop_that_writes_it(n):
    def f(x, n):
        a = x.copy()
        v = a[1:5]
        for _ in range(n):
            c = a if x[0] > 0 else a.copy()
            for j in range(n):
                c[j] = c[j] + 1.0
        return v * 1.0

    with pytest.raises(TypeError, match="copy"):
        s2s.jit(f)(V[:8], n)


def same_or_refused(function, x):
    expected = function(x.copy())
    try:
        found = s2s.jit(function)(x)
    except TypeError as error:
        assert ".copy()" in str(error) or "in a loop" in str(error)
    else:
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-14)
