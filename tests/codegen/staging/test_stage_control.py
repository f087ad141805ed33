"""Control flow and changes in place, staged as source: what the text is, and that it means the same on plain values."""

import math
import textwrap

import numpy as np
import pytest

from s2s.codegen.reading.source import function_from_string
from s2s.codegen.staging.stage import stage_function, staged_source

TABLE = np.array([1.0, 2.0, 3.0])


def staged_text(function, lines=None):
    """The staged definition without the imports above it."""
    text = staged_source(function)
    return text.split("\n\n\n", 1)[1] if text.startswith("from ") else text


def from_text(text):
    return function_from_string(textwrap.dedent(text), {"np": np, "math": math, "TABLE": TABLE})


def branch(x):
    y = x
    if x > 0:
        y = x * 2.0
        z = y
    else:
        z = 1.0
    return y + z


def test_a_branch_takes_and_gives_what_it_changes():
    assert staged_source(branch) == textwrap.dedent(
        """\
        from s2s.runtime.staged_control import if_
        from s2s.runtime.support import UNDEFINED


        def branch(x):
            y = x
            z = UNDEFINED

            def then_1(y, z):
                y = x * 2.0
                z = y
                return y, z

            def else_1(y, z):
                z = 1.0
                return y, z

            y, z = if_(x > 0, then_1, else_1, (y, z), ("y", "z"))
            return y + z
        """
    )


def loop(x, n):
    s = 0.0
    for i in range(n):
        t = x * i
        s = s + t
    return s


def test_a_loop_carries_what_the_next_iteration_reads():
    assert staged_text(loop) == textwrap.dedent(
        """\
        def loop(x, n):
            s = 0.0

            def body_1(i, s):
                t = x * i
                s = s + t
                return (s,)

            s, = for_(range_(n), body_1, (s,), ("s",))
            return s
        """
    )


def leaving(x):
    n = 0
    while True:
        n += 1
        x = x / 2.0
        if x < 1.0:
            break
    return n


def test_a_break_is_part_of_the_test():
    assert staged_text(leaving) == textwrap.dedent(
        """\
        def leaving(x):
            n = 0
            stop = False

            def test_1(n, x, stop):
                return not_(stop)

            def body_1(n, x, stop):
                n += 1
                x = x / 2.0
                stop = x < 1.0
                return n, x, stop

            n, x, stop = while_(test_1, body_1, (n, x, stop), ("n", "x", "stop"))
            return n
        """
    )


def conditions(x, y):
    a = x > 0 and y > 0 and not x == y
    b = 0 < x * y <= 1 or a
    return (x if a else y) if b else -x


def test_conditions():
    text = " ".join(staged_text(conditions).split())
    assert "a = and_(x > 0, lambda: and_(y > 0, lambda: not_(x == y)))" in text
    assert "b = or_(and_(0 < (middle := x * y), lambda: middle <= 1), lambda: a)" in text
    assert "return choice(b, lambda: choice(a, lambda: x, lambda: y), lambda: -x)" in text


def static_tests(x, axis=None, kind="mean", *rest):
    n = len(x)
    if axis is None and n > 2:
        x = x * 2.0
    if kind == "mean" or isinstance(x, list):
        x = x / n
    for scale, shift in ((1.0, 2.0), (3.0, 4.0)):
        x = x * scale + shift
    for name, value in {"a": 1.0}.items():
        x = x * value if name == "a" else x
    return x if 0 < n < 9 else -x


def test_what_python_decides_is_left_alone():
    assert stage_function(static_tests) is static_tests


def counted(x):
    k = 3
    m = 0
    for i in range(k):
        m = m + i
        if i > 1:
            x = x * 2.0
    if k > 2:
        x = -x
    if m > 2:
        x = x + 1.0
    return x


def test_what_a_loop_carries_or_counts_is_not_taken_for_static():
    text = staged_text(counted)
    assert "if_(i > 1" in text and "if_(m > 2" in text
    assert "if k > 2:" in text and "for_(range(k)" in text


def containers(x, d, model):
    xs = []
    for v in x:
        own = []
        own.append(v)
        xs.append(own[0])
        d["last"] = v
        model.count += 1
        d["n"][0] += 1.0
        model.items[1:2] = own
        del d["n"][0]
    d["first"] = xs[0]
    return xs


def test_changes_of_python_objects_in_a_block_go_through_the_runtime():
    text = staged_text(containers)
    assert "        own.append(v)" in text
    assert 'mutate(xs, "append")(own[0])' in text
    assert 'store_item(d, "last", v)' in text
    assert 'store_attribute(model, "count", augment(model.count, "+=", 1))' in text
    assert 'store_item(d["n"], 0, augment(d["n"][0], "+=", 1.0))' in text
    assert "store_item(model.items, slice(1, 2), own)" in text
    assert 'mutate(d["n"], "__delitem__")(0)' in text
    assert '    d["first"] = xs[0]' in text  # outside of all blocks, in the function that is staged as a whole


def caller(x, d):
    return first(x, d)


def first(x, d):
    d["first"] = x
    return d


def test_a_block_may_call_a_function_so_its_changes_go_through_the_runtime_too():
    assert 'store_item(d, "first", x)' in staged_source(caller)


def fresh_arrays(x):
    a, b = np.zeros(3), np.arange(3)
    a[0] = x[0]
    view = a[1:]
    c = TABLE * 2.0
    c[:2] += x[:2]
    index = np.array([0, 2])
    mask = np.ones(3)
    mask[0] = 0.0
    out = np.empty(3)
    np.add(x, view[0], out=out)
    return a, b, c[index], mask * out


def test_arrays_that_are_written_into_are_staged_where_they_are_created():
    text = staged_text(fresh_arrays)
    assert "a, b = staged(np.zeros(3)), np.arange(3)" in text
    assert "c = staged(TABLE * 2.0)" in text
    assert "index = np.array([0, 2])" in text
    assert "mask = np.ones(3)" in text
    assert "out = staged(np.empty(3))" in text


def fill(out, x):
    out[:] = x


def pass_on(target, x, other):
    fill(target, x + other[0])


def written_by_callees(x):
    a, b = np.zeros(3), np.ones(3)
    pass_on(a, x, other=b)
    return a


def test_arrays_that_callees_write_into_are_staged_too():
    assert "a, b = staged(np.zeros(3)), np.ones(3)" in staged_text(written_by_callees)


# The same meaning --------------------------------------------------------------------------------------------------

PROGRAMS = {
    "unset_on_one_path": """
        def f(x):
            if x > 0:
                y = x
            return y if x > 0 else -x
    """,
    "loop_variable_lives_on": """
        def f(x):
            i = -1
            for i in range(int(abs(x)) + 2):
                pass
            for k, v in enumerate([x, 2 * x]):
                w = v
            return i, k, v, w
    """,
    "old_value_read_in_a_branch_only": """
        def f(x):
            y = 3.0 * x
            z = 0.0
            if x > 0:
                y = y * 2.0
                z = y
            return z
    """,
    "walrus_in_a_test": """
        def f(x):
            y = 1.0
            if (y := x * 2.0) > 1.0:
                y = y * y
            return y
    """,
    "chained_once": """
        def f(x):
            calls = []
            def g(v):
                calls.append(v)
                return v
            return g(0) < g(x) < g(2), calls, 1 < g(x) < g(7)
    """,
    "short_circuit_values": """
        def f(x):
            return (x or 5, x and 5, not x, [] or {} or x, x != 0 and 1 / x > 0)
    """,
    "closure_sees_rebinding": """
        def f(x):
            y = x
            read = lambda: y
            seen = [read()]
            if x > 0:
                y = y + 1.0
                seen.append(read())
            for i in range(3):
                y = y * 2.0
                seen.append(read())
            while 0 < y < 100.0:
                y = y * 3.0
                seen.append(read())
            return seen, read()
    """,
    "closures_made_in_a_loop_share_its_variables": """
        def f(x):
            fs = []
            for i in range(3):
                k = i * x
                fs.append(lambda t: t * k + i)
            return [g(1.0) for g in fs]
    """,
    "nonlocal_writes": """
        def f(x):
            total = 0.0
            count = 0
            def add(v):
                nonlocal total, count
                total += v
                if v > 0:
                    count = count + 1
                return total
            for i in range(4):
                add(x - i)
                if total > 1.0:
                    add(1.0)
            return total, count
    """,
    "nonlocal_unpacked": """
        def f(x):
            a = b = 0.0
            def swap(v):
                nonlocal a, b
                a, b = b + v, a
            for i in range(3):
                swap(x)
            return a, b
    """,
    "guard_that_is_the_users": """
        def f(x):
            done = True
            while x > 100.0:
                x = x - 1.0
                done = x < 0.0
                if done:
                    break
            return done, x
    """,
    "guard_set_before": """
        def f(x):
            done = x > 0
            for i in range(3):
                x = x - i
                done = x < 0.0
                if done:
                    break
            return done, x, i
    """,
    "returns_and_breaks": """
        def f(x):
            for i in range(5):
                for j in range(5):
                    if i * j > x:
                        return i, j
                    if j > i:
                        break
                else:
                    x = x + 0.1
                if x > 7:
                    continue
                x += 1
            else:
                return x
            return None
    """,
    "deleted": """
        def f(x):
            y = x
            for i in range(2):
                z = y + i
                del y
                y = z
                del z
            return y
    """,
    "dict_and_set": """
        def f(x):
            d, s = {"a": x}, set()
            for i in range(3):
                d[i] = d["a"] * i
                s.add(i)
                d.update(a=d["a"] + 1.0)
                d.setdefault("b", []).append(i)
            return d, s
    """,
    "list_operators": """
        def f(x):
            xs = [x]
            ys = xs
            for i in range(2):
                xs += [i]
                xs *= 2
                xs[0] += 1.0
                xs[-1:] = [5.0]
            return xs, ys is xs, len(ys)
    """,
    "attribute_chain": """
        def f(x):
            class Node:
                pass
            n = Node()
            n.inner = Node()
            n.inner.v = [0.0]
            for i in range(3):
                n.inner.v[0] += x
                n.inner.k, n.last = i, n.inner.v[0]
            return n.inner.v, n.inner.k, n.last
    """,
    "several_targets": """
        def f(x):
            d = {}
            for i in range(2):
                a = d["x"] = b = x + i
                (d["y"], c), *d["z"] = (1, 2), 3, 4
            return d, a, b, c
    """,
    "index_is_evaluated_once": """
        def f(x):
            calls, d = [], {0: 1.0, 1: 2.0}
            def key(i):
                calls.append(i)
                return i % 2
            for i in range(3):
                d[key(i)] += x
            return d, calls
    """,
    "try_around_and_inside": """
        def f(x):
            r = []
            for i in range(3):
                try:
                    if i > 1 and x > 0:
                        r.append(1 / (i - 2))
                    y = i
                except ZeroDivisionError:
                    y = -1
                finally:
                    r.append(y)
            return r, y
    """,
    "raise_in_a_branch": """
        def f(x):
            if x < -50:
                raise ValueError("too small")
            for i in range(2):
                if i > 5:
                    raise ValueError("never")
                x = x + i
            return x
    """,
    "comprehension_over_rebound": """
        def f(x):
            k = 1.0
            for i in range(3):
                k = k + x
                r = [k * j for j in range(2) if k > j]
            return r, sum(k for _ in range(2))
    """,
    "class_and_function_in_a_block": """
        def f(x):
            if x > 0:
                def g(t):
                    if t > 1:
                        return t * x
                    return t
            else:
                g = lambda t: -t
            return g(0.5) + g(2.0)
    """,
    "generator_function_inside": """
        def f(x):
            def numbers(n):
                for i in range(n):
                    if i > 0:
                        yield i * x
            return [v for v in numbers(4)]
    """,
    "super_call": """
        def f(x):
            class A:
                def get(self, v):
                    return v
            class B(A):
                def get(self, v):
                    if v > 0:
                        v = super().get(v) * 2
                    return v
            return B().get(x)
    """,
    "docstring_and_possibly_unset": """
        def f(x):
            \"\"\"Text.\"\"\"
            for k in (1, 2):
                if x > k:
                    y = k
                if x > 1:
                    y = x
            return x if x <= 1 else y
    """,
    "array_writes": """
        def f(x):
            a = np.zeros(4)
            for i in range(4):
                a[i] = x * i
                a[i:] += 1.0
                a[::2][0] = -a[1]
            b = a
            b += 1.0
            return a
    """,
    "while_with_else": """
        def f(x):
            n = 0
            while n < 3:
                n += 1
                if x > n:
                    continue
                if n == 2:
                    break
            else:
                n = 10
            return n
    """,
    "assertions": """
        def f(x):
            assert x > -90, f"no {x}"
            assert x is not None
            return x
    """,
    "match": """
        def f(x):
            for i in range(3):
                match i:
                    case 0:
                        y = x
                    case 1 | 2 if x > 0:
                        y = y * 2
                    case _:
                        y = -1
            return y
    """,
    "names_of_the_runtime": """
        def f(x):
            if_, then_1, stop, body_1, UNDEFINED = 1, 2, 3, 4, 5
            for i in range(3):
                if x > i:
                    if_ = if_ + then_1
                if if_ > 5:
                    break
            return if_, then_1, stop, body_1, UNDEFINED
    """,
}


def outcome(function, argument):
    try:
        return repr(function(argument))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_staged_text_means_the_same_on_plain_values(name):
    function = from_text(PROGRAMS[name])
    staged = stage_function(function)
    for argument in (-60.0, -1.0, 0, 0.5, 1.5, 3.0, 120.0):
        assert outcome(staged, argument) == outcome(function, argument)
