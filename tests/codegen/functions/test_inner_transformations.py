"""Transformations of closures inside of functions that are transformed: captured values keep their derivatives.

The classic trap is perturbation confusion (Siskind & Pearlmutter 2005): a derivative inside that takes the outer
variable for its own.
"""

import numpy as np
import pytest

import s2s
from s2s import grad, jit, jvp, value_and_grad
from s2s.codegen.diagnostics import UnsupportedError
from tests.codegen.derivative_checks import check_second, differences


def captured_by_inner(x):
    return grad(lambda y: x * y)(2.0)


def scaled_by_outer(x):
    return x * grad(lambda y: x * y * y)(x)


def three_levels(x):
    return grad(lambda y: y * grad(lambda z: z * y * x)(3.0))(x)


def named_and_twice(x):
    def f(y):
        return np.sin(x * y)

    g = grad(f)
    return g(x) * grad(g)(2.0)


def forward(x):
    return jvp(lambda y: x * y * y, (3.0,), (x,))[1]


def forward_over_forward(x):
    return jvp(lambda y: jvp(lambda z: z * z * x * y, (y,), (1.0,))[1], (x,), (1.0,))[1]


def value_and_argnums(x):
    v, g = value_and_grad(lambda y, k: x * y * y * k, argnums=1)(x, 2.0)
    return v * g


def compiled(x):
    return jit(lambda y: x * y)(x) + grad(jit(lambda y: x * y * y))(x)


def descent(x):
    w = x * x

    def loss(p):
        return (p - w) ** 2

    p = 0.0
    for _ in range(3):
        p = p - 0.1 * grad(loss)(p)
    return p


def inner_min(f, p):
    return p - 0.1 * grad(f)(p)


def passed_on(x):
    return inner_min(lambda p: (p - x) ** 2 * x, 1.0)


def same_name(x):
    return grad(lambda x: x * x)(x) * x


def called_at_once(x):
    return grad(lambda y: (lambda z: z * y)(y) * x)(x)


def counted_from_the_end(x):
    def g(a, b):
        return grad(lambda t: t * t * a * x, argnums=-1)(b)

    return g(x, x)


def twice(x):
    return grad(grad(lambda y: y * y * y * x))(x)


def forward_over_reverse(x):
    return jvp(grad(lambda y: np.sin(y) * x), (x,), (1.0,))[1]


def cube(t):
    return t * t * t


def global_function(x):
    f = grad(cube)
    return f(x) * x + (lambda h: h(x))(f)


def compiled_global(x):
    h = s2s.jit(cube)
    return h(x) * h(2.0)


def of_arrays(x):
    return grad(lambda u: (u * u * x).sum())(np.stack([x, 2.0 * x])).sum()


def of_constants(x):
    return x * grad(lambda y: y * y * y)(2.0)


def in_a_test(x):
    g = grad(lambda y: y * y * y)
    if g(2.0) > 3.0:
        return x * g(x)
    return x


def outer_inside_forward(x):
    def outer(y):
        return grad(lambda z: z * y * y)(x)

    return jvp(outer, (x,), (1.0,))[1]


FUNCTIONS = [
    captured_by_inner,
    scaled_by_outer,
    three_levels,
    named_and_twice,
    forward,
    forward_over_forward,
    value_and_argnums,
    compiled,
    descent,
    passed_on,
    same_name,
    called_at_once,
    counted_from_the_end,
    twice,
    forward_over_reverse,
    global_function,
    compiled_global,
    of_arrays,
    of_constants,
    in_a_test,
    outer_inside_forward,
]
LOOPS = (descent,)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_first_order(function):
    (expected,) = differences(function, (0.7,), (1.0,))
    assert np.isclose(s2s.grad(function)(0.7), expected, rtol=1e-7)
    assert np.isclose(s2s.jvp(function, (0.7,), (1.0,))[1], expected, rtol=1e-7)


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f not in LOOPS], ids=lambda f: f.__name__)
def test_second_order(function):
    check_second(function, (0.7,))


def test_known_numbers():
    assert s2s.grad(lambda x: grad(lambda y: x * y)(2.0))(3.0) == 1.0
    assert s2s.grad(lambda x: x * grad(lambda y: x + y)(2.0))(3.0) == 1.0
    assert s2s.jvp(lambda x: x * jvp(lambda y: x + y, (2.0,), (1.0,))[1], (3.0,), (1.0,))[1] == 1.0


def unknown_option(x, n):
    return grad(lambda a, b: a * b * x, argnums=n)(x, x)


def test_option_that_is_not_known_is_refused():
    with pytest.raises(UnsupportedError, match="not known when the function is transformed"):
        s2s.grad(unknown_option)(1.0, 0)
