"""Functions as values in derivatives: closures, lambdas, functions that take and return functions."""

import re

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError
from tests.codegen.derivative_checks import check_forward, check_reverse, check_second


def captured_by_reference(x, y):
    k = x * 2.0

    def inner(z):
        return z * k + y

    first = inner(y)
    k = k + 1.0
    return first * inner(x)


def defined_before_what_it_captures(x, y):
    def inner(z):
        return z * k

    k = x * y
    return inner(x) + inner(y)


def siblings(x, y):
    def square(z):
        return z * z * scale

    def both(z):
        return square(z) + square(y) * x

    scale = x + 1.0
    return both(x) * square(y)


def nested_twice(x, y):
    def outer(z):
        w = z * y

        def inner(t):
            return t * w + x

        return inner(z) * inner(w)

    return outer(x) + outer(y)


def lambdas_on_a_line(x, y):
    f = lambda t: t * t * x  # noqa: E731
    g, h = (lambda t: t + y), (lambda t: f(t) - x)
    return f(x) + g(2.0) * h(y)


def defaults_are_captured_by_value(x, y):
    k = x * y
    f = lambda t, a=k, b=2.0: t * a + b  # noqa: E731
    g = lambda t, b=2.0, a=k: t * a + b  # noqa: E731
    k = k * 100.0
    return f(x) + f(y, 3.0) * f(y, b=x) + g(x) + g(y, a=x) + k


def keyword_only(x, y):
    def inner(a, /, b=1.0, *rest, c, d=y, **more):
        total = a * b + c * d + more.get("e", x)
        return total + rest[0] if rest else total

    return inner(x, c=y) + inner(x, y, x, c=x, d=2.0) + inner(y, c=1.0, e=x * y)


def make_power(k):
    def raised(z):
        return z * z * k + k

    return raised


def returned(x, y):
    return make_power(x)(y) * make_power(2.0)(x) + make_power(y)(y)


def returned_from_returned(x, y):
    def outer(a):
        return lambda b: lambda c: a * b + c * x

    return outer(x)(y)(x) * outer(y)(2.0)(y)


def twice(f, x):
    return f(f(x))


def passed(x, y):
    shift = lambda t: t * y + 0.1  # noqa: E731
    return twice(lambda t: t * y + x, x) + twice(shift, y) * twice(np.sin, x) + twice(f=make_power(2.0), x=x)


def helper(x):
    return x * x


def passed_on(x, y):
    def apply(f, z):
        return twice(f, z) * f(x)

    return apply(helper, y) + apply(lambda t: t * x, y) + apply(np.tanh, x)


def in_containers(x, y, kind="relu"):
    table = {"relu": lambda t: np.maximum(t, 0.0) * y, "square": lambda t: t * t, "sin": np.sin}
    both = lambda t: t * y, np.cos
    return table[kind](x) + table["square"](y) + table["sin"](x) + both[0](x) * both[1](y)


def in_a_loop(x, y):
    total = 0.0
    for i in range(3):

        def step(t):
            return t * x + i  # noqa: B023

        total = total + step(y) * step(total)
    return total


def in_a_branch(x, y):
    k = x
    if x > 0.0:
        f = lambda t: t * k + y  # noqa: E731
    else:
        f = lambda t: t * k + y  # noqa: E731
        return y
    return f(x)


def decorated(x, y):
    def scaled(f):
        def wrapper(t):
            return f(t) * y

        return wrapper

    @scaled
    def square(t):
        return t * t + x

    return square(x) * square(y)


def inactive_use(x, y):
    def size(z):
        return z * 0.0 + 3.0

    n = size(2.0)
    return x * n + y * size(n)


def called_in_tests(x, y):
    def size(z):
        return z * z * y

    total = x
    if size(x) > 0.1 and not size(total) > 100.0:
        total = total + size(y)
    if 0.0 < size(x) < 10.0 or size(y) > 3.0:
        total = total * 2.0
    return total if size(total) > 0.0 else size(x)


def factorial(x, n=4):
    return 1.0 if n == 0 else x * factorial(x, n - 1) + n


def recursion(x, y):
    return factorial(x) * factorial(y, 2)


def even(x, n):
    if n == 0:
        return x, x * x
    a, b = odd(x, n - 1)
    return np.sin(a), b * x


def odd(x, n):
    if n == 0:
        return x * 2.0, x
    a, b = even(x, n - 1)
    return a * 0.9 + b, a


def mutual_recursion(x, y):
    a, b = even(x, 5)
    c, d = odd(y, 3)
    return a * b + c * d


def inner_recursion(x, y):
    def power(z, n):
        if n == 0:
            return y
        return z * power(z, n - 1) + x

    def even(z, n):
        return z if n == 0 else odd(z * x, n - 1)

    def odd(z, n):
        return y if n == 0 else even(z + y, n - 1)

    return power(x, 3) * power(y, 2) + even(x, 4) + odd(y, 4)


def tree_sum(tree):
    if isinstance(tree, list):
        return tree_sum(tree[0]) + tree_sum(tree[1])
    return tree * tree


def over_a_tree(x, y):
    return tree_sum([[x, y], x])


def rebinds_what_only_direct_calls_read(x, y):
    for _ in range(3):
        step = lambda t: t * y + x  # noqa: B023, E731
        y = y - 0.1 * twice(step, y)
        y = y + step(x) * 0.1
    return y


FUNCTIONS = [
    captured_by_reference, defined_before_what_it_captures, siblings, nested_twice, lambdas_on_a_line,
    defaults_are_captured_by_value, keyword_only, returned, returned_from_returned, passed, passed_on, in_containers,
    in_a_loop, decorated, inactive_use, called_in_tests, recursion, mutual_recursion,
    inner_recursion, over_a_tree, rebinds_what_only_direct_calls_read,
]  # fmt: skip
FIRST_ORDER = [
    in_a_loop,
    over_a_tree,
    rebinds_what_only_direct_calls_read,
    passed_on,
    decorated,
    keyword_only,
    in_containers,
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_derivatives(function):
    check_forward(function, (0.7, 1.3))
    check_reverse(function, (0.7, 1.3))


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f not in FIRST_ORDER], ids=lambda f: f.__name__)
def test_second_order(function):
    check_second(function, (0.7, 1.3))


@pytest.mark.parametrize("function", [captured_by_reference, returned, passed, decorated], ids=lambda f: f.__name__)
def test_staged_gradient(function):
    gradient = s2s.grad(function, argnums=(0, 1))
    assert np.allclose(s2s.jit(gradient)(0.7, 1.3), gradient(0.7, 1.3))


def test_text_passes_captured_values():
    text = s2s.grad(captured_by_reference).source
    assert "def inner_fwd(z, k, y):" in text
    assert re.search(r"inner_fwd\w*\(y, k, y\)", text)
    assert "lambda" not in text


def kept_as_data(x):
    f = lambda t: t * x  # noqa: E731
    return np.vectorize(f)(x)


def joined(x):
    if x > 0:
        f = lambda t: t * x  # noqa: E731
    else:
        f = lambda t: t + x  # noqa: E731
    return f(x)


def stale_in_a_container(x):
    k = x
    kept = [lambda t: t * k]
    k = k + 1.0
    return kept[0](x)


def stale_in_a_loop(x):
    last = lambda t: t  # noqa: E731
    for i in range(3):
        total = last(x)
        last = lambda t: t * x * i  # noqa: B023, E731
    return total


def stale_argument(x):
    k = x
    apply = make_twice(lambda t: t * k)
    k = k * 2.0
    return apply(x)


def make_twice(f):
    return lambda t: f(f(t))


def stale_copy(x):
    f = lambda t: t * k  # noqa: E731
    k = x
    g = f
    k = k * 2.0
    return g(x) + f(x)


@pytest.mark.parametrize(
    "function, line",
    [(stale_in_a_container, 3), (stale_argument, 3), (stale_copy, 4)],
    ids=["container", "argument", "copy"],
)
def test_function_that_captures_what_is_rebound_is_refused(function, line):
    with pytest.raises(UnsupportedError, match="captures 'k' by reference, and 'k' was assigned on line") as caught:
        s2s.grad(function)(1.0)
    assert f"on line {function.__code__.co_firstlineno + line}" in str(caught.value)


def test_one_of_two_that_capture():
    assert [s2s.grad(joined)(x) for x in (3.0, -1.0)] == [6.0, 2.0]


@pytest.mark.parametrize("function", [kept_as_data, stale_in_a_loop], ids=lambda f: f.__name__)
def test_refused(function):
    with pytest.raises(UnsupportedError, match=__file__):
        s2s.grad(function)(1.0)


def solve(f, t):
    while abs(f(t)) > 1e-10:
        t = t - f(t) / (2.0 * t)
    return t


def newton(x, y):
    def distance(t):
        return t * t - x * y

    total = solve(lambda t: t * t - x * y, 1.0)
    while not distance(total) > 4.0 and total < 10.0:
        total = total * x + 1.0
    return total


def test_functions_called_in_the_tests_of_loops():
    check_forward(newton, (0.7, 1.3))
    check_reverse(newton, (0.7, 1.3))
    assert newton(0.7, 1.3) == s2s.vjp(newton, 0.7, 1.3)[0]
