"""Calls of other functions: arguments by position, name and default; globals of other modules; results read twice."""

import numpy as np

from tests.programs import other_module
from tests.programs.other_module import helper as their_helper
from tests.programs.other_module import scaled, with_own_helper

_rng = np.random.default_rng(14)
V, W = _rng.normal(size=4), _rng.normal(size=4)
M = _rng.normal(size=(4, 4))
SCALE = 2.0


def helper(x):
    return np.tanh(x) * SCALE


def affine(x, w=1.0, *, b=0.5):
    return x * w + b


def two_results(x, y):
    return x * y, x - y


def no_derivative(n):
    return n * 2


def layer(params, x):
    w, b = params
    return np.tanh(w @ x + b)


def same_names(x):
    return helper(x) + their_helper(x) + other_module.helper(2 * x)


def globals_of_both(x):
    return with_own_helper(x) * SCALE + scaled(x)


def defaults_and_keywords(x):
    return affine(x) + affine(x, 2.0) * affine(w=x, x=3.0) + affine(x, b=x)


def inactive_in_one_call(x):
    return affine(x, w=3.0) + affine(2.0, w=x)


def called_in_loop(x):
    y = x
    for i in range(4):
        y = helper(y) + i * x
    return y


def called_with_pair(w, b, x):
    for _ in range(3):
        x = layer((w, b), x)
    return x


def both_results(x, y):
    a, b = two_results(x, y)
    return a * b


def one_result(x, y):
    p = two_results(x, y)
    return p[1]


def nested_calls(x):
    return helper(affine(helper(x), x))


def same_call_twice(x):
    return helper(x) * helper(x)


def inactive_call(x, n):
    return x * no_derivative(n)


def call_in_branch(x):
    if x > 0:
        return helper(x)
    return affine(x)


def argument_is_default(x, f=3.0):
    return x * f


def indirect(x):
    return argument_is_default(x) + argument_is_default(x, x)


def callee_with_loop(x, n):
    y = 1.0
    for _ in range(n):
        y = y * x
    return y


def power_series(x):
    total = 0.0
    for n in range(5):
        total = total + callee_with_loop(x, n) / (n + 1)
    return total


def early(x):
    if x > 1:
        return x * x
    return x


def calls_early(x):
    return early(x) * early(x * 2)


CASES = {
    "same_names": (0.6,),
    "globals_of_both": (0.6,),
    "defaults_and_keywords": (0.7,),
    "inactive_in_one_call": (0.7,),
    "called_in_loop": (V,),
    "called_with_pair": (M, V, W),
    "both_results": (V, W),
    "one_result": (V, W),
    "nested_calls": (V,),
    "same_call_twice": (V,),
    "inactive_call": (V, 3),
    "call_in_branch": (0.6,),
    "indirect": (0.6,),
    "power_series": (0.8,),
    "calls_early": (0.7,),
}
