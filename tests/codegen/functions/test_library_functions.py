"""Python's own functions over functions and containers: reduce, map, partial, sorted, sums, loops over functions."""

import functools
import itertools
import operator
from functools import partial, reduce

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError
from tests.codegen.derivative_checks import check_forward, check_reverse, check_second

X = np.array([0.3, 0.9, 1.7, 0.5])


def helper(x, power=2, *, shift=0.0):
    return x**power + shift


def p_kw(x, y):
    return partial(helper, power=3)(x) * partial(helper, y)(3, shift=x) + partial(partial(helper, shift=y), power=2)(x)


def p_closure(x, y):
    f = lambda a, b, c: a * b + c * x  # noqa: E731
    g = partial(f, y, c=x)
    return g(x) + g(b=y)


def r_tuple(x, y):
    return reduce(operator.mul, (x, y, x + y))


def r_lambda(x, y):
    return reduce(lambda a, b: a * b + y, [x, y, 2.0], 1.0)


def r_array(x, y):
    return reduce(lambda a, b: a * b + y, X * x)


def compose(*fs):
    return reduce(lambda f, g: lambda x: g(f(x)), fs)


def comp(x, y):
    return compose(np.sin, lambda t: t * y, np.tanh, partial(helper, power=3))(x)


def comp_loop(x, y):
    def comp2(fs):
        def run(t):
            for f in fs:
                t = f(t)
            return t

        return run

    return comp2([np.sin, lambda t: t * y, np.cos])(x)


def funcs_loop(x, y):
    total = 0.0
    for i, (f, w) in enumerate(zip((np.sin, lambda t: t * y, helper), (1.0, x, 2.0))):  # noqa: B905
        total = total + f(x) * w * (i + 1)
    return total


def m_list(x, y):
    return sum(map(lambda t: t * y, [x, y, x * y])) + list(map(operator.add, (x, y), (y, x)))[1]


def s_key(x, y):
    a = sorted([x, y, x * y], key=lambda t: -t)
    return a[0] * 2.0 + a[1] * 3.0 - a[2]


def s_plain(x, y):
    a, b, c = sorted((x, y, 1.0))
    return a * b - c


def mx_key(x, y):
    return max([x, y], key=lambda t: -t) * 2.0 + min(x, y, key=lambda t: -t) + max((x, y, x * y)) + min([x * 2.0, y])


def enums(x, y):
    es = tuple(enumerate([x, y]))
    return es[1][1] * es[1][0] + es[0][1]


def revs(x, y):
    a, b = reversed((x, y))
    return a * a * b


def builtins_(x, y):
    q, r = divmod(x, 0.4)
    return pow(x, 2) + abs(-y) + float(3) * x + round(2.7) * y + int(2.3) * x + r + float(x) * y


def sums(x, y):
    return sum((x, y, x)) + sum([x, y], 1.0) + sum(X * x)


def anyall(x, y):
    return x * 2.0 if any([x > 0, y > 5]) and all((x > 0, y > 0)) else y


def ret_parts(x, y):
    def make(k):
        def get():
            return k

        def scaled(t):
            return t * k

        return get, scaled

    g, s = make(x)
    return g() * s(y)


def dict_of(x, y):
    ops = {"a": (np.sin, y), "b": (lambda t: t * t, x)}
    total = 0.0
    for name in ("a", "b"):
        f, w = ops[name]
        total = total + f(x) * w
    return total


def index_loop(x, y):
    fs = [np.sin, np.cos, lambda t: t * y]
    for i in range(3):
        x = fs[i](x)
    return x


def index_loop2(x, y):
    fs = [np.sin, np.cos, lambda t: t * y]
    for i in range(len(fs)):
        x = fs[i](x)
    return x


def optional(x, y, act=None):
    f = act if act is not None else (lambda t: t * y)
    return f(x)


def optional2(x, y):
    return optional(x, y) + optional(x, y, np.sin) + optional(x, y, act=lambda t: t * t)


def caller(x, y):
    def apply(f, *a, **k):
        return f(*a, **k)

    return apply(helper, x, power=3) + apply(lambda a, b: a * b, x, y)


def wraps(x, y):
    def deco(f):
        @functools.wraps(f)
        def w(*a, **k):
            return f(*a, **k) * y

        return w

    @deco
    def sq(t, p=2.0):
        return t**p

    return sq(x) + sq(x, p=3.0)


def chained_map(x, y):
    return sum(map(lambda p: p[0] * p[1], zip((x, y), reversed((x, y * 2.0)))))  # noqa: B905


def starmap(x, y):
    return sum(itertools.starmap(lambda a, b: a * b, [(x, y), (y, y)]))


def acc(x, y):
    return sum(itertools.accumulate([x, y, x * y]))


def chain(x, y):
    return sum(itertools.chain([x], (y, x * y)))


def vectors(x, y):
    f = lambda v: np.sum(v * v) * y  # noqa: E731
    return f(X * x) + np.sum(np.array([f(X), x]))


def operators(x, y):
    return operator.mul(x, y) + operator.neg(x) + operator.pow(x, 2) + operator.truediv(x, y)


FUNCTIONS = [
    p_kw,
    p_closure,
    r_tuple,
    r_lambda,
    r_array,
    comp,
    comp_loop,
    funcs_loop,
    m_list,
    s_key,
    s_plain,
    mx_key,
    enums,
    revs,
    builtins_,
    sums,
    anyall,
    ret_parts,
    dict_of,
    index_loop,
    index_loop2,
    optional2,
    caller,
    wraps,
    chained_map,
    starmap,
    acc,
    chain,
    vectors,
    operators,
]
# Their second derivative goes through a loop, or adds up containers.
FIRST_ORDER = (r_array, s_plain, dict_of, chained_map)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_derivatives(function):
    check_forward(function, (0.7, 1.3))
    check_reverse(function, (0.7, 1.3))


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f not in FIRST_ORDER], ids=lambda f: f.__name__)
def test_second_order(function):
    check_second(function, (0.7, 1.3))


def read_twice(x):
    products = map(lambda t: t * x, (x, 2.0))
    return sum(products) + sum(products)


def test_iterator_that_is_read_twice_is_refused():
    with pytest.raises(UnsupportedError, match="gives its elements once"):
        s2s.grad(read_twice)(1.0)


def test_loop_over_functions_is_written_out():
    text = s2s.grad(funcs_loop).source
    assert "for " not in text and "np.sin(x)" in text


def made_in_a_comprehension(x, y):
    scaled = [lambda t, i=i: t * (i + 1.0) * y for i in range(3)]
    return sum(f(x) for f in scaled)


def kept_in_a_loop(x, y):
    kept = []
    for i in range(3):
        kept.append(lambda t, i=i: t * x + i)
    total = 0.0
    for f in kept:
        total = total + f(y)
    return total


@pytest.mark.parametrize("function", [made_in_a_comprehension, kept_in_a_loop], ids=lambda f: f.__name__)
def test_lists_of_functions_that_grow(function):
    check_forward(function, (0.7, 1.3))
    check_reverse(function, (0.7, 1.3))


def late_binding(x):
    scaled = [lambda t: t * i for i in range(3)]  # noqa: B023
    return scaled[0](x)


def late_binding_in_a_loop(x):
    kept = []
    for i in range(3):
        kept.append(lambda t: t * x * i)  # noqa: B023
    return kept[0](x)


@pytest.mark.parametrize("function", [late_binding, late_binding_in_a_loop], ids=lambda f: f.__name__)
def test_late_binding_is_refused(function):
    with pytest.raises(UnsupportedError, match="by reference"):
        s2s.grad(function)(1.0)
