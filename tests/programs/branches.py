"""Branches: one-armed, nested, early returns, conditional expressions, branches in loops and loops in branches."""

import numpy as np

_rng = np.random.default_rng(12)
V = _rng.normal(size=5)


def sign_dependent(x):
    if x > 0:
        y = x * x
    else:
        y = -x
    return y * x


def only_one_arm_reads(x, y):
    if x > 1:
        z = x * y
    else:
        z = x
    return z * 2.0


def one_armed(x):
    y = x * 2
    if x > 0.5:
        y = y * y
    return y + x


def nothing_active_in_arm(x):
    if x > 0:
        y = 3.0
    else:
        y = x
    return y * x


def nested_branches(x, y):
    if x > y:
        if x > 2 * y:
            r = x * x
        else:
            r = x * y
        r = r + 1.0
    elif y > 10:
        r = y
    else:
        r = np.sin(y) * x
    return r * x


def many_elifs(x):
    if x < 0:
        r = x
    elif x < 1:
        r = x**2
    elif x < 2:
        r = x**3
    else:
        r = x**4
    return r


def guards(x):
    if x < 0:
        return -x
    if x > 10:
        return x * x
    y = np.log(x + 1)
    return y * x


def guard_on_flag(x, flag=True):
    if flag:
        return x * 2.0
    return x


def defined_in_both(x):
    if x > 0:
        a, b = x, x * x
    else:
        b, a = x, 1.0
    return a * 3 + b


def arms_swap(x, y):
    if x > y:
        x, y = y, x
    return x * x - y


def sqrt_guard(x):
    if x > 0:
        y = np.sqrt(x)
    else:
        y = 0.0
    return y


def conditional_expression(x, y):
    a = x if x > y else y * y
    return a * (x if a > 1 else 2.0)


def nested_conditional(x):
    return x if x > 2 else (x * x if x > 1 else x**3)


def boolean_operators(x, y):
    if x > 0 and y > 0 or x > 100:
        return x * y
    if not (x > 0 or y > 1):
        return x + y
    return x - y


def chained_comparison(x):
    return x * x if 0 < x < 1 else x


def branch_in_loop(x):
    y = x
    for i in range(6):
        if i % 2 == 0:
            y = y * x
        else:
            t = np.sin(y)
            y = y + t * t
    return y


def only_sometimes(x):
    y = x
    z = 1.0
    for _ in range(5):
        if y > 1.0:
            z = z * y
            y = y * 0.4
        y = y * 1.5
    return z * y


def loop_in_branch(x):
    if x > 0:
        y = x
        for _ in range(3):
            y = y * np.sin(x)
    else:
        y = x
        while y < 1:
            y = y + 0.7
    return y * x


def test_value_used_after(x):
    big = x > 1
    y = x
    if big:
        y = y * 2
    x = x * 3
    if big:
        y = y * x
    return y


def condition_changes_in_arm(x):
    if x > 0:
        x = -x * x
    if x > 0:
        x = x * 100
    return x


def static_none(x, scale=None):
    if scale is None:
        scale = 2.0
    return x * scale


def array_reduced_test(x):
    if x.sum() > 0 and np.all(x > -100):
        return x * x
    return x


def walrus(x):
    if (y := x * 3) > 1:
        return y * x
    return y


CASES = {
    "sign_dependent": (0.8,),
    "only_one_arm_reads": (0.5, 2.0),
    "one_armed": (0.9,),
    "nothing_active_in_arm": (0.9,),
    "nested_branches": (1.5, 1.0),
    "many_elifs": (1.5,),
    "guards": (1.2,),
    "guard_on_flag": (1.2, False),
    "defined_in_both": (-0.5,),
    "arms_swap": (2.0, 1.0),
    "sqrt_guard": (1.4,),
    "conditional_expression": (1.4, 2.0),
    "nested_conditional": (1.4,),
    "boolean_operators": (1.4, -0.3),
    "chained_comparison": (0.3,),
    "branch_in_loop": (0.7,),
    "only_sometimes": (0.9,),
    "loop_in_branch": (-0.9,),
    "test_value_used_after": (1.7,),
    "condition_changes_in_arm": (0.7,),
    "static_none": (1.7,),
    "array_reduced_test": (V + 1,),
    "walrus": (1.1,),
}
EXTRA = {  # the same programs where other paths are taken
    "sign_dependent": (-0.8,),
    "only_one_arm_reads": (1.5, 2.0),
    "one_armed": (0.1,),
    "nothing_active_in_arm": (-0.9,),
    "nested_branches": (3.0, 1.0),
    "many_elifs": (0.4,),
    "guards": (12.0,),
    "guard_on_flag": (1.2, True),
    "defined_in_both": (0.5,),
    "arms_swap": (1.0, 2.0),
    "conditional_expression": (2.5, 2.0),
    "loop_in_branch": (0.9,),
    "test_value_used_after": (0.7,),
    "static_none": (1.7, 4.0),
}
